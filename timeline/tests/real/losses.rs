//! What the kernel had no room for is told where it was lost, and counted.

use crate::capture::{Capture, Scratch};
use timeline::{Source, Timeline};

#[test]
fn every_loss_is_counted_in_its_place() {
    const WRITTEN: u64 = 20_000;
    let scratch = Scratch::new("losses");
    let dir = scratch.0.join("run");
    let capture = match Capture::start(&[], 64) {
        Ok(capture) => capture,
        Err(reason) => return eprintln!("SKIP every_loss_is_counted_in_its_place: {reason}"),
    };
    for number in 0..WRITTEN {
        capture.mark(&format!("numbered {number}"));
    }
    let captured = capture.finish(&dir, None);
    let timeline = Timeline::open(&captured.recording).unwrap();
    let overrun: u64 = timeline
        .manifest()
        .kernel
        .as_ref()
        .unwrap()
        .cpus
        .iter()
        .map(|ring| ring.overrun + ring.dropped)
        .sum();
    assert!(overrun > 0);

    let (mut lost, mut kept, mut before) = (0, 0, None);
    let mut items = timeline.items().unwrap();
    while let Some(item) = items.next().unwrap() {
        let text = item.text();
        if item.source == Source::Lost {
            assert_eq!(item.event, "lost");
            lost += text.split(' ').next().unwrap().parse::<u64>().unwrap();
        } else {
            kept += 1;
            let number: u64 = text.parse().unwrap();
            // nothing is out of order, on whatever cpus the markers were written
            assert!(before.is_none_or(|before| number > before), "{before:?} {number}");
            before = Some(number);
        }
    }
    assert_eq!((lost, lost + kept), (overrun, WRITTEN));
    let warned = timeline.notes().iter().any(|note| note.warning && note.text.contains("events were lost"));
    assert!(warned, "{:?}", timeline.notes());
}
