//! A timeline told: as text or JSON, its lines, its summary, and what is to be known of the recording.

mod colour;
mod fold;
mod head;
mod json;
mod notes;
mod select;
mod text;
mod time;

pub use notes::Note;
pub use select::{Moment, Pattern, Unclear};

pub(crate) use colour::{HEADING, PLAIN, QUIET, on};
pub(crate) use time::{About, Count, Span};

use crate::Error;
use crate::summary::{Collector, Summary};
use crate::timeline::Timeline;
use select::Selection;
use std::io::Write;
use time::Since;

/// What a report shows, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // what an operator switches, each on its own
pub struct Options {
    /// Text for people or JSON for programs.
    pub form: Form,
    /// Text with colours.
    pub colour: bool,
    /// Cut the lines of the text to so many columns.
    pub width: Option<u16>,
    /// Only lines that one of these means; all if there is none. Losses are shown always. The summary covers
    /// all.
    pub only: Vec<Pattern>,
    /// Nothing before this, in lines or summary.
    pub from: Option<Moment>,
    /// Nothing after this.
    pub to: Option<Moment>,
    /// At most so many lines.
    pub limit: Option<u64>,
    /// Of lines that repeat over and over show two rounds, and count the others. Text only.
    pub fold: bool,
    /// Show the lines.
    pub lines: bool,
    /// Show the summary.
    pub summary: bool,
}

/// What a report is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// For people: columns, and the summary as tables.
    #[default]
    Text,
    /// For programs: one JSON object a line, of which `kind` says what it is.
    ///
    /// `item`: `time_ns` (where it stands), `earliest_ns`, `latest_ns` (when it may have been), all of
    /// CLOCK_MONOTONIC; `cpu`, `thread`, `comm`, or null; `source` (a system of the kernel's, `vmm`, `log`,
    /// `lost`), `event`, `text`; `exit_ns`, of a VMM's line the stamp of the exit that it tells of, or null.
    /// `summary`: the fields of [`Summary`](crate::Summary). `note`: `warning` and `text`. Later versions may
    /// add fields and kinds.
    Json,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            form: Form::Text,
            colour: false,
            width: None,
            only: Vec::new(),
            from: None,
            to: None,
            limit: None,
            fold: false,
            lines: true,
            summary: true,
        }
    }
}

impl Timeline {
    /// Where the time of the whole recording went.
    ///
    /// # Errors
    /// [`Error::Io`] if a file of the recording cannot be read.
    pub fn summary(&self) -> Result<Summary, Error> {
        let mut summary = Collector::new(self);
        let mut items = self.items()?;
        while let Some(item) = items.next()? {
            summary.item(&item);
        }
        Ok(summary.finish())
    }

    /// Writes a report. The timeline is read once, whatever is shown.
    ///
    /// # Errors
    /// [`Error::Write`] if `out` takes no more; [`Error::Io`] if a file of the recording cannot be read;
    /// [`Error::Backwards`] if [`Options::to`] is before [`Options::from`].
    pub fn report(&self, options: &Options, out: &mut dyn Write) -> Result<(), Error> {
        let on = |moment: Moment| moment.on(self.start());
        let selection = Selection {
            only: &options.only,
            from: options.from.map_or(0, on),
            to: options.to.map_or(u64::MAX, on),
        };
        if selection.to < selection.from {
            let since = |moment: u64| Since::exactly(moment, self.start()).to_string();
            return Err(Error::Backwards { from: since(selection.from), to: since(selection.to) });
        }
        let mut summary = Collector::new(self);
        match options.form {
            Form::Text => self.text(options, &selection, &mut summary, out)?,
            Form::Json => self.json(options, &selection, &mut summary, out)?,
        }
        out.flush().map_err(Error::write)
    }

    fn text(
        &self,
        options: &Options,
        selection: &Selection<'_>,
        summary: &mut Collector,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        head::write(self, options, out)?;
        if self.facts.span.is_none() {
            return notes::write(&self.notes(), options, out);
        }
        let mut lines = text::Lines::new(self, options, out);
        // the first that was left out, and how many were
        let mut more: Option<(u64, u64)> = None;
        if options.lines {
            lines.head()?;
        }
        let mut shown = false;
        self.each(selection, summary, |item| {
            shown = true;
            if options.lines && more.is_none() {
                if !lines.item(item)? {
                    more = Some((item.placed, 1));
                }
            } else if let Some((_, count)) = &mut more {
                *count += 1;
            }
            Ok(())
        })?;
        lines.finish()?;
        if options.lines && !shown {
            head::none(self, options, out)?;
        }
        if let Some((from, count)) = more {
            head::more(self.start(), from, count, options, out)?;
        }
        if options.summary {
            summary.finish().write(options.colour, out)?;
        }
        notes::write(&self.notes(), options, out)
    }

    fn json(
        &self,
        options: &Options,
        selection: &Selection<'_>,
        summary: &mut Collector,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        let mut left = options.limit.unwrap_or(u64::MAX);
        self.each(selection, summary, |item| {
            if options.lines && left > 0 {
                left -= 1;
                json::item(item, out)?;
            }
            Ok(())
        })?;
        if options.summary {
            json::tagged("summary", &summary.finish(), out)?;
        }
        self.notes().iter().try_for_each(|note| json::tagged("note", note, out))
    }

    /// Goes through the items of the selected time: `show` takes those that are to be shown, the summary all.
    fn each(
        &self,
        selection: &Selection<'_>,
        summary: &mut Collector,
        mut show: impl FnMut(&crate::Item<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut items = self.items()?;
        while let Some(item) = items.next()? {
            if item.placed < selection.from || item.placed > selection.to {
                continue;
            }
            summary.item(&item);
            if selection.shows(&item) {
                show(&item)?;
            }
        }
        Ok(())
    }
}
