//! `<30>Nov 22 17:30:00 IDENT[PID]: LINE`. A NUL ends a record in a stream.

use crate::{LINE_MAX, head, stamp};
use printf::Text;

/// LOG_DAEMON and LOG_INFO: 3 * 8 + 6.
const PRIORITY: &[u8; 4] = b"<30>";

/// The most bytes of a datagram. The NUL is not in it.
pub(crate) const MAX: usize = head::MAX + LINE_MAX;

/// Writes what stands before the line.
pub(crate) fn head(text: &mut Text<'_>, stamp: &[u8; stamp::LEN], ident: &str, pid: u32) {
    text.plain(PRIORITY);
    text.plain(stamp);
    text.plain(b" ");
    text.unescaped(ident.as_bytes());
    text.plain(b"[");
    text.unsigned(u64::from(pid));
    text.plain(b"]: ");
}

/// Writes the line. False if it was cut.
#[inline]
pub(crate) fn line(text: &mut Text<'_>, line: &[u8]) -> bool {
    text.literal(line);
    if text.is_cut() {
        text.mark_cut();
        return false;
    }
    true
}
