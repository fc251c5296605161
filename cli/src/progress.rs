//! How far a long reading is, on a terminal.

use std::io::{IsTerminal as _, Read, Result, Write as _};
use std::time::{Duration, Instant};

/// What is over sooner needs none.
const LONG: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(100);
const WIDTH: usize = 30;

/// A source that draws a bar of what was read of it, on standard error if that is a terminal and nothing else appears
/// there.
pub(crate) struct Progress<R> {
    source: R,
    read: u64,
    /// How much there is, where that is known.
    total: Option<u64>,
    began: Instant,
    drawn: Option<Instant>,
    wanted: bool,
}

impl<R> Progress<R> {
    pub(crate) fn new(source: R, total: Option<u64>) -> Self {
        Self { source, read: 0, total, began: Instant::now(), drawn: None, wanted: is_wanted() }
    }

    fn draw(&mut self) {
        let now = Instant::now();
        if now - self.began < LONG || self.drawn.is_some_and(|drawn| now - drawn < EVERY) {
            return;
        }
        self.drawn = Some(now);
        let megabytes = self.read >> 20;
        let bar = match self.total {
            Some(total) if total > 0 => {
                let done = self.read.min(total);
                let filled = u128::from(done) * WIDTH as u128 / u128::from(total);
                let filled = usize::try_from(filled).unwrap_or(WIDTH);
                let took = (now - self.began).as_millis();
                let left = took * u128::from(total - done) / u128::from(done.max(1)) / 1000;
                format!("[{:<WIDTH$}] {megabytes} of {} MiB, {left} s left", "#".repeat(filled), total >> 20)
            }
            _ => format!("{megabytes} MiB"),
        };
        // a terminal that is gone is no reason to fail
        let _ = write!(std::io::stderr(), "\r\x1b[K{bar}");
    }
}

impl<R: Read> Read for Progress<R> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let count = self.source.read(into)?;
        self.read += count as u64;
        if self.wanted {
            self.draw();
        }
        Ok(count)
    }
}

impl<R> Drop for Progress<R> {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            clear();
        }
    }
}

/// Makes room for a line where the bar is; it is drawn again.
pub(crate) fn clear() {
    if is_wanted() {
        // a terminal that is gone is no reason to fail
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}

fn is_wanted() -> bool {
    std::io::stderr().is_terminal() && !std::io::stdout().is_terminal()
}
