//! A page taken apart (`docs/walkthrough.md`, `docs/c.md`, the README): the files that it shows, and what is typed at its prompts.

pub(crate) const WALKTHROUGH: &str = include_str!("../../../docs/walkthrough.md");
pub(crate) const README: &str = include_str!("../../../README.md");

/// What is typed at a prompt, and all that is shown there.
pub(crate) struct Session {
    pub(crate) typed: String,
    pub(crate) shown: String,
}

impl Session {
    /// What QEMU's shell tells must be what the page shows, but for what is typed: that is not shown where it comes by a pipe.
    pub(crate) fn is_told_by_qemus_shell(&self, told: &str) {
        let mut shown = Vec::new();
        for line in self.shown.lines() {
            match line.strip_prefix("(QEMU) ") {
                Some(_) => shown.push("(QEMU)"),
                None => shown.extend(line.split_whitespace()),
            }
        }
        shown.push("(QEMU)");
        assert_eq!(told.split_whitespace().collect::<Vec<_>>(), shown, "{told}");
    }
}

/// A file of the project.
pub(crate) struct File {
    pub(crate) path: &'static str,
    pub(crate) text: String,
}

/// A fenced block, and the line before it.
struct Block {
    before: &'static str,
    text: String,
}

/// The files of a page: blocks before which a line begins with the path, and ends with a colon.
pub(crate) fn files(page: &'static str) -> Vec<File> {
    let named = |Block { before, text }| {
        let (path, rest) = before.strip_prefix('`')?.split_once('`')?;
        rest.ends_with(':').then_some(File { path, text })
    };
    blocks(page).into_iter().filter_map(named).collect()
}

/// A page's session that begins with a command.
pub(crate) fn session(page: &'static str, command: &str) -> Session {
    let mut blocks = blocks(page).into_iter();
    let shown = blocks.find_map(|block| Some(block.text.strip_prefix(&format!("$ {command}\n"))?.to_owned()));
    let shown = shown.unwrap_or_else(|| panic!("the page has no `$ {command}`"));
    let typed = |line: &str| {
        let typed = line.strip_prefix("(QEMU) ").or_else(|| line.starts_with("{\"execute\"").then_some(line));
        typed.map(|line| format!("{line}\n"))
    };
    Session { typed: shown.lines().filter_map(typed).collect(), shown }
}

fn blocks(page: &'static str) -> Vec<Block> {
    let (mut blocks, mut before, mut open) = (Vec::new(), "", None);
    for line in page.lines() {
        match (&mut open, line.starts_with("```")) {
            (None, true) => open = Some(String::new()),
            (None, false) if line.is_empty() => {}
            (None, false) => before = line,
            (Some(_), true) => blocks.extend(open.take().map(|text| Block { before, text })),
            (Some(text), false) => text.extend([line, "\n"]),
        }
    }
    blocks
}
