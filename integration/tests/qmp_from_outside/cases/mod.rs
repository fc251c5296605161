//! What is sent to both monitors, in this order: a case is what one client sends on a connection of its own.

mod commands;
mod human;
mod json;
pub(crate) mod random;
mod session;
mod trace;

/// What a client sends.
pub(crate) struct Case {
    /// Where it stands among the others, which is what a difference is told by.
    pub(crate) name: String,
    /// The bytes, `@FOLDER@` standing for the program's private folder.
    pub(crate) sends: Vec<u8>,
    /// Whether capabilities are negotiated before.
    pub(crate) negotiated: bool,
    /// Whether each byte is a packet of its own.
    pub(crate) bytewise: bool,
}

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = session::cases();
    cases.extend(json::cases());
    cases.extend(commands::cases());
    cases.extend(trace::cases());
    cases.extend(human::cases());
    cases
}

impl Case {
    fn new(room: &str, name: &str, sends: impl Into<Vec<u8>>) -> Self {
        let sends = sends.into();
        Self { name: format!("{room}: {name}"), sends, negotiated: true, bytewise: false }
    }
}
