//! Lints of names: one that begins as no other of its file, and two that would give the same function or macro.

use std::collections::HashMap;
use std::sync::Arc;
use trace_events::{Diagnostic, Event, File, Rule};

/// The fewest events of a file that have usual prefixes.
const FEWEST_EVENTS: usize = 5;

/// How many of a hundred events must share their first word with another for the rest to stand out. In QEMU's tree this
/// leaves out the files of a dozen devices with two or three events each, where every word is as good as the other.
const USUAL_PERCENT: usize = 80;

/// Names whose first word no other event of the file has, in a file where that is not usual. A word that the comment
/// above the event has, as in `# ui/gtk.c`, is as good as one that others have.
pub(super) fn prefixes(name: &Arc<str>, source: &[u8], file: &File) -> Vec<Diagnostic> {
    let mut events_of: HashMap<&str, usize> = HashMap::new();
    for event in &file.events {
        *events_of.entry(first_word(event)).or_default() += 1;
    }
    let odd: Vec<&Event> = file.events.iter().filter(|event| events_of[first_word(event)] == 1).collect();
    let usual = file.events.len() - odd.len();
    if file.events.len() < FEWEST_EVENTS || usual * 100 < file.events.len() * USUAL_PERCENT || odd.is_empty()
    {
        return Vec::new();
    }
    let sections = sections(source);
    let section_of = |event: &Event| {
        let at = sections.partition_point(|(line, _)| *line < event.line);
        at.checked_sub(1).map(|at| &sections[at])
    };
    let mut found = Vec::new();
    for event in odd {
        let word = first_word(event);
        let section = section_of(event);
        if section.is_some_and(|(_, comment)| comment.contains(&word.to_lowercase())) {
            continue;
        }
        // what its neighbours begin with says more than what is usual somewhere in a long file
        let begins = section.map_or(0, |(line, _)| *line);
        let ends = sections.iter().find(|(line, _)| *line > event.line).map_or(u32::MAX, |(line, _)| *line);
        let neighbours = file.events.iter().filter(|other| (begins..ends).contains(&other.line));
        let most = neighbours.map(first_word).max_by_key(|word| (events_of[word], std::cmp::Reverse(*word)));
        let most = most.filter(|most| *most != word).or_else(|| {
            events_of
                .iter()
                .max_by_key(|(word, count)| (**count, std::cmp::Reverse(**word)))
                .map(|(word, _)| *word)
        });
        let message = format!(
            "no other event of this file begins with `{word}`; those around it begin with `{}`",
            most.unwrap_or_default()
        );
        found.push(event.diagnostic(name, Rule::NamePrefix, &message));
    }
    found
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
            let comment = String::from_utf8_lossy(comment).to_lowercase();
            match sections.last_mut() {
                Some((end, text)) if goes_on => {
                    *end = number;
                    text.push_str(&comment);
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
