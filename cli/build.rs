//! Links the program, which has the demo VMM's probes, for SystemTap.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bins=-Wl,-z,separate-code");
}
