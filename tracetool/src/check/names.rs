//! Lints of names: one that begins as no other of its file, and two that would give the same function or macro.

use super::levels::Allowed;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use trace_events::{Diagnostic, Event, File, Rule};

/// The fewest events of a file that have usual prefixes.
const FEWEST_EVENTS: usize = 5;

/// How many of a hundred events must share their first word with another for the rest to stand out. In QEMU's tree this
/// leaves out the files of a dozen devices with two or three events each, where every word is as good as the other.
const USUAL_PERCENT: usize = 80;

/// How much of a comment is searched for an event's first word, in bytes.
const LONGEST_COMMENT: usize = 1 << 12;

/// Names whose first word no other event of the file has, in a file where that is not usual. A word that the comment
/// above the event has, as in `# ui/gtk.c`, is as good as one that others have.
pub(super) fn prefixes(name: &Arc<str>, source: &[u8], file: &File) -> Vec<Diagnostic> {
    let mut events_of: HashMap<&str, usize> = HashMap::new();
    for event in &file.events {
        *events_of.entry(first_word(event)).or_default() += 1;
    }
    let sections = sections(source);
    // the number of its comment, from 1
    let section_of = |event: &Event| sections.partition_point(|(line, _)| *line < event.line);
    let is_named_above = |event: &Event, word: &str| {
        let comment = section_of(event).checked_sub(1).map(|at| &sections[at].1);
        comment.is_some_and(|comment| comment.contains(&word.to_lowercase()))
    };
    let is_odd = |event: &&Event| {
        let word = first_word(event);
        events_of[word] == 1 && !is_named_above(event, word)
    };
    let odd: Vec<&Event> = file.events.iter().filter(is_odd).collect();
    let usual = file.events.len() - odd.len();
    if file.events.len() < FEWEST_EVENTS || usual * 100 < file.events.len() * USUAL_PERCENT {
        return Vec::new();
    }
    // what its neighbours begin with says more than what is usual somewhere in a long file
    let mut most_of: HashMap<usize, &str> = HashMap::new();
    for event in file.events.iter().filter(|event| !is_odd(event)) {
        let (section, word) = (section_of(event), first_word(event));
        let most = most_of.entry(section).or_insert(word);
        if (events_of[word], *most) > (events_of[*most], word) {
            *most = word;
        }
    }
    let usual = events_of.iter().max_by_key(|(word, count)| (**count, Reverse(**word)));
    let tell = |event: &Event| {
        let most = most_of.get(&section_of(event)).copied().or(usual.map(|(word, _)| *word));
        let message = format!(
            "no other event of this file begins with `{}`; those around it begin with `{}`",
            first_word(event),
            most.unwrap_or_default()
        );
        event.diagnostic(name, Rule::NamePrefix, &message)
    };
    odd.into_iter().map(tell).collect()
}

fn first_word(event: &Event) -> &str {
    event.name.trim_start_matches('_').split('_').next().unwrap_or_default()
}

/// The comments, each with the line behind it, in small letters.
fn sections(source: &[u8]) -> Vec<(u32, String)> {
    let mut sections: Vec<(u32, String)> = Vec::new();
    let mut goes_on = false;
    for (number, line) in (1u32..).zip(source.split(|&byte| byte == b'\n')) {
        let line = line.trim_ascii();
        if let Some(comment) = line.strip_prefix(b"#") {
            if Allowed::is_said_in(comment) {
                continue;
            }
            let comment = &comment[..comment.len().min(LONGEST_COMMENT)];
            let comment = String::from_utf8_lossy(comment).to_lowercase();
            match sections.last_mut() {
                Some((end, text)) if goes_on => {
                    *end = number;
                    if text.len() < LONGEST_COMMENT {
                        text.push_str(&comment);
                    }
                }
                _ => sections.push((number, comment)),
            }
            goes_on = true;
        } else if !line.is_empty() {
            goes_on = false;
        }
    }
    sections
}

/// Pairs of events of a group that C or Rust could not tell apart: `TRACE_NAME` is in capitals only, and
/// `trace_NAME_enabled` tells whether `NAME` is on.
pub(super) fn collisions(files: &[(Arc<str>, &File)]) -> Vec<Diagnostic> {
    let mut of_capitals: HashMap<String, &Event> = HashMap::new();
    let mut found = Vec::new();
    let events = || files.iter().flat_map(|(name, file)| file.events.iter().map(move |event| (name, event)));
    for (name, event) in events() {
        let other = *of_capitals.entry(event.name.to_uppercase()).or_insert(event);
        if other.name != event.name {
            let message =
                format!("this is `{}` in capitals, as C's macros have them: rename one", other.name);
            found.push(event.diagnostic(name, Rule::NameCollision, &message));
        }
    }
    for (name, event) in events() {
        let upper = event.name.to_uppercase();
        if let Some(other) = upper.strip_suffix("_ENABLED").and_then(|upper| of_capitals.get(upper)) {
            let message = format!("this is what tells whether `{}` is on: rename one", other.name);
            found.push(event.diagnostic(name, Rule::NameCollision, &message));
        }
    }
    found
}
