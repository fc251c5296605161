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
