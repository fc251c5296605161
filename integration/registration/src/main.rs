//! The same from Rust.

fn main() {
    println!("{}", registration::registered_events());
}
