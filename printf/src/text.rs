//! The text that is being made: bytes in a room of the caller's.

use crate::number::{self, Base};
use crate::{Conversion, Length, Spec};
use core::mem::MaybeUninit;

/// A text in the making, in a room of the caller's: on the stack, usually, and not initialised beforehand.
#[derive(Debug)]
pub struct Text<'a> {
    room: &'a mut [MaybeUninit<u8>],
    len: usize,
    cut: bool,
    escape: bool,
}

impl<'a> Text<'a> {
    /// An empty text. `room` bounds it.
    #[must_use]
    #[inline]
    pub fn new(room: &'a mut [MaybeUninit<u8>]) -> Self {
        Self { room, len: 0, cut: false, escape: false }
    }

    /// An empty text that stays on its line: an ASCII control byte of any string, character or literal, except tab, becomes
    /// `\n` or `\xNN`, so that nothing a guest says can forge another event's line.
    #[must_use]
    #[inline]
    pub fn escaping(room: &'a mut [MaybeUninit<u8>]) -> Self {
        Self { escape: true, ..Self::new(room) }
    }

    /// Goes on behind what is written with a text that stays on its line, as [`Text::escaping`], of at most `most` bytes.
    #[must_use]
    #[inline]
    pub fn then_escaping(self, most: usize) -> Self {
        let end = self.room.len().min(self.len.saturating_add(most));
        Self { room: &mut self.room[..end], escape: true, ..self }
    }

    /// What has been written.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let written: *const [MaybeUninit<u8>] = &raw const self.room[..self.len];
        // SAFETY: `push` and `pad` initialise what they add to `room[..len]`, and whoever claims does; MaybeUninit<u8> has u8's layout.
        unsafe { &*(written as *const [u8]) }
    }

    /// Ends the text: if it was cut, its last character gives way to `…`, on a character's border.
    #[inline]
    pub fn mark_cut(&mut self) {
        const MARK: &[u8] = "…".as_bytes();
        if self.cut && self.room.len() >= MARK.len() {
            let mut end = self.len.min(self.room.len() - MARK.len());
            let written = self.as_bytes();
            // a continuation byte of UTF-8 begins no character; bytes that are not UTF-8 are cut anywhere
            let border = (end.saturating_sub(3)..=end)
                .rev()
                .find(|&at| written.get(at).is_none_or(|byte| byte & 0xc0 != 0x80));
            end = border.unwrap_or(end);
            self.len = end;
            self.push(MARK);
        }
    }

    /// Gives the room back as the bytes that were written.
    #[must_use]
    #[inline]
    pub fn into_bytes(self) -> &'a [u8] {
        let written: *const [MaybeUninit<u8>] = &raw const self.room[..self.len];
        // SAFETY: as in `as_bytes`; `self` is consumed, so nothing writes to the room while 'a lasts.
        unsafe { &*(written as *const [u8]) }
    }

    /// How many bytes have been written.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether something did not fit.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// Bytes that hold no control byte, as whoever calls this knows: they are never escaped. The length is a constant,
    /// so that the copy is a few instructions in place of a call.
    #[inline]
    pub fn plain<const N: usize>(&mut self, bytes: &[u8; N]) {
        match self.claim(N) {
            Some(place) => place.iter_mut().zip(bytes).for_each(|(slot, &byte)| _ = slot.write(byte)),
            None => self.push(bytes),
        }
    }

    /// The first `len` of such bytes, at most all of them. Where there is room for all, a few instructions copy them.
    #[inline]
    pub fn beginning<const N: usize>(&mut self, bytes: &[u8; N], len: usize) {
        let start = self.len;
        match self.claim(N) {
            Some(place) => {
                place.iter_mut().zip(bytes).for_each(|(slot, &byte)| _ = slot.write(byte));
                self.len = start + len.min(N);
            }
            None => self.push(bytes.get(..len).unwrap_or(bytes)),
        }
    }

    /// The same of any length.
    pub fn unescaped(&mut self, bytes: &[u8]) {
        self.push(bytes);
    }

    /// A part of the format that stands for itself.
    pub fn literal(&mut self, bytes: &[u8]) {
        if self.escape { self.push_escaped(bytes) } else { self.push(bytes) }
    }

    /// `%s`.
    pub fn str(&mut self, bytes: Option<&[u8]>) {
        self.literal(bytes.unwrap_or(b"(null)"));
    }

    /// `%d` of a number of any length.
    pub fn signed(&mut self, value: i64) {
        if value < 0 {
            self.plain(b"-");
        }
        number::digits(self, value.unsigned_abs(), Base::Decimal);
    }

    /// `%u` of a number of any length.
    pub fn unsigned(&mut self, value: u64) {
        number::digits(self, value, Base::Decimal);
    }

    /// `%x` of a number of any length.
    pub fn hex(&mut self, value: u64) {
        number::digits(self, value, Base::Hex);
    }

    /// `%p`.
    pub fn pointer(&mut self, address: u64) {
        if address == 0 {
            self.plain(b"(nil)");
        } else {
            self.plain(b"0x");
            number::digits(self, address, Base::Hex);
        }
    }

    /// `%c`, `%p` and the integer conversions with flags, width, precision and length.
    pub fn integer(&mut self, bits: u64, spec: &Spec) {
        match spec.conversion {
            Conversion::Char => self.char(bits, spec),
            Conversion::Pointer if bits == 0 => {
                self.string(Some(b"(nil)"), &Spec { precision: None, zero: false, ..*spec });
            }
            Conversion::Pointer
                if spec.width == 0 && spec.precision.is_none() && !spec.plus && !spec.space =>
            {
                self.pointer(bits);
            }
            Conversion::Pointer => {
                // glibc: a pointer is %#lx, and + and blank apply to it
                let plain =
                    Spec { alternate: true, length: Length::Bits64, conversion: Conversion::Hex, ..*spec };
                number::write(self, bits, &plain, true);
            }
            _ => number::write(self, bits, spec, false),
        }
    }

    /// `%s` with width and precision.
    pub fn string(&mut self, bytes: Option<&[u8]>, spec: &Spec) {
        const NULL: &[u8] = b"(null)";
        let limit = spec.precision.map_or(usize::MAX, |precision| precision as usize);
        let bytes = match bytes {
            Some(bytes) => &bytes[..bytes.len().min(limit)],
            // glibc prints no part of the word
            None if limit < NULL.len() => &[],
            None => NULL,
        };
        let padding = (spec.width as usize).saturating_sub(bytes.len());
        if !spec.left {
            self.pad(b' ', padding);
        }
        self.literal(bytes);
        if spec.left {
            self.pad(b' ', padding);
        }
    }

    fn char(&mut self, bits: u64, spec: &Spec) {
        #[allow(clippy::cast_possible_truncation)] // printf(3): converted to unsigned char
        let byte = [bits as u8];
        self.string(Some(&byte), &Spec { precision: None, ..*spec });
    }

    /// Writes `count` times `byte`.
    pub(crate) fn pad(&mut self, byte: u8, count: usize) {
        let fits = count.min(self.room.len() - self.len);
        self.room[self.len..self.len + fits].fill(MaybeUninit::new(byte));
        self.len += fits;
        self.cut |= fits < count;
    }

    /// The next `len` bytes of the room, which count as written: whoever asks fills them all. `None` if there are not as
    /// many left.
    #[inline]
    pub(crate) fn claim(&mut self, len: usize) -> Option<&mut [MaybeUninit<u8>]> {
        let start = self.len;
        let place = self.room.get_mut(start..)?.get_mut(..len)?;
        self.len = start + len;
        Some(place)
    }

    /// Writes bytes as they are.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let fits = bytes.len().min(self.room.len() - self.len);
        self.cut |= fits < bytes.len();
        if let Some(place) = self.claim(fits) {
            // SAFETY: `place` has `fits` bytes, `bytes` at least as many; what is borrowed mutably overlaps nothing.
            unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), place.as_mut_ptr().cast(), fits) };
        }
    }

    /// Copies and looks for control bytes in one pass; what holds one is written anew, byte by byte.
    #[inline]
    fn push_escaped(&mut self, bytes: &[u8]) {
        let start = self.len;
        if !self.claim(bytes.len()).is_some_and(|place| copy_unless_control(place, bytes)) {
            self.len = start;
            self.push_with_escapes(bytes);
        }
    }

    #[cold]
    fn push_with_escapes(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if is_control(byte) { self.push_control(byte) } else { self.push(&[byte]) }
        }
    }

    fn push_control(&mut self, byte: u8) {
        let (escape, len) = escape(byte);
        self.push(&escape[..len]);
    }
}

/// What stands for a control byte, and its length.
pub(crate) fn escape(byte: u8) -> ([u8; 4], usize) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    if byte == b'\n' {
        (*b"\\n\0\0", 2)
    } else {
        ([b'\\', b'x', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]], 4)
    }
}

/// Copies bytes to a place of the same length, eight at a time, and tells whether they may all stand on a line. A tab
/// may, but is not told apart here.
#[inline]
fn copy_unless_control(place: &mut [MaybeUninit<u8>], bytes: &[u8]) -> bool {
    let (to, to_rest) = place.as_chunks_mut::<8>();
    let (from, from_rest) = bytes.as_chunks::<8>();
    let mut control = false;
    for (to, from) in to.iter_mut().zip(from) {
        control |= may_hold_control(u64::from_le_bytes(*from));
        *to = from.map(MaybeUninit::new);
    }
    for (to, from) in to_rest.iter_mut().zip(from_rest) {
        control |= is_control(*from);
        to.write(*from);
    }
    !control
}

/// Whether one of eight bytes is below 0x20 or is 0x7f ("Bit Twiddling Hacks", hasless and haszero).
#[inline]
fn may_hold_control(word: u64) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word & HIGH;
    (below(word, 0x20) | below(word ^ (ONES * 0x7f), 1)) != 0
}

/// Whether all bytes may stand on a line; a tab is not told apart here.
#[inline]
pub(crate) fn are_plain(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    !words.iter().any(|word| may_hold_control(u64::from_le_bytes(*word)))
        && !rest.iter().any(|byte| is_control(*byte))
}

#[inline]
pub(crate) fn is_control(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || byte == 0x7f
}
