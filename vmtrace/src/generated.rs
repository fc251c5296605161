//! What generated code is made of. `tracetool` writes the calls; nobody else needs them.

pub use crate::argument::{Pointer, Str, ToStr};
pub use crate::event::{ArgumentInfo, Event, Group};
pub use crate::probe::*;
pub use crate::record::{emit, emit_from_c};
pub use crate::state::State;
pub use crate::text::Part;
pub use printf::{Conversion, Length, Spec, Text, Value};
