//! Notes of the owner `stapsdt`: <https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation>.

use crate::error::Fault;
use object::Endianness;
use object::endian::Endian as _;

/// The type of the notes that are read: version 3 of the format, the only one in use.
const NT_STAPSDT: u32 = 3;

/// A probe's note, as it stands there.
pub(super) struct Note<'a> {
    pub(super) address: u64,
    pub(super) base: u64,
    pub(super) semaphore: u64,
    pub(super) provider: &'a [u8],
    pub(super) name: &'a [u8],
    pub(super) arguments: &'a [u8],
}

/// The probes' notes of a section. After a fault there are no more.
pub(super) fn notes(
    section: &[u8],
    endian: Endianness,
    is_64: bool,
) -> impl Iterator<Item = Result<Note<'_>, Fault>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        while at < section.len() {
            let begin = at;
            let fault = |why| Fault::Note { at: begin, why };
            let note = next(section, &mut at, endian).ok_or_else(|| fault("ends beyond the section"));
            match note {
                Ok((owner, NT_STAPSDT, words)) if owner == b"stapsdt\0" || owner == b"stapsdt" => {
                    let note = describe(words, endian, is_64).ok_or_else(|| fault("is cut off"));
                    at = if note.is_ok() { at } else { section.len() };
                    return Some(note);
                }
                Ok(_) => {}
                Err(fault) => {
                    at = section.len();
                    return Some(Err(fault));
                }
            }
        }
        None
    })
}

/// A note's owner, type and description; `at` is moved behind it.
fn next<'a>(section: &'a [u8], at: &mut usize, endian: Endianness) -> Option<(&'a [u8], u32, &'a [u8])> {
    let mut rest = section.get(*at..)?;
    let owner = word(&mut rest, endian, false)?;
    let words = word(&mut rest, endian, false)?;
    let kind = word(&mut rest, endian, false)?;
    let owner = padded(&mut rest, owner)?;
    let words = padded(&mut rest, words)?;
    *at = section.len() - rest.len();
    Some((owner, u32::try_from(kind).ok()?, words))
}

/// The first `size` bytes, after which so many are passed over that the next begins at a multiple of four. A section's last
/// note may lack these.
fn padded<'a>(rest: &mut &'a [u8], size: u64) -> Option<&'a [u8]> {
    let size = usize::try_from(size).ok()?;
    let (bytes, _) = rest.split_at_checked(size)?;
    *rest = rest.get(size.next_multiple_of(4)..).unwrap_or_default();
    Some(bytes)
}

fn word(rest: &mut &[u8], endian: Endianness, is_64: bool) -> Option<u64> {
    if is_64 {
        let (bytes, after) = rest.split_first_chunk()?;
        *rest = after;
        return Some(endian.read_u64(*bytes));
    }
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(endian.read_u32(*bytes).into())
}

fn describe(mut words: &[u8], endian: Endianness, is_64: bool) -> Option<Note<'_>> {
    let address = word(&mut words, endian, is_64)?;
    let base = word(&mut words, endian, is_64)?;
    let semaphore = word(&mut words, endian, is_64)?;
    let mut texts = words.split(|byte| *byte == 0);
    // The last text's NUL ends the description; sys/sdt.h leaves out the arguments where there are none.
    let (provider, name, arguments) = (texts.next()?, texts.next()?, texts.next()?);
    Some(Note { address, base, semaphore, provider, name, arguments })
}
