//! The locals of functions with probes, on the host's kernel; `in_vm` has the same on others.

#[test]
#[cfg(target_arch = "x86_64")]
fn probes_leave_the_locals_alone() {
    use usdt::{Error, Refused};
    match usdt::long_nops() {
        Err(lacking @ Error::Listen { why: Refused::Rights { .. } | Refused::NoUprobes }) => {
            eprintln!("SKIP probes_leave_the_locals_alone: {lacking}");
        }
        _ => integration::red_zone::check().unwrap(),
    }
}
