//! The probes that both programs have, and the values that they are hit with.

use std::fmt::Write as _;

/// A probe of a program.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    pub(crate) provider: &'static str,
    pub(crate) name: String,
    /// Whether it has a semaphore.
    pub(crate) guarded: bool,
    pub(crate) arguments: &'static [Argument],
}

/// An argument: its values in the first hit and all other odd ones, and in the even ones.
#[derive(Debug)]
pub(crate) enum Argument {
    Unsigned(u8, [u64; 2]),
    Signed(u8, [i64; 2]),
    Text([Option<&'static str>; 2]),
}

use Argument::{Signed, Text, Unsigned};

/// Names and arguments; the programs have each with and without a semaphore, `guarded_NAME` and `NAME`.
const SHAPES: &[(&str, &[Argument])] = &[
    ("none", &[]),
    (
        "narrow",
        &[
            Unsigned(1, [200, 7]),
            Signed(1, [-100, 100]),
            Unsigned(2, [60_000, 77]),
            Signed(2, [-30_000, 30_000]),
        ],
    ),
    (
        "wide",
        &[
            Unsigned(4, [4_000_000_000, 777]),
            Signed(4, [-2_000_000_000, 2_000_000_000]),
            Unsigned(8, [0xfedc_ba98_7654_3210, 7777]),
            Signed(8, [-81_985_529_216_486_896, 81_985_529_216_486_896]),
        ],
    ),
    (
        "other",
        &[
            Unsigned(1, [1, 0]),
            Unsigned(8, [0xfedc_ba98_7654_3210, 7777]),
            Signed(8, [-81_985_529_216_486_896, 81_985_529_216_486_896]),
            Unsigned(8, [0xffff_8880_0000_1000, 0]),
        ],
    ),
    ("texts", &[Text([Some("virtio-disk0"), Some("café \"x\"")]), Text([Some(""); 2]), Text([None; 2])]),
    (
        "twelve",
        &[
            Signed(4, [0, 1000]),
            Signed(4, [1, 1001]),
            Signed(4, [2, 1002]),
            Signed(4, [3, 1003]),
            Signed(4, [4, 1004]),
            Signed(4, [5, 1005]),
            Signed(4, [-6, -1006]),
            Signed(4, [-7, -1007]),
            Signed(4, [-8, -1008]),
            Signed(4, [-9, -1009]),
            Signed(4, [-10, -1010]),
            Signed(4, [-11, -1011]),
        ],
    ),
];

/// The yardstick's.
pub(crate) fn in_c() -> Vec<Probe> {
    [all("probed", ""), all("probed", "guarded_")].concat()
}

/// Those of `probed`: ours in each form, with semaphores, and generated ones, which all have one.
pub(crate) fn in_rust() -> Vec<Probe> {
    let plain = ["probed", "probed_nop5", "probed_nop1"].map(|provider| all(provider, ""));
    let generated: [Vec<Probe>; 2] =
        ["qemu", "elsewhere"].map(|provider| all(provider, "").into_iter().map(as_event).collect());
    [plain.concat(), all("probed", "guarded_"), generated.concat()].concat()
}

/// One of each shape.
fn all(provider: &'static str, prefix: &str) -> Vec<Probe> {
    let probe = |&(name, arguments): &(&str, &'static [Argument])| Probe {
        provider,
        name: format!("{prefix}{name}"),
        guarded: !prefix.is_empty(),
        arguments,
    };
    SHAPES.iter().map(probe).collect()
}

/// An event has ten arguments at most.
fn as_event(mut probe: Probe) -> Probe {
    if probe.name == "twelve" {
        "ten".clone_into(&mut probe.name);
        probe.arguments = &probe.arguments[..10];
    }
    probe.guarded = true;
    probe
}

impl Probe {
    /// `PROVIDER:NAME`
    pub(crate) fn full_name(&self) -> String {
        format!("{}:{}", self.provider, self.name)
    }

    /// The line that a tool is to say of a hit, `PROVIDER:NAME|VALUE|VALUE`. How the tool says a text is the caller's.
    pub(crate) fn line(&self, hit: usize, text: impl Fn(Option<&str>) -> String) -> String {
        let mut line = self.full_name();
        for argument in self.arguments {
            let value = match argument {
                Unsigned(_, values) => values[hit % 2].to_string(),
                Signed(_, values) => values[hit % 2].to_string(),
                Text(values) => text(values[hit % 2]),
            };
            write!(line, "|{value}").unwrap();
        }
        line
    }
}

/// Holds what a tool said against what `hits` hits should have made it say. It may have come late, so it may not know of the first
/// ones; of the last `known` it must. Lines come in any order, since each processor has a buffer of its own.
pub(crate) fn check(
    said: &[String],
    probe: &Probe,
    hits: usize,
    known: usize,
    text: impl Fn(Option<&str>) -> String,
) -> Result<(), String> {
    let name = probe.full_name();
    let mut of_it: Vec<&str> =
        said.iter().map(String::as_str).filter(|line| line.split('|').next() == Some(&name)).collect();
    let seen = of_it.len();
    if !(known..=hits).contains(&seen) {
        return Err(format!("{name}: {seen} of {hits} hits, {known} at least"));
    }
    let mut expected: Vec<String> = (hits - seen..hits).map(|hit| probe.line(hit, &text)).collect();
    expected.sort_unstable();
    of_it.sort_unstable();
    if of_it == expected { Ok(()) } else { Err(format!("{name}: {of_it:#?}, in place of {expected:#?}")) }
}
