//! QEMU's `-msg timestamp=on|off[,guest-name=on|off]`, and `timestamp=iso8601`.

use crate::error::Error;
use crate::option::split;

/// What a line of the log begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LogStamp {
    /// `on`: thread and time.
    #[default]
    Thread,
    /// `iso8601`: the time, as QEMU 10.2 has it.
    Iso8601,
    /// `off`: nothing.
    None,
}

/// What a `-msg` option says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MessageOption {
    /// `None` if nothing is said.
    pub(crate) timestamp: Option<LogStamp>,
}

impl MessageOption {
    /// Takes an option string apart. Where a part is given twice, the last one counts, as in QEMU.
    pub(crate) fn parse(source: &str) -> Result<Self, Error> {
        let wrong = |why: String| Error::Option { option: format!("-msg {source}"), why };
        let mut option = Self::default();
        for part in split(source) {
            let (key, value) = part.split_once('=').unwrap_or((&part, "on"));
            if (key, value) == ("timestamp", "iso8601") {
                option.timestamp = Some(LogStamp::Iso8601);
                continue;
            }
            let on = match value {
                "on" | "yes" | "true" | "y" => true,
                "off" | "no" | "false" | "n" => false,
                _ if key == "timestamp" => {
                    return Err(wrong(format!("`timestamp` is on, off or iso8601, not `{value}`")));
                }
                _ => return Err(wrong(format!("`{key}` is on or off, not `{value}`"))),
            };
            match key {
                "timestamp" => option.timestamp = Some(if on { LogStamp::Thread } else { LogStamp::None }),
                // it stands before what a VMM tells its user, never before a trace event's line
                "guest-name" if on => {
                    return Err(wrong(
                        "`guest-name=on` is for the VMM's own messages, and this one takes it for trace events alone: \
                         leave it out"
                            .to_owned(),
                    ));
                }
                "guest-name" => {}
                _ => return Err(wrong(format!("`{key}` is neither timestamp nor guest-name"))),
            }
        }
        Ok(option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        for (source, timestamp) in [
            ("timestamp=on", Some(LogStamp::Thread)),
            ("timestamp=off", Some(LogStamp::None)),
            ("timestamp", Some(LogStamp::Thread)),
            ("timestamp=n", Some(LogStamp::None)),
            ("timestamp=off,timestamp=yes", Some(LogStamp::Thread)),
            ("timestamp=off,timestamp=iso8601", Some(LogStamp::Iso8601)),
            ("guest-name=off", None),
            ("timestamp=on,guest-name=off", Some(LogStamp::Thread)),
        ] {
            assert_eq!(MessageOption::parse(source).unwrap(), MessageOption { timestamp }, "{source}");
        }
    }

    #[test]
    fn the_wrong_part_is_named() {
        for (source, expected) in [
            ("", "`` is neither timestamp nor guest-name"),
            ("timestamp=1", "`timestamp` is on, off or iso8601, not `1`"),
            ("timestamp=ON", "`timestamp` is on, off or iso8601, not `ON`"),
            ("timestamp=", "`timestamp` is on, off or iso8601, not ``"),
            ("guest-name=iso8601", "`guest-name` is on or off, not `iso8601`"),
            ("foo=on", "`foo` is neither timestamp nor guest-name"),
            ("timestamp=on,", "`` is neither timestamp nor guest-name"),
            ("timestamp=on,,off", "`timestamp` is on, off or iso8601, not `on,off`"),
            ("guest-name=on", "`guest-name=on` is for the VMM's own messages"),
        ] {
            let error = MessageOption::parse(source).unwrap_err().to_string();
            assert!(error.starts_with(&format!("-msg {source}: {expected}")), "{error}");
        }
    }
}
