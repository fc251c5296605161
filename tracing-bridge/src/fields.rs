//! The fields of an event or a span as text: `message key=value key="string"`.

use crate::bounded::Bounded;
use std::fmt::{Debug, Write as _};
use tracing::field::{Field, Visit};

impl<const N: usize> Bounded<N> {
    /// What stands before a field's value.
    fn key(&mut self, field: &Field) {
        if !self.is_empty() && !self.as_str().ends_with(": ") {
            self.push(" ");
        }
        if field.name() != "message" {
            // a raw identifier: r#type
            self.push(field.name().strip_prefix("r#").unwrap_or(field.name()));
            self.push("=");
        }
    }
}

/// What does not fit is cut, which the text shows.
impl<const N: usize> Visit for Bounded<N> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.key(field);
        if field.name() == "message" {
            self.push(value);
        } else {
            let _ = write!(self, "{value:?}");
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.key(field);
        let _ = write!(self, "{value:?}");
    }
}
