//! What the terminal at the other end shows of the line, and how to make it show another.

/// The line behind the prompt as it is shown.
#[derive(Debug, Default)]
pub(super) struct Screen {
    text: String,
    cursor: usize,
}

impl Screen {
    /// Nothing stands behind the prompt.
    pub(super) fn begin(&mut self) {
        self.text.clear();
        self.cursor = 0;
    }

    /// Makes the terminal show `text`, with the cursor at the byte `cursor`.
    ///
    /// Only what differs is written, and the rest of the row cleared. QEMU writes the whole line anew for each byte
    /// that comes, which is 33 MB for a line of 4095 bytes; the last bytes before the line's end are the same.
    pub(super) fn show(&mut self, text: &str, cursor: usize, out: &mut Vec<u8>) {
        if text != self.text {
            let same = common_prefix(&self.text, text);
            self.go(same, out);
            out.extend_from_slice(&text.as_bytes()[same..]);
            out.extend_from_slice(b"\x1b[K");
            text.clone_into(&mut self.text);
            self.cursor = text.len();
        }
        self.go(cursor, out);
    }

    /// Moves the cursor along what is shown. A character is one column.
    fn go(&mut self, cursor: usize, out: &mut Vec<u8>) {
        let (from, to) = (self.cursor.min(cursor), self.cursor.max(cursor));
        let columns = self.text[from..to].chars().count();
        if columns > 0 {
            let direction = if cursor < self.cursor { 'D' } else { 'C' };
            match columns {
                1 => out.extend_from_slice(format!("\x1b[{direction}").as_bytes()),
                _ => out.extend_from_slice(format!("\x1b[{columns}{direction}").as_bytes()),
            }
        }
        self.cursor = cursor;
    }
}

/// How many bytes of whole characters two texts have in common.
pub(super) fn common_prefix(one: &str, other: &str) -> usize {
    one.chars().zip(other.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}
