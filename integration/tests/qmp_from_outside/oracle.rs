//! The same cases to QEMU's monitor and to ours, and the answers compared key by key.

use crate::answer::Answer;
use crate::cases::{self, Case};
use crate::differences::{DIFFERENCES, Difference};
use crate::peer::Peer;

/// What both answered to a case.
pub(crate) struct Exchange<'a> {
    pub(crate) case: &'a Case,
    pub(crate) qemu: Vec<Answer>,
    pub(crate) ours: Vec<Answer>,
}

/// What a program said to a case, as bytes, without the greeting and what belongs to the test.
struct Told {
    greeting: Vec<u8>,
    lines: Vec<Vec<u8>>,
}

#[test]
fn nothing_else_differs() {
    let Some(mut qemu) = Peer::qemu("nothing_else_differs") else { return };
    let mut ours = Peer::ours();
    let version = version(&mut qemu);
    let mut used = vec![false; DIFFERENCES.len()];
    let mut failures = Vec::new();
    let unavailable = has_unavailable(&mut qemu);
    for case in cases::all().into_iter().filter(|case| unavailable || !case.name.starts_with("unavailable: "))
    {
        let (qemu, ours) = (put(&mut qemu, &case), put(&mut ours, &case));
        let mut exchange = Exchange { case: &case, qemu: read(&qemu), ours: read(&ours) };
        if exchange.qemu == exchange.ours && exchange.ours.iter().all(Answer::is_message) {
            if spelled(&qemu.lines) != spelled(&ours.lines) {
                failures.push(told(&exchange, "the same values, but spelled with other blanks or line ends"));
            }
            continue;
        }
        for (difference, used) in DIFFERENCES.iter().zip(&mut used) {
            *used |= applies(difference, version) && difference.mend(&mut exchange);
        }
        if exchange.qemu != exchange.ours || !exchange.ours.iter().all(Answer::is_message) {
            failures.push(told(&exchange, "another answer"));
        }
    }
    for (difference, used) in DIFFERENCES.iter().zip(used) {
        let possible = unavailable || !difference.is_of_unavailable_events();
        if applies(difference, version) && possible && !used {
            failures.push(format!("`{}` is listed as a difference, and is none", difference.name));
        }
    }
    assert!(failures.is_empty(), "{} failures\n\n{}", failures.len(), failures.join("\n\n"));
}

fn applies(difference: &Difference, version: u64) -> bool {
    difference.versions.contains(&version)
}

/// `CASES` names how many.
#[test]
fn nothing_differs_in_what_nobody_thought_of() {
    let Some(mut qemu) = Peer::qemu("nothing_differs_in_what_nobody_thought_of") else { return };
    let mut ours = Peer::ours();
    let count = std::env::var("CASES").map_or(500, |count| count.parse().expect("CASES is a number"));
    let version = version(&mut qemu);
    let mut failures = Vec::new();
    for case in cases::random::cases(count) {
        let (qemu, ours) = (put(&mut qemu, &case), put(&mut ours, &case));
        let mut exchange = Exchange { case: &case, qemu: read(&qemu), ours: read(&ours) };
        for difference in DIFFERENCES.iter().filter(|difference| applies(difference, version)) {
            difference.mend(&mut exchange);
        }
        if exchange.qemu != exchange.ours {
            failures.push(told(&exchange, "another answer"));
        }
    }
    assert!(failures.is_empty(), "{} failures\n\n{}", failures.len(), failures.join("\n\n"));
}

/// The greeting, but for program and version.
#[test]
fn the_greeting_is_qemus() {
    let Some(mut qemu) = Peer::qemu("the_greeting_is_qemus") else { return };
    let mut ours = Peer::ours();
    let nothing = cases::all().remove(0);
    let (qemu, ours) = (put(&mut qemu, &nothing).greeting, put(&mut ours, &nothing).greeting);
    let [mut qemu, ours] = [qemu, ours].map(|greeting| Answer::read(&greeting).unwrap());
    assert!(ours.at(&["QMP", "version", "package"]).is_some(), "{ours}");
    for part in [&["major"][..], &["minor"], &["micro"]] {
        let path = [&["QMP", "version", "qemu"], part].concat();
        let Answer::Scalar(number) = ours.at(&path).expect("a version") else { panic!("{ours}") };
        assert!(number.parse::<u64>().is_ok(), "{number}");
    }
    *qemu.at_mut(&["QMP", "version"]).unwrap() = ours.at(&["QMP", "version"]).unwrap().clone();
    assert_eq!(qemu.to_string(), ours.to_string());
}

fn version(qemu: &mut Peer) -> u64 {
    let greeting = Answer::read(&qemu.connect("qmp").line()).unwrap();
    let Some(Answer::Scalar(major)) = greeting.at(&["QMP", "version", "qemu", "major"]) else {
        panic!("{greeting}")
    };
    major.parse().unwrap()
}

/// Whether QEMU has the event that is declared `disable`: that of a device which not every build has.
fn has_unavailable(qemu: &mut Peer) -> bool {
    let cases = cases::all();
    let asks = cases.iter().find(|case| case.name == "unavailable: its state").expect("it is a case");
    put(qemu, asks).lines[0].windows(11).any(|part| part == b"unavailable")
}

/// Sends a case to a program, and what shows where its answers end.
fn put(peer: &mut Peer, case: &Case) -> Told {
    const END: &[u8] = b"\n{\"execute\": \"qmp_capabilities\", \"id\": \"the end of the case\"}\n";
    let folder = peer.folder().to_str().expect("a name of ours").to_owned();
    let mut connection = peer.connect("qmp");
    let greeting = connection.line();
    if case.negotiated {
        connection.send(b"{\"execute\": \"qmp_capabilities\"}");
        connection.line();
    }
    let sends = replaced(&case.sends, "@FOLDER@", &folder);
    let packets = sends.chunks(if case.bytewise { 1 } else { sends.len().max(1) });
    packets.for_each(|packet| connection.send(packet));
    connection.send(END);
    let mut lines = Vec::new();
    loop {
        let line = connection.line();
        if line.windows(19).any(|part| part == b"the end of the case") {
            return Told { greeting, lines };
        }
        lines.push(replaced(&line, &folder, "@FOLDER@"));
    }
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let (mut replaced, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(from.len()).position(|part| part == from.as_bytes()) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to.as_bytes());
        rest = &rest[at + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}

/// The answers as trees; a line that is no JSON is kept as it is, and is equal to nothing of ours.
fn read(told: &Told) -> Vec<Answer> {
    let read = |line: &Vec<u8>| {
        Answer::read(line).unwrap_or_else(|error| Answer::Scalar(format!("{error}: {}", line.escape_ascii())))
    };
    told.lines.iter().map(read).collect()
}

/// The bytes of lines but for their order, which is the order of keys.
fn spelled(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut lines = lines.to_vec();
    for line in &mut lines {
        line.sort_unstable();
    }
    lines
}

fn told(exchange: &Exchange<'_>, what: &str) -> String {
    let Exchange { case, qemu, ours, .. } = exchange;
    let shown = |who, answers: &[Answer]| match answers {
        [] => format!("\n  {who}: (nothing)"),
        answers => {
            let lines: Vec<_> = answers.iter().map(|answer| cut(&answer.to_string())).collect();
            format!("\n  {who}: {}", lines.join(&format!("\n  {who}: ")))
        }
    };
    let sent = cut(&case.sends.escape_ascii().to_string());
    format!("{}: {what}\n  sent: {sent}{}{}", cut(&case.name), shown("QEMU", qemu), shown("ours", ours))
}

fn cut(text: &str) -> String {
    const SHOWN: usize = 600;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).collect::<String>() + "..."
    }
}
