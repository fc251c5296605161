//! What USDT probes cost: at rest, and hit, each form of ours beside the others, in turns in one run. `cargo xtask bench usdt` runs
//! this and keeps what it prints.

mod hits;
mod rest;
mod rivals;
mod sites;

use std::error::Error;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    rest::measure_all();
    hits::measure_all()
}
