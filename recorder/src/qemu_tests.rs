//! What is added to which command line.

use super::*;

/// A command line, a version, and what should come of it.
struct Case {
    version: Version,
    arguments: &'static str,
    added: &'static str,
    /// `inside NAME` or `outside NAME`, with the form; empty: none.
    log: &'static str,
    notice: &'static str,
}

const OLD: Version = Version(7, 2, 22);
const NEW: Version = Version(10, 2, 0);

#[rustfmt::skip]
const CASES: &[Case] = &[
    Case { version: OLD, arguments: "-accel kvm", added: "", log: "", notice: "" },
    Case { version: OLD, arguments: "-trace kvm_run_exit",
        added: "-msg timestamp=on -D /rec/log/qemu.log", log: "inside /rec/log/qemu.log Qemu", notice: "added to" },
    Case { version: OLD, arguments: "--trace kvm_run_exit --msg timestamp=on",
        added: "-D /rec/log/qemu.log", log: "inside /rec/log/qemu.log Qemu", notice: "added to" },
    Case { version: OLD, arguments: "-trace kvm_run_exit -msg timestamp",
        added: "-D /rec/log/qemu.log", log: "inside /rec/log/qemu.log Qemu", notice: "added to" },
    // The last -msg counts, whole.
    Case { version: OLD, arguments: "-trace x -msg timestamp=on -msg guest-name=on -D my.log",
        added: "-msg guest-name=on,timestamp=on", log: "outside /home/my.log Qemu", notice: "added to" },
    Case { version: OLD, arguments: "-trace x -msg timestamp=off -D my.log", added: "", log: "", notice: "timestamp=off" },
    Case { version: OLD, arguments: "-trace x -msg timestamp=on -D my.log",
        added: "", log: "outside /home/my.log Qemu", notice: "" },
    Case { version: OLD, arguments: "-trace x -msg timestamp=on -D a.log -D /var/b.log",
        added: "", log: "outside /var/b.log Qemu", notice: "" },
    // -trace file= wins over -D, and the last of them over the others; a doubled comma is one.
    Case { version: OLD, arguments: "-trace x,file=t.log -trace y -msg timestamp=on -D my.log",
        added: "", log: "outside /home/t.log Qemu", notice: "" },
    Case { version: OLD, arguments: "-trace x,file=t.log -trace events=e,file=u,,v -msg timestamp=on",
        added: "", log: "outside /home/u,v Qemu", notice: "" },
    Case { version: OLD, arguments: "-d guest_errors,trace:kvm_* -msg timestamp=on",
        added: "-D /rec/log/qemu.log", log: "inside /rec/log/qemu.log Qemu", notice: "added to" },
    Case { version: OLD, arguments: "-trace x -d tid -msg timestamp=on",
        added: "-D /rec/log/log.%d", log: "inside /rec/log/log.%d Qemu", notice: "added to" },
    Case { version: OLD, arguments: "-append -trace -kernel k", added: "", log: "", notice: "" },
    Case { version: OLD, arguments: "-trace", added: "-msg timestamp=on -D /rec/log/qemu.log",
        log: "inside /rec/log/qemu.log Qemu", notice: "added to" },
    Case { version: Version(10, 1, 4), arguments: "-trace x",
        added: "-msg timestamp=on -D /rec/log/qemu.log", log: "inside /rec/log/qemu.log Qemu", notice: "added to" },

    Case { version: Version(10, 1, 91), arguments: "-trace x",
        added: "-msg timestamp=on -d tid -D /rec/log/log.%d", log: "inside /rec/log/log.%d QemuPerThread", notice: "added to" },
    Case { version: NEW, arguments: "-trace x",
        added: "-msg timestamp=on -d tid -D /rec/log/log.%d", log: "inside /rec/log/log.%d QemuPerThread", notice: "added to" },
    // The last -d counts, whole, so that its items are repeated.
    Case { version: NEW, arguments: "-trace x -d cpu_reset -d guest_errors,unimp",
        added: "-msg timestamp=on -d guest_errors,unimp,tid -D /rec/log/log.%d",
        log: "inside /rec/log/log.%d QemuPerThread", notice: "added to" },
    Case { version: NEW, arguments: "-trace x -d unimp,tid -msg timestamp=on",
        added: "-D /rec/log/log.%d", log: "inside /rec/log/log.%d QemuPerThread", notice: "added to" },
    Case { version: NEW, arguments: "-trace x -d tid -D my.%d -msg timestamp=on",
        added: "", log: "outside /home/my.%d QemuPerThread", notice: "" },
    Case { version: NEW, arguments: "-trace x -D my.%d -msg timestamp=on",
        added: "-d tid", log: "outside /home/my.%d QemuPerThread", notice: "added to" },
    Case { version: NEW, arguments: "-trace x -D my.log", added: "-msg timestamp=on", log: "", notice: "do not name their thread" },
    Case { version: NEW, arguments: "-trace x,file=t.log -msg timestamp=on", added: "", log: "",
        notice: "do not name their thread" },
];

fn split(text: &str) -> Vec<OsString> {
    text.split_whitespace().map(OsString::from).collect()
}

#[test]
fn additions() {
    for case in CASES {
        let told = format!("{:?}: {}", case.version, case.arguments);
        let plan =
            plan(case.version, &split(case.arguments), Path::new("/rec/log"), Path::new("/home")).unwrap();
        assert_eq!(plan.added, split(case.added), "{told}");
        let log = plan.log.as_ref().map_or(String::new(), |log| {
            let place = if log.inside { "inside" } else { "outside" };
            format!("{place} {} {:?}", log.template.display(), log.form)
        });
        assert_eq!(log, case.log, "{told}");
        if case.notice.is_empty() {
            assert_eq!(plan.notices, [""; 0], "{told}");
        } else {
            assert!(
                plan.notices.iter().any(|notice| notice.contains(case.notice)),
                "{told}: {:?}",
                plan.notices
            );
        }
    }
}

#[test]
fn a_folder_that_qemu_would_take_for_a_template() {
    let plan = |arguments| plan(OLD, &split(arguments), Path::new("/100%/log"), Path::new("/home"));
    assert!(matches!(plan("-trace x"), Err(Error::FolderName { .. })));
    assert!(plan("-trace x -D my.log").is_ok(), "it is not handed to QEMU");
    assert!(plan("-accel kvm").is_ok());
}

#[test]
fn versions() {
    for (text, version) in [
        ("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18+b3)", Some(OLD)),
        ("QEMU emulator version 10.2.0", Some(NEW)),
        ("QEMU emulator version 10.1.91 (v10.2.0-rc1)", Some(Version(10, 1, 91))),
        ("QEMU emulator version 2.12", Some(Version(2, 12, 0))),
        ("QEMU emulator version ", None),
        ("QEMU emulator version 99999999999999.1.1", None),
        ("GNU bash, version 5.2", None),
        ("", None),
    ] {
        assert_eq!(Version::parse(text), version, "{text}");
    }
}

#[test]
fn where_qemu_is() {
    for (command, expect) in [
        ("qemu-system-x86_64 -accel kvm", Some(0)),
        ("/usr/bin/qemu-system-aarch64", Some(0)),
        ("kvm", Some(0)),
        ("/usr/libexec/qemu-kvm", Some(0)),
        ("timeout 2 qemu-system-x86_64 -trace x", Some(2)),
        ("/usr/bin/env A=b kvm", Some(2)),
        ("qemu-img create", None),
        ("/opt/kvm/run", None),
        // Whatever this does with its arguments, it is not for us to add to them.
        ("my-launcher qemu-system-x86_64 -trace x", None),
        ("", None),
    ] {
        assert_eq!(find(&split(command)), expect, "{command}");
    }
    assert_eq!(find(&["sh", "-c", "qemu-system-x86_64 -trace x"].map(OsString::from)), None);
    assert_eq!(find(&["qemu-system-x86_64 -trace x"].map(OsString::from)), None);
}
