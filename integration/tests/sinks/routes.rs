//! Which event goes where, as it changes, and what is told of it.

use crate::program::Folder;
use crate::trail::Trail;
use ftrace::{Instance, Tracefs};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A QMP client.
pub(crate) struct Client {
    stream: UnixStream,
    answers: std::io::Lines<BufReader<UnixStream>>,
}

impl Client {
    pub(crate) fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        let mut client = Self { answers: BufReader::new(stream.try_clone().unwrap()).lines(), stream };
        assert!(client.answers.next().unwrap().unwrap().starts_with("{\"QMP\""));
        client.ask("{'execute': 'qmp_capabilities'}");
        client
    }

    pub(crate) fn ask(&mut self, command: &str) -> serde_json::Value {
        let answer = self.answer(command);
        answer.get("return").unwrap_or_else(|| panic!("{command}: {answer}")).clone()
    }

    /// Why a command is refused.
    pub(crate) fn refusal(&mut self, command: &str) -> String {
        let answer = self.answer(command);
        answer["error"]["desc"].as_str().unwrap_or_else(|| panic!("{command}: {answer}")).to_owned()
    }

    fn answer(&mut self, command: &str) -> serde_json::Value {
        self.stream.write_all(command.as_bytes()).unwrap();
        let answer = self.answers.next().unwrap().unwrap();
        serde_json::from_str(&answer).unwrap()
    }

    /// A command of the human monitor.
    pub(crate) fn hmp(&mut self, line: &str) -> String {
        let command =
            format!("{{'execute': 'human-monitor-command', 'arguments': {{'command-line': '{line}'}}}}");
        self.ask(&command).as_str().unwrap().replace("\r\n", "\n")
    }

    fn route(&mut self, name: &str, sinks: &[&str]) {
        let sinks: Vec<String> = sinks.iter().map(|sink| format!("'{sink}'")).collect();
        let arguments = format!("{{'name': '{name}', 'sinks': [{}]}}", sinks.join(", "));
        self.ask(&format!("{{'execute': 'x-vmtrace-route', 'arguments': {arguments}}}"));
    }

    /// What a sink took and lost, by `x-vmtrace-stats`.
    fn stats(&mut self, sink: &str) -> (u64, u64) {
        let stats = self.ask("{'execute': 'x-vmtrace-stats'}");
        let sink = stats["sinks"].as_array().unwrap().iter().find(|told| told["name"] == sink).unwrap();
        (sink["delivered"].as_u64().unwrap(), sink["lost"].as_u64().unwrap())
    }
}

#[test]
fn events_go_where_they_are_sent() {
    let instance = Tracefs::find_or_mount().and_then(|(tracefs, _)| Instance::create(&tracefs));
    let instance = match instance {
        Ok(instance) => instance,
        Err(error) => return eprintln!("SKIP events_go_where_they_are_sent: {error}"),
    };
    let folder = Folder::new("routes");
    let ftrace_file = instance.path().to_str().unwrap().to_owned();
    let steps = "pause burst=1x100 drain pause burst=1x100 drain pause burst=1x100 drain pause";
    let args = ["-qmp", "unix:qmp,server=on,wait=off", "-D", "log", "-trace", "-emitter_tick,log=queued"];
    let mut emitter = folder.start_with(&[(vmtrace::INSTANCE_VARIABLE, &ftrace_file)], &args, steps);
    emitter.ready();
    let mut client = Client::connect(&folder.file("qmp"));
    client.hmp("trace-file set trace");
    client.hmp("trace-file on");
    // one event to ftrace, the other to the binary trace
    client.route("emitter_tick", &["ftrace"]);
    client.route("emitter_other", &["simple"]);
    assert_eq!(client.hmp("info trace-routes"), "emitter_tick : ftrace\nemitter_other : simple\n");
    assert_eq!(client.hmp("info trace-events emitter_tick"), "emitter_tick : state 1\n");
    emitter.go_on();
    emitter.ready();
    // another to both, and the log
    client.route("emitter_tick", &["ftrace", "simple", "log"]);
    client.route("emitter_other", &["own"]);
    assert_eq!(client.hmp("info trace-routes"), "emitter_tick : log,simple,ftrace\nemitter_other : own\n");
    emitter.go_on();
    emitter.ready();
    client.route("emitter_*", &[]);
    assert_eq!(client.hmp("info trace-routes"), "");
    emitter.go_on();
    emitter.ready();
    let ring = instance.read("trace").unwrap();
    let in_ring = |event: &str| ring.matches(&format!("tracing_mark_write: {event} ")).count() as u64;
    let trace = Trail::simple(&folder.file("trace"));
    let (own, _) = Trail::own(&folder.file("own"));
    let (ticks, others) = ("emitter_tick", "emitter_other");
    assert_eq!((in_ring(ticks), in_ring(others)), (200, 0));
    assert_eq!((trace.of(ticks).events(), trace.of(others).events()), (100, 100));
    let log = Trail::log(&folder.file("log"));
    assert_eq!((log.of(ticks).events(), log.of(others).events()), (100, 0));
    assert_eq!((own.of(ticks).events(), own.of(others).events()), (0, 100));
    for (sink, delivered) in
        [("ftrace", 200), ("simple", 200), ("log", 100), ("own", 100), ("peer", 0), ("syslog", 0)]
    {
        assert_eq!(client.stats(sink), (delivered, 0), "{sink}");
        let told = client.hmp("info trace-sinks");
        assert!(told.contains(&format!("{sink} : available, {delivered} records\n")), "{told}");
    }
    emitter.go_on();
    assert!(emitter.end().status.success());
    instance.remove().unwrap();
}

/// An event that goes on to a sink loses nothing there, whatever else changes; one that is emitted goes somewhere or nowhere, once.
#[test]
fn switched_under_load() {
    let folder = Folder::new("switched");
    let trace = "emitter_tick,sink=simple,file=trace,wait=on";
    let args = ["-qmp", "unix:qmp,server=on,wait=off", "-trace", trace, "-D", "log"];
    let mut emitter = folder.start(&args, "load=4 pause rest drain stats");
    emitter.ready();
    let mut client = Client::connect(&folder.file("qmp"));
    for round in 0..200 {
        client.route(
            "emitter_tick",
            if round % 2 == 0 { &["own", "simple"] } else { &["simple", "peer", "log"] },
        );
        client.route("emitter_other", if round % 3 == 0 { &["own", "peer"] } else { &[] });
    }
    client.route("emitter_*", &["simple"]);
    emitter.go_on();
    let said = emitter.end();
    let trace = Trail::simple(&folder.file("trace"));
    trace.of("emitter_tick").check(&said, true);
    assert_eq!(said.sink("simple").delivered, trace.events());
    for name in ["own", "peer"] {
        let (trail, _) = Trail::own(&folder.file(name));
        trail.check_order();
        assert_eq!((said.sink(name).delivered, said.sink(name).lost), (trail.events(), 0), "{name}");
    }
}
