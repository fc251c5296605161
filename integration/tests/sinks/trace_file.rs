//! `trace-file` from outside while threads emit.

use crate::program::Folder;
use crate::routes::Client;
use crate::trail::Trail;

const ROUNDS: usize = 100;

#[test]
fn switched_by_hundreds_under_load() {
    for settings in ["wait=on", "ring=64K"] {
        let folder = Folder::new("trace-file");
        let option = format!("emitter_tick,sink=simple,file=trace-first,{settings}");
        let args = ["-qmp", "unix:qmp,server=on,wait=off", "-trace", &option];
        let mut emitter = folder.start(&args, "load=3 pause rest drain stats");
        emitter.ready();
        let mut client = Client::connect(&folder.file("qmp"));
        for round in 0..ROUNDS {
            // `on` would empty a file that has something
            for command in [
                format!("trace-file set trace-{round}-on"),
                "trace-file flush".to_owned(),
                "trace-file off".to_owned(),
                format!("trace-file set trace-{round}-off"),
                "trace-file on".to_owned(),
            ] {
                assert_eq!(client.hmp(&command), "", "{command}");
            }
            let last = format!("Trace file \"trace-{round}-off\" on.\n");
            assert_eq!(client.hmp("trace-file"), last);
        }
        emitter.go_on();
        let said = emitter.end();
        let mut events = 0;
        let names = (0..ROUNDS).flat_map(|round| [format!("trace-{round}-on"), format!("trace-{round}-off")]);
        for name in names.chain(["trace-first".to_owned()]) {
            let trail = Trail::simple(&folder.file(&name));
            trail.check_order();
            events += trail.events();
        }
        let sink = said.sink("simple");
        eprintln!("{settings}: {events} of {} in {} files", said.emitted(), 2 * ROUNDS + 1);
        assert_eq!((sink.delivered, sink.delivered + sink.lost), (events, said.emitted()), "{}", sink.why);
    }
}
