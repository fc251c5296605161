//! `trace_events_subdirs` in a meson.build: assignments and `if`s of Meson, all else passed over.

mod condition;
mod tokens;

use super::condition::{Branches, Settings};
use super::list::{Fault, Kind, List};
use condition::condition;
use tokens::{Kind as TokenKind, Token, tokens};

/// Reads the list.
pub(super) fn read(text: &str, settings: &Settings) -> Result<List, Fault> {
    let tokens = tokens(text)?;
    let mut list = List::default();
    let mut branches = Branches::default();
    for statement in tokens.split(|token| token.kind == TokenKind::Newline) {
        let Some((first, rest)) = statement.split_first() else { continue };
        let at = |message: &str| (first.line, message.to_owned());
        match first.text {
            _ if first.kind != TokenKind::Word => {}
            "if" => branches.open(first.line, condition(rest, settings)).map_err(at)?,
            "elif" => branches.alternative(Some(condition(rest, settings))).map_err(at)?,
            "else" => branches.alternative(None).map_err(at)?,
            "endif" => branches.close().map_err(at)?,
            name if name == Kind::Meson.variable() => {
                let Some((operator, value)) = rest.split_first() else { continue };
                if matches!(operator.text, "=" | "+=") {
                    list.assign(operator.text == "+=", folders(value, first.line)?, &mut branches)?;
                }
            }
            _ => {}
        }
    }
    match branches.open_line() {
        Some(line) => Err((line, "this `if` has no `endif`".to_owned())),
        None => Ok(list),
    }
}

/// The strings of a list, or of several with `+` between them, or a single string.
fn folders(value: &[Token<'_>], line: u32) -> Result<Vec<(String, u32)>, Fault> {
    let mut folders = Vec::new();
    for token in value {
        match (token.kind, token.text) {
            (TokenKind::String, _) => folders.push((token.string(), token.line)),
            (_, "[" | "]" | "," | "+") => {}
            (_, other) => {
                let message = format!("`{other}` is not a folder in quotes: variables are not followed");
                return Err((token.line, message));
            }
        }
    }
    if value.is_empty() { Err((line, "no value".to_owned())) } else { Ok(folders) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders_of(text: &str, set: &[(&str, &str)]) -> String {
        let list = read(text, &set.iter().copied().collect()).unwrap();
        let folders: Vec<&str> = list.folders.iter().map(|(folder, _)| folder.as_str()).collect();
        folders.join(" ")
    }

    #[test]
    fn a_list_is_read_among_all_else() {
        let text = "\
project('x', ['c', 'rust'], version: files('VERSION'), # it's a comment (
  default_options: ['a=b'])
text = '''if endif trace_events_subdirs = [
'''
trace_events_subdirs = [
  'crypto', # 'not/this'
  'qom',
]
foreach d : ['x', 'y']
  y = d.format('it\\'s') + f'@d@'
endforeach
trace_events_subdirs += 'odd\\'s' + \\
  [['a/./b', ], ]
print(trace_events_subdirs)
{ 'a': [1, 0x2] }
foreach item : [ '.' ] + trace_events_subdirs + other
endforeach
";
        assert_eq!(folders_of(text, &[]), "crypto qom odd's a/b");
    }

    #[test]
    fn conditions_choose() {
        let text = "trace_events_subdirs = ['a']
if have_system
  if x
    trace_events_subdirs += ['b']
  elif y
    trace_events_subdirs += ['c']
  else
    trace_events_subdirs = ['d']
  endif
endif
";
        assert_eq!(folders_of(text, &[]), "a b c d");
        assert_eq!(folders_of(text, &[("have_system", "false"), ("x", "true")]), "a");
        assert_eq!(folders_of(text, &[("have_system", "true"), ("x", "true")]), "a b");
        assert_eq!(folders_of(text, &[("x", "false"), ("y", "true")]), "a c");
        assert_eq!(folders_of(text, &[("have_system", "true"), ("x", "false"), ("y", "false")]), "d");
        let names = read(text, &Settings::default()).unwrap().conditions;
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["have_system", "x", "y"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let deep = format!("if {}a{}\nendif\n", "(".repeat(5000), ")".repeat(5000));
        assert_eq!(folders_of(&deep, &[]), "");
        let nested = |depth: usize| "if a\n".repeat(depth) + &"endif\n".repeat(depth);
        assert_eq!(folders_of(&nested(100), &[]), "");
        let nested = nested(101);
        for (text, line, message) in [
            ("\nendif\n", 2, "no `if`"),
            ("else\n", 1, "no `if`"),
            (&*nested, 101, "stands in 100 others"),
            ("if a\nelse\nelif b\nendif\n", 3, "there was an `else`"),
            ("x = 1\nif a\n", 2, "no `endif`"),
            ("x = [\n\n", 1, "does not end"),
            ("x = ]\n", 1, "closes nothing"),
            ("\nx = 'a\n", 2, "does not end"),
            ("x = '''a\n", 1, "does not end"),
            ("trace_events_subdirs = ['a',\n dirs]\n", 2, "`dirs` is not a folder"),
            ("trace_events_subdirs =\n", 1, "no value"),
            ("trace_events_subdirs = ['..']\n", 1, "`..` is not a folder of the tree"),
            ("trace_events_subdirs = ['']\n", 1, "`` is not a folder of the tree"),
        ] {
            let (at, told) = read(text, &Settings::default()).unwrap_err();
            assert!(at == line && told.contains(message), "{text:?}: {at}: {told}");
        }
    }

    /// There is no clock here: what is not linear would not end.
    #[test]
    fn a_long_chain_comes_to_an_end() {
        let chain = (0..200_000).fold("if b\n".to_owned(), |text, at| {
            text + "elif a" + &at.to_string() + "\ntrace_events_subdirs += ['a']\n"
        });
        let list = read(&(chain + "endif\n"), &Settings::default()).unwrap();
        assert_eq!((list.folders.len(), list.conditions.len()), (1, 200_001));
    }

    #[test]
    fn no_text_is_a_panic() {
        let words = [
            "if ",
            "not ",
            "(",
            ")",
            "[",
            "]",
            "'",
            "'''",
            "a",
            ".",
            ",",
            "\n",
            "==",
            "trace_events_subdirs",
        ];
        let mut seed = 1u32;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..12 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                text.push_str(words[(seed >> 16) as usize % words.len()]);
            }
            let _ = read(&text, &Settings::default());
        }
    }
}
