//! Calls each event of a file in Rust, and in C, and asks C's `snprintf`: three times the same text.

use capi as _;
use printf::Text;
use std::cell::RefCell;
use std::error::Error;
use std::ffi::{CStr, c_char, c_int, c_uint};
use std::mem::MaybeUninit;
use std::slice;
use vmtrace::{Record, Setup, Sink};

mod trace {
    vmtrace::include_events!("rust");
}

/// The events' names, and calls of them in Rust.
type Calls = &'static [(&'static str, fn(c_uint))];

#[allow(clippy::cast_lossless, clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // C's conversions
#[allow(clippy::unnecessary_cast, clippy::identity_op)] // as the type and the argument's place may be
static CALLS: Calls = include!(concat!(env!("OUT_DIR"), "/calls.rs"));

/// The same in C: `BothCalls`.
#[repr(C)]
struct CCalls {
    call: extern "C" fn(c_uint),
    print: unsafe extern "C" fn(c_uint, *mut c_char, usize) -> c_int,
}

unsafe extern "C" {
    static both_calls: CCalls;
    safe fn both_integer(turn: c_uint) -> u64;
    safe fn both_text(turn: c_uint) -> *const c_char;
}

fn integer(turn: c_uint) -> u64 {
    both_integer(turn)
}

fn text(turn: c_uint) -> Option<&'static CStr> {
    let text = both_text(turn);
    // SAFETY: those that are not NULL are literals.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

thread_local! {
    static SEEN: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// More than any text here needs.
const ROOM: usize = 16384;

/// As many as there are values.
const ROUNDS: c_uint = 6;

/// Keeps the exact texts of the thread's records.
struct Exact;

impl Sink for Exact {
    fn name(&self) -> &'static str {
        "exact"
    }

    fn emit(&self, record: &Record<'_>) {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut text = Text::new(&mut room);
        record.render(&mut text);
        SEEN.with_borrow_mut(|seen| seen.push(text.as_bytes().to_vec()));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let tracing = Setup::new().group(&trace::GROUP).sink(Exact)?.init()?;
    // SAFETY: there is one for each event.
    let in_c = unsafe { slice::from_raw_parts(&raw const both_calls, CALLS.len()) };
    let mut compared = 0;
    for is_on in [false, true, false] {
        if is_on {
            tracing.route("*", &["exact"])?;
        } else {
            tracing.disable("*")?;
        }
        for ((name, in_rust), in_c) in CALLS.iter().zip(in_c) {
            for round in 0..ROUNDS {
                in_rust(round);
                (in_c.call)(round);
                let seen = SEEN.take();
                let expected = printed(in_c, round);
                let wanted = if is_on { vec![expected.clone(), expected] } else { Vec::new() };
                if seen != wanted {
                    let shown = |texts: &[Vec<u8>]| {
                        texts.iter().map(|text| text.escape_ascii().to_string()).collect::<Vec<_>>()
                    };
                    return Err(
                        format!("{name}, {round}: {:?}, wanted {:?}", shown(&seen), shown(&wanted)).into()
                    );
                }
                compared += wanted.len();
            }
        }
    }
    println!("{compared}");
    Ok(())
}

/// What C's `snprintf` makes of the line.
fn printed(calls: &CCalls, round: c_uint) -> Vec<u8> {
    let mut room = vec![0u8; ROOM];
    // SAFETY: it writes no more than there is room.
    let len = unsafe { (calls.print)(round, room.as_mut_ptr().cast(), room.len()) };
    room.truncate(usize::try_from(len).unwrap_or_default());
    room
}
