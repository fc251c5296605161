//! The conditions of a list of folders: what they name, what is known of it, and which branches are taken.

use std::collections::{BTreeMap, BTreeSet};

/// What is known of the names in conditions. Whatever is not set is unknown, and of an unknown condition every branch is
/// taken: without any setting a tree has all the folders that it lists anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Sets a name (`have_system`, `CONFIG_USER_ONLY`, or a call as meson.build spells it without blanks,
    /// `gtk.found()`) to a value as the tree writes it: `true` and `false`, `y` and `n`, or a string.
    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    /// The names that are set.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Settings {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(settings: I) -> Self {
        Self(settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

/// Whether a value counts as true.
pub(super) fn is_true(value: &str) -> bool {
    !matches!(value, "" | "false" | "n" | "no" | "0")
}

/// What came of a condition: its truth, if it is known, and the names that it asks for.
#[derive(Debug, Default)]
pub(super) struct Condition {
    pub(super) holds: Option<bool>,
    pub(super) names: BTreeSet<String>,
}

/// Both.
pub(super) fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// All of them.
pub(super) fn all(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for value in values {
        all = and(all, value);
    }
    all
}

/// The opposite.
pub(super) fn not(value: Option<bool>) -> Option<bool> {
    value.map(|value| !value)
}

/// How deep `if`s may stand in each other. QEMU's lists have two.
const DEEPEST: usize = 100;

/// The conditions that a statement stands in.
#[derive(Debug, Default)]
pub(super) struct Branches(Vec<Branch>);

#[derive(Debug)]
struct Branch {
    line: u32,
    /// Whether this branch is taken.
    taken: Option<bool>,
    /// Whether none of those before was, nor this one.
    rest: Option<bool>,
    has_else: bool,
    /// What its conditions ask for and nobody has taken yet.
    names: BTreeSet<String>,
}

impl Branches {
    /// `if`
    pub(super) fn open(&mut self, line: u32, condition: Condition) -> Result<(), &'static str> {
        if self.0.len() == DEEPEST {
            return Err("this `if` stands in 100 others: no deeper one is read");
        }
        let Condition { holds, names } = condition;
        self.0.push(Branch { line, taken: holds, rest: not(holds), has_else: false, names });
        Ok(())
    }

    /// `elif` with a condition, `else` without.
    pub(super) fn alternative(&mut self, condition: Option<Condition>) -> Result<(), &'static str> {
        let branch = self.0.last_mut().ok_or("this `else` has no `if`")?;
        if branch.has_else {
            return Err("there was an `else` before this one");
        }
        let is_else = condition.is_none();
        let condition = condition.unwrap_or_else(|| Condition { holds: Some(true), names: BTreeSet::new() });
        branch.taken = and(branch.rest, condition.holds);
        branch.rest = and(branch.rest, not(condition.holds));
        branch.has_else = is_else;
        branch.names.extend(condition.names);
        Ok(())
    }

    /// `endif`
    pub(super) fn close(&mut self) -> Result<(), &'static str> {
        self.0.pop().map(|_| ()).ok_or("this `endif` has no `if`")
    }

    /// Whether what stands here is done; `None` if that is not known.
    pub(super) fn taken(&self) -> Option<bool> {
        all(self.0.iter().map(|branch| branch.taken))
    }

    /// The names that decide whether what stands here is done, each the first time that it is asked for: of a long `elif`
    /// chain they would soon be many.
    pub(super) fn take_names(&mut self) -> impl Iterator<Item = String> {
        self.0.iter_mut().flat_map(|branch| std::mem::take(&mut branch.names))
    }

    /// The line of an `if` that does not end.
    pub(super) fn open_line(&self) -> Option<u32> {
        self.0.last().map(|branch| branch.line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(holds: Option<bool>) -> Condition {
        Condition { holds, ..Condition::default() }
    }

    #[test]
    fn one_branch_is_taken_or_all_that_may_be() {
        // the condition of an `if`, that of its `elif`, and what comes of `if`, `elif`, `else`
        let (yes, no, maybe) = (Some(true), Some(false), None);
        for (first, second, expected) in [
            (yes, yes, [yes, no, no]),
            (no, yes, [no, yes, no]),
            (no, no, [no, no, yes]),
            (maybe, yes, [maybe, maybe, no]),
            (maybe, maybe, [maybe, maybe, maybe]),
            (yes, maybe, [yes, no, no]),
            (no, maybe, [no, maybe, maybe]),
        ] {
            let mut branches = Branches::default();
            branches.open(1, known(first)).unwrap();
            let mut got = vec![branches.taken()];
            branches.alternative(Some(known(second))).unwrap();
            got.push(branches.taken());
            branches.alternative(None).unwrap();
            got.push(branches.taken());
            assert_eq!(got, expected, "{first:?} {second:?}");
            assert!(branches.alternative(None).is_err());
            branches.close().unwrap();
            assert!(branches.close().is_err());
        }
    }
}
