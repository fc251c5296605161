//! Arguments' names that a language could not have.

use std::borrow::Cow;
use trace_events::{Argument, Event};

/// The names of an event's arguments in a language, and their types.
pub(crate) struct Names<'a> {
    event: &'a Event,
    /// Those that the language could not have, under another name; nothing at all if it could have them all.
    renamed: Vec<Option<String>>,
    /// Whether what stands behind the last `*` belongs to the name, as QEMU takes it: `char *const x` is a `const x`.
    as_qemu: bool,
}

impl<'a> Names<'a> {
    /// Each with as many `_` behind it as it takes to be none of the reserved ones and none of another argument's.
    pub(crate) fn new(event: &'a Event, as_qemu: bool, is_reserved: impl Fn(&str) -> bool) -> Self {
        let mut names = Self { event, renamed: Vec::new(), as_qemu };
        for (index, arg) in event.args.iter().enumerate() {
            let behind = if as_qemu { behind_the_last_star(arg) } else { "" };
            let mut name = Cow::Borrowed(arg.name.as_str());
            if !behind.is_empty() {
                name = format!("{behind} {name}").into();
            }
            if is_reserved(&name) {
                let is_taken = |name: &str| {
                    is_reserved(name)
                        || event.args.iter().any(|other| other.name == name)
                        || names.renamed.iter().flatten().any(|other| other == name)
                };
                while is_taken(&name) {
                    name.to_mut().push('_');
                }
            }
            if let Cow::Owned(name) = name {
                names.renamed.resize(event.args.len(), None);
                names.renamed[index] = Some(name);
            }
        }
        names
    }

    pub(crate) fn types(&self) -> impl Iterator<Item = &'a str> {
        self.event.args.iter().map(|arg| {
            let spelling = arg.ctype.spelling();
            let behind = if self.as_qemu { behind_the_last_star(arg) } else { "" };
            spelling[..spelling.len() - behind.len()].trim_end()
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        self.event.args.iter().enumerate().map(|(index, arg)| {
            self.renamed.get(index).and_then(Option::as_deref).unwrap_or(arg.name.as_str())
        })
    }

    pub(crate) fn into_owned(mut self) -> impl Iterator<Item = Cow<'a, str>> {
        self.event.args.iter().enumerate().map(move |(index, arg)| {
            let renamed = self.renamed.get_mut(index).and_then(Option::take);
            renamed.map_or(Cow::Borrowed(arg.name.as_str()), Cow::Owned)
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.event.args.is_empty()
    }
}

fn behind_the_last_star(arg: &Argument) -> &str {
    arg.ctype.spelling().rsplit_once('*').map_or("", |(_, behind)| behind.trim_start())
}

/// A set of words, given in the order of their bytes.
pub(crate) fn is_in(words: &[&str], word: &str) -> bool {
    debug_assert!(words.is_sorted(), "the words are looked up by halving");
    // most of a search differs in the first letter
    let first = |word: &str| word.as_bytes().first().copied();
    let wanted = first(word);
    words.binary_search_by(|other| first(other).cmp(&wanted).then_with(|| (*other).cmp(word))).is_ok()
}
