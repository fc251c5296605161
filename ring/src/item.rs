//! What lies in a ring, one after another: records, losses, and what fills the space that was too short for a record.
//!
//! An item is a multiple of 8 bytes and starts at one. Its first word holds, from the lowest bit: 28 bits of length, 4 of
//! kind, 32 of lanes. Records and losses have the time as their second word. All is little endian.

use std::ops::Range;

/// What precedes a record's payload.
pub(crate) const HEADER: u64 = 16;
/// The longest payload that can be expressed.
pub(crate) const LEN_MAX: u64 = (1 << 28) - 1;

const RECORD: u64 = 1;
const LOST: u64 = 2;
const PAD: u64 = 3;

/// The first word of a record.
#[inline]
pub(crate) fn record(len: u64, lanes: u32) -> u64 {
    word(RECORD, len, lanes)
}

/// The first word of a filling of `whole` bytes, of which the word itself is 8.
pub(crate) fn pad(whole: u64) -> u64 {
    word(PAD, whole - 8, 0)
}

/// The first word of a loss, whose payload is two words for each bit of `lanes`: how many since the last such item, and
/// how many in the ring's whole life.
pub(crate) fn lost(lanes: u32) -> u64 {
    word(LOST, lost_payload(lanes), lanes)
}

/// The bytes that the counts of so many lanes take.
pub(crate) fn lost_payload(lanes: u32) -> u64 {
    16 * u64::from(lanes.count_ones())
}

/// What an item of such a payload takes in all.
#[inline]
pub(crate) fn whole(payload: u64) -> u64 {
    (HEADER + payload + 7) & !7
}

#[inline]
fn word(kind: u64, len: u64, lanes: u32) -> u64 {
    (len | kind << 28 | u64::from(lanes) << 32).to_le()
}

/// An item that was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Item {
    pub kind: ItemKind,
    pub lanes: u32,
    pub time: u64,
    /// Where its payload lies in the bytes that were read.
    pub payload: Range<usize>,
    /// The bytes that it takes in all.
    pub whole: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Record,
    Lost,
    Pad,
}

/// Reads the item that `bytes` start with. The bytes may be anything.
pub(crate) fn parse(bytes: &[u8]) -> Result<Item, &'static str> {
    let first = word_at(bytes, 0).ok_or("an item is cut short")?;
    let len = usize::try_from(first & LEN_MAX).unwrap_or(usize::MAX);
    let lanes = u32::try_from(first >> 32).unwrap_or_default();
    let (kind, header) = match first >> 28 & 0xf {
        RECORD => (ItemKind::Record, 16),
        LOST => (ItemKind::Lost, 16),
        PAD => (ItemKind::Pad, 8),
        _ => return Err("there is no item of such a kind"),
    };
    let whole = (header + len + 7) & !7;
    if whole > bytes.len() {
        return Err("an item is longer than what is left");
    }
    if kind == ItemKind::Lost && len as u64 != lost_payload(lanes) {
        return Err("a loss does not have as many counts as lanes");
    }
    let time = if kind == ItemKind::Pad { 0 } else { word_at(bytes, 8).unwrap_or_default() };
    Ok(Item { kind, lanes, time, payload: header..header + len, whole })
}

/// The counts of a loss's payload: a lane's bit, how many since the last such item, how many in all.
pub(crate) fn losses(lanes: u32, payload: &[u8]) -> impl Iterator<Item = (u32, u64, u64)> {
    let set = (0..32).map(|lane| 1 << lane).filter(move |bit| lanes & bit != 0);
    set.zip(payload.chunks_exact(16)).map(|(bit, counts)| {
        (bit, word_at(counts, 0).unwrap_or_default(), word_at(counts, 8).unwrap_or_default())
    })
}

/// The little-endian word at `at`, if it is there whole.
pub(crate) fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let item = parse(&bytes(&[record(11, 0x8000_0001), 5_u64.to_le(), 1, 2, 3])).unwrap();
        let expected =
            Item { kind: ItemKind::Record, lanes: 0x8000_0001, time: 5, payload: 16..27, whole: 32 };
        assert_eq!(item, expected);
        let item = parse(&bytes(&[pad(8)])).unwrap();
        assert_eq!((item.kind, item.whole), (ItemKind::Pad, 8));
        let counts = [3, 30, 4, 40].map(u64::to_le);
        let words = [&[lost(0b101), 5_u64.to_le()], &counts[..]].concat();
        let item = parse(&bytes(&words)).unwrap();
        assert_eq!((item.kind, item.whole), (ItemKind::Lost, 48));
        let bytes = bytes(&words);
        let told: Vec<_> = losses(item.lanes, &bytes[item.payload]).collect();
        assert_eq!(told, [(0b001, 3, 30), (0b100, 4, 40)]);
    }

    #[test]
    fn zeros_and_halves_are_no_items() {
        assert!(parse(&[]).is_err());
        assert!(parse(&[0; 64]).is_err());
        let whole = bytes(&[record(8, 1), 1, 2]);
        (0..whole.len()).for_each(|len| assert!(parse(&whole[..len]).is_err()));
        assert!(parse(&bytes(&[lost(1), 1, 1])).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            cases: if cfg!(miri) { 8 } else { 256 },
            ..ProptestConfig::default()
        })]

        #[test]
        fn anything_is_read_within_bounds(bytes in proptest::collection::vec(any::<u8>(), 0..80), kind in 0..16_u8) {
            let mut bytes = bytes;
            if let Some(byte) = bytes.get_mut(3) {
                *byte = kind << 4;
            }
            if let Some(byte) = bytes.get_mut(2) {
                *byte = 0;
            }
            if let Ok(item) = parse(&bytes) {
                prop_assert!(item.whole <= bytes.len() && item.payload.end <= item.whole && item.whole >= 8);
                prop_assert!(losses(item.lanes, &bytes[item.payload]).count() <= 32);
            }
        }
    }
}
