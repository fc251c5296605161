//! All sources as one stream, in the order of the timeline.

use crate::clock::Interval;
use crate::item::{Body, Item, Source};
use crate::kernel::Stream;
use crate::kernel::layout::Lost;
use crate::kernel::ring::What;
use crate::log::{Spoken, Texts};
use crate::timeline::Timeline;
use crate::{Error, marker};
use std::borrow::Cow;

/// The items of a timeline, one at a time: kernel events as they are decoded, log lines as they are read.
/// Holds a page a cpu and a window a log file.
#[derive(Debug)]
pub struct Items<'a> {
    timeline: &'a Timeline,
    kernel: Option<Stream>,
    texts: Texts,
    /// How many log entries have been given, and where in the next one its next line begins.
    given: usize,
    within: Option<u64>,
}

impl<'a> Items<'a> {
    pub(crate) fn new(timeline: &'a Timeline, kernel: Option<Stream>, texts: Texts) -> Self {
        Self { timeline, kernel, texts, given: 0, within: None }
    }

    /// The next item; `None` at the end. It borrows from the stream, so take from it what is to be kept.
    ///
    /// # Errors
    /// [`Error::Io`] if a file of the recording cannot be read.
    #[allow(clippy::should_implement_trait)] // an iterator's items cannot borrow from it
    pub fn next(&mut self) -> Result<Option<Item<'_>>, Error> {
        let kernel = match &mut self.kernel {
            Some(stream) => stream.peek()?,
            None => None,
        };
        let line = self.timeline.line(self.given).map(|entry| entry.placed);
        match (kernel, line) {
            (None, None) => Ok(None),
            // at the same time the kernel's comes first: it is the cause
            (Some(kernel), Some(line)) if kernel <= line => self.kernel_item(),
            (Some(_), None) => self.kernel_item(),
            _ => self.log_item(),
        }
    }

    fn log_item(&mut self) -> Result<Option<Item<'_>>, Error> {
        let Some(entry) = self.timeline.line(self.given) else { return Ok(None) };
        let (spoken, next) = self.texts.read(entry, self.within.unwrap_or(entry.start))?;
        self.within = (next < entry.end).then_some(next);
        self.given += usize::from(self.within.is_none());
        let (source, event, text) = match spoken {
            Spoken::Event { name, text } => (Source::Vmm, Cow::Owned(name), text),
            Spoken::Raw(text) => (Source::Log, Cow::Borrowed("line"), text),
        };
        Ok(Some(Item {
            placed: entry.placed,
            when: self.timeline.when(entry),
            cpu: None,
            thread: entry.thread,
            comm: entry.thread.and_then(|thread| self.timeline.comms.name(thread)),
            source,
            event,
            exit: entry.exit,
            body: Body::Text(text),
        }))
    }

    fn kernel_item(&mut self) -> Result<Option<Item<'_>>, Error> {
        let Self { timeline, kernel: Some(stream), .. } = self else { return Ok(None) };
        let Some(next) = stream.next()? else { return Ok(None) };
        let mut item = Item {
            placed: next.stamp,
            when: Interval::at(next.stamp),
            cpu: Some(next.cpu),
            thread: None,
            comm: None,
            source: Source::Lost,
            event: Cow::Borrowed("lost"),
            exit: None,
            body: Body::Text(String::new()),
        };
        match next.what {
            What::Lost(lost) => {
                let count = match lost {
                    Lost::Count(count) => format!("{count} events"),
                    Lost::Some => "some events, the kernel does not say how many".to_owned(),
                };
                item.body = Body::Text(format!("{count}: cpu {}'s buffer was full", next.cpu));
            }
            What::Damaged(damage) => {
                item.event = Cow::Borrowed("damaged");
                item.body = Body::Text(format!(
                    "{} bytes of page {} of cpu {} cannot be read: {}",
                    damage.bytes, damage.page, next.cpu, damage.why
                ));
            }
            What::Event(range) => {
                let bytes = next.page.get(range).unwrap_or_default();
                let thread = timeline.catalog.thread(bytes);
                item.thread = thread;
                item.comm = thread.and_then(|thread| timeline.comms.name(thread));
                event(timeline, &mut item, bytes);
            }
        }
        Ok(Some(item))
    }
}

/// Fills in what an event's bytes are.
fn event<'a>(timeline: &'a Timeline, item: &mut Item<'a>, bytes: &'a [u8]) {
    let Some(event) = timeline.catalog.event(bytes) else {
        item.source = Source::Kernel("?");
        item.event = Cow::Borrowed("unknown");
        let id = bytes.get(..2).map_or(0, |id| u16::from_le_bytes([id[0], id[1]]));
        item.body =
            Body::Text(format!("event number {id}, {} bytes: its format was not recorded", bytes.len()));
        return;
    };
    if let Some(written) = event.marker(bytes) {
        let (name, text) = marker::split(written);
        item.source = Source::Vmm;
        item.event = Cow::Owned(name.unwrap_or_else(|| "print".to_owned()));
        item.body = Body::Text(text);
        return;
    }
    item.source = Source::Kernel(&event.system);
    item.event = Cow::Borrowed(&event.format.name);
    item.body = Body::Kernel { event, bytes };
}
