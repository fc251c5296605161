//! What a client and the server may agree on when they begin.

use super::{Arguments, CommandError};

/// What a client may ask for when it negotiates.
pub(super) const CAPABILITIES: [&str; 1] = ["oob"];

/// The arguments of `qmp_capabilities`.
pub(super) fn capabilities(mut arguments: Arguments) -> Result<Vec<String>, CommandError> {
    let wanted = arguments.optional_strings("enable")?.unwrap_or_default();
    arguments.finish()?;
    match wanted.iter().position(|name| !CAPABILITIES.contains(&name.as_str())) {
        Some(index) => Err(CommandError::generic(format!(
            "Parameter 'enable[{index}]' does not accept value '{}'",
            wanted[index]
        ))),
        None => Ok(wanted),
    }
}
