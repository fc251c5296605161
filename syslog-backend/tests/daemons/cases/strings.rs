//! What a guest may say, and how the journal finds it.

use crate::rsyslogd::{self, Listen};
use crate::sender::{LONG, now, open};
use crate::{TestResult, journald};
use journald::text;
use syslog_backend::{LINE_MAX, Message, Protocol};

/// As the line is before it is escaped, which is the VMM's job; here nobody did it.
const FORGED: &str = "guest says a\nblk_read seq 99\0<30>Nov 22 17:30:00 vmm[1]: forged\r\x1b[2J\x7f é\tend";

/// The same on one line.
const ESCAPED: &str =
    "guest says a\\nblk_read seq 99\\x00<30>Nov 22 17:30:00 vmm[1]: forged\\x0d\\x1b[2J\\x7f é\tend";

pub(super) fn an_entry_is_found_by_its_fields() -> TestResult {
    journald::configure(journald::UNLIMITED)?;
    let _daemon = journald::start()?;
    let syslog = open(Protocol::Journal, LONG)?;
    for (cpu, reason) in [(0, "io"), (1, "mmio"), (1, "io")] {
        syslog.send(&Message {
            realtime: now(),
            monotonic: 123_456_789,
            thread: 4711,
            name: "kvm_run_exit",
            line: format!("kvm_run_exit cpu_index {cpu}, reason {reason}").as_bytes(),
            fields: &|fields| {
                fields.unsigned("cpu_index", cpu);
                fields.bytes("reason", reason.as_bytes());
                fields.signed("_Odd9", i64::MIN);
                fields.bytes("not\n=C", b"value");
                fields.bytes(&"long".repeat(30), b"name");
            },
        });
    }
    syslog.send(&Message { realtime: now(), line: b"end", ..Message::default() });
    assert_eq!(journald::entries_up_to("end")?.len(), 4);
    let found = journald::entries(&[
        "VMTRACE_EVENT=kvm_run_exit",
        "VMTRACE_ARG_CPU_INDEX=1",
        "VMTRACE_ARG_REASON=io",
    ])?;
    let [entry] = &found[..] else { panic!("{found:#?}") };
    for (field, value) in [
        ("MESSAGE", "kvm_run_exit cpu_index 1, reason io"),
        ("TID", "4711"),
        ("VMTRACE_MONOTONIC_NS", "123456789"),
        ("VMTRACE_ARG__ODD9", "-9223372036854775808"),
        ("VMTRACE_ARG_NOT__C", "value"),
        (&format!("VMTRACE_ARG_{}", "LONG".repeat(13)), "name"),
    ] {
        assert_eq!(text(entry, field), value, "{field} of {entry:#}");
    }
    Ok(())
}

pub(super) fn rsyslogd_is_not_fooled() -> TestResult {
    for listen in [Listen::Datagram, Listen::Stream] {
        let daemon = rsyslogd::start(listen)?;
        let syslog = open(Protocol::Rfc3164, LONG)?;
        for line in [FORGED, "last"] {
            syslog.send(&Message { realtime: now(), line: line.as_bytes(), ..Message::default() });
        }
        let lines = rsyslogd::lines_up_to("last")?;
        // rsyslogd itself writes a tab as #011
        let texts: Vec<String> = lines.iter().map(|line| line.text.replace("#011", "\t")).collect();
        assert_eq!(texts, [format!(" {ESCAPED}"), " last".to_owned()], "{listen:?}");
        daemon.stop()?;
        std::fs::remove_file("/run/test/out")?;
    }
    Ok(())
}

pub(super) fn journald_is_not_fooled() -> TestResult {
    journald::configure(journald::UNLIMITED)?;
    let _daemon = journald::start()?;
    for protocol in [Protocol::Rfc3164, Protocol::Journal] {
        let syslog = open(protocol, LONG)?;
        for line in [FORGED.to_owned(), format!("end {protocol:?}")] {
            syslog.send(&Message {
                realtime: now(),
                line: line.as_bytes(),
                fields: &|fields| fields.bytes("text", b"a\nMESSAGE=forged\n\nPRIORITY=0\n"),
                ..Message::default()
            });
        }
        let last = format!("end {protocol:?}");
        let entries = journald::entries_up_to(&last)?;
        let ours = &entries[entries.len() - 2..];
        assert_eq!(ours.iter().map(|entry| text(entry, "MESSAGE")).collect::<Vec<_>>(), [ESCAPED, &last]);
        for entry in ours {
            assert_eq!(text(entry, "PRIORITY"), "6");
            if protocol == Protocol::Journal {
                assert_eq!(text(entry, "VMTRACE_ARG_TEXT"), "a\nMESSAGE=forged\n\nPRIORITY=0\n");
            }
        }
    }
    assert_eq!(journald::entries(&["SYSLOG_IDENTIFIER=vmm"])?.len(), 4, "no other came of it");
    Ok(())
}

/// On a character's border, with a mark, and counted; and the entry is still one.
pub(super) fn what_is_too_long_is_cut() -> TestResult {
    journald::configure(journald::UNLIMITED)?;
    let _daemon = journald::start()?;
    let long = "é".repeat(100_000);
    for (protocol, values) in [(Protocol::Rfc3164, 0), (Protocol::Journal, 2)] {
        let syslog = open(protocol, LONG)?;
        let last = format!("end {protocol:?}");
        for line in [&long, &last] {
            syslog.send(&Message {
                realtime: now(),
                line: line.as_bytes(),
                fields: &|fields| {
                    if line == &long {
                        fields.bytes("short", b"whole");
                        fields.bytes("long", long.as_bytes());
                        fields.bytes("none", b"no room for it");
                    }
                },
                ..Message::default()
            });
        }
        let entries = journald::entries_up_to(&last)?;
        let entry = &entries[entries.len() - 2];
        let message = text(entry, "MESSAGE");
        assert!(message.ends_with("é…") && message.len() > LINE_MAX - 8, "{message}");
        let arguments =
            entry.as_object().map(|entry| entry.keys().filter(|key| key.starts_with("VMTRACE_ARG_")).count());
        assert_eq!(arguments, Some(values));
        if protocol == Protocol::Journal {
            let value = text(entry, "VMTRACE_ARG_LONG");
            assert!(value.ends_with("é…") && value.len() > 3000, "{value}");
            assert_eq!(text(entry, "VMTRACE_ARG_SHORT"), "whole");
        }
        assert_eq!((syslog.losses().cut, syslog.losses().total()), (1, 0));
    }
    Ok(())
}
