//! What a source file says of events: a scan that costs nearly nothing where no event is named, and a closer look where
//! one is.

/// The languages, as far as comments and strings differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// C, C++, Objective-C.
    C,
    Rust,
}

/// Whether the bytes may name an event: whether `trace_` or `TRACE_` stands anywhere in them.
pub(super) fn may_name_events(code: &[u8]) -> bool {
    find(code, 0).is_some()
}

/// The next `trace_` or `TRACE_` from a place on.
///
/// The byte at the sixth place tells how far the next may be (Horspool), so most bytes are never looked at.
fn find(code: &[u8], from: usize) -> Option<usize> {
    const LENGTH: usize = 6;
    const SKIP: [usize; 256] = {
        let mut skip = [LENGTH; 256];
        let mut at = 0;
        while at + 1 < LENGTH {
            skip[b"trace_"[at] as usize] = LENGTH - 1 - at;
            skip[b"TRACE_"[at] as usize] = LENGTH - 1 - at;
            at += 1;
        }
        skip
    };
    let mut at = from;
    while let Some(&last) = code.get(at + LENGTH - 1) {
        if last == b'_' && matches!(&code[at..at + LENGTH], b"trace_" | b"TRACE_") {
            return Some(at);
        }
        at += SKIP[usize::from(last)];
    }
    None
}

/// Puts blanks in place of comments and of what stands in quotes. Lines stay where they are.
pub(super) fn blank(code: &mut [u8], language: Language) {
    let mut at = 0;
    while let Some(&byte) = code.get(at) {
        let end = match (byte, code.get(at + 1)) {
            (b'/', Some(b'/')) => end_of_line(code, at),
            (b'/', Some(b'*')) => end_of_comment(code, at, language),
            (b'"', _) => end_of_string(code, at, language),
            (b'\'', _) => end_of_character(code, at),
            _ => at + 1,
        };
        if end > at + 1 {
            for byte in &mut code[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        at = end;
    }
}

/// Behind a comment or a string, where the next line begins; a backslash joins lines.
fn end_of_line(code: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = code.get(at) {
        match byte {
            b'\n' => return at,
            b'\\' if code.get(at + 1) == Some(&b'\n') => at += 2,
            _ => at += 1,
        }
    }
    code.len()
}

fn end_of_comment(code: &[u8], at: usize, language: Language) -> usize {
    let (mut end, mut depth) = (at + 2, 1usize);
    while let Some(pair) = code.get(end..end + 2) {
        match pair {
            b"*/" => {
                depth -= 1;
                end += 2;
                if depth == 0 {
                    return end;
                }
            }
            b"/*" if language == Language::Rust => {
                depth += 1;
                end += 2;
            }
            _ => end += 1,
        }
    }
    code.len()
}

fn end_of_string(code: &[u8], at: usize, language: Language) -> usize {
    if language == Language::Rust {
        let hashes = code[..at].iter().rev().take_while(|&&byte| byte == b'#').count();
        if code[..at - hashes].ends_with(b"r") {
            let mut end = at + 1;
            while end < code.len() {
                let closes = code[end] == b'"'
                    && code[end + 1..].iter().take_while(|&&byte| byte == b'#').take(hashes).count()
                        == hashes;
                if closes {
                    return end + 1;
                }
                end += 1;
            }
            return code.len();
        }
    }
    let mut end = at + 1;
    while let Some(&byte) = code.get(end) {
        match byte {
            b'"' => return end + 1,
            // C's strings end with their line, if by mistake
            b'\n' if language == Language::C => return end,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    code.len()
}

/// Rust's lifetimes and the digits of C++ (`1'000`) have the same sign, but no other behind it.
fn end_of_character(code: &[u8], at: usize) -> usize {
    const LONGEST: usize = 12;
    if at.checked_sub(1).is_some_and(|before| code[before].is_ascii_digit()) {
        return at + 1;
    }
    let rest = &code[at + 1..code.len().min(at + LONGEST)];
    let end = match rest {
        [b'\\', _, more @ ..] => more.iter().position(|&byte| byte == b'\'').map(|end| end + 2),
        // one character, of as many bytes as UTF-8 takes
        _ => rest.iter().take(5).position(|&byte| byte == b'\'').filter(|&end| end > 0),
    };
    match end {
        Some(end) if !rest[..end].contains(&b'\n') => at + end + 2,
        _ => at + 1,
    }
}

/// How a word stands in its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// `trace_x(`: a call.
    Call,
    /// `void trace_x`, `#define trace_x`: what it stands for is said here.
    Declaration,
    /// `trace_x##y`: all events that begin so are meant.
    Pasting,
    /// Anything else.
    Mention,
}

/// A word that begins with `trace_` or `TRACE_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// With the `trace_`.
    pub(super) text: &'a [u8],
    /// Where it begins.
    pub(super) at: usize,
    pub(super) role: Role,
}

/// The words of code without comments and strings.
pub(super) fn words(code: &[u8]) -> impl Iterator<Item = Word<'_>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let at = find(code, from)?;
            let end = at + code[at..].iter().take_while(|&&byte| is_word(byte)).count();
            from = end;
            if at > 0 && is_word(code[at - 1]) {
                continue;
            }
            return Some(Word { text: &code[at..end], at, role: role(code, at, end) });
        }
    })
}

/// Every word of the code.
pub(super) fn all_words(code: &[u8]) -> impl Iterator<Item = &[u8]> {
    code.split(|&byte| !is_word(byte)).filter(|word| !word.is_empty())
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Words that may stand before a call.
const BEFORE_CALLS: &[&[u8]] =
    &[b"return", b"else", b"do", b"case", b"and", b"or", b"not", b"in", b"if", b"while", b"match", b"unsafe"];

fn role(code: &[u8], at: usize, end: usize) -> Role {
    let behind = code[end..].trim_ascii_start();
    if behind.starts_with(b"##") {
        return Role::Pasting;
    }
    let before = before(code, at);
    let is_declared = match before.last() {
        // `type *trace_x`, and a product, which matters less
        Some(b'*' | b'>') => !before.ends_with(b"->"),
        Some(&byte) if is_word(byte) => {
            let start = before.iter().rposition(|&byte| !is_word(byte)).map_or(0, |blank| blank + 1);
            !BEFORE_CALLS.contains(&&before[start..])
        }
        _ => false,
    };
    let is_member = before.ends_with(b".") || before.ends_with(b"->");
    if is_declared {
        Role::Declaration
    } else if behind.starts_with(b"(") && !is_member {
        Role::Call
    } else {
        Role::Mention
    }
}

/// The code before a place, without blanks at its end. Nothing if a line of the preprocessor lies between: it is not of
/// the statement.
fn before(code: &[u8], at: usize) -> &[u8] {
    let mut before = &code[..at];
    loop {
        let rest = before.trim_ascii_end();
        let is_next_line = before[rest.len()..].contains(&b'\n');
        if rest.ends_with(b"\\") && is_next_line {
            before = &rest[..rest.len() - 1];
            continue;
        }
        if !is_next_line {
            return rest;
        }
        let line = rest.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        return if rest[line..].trim_ascii_start().starts_with(b"#") { &[] } else { rest };
    }
}

/// The names in quotes that a C file includes.
pub(super) fn includes(code: &[u8]) -> impl Iterator<Item = &str> {
    code.split(|&byte| byte == b'\n').filter_map(|line| {
        let line = line.trim_ascii_start().strip_prefix(b"#")?.trim_ascii_start();
        let name = line.strip_prefix(b"include")?.trim_ascii_start().strip_prefix(b"\"")?;
        let end = name.iter().position(|&byte| byte == b'"')?;
        std::str::from_utf8(&name[..end]).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(code: &str, language: Language) -> Vec<(String, Role)> {
        let mut code = code.as_bytes().to_vec();
        blank(&mut code, language);
        words(&code).map(|word| (String::from_utf8_lossy(word.text).into_owned(), word.role)).collect()
    }

    #[test]
    fn how_words_stand_in_c() {
        use Role::{Call, Declaration, Mention, Pasting};
        let cases: &[(&str, &[(&str, Role)])] = &[
            ("trace_a(1);", &[("trace_a", Call)]),
            ("if (x) trace_a (1);", &[("trace_a", Call)]),
            ("return trace_a(1);", &[("trace_a", Call)]),
            ("{\n#endif\n  trace_a();", &[("trace_a", Call)]),
            ("#define M(x) do { \\\n  trace_a(x); \\\n", &[("trace_a", Call)]),
            ("void trace_a(int);", &[("trace_a", Declaration)]),
            ("static void\ntrace_a(int b)\n{", &[("trace_a", Declaration)]),
            ("char *trace_a(void);", &[("trace_a", Declaration)]),
            ("#define trace_a(x) x", &[("trace_a", Declaration)]),
            ("p->trace_a(1); q.trace_b(2);", &[("trace_a", Mention), ("trace_b", Mention)]),
            ("if (trace_event_get_state(TRACE_A))", &[("trace_event_get_state", Call), ("TRACE_A", Mention)]),
            ("(trace_##x)(1); trace_a_ ## x();", &[("trace_", Pasting), ("trace_a_", Pasting)]),
            ("my_trace_a(); strace_b(); _TRACE_C", &[]),
            (
                "// trace_a()\n/* trace_b() */ \"trace_c()\" '\"' trace_d(); \"\\\" trace_e()\"",
                &[("trace_d", Call)],
            ),
            ("\"open trace_a()\n trace_b();", &[("trace_b", Call)]),
            ("1'000; trace_a('\\'', '\"'); trace_b();", &[("trace_a", Call), ("trace_b", Call)]),
            ("/* open trace_a()", &[]),
            ("tracetrace_a; TTRACE_B; trace_", &[("trace_", Mention)]),
        ];
        for (code, expected) in cases {
            let expected: Vec<(String, Role)> =
                expected.iter().map(|(word, role)| ((*word).to_owned(), *role)).collect();
            assert_eq!(roles(code, Language::C), expected, "{code}");
        }
    }

    #[test]
    fn how_words_stand_in_rust() {
        let code = "fn f<'a>(x: &'a str) { trace::trace_a(x); /* /* */ trace_b() */ r#\"trace_c()\"\"# ; \"\n trace_d()\" }";
        assert_eq!(roles(code, Language::Rust), [("trace_a".to_owned(), Role::Call)]);
        assert_eq!(roles("fn trace_a() {}", Language::Rust), [("trace_a".to_owned(), Role::Declaration)]);
    }

    /// Pieces in any order: lines and lengths stay, every word is found where it stands, and nothing panics.
    #[test]
    fn any_order_of_pieces() {
        let pieces = [
            "trace_a",
            "TRACE_",
            "(",
            "\"",
            "'",
            "\\",
            "\n",
            "/*",
            "*/",
            "//",
            "#",
            "##",
            "r#\"",
            "\"#",
            "é",
            " ",
            "->",
            "*",
            "return",
            "\\\n",
            "#include \"",
            "x",
        ];
        let mut seed = 1u64;
        let mut next = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(seed >> 33).unwrap() % below
        };
        for _ in 0..20_000 {
            let count = next(16);
            let code: String = (0..count).map(|_| pieces[next(pieces.len())]).collect();
            assert!(includes(code.as_bytes()).all(|name| code.contains(name)));
            for language in [Language::C, Language::Rust] {
                let mut blanked = code.clone().into_bytes();
                blank(&mut blanked, language);
                assert_eq!(blanked.len(), code.len());
                let same =
                    |(before, after): (u8, &u8)| before == *after || (*after == b' ' && before != b'\n');
                assert!(code.bytes().zip(&blanked).all(same), "{code:?}");
                assert!(
                    words(&blanked).all(|word| code.as_bytes()[word.at..].starts_with(word.text)),
                    "{code:?}"
                );
            }
        }
    }

    #[test]
    fn includes_in_quotes() {
        let code =
            b"#include \"trace.h\"\n # include  \"a/trace.h\" x\n#include <trace.h>\n#include \"open\n";
        assert_eq!(includes(code).collect::<Vec<_>>(), ["trace.h", "a/trace.h"]);
    }
}
