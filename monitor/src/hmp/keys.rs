//! Keys from the bytes that a VT100 terminal sends.

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Enter,
    Tab,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    Backspace,
    Delete,
    KillWord,
    KillBefore,
    KillBehind,
    ClearScreen,
}

/// The bytes of a key that is not yet whole.
#[derive(Debug, Default)]
pub(super) struct Keys {
    state: State,
    /// The last byte was `\r`: a `\n` behind it belongs to the same end of line.
    after_cr: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Plain,
    /// The first bytes of a character.
    Character { bytes: [u8; 4], len: usize },
    /// Behind ESC.
    Escape,
    /// Behind `ESC [`; its first number.
    Control { number: Option<u16>, first: bool },
    /// Behind `ESC O`.
    Single,
}

impl Keys {
    /// Takes a byte, and gives back the keys that it makes whole.
    pub(super) fn push(&mut self, byte: u8) -> impl Iterator<Item = Key> + use<> {
        let after_cr = std::mem::replace(&mut self.after_cr, false);
        let mut broken = None;
        let key = match &mut self.state {
            State::Plain => self.plain(byte, after_cr),
            State::Character { bytes, len } => {
                bytes[*len] = byte;
                *len += 1;
                match std::str::from_utf8(&bytes[..*len]) {
                    Ok(text) => {
                        let c = text.chars().next().filter(|c| !c.is_control());
                        self.state = State::Plain;
                        c.map(Key::Char)
                    }
                    Err(error) if error.error_len().is_none() => None,
                    // the bytes before are no character, and this one begins anew
                    Err(_) => {
                        broken = Some(Key::Char(char::REPLACEMENT_CHARACTER));
                        self.leave(byte)
                    }
                }
            }
            State::Escape => match byte {
                b'[' => self.begin(State::Control { number: None, first: true }),
                b'O' => self.begin(State::Single),
                0x00..0x20 => self.leave(byte),
                _ => self.begin(State::Plain),
            },
            State::Control { number, first } => match byte {
                b'0'..=b'9' if *first => {
                    let digit = u16::from(byte - b'0');
                    *number = Some(number.unwrap_or(0).saturating_mul(10).saturating_add(digit));
                    None
                }
                // parameters that follow say which of Shift, Alt, Control was held
                0x20..=0x3f => {
                    *first = false;
                    None
                }
                // Enter is Enter even behind a sequence that was cut off
                0x00..0x20 => self.leave(byte),
                _ => {
                    let key = control_key(byte, *number);
                    self.begin(State::Plain);
                    key
                }
            },
            State::Single if byte < 0x20 => self.leave(byte),
            State::Single => {
                self.begin(State::Plain);
                control_key(byte, None)
            }
        };
        broken.into_iter().chain(key)
    }

    fn begin(&mut self, state: State) -> Option<Key> {
        self.state = state;
        None
    }

    /// Gives up the sequence; the byte is one of its own.
    fn leave(&mut self, byte: u8) -> Option<Key> {
        self.state = State::Plain;
        self.plain(byte, false)
    }

    fn plain(&mut self, byte: u8, after_cr: bool) -> Option<Key> {
        Some(match byte {
            0x01 => Key::Home,
            0x02 => Key::Left,
            0x04 => Key::Delete,
            0x05 => Key::End,
            0x06 => Key::Right,
            0x08 | 0x7f => Key::Backspace,
            b'\t' => Key::Tab,
            b'\n' if after_cr => return None,
            b'\n' | b'\r' => {
                self.after_cr = byte == b'\r';
                Key::Enter
            }
            0x0b => Key::KillBehind,
            0x0c => Key::ClearScreen,
            0x0e => Key::Down,
            0x10 => Key::Up,
            0x15 => Key::KillBefore,
            0x17 => Key::KillWord,
            0x1b => return self.begin(State::Escape),
            0x00..0x20 => return None,
            0x20..0x7f => Key::Char(char::from(byte)),
            // what begins a character; the rest never does
            0xc2..=0xf4 => return self.begin(State::Character { bytes: [byte, 0, 0, 0], len: 1 }),
            0x80.. => Key::Char(char::REPLACEMENT_CHARACTER),
        })
    }
}

/// The key of `ESC [ NUMBER BYTE`, as VT100, VT220, xterm and the Linux console send it. (QEMU takes `F` and `E` for up
/// and down, so that End on an xterm brings back the line before.)
fn control_key(byte: u8, number: Option<u16>) -> Option<Key> {
    Some(match (byte, number) {
        (b'A', _) => Key::Up,
        (b'B', _) => Key::Down,
        (b'C', _) => Key::Right,
        (b'D', _) => Key::Left,
        (b'H', _) | (b'~', Some(1 | 7)) => Key::Home,
        (b'F', _) | (b'~', Some(4 | 8)) => Key::End,
        (b'~', Some(3)) => Key::Delete,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_bytes() {
        use Key::{Char, Delete, Down, End, Enter, Home, Left, Up};
        let bad = Char(char::REPLACEMENT_CHARACTER);
        let cases: &[(&[u8], &[Key])] = &[
            (b"a\x01\x00\x03", &[Char('a'), Home]),
            (b"\r\n\n\r\r\n", &[Enter, Enter, Enter, Enter]),
            (b"\ra\n", &[Enter, Char('a'), Enter]),
            ("é€😀\u{9b}a".as_bytes(), &[Char('é'), Char('€'), Char('😀'), Char('a')]),
            (b"\xc3a\xff\x9b\xe2\x82\xe2\x82\xac", &[bad, Char('a'), bad, bad, bad, Char('€')]),
            (b"\xed\xa0\x80", &[bad, bad, bad]),
            (b"\xc3\x1b[A", &[bad, Up]),
            (b"\x1b[A\x1b[B\x1bOA\x1bOF\x1bOH\x1b[H\x1b[F", &[Up, Down, Up, End, Home, Home, End]),
            (b"\x1b[3~\x1b[1~\x1b[4~\x1b[7~\x1b[8~", &[Delete, Home, End, Home, End]),
            (b"\x1b[1;5D\x1b[200~a\x1b[201~\x1b[Z", &[Left, Char('a')]),
            (b"\x1bx\x1b\x1b[A\x1b[999999999999999~", &[Up]),
            (b"\x1b[12\r\x1b[?25ha\x1b\n", &[Enter, Char('a'), Enter]),
        ];
        for (bytes, expected) in cases {
            let mut keys = Keys::default();
            let found: Vec<Key> = bytes.iter().flat_map(|&byte| keys.push(byte)).collect();
            assert_eq!(found, *expected, "{:?}", bytes.escape_ascii().to_string());
        }
    }
}
