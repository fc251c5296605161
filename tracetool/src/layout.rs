//! Where a group's files lie and what they are called, as they include each other by these names.

/// How QEMU's build lays out what it makes of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// QEMU 5.2 to today: all in one folder, `trace`, each named by its group: `trace/trace-hw_usb.h`.
    #[default]
    Together,
    /// QEMU 5.1 and before: each in the folder of its events, `hw/usb/trace.h`; those of the top folder and of all
    /// groups together with their group's name, `trace-root.h`, `trace-ust-all.h`.
    InPlace,
}

impl Layout {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Together, Self::InPlace];

    /// The name, as an option has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Together => "together",
            Self::InPlace => "in-place",
        }
    }

    /// The name of a group's file without its suffix; `kind` is `trace`, `trace-dtrace` or `trace-ust`.
    #[must_use]
    pub fn stem(self, kind: &str, group: &str) -> String {
        match self {
            Self::InPlace if !matches!(group, "root" | "all") => kind.to_owned(),
            Self::InPlace | Self::Together => format!("{kind}-{group}"),
        }
    }
}
