//! Our reading against `readelf --notes`: of what C and C++ compilers make of sys/sdt.h, of what the distribution has installed, and of
//! our own macro's probes.
#![cfg(feature = "read")]

#[path = "../folder/mod.rs"]
mod folder;
mod needs;

use folder::Folder;
use needs::{program, sdt_h};
use std::path::{Path, PathBuf};
use std::process::Command;
use usdt::{Argument, Error, Fault, Kind, Location, Machine, Place, Probe};

/// What both know of a probe.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    provider: String,
    name: String,
    location: u64,
    semaphore: u64,
    arguments: String,
}

impl From<&Probe> for Told {
    fn from(probe: &Probe) -> Self {
        let arguments: Vec<_> = probe.arguments.iter().map(|argument| argument.spelling.as_str()).collect();
        Self {
            provider: probe.provider.clone(),
            name: probe.name.clone(),
            location: probe.site.address,
            semaphore: probe.semaphore.map_or(0, |at| at.address),
            arguments: arguments.join(" "),
        }
    }
}

fn readelf(path: &Path) -> Vec<Told> {
    let output = Command::new("readelf").args(["--notes", "--wide"]).arg(path).output().expect("readelf");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names of UTF-8");
    let mut probes: Vec<Told> = Vec::new();
    for line in text.lines() {
        let hexadecimal =
            |number: &str| u64::from_str_radix(number.trim_start_matches("0x"), 16).expect("a number");
        // The first stands on the line of the note's owner.
        if let Some((_, provider)) = line.split_once("    Provider: ") {
            let empty = String::new;
            probes.push(Told {
                provider: provider.into(),
                name: empty(),
                location: 0,
                semaphore: 0,
                arguments: empty(),
            });
        }
        let Some(probe) = probes.last_mut() else { continue };
        match line.trim().split_once(": ") {
            Some(("Name", name)) => probe.name = name.into(),
            Some(("Location", rest)) => {
                let mut numbers = rest.split(", ");
                probe.location = numbers.next().map(hexadecimal).expect("a location");
                let semaphore =
                    numbers.find_map(|word| word.strip_prefix("Semaphore: ")).expect("a semaphore");
                probe.semaphore = hexadecimal(semaphore);
            }
            Some(("Arguments", arguments)) => {
                probe.arguments = arguments.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            _ => {}
        }
    }
    probes
}

/// Holds our reading of a file against readelf's, and what readelf does not tell against the file's bytes.
fn agrees(path: &Path) -> Vec<Probe> {
    let probes = usdt::probes(path).unwrap_or_else(|error| panic!("{error}"));
    let ours: Vec<Told> = probes.iter().map(Told::from).collect();
    assert_eq!(ours, readelf(path), "{}", path.display());
    let file = std::fs::read(path).expect("a file");
    for probe in &probes {
        let code = |offset: u64| file.get(usize::try_from(offset).expect("a size")..).unwrap_or_default();
        let nops: &[&[u8]] = match probe.machine {
            Machine::Aarch64 => &[&[0x1f, 0x20, 0x03, 0xd5]],
            _ => &[&[0x90], &[0x0f, 0x1f, 0x44, 0, 0]],
        };
        if let Some(offset) = probe.site.offset {
            let is_nop = nops.iter().any(|nop| code(offset).starts_with(nop));
            assert!(is_nop, "{}: {probe:x?}: {:x?}", path.display(), &code(offset)[..4]);
        }
        if let Some(Location { offset: Some(offset), .. }) = probe.semaphore {
            assert_eq!(code(offset)[..2], [0, 0], "{}: {probe:x?}", path.display());
        }
    }
    probes
}

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/readelf/probes.c");

/// Compilers, what their probes are for, and of [`LINKED`] from where on: the 32-bit x86 has too few registers for position-independent code with
/// so many arguments.
const COMPILERS: &[(&str, &[&str], Machine, usize)] = &[
    ("gcc", &["-DWITH_THREAD_LOCALS"], Machine::X86_64, 0),
    ("g++", &["-xc++"], Machine::X86_64, 0),
    ("gcc", &["-m32", "-DSTAP_SDT_ARG_CONSTRAINT=g"], Machine::X86, 2),
    ("aarch64-linux-gnu-gcc", &["-DWITH_THREAD_LOCALS"], Machine::Aarch64, 0),
    ("aarch64-linux-gnu-gcc", &["-mbig-endian"], Machine::Aarch64, 0),
];

const LEVELS: &[&str] = &["-O0", "-O1", "-O2", "-O3", "-Os"];

/// Libraries and programs, as compilers are told to make them.
const LINKED: &[&[&str]] = &[&["-fPIC", "-shared"], &["-fPIE", "-pie"], &["-fno-pie", "-no-pie", "-static"]];

fn compile(compiler: &str, sdt_h: &Path, options: &[&str], to: &Path) {
    let mut command = Command::new(compiler);
    command.args(["-nostdlib", "-w", "-Wl,-e,0", "-isystem"]).arg(sdt_h).args(options);
    let status = command.arg("-o").args([to, Path::new(SOURCE)]).status().expect(compiler);
    assert!(status.success(), "{compiler} {options:?}");
}

#[test]
fn what_compilers_make_of_every_argument() {
    const TEST: &str = "what_compilers_make_of_every_argument";
    let Some(sdt_h) = sdt_h(TEST).filter(|_| program(TEST, "readelf")) else { return };
    let folder = Folder::new("readelf");
    for (number, (compiler, options, machine, from)) in COMPILERS.iter().enumerate() {
        if !program(TEST, compiler) {
            continue;
        }
        for level in LEVELS {
            for (kind, linked) in LINKED.iter().enumerate().skip(*from) {
                let path = folder.0.join(format!("{number}{level}-{kind}"));
                compile(compiler, &sdt_h, &[&[*level], *options, *linked].concat(), &path);
                let probes = agrees(&path);
                for probe in &probes {
                    assert_eq!(probe.machine, *machine);
                    assert!(probe.site.offset.is_some(), "{probe:?}");
                    for Argument { place, spelling, .. } in &probe.arguments {
                        assert_ne!(*place, Place::Other, "{}: {spelling}", path.display());
                    }
                }
                as_declared(&probes, *machine);
            }
        }
    }
}

/// What the source has, seen without readelf.
fn as_declared(probes: &[Probe], machine: Machine) {
    use Kind::{Float, Signed, Unsigned};
    let long = if machine == Machine::X86 { 4 } else { 8 };
    let probe = |name: &str| probes.iter().find(|probe| probe.name == name).expect(name);
    let types = |name: &str| -> Vec<_> {
        probe(name).arguments.iter().map(|argument| (argument.size, argument.kind)).collect()
    };
    assert_eq!(types("none"), []);
    let integers = [
        (1, Signed),
        (1, Unsigned),
        (2, Signed),
        (2, Unsigned),
        (4, Signed),
        (4, Unsigned),
        (long, Signed),
        (long, Unsigned),
        (8, Signed),
    ];
    assert_eq!(types("integers"), integers);
    assert_eq!(types("floats"), [(4, Float), (8, Float), (8, Float), (4, Float)]);
    assert_eq!(types("twelve").len(), 12);
    let constants: Vec<_> =
        probe("constants").arguments.iter().map(|argument| argument.place.clone()).collect();
    let expected = [-3, 200, -300, 65535, -70000, 0xffff_ffff, -1, -1];
    assert_eq!(constants, expected.map(Place::Constant));
}

usdt::semaphore!(static OURS);

#[inline(never)]
fn our_own(byte: u8, small: i16, word: u32, long: i64, yes: bool, text: &str) {
    let text = usdt::Text::new(Some(text.as_bytes()));
    usdt::probe!("reader", "own", if OURS; byte: u8, small: i16, word: u32, long: i64, yes: bool, text: ptr = text.as_ptr());
    usdt::probe!(nop5, "reader", "own_nop5"; byte: i8 = 1, word: u16 = 2, long: i32 = 3, size: u64 = 4, other: isize = 5);
    usdt::probe!(nop1, "reader", "own_nop1");
}

#[test]
fn our_own_probes() {
    use Kind::{Signed, Unsigned};
    const TEST: &str = "our_own_probes";
    if !program(TEST, "readelf") {
        return;
    }
    our_own(1, 2, 3, 4, true, "text");
    let probes = agrees(&std::env::current_exe().expect("this program"));
    let own = |name: &str| {
        let probe = probes.iter().find(|probe| probe.name == name).expect(name);
        assert!(probe.site.offset.is_some());
        let is_register = |argument: &Argument| matches!(argument.place, Place::Register(_));
        assert!(probe.arguments.iter().all(is_register), "{probe:?}");
        let types = probe.arguments.iter().map(|argument| (argument.size, argument.kind)).collect::<Vec<_>>();
        (probe.semaphore.is_some_and(|semaphore| semaphore.offset.is_some()), types)
    };
    let types = [(1, Unsigned), (2, Signed), (4, Unsigned), (8, Signed), (1, Unsigned), (8, Unsigned)];
    assert_eq!(own("own"), (true, types.to_vec()));
    let types = [(1, Signed), (2, Unsigned), (4, Signed), (8, Unsigned), (8, Signed)];
    assert_eq!(own("own_nop5"), (false, types.to_vec()));
    assert_eq!(own("own_nop1"), (false, Vec::new()));
}

#[test]
fn semaphores() {
    const TEST: &str = "semaphores";
    let Some(sdt_h) = sdt_h(TEST).filter(|_| program(TEST, "readelf") && program(TEST, "gcc")) else {
        return;
    };
    let folder = Folder::new("semaphores");
    for (number, linked) in LINKED.iter().enumerate() {
        let path = folder.0.join(format!("{number}"));
        compile("gcc", &sdt_h, &[&["-O2", "-DWITH_SEMAPHORES"], *linked].concat(), &path);
        let probes = agrees(&path);
        let semaphores: Vec<_> = probes.iter().map(|probe| probe.semaphore.expect("a semaphore")).collect();
        let [first, second] = semaphores[..] else { panic!("{probes:?}") };
        assert_eq!(second.address, first.address + 2);
        assert_eq!(second.offset, first.offset.map(|offset| offset + 2));
        assert!(first.offset.is_some());
    }
}

#[test]
fn symbols_that_arguments_name() {
    const TEST: &str = "symbols_that_arguments_name";
    let needs = ["nm", "strip", "gcc"];
    let Some(sdt_h) = sdt_h(TEST).filter(|_| needs.iter().all(|need| program(TEST, need))) else { return };
    let folder = Folder::new("symbols");
    let path = folder.0.join("program");
    compile("gcc", &sdt_h, &["-O2", "-DWITH_THREAD_LOCALS", "-fno-pie", "-no-pie", "-static"], &path);
    let named = || {
        let arguments = usdt::probes(&path).expect("probes").into_iter().flat_map(|probe| probe.arguments);
        let symbols = arguments.filter_map(|argument| match argument.place {
            Place::Memory(memory) => memory.symbol,
            Place::Address { symbol, .. } => Some(symbol),
            _ => None,
        });
        symbols.collect::<Vec<_>>()
    };
    let nm = Command::new("nm").arg(&path).output().expect("nm");
    let nm = String::from_utf8(nm.stdout).expect("names of UTF-8");
    let mut known = 0;
    for symbol in named() {
        let line = nm.lines().find(|line| line.split(' ').nth(2) == Some(&symbol.name));
        let address = line.and_then(|line| u64::from_str_radix(line.split(' ').next()?, 16).ok());
        assert_eq!(symbol.address, address, "{}", symbol.name);
        known += usize::from(address.is_some());
    }
    assert!(known > 3, "{:?}", named());
    let debug = folder.0.join("debug");
    let only = Command::new("objcopy").arg("--only-keep-debug").args([&path, &debug]).status();
    assert!(only.expect("it comes with strip").success());
    assert!(matches!(usdt::probes(&debug), Err(Error::Elf { fault: Fault::NoCode, .. })));
    assert!(Command::new("strip").arg(&path).status().expect("strip").success());
    assert!(named().iter().all(|symbol| symbol.address.is_none()), "{:?}", named());
}

/// What the distribution has of libraries and programs; without its debugging information all of them have some MiB of notes.
#[test]
fn what_is_installed() {
    const TEST: &str = "what_is_installed";
    if !program(TEST, "readelf") {
        return;
    }
    let libraries = format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH);
    let files = |folder: &str| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect::<Vec<PathBuf>>()
    };
    let mut seen = [0; 4];
    for path in [files(&libraries), files("/usr/bin")].concat() {
        match usdt::probes(&path) {
            Ok(probes) if probes.is_empty() => {}
            Ok(probes) => {
                assert_eq!(agrees(&path), probes);
                let arguments: Vec<_> = probes.iter().flat_map(|probe| &probe.arguments).collect();
                let other = arguments.iter().filter(|argument| argument.place == Place::Other);
                let other =
                    other.inspect(|argument| eprintln!("{}: {}", path.display(), argument.spelling)).count();
                let now = [1, probes.len(), arguments.len(), other];
                seen.iter_mut().zip(now).for_each(|(all, now)| *all += now);
            }
            // What a package manager takes away meanwhile, or not everyone may read, is none of the test's.
            Err(Error::Io { .. } | Error::Elf { fault: Fault::NotElf | Fault::NotLinked(_), .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    eprintln!("files, probes, arguments, of them not read: {seen:?}");
}
