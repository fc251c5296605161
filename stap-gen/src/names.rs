//! What arguments are called in a script.

use crate::value::bits;
use trace_events::{CType, Event};

/// The names of an event's arguments, in order.
#[derive(Default)]
pub(crate) struct Names<'a>(Vec<Name<'a>>);

/// The name of an argument, and of what is made of it.
pub(crate) struct Name<'a> {
    /// What stands between the type's last `*` and the name, such as `const`: QEMU takes it for a part of the name.
    qualifier: &'a str,
    argument: &'a str,
    pub(crate) ctype: &'a CType,
    /// Whether there is no reading it.
    pub(crate) unread: bool,
    sign_lost: bool,
    /// How many `_` follow the name, so that it is neither reserved nor another argument's.
    underscores: usize,
    string_underscores: usize,
    length_underscores: usize,
}

impl<'a> Names<'a> {
    pub(crate) fn all(&self) -> &[Name<'a>] {
        &self.0
    }

    /// Takes the next event.
    pub(crate) fn set(&mut self, event: &'a Event, bug_compatible: bool) {
        self.0.clear();
        self.0.extend(event.args.iter().map(|argument| {
            let qualifier = if bug_compatible { qualifier(&argument.ctype) } else { "" };
            let reserved = qualifier.is_empty() && is_reserved(&argument.name, bug_compatible);
            Name {
                qualifier,
                argument: &argument.name,
                ctype: &argument.ctype,
                unread: false,
                sign_lost: !bug_compatible && argument.ctype.is_signed() && bits(&argument.ctype) == 8,
                underscores: usize::from(reserved),
                string_underscores: 0,
                length_underscores: 0,
            }
        }));
        if !bug_compatible {
            self.set_apart();
        }
    }

    /// Of the arguments at these places nothing is read.
    pub(crate) fn leave_out(&mut self, unread: &[usize]) {
        for &place in unread {
            if let Some(name) = self.0.get_mut(place) {
                name.unread = true;
            }
        }
    }

    /// Makes names that were changed, and those of locals, differ from all others.
    fn set_apart(&mut self) {
        for changed in 0..self.0.len() {
            if self.0[changed].underscores > 0 {
                while self
                    .0
                    .iter()
                    .enumerate()
                    .any(|(other, name)| other != changed && name.is(&self.0[changed]))
                {
                    self.0[changed].underscores += 1;
                }
            }
        }
        if self.0.iter().any(|name| name.argument.starts_with("arg")) {
            let taken: Vec<String> = self.0.iter().map(|name| spelled(|out| name.push(out))).collect();
            for name in &mut self.0 {
                while taken.contains(&spelled(|out| name.push_string(out))) {
                    name.string_underscores += 1;
                }
                while taken.contains(&spelled(|out| name.push_length(out))) {
                    name.length_underscores += 1;
                }
            }
        }
    }
}

impl Name<'_> {
    /// Whether readers of the binary format expect a string.
    pub(crate) fn is_qemu_string(&self) -> bool {
        self.ctype.is_qemu_string()
    }

    /// Whether `$argN` may lack the sign: SystemTap 4.8 reads a byte in a register (`-1@%al`) as 0 to 255, though it
    /// extends 2 and 4 bytes, and all that lies in memory.
    pub(crate) fn wants_sign(&self) -> bool {
        self.sign_lost
    }

    /// The variable.
    pub(crate) fn push(&self, out: &mut String) {
        if !self.qualifier.is_empty() {
            out.push_str(self.qualifier);
            out.push(' ');
        }
        out.push_str(self.argument);
        push_underscores(out, self.underscores);
    }

    /// The local that holds its characters.
    pub(crate) fn push_string(&self, out: &mut String) {
        out.push_str("arg");
        self.push(out);
        out.push_str("_str");
        push_underscores(out, self.string_underscores);
    }

    /// The local that holds their number.
    pub(crate) fn push_length(&self, out: &mut String) {
        out.push_str("arg");
        self.push(out);
        out.push_str("_len");
        push_underscores(out, self.length_underscores);
    }

    fn is(&self, other: &Self) -> bool {
        let (a, b) = (self.argument.as_bytes(), other.argument.as_bytes());
        let common = a.len().min(b.len());
        let all_underscores = |rest: &[u8]| rest.iter().all(|&byte| byte == b'_');
        a.len() + self.underscores == b.len() + other.underscores
            && a[..common] == b[..common]
            && all_underscores(&a[common..])
            && all_underscores(&b[common..])
    }
}

fn push_underscores(out: &mut String, count: usize) {
    for _ in 0..count {
        out.push('_');
    }
}

fn spelled(push: impl Fn(&mut String)) -> String {
    let mut out = String::new();
    push(&mut out);
    out
}

/// `const` of `char *const`.
fn qualifier(ctype: &CType) -> &str {
    let spelling = ctype.spelling();
    spelling.rfind('*').map_or("", |star| spelling[star + 1..].trim())
}

/// Whether a variable cannot have this name. QEMU knows only some of the words.
fn is_reserved(name: &str, bug_compatible: bool) -> bool {
    if !may_be_reserved(name) {
        return false;
    }
    KNOWN_TO_QEMU.contains(&name)
        || !bug_compatible
            && (KEYWORDS.contains(&name)
                || GLOBALS.contains(&name)
                || name.strip_prefix("argv_").is_some_and(|number| number.parse::<u8>().is_ok()))
}

/// A quick no for most names: no word on the lists has this first letter and this length.
fn may_be_reserved(name: &str) -> bool {
    const LENGTHS: [u64; 128] = {
        let mut lengths = [0; 128];
        let lists: [&[&str]; 4] = [KNOWN_TO_QEMU, KEYWORDS, GLOBALS, &["argv_1", "argv_32"]];
        let mut list = 0;
        while list < lists.len() {
            let mut word = 0;
            while word < lists[list].len() {
                let bytes = lists[list][word].as_bytes();
                lengths[bytes[0] as usize] |= 1 << bytes.len();
                word += 1;
            }
            list += 1;
        }
        lengths
    };
    let first = name.as_bytes().first().map_or(0, |&byte| usize::from(byte));
    LENGTHS.get(first).is_some_and(|lengths| name.len() < 64 && lengths >> name.len() & 1 != 0)
}

/// The words to which QEMU appends a `_`. `self` is none of SystemTap's, but scripts know it so.
const KNOWN_TO_QEMU: &[&str] = &[
    "break", "catch", "continue", "delete", "else", "for", "foreach", "function", "global", "if", "in",
    "limit", "long", "next", "probe", "return", "self", "string", "try", "while",
];

/// The other words that SystemTap 4.8 refuses as a variable: found by asking `stap -p2` for every word in it.
const KEYWORDS: &[&str] = &[
    "print",
    "print_char",
    "printd",
    "printdln",
    "printf",
    "println",
    "private",
    "sprint",
    "sprintd",
    "sprintdln",
    "sprintf",
    "sprintln",
];

/// Global variables of SystemTap's own library (4.8), besides `argv_1` to `argv_32`: a script that assigns to one of
/// these names changes it for all, or is refused because its type is another.
const GLOBALS: &[&str] = &[
    "ActiveOpens",
    "AttemptFails",
    "BIO_READ",
    "CurrEstab",
    "DelayedACKs",
    "EstabResets",
    "FAULT_FLAG_WRITE",
    "ForwDatagrams",
    "FragFails",
    "FragOKs",
    "InAddrErrors",
    "InDiscards",
    "InNoRoutes",
    "InReceives",
    "InSegs",
    "InUnknownProtos",
    "ListenDrops",
    "ListenOverflows",
    "NULL",
    "OutRequests",
    "OutRsts",
    "OutSegs",
    "PassiveOpens",
    "ReasmReqds",
    "ReasmTimeout",
    "RetransSegs",
    "TCPMemoryPressures",
    "VM_FAULT_NOPAGE",
    "VM_FAULT_OOM",
    "__json_array_output",
    "__json_metric_output",
    "__syscall_32_name2num",
    "__syscall_32_num2name",
    "__syscall_64_name2num",
    "__syscall_64_num2name",
    "__this_var1",
    "__this_var2",
    "__this_var3",
    "__this_var4",
    "__this_var5",
    "__this_var6",
    "__this_var7",
    "__this_var8",
    "argc",
    "argv",
    "cve_enabled_p",
    "cve_fix_p",
    "cve_metrics",
    "cve_notify_p",
    "cve_tmpdisabled_s",
    "cve_trace_p",
    "indelack_timer",
    "syscall_string_trunc",
    "tls_debug",
    "tls_link_map_name",
    "tls_module",
    // that of `lineup`
    "vmtrace_vmms",
];
