//! The line that is being edited, by whole characters.

use super::LINE_MAX;
use super::words::is_blank;

/// Text, and the cursor in it.
#[derive(Debug, Default)]
pub(super) struct Line {
    text: String,
    /// A place between characters, in bytes.
    cursor: usize,
}

impl Line {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// What stands before the cursor.
    pub(super) fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Another text, the cursor behind it.
    pub(super) fn set(&mut self, text: String) {
        self.cursor = text.len();
        self.text = text;
    }

    /// Takes the text out.
    pub(super) fn take(&mut self) -> String {
        self.cursor = 0;
        std::mem::take(&mut self.text)
    }

    /// False if there is no room.
    pub(super) fn insert(&mut self, c: char) -> bool {
        let fits = self.text.len() + c.len_utf8() <= LINE_MAX;
        if fits {
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
        fits
    }

    /// Puts `with` in the place of what stands between `start` and the cursor. False if there is no room.
    pub(super) fn replace(&mut self, start: usize, with: &str) -> bool {
        let fits = self.text.len() - (self.cursor - start) + with.len() <= LINE_MAX;
        if fits {
            self.text.replace_range(start..self.cursor, with);
            self.cursor = start + with.len();
        }
        fits
    }

    pub(super) fn left(&mut self) {
        self.cursor -= self.before().chars().next_back().map_or(0, char::len_utf8);
    }

    pub(super) fn right(&mut self) {
        self.cursor += self.text[self.cursor..].chars().next().map_or(0, char::len_utf8);
    }

    pub(super) fn home(&mut self) {
        self.cursor = 0;
    }

    pub(super) fn end(&mut self) {
        self.cursor = self.text.len();
    }

    /// Takes away the character at the cursor.
    pub(super) fn delete(&mut self) {
        if self.cursor < self.text.len() {
            self.text.remove(self.cursor);
        }
    }

    /// Takes away the character before the cursor.
    pub(super) fn backspace(&mut self) {
        if self.cursor > 0 {
            self.left();
            self.delete();
        }
    }

    /// Takes away the word before the cursor and the blanks behind it.
    pub(super) fn kill_word(&mut self) {
        let word = self.before().trim_end_matches(is_blank);
        let start = word.rfind(is_blank).map_or(0, |blank| blank + 1);
        self.kill_from(start);
    }

    /// Takes away all before the cursor.
    pub(super) fn kill_before(&mut self) {
        self.kill_from(0);
    }

    /// Takes away all behind the cursor.
    pub(super) fn kill_behind(&mut self) {
        self.text.truncate(self.cursor);
    }

    fn kill_from(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }
}
