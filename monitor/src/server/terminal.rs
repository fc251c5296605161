//! A terminal whose lines the human monitor edits.

use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::os::fd::OwnedFd;

/// A terminal that gives each key at once and shows none. It gets its modes back when the monitor leaves it, and before
/// a key is followed that ends or stops the program: `^C`, `^\` and `^Z` do what they do elsewhere.
#[derive(Debug)]
pub(super) struct Terminal {
    fd: OwnedFd,
    before: Termios,
    raw: bool,
}

impl Terminal {
    /// Takes the terminal that the descriptor is; `None` if it is none.
    pub(super) fn take(fd: &OwnedFd) -> Option<Self> {
        let before = tcgetattr(fd).ok()?;
        let mut terminal = Self { fd: fd.try_clone().ok()?, before, raw: false };
        terminal.set_raw();
        Some(terminal)
    }

    /// Looks at what was typed for keys that are signals.
    pub(super) fn obey(&mut self, typed: &[u8]) {
        self.set_raw();
        for key in typed {
            let signal = match key {
                0x03 => Signal::INT,
                0x1a => Signal::TSTP,
                0x1c => Signal::QUIT,
                _ => continue,
            };
            // The terminal stays as it was until the next key: the program may be ending on another thread.
            self.restore();
            let _ = kill_process(getpid(), signal);
        }
    }

    /// Output keeps its processing: what else the program prints must look as ever.
    fn set_raw(&mut self) {
        if self.raw {
            return;
        }
        let mut raw = self.before.clone();
        raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.input_modes -= InputModes::ICRNL | InputModes::INLCR | InputModes::IXON | InputModes::ISTRIP;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        self.raw = tcsetattr(&self.fd, OptionalActions::Now, &raw).is_ok();
    }

    fn restore(&mut self) {
        let _ = tcsetattr(&self.fd, OptionalActions::Now, &self.before);
        self.raw = false;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.restore();
    }
}
