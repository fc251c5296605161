//! Keys, and what the terminal shows.

use crate::terminal::Terminal;
use crate::vmm::{monitor, scratch};
use monitor::Prompt;
use std::fs;

/// A session that was greeted, its terminal, and how many bytes it was sent.
struct Session {
    prompt: Prompt,
    terminal: Terminal,
}

impl Session {
    fn open() -> Self {
        let mut session = Self { prompt: Prompt::new(monitor()), terminal: Terminal::default() };
        let mut out = Vec::new();
        session.prompt.open(monitor(), &mut out);
        session.terminal.write(&out);
        session
    }

    fn feed(&mut self, mut bytes: &[u8]) -> usize {
        let mut sent = 0;
        while !bytes.is_empty() {
            let mut out = Vec::new();
            let taken = self.prompt.feed(monitor(), bytes, &mut out);
            self.terminal.write(&out);
            bytes = &bytes[taken..];
            sent += out.len();
        }
        sent
    }
}

/// The last row after `keys`, which come at once or byte by byte.
fn shown(keys: &str) -> String {
    let (mut at_once, mut by_byte) = (Session::open(), Session::open());
    at_once.feed(keys.as_bytes());
    for byte in keys.bytes() {
        by_byte.feed(&[byte]);
    }
    let shown = at_once.terminal.last();
    assert_eq!(by_byte.terminal.last(), shown, "{keys:?} byte by byte");
    assert_eq!(by_byte.terminal.before(), at_once.terminal.before(), "{keys:?} byte by byte");
    shown.strip_prefix("(vmm) ").unwrap_or_else(|| panic!("{shown:?}")).to_owned()
}

#[test]
fn keys_edit_the_line() {
    for (keys, expected) in [
        ("", "|"),
        ("info", "info|"),
        ("info\x01x", "x|info"),
        ("info\x01x\x05y", "xinfoy|"),
        ("abc\x02\x02x", "ax|bc"),
        ("abc\x1b[D\x1b[Dx", "ax|bc"),
        ("abc\x1b[H\x1b[Cx", "ax|bc"),
        ("abc\x1bOH\x06x\x1bOFy", "axbcy|"),
        ("abc\x1b[1~\x1b[3~\x04x", "x|c"),
        ("abc\x7f\x08d", "ad|"),
        ("abc\x01\x7f\x02", "|abc"),
        ("abc\x04\x1b[C", "abc|"),
        ("one two  \x17", "one |"),
        ("one two\x17\x17\x17x", "x|"),
        ("one two\x02\x02\x17", "one |wo"),
        ("one two\x02\x02\x15", "|wo"),
        ("one two\x02\x02\x0b", "one t|"),
        ("äöü\x02\x7f\x02\x04€", "€|ü"),
        ("😀é\x7f\x7fx", "x|"),
        ("a\x00\x03\x07b", "ab|"),
        ("a\x1b[1;5Db", "b|a"),
        ("one\x0ctwo", "onetwo|"),
        ("one\x02\x0ctwo", "ontwo|e"),
    ] {
        assert_eq!(shown(keys), expected, "{keys:?}");
    }
}

#[test]
fn lines_come_back() {
    for (keys, expected) in [
        ("\x1b[A", "|"),
        ("\x1b[B", "|"),
        ("info name\n\x1b[A", "info name|"),
        ("help ?\ninfo name\n\x10\x10", "help ?|"),
        ("help ?\ninfo name\n\x10\x10\x10\x0e", "info name|"),
        // QEMU forgets what was being typed
        ("info name\nabc\x02\x10\x0e", "abc|"),
        ("help ?\ninfo name\nhelp ?\n\x10\x10", "info name|"),
        ("help ?\ninfo name\n\x10\x10\x7f\x7f\r\n\x10", "help|"),
        ("x\n\n\n\x10", "x|"),
    ] {
        assert_eq!(shown(keys), expected, "{keys:?}");
    }
}

#[test]
fn lines_are_run_whatever_ends_them() {
    for (keys, expected) in [
        ("info name\n", &["(vmm) info name", "vmm"][..]),
        ("info name\r", &["(vmm) info name", "vmm"]),
        ("info name\r\n", &["(vmm) info name", "vmm"]),
        ("info name\n\r\n", &["(vmm) info name", "vmm", "(vmm)"]),
        ("infoname\x02\x02\x02\x02 \r", &["(vmm) info name", "vmm"]),
        ("  \n", &["(vmm)"]),
        ("x é\n?x\n", &["(vmm) x é", "unknown command: 'x'", "(vmm) ?x", "unknown command: '?x'"]),
    ] {
        let mut session = Session::open();
        session.feed(keys.as_bytes());
        let greeting = "vmm 1.2.3 (test) monitor - type 'help' for more information";
        assert_eq!(session.terminal.before(), [&[greeting], expected].concat(), "{keys:?}");
        assert_eq!(session.terminal.last(), "(vmm) |");
    }
}

#[test]
fn a_client_sees_what_it_sees_of_qemu() {
    let (mut prompt, mut out) = (Prompt::new(monitor()), Vec::new());
    prompt.open(monitor(), &mut out);
    let line = b"info name\n";
    assert_eq!(prompt.feed(monitor(), line, &mut out), line.len());
    let expected = "vmm 1.2.3 (test) monitor - type 'help' for more information\r\n\
                    (vmm) info name\x1b[K\r\nvmm\r\n(vmm) ";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn tab_completes() {
    for (keys, expected) in [
        ("h\t", "help |"),
        ("\x0ci\tn\t", "info name |"),
        ("trace-e\t", "trace-event |"),
        ("tr\te\t", "trace-event |"),
        ("zz\t", "zz|"),
        ("zz \t", "zz |"),
        ("info t\te\tkey_w\t", "info trace-events key_write |"),
        ("trace-event key_\tr\t", "trace-event key_re|"),
        ("trace-event key_r\ts\t", "trace-event key_reset |"),
        ("trace-event \"key_w\t", "trace-event \"key_write\" |"),
        ("trace-event key_write o\tf\t", "trace-event key_write off |"),
        ("trace-event key_write off \t", "trace-event key_write off |"),
        ("trace-event nosuch\t", "trace-event nosuch|"),
        ("trace-event \"a\\q\t", "trace-event \"a\\q|"),
        ("trace-route key_write ke\t", "trace-route key_write keep |"),
        ("trace-route key_write log,ke\t", "trace-route key_write log,keep |"),
        ("trace-route key_write \"log,ke\t", "trace-route key_write \"log,ke|"),
        ("help i\ttrace-s\t", "help info trace-sinks |"),
        ("? logf\t", "? logfile |"),
        ("log n\t", "log none |"),
        ("log t\tkey_w\t", "log trace:key_write |"),
        ("log none,trace:key_r\t", "log none,trace:key_re|"),
        // in the middle: what stands behind stays
        ("trace-event  on\x02\x02\x02key_w\t", "trace-event key_write | on"),
        ("trace-event key_\x01\t", "|trace-event key_"),
    ] {
        assert_eq!(shown(keys), expected, "{keys:?}");
    }
}

#[test]
fn tab_lists_what_there_is() {
    for (keys, expected, line) in [
        ("log\t", &["(vmm) log", "log       logfile"][..], "log|"),
        (
            "trace-event key_r\t\t",
            &["(vmm) trace-event key_re", "key_read   key_reset"],
            "trace-event key_re|",
        ),
        ("trace-event x \t\t", &["(vmm) trace-event x o", "off       on"], "trace-event x o|"),
        (
            "info x\x02\t",
            &["(vmm) info x", "name          trace-events  trace-routes  trace-sinks   version"],
            "info |x",
        ),
        (
            "\t",
            &[
                "(vmm)",
                "?            help         info         log          logfile      trace-event",
                "trace-file   trace-route",
            ],
            "|",
        ),
    ] {
        let mut session = Session::open();
        session.feed(keys.as_bytes());
        assert_eq!(session.terminal.before()[1..], *expected, "{keys:?}");
        assert_eq!(session.terminal.last(), format!("(vmm) {line}"), "{keys:?}");
    }
}

#[test]
fn tab_knows_files() {
    let folder = scratch("files");
    for name in ["plain", "two words", "two\"quotes", "esc\x1b[2J", "sub/file", "sub/folder/x", "a b/c\"d"] {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    let folder_name = folder.to_str().unwrap();
    for (typed, expected) in [
        ("pl\t", "logfile DIR/plain |"),
        ("s\t", "logfile DIR/sub/|"),
        ("s\tf\ti\t", "logfile DIR/sub/file |"),
        ("s\tfo\tx\t", "logfile DIR/sub/folder/x |"),
        ("esc\t", "logfile DIR/esc|"),
        ("two\t w\t", "logfile \"DIR/two words\" |"),
        ("two\"\t", "logfile DIR/two\"quotes |"),
        ("a\t", "logfile \"DIR/a b/|"),
        ("a\t\t", "logfile \"DIR/a b/c\\\"d\" |"),
        ("nosuch/\t", "logfile DIR/nosuch/|"),
    ] {
        let keys = format!("logfile {folder_name}/{typed}");
        assert_eq!(shown(&keys), expected.replace("DIR", folder_name), "{typed:?}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_line_that_is_too_long_is_told_of_not_cut() {
    let mut session = Session::open();
    session.feed(&[b'x'; 5000]);
    assert_eq!(session.terminal.bells, 1);
    session.feed(b"\n");
    assert_eq!(session.terminal.before().last().unwrap(), "line too long: at most 4095 bytes");
    // it is the line that was too long, not the next
    session.feed(&[b'x'; 5000]);
    session.feed(b"\x15info name\n");
    assert_eq!(session.terminal.before().last().unwrap(), "vmm");
}

#[test]
fn what_is_sent_grows_with_what_comes() {
    let line = [&[b'x'; 4000][..], b"\n"].concat();
    for (what, paste) in [
        ("one line", vec![b'x'; 1 << 20]),
        ("lines", line.repeat(260)),
        ("empty lines", vec![b'\n'; 1 << 20]),
        ("nothing", vec![0; 1 << 20]),
        ("escapes", b"\x1b[1".repeat(1 << 18)),
        ("up", vec![0x10; 1 << 20]),
        ("broken characters", vec![0xff; 1 << 20]),
    ] {
        let sent = Session::open().feed(&paste);
        assert!(sent < 10 * paste.len() + 100, "{what}: {sent} bytes");
    }
}

#[test]
fn a_client_that_does_not_read_is_not_answered_from_memory() {
    let mut prompt = Prompt::new(monitor());
    let paste = b"help\n".repeat(10_000);
    let (mut rest, mut out, mut rounds) = (&paste[..], Vec::new(), 0);
    while !rest.is_empty() {
        rest = &rest[prompt.feed(monitor(), rest, &mut out)..];
        assert!(out.len() < 70_000);
        out.clear();
        rounds += 1;
    }
    assert!(rounds > 10);
}

#[test]
fn a_prompt_stops_where_time_was_taken() {
    let (mut prompt, mut out) = (Prompt::new(monitor()), Vec::new());
    assert_eq!(prompt.feed(monitor(), b"trace-event nosuch\t\tx", &mut out), 19);
    assert_eq!(prompt.feed(monitor(), b"\tx\nhelp\n", &mut out), 1);
    assert_eq!(prompt.feed(monitor(), b"x\nhelp\n", &mut out), 2);
}
