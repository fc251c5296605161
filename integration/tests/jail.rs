//! A VMM that jails itself after its monitor has started, with the socket handed in as a descriptor.

use ftrace::{Instance, Tracefs};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

struct Jailed {
    child: Child,
    folder: PathBuf,
}

/// Commands of one client, and their answers after the greeting.
struct Client {
    stream: UnixStream,
    answers: std::io::Lines<BufReader<UnixStream>>,
}

impl Jailed {
    fn start(name: &str, instance: Option<&Instance>) -> Self {
        let folder = std::env::temp_dir().join(format!("vmtrace-jail-{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let listener: OwnedFd = UnixListener::bind(folder.join("qmp")).unwrap().into();
        let mut child = Command::new(env!("CARGO_BIN_EXE_jailed"))
            .arg("-D")
            .arg(folder.join("log"))
            .env(vmtrace::INSTANCE_VARIABLE, instance.map_or(Path::new(""), Instance::path))
            .stdin(Stdio::from(listener))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "jailed\n");
        Self { child, folder }
    }

    fn connect(&self) -> Client {
        let stream = UnixStream::connect(self.folder.join("qmp")).unwrap();
        let mut client = Client { answers: BufReader::new(stream.try_clone().unwrap()).lines(), stream };
        assert!(client.answers.next().unwrap().unwrap().starts_with("{\"QMP\""));
        assert_eq!(client.ask("{'execute': 'qmp_capabilities'}").unwrap(), "{\"return\": {}}");
        client
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap()
    }
}

impl Client {
    /// `None`: the VMM has gone.
    fn ask(&mut self, command: &str) -> Option<String> {
        self.stream.write_all(command.as_bytes()).unwrap();
        self.answers.next()?.ok()
    }
}

impl Drop for Jailed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

#[test]
fn a_vmm_is_controlled_in_its_jail() {
    let mut vmm = Jailed::start("controlled", None);
    let mut clients: Vec<Client> = (0..8).map(|_| vmm.connect()).collect();
    for client in &mut clients {
        let state = |on| {
            format!(
                "{{'execute': 'trace-event-set-state', 'arguments': {{'name': 'conv_none', 'enable': {on}}}}}"
            )
        };
        assert_eq!(client.ask(&state(false)).unwrap(), "{\"return\": {}}");
        assert_eq!(client.ask(&state(true)).unwrap(), "{\"return\": {}}");
        assert!(client.ask("nonsense!").unwrap().contains("JSON parse error"));
        // whoever may connect may ask for what the filter would kill for
        let logfile =
            "\r{'execute': 'human-monitor-command', 'arguments': {'command-line': 'logfile /tmp/x'}}";
        assert!(client.ask("\n").unwrap().contains("JSON parse error"));
        assert_eq!(
            client.ask(logfile).unwrap(),
            r#"{"return": "this VMM opens no files: it is in a jail\r\n"}"#
        );
        assert!(
            client
                .ask("{'execute': 'x-vmtrace-stats'}")
                .unwrap()
                .contains(r#""name": "log", "available": true, "delivered": "#)
        );
    }
    while vmm.log().lines().count() < 100 {
        assert!(vmm.child.try_wait().unwrap().is_none());
    }
    clients.truncate(1);
    assert_eq!(clients[0].ask("{'execute': 'quit'}").unwrap(), "{\"return\": {}}");
    let status = vmm.child.wait().unwrap();
    assert!(status.success(), "{status}");
    assert!(vmm.log().lines().all(|line| line.ends_with(":conv_none ")), "{}", vmm.log());
}

#[test]
fn its_events_go_to_the_kernels_ring() {
    let instance = match Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs)) {
        Ok(instance) => instance,
        Err(error) => return eprintln!("SKIP its_events_go_to_the_kernels_ring: {error}"),
    };
    let mut vmm = Jailed::start("kernel", Some(&instance));
    let mut client = vmm.connect();
    let enable = "{'execute': 'trace-event-set-state', 'arguments': {'name': 'conv_none', 'enable': true}}";
    assert_eq!(client.ask(enable).unwrap(), "{\"return\": {}}");
    while instance.read("trace").unwrap().matches("tracing_mark_write: conv_none").count() < 100 {
        assert!(vmm.child.try_wait().unwrap().is_none());
    }
    assert_eq!(client.ask("{'execute': 'quit'}").unwrap(), "{\"return\": {}}");
    let status = vmm.child.wait().unwrap();
    assert!(status.success() && vmm.log().is_empty(), "{status}");
    drop(vmm);
    instance.remove().unwrap();
}

#[test]
fn the_jail_kills_for_any_other_call() {
    let mut vmm = Jailed::start("kills", None);
    assert_eq!(vmm.connect().ask("{'execute': 'x-escape'}"), None);
    assert_eq!(vmm.child.wait().unwrap().signal(), Some(libc::SIGSYS));
}
