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
}
