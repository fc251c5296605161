//! A terminal whose lines the human monitor edits.

use super::process::Process;
use rustix::process::{Signal, getpid, kill_process};
use rustix::termios::{
    InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, Once, PoisonError, Weak};

/// A terminal that gives each key at once and shows none. It gets its modes back when the monitor leaves it, when the
/// program calls exit(3), and before a key is followed that ends or stops the program: `^C`, `^\` and `^Z` do what they do
/// elsewhere. A signal from elsewhere that ends the program leaves it as it is.
#[derive(Debug)]
pub(super) struct Terminal {
    modes: Arc<Modes>,
    raw: bool,
}

/// What a terminal was like.
#[derive(Debug)]
struct Modes {
    fd: OwnedFd,
    before: Termios,
    /// Whose monitor has changed it: a child that is forked from it ends without a word to the terminal.
    process: Process,
}

/// The terminals that are not as they were.
static TAKEN: Mutex<Vec<Weak<Modes>>> = Mutex::new(Vec::new());

impl Terminal {
    /// Takes the terminal that the descriptor is; `None` if it is none.
    pub(super) fn take(fd: &OwnedFd) -> Option<Self> {
        let before = tcgetattr(fd).ok()?;
        let modes = Arc::new(Modes { fd: fd.try_clone().ok()?, before, process: Process::this() });
        restore_at_exit(&modes);
        let mut terminal = Self { modes, raw: false };
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
        let mut raw = self.modes.before.clone();
        raw.local_modes -= LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG | LocalModes::IEXTEN;
        raw.input_modes -= InputModes::ICRNL | InputModes::INLCR | InputModes::IXON | InputModes::ISTRIP;
        raw.special_codes[SpecialCodeIndex::VMIN] = 1;
        raw.special_codes[SpecialCodeIndex::VTIME] = 0;
        self.raw = tcsetattr(&self.modes.fd, OptionalActions::Now, &raw).is_ok();
    }

    fn restore(&mut self) {
        self.modes.restore();
        self.raw = false;
    }
}

impl Modes {
    fn restore(&self) {
        if self.process.is_this() {
            let _ = tcsetattr(&self.fd, OptionalActions::Now, &self.before);
        }
    }
}

fn restore_at_exit(modes: &Arc<Modes>) {
    extern "C" fn restore() {
        // whoever holds the lock is taking a terminal at this moment, and exit(3) must not wait for it
        if let Ok(taken) = TAKEN.try_lock() {
            taken.iter().filter_map(Weak::upgrade).for_each(|modes| modes.restore());
        }
    }
    static REGISTER: Once = Once::new();
    // SAFETY: atexit(3) keeps a pointer to a function that lives as long as the program, or is called when the library that
    // it is in is closed; it does nothing that a program which ends may not. Without memory for it, it fails.
    REGISTER.call_once(|| _ = unsafe { libc::atexit(restore) });
    let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
    taken.retain(|modes| modes.strong_count() > 0);
    taken.push(Arc::downgrade(modes));
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.restore();
    }
}
