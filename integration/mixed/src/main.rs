//! A program whose `main` is Rust's.

use monitor::{Endpoint, Monitor, Server};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1).collect();
    let setup = vmtrace::Setup::new().group(&mixed::GROUP).arguments(&mut args)?;
    let endpoints = Endpoint::arguments(&mut args)?;
    if let Some(help) = setup.help() {
        print!("{help}");
        return Ok(());
    }
    let _server = Server::start(Monitor::new(setup.init()?).name("mixed"), endpoints)?;
    for line in std::io::stdin().lines() {
        mixed::turn(line?.parse()?);
        println!("done");
    }
    Ok(())
}
