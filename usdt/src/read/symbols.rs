//! The addresses of the symbols that arguments name.

use super::elf::Bound;
use super::probe::{Place, Probe, Symbol};
use crate::error::Fault;
use core::ffi::CStr;
use object::Endianness;
use object::elf;
use object::read::elf::{FileHeader, SectionHeader as _, SectionTable, Sym as _};
use object::read::{ReadRef, SectionIndex};
use std::collections::HashMap;
use std::vec::Vec;

/// How many bytes of symbols and of their names are looked through.
const TABLES_MAX: u64 = 128 << 20;

/// Gives the symbols of `probes` their addresses, where the file has these.
pub(super) fn resolve<'data, Elf, R>(
    probes: &mut [Probe],
    sections: &SectionTable<'data, Elf, R>,
    endian: Endianness,
    data: R,
) -> Result<(), Fault>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let mut found: HashMap<Vec<u8>, Found> =
        symbols(probes).map(|symbol| (symbol.name.clone().into_bytes(), Found::No)).collect();
    if found.is_empty() {
        return Ok(());
    }
    let mut bytes = Bound::new("too many bytes of symbols", TABLES_MAX);
    for kind in [elf::SHT_SYMTAB, elf::SHT_DYNSYM] {
        if let Some(table) = sections.iter().find(|section| section.sh_type(endian) == kind) {
            look(&mut found, table, sections, &mut bytes, endian, data)?;
        }
    }
    for symbol in symbols(probes) {
        if let Some(Found::At(address)) = found.get(symbol.name.as_bytes()) {
            symbol.address = Some(*address);
        }
    }
    Ok(())
}

/// What the tables say of a name.
#[derive(Clone, Copy, PartialEq)]
enum Found {
    No,
    At(u64),
    /// At more than one address: there may be a local one of the name in each of a program's objects.
    Ambiguous,
}

fn look<'data, Elf, R>(
    found: &mut HashMap<Vec<u8>, Found>,
    table: &Elf::SectionHeader,
    sections: &SectionTable<'data, Elf, R>,
    bytes: &mut Bound,
    endian: Endianness,
    data: R,
) -> Result<(), Fault>
where
    Elf: FileHeader<Endian = Endianness>,
    R: ReadRef<'data>,
{
    let names = sections.section(SectionIndex(table.sh_link(endian) as usize)).map_err(Fault::Container)?;
    bytes.take(table.sh_size(endian).into())?;
    bytes.take(names.sh_size(endian).into())?;
    let names = names.data(endian, data).map_err(Fault::Container)?;
    let symbols = table.data_as_array::<Elf::Sym, R>(endian, data).map_err(Fault::Container)?;
    let longest = found.keys().map(Vec::len).max().unwrap_or(0);
    for symbol in symbols {
        // A thread's own has an offset in place of an address, an undefined one is in another file.
        if symbol.st_shndx(endian) == elf::SHN_UNDEF || symbol.st_type() == elf::STT_TLS {
            continue;
        }
        let name = names.get(symbol.st_name(endian) as usize..).unwrap_or_default();
        let Ok(name) = CStr::from_bytes_until_nul(&name[..name.len().min(longest + 1)]) else { continue };
        if let Some(found) = found.get_mut(name.to_bytes()) {
            let address = symbol.st_value(endian).into();
            *found = match *found {
                Found::No => Found::At(address),
                Found::At(before) if before == address => Found::At(address),
                _ => Found::Ambiguous,
            };
        }
    }
    Ok(())
}

fn symbols(probes: &mut [Probe]) -> impl Iterator<Item = &mut Symbol> {
    let arguments = probes.iter_mut().flat_map(|probe| probe.arguments.iter_mut());
    arguments.filter_map(|argument| match &mut argument.place {
        Place::Memory(memory) => memory.symbol.as_mut(),
        Place::Address { symbol, .. } => Some(symbol),
        _ => None,
    })
}
