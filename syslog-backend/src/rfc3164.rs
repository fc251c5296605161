//! `<30>Nov 22 17:30:00 IDENT[PID]: LINE`, and the NUL that ends a record in a stream.

use crate::stamp;
use crate::{LINE_MAX, own::Page, zone::Zone};
use printf::Text;

/// LOG_DAEMON and LOG_INFO: 3 * 8 + 6.
const PRIORITY: &[u8; 4] = b"<30>";

/// The most bytes before the line: priority, stamp, the longest identifier, the longest number, what stands between.
const HEAD_MAX: usize = 4 + stamp::LEN + 1 + 128 + 1 + 10 + 3;

/// The most bytes of a datagram. The NUL is not in it.
pub(crate) const MAX: usize = HEAD_MAX + LINE_MAX;

/// Writes a datagram to an empty text that escapes, and whose room is [`MAX`] or more. False if the line was cut.
#[inline]
pub(crate) fn write(
    text: &mut Text<'_>,
    ident: &str,
    page: &Page,
    zone: &Zone,
    realtime: u64,
    line: &[u8],
) -> bool {
    text.plain(PRIORITY);
    text.plain(&stamp::of(zone.local_seconds((realtime / 1_000_000_000).cast_signed())));
    text.plain(b" ");
    text.unescaped(ident.as_bytes());
    text.plain(b"[");
    text.unsigned(u64::from(page.pid()));
    text.plain(b"]: ");
    text.literal(line);
    text.mark_cut();
    !text.is_cut()
}
