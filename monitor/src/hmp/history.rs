//! The lines that were entered, for up and down.

/// How many are kept, as QEMU keeps.
const MAX: usize = 64;

/// The last lines, the most recent last, none twice.
#[derive(Debug, Default)]
pub(super) struct History {
    lines: Vec<String>,
    /// The line that is shown, and what was being typed before.
    looking: Option<(usize, String)>,
}

impl History {
    /// Keeps a line that was entered.
    pub(super) fn add(&mut self, line: &str) {
        self.looking = None;
        if line.is_empty() {
            return;
        }
        self.lines.retain(|kept| kept != line);
        if self.lines.len() == MAX {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
    }

    /// The line before the one that is shown; `typed` comes back when the user has gone down again.
    pub(super) fn up(&mut self, typed: &str) -> Option<&str> {
        let (index, typed) = match self.looking.take() {
            Some((index, typed)) => (index.saturating_sub(1), typed),
            None => (self.lines.len().checked_sub(1)?, typed.to_owned()),
        };
        self.looking = Some((index, typed));
        self.lines.get(index).map(String::as_str)
    }

    /// The line after the one that is shown.
    pub(super) fn down(&mut self) -> Option<String> {
        let (index, typed) = self.looking.take()?;
        match self.lines.get(index + 1) {
            Some(line) => {
                self.looking = Some((index + 1, typed));
                Some(line.clone())
            }
            None => Some(typed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_and_down() {
        let mut history = History::default();
        assert_eq!(history.up("x"), None);
        assert_eq!(history.down(), None);
        for line in ["a", "b", "", "a", "c"] {
            history.add(line);
        }
        let ups: Vec<_> = (0..4).map(|_| history.up("typed").map(str::to_owned)).collect();
        assert_eq!(ups, ["c", "a", "b", "b"].map(|line| Some(line.to_owned())));
        let downs: Vec<_> = (0..4).map(|_| history.down()).collect();
        assert_eq!(downs, [Some("a".into()), Some("c".into()), Some("typed".into()), None]);
        (0..100).for_each(|number| history.add(&number.to_string()));
        assert_eq!(history.lines.len(), MAX);
        assert_eq!(history.up(""), Some("99"));
    }
}
