//! Many clients at once, and clients that vanish, that do not read, or that never end: the program goes on, the others
//! are answered, and nothing is left behind.

use crate::answer::Answer;
use crate::peer::{Connection, Peer};
use std::io::{ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

const NEGOTIATE: &[u8] = b"{\"execute\": \"qmp_capabilities\"}\n";
const STATES: &[u8] =
    b"{\"execute\": \"trace-event-get-state\", \"arguments\": {\"name\": \"*\"}, \"id\": 1}\n";

/// A client that has negotiated.
fn client(peer: &mut Peer) -> Connection {
    let mut client = peer.connect("qmp");
    client.line();
    client.send(NEGOTIATE);
    assert_eq!(client.line(), b"{\"return\": {}}\r\n");
    client
}

/// Whether a client that comes now is answered, and one that came before.
fn answers(peer: &mut Peer, earlier: &mut Connection) {
    for client in [&mut client(peer), earlier] {
        client.send(b"{\"execute\": \"query-name\"}");
        assert_eq!(client.line(), b"{\"return\": {\"name\": \"monitored\"}}\r\n");
    }
    assert!(peer.lives());
}

/// The events of the program's that were logged: it goes on while they become more.
fn goes_on(peer: &mut Peer, client: &mut Connection) {
    let log = peer.folder().join("goes_on.log");
    for line in [&format!("logfile {}", log.display()), "trace-event monitored_tick on"] {
        let arguments = serde_json::json!({"command-line": line});
        client.send(
            serde_json::json!({"execute": "human-monitor-command", "arguments": arguments})
                .to_string()
                .as_bytes(),
        );
        assert_eq!(client.line(), b"{\"return\": \"\"}\r\n");
    }
    let lines = || std::fs::read_to_string(&log).unwrap_or_default().lines().count();
    let before = lines();
    for _ in 0..2000 {
        if lines() > before {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("no event in {}", log.display());
}

#[test]
fn eight_clients_at_once_each_get_their_own_answers() {
    let mut ours = Peer::ours();
    let clients: Vec<Connection> = (0..8).map(|_| client(&mut ours)).collect();
    let mut people = ours.connect("monitor");
    people.line();
    thread::scope(|scope| {
        for (number, mut client) in clients.into_iter().enumerate() {
            scope.spawn(move || {
                let events = ["cpu_in", "cpu_out", "flatview_new", "flatview_destroy"];
                for round in 0..300 {
                    let name = events[(number + round) % 4];
                    let id = format!("\"{number}-{round}\"");
                    client.send(format!(
                        "{{\"execute\": \"trace-event-get-state\", \"arguments\": {{\"name\": \"{name}\"}}, \"id\": {id}}}"
                    ).as_bytes());
                    let answer = Answer::read(&client.line()).unwrap();
                    assert_eq!(answer.at(&["id"]).map(ToString::to_string), Some(id));
                    assert!(answer.to_string().contains(&format!("\"name\": \"{name}\"")), "{answer}");
                }
            });
        }
        scope.spawn(move || {
            for _ in 0..300 {
                people.send(b"info trace-events cpu_in\n");
                while people.line() != b"cpu_in : state 0\r\n" {}
            }
        });
    });
    assert!(ours.lives());
}

#[test]
fn clients_that_vanish_leave_nothing_behind() {
    const LEFT_AT: [&[u8]; 9] = [
        b"",
        b"{",
        b"{\"execute\": \"query-na",
        b"\xff{\"execute\"",
        NEGOTIATE,
        b"{\"execute\": \"qmp_capabilities\"}{\"execute\": \"trace-event-get-state\", \"arguments\": {\"name\": \"",
        b"hello\nworld\n",
        b"]]]]]]]]]]]]]]]]",
        STATES,
    ];
    let mut ours = Peer::ours();
    let mut earlier = client(&mut ours);
    let before = ours.descriptors();
    for round in 0..60 {
        for (monitor, reads) in [("qmp", false), ("qmp", true), ("monitor", false), ("monitor", true)] {
            let mut client = ours.connect(monitor);
            if reads {
                client.line();
            }
            client.send(LEFT_AT[round % LEFT_AT.len()]);
        }
    }
    answers(&mut ours, &mut earlier);
    goes_on(&mut ours, &mut earlier);
    // the log's file is new; a client's end is seen when its turn comes
    let opened = ours.descriptors().saturating_sub(before);
    for _ in 0..2000 {
        if ours.descriptors() <= before + 1 {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("{opened} descriptors are left open");
}

/// A client that sends and does not read is not read from any longer; what it sent is answered once it reads.
#[test]
fn a_client_that_does_not_read_is_waited_for_and_no_one_waits_with_it() {
    let mut ours = Peer::ours();
    let mut earlier = client(&mut ours);
    let mut deaf = client(&mut ours);
    let before = ours.resident_kib();
    let sent = send_until_refused(deaf.stream(), STATES);
    answers(&mut ours, &mut earlier);
    goes_on(&mut ours, &mut earlier);
    let grown = ours.resident_kib().saturating_sub(before);
    assert!(grown < 4096, "{grown} KiB for a client that does not read");

    // the last request may have been cut
    let whole = sent / STATES.len();
    assert!(whole > 100, "only {whole} requests were taken");
    for _ in 0..whole {
        let answer = deaf.line();
        assert!(
            answer.starts_with(b"{\"return\": [{") && answer.ends_with(b"\"id\": 1}\r\n"),
            "{}",
            answer.escape_ascii()
        );
    }
    deaf.send(&STATES[sent % STATES.len()..]);
    deaf.line();
}

/// A prompt that echoes what it is sent, to a client that does not read.
#[test]
fn a_person_who_does_not_read_is_no_burden_either() {
    let mut ours = Peer::ours();
    let mut earlier = client(&mut ours);
    let deaf = ours.connect("monitor");
    let before = ours.resident_kib();
    send_until_refused(deaf.stream(), b"info trace-events *\n");
    answers(&mut ours, &mut earlier);
    goes_on(&mut ours, &mut earlier);
    let grown = ours.resident_kib().saturating_sub(before);
    assert!(grown < 4096, "{grown} KiB for a client that does not read");
}

/// What never ends is refused, and takes no memory in proportion.
#[test]
fn what_never_ends_is_refused() {
    let mut ours = Peer::ours();
    let mut earlier = client(&mut ours);
    for (begin, piece) in [
        (&b"{\"execute\": \""[..], b"x"),
        (b"{\"execute\": [", b" "),
        (b"[", b"["),
        (b"[0", b"0"),
        (b"", b"a"),
        (b"{\"a\":[1", b","),
    ] {
        let mut endless = client(&mut ours);
        let before = ours.resident_kib();
        endless.send(begin);
        let pieces = piece.repeat(4096);
        let writer = endless.stream().try_clone().unwrap();
        let refused = thread::scope(|scope| {
            // 8 MiB; the client closes when it has seen the error, so that writing may fail
            scope.spawn(move || (0..2048).try_for_each(|_| (&writer).write_all(&pieces)));
            let refused = (piece != b" ").then(|| endless.line());
            endless.stream().shutdown(std::net::Shutdown::Read).unwrap();
            refused
        });
        if let Some(refused) = refused {
            let told = refused.escape_ascii().to_string();
            assert!(
                refused.starts_with(b"{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON "),
                "{told}"
            );
            assert!(refused.len() < 1024, "{told}");
        }
        let grown = ours.resident_kib().saturating_sub(before);
        assert!(grown < 32 * 1024, "{grown} KiB for {}", begin.escape_ascii());
        answers(&mut ours, &mut earlier);
    }
    goes_on(&mut ours, &mut earlier);
}

/// Sends until nothing is taken for a while. Gives back how many bytes were.
fn send_until_refused(to: &UnixStream, bytes: &[u8]) -> usize {
    const AT_MOST: usize = 64 << 20;
    to.set_nonblocking(true).unwrap();
    let (mut sent, mut refusals) = (0, 0);
    while refusals < 50 {
        match (&*to).write(&bytes[sent % bytes.len()..]) {
            Ok(written) => (sent, refusals) = (sent + written, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                refusals += 1;
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => panic!("{error} after {sent} bytes"),
        }
        assert!(sent < AT_MOST, "it takes whatever it is sent");
    }
    to.set_nonblocking(false).unwrap();
    sent
}
