//! Ends, violent and other.

use super::{say, workers};
use std::str::FromStr;

pub(crate) enum Death {
    Abort,
    Fault,
    Kill,
    Panic,
    PanicInThread,
    Exit,
    ExitInThread,
    ExitAtOnce,
}

impl FromStr for Death {
    type Err = String;

    fn from_str(how: &str) -> Result<Self, String> {
        Ok(match how {
            "abort" => Self::Abort,
            "segv" => Self::Fault,
            "kill" => Self::Kill,
            "panic" => Self::Panic,
            "panic-thread" => Self::PanicInThread,
            "exit" => Self::Exit,
            "exit-thread" => Self::ExitInThread,
            "_exit" => Self::ExitAtOnce,
            _ => return Err(format!("nobody dies of `{how}`")),
        })
    }
}

impl Death {
    /// Says what was emitted by now, and dies.
    pub(crate) fn come(self) {
        workers::tell();
        say("end");
        match self {
            Self::Abort => std::process::abort(),
            Self::Fault => {
                let nothing = std::hint::black_box(8_usize) as *mut u8;
                // SAFETY: none: the fault is what is wanted.
                unsafe { nothing.write_volatile(1) };
            }
            Self::Kill => {
                let here = std::process::id().cast_signed();
                // SAFETY: kill(2) of this very process.
                unsafe { libc::kill(here, libc::SIGKILL) };
            }
            Self::Panic => panic!("wanted"),
            Self::PanicInThread => {
                // the program goes on, and comes to its end
                _ = std::thread::spawn(|| panic!("wanted")).join();
            }
            Self::Exit => std::process::exit(0),
            Self::ExitInThread => {
                _ = std::thread::spawn(|| std::process::exit(0)).join();
            }
            Self::ExitAtOnce => {
                // SAFETY: _exit(2) ends the process.
                unsafe { libc::_exit(0) };
            }
        }
    }
}
