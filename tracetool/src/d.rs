//! Format `d`: the provider for `dtrace -h` and `dtrace -G`.

use crate::Request;
use crate::c::BANNER;
use crate::names::{Names, is_in};
use crate::output::{Output, put};
use std::borrow::Cow;
use trace_events::{Base, CType};

/// Makes the provider; nothing at all if no event is compiled.
pub(crate) fn generate(out: &mut Output, request: &Request<'_>) {
    let mut events = request.group.events().filter(|(_, event)| !event.properties.disable).peekable();
    if events.peek().is_none() {
        return;
    }
    put!(out, BANNER, "provider qemu {\n");
    for (_, event) in events {
        put!(out, "\nprobe ", &event.name, "(");
        let names = Names::new(event, request.bug_compatible, |name| is_in(RESERVED, name));
        let args = event.args.iter().zip(names.types()).zip(names.iter());
        for (index, ((arg, written), name)) in args.enumerate() {
            let spelling = spelling(&arg.ctype, written, request.bug_compatible);
            put!(out, if index == 0 { "" } else { "," }, &spelling, " ", name);
        }
        out.push(");\n");
    }
    out.push("\n};\n");
}

/// `dtrace` knows no `long long`.
fn spelling<'a>(ctype: &CType, spelling: &'a str, bug_compatible: bool) -> Cow<'a, str> {
    let fixed = match ctype.base() {
        Base::LongLong => "int64_t",
        Base::UnsignedLongLong => "uint64_t",
        _ => return Cow::Borrowed(spelling),
    };
    if bug_compatible {
        for (written, fixed) in
            [("unsigned long long", "uint64_t"), ("signed long long", "int64_t"), ("long long", "int64_t")]
        {
            if spelling.contains(written) {
                return Cow::Owned(spelling.replace(written, fixed));
            }
        }
        return Cow::Borrowed(spelling);
    }
    let qualifier = if spelling.contains("const") { "const " } else { "" };
    let pointers = "*".repeat(usize::from(ctype.pointers()));
    let blank = if pointers.is_empty() { "" } else { " " };
    Cow::Owned(format!("{qualifier}{fixed}{blank}{pointers}"))
}

/// The words of D, as QEMU has them (DTrace guide, "Types, operators and expressions", table of keywords).
const RESERVED: &[&str] = &[
    "auto",
    "break",
    "case",
    "char",
    "const",
    "continue",
    "counter",
    "default",
    "do",
    "double",
    "else",
    "enum",
    "extern",
    "float",
    "for",
    "goto",
    "if",
    "import",
    "inline",
    "int",
    "long",
    "offsetof",
    "probe",
    "provider",
    "register",
    "restrict",
    "return",
    "self",
    "short",
    "signed",
    "sizeof",
    "static",
    "string",
    "stringof",
    "struct",
    "switch",
    "this",
    "translator",
    "typedef",
    "union",
    "unsigned",
    "void",
    "volatile",
    "while",
    "xlate",
];
