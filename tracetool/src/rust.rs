//! Rust from events: for each its state word, a function that checks it, and two cold ones that pack and render.

mod probe;
mod render;

pub use probe::ProbeSite;
pub(crate) use probe::Probes;

use crate::{Backend, Group};
use std::fmt::Write as _;
use trace_events::{Argument, Event, RustType};

/// The code of a group. `backends` is `None` for all.
pub(crate) fn generate(group: &Group, backends: Option<&[Backend]>, probes: &Probes) -> String {
    let compiled = backends.is_none_or(|backends| backends.iter().any(|&backend| backend != Backend::Nop));
    let probes = backends.is_none_or(|backends| backends.contains(&Backend::Dtrace)).then_some(probes);
    let mut out = Output(String::new());
    out.line("// Made by vmtrace's tracetool; changes are lost.");
    out.line("use ::vmtrace::generated as vmtrace_;");
    let (mut events, mut disabled) = (String::new(), String::new());
    for (file, event) in group.events() {
        let arguments = Arguments::new(event);
        out.line("");
        if event.properties.disable || !compiled {
            let _ = write!(disabled, "{:?}, ", event.name);
            out.nothing(event, &arguments);
        } else {
            let _ = write!(events, "&EVENT_{}, ", event.name);
            out.event(file, event, &arguments, probes);
        }
    }
    out.line("");
    out.line("/// The group, for `vmtrace::Setup::group`.");
    let (events, disabled) = (events.trim_end_matches(", "), disabled.trim_end_matches(", "));
    let _ = write!(
        out.0,
        "pub static GROUP: vmtrace_::Group = vmtrace_::Group::new({:?}, &[{events}], &[{disabled}])",
        group.name()
    );
    if let Some(backends) = backends {
        let names: Vec<String> = backends.iter().map(|backend| format!("{:?}", backend.name())).collect();
        let _ = write!(out.0, ".with_backends(&[{}])", names.join(", "));
    }
    out.line(";");
    out.0
}

struct Output(String);

impl Output {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn event(&mut self, file: &str, event: &Event, arguments: &Arguments, probes: Option<&Probes>) {
        let name = &event.name;
        let Arguments { public, names, converted, packed, cold } = arguments;
        let infos: Vec<String> = event.args.iter().map(info).collect();
        let place = format!("{file}:{}", event.line);
        if let Some(declaration) = probes.and_then(|probes| probes.declaration(event)) {
            self.line(&declaration);
        }
        self.line(&format!(
            r"::vmtrace::state_word!(STATE_{name});
static EVENT_{name}: vmtrace_::Event = vmtrace_::Event::new(&STATE_{name}, {name:?}, {head:?}, {place:?}, {format:?}, &[{infos}], render_{name}){shared};",
            shared = probes.map(|probes| probes.shared(event)).unwrap_or_default(),
            head = format!("{name} {}", render::head(event)),
            format = event.format.source,
            infos = infos.join(", "),
        ));
        self.documentation(event);
        self.line(&format!(
            "#[inline(always)]
pub fn trace_{name}({public}) {{
    if STATE_{name}.is_on(){or_on} {{
        emit_{name}({converted});
    }}
}}
#[doc = \"Whether anyone wants `{name}`: guards arguments that are costly to make.\"]
#[inline(always)]
#[must_use]
pub fn trace_{name}_enabled() -> bool {{
    STATE_{name}.is_on(){or_on}
}}
#[cold]
#[inline(never)]
fn emit_{name}({cold}) {{
{site}    vmtrace_::emit(&EVENT_{name}, &[{packed}]);
}}",
            converted = converted.join(", "),
            packed = packed.join(", "),
            or_on = probes.map(|probes| probes.or_on(event)).unwrap_or_default(),
            site = probes.map(|probes| probes.site(event, arguments)).unwrap_or_default(),
        ));
        let values = if names.is_empty() { "_" } else { "values" };
        self.line(&format!(
            "fn render_{name}({values}: &[vmtrace_::Value<'_>], text: &mut vmtrace_::Text<'_>) {{"
        ));
        render::body(&mut self.0, event);
        self.line("}");
    }

    /// An event for which nothing is compiled: its calls are, and vanish.
    fn nothing(&mut self, event: &Event, arguments: &Arguments) {
        let name = &event.name;
        let public = &arguments.public;
        self.documentation(event);
        self.line(&format!(
            "#[inline(always)]
pub fn trace_{name}({public}) {{}}
#[doc = \"Whether anyone wants `{name}`: nobody can, it is not compiled.\"]
#[inline(always)]
#[must_use]
pub const fn trace_{name}_enabled() -> bool {{
    false
}}"
        ));
    }

    fn documentation(&mut self, event: &Event) {
        let args: Vec<String> = event.args.iter().map(|arg| format!("{} {}", arg.ctype, arg.name)).collect();
        let args = if args.is_empty() { "void".to_owned() } else { args.join(", ") };
        let text = format!("```text\n{}({args}) {}\n```", event.name, event.format.source);
        self.line(&format!("#[doc = {text:?}]"));
    }
}

fn info(Argument { name, ctype }: &Argument) -> String {
    format!("vmtrace_::ArgumentInfo {{ name: {name:?}, ctype: {:?} }}", ctype.spelling())
}

/// The arguments of an event's functions.
struct Arguments {
    /// Parameters of the function that a VMM calls.
    public: String,
    /// Parameters of the cold one.
    cold: String,
    names: Vec<String>,
    /// What the one hands to the other.
    converted: Vec<String>,
    /// What the cold one puts in the record.
    packed: Vec<String>,
}

impl Arguments {
    fn new(event: &Event) -> Self {
        let names = names(event);
        let (mut public, mut cold, mut converted, mut packed) =
            (String::new(), String::new(), Vec::new(), Vec::new());
        for (name, arg) in names.iter().zip(&event.args) {
            // `as u64` extends the sign of a signed number, as C does
            let (taken, kept, handed, value) = match arg.ctype.rust() {
                RustType::Number(number) => (number, number, "", None),
                RustType::Str => ("impl vmtrace_::ToStr", "vmtrace_::Str<'_>", ".to_str()", Some(".value()")),
                RustType::Pointer => {
                    let taken = "impl ::core::convert::Into<vmtrace_::Pointer>";
                    (taken, "vmtrace_::Pointer", ".into()", Some(".value()"))
                }
            };
            let _ = write!(public, "{name}: {taken}, ");
            let _ = write!(cold, "{name}: {kept}, ");
            converted.push(format!("{name}{handed}"));
            packed.push(value.map_or_else(
                || format!("vmtrace_::Value::Word({name} as u64)"),
                |value| format!("{name}{value}"),
            ));
        }
        let trimmed = |list: String| list.trim_end_matches(", ").to_owned();
        Self { public: trimmed(public), cold: trimmed(cold), names, converted, packed }
    }
}

/// Parameter names: C's, unless Rust could not have them.
fn names(event: &Event) -> Vec<String> {
    // what Rust has no raw form of, and what would be a pattern in place of a name
    const NEVER: [&str; 10] = ["self", "super", "crate", "Self", "_", "None", "Some", "Ok", "Err", "GROUP"];
    // what generated items begin with
    const OURS: [&str; 6] = ["STATE_", "EVENT_", "SEMAPHORE_", "emit_", "render_", "trace_"];
    const KEYWORDS: [&str; 47] = [
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
        "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
        "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static",
        "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where",
        "while",
    ];
    let mut names: Vec<String> = Vec::new();
    for arg in &event.args {
        let mut name = arg.name.clone();
        if NEVER.contains(&name.as_str()) || OURS.iter().any(|prefix| name.starts_with(prefix)) {
            name.push('_');
            while event.args.iter().any(|other| other.name == name) {
                name.push('_');
            }
        } else if KEYWORDS.contains(&name.as_str()) || name == "yield" {
            name.insert_str(0, "r#");
        }
        names.push(name);
    }
    names
}
