//! A VMM that allows itself no more descriptors. A process of its own, since the limit is the process's.

#[allow(dead_code)] // what its other user needs
#[path = "../hmp/vmm.rs"]
mod vmm;

use monitor::{Endpoint, Monitor, Protocol, Server};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

/// poll(2) fails where it is given more descriptors than a process may have.
#[test]
fn a_server_ends_though_it_can_wait_for_nothing() {
    let path = vmm::scratch("limits");
    let server =
        Server::start(Monitor::new(vmm::tracing()), vec![Endpoint::unix(Protocol::Qmp, &path)]).unwrap();
    let mut client = UnixStream::connect(&path).unwrap();
    let mut answers = BufReader::new(client.try_clone().unwrap()).lines();
    assert!(answers.next().unwrap().is_ok());
    let before = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: Some(0), ..before }).unwrap();
    // if it waits since before, this ends that: the next time it cannot
    client.write_all(b"{'execute': 'qmp_capabilities'}").unwrap();
    drop(server);
    setrlimit(Resource::Nofile, before).unwrap();
    assert!(!path.exists());
}
