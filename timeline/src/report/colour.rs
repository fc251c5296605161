//! What has which colour.

use crate::item::{Item, Source};
use crate::kernel::step::Step;
use anstyle::{AnsiColor, Style};
use std::fmt;

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const HEADING: Style = Style::new().bold();
pub(crate) const WARNING: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Red)));

const fn of_colour(colour: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(colour)))
}

/// The colour of an item's event and text: exits and entries stand out, and what the VMM says.
pub(super) fn of(item: &Item<'_>) -> Style {
    match item.source {
        Source::Lost => WARNING,
        Source::Vmm => of_colour(AnsiColor::Green),
        Source::Log => QUIET,
        Source::Kernel("kvm") => match item.step() {
            Some(Step::Exit | Step::UserExit { .. }) => of_colour(AnsiColor::Yellow),
            _ => of_colour(AnsiColor::Cyan),
        },
        Source::Kernel(_) => PLAIN,
    }
}

/// A style and its end; nothing where colour is not wanted.
pub(crate) fn on(wanted: bool, style: Style) -> (Style, Ending) {
    if wanted { (style, Ending(style)) } else { (PLAIN, Ending(PLAIN)) }
}

/// The end of a style; of a plain one, nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending(Style);

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.render_reset())
    }
}
