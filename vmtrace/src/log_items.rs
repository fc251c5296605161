//! QEMU's log items: what `-d` and the human monitor's `log` take.

use crate::error::Error;

/// One item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogItem {
    /// `none`: nothing goes to the log any more.
    None,
    /// `trace:PATTERN`: events go to the log.
    Trace(String),
    /// `tid`: a log file a thread.
    Tid,
}

/// What a list of items asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LogItems {
    /// `help` or `?`: what items there are.
    Help,
    /// `trace:help` or `trace:?`: what events there are.
    Events,
    /// To do these, in order.
    List(Vec<LogItem>),
}

/// The most items of a list. Each is looked for among all events, and a list may come from a client.
const MOST: usize = 64;

impl LogItems {
    /// Takes a list with commas apart. `whence` is the option.
    pub(crate) fn parse(items: &str, whence: &str) -> Result<Self, Error> {
        if is_help(items) {
            return Ok(Self::Help);
        }
        let mut list = Vec::new();
        for item in items.split(',') {
            if list.len() == MOST {
                let why = format!("more than {MOST} items at once");
                return Err(Error::Option { option: whence.to_owned(), why });
            }
            list.push(match (item, item.strip_prefix("trace:")) {
                ("none", _) => LogItem::None,
                ("tid", _) => LogItem::Tid,
                (_, Some(pattern)) if is_help(pattern) => return Ok(Self::Events),
                (_, Some(pattern)) if !pattern.is_empty() => LogItem::Trace(pattern.to_owned()),
                _ => return Err(Error::LogItem { item: item.to_owned(), whence: whence.to_owned() }),
            });
        }
        Ok(Self::List(list))
    }
}

/// Whether a value asks for help, in QEMU's two ways.
pub(crate) fn is_help(value: &str) -> bool {
    matches!(value, "help" | "?")
}

/// The log items that there are, as QEMU lists them. `command` is how the user gives them: `-d`, or the monitor's `log`.
///
/// ```
/// assert_eq!(vmtrace::log_help("log").lines().nth(1), Some("none            remove all logs"));
/// ```
#[must_use]
pub fn log_help(command: &str) -> String {
    let items = [
        ("none", "remove all logs"),
        ("tid", "open a separate log file per thread; filename must contain '%d'"),
        ("trace:PATTERN", "enable trace events"),
    ];
    let rows = items.map(|(item, what)| format!("{item:<15} {what}\n")).concat();
    format!(
        "Log items (comma separated):\n{rows}\nUse \"{command} trace:help\" to get a list of trace events.\n\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists() {
        let trace = |pattern: &str| LogItem::Trace(pattern.to_owned());
        for (items, expected) in [
            ("none", LogItems::List(vec![LogItem::None])),
            ("tid,trace:a", LogItems::List(vec![LogItem::Tid, trace("a")])),
            ("trace:a*,trace:-ab", LogItems::List(vec![trace("a*"), trace("-ab")])),
            ("none,trace:trace:x", LogItems::List(vec![LogItem::None, trace("trace:x")])),
            ("help", LogItems::Help),
            ("?", LogItems::Help),
            ("trace:help", LogItems::Events),
            ("trace:x,trace:?", LogItems::Events),
        ] {
            assert_eq!(LogItems::parse(items, "log").unwrap(), expected, "{items}");
        }
    }

    #[test]
    fn the_wrong_item_is_named() {
        for (items, item) in [
            ("", ""),
            ("trace:x,", ""),
            ("trace:", "trace:"),
            ("none,in_asm", "in_asm"),
            ("help,none", "help"),
            ("trace: x, none", " none"),
        ] {
            let error = LogItems::parse(items, "-d").unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "-d: there is no log item `{item}`: there are trace:PATTERN, for trace events, tid and none"
                )
            );
        }
        let many = vec!["trace:*"; MOST].join(",");
        assert!(LogItems::parse(&many, "log").is_ok());
        let error = LogItems::parse(&(many + ",none"), "log").unwrap_err().to_string();
        assert_eq!(error, "log: more than 64 items at once");
    }
}
