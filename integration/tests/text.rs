//! The text of every event equals `printf`'s, byte for byte: generated code and the readers' interpreter, over our own
//! declarations and QEMU's, with edge values and random ones.

use integration::{conversions, qemu, snprintf};
use printf::{Text, Value};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::OnceLock;
use trace_events::{CType, Event, RustType, parse};
use vmtrace::{Group, Record, Setup, Sink, Tracing};

thread_local! {
    static SEEN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the exact text of the last record of its thread, and its line.
struct Exact;

impl Sink for Exact {
    fn name(&self) -> &'static str {
        "exact"
    }

    fn emit(&self, record: &Record<'_>) {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut text = Text::new(&mut room);
        record.render(&mut text);
        assert!(!text.is_cut());
        SEEN.set(text.as_bytes().to_vec());
        LINE.set(record.line().to_vec());
    }
}

/// A test binary is one process: it sets up once.
fn tracing() -> Tracing {
    static ONCE: OnceLock<Tracing> = OnceLock::new();
    *ONCE.get_or_init(|| {
        let mut setup = Setup::new().group(&conversions::GROUP).sink(Exact).unwrap();
        for (_, group) in qemu::GROUPS {
            setup = setup.group(group);
        }
        let tracing = setup.init().unwrap();
        tracing.enable_to("*", &["exact"]).unwrap();
        tracing
    })
}

/// More than any text here needs.
const ROOM: usize = 8192;

/// A word as the C compiler would pass an argument of this type.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss)] // C's conversions
fn word(ctype: &CType, bits: u64) -> u64 {
    match ctype.rust() {
        RustType::Number("bool") => bits & 1,
        RustType::Number("i8" | "::core::ffi::c_char") => (bits as i8) as u64,
        RustType::Number("u8") => u64::from(bits as u8),
        RustType::Number("i16") => (bits as i16) as u64,
        RustType::Number("u16") => u64::from(bits as u16),
        RustType::Number("i32") => (bits as i32) as u64,
        RustType::Number("u32") => u64::from(bits as u32),
        _ => bits,
    }
}

/// A width that may be below zero, and is never large.
fn small(bits: u64) -> u64 {
    (bits % 256).wrapping_sub(128)
}

fn check(event: &Event, compiled: &'static vmtrace::Event, bits: &[u64], strings: &[Option<Vec<u8>>]) {
    // a width or precision from an argument is kept small: C's room is not endless
    let stars = event.format.source.contains('*');
    // %p of a string prints its address, and C's copy has another
    let addresses = event
        .format
        .conversions()
        .any(|conversion| conversion.spec.conversion == printf::Conversion::Pointer);
    let values: Vec<Value<'_>> = event
        .args
        .iter()
        .enumerate()
        .map(|(index, arg)| match (arg.ctype.is_string(), &strings[index]) {
            (true, _) if addresses => Value::Str(None),
            (true, string) => Value::Str(string.as_deref()),
            // a width is an int; what is printed with it may be anything
            (false, _) if stars && arg.ctype.promoted_bits() == Some(32) => Value::Word(small(bits[index])),
            (false, _) => Value::Word(word(&arg.ctype, bits[index])),
        })
        .collect();
    let expected = snprintf(&event.format, &values);
    let shown = || format!("{} {} of {values:?}", event.name, event.format.source);

    let mut room = [MaybeUninit::uninit(); ROOM];
    let mut text = Text::new(&mut room);
    event.format.render(&values, &mut text);
    assert_eq!(
        text.as_bytes().escape_ascii().to_string(),
        expected.escape_ascii().to_string(),
        "read: {}",
        shown()
    );

    vmtrace::generated::emit(compiled, &values);
    let generated = SEEN.take();
    assert_eq!(
        generated.escape_ascii().to_string(),
        expected.escape_ascii().to_string(),
        "generated: {}",
        shown()
    );
    let line = LINE.take();
    assert_eq!(
        line.escape_ascii().to_string(),
        line_of(&event.name, &expected).escape_ascii().to_string(),
        "{}",
        shown()
    );
}

/// `NAME TEXT` with control bytes escaped.
fn line_of(name: &str, text: &[u8]) -> Vec<u8> {
    let mut room = vec![MaybeUninit::uninit(); 4 * text.len() + name.len() + 1];
    let mut line = Text::escaping(&mut room);
    line.literal(name.as_bytes());
    line.literal(b" ");
    line.literal(text);
    line.as_bytes().to_vec()
}

fn check_group(file: &str, group: &'static Group, runner: &mut TestRunner) -> usize {
    const EDGES: [u64; 8] = [0, 1, 0x7f, 0x80, 0x7fff_ffff, 0xffff_ffff, 1 << 63, u64::MAX];
    let parsed = parse(file, &std::fs::read(file).unwrap());
    let declared: Vec<&Event> = parsed.events.iter().filter(|event| !event.properties.disable).collect();
    assert_eq!(declared.len(), group.events().len());
    let random = (proptest::array::uniform10(any::<u64>()), proptest::collection::vec(any_string(), 10));
    for (event, compiled) in declared.iter().zip(group.events()) {
        assert_eq!(event.name, compiled.name());
        for edge in EDGES {
            check(event, compiled, &[edge; 10], &vec![None; 10]);
            check(event, compiled, &[edge; 10], &vec![Some(b"\xff\xfe disk".to_vec()); 10]);
        }
        for _ in 0..8 {
            let (bits, strings) = random.new_tree(runner).unwrap().current();
            check(event, compiled, &bits, &strings);
        }
    }
    declared.len()
}

fn any_string() -> impl Strategy<Value = Option<Vec<u8>>> {
    proptest::option::of(proptest::collection::vec(1u8..=255, 0..60))
}

#[test]
fn our_own_declarations() {
    tracing();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/trace-events");
    assert_eq!(check_group(file, &conversions::GROUP, &mut TestRunner::default()), 19);
}

#[test]
fn qemus_declarations() {
    if qemu::GROUPS.is_empty() {
        return eprintln!("SKIP qemus_declarations: no conformance/qemu-10.2 in ../shared");
    }
    tracing();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/qemu-10.2");
    let mut events = 0;
    for (name, group) in qemu::GROUPS {
        let file = corpus.join(name).join("trace-events");
        events += check_group(file.to_str().unwrap(), group, &mut TestRunner::default());
    }
    assert!(events > 1000, "{events}");
}

/// The typed functions hand over what the declaration says.
#[test]
fn typed_functions() {
    tracing();
    let text = |call: &dyn Fn()| {
        call();
        String::from_utf8(SEEN.take()).unwrap()
    };
    assert_eq!(text(&|| conversions::trace_conv_none()), "");
    assert_eq!(
        text(&|| conversions::trace_conv_small(-1, 255, -2, 65535, -3, 0xfffd, -4, 0xfc)),
        "-1 255 -2 65535 fffd 177775 -4 fc"
    );
    let owned = String::from("owned");
    assert_eq!(
        text(&|| conversions::trace_conv_strings(&owned, c"c", b"bytes".as_slice())),
        format!("owned|{:>20}|{:20}|", "c", "bytes")
    );
    assert_eq!(
        text(&|| conversions::trace_conv_strings(None::<&str>, Some("x"), b"arr")),
        format!("(null)|{:>20}|{:20}|", "x", "arr")
    );
    let target = 7u8;
    let address = std::ptr::from_ref(&target).addr();
    assert_eq!(
        text(&|| conversions::trace_conv_pointers(std::ptr::null::<u8>(), &target, 0x10usize)),
        format!("(nil) {:>20} {:20}|", format!("{address:#x}"), "0x10")
    );
    assert_eq!(text(&|| conversions::trace_conv_sizes(1, -1, -2, true, 65, -1)), "1 -1 -2 1 A -1");
    assert_eq!(text(&|| conversions::trace_conv_keywords(1, 2, 3, "f", 4, 5, 6)), "1 2 3 f 4 5 6");
    assert!(conversions::trace_conv_none_enabled());
    assert!(!conversions::trace_conv_disabled_enabled());
    conversions::trace_conv_disabled(1, "x", &target);
    assert_eq!(SEEN.take(), b"");
}
