//! A session of the human monitor with line editing: bytes of a terminal in, bytes for it out.

use super::history::History;
use super::keys::{Key, Keys};
use super::line::Line;
use super::screen::Screen;
use super::{LINE_MAX, completion, run};
use crate::Monitor;

/// How much may wait to be written before [`Prompt::feed`] takes no more.
const WAITING_MAX: usize = 64 * 1024;

/// The human monitor's side of a terminal: what QEMU gives at `-monitor`, with its keys, its echo and its completion.
///
/// It does no I/O. Whoever has the socket or terminal (in raw mode, with no echo of its own) writes what
/// [`Prompt::open`] gives, then feeds what comes in and writes what that gives. A client that sends whole lines, ended by
/// `\n`, `\r` or `\r\n`, is served the same.
///
/// | key | |
/// | --- | --- |
/// | left, ^B; right, ^F | a character along |
/// | Home, ^A; End, ^E | to the line's begin, its end |
/// | Backspace, ^H; Delete, ^D | takes away the character before, at the cursor |
/// | ^W; ^U; ^K | takes away the word before, all before, all behind the cursor |
/// | up, ^P; down, ^N | the line before, after in the history, of 64 |
/// | TAB | completes; where nothing can be added, lists what there is |
/// | ^L | clears the screen |
///
/// A line is edited by whole characters. One character is taken for one column, and a line for one row.
///
/// TAB behind `logfile` reads a folder (openat, getdents64, newfstatat), unless the monitor is [`Monitor::without_files`].
#[derive(Debug)]
pub struct Prompt {
    /// What asks for a line.
    question: String,
    keys: Keys,
    line: Line,
    history: History,
    screen: Screen,
    /// More came than a line holds.
    overflowed: bool,
}

impl Prompt {
    /// A session that has not begun.
    #[must_use]
    pub fn new(monitor: &Monitor) -> Self {
        Self {
            question: format!("({}) ", monitor.vmm_name()),
            keys: Keys::default(),
            line: Line::default(),
            history: History::default(),
            screen: Screen::default(),
            overflowed: false,
        }
    }

    /// Greets, and asks for the first line.
    pub fn open(&mut self, monitor: &Monitor, out: &mut Vec<u8>) {
        let (name, version) = (monitor.vmm_name(), monitor.vmm_version());
        let banner = format!("{name} {version} monitor - type 'help' for more information\r\n");
        out.extend_from_slice(banner.as_bytes());
        self.ask(out);
    }

    /// Takes what the terminal sent, runs the lines that are whole, and adds to `out` what the terminal shall show.
    ///
    /// Gives back how many bytes it took. It stops behind Enter and TAB, and when more than 64 KiB wait in `out`: write
    /// them, then feed it the rest, so that a client that sends and does not read is not answered from memory, and one that
    /// sends many lines at once does not keep others waiting.
    #[must_use = "the bytes that were not taken are to be fed again"]
    pub fn feed(&mut self, monitor: &Monitor, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let mut taken = 0;
        for &byte in bytes {
            taken += 1;
            let mut takes_time = false;
            for key in self.keys.push(byte) {
                takes_time |= matches!(key, Key::Enter | Key::Tab);
                self.press(key, monitor, out);
            }
            if takes_time || out.len() > WAITING_MAX {
                break;
            }
        }
        self.show(out);
        taken
    }

    fn press(&mut self, key: Key, monitor: &Monitor, out: &mut Vec<u8>) {
        match key {
            Key::Char(c) => self.check(|line| line.insert(c), out),
            Key::Enter => self.enter(monitor, out),
            Key::Tab => self.complete(monitor, out),
            Key::Left => self.line.left(),
            Key::Right => self.line.right(),
            Key::Home => self.line.home(),
            Key::End => self.line.end(),
            Key::Backspace => self.line.backspace(),
            Key::Delete => self.line.delete(),
            Key::KillWord => self.line.kill_word(),
            Key::KillBefore => self.line.kill_before(),
            Key::KillBehind => self.line.kill_behind(),
            Key::Up => {
                if let Some(line) = self.history.up(self.line.text()) {
                    self.line.set(line.to_owned());
                }
            }
            Key::Down => {
                if let Some(line) = self.history.down() {
                    self.line.set(line);
                }
            }
            Key::ClearScreen => {
                out.extend_from_slice(b"\x1b[2J\x1b[1;1H");
                self.ask(out);
            }
        }
        // whoever has emptied the line begins anew
        self.overflowed &= !self.line.text().is_empty();
    }

    /// Changes the line, and rings if there is no room.
    fn check(&mut self, change: impl FnOnce(&mut Line) -> bool, out: &mut Vec<u8>) {
        if !change(&mut self.line) && !std::mem::replace(&mut self.overflowed, true) {
            self.show(out);
            out.push(b'\x07');
        }
    }

    fn enter(&mut self, monitor: &Monitor, out: &mut Vec<u8>) {
        self.line.end();
        self.show(out);
        out.extend_from_slice(b"\r\n");
        let line = self.line.take();
        self.history.add(&line);
        if std::mem::take(&mut self.overflowed) {
            out.extend_from_slice(format!("line too long: at most {LINE_MAX} bytes\r\n").as_bytes());
        } else {
            out.extend_from_slice(run(monitor, &line).as_bytes());
        }
        self.ask(out);
    }

    fn complete(&mut self, monitor: &Monitor, out: &mut Vec<u8>) {
        let found = completion::complete(monitor, self.line.before());
        let Some(common) = found.common() else { return };
        if found.candidates.len() > 1 && self.line.before()[found.start..] == common {
            self.show(out);
            out.extend_from_slice(b"\r\n");
            found.list(out);
            self.ask(out);
        } else {
            self.check(|line| line.replace(found.start, &common), out);
        }
    }

    /// Writes the prompt, behind which nothing is shown yet.
    fn ask(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.question.as_bytes());
        self.screen.begin();
    }

    fn show(&mut self, out: &mut Vec<u8>) {
        self.screen.show(self.line.text(), self.line.cursor(), out);
    }
}
