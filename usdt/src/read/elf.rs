//! The container: which bytes are notes, and where an address lies in the file.

use super::arguments;
use super::note::{self, Note};
use super::probe::{Location, Machine, Probe};
use super::ranges::{Range, Ranges};
use super::symbols;
use crate::error::Fault;
use object::Endianness;
use object::elf::{self, FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, ProgramHeader as _, SectionHeader as _, SectionTable};
use object::read::{FileKind, ReadRef, SectionIndex};
use std::string::String;
use std::vec::Vec;

/// How many bytes of notes are read. A QEMU with all its 5,000 events has half a MiB.
const NOTES_MAX: u64 = 8 << 20;

/// How many bytes the names of probes and of providers may have together.
const NAMES_MAX: u64 = 4 << 20;

/// How many arguments the probes may have together.
const ARGUMENTS_MAX: u64 = 1 << 18;

/// How many sections. A linked file has some forty.
const SECTIONS_MAX: u32 = 1 << 16;

/// How many segments. Linux starts no program that has more than 64 KiB of them, which are 2,048 of 32 bits.
const SEGMENTS_MAX: u32 = 2048;

/// What is read of an ELF file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) probes: Vec<Probe>,
    /// Its executable segments.
    pub(super) code: Ranges,
}

/// Reads an ELF file of any class and byte order.
pub(super) fn read<'data, R: ReadRef<'data>>(data: R) -> Result<Contents, Fault> {
    match FileKind::parse(data) {
        Ok(FileKind::Elf64) => contents::<FileHeader64<Endianness>, R>(data),
        Ok(FileKind::Elf32) => contents::<FileHeader32<Endianness>, R>(data),
        _ => Err(Fault::NotElf),
    }
}

fn contents<'data, Elf, R>(data: R) -> Result<Contents, Fault>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let header = Elf::parse(data).map_err(container)?;
    let endian = header.endian().map_err(container)?;
    let machine = machine(header.e_machine(endian));
    let kind = header.e_type(endian);
    if kind != elf::ET_EXEC && kind != elf::ET_DYN {
        return Err(Fault::NotLinked(kind.0));
    }
    if header.shnum(endian, data).map_err(container)? > SECTIONS_MAX {
        return Err(Fault::TooMuch { what: "too many sections", most: SECTIONS_MAX.into() });
    }
    if header.phnum(endian, data).map_err(container)? > SEGMENTS_MAX {
        return Err(Fault::TooMuch { what: "too many segments", most: SEGMENTS_MAX.into() });
    }
    let sections = header.sections(endian, data).map_err(container)?;
    let named = |section: &Elf::SectionHeader, name| is_named(header, &sections, section, name, data);
    let base = sections.iter().find(|section| named(section, b".stapsdt.base\0"));
    let base = base.map(|section| section.sh_addr(endian).into());
    let places = Places::new(header, &sections, base, data)?;

    let mut probes = Vec::new();
    let mut note_bytes = Bound::new("too many bytes of notes", NOTES_MAX);
    let mut name_bytes = Bound::new("too long names in all", NAMES_MAX);
    let mut argument_count = Bound::new("too many arguments in all", ARGUMENTS_MAX);
    let notes = sections.iter().filter(|section| section.sh_type(endian) == elf::SHT_NOTE);
    for section in notes.filter(|section| named(section, b".note.stapsdt\0")) {
        note_bytes.take(section.sh_size(endian).into())?;
        let notes = section.data(endian, data).map_err(container)?;
        for note in note::notes(notes, endian, header.is_type_64()) {
            let probe = probe(&note?, machine, &places)?;
            name_bytes.take((probe.provider.len() + probe.name.len()) as u64)?;
            argument_count.take(probe.arguments.len() as u64)?;
            probes.push(probe);
        }
    }
    symbols::resolve(&mut probes, &sections, endian, data)?;
    Ok(Contents { probes, code: places.executable })
}

/// How much of something a file may have.
pub(super) struct Bound {
    what: &'static str,
    most: u64,
    left: u64,
}

impl Bound {
    pub(super) fn new(what: &'static str, most: u64) -> Self {
        Self { what, most, left: most }
    }

    /// Counts `more` of it.
    pub(super) fn take(&mut self, more: u64) -> Result<(), Fault> {
        let left = self.left.checked_sub(more);
        self.left = left.ok_or(Fault::TooMuch { what: self.what, most: self.most })?;
        Ok(())
    }
}

/// A probe, without the addresses of the symbols that its arguments name.
fn probe(note: &Note<'_>, machine: Machine, places: &Places) -> Result<Probe, Fault> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let arguments = arguments::parse(&text(note.arguments), machine)
        .ok_or(Fault::TooMuch { what: "a probe with too many arguments", most: arguments::MOST as u64 })?;
    Ok(Probe {
        provider: text(note.provider),
        name: text(note.name),
        machine,
        site: places.site(note),
        semaphore: places.semaphore(note),
        arguments,
    })
}

/// Where a file's addresses are in it.
struct Places {
    code: Ranges,
    executable: Ranges,
    loaded: Ranges,
    /// The address of the section that is there to be moved with the others.
    base: Option<u64>,
}

impl Places {
    fn new<'data, Elf, R>(
        header: &Elf,
        sections: &SectionTable<'data, Elf, R>,
        base: Option<u64>,
        data: R,
    ) -> Result<Self, Fault>
    where
        Elf: FileHeader<Endian = Endianness>,
        R: ReadRef<'data>,
    {
        let endian = header.endian().map_err(container)?;
        let code = || sections.iter().filter(|section| section.sh_flags(endian).contains(elf::SHF_EXECINSTR));
        let has_bytes = |section: &&Elf::SectionHeader| section.sh_type(endian) != elf::SHT_NOBITS;
        if code().next().is_some() && !code().any(|section| has_bytes(&section)) {
            return Err(Fault::NoCode);
        }
        let code = code().filter(has_bytes).map(|section| Range {
            address: section.sh_addr(endian).into(),
            size: section.sh_size(endian).into(),
            offset: section.sh_offset(endian).into(),
        });
        let segments = header.program_headers(endian, data).map_err(container)?;
        let loaded = segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_LOAD);
        let length = data.len().map_err(|()| Fault::Unreadable)?;
        let range = |segment: &Elf::ProgramHeader| {
            let offset = segment.p_offset(endian).into();
            // What the file lacks cannot be mapped.
            let size = length.saturating_sub(offset).min(segment.p_filesz(endian).into());
            Range { address: segment.p_vaddr(endian).into(), size, offset }
        };
        let executable = loaded.clone().filter(|segment| segment.p_flags(endian).contains(elf::PF_X));
        Ok(Self {
            code: code.collect(),
            executable: executable.map(range).collect(),
            loaded: loaded.map(range).collect(),
            base,
        })
    }

    fn site(&self, note: &Note<'_>) -> Location {
        // What the linker leaves of collected code is address 0, or a small one that may lie in a segment, but in no code.
        if note.address == 0 {
            return Location { address: 0, offset: None };
        }
        let address = self.moved(note, note.address);
        let is_code = self.code.offset(address).is_some();
        Location { address, offset: self.executable.offset(address).filter(|_| is_code) }
    }

    fn semaphore(&self, note: &Note<'_>) -> Option<Location> {
        let address = self.moved(note, note.semaphore);
        (note.semaphore != 0).then(|| Location { address, offset: self.loaded.offset(address) })
    }

    /// Prelink moves a file's addresses and knows nothing of notes. The base, which each note has, is in a section that it does
    /// move.
    fn moved(&self, note: &Note<'_>, address: u64) -> u64 {
        let by = self.base.filter(|_| note.base != 0).map_or(0, |base| base.wrapping_sub(note.base));
        address.wrapping_add(by)
    }
}

/// Whether it is the section of that name, which ends with NUL. No more is read than that would have.
fn is_named<'data, Elf, R>(
    header: &Elf,
    sections: &SectionTable<'data, Elf, R>,
    section: &Elf::SectionHeader,
    name: &[u8],
    data: R,
) -> bool
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let Ok(endian) = header.endian() else { return false };
    let names =
        header.shstrndx(endian, data).and_then(|index| sections.section(SectionIndex(index as usize)));
    let names = names.map(|names| names.sh_offset(endian).into());
    let at = names.ok().and_then(|names: u64| names.checked_add(section.sh_name(endian).into()));
    at.is_some_and(|at| data.read_bytes_at(at, name.len() as u64) == Ok(name))
}

fn machine(machine: elf::Machine) -> Machine {
    match machine {
        elf::EM_X86_64 => Machine::X86_64,
        elf::EM_386 => Machine::X86,
        elf::EM_AARCH64 => Machine::Aarch64,
        other => Machine::Other(other.0),
    }
}

fn container(error: object::read::Error) -> Fault {
    Fault::Container(error)
}
