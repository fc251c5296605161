//! What the kernel leaves of the 128 bytes below a function's stack pointer, where a function that calls nothing may keep its
//! locals, while a probe in it is hit.

use std::arch::asm;
use std::error::Error;
use usdt::{Attachment, Target};

/// How often each function is called.
const CALLS: u64 = 100_000;

type Leaf = fn(&[u64; 8]) -> u64;

/// Hits the probes of functions that call nothing: those that [`usdt::probe!`] makes, of each form, and such with
/// `options(nostack)`. None of the former may lose a local, and one of the latter must, where the kernel makes a call of a
/// lone 5-byte `nop`: else nothing was shown.
///
/// # Errors
///
/// A probe that cannot be attached to, and what the kernel did to the locals.
pub fn check() -> Result<(), Box<dyn Error>> {
    let long = usdt::long_nops()?;
    eprintln!("{long:?}");
    for (name, leaf, may_break) in [
        ("nop1", with_nop1 as Leaf, false),
        ("nop5", with_nop5, false),
        ("nop10", with_nop10, false),
        ("nop1_nostack", with_nop1_nostack, false),
        ("nop5_nostack", with_nop5_nostack, long.five),
        ("nop10_nostack", with_nop10_nostack, false),
    ] {
        let right = right(name, leaf)?;
        eprintln!("{name}: {right} of {CALLS} are right");
        if (right < CALLS) != may_break {
            return Err(format!("{name}: the locals of {right} in {CALLS} calls were right").into());
        }
    }
    Ok(())
}

/// Of so many calls of a function, all of which hit its probe, those that give what they should.
fn right(name: &str, leaf: Leaf) -> Result<u64, Box<dyn Error>> {
    let file = std::env::current_exe()?;
    let probes = usdt::probes(&file)?;
    let probe = probes.iter().find(|probe| probe.provider == "red_zone" && probe.name == name);
    let probe = probe.ok_or_else(|| format!("this program has no probe {name}"))?;
    let attached = Attachment::new(&file, probe, Target::Process(std::process::id()))?;
    let mut right = 0;
    for call in 0..CALLS {
        let locals = [call, call + 1, !call, call << 32, call * 0x0101, call ^ 0x5555, call << 9, !call << 7];
        let expected = locals.iter().enumerate().fold(0, |sum, (bits, local)| sum ^ local << bits);
        right += u64::from(leaf(&locals) == expected);
    }
    match attached.hits() {
        CALLS => Ok(right),
        hits => Err(format!("{name}: {hits} hits of {CALLS} calls").into()),
    }
}

/// Has the compiler keep in memory what lives: two registers are left.
macro_rules! spill {
    () => {
        // SAFETY: it is nothing.
        unsafe {
            asm!(
                "",
                out("r12") _,
                out("r13") _,
                out("r14") _,
                out("r15") _,
                clobber_abi("C"),
                options(nostack)
            );
        }
    };
}

/// A function with a probe between the places where its locals are kept and where they are used.
macro_rules! leaf {
    ($function:ident, $probe:expr) => {
        #[inline(never)]
        fn $function(locals: &[u64; 8]) -> u64 {
            // an array, which is in memory without an optimizer as well, and no names, of which a debugger's copies would be there
            let kept =
                [locals[0], locals[1], locals[2], locals[3], locals[4], locals[5], locals[6], locals[7]];
            spill!();
            $probe;
            spill!();
            kept[0]
                ^ kept[1] << 1
                ^ kept[2] << 2
                ^ kept[3] << 3
                ^ kept[4] << 4
                ^ kept[5] << 5
                ^ kept[6] << 6
                ^ kept[7] << 7
        }
    };
}

leaf!(with_nop1, usdt::probe!(nop1, "red_zone", "nop1"));
leaf!(with_nop5, usdt::probe!(nop5, "red_zone", "nop5"));
leaf!(with_nop10, usdt::probe!("red_zone", "nop10"));

/// What [`usdt::probe!`] is not: it tells the compiler that the stack is left alone.
macro_rules! nostack {
    ($name:literal, $nops:literal) => {
        // SAFETY: there are nops. What the kernel makes of them is what is looked at.
        unsafe {
            asm!(
                concat!("990: ", $nops),
                ".pushsection .note.stapsdt, \"?\", @note",
                ".balign 4",
                ".4byte 992f - 991f, 994f - 993f, 3",
                "991: .asciz \"stapsdt\"",
                "992: .balign 4",
                "993: .8byte 990b, 0, 0",
                concat!(".asciz \"red_zone\", \"", $name, "\", \"\""),
                "994: .balign 4",
                ".popsection",
                options(nostack, readonly, preserves_flags)
            );
        }
    };
}

leaf!(with_nop1_nostack, nostack!("nop1_nostack", "nop"));
leaf!(with_nop5_nostack, nostack!("nop5_nostack", ".byte 0x0f, 0x1f, 0x44, 0, 0"));
leaf!(
    with_nop10_nostack,
    nostack!("nop10_nostack", ".byte 0x90, 0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0")
);
