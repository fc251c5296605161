//! The events of a recording: their formats, by the number that the ring holds.

use super::format::{Common, Format, is_name};
use super::step::{Role, Step};
use crate::print::Print;
use crate::{Error, within};
use recording::Recording;
use std::collections::HashMap;
use std::path::Path;

/// The most events that are believed in: a kernel has some 2,500.
const MOST: usize = 20_000;

/// An event of the kernel's.
#[derive(Debug)]
pub(crate) struct Event {
    /// `kvm` of `kvm:kvm_exit`.
    pub(crate) system: String,
    pub(crate) format: Format,
    print: Print,
    role: Role,
}

/// All events of a recording.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    events: HashMap<u16, Event>,
    common: Common,
    /// Formats that could not be read, and why.
    pub(crate) unread: Vec<(String, &'static str)>,
}

impl Event {
    /// The event of a `format` file.
    pub(crate) fn parse(system: &str, text: &str) -> Result<Self, &'static str> {
        if !is_name(system) {
            return Err("its system has no name");
        }
        let format = Format::parse(text)?;
        let print = Print::new(system, &format);
        let role = Role::of(system, &format);
        Ok(Self { system: system.to_owned(), format, print, role })
    }

    /// What the kernel prints of it.
    pub(crate) fn text(&self, event: &[u8]) -> String {
        self.print.text(&self.format, event)
    }

    /// Whether that is only its fields.
    pub(crate) fn is_by_fields(&self) -> bool {
        self.print.is_fields()
    }

    /// What it tells of its thread's way into the guest and out of it.
    pub(crate) fn step(&self, event: &[u8]) -> Option<Step> {
        self.role.step(&self.format, event)
    }

    /// The string of an `ftrace:print` entry: what was written to `trace_marker`.
    pub(crate) fn marker<'a>(&self, event: &'a [u8]) -> Option<&'a [u8]> {
        if self.system != "ftrace" || self.format.name != "print" {
            return None;
        }
        self.format.field("buf")?.string(event)
    }
}

impl Catalog {
    /// Reads `kernel/events/SYSTEM/EVENT/format`.
    pub(crate) fn read(recording: &Recording) -> Result<Self, Error> {
        let mut catalog = Self::default();
        let dir = recording.dir();
        for system in within::list(dir, &recording.events_dir())? {
            for event in within::list(dir, &system)? {
                let text = within::read(dir, &event.join("format"))?;
                let (system, name) = (last(&system), last(&event));
                match Event::parse(&system, &text) {
                    Ok(event) if catalog.events.len() < MOST => catalog.add(event),
                    Ok(_) => catalog.unread.push((format!("{system}:{name}"), "too many events")),
                    Err(why) => catalog.unread.push((format!("{system}:{name}"), why)),
                }
            }
        }
        Ok(catalog)
    }

    pub(crate) fn add(&mut self, event: Event) {
        self.common = event.format.common;
        self.events.insert(event.format.id, event);
    }

    /// The event whose bytes these are.
    pub(crate) fn event(&self, bytes: &[u8]) -> Option<&Event> {
        // trace_events.rst: `common_type` comes first, and is the event's ID
        let id = u16::from_le_bytes(bytes.get(..2)?.try_into().ok()?);
        self.events.get(&id)
    }

    /// The thread that these bytes are of; the common fields are the same for all events.
    pub(crate) fn thread(&self, bytes: &[u8]) -> Option<u32> {
        self.common.pid(bytes)
    }
}

fn last(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
