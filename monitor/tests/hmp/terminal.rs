//! A terminal: what a user sees of the bytes that come.

/// The rows so far, without their trailing blanks, and the cursor in the last.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    rows: Vec<Vec<char>>,
    row: usize,
    column: usize,
    pub(crate) bells: usize,
}

impl Terminal {
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        let text = std::str::from_utf8(bytes).expect("whole characters");
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '\r' => self.column = 0,
                '\n' => self.row += 1,
                '\x07' => self.bells += 1,
                '\x1b' => {
                    assert_eq!(rest.next(), Some('['));
                    self.control(&sequence(&mut rest));
                }
                c => {
                    assert!(!c.is_control(), "{text:?}");
                    let column = self.column;
                    let row = self.current();
                    row.resize(row.len().max(column + 1), ' ');
                    row[column] = c;
                    self.column += 1;
                }
            }
        }
    }

    fn control(&mut self, body: &str) {
        let (number, action) = body.split_at(body.len() - 1);
        let count = number.parse().unwrap_or(1);
        match (number, action) {
            (_, "D") => self.column = self.column.checked_sub(count).expect("within the row"),
            (_, "C") => self.column += count,
            ("", "K") => {
                let column = self.column;
                self.current().truncate(column);
            }
            ("2", "J") => self.rows.clear(),
            ("1;1", "H") => (self.row, self.column) = (0, 0),
            _ => panic!("no VT100 sequence: {body:?}"),
        }
    }

    fn current(&mut self) -> &mut Vec<char> {
        self.rows.resize(self.rows.len().max(self.row + 1), Vec::new());
        &mut self.rows[self.row]
    }

    /// The last row, `|` at the cursor.
    pub(crate) fn last(&mut self) -> String {
        let column = self.column;
        let mut row = self.current().clone();
        row.resize(row.len().max(column), ' ');
        row.insert(column, '|');
        row.iter().collect()
    }

    /// The rows before the last.
    pub(crate) fn before(&self) -> Vec<String> {
        let rows = &self.rows[..self.row];
        rows.iter().map(|row| row.iter().collect::<String>().trim_end().to_owned()).collect()
    }
}

/// The rest of a control sequence: up to its letter.
fn sequence(chars: impl Iterator<Item = char>) -> String {
    let mut body = String::new();
    for c in chars {
        body.push(c);
        if c.is_ascii_alphabetic() {
            break;
        }
    }
    body
}
