//! Text that grows, and knows its line: `#line` directives name it.

/// The text of an output.
#[derive(Debug, Default)]
pub(crate) struct Output {
    text: String,
    /// How much of the text has had its lines counted.
    counted: usize,
    lines: usize,
}

/// Appends pieces of text to an [`Output`].
macro_rules! put {
    ($out:expr, $($piece:expr),+ $(,)?) => {{ $($out.push($piece);)+ }};
}
pub(crate) use put;

impl Output {
    /// Text that takes the room of an old one.
    pub(crate) fn in_room(mut room: String) -> Self {
        room.clear();
        Self { text: room, counted: 0, lines: 0 }
    }

    pub(crate) fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
    }

    /// The number, from 1, of the line that is being written.
    #[allow(clippy::naive_bytecount)] // each byte is counted once, and the compiler makes vectors of it
    pub(crate) fn line(&mut self) -> usize {
        let fresh = &self.text.as_bytes()[self.counted..];
        // as many as a byte can count are counted in bytes, many at once
        for some in fresh.chunks(255) {
            self.lines += usize::from(some.iter().map(|&byte| u8::from(byte == b'\n')).sum::<u8>());
        }
        self.counted = self.text.len();
        self.lines + 1
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}
