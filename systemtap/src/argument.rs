//! Which of a note's arguments SystemTap can read.
//!
//! `stap` 4.8 takes no script at all that reads one whose operand it does not know, and tells of it as of missing debug
//! information. What it knows was found by asking it (pass 2), spelling by spelling: it is less than what an assembler takes.

use stap_gen::Number;
use usdt::{Argument, Extend, Kind, Memory, Place, Register};

/// More `stap` 4.8 does not stand: an assertion of its own fails. sys/sdt.h makes no more.
const MOST: usize = 12;

/// How each argument of a site is read, or `None` for one that is left out; no answer for a site that ends `stap`.
pub(crate) fn numbers(arguments: &[Argument]) -> Option<Vec<Option<Number>>> {
    // `stap` counts the `@`, where there is one
    let counts = || arguments.iter().map(|argument| argument.spelling.matches('@').count());
    let all: usize = counts().sum();
    if all > MOST || arguments.len() > MOST {
        return None;
    }
    let as_stap_counts = all == 0 || counts().all(|count| count == 1);
    Some(arguments.iter().map(|argument| number(argument).filter(|_| as_stap_counts)).collect())
}

/// How an argument is read: `None` where `stap` would refuse it, or read something else.
///
/// Symbols are left out, though `stap` finds those of a program that was not stripped: whether it does would depend on what
/// lies in the folders for debug information of whoever runs the script.
fn number(argument: &Argument) -> Option<Number> {
    let signed = match argument.kind {
        Kind::Signed => true,
        Kind::Unsigned => false,
        Kind::Float => return None,
    };
    let operand =
        argument.spelling.split_once('@').map_or(argument.spelling.as_str(), |(_, operand)| operand);
    let known = match &argument.place {
        Place::Constant(_) => is_decimal(operand.strip_prefix('$').unwrap_or(operand)),
        // `%r8l` is a name that the assembler alone has
        Place::Register(part) => is_general(part.register) && !is_other_name(operand),
        Place::Memory(memory) => is_plain(memory) && is_plainly_spelled(operand),
        Place::Address { .. } | Place::Other => false,
    };
    (known && matches!(argument.size, 1 | 2 | 4 | 8)).then_some(Number { bytes: argument.size, signed })
}

fn is_general(register: Register) -> bool {
    !matches!(register, Register::Rip | Register::Xmm(_) | Register::V(_))
}

fn is_other_name(register: &str) -> bool {
    let number = register.strip_prefix("%r").and_then(|rest| rest.strip_suffix('l'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_plain(memory: &Memory) -> bool {
    memory.symbol.is_none()
        && memory.segment.is_none()
        && memory.base.is_some_and(is_general)
        && memory.index.is_none_or(|index| index.extend == Extend::Whole && is_general(index.register))
}

/// `-20(%rbp)`, `-4-16(%rax,%rbx,4)`, `[sp, 8]`: no hexadecimal or octal, no blanks beyond aarch64's one, no segment.
fn is_plainly_spelled(operand: &str) -> bool {
    if let Some(inside) = operand.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match inside.split_once(", ") {
            Some((register, offset)) => is_name(register) && is_decimal(offset),
            None => is_name(inside),
        };
    }
    let Some((sum, registers)) = operand.split_once('(') else { return false };
    let Some(registers) = registers.strip_suffix(')') else { return false };
    let is_word =
        |word: &str| matches!(word, "1" | "2" | "4" | "8") || word.strip_prefix('%').is_some_and(is_name);
    registers.split(',').all(is_word) && is_sum(sum)
}

fn is_name(register: &str) -> bool {
    !register.is_empty() && register.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// Nothing, or up to three numbers, as C's notes have it of a member of what lies on the stack.
fn is_sum(sum: &str) -> bool {
    let numbers = sum.strip_prefix('-').unwrap_or(sum);
    sum.is_empty() || (numbers.split(['-', '+']).all(is_decimal) && numbers.split(['-', '+']).count() <= 3)
}

/// A number that is the same to all: a 0 in front makes it octal to an assembler.
fn is_decimal(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    let octal = digits.len() > 1 && digits.starts_with('0');
    !digits.is_empty() && !octal && digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Program, Texts};
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    /// A program with a probe for each text of arguments, named `n0`, `n1` and so on.
    fn program(folder: &Path, texts: &[&str]) -> PathBuf {
        let note = |(number, text): (usize, &&str)| {
            format!(
                "990: nop\n.pushsection .note.stapsdt,\"\",\"note\"\n.balign 4\n.4byte 992f-991f,994f-993f,3\n\
                 991: .asciz \"stapsdt\"\n992: .balign 4\n993: .8byte 990b,0,0\n\
                 .asciz \"p\"\n.asciz \"n{number}\"\n.asciz \"{text}\"\n994: .balign 4\n.popsection\n"
            )
        };
        let notes: String = texts.iter().enumerate().map(note).collect();
        let (source, program) = (folder.join("p.s"), folder.join("p"));
        fs::write(&source, format!(".globl main\nmain:\n{notes}ret\n.bss\ng: .zero 8\n")).unwrap();
        let built = Command::new("cc").arg("-o").args([&program, &source]).output().unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        program
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("vmtrace-systemtap-{name}-{}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// Whether the real `stap` takes the script for all of a program's probes to the end of its second pass, which wants of a
    /// kernel's build folder these files alone (docs/stap.md).
    fn pass_2(folder: &Path, program: &Path) -> Option<(bool, String)> {
        let script = Program::find(program).unwrap().script(&Texts::none(), &["*".to_owned()]).unwrap();
        let path = folder.join("all.stp");
        fs::write(&path, script.text).unwrap();
        let kernel = folder.join("kernel");
        fs::create_dir_all(kernel.join("include/config")).unwrap();
        let exports = "0x0\tuprobe_register\tvmlinux\tEXPORT_SYMBOL_GPL\t\n\
                       0x0\tuprobe_unregister\tvmlinux\tEXPORT_SYMBOL_GPL\t\n";
        for (file, text) in [
            (".config", "CONFIG_UPROBES=y\nCONFIG_ARCH_SUPPORTS_UPROBES=y\nCONFIG_TRACEPOINTS=y\n"),
            ("Module.symvers", exports),
            ("Makefile", ""),
            ("System.map", ""),
            ("include/config/kernel.release", "6.1.0\n"),
        ] {
            fs::write(kernel.join(file), text).unwrap();
        }
        let mut stap = Command::new("stap");
        stap.args(["-w", "-p2", "-r"]).args([&kernel, &path]).env("SYSTEMTAP_DIR", folder.join("cache"));
        let ran = stap.output().ok()?;
        Some((ran.status.success(), String::from_utf8_lossy(&ran.stderr).into_owned()))
    }

    /// As `stap -p2` takes them, but for symbols, floating-point numbers and odd sizes, which it takes or misreads.
    #[test]
    fn spellings() {
        if !cfg!(target_arch = "x86_64") || Command::new("cc").arg("--version").output().is_err() {
            eprintln!("SKIP spellings: no cc for x86-64");
            return;
        }
        let read = [
            "8@%rdi",
            "-1@%al",
            "1@%ah",
            "1@%sil",
            "1@%r10b",
            "2@%r10w",
            "-4@%r10d",
            "8@$5",
            "-8@$-5",
            "-4@-20(%rbp)",
            "8@(%rax)",
            "8@-4-16(%rbp)",
            "8@-4+16-3(%rax)",
            "8@8(%rax,%rbx)",
            "8@(%rax,%rbx,4)",
            "%rdi",
            "8@99999999999999(%rax)",
        ];
        let unread = [
            "8@%zz",
            "8@$foo+3",
            "8@%xmm0",
            "8@%fs:x@tpoff",
            "8@%fs:40",
            "8@%gs:8(%rax)",
            "3@%rax",
            "16@%rax",
            "8@%RDI",
            "8@$0x10",
            "8@$010",
            "8@$+5",
            "8@+8(%rax)",
            "-4@-0x14(%rbp)",
            "8@010(%rax)",
            "8@8(,%rbx,8)",
            "8@(%rax,%rbx,3)",
            "8@0x1000",
            "8@4096",
            "8@g(%rip)",
            "8@g+8(%rip)",
            "8@$g",
            "8@g",
            "8@*(%rax)",
            "8f@%rdi",
            "4f@%xmm0",
            "8@%rip",
            "8@(%rip)",
            "1@%r15l",
            "8@%ds:8(%rax)",
            "8@(%rax, %rbx, 4)",
            "8@(%rax,%rbx,)",
            "8@%st(0)",
            "0@%rdi",
            "8@$",
            "8@",
        ];
        let folder = folder("spellings");
        let texts: Vec<&str> = read.into_iter().chain(unread).collect();
        let program = program(&folder, &texts);
        let (probes, taken) = (usdt::probes(&program), pass_2(&folder, &program));
        fs::remove_dir_all(folder).unwrap();
        if let Some((status, told)) = taken {
            assert!(status, "{told}");
        } else {
            eprintln!("SKIP spellings, as the real stap takes them: no stap");
        }
        let probes = probes.unwrap();
        assert_eq!(probes.len(), texts.len());
        for (place, probe) in probes.iter().enumerate() {
            let numbers = numbers(&probe.arguments).unwrap();
            let is_read = numbers.len() == 1 && numbers[0].is_some();
            assert_eq!(is_read, place < read.len(), "{}: {:?}", texts[place], probe.arguments);
        }
    }

    /// What is behind one that cannot be read keeps its number; where `stap` counts otherwise, none is read.
    #[test]
    fn lists() {
        if !cfg!(target_arch = "x86_64") || Command::new("cc").arg("--version").output().is_err() {
            eprintln!("SKIP lists: no cc for x86-64");
            return;
        }
        let [twelve, thirteen] = [12, 13].map(|count| vec!["8@%rdi"; count].join(" "));
        let ats = format!("8{}%rdi", "@".repeat(13));
        let texts = ["8f@%rdi 8@%rsi", "a b 8@%rsi", &twelve, &thirteen, &ats, ""];
        let folder = folder("lists");
        let probes = usdt::probes(&program(&folder, &texts));
        fs::remove_dir_all(folder).unwrap();
        let seen: Vec<Option<Vec<bool>>> = probes
            .unwrap()
            .iter()
            .map(|probe| Some(numbers(&probe.arguments)?.iter().map(Option::is_some).collect()))
            .collect();
        let expected =
            [Some(vec![false, true]), Some(vec![false; 3]), Some(vec![true; 12]), None, None, Some(vec![])];
        assert_eq!(seen, expected);
    }
}
