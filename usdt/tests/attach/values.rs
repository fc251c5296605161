//! What a listener tells of arguments.

use crate::probed::{file, own, probe};
use std::ptr;
use usdt::{HitText, Listener, TEXT_MAX, Text, Value};

pub(crate) fn every_size_and_sign() {
    #[allow(clippy::many_single_char_names, clippy::too_many_arguments)]
    #[inline(never)]
    fn hit(
        a: u8,
        b: i8,
        c: u16,
        d: i16,
        e: u32,
        f: i32,
        g: u64,
        h: i64,
        i: usize,
        j: isize,
        k: bool,
        l: *const u8,
    ) {
        usdt::probe!("attach", "integers"; a: u8, b: i8, c: u16, d: i16, e: u32, f: i32, g: u64, h: i64,
            i: usize, j: isize, k: bool, l: ptr);
    }
    use Value::{Signed, Unsigned};

    let mut listener = Listener::new(0).unwrap();
    let _attached = listener.attach(&file(), &probe("integers"), own(), &[]).unwrap();
    let top = ptr::without_provenance(usize::MAX);
    hit(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, false, ptr::null());
    hit(255, -1, 65535, -1, u32::MAX, -1, u64::MAX, -1, usize::MAX, -1, true, top);
    hit(128, i8::MIN, 1 << 15, i16::MIN, 1 << 31, i32::MIN, 1 << 63, i64::MIN, 1, isize::MIN, true, top);

    let max = u64::MAX;
    let expected = [
        [
            Unsigned(0),
            Signed(0),
            Unsigned(0),
            Signed(0),
            Unsigned(0),
            Signed(0),
            Unsigned(0),
            Signed(0),
            Unsigned(0),
            Signed(0),
            Unsigned(0),
            Unsigned(0),
        ],
        [
            Unsigned(255),
            Signed(-1),
            Unsigned(65535),
            Signed(-1),
            Unsigned(0xffff_ffff),
            Signed(-1),
            Unsigned(max),
            Signed(-1),
            Unsigned(max),
            Signed(-1),
            Unsigned(1),
            Unsigned(max),
        ],
        [
            Unsigned(128),
            Signed(-128),
            Unsigned(1 << 15),
            Signed(-32768),
            Unsigned(1 << 31),
            Signed(-1 << 31),
            Unsigned(1 << 63),
            Signed(i64::MIN),
            Unsigned(1),
            Signed(i64::MIN),
            Unsigned(1),
            Unsigned(max),
        ],
    ];
    for expected in expected {
        assert_eq!(listener.read().expect("it was hit").values, expected);
    }
    assert_eq!(listener.read(), None);
}

pub(crate) fn strings() {
    #[inline(never)]
    fn hit(first: *const u8, number: u16, second: *const u8) {
        usdt::probe!("attach", "strings"; first: ptr, number: u16, second: ptr);
    }
    let text = |string: &str, is_cut| Value::Text(HitText { bytes: string.as_bytes().to_vec(), is_cut });
    let (full, over) = ("x".repeat(TEXT_MAX), "x".repeat(TEXT_MAX + 1));
    let long_in_c = std::ffi::CString::new("y".repeat(10 * TEXT_MAX)).unwrap();

    let mut listener = Listener::new(0).unwrap();
    let _attached = listener.attach(&file(), &probe("strings"), own(), &[0, 2]).unwrap();
    for string in ["", "sda", "zwölf", &full, &over] {
        let copied = Text::new(Some(string.as_bytes()));
        hit(copied.as_ptr(), 7, Text::new(None).as_ptr());
        let seen =
            if string == over { format!("{}…", "x".repeat(TEXT_MAX - 3)) } else { string.to_owned() };
        let hit = listener.read().expect("it was hit");
        assert_eq!(hit.values, [text(&seen, false), Value::Unsigned(7), Value::Null]);
    }
    let nowhere = ptr::without_provenance(8);
    hit(nowhere, 8, long_in_c.as_ptr().cast());
    let hit = listener.read().expect("it was hit");
    assert_eq!(hit.values, [Value::Fault(8), Value::Unsigned(8), text(&"y".repeat(TEXT_MAX), true)]);
}

/// It is told as a fault, or comes in while the program stands at the probe.
pub(crate) fn a_string_that_was_not_in_memory() {
    #[inline(never)]
    fn hit(string: *const u8) {
        usdt::probe!("attach", "late"; string: ptr);
    }
    /// Two pages of this program's file, of which at least one holds nothing else.
    #[repr(align(4096))]
    struct Pages([[u8; 4096]; 2]);
    static PAGES: Pages = {
        let mut pages = [[b'z'; 4096]; 2];
        pages[0][4000] = 0;
        pages[1][3] = 0;
        Pages(pages)
    };

    let mut listener = Listener::new(0).unwrap();
    let start = PAGES.0.as_ptr().cast::<u8>();
    // SAFETY: the pages are the file's, and unchanged: they come back as they were.
    assert_eq!(unsafe { libc::madvise(start.cast_mut().cast(), 8192, libc::MADV_DONTNEED) }, 0);
    let attached = listener.attach(&file(), &probe("late"), own(), &[0]).unwrap();
    hit(start.wrapping_add(4090));
    assert_eq!(listener.read().expect("it was hit").values, [Value::Fault(start.addr() as u64 + 4090)]);
    drop(attached);

    let attached = listener.attach_bringing_in(&file(), &probe("late"), own(), &[0]).unwrap();
    // over the border between them
    hit(start.wrapping_add(4090));
    let Value::Text(text) = listener.read().expect("it was hit").values.remove(0) else { panic!("no text") };
    assert_eq!(text, HitText { bytes: vec![b'z'; 9], is_cut: false });

    hit(start.wrapping_add(3999));
    let Value::Text(text) = listener.read().expect("it was hit").values.remove(0) else { panic!("no text") };
    assert_eq!(text, HitText { bytes: vec![b'z'], is_cut: false });
    assert_eq!((attached.hits(), attached.lost(), listener.read()), (2, 0, None));
}

/// Whatever place a note names, the kernel takes the program that reads it.
#[cfg(target_arch = "x86_64")]
pub(crate) fn every_place() {
    use usdt::{Argument, Extend, Index, Kind, Memory, Part, Place, Register, Symbol};

    #[inline(never)]
    fn hit(number: u64) {
        usdt::probe!("attach", "places"; number: u64);
    }
    let registers = [
        Register::Rax,
        Register::Rbx,
        Register::Rcx,
        Register::Rdx,
        Register::Rsi,
        Register::Rdi,
        Register::Rbp,
        Register::Rsp,
        Register::R8,
        Register::R9,
        Register::R10,
        Register::R11,
        Register::R12,
        Register::R13,
        Register::R14,
        Register::R15,
        Register::Rip,
        Register::Xmm(7),
    ];
    let symbol = |address| Symbol { name: "some".into(), address, low12: false };
    let mut places = vec![
        Place::Other,
        Place::Constant(0),
        Place::Constant(i64::MIN),
        Place::Memory(Memory::default()),
        Place::Memory(Memory { symbol: Some(symbol(None)), ..Memory::default() }),
    ];
    for address in [0, 8, u64::MAX] {
        for displacement in [0, -1, i64::MAX, i64::MIN] {
            places.push(Place::Address { symbol: symbol(Some(address)), displacement });
            let symbol = Some(Symbol { low12: displacement == 0, ..symbol(Some(address)) });
            places.push(Place::Memory(Memory { symbol, displacement, ..Memory::default() }));
        }
    }
    for register in registers {
        for (shift, width) in [(0, 8), (0, 4), (8, 1), (255, 255)] {
            places.push(Place::Register(Part { register, shift, width }));
        }
        for (scale, extend) in [(1, Extend::Whole), (16, Extend::Signed32), (255, Extend::Unsigned32)] {
            let index = Some(Index { register, scale, extend });
            let base = Some(register);
            places.push(Place::Memory(Memory { base, displacement: i64::from(scale), ..Memory::default() }));
            places.push(Place::Memory(Memory { base, index, displacement: -8, ..Memory::default() }));
            places.push(Place::Memory(Memory { index, symbol: Some(symbol(Some(8))), ..Memory::default() }));
        }
    }
    let arguments: Vec<Argument> = places
        .into_iter()
        .zip([1, 2, 4, 8, 16, 0, 255].into_iter().cycle())
        .zip([Kind::Unsigned, Kind::Signed, Kind::Float].into_iter().cycle())
        .map(|((place, size), kind)| Argument { size, kind, place, spelling: String::new() })
        .collect();

    let site = probe("places");
    for arguments in arguments.chunks(12) {
        let probe = usdt::Probe { arguments: arguments.to_vec(), ..site.clone() };
        let all: Vec<usize> = (0..arguments.len()).collect();
        let mut listener = Listener::new(0).unwrap();
        let attached = [
            listener.attach(&file(), &probe, own(), &all).unwrap(),
            listener.attach_bringing_in(&file(), &probe, own(), &all).unwrap(),
        ];
        hit(7);
        for attached in &attached {
            let hit = listener.read().expect("it was hit");
            assert_eq!(hit.values.len(), arguments.len());
            assert_eq!((attached.hits(), attached.lost()), (1, 0));
        }
    }
}
