//! `trace-events-subdirs` in a Makefile.objs: assignments and conditionals of GNU make, all else passed over.

use super::condition::{Branches, Condition, Settings, is_true, not};
use super::list::{Fault, Kind, List};

/// Reads the list.
pub(super) fn read(text: &str, settings: &Settings) -> Result<List, Fault> {
    let mut list = List::default();
    let mut branches = Branches::default();
    let mut defines = 0usize;
    for (number, line) in lines(text) {
        // a recipe's
        if line.starts_with('\t') {
            continue;
        }
        let line = line.trim();
        let (word, rest) = first_word(line);
        let at = |message: &str| (number, message.to_owned());
        match word {
            "define" => defines += 1,
            "endef" => defines = defines.saturating_sub(1),
            _ if defines > 0 => {}
            "else" if rest.is_empty() => branches.alternative(None).map_err(at)?,
            "else" => {
                let condition = condition(rest, settings)
                    .ok_or_else(|| at("the condition of this `else` cannot be read"))?;
                branches.alternative(Some(condition)).map_err(at)?;
            }
            "endif" => branches.close().map_err(at)?,
            "ifeq" | "ifneq" | "ifdef" | "ifndef" => {
                let condition =
                    condition(line, settings).ok_or_else(|| at("this condition cannot be read"))?;
                branches.open(number, condition).map_err(at)?;
            }
            _ => {
                if let Some((adds, value)) = assignment(line) {
                    list.assign(adds, folders(value, number)?, &mut branches)?;
                }
            }
        }
    }
    match branches.open_line() {
        Some(line) => Err((line, "this conditional has no `endif`".to_owned())),
        None => Ok(list),
    }
}

/// The lines with their numbers, continued ones joined, comments dropped.
fn lines(text: &str) -> impl Iterator<Item = (u32, String)> {
    let mut rest = text.lines().zip(1u32..);
    std::iter::from_fn(move || {
        let (first, number) = rest.next()?;
        let mut whole = first.to_owned();
        while whole.ends_with('\\') {
            whole.pop();
            let Some((next, _)) = rest.next() else { break };
            whole.push(' ');
            whole.push_str(next.trim_start());
        }
        let comment = whole.match_indices('#').map(|(at, _)| at).find(|&at| !whole[..at].ends_with('\\'));
        whole.truncate(comment.unwrap_or(whole.len()));
        Some((number, whole))
    })
}

/// A word, and what is behind it: `ifeq` and `(a,b)`.
fn first_word(line: &str) -> (&str, &str) {
    let end = line.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(line.len());
    (&line[..end], line[end..].trim_start())
}

/// Whether it adds, and the value.
fn assignment(line: &str) -> Option<(bool, &str)> {
    let rest = line.strip_prefix(Kind::Makefile.variable())?.trim_start();
    let operators = [("+=", true), ("?=", true), ("::=", false), (":=", false), ("=", false)];
    operators.into_iter().find_map(|(operator, adds)| Some((adds, rest.strip_prefix(operator)?)))
}

fn folders(value: &str, line: u32) -> Result<Vec<(String, u32)>, Fault> {
    if value.contains('$') {
        let message = format!("`{}` is not a list of folders: variables are not followed", value.trim());
        return Err((line, message));
    }
    Ok(value.split_whitespace().map(|folder| (folder.to_owned(), line)).collect())
}

/// A condition, with its word before it; `None` if it is none.
fn condition(line: &str, settings: &Settings) -> Option<Condition> {
    let (word, rest) = first_word(line);
    let mut condition = Condition::default();
    let holds = match word {
        "ifeq" | "ifneq" => {
            let (one, other) = operands(rest)?;
            let one = expand(one, settings, &mut condition);
            let other = expand(other, settings, &mut condition);
            one.zip(other).map(|(one, other)| one == other)
        }
        "ifdef" | "ifndef" => {
            let name = rest.trim();
            condition.names.insert(name.to_owned());
            settings.get(name).map(is_true)
        }
        _ => return None,
    };
    condition.holds = if matches!(word, "ifneq" | "ifndef") { not(holds) } else { holds };
    Some(condition)
}

/// The two sides of `(a,b)`, `"a" "b"` and `'a' 'b'`.
fn operands(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('(') {
        let inner = inner.strip_suffix(')')?;
        let mut depth = 0usize;
        let comma = inner.find(|c| {
            match c {
                '(' | '{' => depth += 1,
                ')' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        })?;
        return Some((inner[..comma].trim(), inner[comma + 1..].trim()));
    }
    let (one, rest) = quoted(text)?;
    let (other, rest) = quoted(rest.trim_start())?;
    rest.trim().is_empty().then_some((one, other))
}

fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text[1..].split_once(quote)
}

/// The text with its variables' values; `None` where one is not known. A function of make's is never known.
fn expand(text: &str, settings: &Settings, condition: &mut Condition) -> Option<String> {
    let mut pieces = text.split('$');
    let mut whole = Some(pieces.next()?.to_owned());
    for piece in pieces {
        let end = match piece.chars().next() {
            Some('(') => piece.find(')'),
            Some('{') => piece.find('}'),
            _ => None,
        };
        let name = end.map_or("", |end| &piece[1..end]);
        let is_name = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == ',');
        let value = if is_name {
            condition.names.insert(name.to_owned());
            settings.get(name)
        } else {
            None
        };
        whole = whole.zip(value).map(|(mut whole, value)| {
            whole.push_str(value);
            whole.push_str(&piece[end.map_or(0, |end| end + 1)..]);
            whole
        });
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
# trace-events directories
util-obj-y += x.o
trace-events-subdirs =
trace-events-subdirs += accel/kvm crypto \\
   qom # not this
ifeq ($(CONFIG_USER_ONLY),y)
trace-events-subdirs += linux-user
else
ifneq (\"$(CONFIG_BLOCK)\" , \"\")
endif
ifeq \"$(CONFIG_BLOCK)\" 'y'
trace-events-subdirs += block
else ifdef CONFIG_TOOLS
trace-events-subdirs += io/
endif
endif
rule:
\tifeq nonsense
define X
endif
endef
ifeq (${A}$(B),$(findstring x,y))
trace-events-subdirs += never/sure
endif
";

    #[test]
    fn conditions_choose() {
        let cases: [(&[(&str, &str)], &str); 6] = [
            (&[], "accel/kvm crypto qom linux-user block io never/sure"),
            (&[("CONFIG_USER_ONLY", "y")], "accel/kvm crypto qom linux-user never/sure"),
            (&[("CONFIG_USER_ONLY", "n"), ("CONFIG_BLOCK", "y")], "accel/kvm crypto qom block never/sure"),
            (
                &[("CONFIG_USER_ONLY", "n"), ("CONFIG_BLOCK", "n"), ("CONFIG_TOOLS", "y")],
                "accel/kvm crypto qom io never/sure",
            ),
            (
                &[("CONFIG_USER_ONLY", "n"), ("CONFIG_BLOCK", "n"), ("CONFIG_TOOLS", "n")],
                "accel/kvm crypto qom never/sure",
            ),
            (&[("CONFIG_BLOCK", "")], "accel/kvm crypto qom linux-user io never/sure"),
        ];
        for (set, expected) in cases {
            let list = read(LIST, &set.iter().copied().collect()).unwrap();
            let folders: Vec<&str> = list.folders.iter().map(|(folder, _)| folder.as_str()).collect();
            assert_eq!(folders.join(" "), expected, "{set:?}");
            assert!(list.is_there);
        }
        let list = read(LIST, &Settings::default()).unwrap();
        assert_eq!(list.folders[3], ("linux-user".to_owned(), 7));
        let names: Vec<&str> = list.conditions.iter().map(String::as_str).collect();
        assert_eq!(names, ["A", "B", "CONFIG_BLOCK", "CONFIG_TOOLS", "CONFIG_USER_ONLY"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_with_its_line() {
        let nested = "ifdef A\n".repeat(101);
        for (text, line, message) in [
            ("\nendif\n", 2, "no `if`"),
            ("ifeq (a,b)\n", 1, "no `endif`"),
            (&*nested, 101, "stands in 100 others"),
            ("ifeq a\nendif\n", 1, "cannot be read"),
            ("ifdef A\nelse x\nendif\n", 2, "cannot be read"),
            ("trace-events-subdirs += $(dirs)\n", 1, "`$(dirs)`"),
            ("trace-events-subdirs += ../x\n", 1, "`../x`"),
            ("trace-events-subdirs += /etc\n", 1, "`/etc`"),
        ] {
            let (at, told) = read(text, &Settings::default()).unwrap_err();
            assert!(at == line && told.contains(message), "{text:?}: {at}: {told}");
        }
    }
}
