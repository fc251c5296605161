//! Binary traces, told: QEMU's samples to the byte, and made ones.

use simpletrace::{Blocks, encode};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use timeline::simple::{Declarations, Form, Spread, render, stats};
use timeline::{Error, simple};

const EVENTS: &str = "\
a(int x, const char *s) \"x %d s %s\"
b(void) \"b\"
c(uint64_t x, void *p) \"x 0x%\" PRIx64 \" at %p\"
silent(void) \"\"
wide(int x) \"%4000000d\"
";

fn declarations() -> Declarations {
    let mut declarations = Declarations::default();
    let errors = declarations.read("events", EVENTS.as_bytes());
    assert!(errors.is_empty(), "{errors:?}");
    declarations
}

/// A trace that names all events, with ids 0 to 5.
fn begun() -> Vec<u8> {
    let mut trace = Vec::new();
    encode::header(&mut trace);
    for (id, name) in ["a", "b", "c", "silent", "wide", "undeclared"].into_iter().enumerate() {
        encode::mapping(&mut trace, id as u64, name).unwrap();
    }
    trace
}

fn a(x: i64, s: &[u8]) -> Vec<u8> {
    let mut arguments = Vec::new();
    encode::word(&mut arguments, x.cast_unsigned());
    encode::string(&mut arguments, s);
    arguments
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// The lines, what was told, and the error.
fn told(trace: &[u8], form: Form) -> (String, Vec<String>, Option<String>) {
    let (mut text, notices) = (Vec::new(), Mutex::new(Vec::new()));
    let tell = |notice: &simple::Notice| notices.lock().unwrap().push(notice.to_string());
    let done = Blocks::new(trace).map_err(Error::from);
    let done = done.and_then(|blocks| render(blocks, &declarations(), form, &tell, &mut text));
    (
        String::from_utf8(text).unwrap(),
        notices.into_inner().unwrap(),
        done.err().map(|error| error.to_string()),
    )
}

const TEXT: Form = Form::Text { absolute: false };

#[test]
fn lines_hold_what_a_guest_says() {
    let mut trace = begun();
    for (id, time, thread, arguments) in [
        (0, 1_000, 7, a(-1, b"it's \"q\" \\ \n\t\r\0\x7f\xc3\xa9")),
        (1, 2_500, 7, Vec::new()),
        (3, 500, 8, Vec::new()),
        (2, 1_000_000_001_000, 4_194_304, words(&[u64::MAX, 0])),
        (0, 1_000_000_001_000, 1, a(5, "\u{9b}31m\u{202e}\u{2028}x".as_bytes())),
    ] {
        encode::event(&mut trace, id, time, thread, &arguments).unwrap();
    }
    encode::dropped(&mut trace, 1_000_000_001_000, 1, 1);
    let (text, notices, error) = told(&trace, TEXT);
    assert_eq!((notices.len(), error), (0, None));
    let want = r#"   0.000000000       7 a x -1 s it's "q" \ \n	\x0d\x00\x7fé
   0.000001500       7 b b
  -0.000000500       8 silent
1000.000000000 4194304 c x 0xffffffffffffffff at (nil)
1000.000000000       1 a x 5 s \x9b31m\x202e"#;
    assert!(text.starts_with(want), "{text}");
    assert!(text.ends_with("1000.000000000       1 [1 event lost]\n") && text.lines().count() == 6, "{text}");

    let (text, ..) = told(&trace, Form::Text { absolute: true });
    assert!(text.starts_with("   0.000001000       7 a x -1"), "{text}");

    let (json, ..) = told(&trace, Form::Json);
    let lines: Vec<&str> = json.lines().collect();
    assert_eq!(
        lines[0],
        r#"{"time_ns":1000,"thread":7,"event":"a","args":{"x":-1,"s":"it's \"q\" \\ \n\t\u000d\u0000\u007fé"}}"#
    );
    assert_eq!(lines[1], r#"{"time_ns":2500,"thread":7,"event":"b","args":{}}"#);
    assert_eq!(
        lines[3],
        r#"{"time_ns":1000000001000,"thread":4194304,"event":"c","args":{"x":18446744073709551615,"p":0}}"#
    );
    assert_eq!(lines[5], r#"{"time_ns":1000000001000,"thread":1,"dropped":1}"#);
}

/// The lines are what QEMU 10.2's script printed of the same.
#[test]
fn as_simpletrace_py_has_it() {
    let mut trace = begun();
    for (id, time, arguments) in [
        (0, 1_000, a(-1, b"it's \"q\" \\ \n\t\r\0\x7f\xc3\xa9")),
        (1, 2_500, Vec::new()),
        (0, 2_501, a(7, b"it's")),
        (0, 2_501, a(7, b"\"")),
        (0, 2_501, a(7, b"")),
        (1, 1_000_000_000_000_000, Vec::new()),
        (1, 5, Vec::new()),
        (1, u64::MAX, Vec::new()),
        (1, 0, Vec::new()),
        // what stands behind the arguments is no matter
        (0, 4, [a(1, b"x"), words(&[4])].concat()),
    ] {
        encode::event(&mut trace, id, time, 5, &arguments).unwrap();
    }
    encode::dropped(&mut trace, 5_000, 6, 12);
    encode::event(&mut trace, 1, 6_500, 5, &[]).unwrap();
    let want = r#"a 0.000 pid=5 x=0xffffffffffffffff s=b'it\'s "q" \\ \n\t\r\x00\x7f\xc3\xa9'
b 1.500 pid=5 
a 0.001 pid=5 x=0x7 s=b"it's"
a 0.000 pid=5 x=0x7 s=b'"'
a 0.000 pid=5 x=0x7 s=b''
b 999999999997.499 pid=5 
b -999999999999.995 pid=5 
b 18446744073709552.000 pid=5 
b -18446744073709552.000 pid=5 
a 0.004 pid=5 x=0x1 s=b'x'
Dropped_Event 4.996 pid=6 num_events_dropped=0xc
b 1.500 pid=5 
"#;
    assert_eq!(told(&trace, Form::Qemu), (want.to_owned(), Vec::new(), None));

    // and where it ends
    encode::event(&mut trace, 5, 7_000, 5, &[]).unwrap();
    let (text, _, error) = told(&trace, Form::Qemu);
    assert_eq!(text, want);
    assert!(error.is_some_and(|error| error.starts_with("undeclared (at byte ")));
}

#[test]
fn what_does_not_fit_is_told_once_and_shown_raw() {
    let mut trace = begun();
    for (id, arguments) in [
        (5, words(&[1, 2])),
        (0, words(&[1])),
        (5, vec![7; 100]),
        (0, [a(1, b"x"), words(&[1])].concat()),
        (1, words(&[1])),
        (0, a(1, b"x")),
        (5, Vec::new()),
    ] {
        encode::event(&mut trace, id, 0, 5, &arguments).unwrap();
    }
    let (text, notices, error) = told(&trace, TEXT);
    assert_eq!(error, None);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(" undeclared [16 bytes: 0100000000000000 0200000000000000]"), "{text}");
    assert!(lines[1].ends_with(" a [8 bytes: 0100000000000000]"), "{text}");
    assert!(lines[2].contains("[100 bytes: 0707") && lines[2].ends_with("07 ...]"), "{text}");
    assert!(
        lines[4].ends_with(" b [8 bytes: 0100000000000000]") && lines[5].ends_with("a x 1 s x"),
        "{text}"
    );
    assert!(lines[6].ends_with(" undeclared [0 bytes]"), "{text}");
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices.iter().any(|notice| notice.contains("it is not declared")));

    let (json, ..) = told(&trace, Form::Json);
    assert!(json.starts_with(
        "{\"time_ns\":0,\"thread\":5,\"event\":\"undeclared\",\"bytes\":\"01000000000000000200000000000000\"}\n"
    ));
}

#[test]
fn a_line_is_bounded() {
    let mut trace = begun();
    encode::event(&mut trace, 4, 0, 5, &words(&[1])).unwrap();
    let (text, ..) = told(&trace, TEXT);
    assert!(text.len() < 20_000 && text.ends_with("…\n"));
}

#[test]
fn a_damaged_trace_is_told_up_to_there() {
    let mut trace = begun();
    encode::event(&mut trace, 1, 0, 5, &[]).unwrap();
    let whole = trace.len();
    encode::event(&mut trace, 1, 0, 5, &[]).unwrap();
    trace.truncate(trace.len() - 3);
    for form in [TEXT, Form::Qemu, Form::Json] {
        let (text, _, error) = told(&trace, form);
        assert_eq!(text.lines().count(), 1);
        let want = format!("29 bytes of it are there, from byte {whole} on");
        assert!(error.is_some_and(|error| error.contains(&want)));
    }
    let (counted, read) =
        stats(Blocks::new(trace.as_slice()).unwrap(), &declarations(), &[], &|_| {}).unwrap();
    assert!(counted.total() == 1 && read.is_err());
}

/// Many blocks, by all processors: every line in its place.
#[test]
fn order_is_kept_and_all_is_counted() {
    let mut trace = begun();
    let count = 200_000_u64;
    for index in 0..count {
        let arguments = a(i64::try_from(index).unwrap() - 100, format!("string {}", index % 5000).as_bytes());
        encode::event(&mut trace, 0, index * 1_000, 5, &arguments).unwrap();
    }
    let (text, ..) = told(&trace, Form::Qemu);
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("a 0.000 pid=5 x=0xffffffffffffff9c ")));
    for (index, line) in lines.enumerate() {
        let x = (index as u64 + 1).wrapping_sub(100);
        assert_eq!(line, format!("a 1.000 pid=5 x=0x{x:x} s=b'string {}'", (index + 1) % 5000));
    }
    let histograms = ["a.x".to_owned(), "a.s".to_owned(), "c.x".to_owned()];
    let blocks = Blocks::new(trace.as_slice()).unwrap();
    let (stats, read) = stats(blocks, &declarations(), &histograms, &|_| panic!()).unwrap();
    read.unwrap();
    assert_eq!((stats.total(), stats.span), (count, Some((0, (count - 1) * 1_000))));
    assert!(stats.histograms[..2].iter().all(|histogram| histogram.count() == count));
    let Spread::Numbers(numbers) = &stats.histograms[0].spread else { panic!() };
    assert_eq!(numbers.range, Some((-100, 199_899)));
    assert_eq!((numbers.digits[0], numbers.digits[1], numbers.digits[2], numbers.negative[1]), (1, 1, 2, 1));
    assert_eq!(stats.histograms[2].count(), 0);
    let mut page = Vec::new();
    stats.write(&mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.starts_with("200,000 events of 1 kind in 199.9ms; none lost\n"), "{page}");
    assert!(
        page.contains(
            "a.x: 200,000 values from -100 to 199899\n       -127 .. -64              37   0.0 % #\n"
        ),
        "{page}"
    );
}

#[test]
fn few_values_are_counted_one_by_one() {
    let mut trace = begun();
    for x in [0x10, 0x10, 0x20_u64] {
        encode::event(&mut trace, 2, 0, 5, &words(&[x, 0])).unwrap();
    }
    encode::dropped(&mut trace, 500_000_000, 5, 4);
    let blocks = Blocks::new(trace.as_slice()).unwrap();
    let (stats, _) = stats(blocks, &declarations(), &["c.x".to_owned()], &|_| {}).unwrap();
    let mut page = Vec::new();
    stats.write(&mut page).unwrap();
    let want = "\
3 events of 1 kind in 500.0ms; 4 events lost

          count        a second   share  event
              3             6.0 100.0 %  c

c.x: 3 values from 0x10 to 0x20
  0x10               2  66.6 % ########################################
  0x20               1  33.3 % ####################
";
    assert_eq!(String::from_utf8(page).unwrap(), want);
}

#[test]
fn a_histogram_of_nothing_is_refused() {
    let trace = begun();
    for (asked, want) in [
        ("a", "it should be EVENT.ARGUMENT"),
        ("zzz.x", "the event is not declared"),
        ("a.y", "the event's arguments are x, s"),
        ("b.x", "the event has no arguments"),
    ] {
        let blocks = Blocks::new(trace.as_slice()).unwrap();
        let error = stats(blocks, &declarations(), &[asked.to_owned()], &|_| {}).unwrap_err().to_string();
        assert_eq!(error, format!("there is no histogram of {asked}: {want}"));
    }
}

#[test]
fn a_declaration_with_an_error_is_left_out() {
    let mut declarations = Declarations::default();
    let errors = declarations.read("events", b"a(int x) \"%d\"\nb(foo_t x) \"%d\"\na(int y) \"%d\"\n");
    assert_eq!((errors.len(), declarations.len()), (2, 1));
}

/// The reader of the lines has enough.
#[test]
fn a_writer_that_takes_no_more_ends_it() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut trace = begun();
    for _ in 0..100_000 {
        encode::event(&mut trace, 1, 0, 5, &[]).unwrap();
    }
    let blocks = Blocks::new(trace.as_slice()).unwrap();
    let error = render(blocks, &declarations(), TEXT, &|_| {}, &mut Full).unwrap_err();
    assert!(matches!(error, Error::Write { source } if source.kind() == io::ErrorKind::BrokenPipe));
}

/// What QEMU 10.2 wrote, and what its script printed of it.
#[test]
fn samples_of_qemu_are_equal_to_the_byte() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples");
    let events = samples.join("qemu-10.2-simple/trace-events-all");
    let Ok(source) = fs::read(&events) else {
        return eprintln!("SKIP samples_of_qemu_are_equal_to_the_byte: no {}", events.display());
    };
    let mut declarations = Declarations::default();
    let errors = declarations.read("trace-events-all", &source);
    assert!(errors.is_empty(), "{errors:?}");
    let made = |form, path: PathBuf| {
        let mut text = Vec::new();
        let blocks = Blocks::new(File::open(path).unwrap()).unwrap();
        render(blocks, &declarations, form, &|notice| panic!("{notice}"), &mut text).unwrap();
        text
    };
    for (trace, text) in [
        ("qemu-10.2-simple/boot.trace", "qemu-10.2-simple/boot.txt"),
        ("lineup/boot.trace", "lineup/boot.trace.txt"),
    ] {
        let qemu = made(Form::Qemu, samples.join(trace));
        assert!(qemu == fs::read(samples.join(text)).unwrap(), "{trace}");
        let lines = qemu.split(|byte| *byte == b'\n').count();
        assert_eq!(made(TEXT, samples.join(trace)).split(|byte| *byte == b'\n').count(), lines);
    }
    let text = String::from_utf8(made(TEXT, samples.join("lineup/boot.trace"))).unwrap();
    assert!(text.starts_with("   0.000000000   23758 fw_cfg_add_bytes key 0x0000 'signature', 4 bytes\n"));
    // the same boot at the same time in the kernel's ring, by the VMM's own printf
    let ftrace = fs::read_to_string(samples.join("lineup/boot.ftrace.txt")).unwrap();
    let marked = ftrace.lines().filter_map(|line| Some(line.split_once("tracing_mark_write: ")?.1));
    let marked: Vec<&str> = marked.collect();
    let told: Vec<&str> = text.lines().filter_map(|line| line.get(23..)).collect();
    assert_eq!(told.len(), marked.len());
    for (told, marked) in told.iter().zip(&marked) {
        assert_eq!(told, marked);
    }
}
