//! What an operator types.
fn main() {}
