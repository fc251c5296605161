//! Arguments' names that a language could not have.

use std::borrow::Cow;
use trace_events::Event;

/// The names of an event's arguments, each with as many `_` behind it as it takes to be none of the reserved ones and
/// none of another argument's.
pub(crate) fn names<'a>(event: &'a Event, is_reserved: impl Fn(&str) -> bool) -> Vec<Cow<'a, str>> {
    let mut names: Vec<Cow<'a, str>> = Vec::with_capacity(event.args.len());
    for arg in &event.args {
        let mut name = Cow::Borrowed(arg.name.as_str());
        if is_reserved(&name) {
            let taken = |name: &str| {
                is_reserved(name)
                    || event.args.iter().any(|other| other.name == name)
                    || names.iter().any(|other| other == name)
            };
            while taken(&name) {
                name.to_mut().push('_');
            }
        }
        names.push(name);
    }
    names
}

/// A set of words, given in the order of their bytes.
pub(crate) fn is_in(words: &[&str], word: &str) -> bool {
    debug_assert!(words.is_sorted(), "the words are looked up by halving");
    // most of a search differs in the first letter
    let first = |word: &str| word.as_bytes().first().copied();
    let wanted = first(word);
    words.binary_search_by(|other| first(other).cmp(&wanted).then_with(|| (*other).cmp(word))).is_ok()
}
