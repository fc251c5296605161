//! Scripts that stand alone.

use crate::harness::Stap;
use stap_gen::{Arguments, Error, KVM_EVENTS, Mark, Number, is_mark_name, lineup, session};
use trace_events::Event;

const NUMBERS: &[Option<Number>] = &[
    Some(Number { bytes: 1, signed: true }),
    Some(Number { bytes: 1, signed: false }),
    Some(Number { bytes: 4, signed: true }),
    Some(Number { bytes: 8, signed: false }),
];

fn declared(event: &Event) -> Mark<'_> {
    Mark { provider: "vmm", name: &event.name, arguments: Arguments::Declared { event, unread: &[] } }
}

fn bare() -> Mark<'static> {
    Mark { provider: "vmm", name: "bare", arguments: Arguments::Bare(NUMBERS) }
}

#[test]
fn of_declared_marks_and_of_bare_ones() {
    let source = include_str!("all.trace-events").to_owned()
        + "bare(int8_t a, uint8_t b, int c, void *d) \"%d %d %d %p\"\n\
           ours(int vmtrace_vmms, int vmtrace_stamp, int text) \"%d %d %d\"\n";
    let events = trace_events::parse("all.trace-events", source.as_bytes()).events;
    let Some(stap) = Stap::new("of_declared_marks_and_of_bare_ones") else { return };
    let binary = stap.binary("v\"m", &events);
    let mut marks: Vec<Mark<'_>> = events.iter().filter(|event| event.name != "bare").map(declared).collect();
    marks.push(bare());
    for (script, besides) in [(session as fn(&str, &[Mark<'_>]) -> _, 0), (lineup, 2)] {
        let text = script(binary.to_str().unwrap(), &marks).unwrap();
        let resolved = stap.resolve(&text).unwrap();
        let count = |what: &str| resolved.lines().filter(|line| line.starts_with(what)).count();
        assert_eq!(count("process("), marks.len() + besides, "{resolved}");
        // a made-up kernel has no tracepoints: each is told of
        assert_eq!(count("begin /* <- vmtrace.no_kvm."), if besides > 0 { KVM_EVENTS.len() } else { 0 });
    }
}

#[test]
fn of_a_bare_mark() {
    let text = session("/b", &[bare()]).unwrap();
    assert!(
        text.ends_with(
            "\
probe process(\"/b\").provider(\"vmm\").mark(\"bare\")
{
    printf(\"%d@%d bare arg1=%d arg2=%u arg3=%d arg4=0x%x\\n\", pid(), gettimeofday_ns(), ($arg1 << 56) >> 56, $arg2, \
             $arg3, $arg4)
}
"
        ),
        "{text}"
    );
}

/// What `stap` cannot read stands as a `?`, and what is behind it stays.
#[test]
fn of_arguments_that_cannot_be_read() {
    let numbers = [NUMBERS[2], None, NUMBERS[3]];
    let text = session("/b", &[Mark { arguments: Arguments::Bare(&numbers), ..bare() }]).unwrap();
    assert!(
        text.contains("bare arg1=%d arg2=? arg3=0x%x\\n\", pid(), gettimeofday_ns(), $arg1, $arg3)"),
        "{text}"
    );
    let source = b"e(const char *s, int width, int n, const char *t) \"%s|%*d|%s\"\n";
    let events = trace_events::parse("trace-events", source).events;
    let of = |unread| {
        session("/b", &[Mark { arguments: Arguments::Declared { event: &events[0], unread }, ..bare() }])
    };
    let text = of(&[0, 1]).unwrap();
    assert!(!["$arg1", "$arg2", "args_str"].iter().any(|read| text.contains(read)), "{text}");
    assert!(text.contains("e ?|?|%s\\n\", pid(), gettimeofday_ns(), argt_str)"), "{text}");
}

/// `stap` would probe other programs in its place.
#[test]
fn paths_that_are_patterns() {
    for path in ["/a*", "/a?", "/a[1]", "/a[/b"] {
        for made in [session(path, &[bare()]), lineup(path, &[bare()])] {
            assert_eq!(made, Err(Error::Pattern(path.to_owned())));
        }
    }
    for path in ["/a{b,c}", "/a]", "/a\\b"] {
        session(path, &[bare()]).unwrap();
    }
}

/// A program's notes may hold anything.
#[test]
fn names_that_no_script_can_hold() {
    for name in ["", "a b", "a\"", "a\\", "a*", "a\n", "é", "a%d", "a{b,c}", &"a".repeat(257)] {
        assert!(!is_mark_name(name), "{name:?}");
        for mark in [Mark { name, ..bare() }, Mark { provider: name, ..bare() }] {
            assert_eq!(session("/b", &[mark]), Err(Error::Mark(name.to_owned())));
            assert_eq!(lineup("/b", &[mark]), Err(Error::Mark(name.to_owned())));
        }
    }
    for name in ["a", "if", "a__b", "a-b", "a.b", "a:b", "$a"] {
        assert!(is_mark_name(name), "{name:?}");
    }
}
