//! The timeline as JSON, one object a line.

use crate::Error;
use crate::item::Item;
use serde::Serialize;
use std::io::Write;

/// An item. The names and meanings of the fields stay as they are; new ones may come.
#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    time_ns: u64,
    earliest_ns: u64,
    latest_ns: u64,
    cpu: Option<u32>,
    thread: Option<u32>,
    comm: Option<&'a str>,
    source: &'a str,
    event: &'a str,
    text: &'a str,
    exit_ns: Option<u64>,
}

pub(super) fn item(item: &Item<'_>, out: &mut dyn Write) -> Result<(), Error> {
    let text = item.text();
    line(
        &Line {
            kind: "item",
            time_ns: item.placed,
            earliest_ns: item.when.earliest,
            latest_ns: item.when.latest,
            cpu: item.cpu,
            thread: item.thread,
            comm: item.comm,
            source: item.source.as_str(),
            event: &item.event,
            text: &text,
            exit_ns: item.exit,
        },
        out,
    )
}

/// An object of a kind, on a line.
pub(super) fn tagged(kind: &'static str, what: &impl Serialize, out: &mut dyn Write) -> Result<(), Error> {
    #[derive(Serialize)]
    struct Tagged<'a, T> {
        kind: &'static str,
        #[serde(flatten)]
        what: &'a T,
    }
    line(&Tagged { kind, what }, out)
}

fn line(what: &impl Serialize, out: &mut dyn Write) -> Result<(), Error> {
    serde_json::to_writer(&mut *out, what).map_err(|error| Error::write(error.into()))?;
    out.write_all(b"\n").map_err(Error::write)
}
