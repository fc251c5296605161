//! What stands before an event's text in a line.

/// Who and when.
#[derive(Clone, Copy)]
pub(crate) enum Frame {
    /// `PID@NANOSECONDS NAME `, of the time of day, as QEMU's `log-stap` has it.
    Qemu,
    /// `TID@SECONDS.NANOSECONDS NAME `, of CLOCK_MONOTONIC: see [`STAMP`].
    Monotonic,
}

/// What a script with [`Frame::Monotonic`] defines. Clock and thread are read once, for both halves of the time.
pub(crate) const STAMP: &str = "\
function vmtrace_stamp:string()
{
    now = ktime_get_ns()
    return sprintf(\"%d@%d.%09d\", tid(), now / 1000000000, now % 1000000000)
}
";

impl Frame {
    /// Up to the event's text. `name` is ready to stand in a format.
    pub(crate) fn push_head(self, out: &mut String, name: &str) {
        out.push_str(match self {
            Self::Qemu => "    printf(\"%d@%d ",
            Self::Monotonic => "    printf(\"%s ",
        });
        out.push_str(name);
        out.push(' ');
    }

    /// From the event's text to its arguments.
    pub(crate) fn push_middle(self, out: &mut String) {
        out.push_str(match self {
            Self::Qemu => "\\n\", pid(), gettimeofday_ns()",
            Self::Monotonic => "\\n\", vmtrace_stamp()",
        });
    }
}
