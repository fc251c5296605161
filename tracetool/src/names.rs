//! Arguments' names that a language could not have.

use std::borrow::Cow;
use trace_events::Event;

/// The names of an event's arguments in a language.
pub(crate) struct Names<'a> {
    event: &'a Event,
    /// Those that the language could not have, under another name; nothing at all if it could have them all.
    renamed: Vec<Option<String>>,
}

impl<'a> Names<'a> {
    /// As they are declared.
    pub(crate) fn declared(event: &'a Event) -> Self {
        Self { event, renamed: Vec::new() }
    }

    /// Each with as many `_` behind it as it takes to be none of the reserved ones and none of another argument's.
    pub(crate) fn new(event: &'a Event, is_reserved: impl Fn(&str) -> bool) -> Self {
        let mut names = Self::declared(event);
        for (index, arg) in event.args.iter().enumerate() {
            if !is_reserved(&arg.name) {
                continue;
            }
            let mut name = arg.name.clone();
            let is_taken = |name: &str| {
                is_reserved(name)
                    || event.args.iter().any(|other| other.name == name)
                    || names.renamed.iter().flatten().any(|other| other == name)
            };
            while is_taken(&name) {
                name.push('_');
            }
            names.renamed.resize(event.args.len(), None);
            names.renamed[index] = Some(name);
        }
        names
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

/// A set of words, given in the order of their bytes.
pub(crate) fn is_in(words: &[&str], word: &str) -> bool {
    debug_assert!(words.is_sorted(), "the words are looked up by halving");
    // most of a search differs in the first letter
    let first = |word: &str| word.as_bytes().first().copied();
    let wanted = first(word);
    words.binary_search_by(|other| first(other).cmp(&wanted).then_with(|| (*other).cmp(word))).is_ok()
}
