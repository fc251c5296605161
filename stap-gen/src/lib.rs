//! SystemTap scripts from the events of `trace-events` files: QEMU's formats `stap`, `log-stap` and `simpletrace-stap`, and
//! scripts that stand alone: [`session`] prints some marks of a program, [`lineup`] prints KVM's events beside them.
//!
//! The first gives each USDT mark of a program a name and its arguments theirs; the other two print, on top of it, lines
//! of text or records of QEMU's binary format:
//!
//! ```text
//! stap -e 'probe vmm.log.blk_* {}' -I DIRECTORY-OF-THE-SCRIPTS
//! ```
//!
//! ```
//! use stap_gen::{Options, Script, generate};
//!
//! let source = b"blk_read(uint64_t sector, const char *why) \"sector %\" PRIu64 \" for %s\"\n";
//! let file = trace_events::parse("trace-events", source);
//! let options = Options { binary: "/usr/bin/vmm", probe_prefix: "vmm", bug_compatible: false };
//!
//! let aliases = generate(Script::Stap, &file.events, &options)?;
//! assert!(aliases.ends_with(
//!     "\
//! probe vmm.blk_read = process(\"/usr/bin/vmm\").mark(\"blk_read\")
//! {
//!   sector = $arg1;
//!   why = $arg2;
//! }
//!
//! "
//! ));
//! let log = generate(Script::LogStap, &file.events, &options)?;
//! assert!(log.contains(
//!     r#"printf("%d@%d blk_read sector %u for %s\n", pid(), gettimeofday_ns(), sector, argwhy_str)"#
//! ));
//! # Ok::<(), stap_gen::Error>(())
//! ```
//!
//! # Invariants
//!
//! - With [`Options::bug_compatible`] the bytes are those of QEMU 10.2's tracetool. Without, they differ only as told
//!   below.
//! - The scripts of both modes are used with the aliases of the same mode.
//! - A script that stands alone needs no other, and holds no more marks than it is given.
//! - What is made by default passes the semantic pass of SystemTap 4.8, for every event that `trace_events::parse` takes
//!   without an error, and its line has the text that C's `printf` makes, but for the limits below.
//! - What readers of the binary format see is the same in both modes: the numbers of events, which are their places among
//!   all (disabled ones too), and which arguments are strings ([`trace_events::CType::is_qemu_string`]).
//! - No I/O: nothing is run.
//!
//! # Where QEMU's output is wrong
//!
//! | an event | QEMU's script | what comes of it | ours |
//! | --- | --- | --- | --- |
//! | argument `private`, `print`, `printf`, `println`, `printd`, `printdln`, `print_char`, `sprint`, `sprintf`, ... | `private = $arg1;` | "parse error: expected statement" | `private_` |
//! | argument `argv`, `argv_1`, `cve_metrics`, `__this_var1`, ... | `argv = $arg1;` | "inconsistent arity", "type mismatch": a variable of SystemTap's library | `argv_` |
//! | argument `argc`, `NULL`, `tls_debug`, ... | `argc = $arg1;` | changes that variable for all scripts | `argc_` |
//! | arguments `if`, `if_` | `if_ = $arg1; if_ = $arg2;` | the second value twice | `if__`, `if_` |
//! | arguments `char *x`, `int argx_str` | `argx_str = x ? ...` | "type mismatch" | `argx_str_ = ...` |
//! | `char *const x` | `const x = $arg1;` | "parse error" | `x = $arg1;` |
//! | `int8_t x` (`char`, `signed char`) | `x = $arg1;` | -1 in a register is 255 | `x = ($arg1 << 56) >> 56;` |
//! | `%hhx`, `%hd`, `%td`, `%jd`, `%llX`, `%lli`, `%-5lld`, `%.3llu`, `%zX` | left as it is | "invalid or missing conversion specifier" | `%x` of `(x & 0xff)` and so on |
//! | `int x` under `%x`, `%u`; `uint32_t` under `%d` | `%x` of `x` | 64 bits: `ffffffffffffffff` | `(x & 0xffffffff)`, `((x << 32) >> 32)` |
//! | `%-+5d`, `%-#x` | left as it is | "invalid or missing conversion specifier" | `%-5s` of `sprintf("%+d", x)` |
//! | `%+05d`, `%#06x` | left as it is | blanks, not zeros | `%+.4d`, `%#.4x` |
//! | `%08.3d` | left as it is | zeros, not blanks | `%8.3d` |
//! | `%.0d` of 0, `%#x` of 0, `%#o` of 0 | left as it is | `0`, `0x0`, `00` | (nothing), `0`, `0` |
//! | `%*d`, `%.*s` with an amount below zero | left as it is | no width; an empty string | as C has it |
//! | a string that cannot be read | `try { ... } catch {}` | nothing, as of an empty one | `<fault>` |
//! | `char const *x` under `%s` | `%s` of `x` | "type mismatch" | `%s` of its characters |
//! | `const char *x` under `%p` | `%p` of `argx_str` | "type mismatch" | `%p` of `x` |
//! | `"\x41" "1"`, `"\x25" "d"` | `\x411`, `\x25d` | another character; no conversion | `A1`, `%d` of its argument |
//! | a macro of inttypes.h behind no `%`: `"%d" PRId64` | `%dd` | a letter less than C prints | `%dld` |
//! | `"` or `\` in the path of the binary | `process("a"b")` | "parse error" | escaped |
//! | a newline in the path, a prefix that is not made of names | printed as it is | "parse error" | [`Error`] |
//!
//! # Limits of SystemTap's
//!
//! - A string has at most 511 bytes: what is longer is cut, and so is a conversion padded to more than that if it is
//!   among those that are chosen at run time (`%#x`, `%*d`, `%-+5d`).
//! - A string in a page that is not in memory when the mark is hit is not read: it is `<fault>`, as one at a bad address.
//! - A null pointer is `<null>` under `%s` and `0x0` under `%p`, as QEMU's scripts have it; glibc's `printf` has `(null)`
//!   and `(nil)`.
//! - The sign that glibc prints for `%+p`, which C leaves undefined, is not printed.
//! - The frame is QEMU's script's, not QEMU's log's: `PID@NANOSECONDS NAME TEXT`, of the time of day. Records of the
//!   binary format have the time of day too, where QEMU's own have CLOCK_MONOTONIC, a null pointer is the string
//!   `<null>` where QEMU's own have an empty one, one that cannot be read is `<fault>`, and there is no file header: `simpletrace.py --no-header` reads them.
//!
//! All of it was found by asking `stap` 4.8, and the text by running a program with 1500 marks under it beside its own
//! `printf`.
#![deny(missing_docs, unsafe_op_in_unsafe_fn)]

mod alias;
mod conversion;
mod error;
mod frame;
mod log;
mod names;
mod number;
mod qemu_text;
mod reading;
mod script;
mod session;
mod simpletrace;
mod text;
mod value;

pub use error::Error;
pub use script::{Options, Script, generate};
pub use session::{Arguments, KVM_EVENTS, Mark, Number, is_mark_name, lineup, session};
