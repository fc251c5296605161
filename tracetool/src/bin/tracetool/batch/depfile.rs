//! A depfile, as make and ninja read it.

use std::fmt::Write as _;
use std::path::Path;

/// `OUTPUTS: INPUTS`.
pub(super) fn text(outputs: &[&Path], inputs: &[&Path]) -> String {
    let mut text = String::new();
    for output in outputs {
        push(&mut text, output);
        text.push_str(" \\\n ");
    }
    text.truncate(text.trim_end_matches(" \\\n ").len());
    text.push(':');
    for input in inputs {
        text.push_str(" \\\n ");
        push(&mut text, input);
    }
    text.push('\n');
    text
}

/// How much of a file [`is_one`] wants to see.
pub(super) const HEAD: u64 = 1 << 20;

/// Whether a file that begins so may be a depfile: lines that go on in the next, a `:` behind the outputs.
pub(super) fn is_one(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    // the last line may be cut
    let Some((lines, _)) = text.rsplit_once('\n') else { return false };
    let has_colon = |line: &str| line.trim_end_matches(" \\").ends_with(':');
    let mut lines = lines.lines();
    let first = lines.next().unwrap_or("");
    let begins = !first.starts_with(' ') && (first.ends_with(" \\") || has_colon(first));
    begins && lines.clone().all(|line| line.starts_with(' ')) && (has_colon(first) || lines.any(has_colon))
}

fn push(text: &mut String, path: &Path) {
    for c in path.to_string_lossy().chars() {
        match c {
            ' ' | '#' => {
                let _ = write!(text, "\\{c}");
            }
            '$' => text.push_str("$$"),
            c => text.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_escaped() {
        let outputs = [Path::new("a b"), Path::new("$c")];
        let inputs = [Path::new("d#"), Path::new("e")];
        assert_eq!(text(&outputs, &inputs), "a\\ b \\\n $$c: \\\n d\\# \\\n e\n");
    }

    #[test]
    fn depfiles_are_known_by_their_form() {
        let (one, two) = ([Path::new("a")], [Path::new("a"), Path::new("b")]);
        for ours in [text(&one, &[]), text(&one, &two), text(&two, &one), text(&two, &two)] {
            assert!(is_one(ours.as_bytes()), "{ours}");
        }
        for other in
            ["", "a", "a\n", "a(int x) \"%d\"\n", "a: b\n\tcc b\n", "a \\\n b\n", "a:\nb:\n", " a:\n"]
        {
            assert!(!is_one(other.as_bytes()), "{other}");
        }
    }
}
