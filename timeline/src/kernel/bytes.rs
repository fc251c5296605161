//! Numbers from the kernel's bytes. The recording is read on a machine of the byte order that it was made on;
//! every machine with KVM that this is built for has the low byte first.

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(array(bytes, at)?))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(array(bytes, at)?))
}

/// An unsigned number of 1, 2, 4 or 8 bytes.
pub(crate) fn word_at(bytes: &[u8], at: usize, size: usize) -> Option<u64> {
    match size {
        1 => bytes.get(at).copied().map(u64::from),
        2 => Some(u64::from(u16::from_le_bytes(array(bytes, at)?))),
        4 => u32_at(bytes, at).map(u64::from),
        8 => u64_at(bytes, at),
        _ => None,
    }
}

/// The bytes before the first NUL, or all.
pub(crate) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    &bytes[..end]
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}
