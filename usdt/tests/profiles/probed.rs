//! Probes in every place and of every type, built by `profiles.rs` in every way.

usdt::semaphore!(static LISTENED);

#[inline(never)]
#[allow(clippy::too_many_arguments)]
fn twelve(
    b: bool,
    u: u8,
    i: i8,
    v: u16,
    j: i16,
    w: u32,
    k: i32,
    x: u64,
    l: i64,
    y: usize,
    z: isize,
    p: *const u8,
) -> u64 {
    usdt::probe!(
        "demo", "twelve";
        b: bool, u: u8, i: i8, v: u16, j: i16, w: u32, k: i32, x: u64, l: i64, y: usize, z: isize, p: ptr
    );
    usdt::probe!("demo", "guarded", if LISTENED; sum: u64 = x + 1, place: ptr = &x);
    x.wrapping_add_signed(l)
}

#[inline(always)]
fn inlined(number: i32) {
    usdt::probe!("demo", "inlined"; number: i32);
}

#[inline(never)]
fn generic<T: Copy + Into<i64>>(number: T) {
    usdt::probe!("demo", "generic"; number: i64 = number.into());
}

/// What C calls in the library.
#[inline(never)]
#[unsafe(no_mangle)]
pub extern "C" fn probed(number: i32) -> u64 {
    usdt::probe!("demo", "none");
    usdt::probe!(nop1, "demo", "nop1");
    usdt::probe!(nop5, "other", "nop5"; c: c_char = 1, l: c_long = 2, u: c_ulong = 3);
    usdt::probe!("demo", "type"; r#type: u8 = 1, old: u8 = 2,);
    usdt::probe!("demo", "double__underscore");
    usdt::probe!("site", "site");
    usdt::probe!("LOCAL", "local");
    (inlined(number), inlined(number + 1), inlined(number + 2));
    (generic(number), generic(7_u8), generic(-1_i64));
    twelve(true, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, std::ptr::null())
}

#[allow(dead_code)] // in the library
fn main() {
    println!("{}", probed(i32::try_from(std::env::args().count()).unwrap_or(0)));
}
