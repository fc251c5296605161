//! What a terminal shows of the bytes that a prompt sends: two programs that show the same may redraw differently.

/// The lines that are shown, without blanks at their ends.
///
/// # Panics
/// At a control sequence that prompts do not use.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut lines = vec![Vec::<char>::new()];
    let (mut row, mut column) = (0, 0_usize);
    let text = String::from_utf8_lossy(bytes);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                lines.resize((row + 1).max(lines.len()), Vec::new());
            }
            '\x08' => column = column.saturating_sub(1),
            '\x07' => {}
            '\x1b' => {
                assert_eq!(chars.next(), Some('['), "{text:?}");
                let mut number = String::new();
                let end = loop {
                    match chars.next().expect("a control sequence has an end") {
                        digit @ '0'..='9' => number.push(digit),
                        end => break end,
                    }
                };
                let number = number.parse().unwrap_or(1);
                match end {
                    'D' => column = column.saturating_sub(number),
                    'C' => column += number,
                    'K' => lines[row].truncate(column),
                    _ => panic!("ESC [ {number} {end} in {text:?}"),
                }
            }
            c => {
                let line = &mut lines[row];
                line.resize((column + 1).max(line.len()), ' ');
                line[column] = c;
                column += 1;
            }
        }
    }
    lines
        .iter()
        .map(|line| line.iter().collect::<String>().trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn a_screen_shows_what_a_terminal_does() {
    for (bytes, expected) in [
        (&b"a\r\nb"[..], "a\nb"),
        (b"abc\x1b[D\x1b[2D\x1b[KX", "X"),
        (b"abc\x08\x08X", "aXc"),
        (b"a\x1b[3Cb\x07  ", "a   b"),
    ] {
        assert_eq!(shown(bytes), expected);
    }
}
