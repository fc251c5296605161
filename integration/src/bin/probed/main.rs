//! A program with probes of every size and sign and of strings, in each form, with and without semaphores, by hand and of events,
//! for `integration/tests/usdt` and its tools. The yardstick in C is `integration/usdt/yardstick.c`: both do the same at the same
//! words, `hit N` and `on`.

mod by_hand;
mod events;

use std::error::Error;
use std::hint::black_box;
use std::io::{self, BufRead, Write};

struct Values {
    truth: bool,
    u8: u8,
    i8: i8,
    u16: u16,
    i16: i16,
    u32: u32,
    i32: i32,
    u64: u64,
    i64: i64,
    pointer: usize,
    name: &'static str,
}

/// Those of the first hit and all other odd ones, and of the even ones.
const VALUES: [Values; 2] = [
    Values {
        truth: true,
        u8: 200,
        i8: -100,
        u16: 60_000,
        i16: -30_000,
        u32: 4_000_000_000,
        i32: -2_000_000_000,
        u64: 0xfedc_ba98_7654_3210,
        i64: -81_985_529_216_486_896,
        pointer: 0xffff_8880_0000_1000,
        name: "virtio-disk0",
    },
    Values {
        truth: false,
        u8: 7,
        i8: 100,
        u16: 77,
        i16: 30_000,
        u32: 777,
        i32: 2_000_000_000,
        u64: 7777,
        i64: 81_985_529_216_486_896,
        pointer: 0,
        name: "café \"x\"",
    },
];

fn main() -> Result<(), Box<dyn Error>> {
    let _tracing = events::set_up()?;
    let mut hits = 0;
    for line in io::stdin().lock().lines() {
        let line = line?;
        if let Some(times) = line.strip_prefix("hit ") {
            for _ in 0..times.parse()? {
                hit(hits);
                hits += 1;
            }
            println!("{line}");
        } else {
            println!("{}", [vec!["on"], by_hand::on(), events::on()].concat().join(" "));
        }
        io::stdout().flush()?;
    }
    Ok(())
}

/// Hits each probe once.
fn hit(hit: usize) {
    let values = black_box(&VALUES[hit % 2]);
    let first = black_box([0, 1000][hit % 2]);
    by_hand::hit(values, first);
    events::emit(values, first);
}
