//! The server's turns and its listeners. A process of its own.

#[allow(dead_code)] // what its other user needs
#[path = "../hmp/vmm.rs"]
mod vmm;

use monitor::{Endpoint, Error, Json, Monitor, Protocol, Server};
use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::{Arc, Mutex, mpsc};

/// A client, negotiated.
fn connect(path: &std::path::Path) -> (UnixStream, Lines<BufReader<UnixStream>>) {
    let mut stream = UnixStream::connect(path).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap()).lines();
    stream.write_all(b"{'execute': 'qmp_capabilities'}").unwrap();
    assert_eq!(answers.by_ref().nth(1).unwrap().unwrap(), r#"{"return": {}}"#);
    (stream, answers)
}

#[test]
fn a_client_of_many_commands_lets_others_have_their_turn() {
    let path = vmm::scratch("turns");
    let (ran, (begin, reached), (resume, may)) = (Arc::default(), mpsc::channel(), mpsc::channel());
    let (kept, may) = (Arc::<Mutex<Vec<String>>>::clone(&ran), Mutex::new(may));
    let monitor = Monitor::new(vmm::tracing()).command("run", move |mut arguments| {
        let name = arguments.string("name")?;
        if name == "long" {
            begin.send(()).unwrap();
            may.lock().unwrap().recv().unwrap();
        }
        kept.lock().unwrap().push(name);
        Ok(Json::object([]))
    });
    let server = Server::start(monitor, vec![Endpoint::unix(Protocol::Qmp, &path)]).unwrap();
    let (mut one, one_answers) = connect(&path);
    let (mut other, mut other_answers) = connect(&path);
    let run = |name: &str| format!("{{'execute': 'run', 'arguments': {{'name': '{name}'}}}}");

    one.write_all((run("long") + &run("many").repeat(9)).as_bytes()).unwrap();
    reached.recv().unwrap();
    other.write_all(run("other").as_bytes()).unwrap();
    resume.send(()).unwrap();
    assert_eq!(other_answers.next().unwrap().unwrap(), r#"{"return": {}}"#);
    assert_eq!(one_answers.take(10).count(), 10);
    // the other's was there when the second of the ten was looked for: it comes before the third
    assert_eq!(ran.lock().unwrap().iter().position(|name| name == "other"), Some(2));
    drop(server);
}

/// poll(2) tells both of a client, and one accepts it.
#[test]
fn a_listener_may_be_others_too() {
    let path = vmm::scratch("shared");
    let listener = UnixListener::bind(&path).unwrap();
    let servers = [(); 2].map(|()| {
        let endpoint = Endpoint::descriptor(Protocol::Qmp, listener.try_clone().unwrap().into());
        Server::start(Monitor::new(vmm::tracing()), vec![endpoint]).unwrap()
    });
    for _ in 0..20 {
        drop(connect(&path));
    }
    // one that waited for a client would not end
    drop(servers);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn half_a_connection_is_refused() {
    let (read, write) = std::io::pipe().unwrap();
    for fd in [read.into(), write.into()] {
        let endpoint = Endpoint::descriptor(Protocol::Qmp, fd);
        let error = Server::start(Monitor::new(vmm::tracing()), vec![endpoint]).unwrap_err();
        assert!(matches!(error, Error::Descriptor { .. }));
        assert!(error.to_string().contains("is for one direction only"), "{error}");
    }
}

/// What a person at a terminal has not read keeps nobody else waiting, and what it was opened as stays.
#[test]
fn a_terminal_that_nobody_reads() {
    let path = vmm::scratch("terminal");
    let pty = nix::pty::openpty(None, None).unwrap();
    let terminal = pty.slave.try_clone().unwrap();
    let endpoints =
        vec![Endpoint::descriptor(Protocol::Human, terminal), Endpoint::unix(Protocol::Qmp, &path)];
    let server = Server::start(Monitor::new(vmm::tracing()), endpoints).unwrap();
    let blocking = |fd| !rustix::fs::fcntl_getfl(fd).unwrap().contains(rustix::fs::OFlags::NONBLOCK);
    assert!(blocking(&pty.slave));

    // far more than a terminal holds (4096 bytes of input, 64 KiB of output) until the one and the other are full
    rustix::io::ioctl_fionbio(&pty.master, true).unwrap();
    let mut quiet = 0;
    while quiet < 50 {
        if rustix::io::write(&pty.master, b"help\n").is_ok() {
            quiet = 0;
        } else {
            quiet += 1;
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
    let (mut other, mut answers) = connect(&path);
    other.write_all(b"{'execute': 'query-name'}").unwrap();
    assert_eq!(answers.next().unwrap().unwrap(), r#"{"return": {"name": "VMM"}}"#);
    drop(server);
}

#[test]
fn no_command_is_out_of_band() {
    let path = vmm::scratch("oob");
    let _server =
        Server::start(Monitor::new(vmm::tracing()), vec![Endpoint::unix(Protocol::Qmp, &path)]).unwrap();
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"{'execute': 'qmp_capabilities', 'arguments': {'enable': ['oob']}}").unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap()).lines().skip(2);
    for (command, expected) in [
        (
            "qmp_capabilities",
            r#""GenericError", "desc": "The command qmp_capabilities does not support OOB""#,
        ),
        ("query-name", r#""GenericError", "desc": "The command query-name does not support OOB""#),
        ("nosuch", r#""CommandNotFound", "desc": "The command nosuch has not been found""#),
    ] {
        stream.write_all(format!("{{'exec-oob': '{command}'}}").as_bytes()).unwrap();
        assert_eq!(answers.next().unwrap().unwrap(), format!("{{\"error\": {{\"class\": {expected}}}}}"));
    }
}

/// What comes back is not much more than what was sent: six bytes for one at most (`\u007F`).
#[test]
fn an_answer_does_not_grow() {
    let monitor = Monitor::new(vmm::tracing());
    for piece in ["1e308,", "-1e-308,", "9e99,", "'\u{7f}\u{7f}\u{7f}\u{7f}',", "[],", "{'':{}},"] {
        let command = format!("{{'execute': 'query-name', 'id': [{}0]}}", piece.repeat(4000));
        let answer = monitor.answer(command.as_bytes());
        assert!(answer.contains("return") && answer.len() < 6 * command.len(), "{piece}: {}", answer.len());
    }
}
