//! What is to be known of a recording before it is believed.

use super::time::Since;
use super::{Count, Options, Span, colour};
use crate::Error;
use crate::shown::shown;
use crate::timeline::Timeline;
use serde::Serialize;
use std::io::Write;

/// Something to be known of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Something is missing from the timeline, or may be wrong in it.
    pub warning: bool,
    /// In words.
    pub text: String,
}

impl Timeline {
    /// What is to be known of the recording: what was lost, how well clocks and lines fit, what could not be
    /// read.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let mut notes = Notes(Vec::new());
        self.note_recorder(&mut notes);
        self.note_losses(&mut notes);
        self.note_steps(&mut notes);
        self.note_formats(&mut notes);
        self.note_log(&mut notes);
        notes.0
    }

    fn note_recorder(&self, notes: &mut Notes) {
        let manifest = self.manifest();
        for notice in &manifest.notices {
            notes.say(shown(notice.as_bytes()));
        }
        if manifest.end.is_none() {
            notes
                .warn("the recorder was ended before it was done: the last events may be missing".to_owned());
        }
        if let (Some(end), later @ 1..) = (self.facts.kernel_end, self.facts.later_lines) {
            let (at, lines) = (Since::exactly(end, self.start()), Count(later));
            notes.warn(format!(
                "the recorder was ended at {at} s; {lines} later log lines have no kernel side and are not in \
                 the summary"
            ));
        }
        match &manifest.kernel {
            None => {
                let why = manifest.kernel_missing.as_deref().unwrap_or("it is not said why");
                notes.warn(format!("there is no kernel side: {}", shown(why.as_bytes())));
            }
            Some(kernel) => {
                for event in &kernel.events {
                    if let Some(why) = &event.refused {
                        let name = shown(format!("{}:{}", event.system, event.name).as_bytes());
                        notes.warn(format!("{name} was not recorded: {}", shown(why.as_bytes())));
                    }
                }
            }
        }
    }

    fn note_losses(&self, notes: &mut Notes) {
        let facts = &self.facts;
        let rings = self.manifest().kernel.iter().flat_map(|kernel| &kernel.cpus);
        let counted =
            rings.fold(0u64, |sum, ring| sum.saturating_add(ring.overrun).saturating_add(ring.dropped));
        let lost = facts.lost.max(counted);
        if lost > 0 || facts.lost_uncounted > 0 {
            let at_least = if facts.lost_uncounted > 0 { "at least " } else { "" };
            notes.warn(format!(
                "{at_least}{} kernel events were lost, where `lost` stands: record fewer events, or with \
                 larger buffers",
                Count(lost)
            ));
        }
        if facts.damaged_bytes > 0 {
            notes.warn(format!(
                "{} bytes of the kernel's pages could not be read, where `damaged` stands",
                Count(facts.damaged_bytes)
            ));
        }
        if facts.unknown > 0 {
            notes.warn(format!("{} events are of no format that was recorded", Count(facts.unknown)));
        }
    }

    fn note_steps(&self, notes: &mut Notes) {
        let (Some(kernel), facts) = (&self.manifest().kernel, &self.facts) else { return };
        let wanted =
            |name: &str| kernel.events.iter().any(|event| event.system == "kvm" && event.name == name);
        if wanted("kvm_exit") && !facts.has_exit && facts.has_user_exit {
            notes.say(
                "the kernel made no kvm_exit here, as kvm_pvm does not: only exits to the VMM are known"
                    .to_owned(),
            );
        }
    }

    fn note_formats(&self, notes: &mut Notes) {
        for (name, why) in &self.catalog.unread {
            notes.warn(format!("the format of {} is not understood: {why}", shown(name.as_bytes())));
        }
        let names = &self.facts.by_fields;
        if !names.is_empty() {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            notes.say(format!(
                "shown by their fields, since their print fmt needs more than was recorded: {}",
                names.join(", ")
            ));
        }
    }

    fn note_log(&self, notes: &mut Notes) {
        let facts = &self.facts;
        if facts.unread_logs > 0 {
            notes.warn(format!("{} log files were one too many and are left out", facts.unread_logs));
        }
        if facts.raw_lines > 0 {
            let why =
                if facts.lines == 0 { "; QEMU stamps its events only with -msg timestamp=on" } else { "" };
            notes.say(format!("{} lines of the log are no events{why}", Count(facts.raw_lines)));
        }
        if facts.lines == 0 {
            return;
        }
        if self.clock.is_empty() {
            notes.warn("the clocks were not read: the log's lines stand by their order only".to_owned());
        } else {
            notes.say(format!(
                "the log's times, to the microsecond of the wall clock, are known on CLOCK_MONOTONIC to ±{}",
                Span(self.clock.error())
            ));
        }
        for jump in self.clock.jumps() {
            let way = if jump.by < 0 { "back" } else { "forward" };
            let by = u64::try_from(jump.by.unsigned_abs()).unwrap_or(u64::MAX);
            let after = Span(jump.between.earliest.saturating_sub(self.start()));
            notes.warn(format!("the wall clock was set {way} by {}, later than {after}", Span(by)));
        }
        self.note_matching(notes);
    }

    fn note_matching(&self, notes: &mut Notes) {
        let facts = &self.facts;
        let matching = &facts.matching;
        if matching.lines > 0 && !facts.has_user_exit {
            notes.warn(
                "kvm_run_exit lines have no exit to stand by: kvm:kvm_userspace_exit was not recorded"
                    .to_owned(),
            );
        } else if matching.lines > 0 {
            let text = format!(
                "{} of {} kvm_run_exit lines stand by their own exit; {} exits of their threads have none",
                Count(matching.matched),
                Count(matching.lines),
                Count(matching.exits.saturating_sub(matching.matched)),
            );
            notes.add(matching.matched * 200 < matching.lines * 199, text);
        }
        if facts.strangers > 0 && facts.events > 0 {
            notes.say(format!(
                "{} threads of the log made no kernel event; in a container, thread numbers differ from the \
                 kernel's",
                facts.strangers
            ));
        }
        if facts.moved > 0 {
            notes.say(format!(
                "{} log lines stand outside their time, by up to {}, so that causes come before effects",
                Count(facts.moved),
                Span(facts.moved_most)
            ));
        }
    }
}

struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, warning: bool, text: String) {
        self.0.push(Note { warning, text });
    }

    fn say(&mut self, text: String) {
        self.add(false, text);
    }

    fn warn(&mut self, text: String) {
        self.add(true, text);
    }
}

pub(super) fn write(notes: &[Note], options: &Options, out: &mut dyn Write) -> Result<(), Error> {
    for note in notes {
        let style = if note.warning { colour::WARNING } else { colour::QUIET };
        let (style, reset) = colour::on(options.colour, style);
        let mark = if note.warning { "warning" } else { "note" };
        writeln!(out, "{style}{mark}: {}{reset}", note.text).map_err(Error::write)?;
    }
    Ok(())
}
