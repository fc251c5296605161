//! What an event's bytes mean: its `format` file in tracefs (Documentation/trace/events.rst, "Event
//! formats").

use super::bytes::{u32_at, until_nul, word_at};

/// The most fields that an event is believed to have.
const MOST_FIELDS: usize = 512;

/// A `format` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) name: String,
    pub(crate) id: u16,
    /// The event's own fields; the `common_` ones are with [`Common`].
    pub(crate) fields: Vec<Field>,
    pub(crate) common: Common,
    /// What follows `print fmt: `.
    pub(crate) print: String,
}

/// The fields that every event begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Common {
    pub(crate) pid: Option<Place>,
}

/// Where a field lies in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) offset: usize,
    /// 0: as far as the event goes.
    pub(crate) size: usize,
}

/// A field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) signed: bool,
    pub(crate) kind: Kind,
    /// Bytes of an element of an array; of a scalar its size.
    pub(crate) element: usize,
    /// A pointer, whose text is an address.
    pub(crate) pointer: bool,
    /// An array of `char`, or a `__data_loc` of one: its text is a string.
    pub(crate) string: bool,
}

/// How a field's bytes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number in its place.
    Scalar,
    /// Elements in their place.
    Array,
    /// `__data_loc`: a word that tells where in the event the elements are.
    Far,
    /// `__rel_loc`: the same, counted from the word's end.
    Near,
}

impl Field {
    /// The number that a scalar is, extended to 64 bits by its sign.
    pub(crate) fn word(&self, event: &[u8]) -> Option<u64> {
        if self.kind != Kind::Scalar {
            return None;
        }
        let word = word_at(event, self.place.offset, self.place.size)?;
        Some(if self.signed { extend(word, self.place.size) } else { word })
    }

    /// The bytes of an array, wherever they are.
    pub(crate) fn bytes<'a>(&self, event: &'a [u8]) -> Option<&'a [u8]> {
        let Place { offset, size } = self.place;
        match self.kind {
            Kind::Scalar | Kind::Array if size == 0 => event.get(offset..),
            Kind::Scalar | Kind::Array => event.get(offset..offset.checked_add(size)?),
            Kind::Far | Kind::Near => {
                let word = u32_at(event, offset)? as usize;
                let base = if self.kind == Kind::Near { offset.checked_add(4)? } else { 0 };
                let start = base.checked_add(word & 0xffff)?;
                event.get(start..start.checked_add(word >> 16)?)
            }
        }
    }

    /// The string that an array is, up to its NUL.
    pub(crate) fn string<'a>(&self, event: &'a [u8]) -> Option<&'a [u8]> {
        self.bytes(event).map(until_nul)
    }

    /// An element of an array.
    pub(crate) fn element(&self, event: &[u8], index: usize) -> Option<u64> {
        let word = word_at(self.bytes(event)?, index.checked_mul(self.element)?, self.element)?;
        Some(if self.signed { extend(word, self.element) } else { word })
    }
}

/// Whether this may be the name of an event or of its system.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// Extends a number of `size` bytes by its sign.
pub(crate) fn extend(word: u64, size: usize) -> u64 {
    let shift = 64u32.saturating_sub(u32::try_from(size * 8).unwrap_or(64));
    (word << shift).cast_signed().wrapping_shr(shift).cast_unsigned()
}

impl Format {
    /// Reads a `format` file.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let head = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
        let name = head("name:").filter(|name| is_name(name)).ok_or("no name")?.to_owned();
        let id = head("ID:").and_then(|id| id.parse().ok()).ok_or("no ID")?;
        let print = text.split_once("print fmt:").ok_or("no print fmt")?.1.trim().to_owned();
        let mut fields = Vec::new();
        let mut common = Common::default();
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("field:")) {
            let field = field(line).ok_or("a field that makes no sense")?;
            if field.name == "common_pid" {
                common.pid = Some(field.place);
            } else if !field.name.starts_with("common_") {
                fields.push(field);
            }
        }
        if fields.len() > MOST_FIELDS {
            return Err("too many fields");
        }
        Ok(Self { name, id, fields, common, print })
    }

    /// The field of a name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Common {
    /// The thread that was running.
    pub(crate) fn pid(&self, event: &[u8]) -> Option<u32> {
        let place = self.pid.filter(|place| place.size == 4)?;
        u32_at(event, place.offset)
    }
}

/// `TYPE NAME[COUNT]; offset:N; size:N; signed:N;`, with tabs between.
fn field(line: &str) -> Option<Field> {
    let mut parts = line.split(';').map(str::trim);
    let declaration = parts.next()?;
    let mut number = |key: &str| parts.next()?.strip_prefix(key)?.parse::<usize>().ok();
    let (offset, size, signed) = (number("offset:")?, number("size:")?, number("signed:")? != 0);

    let (spelled, kind) = if let Some(rest) = declaration.strip_prefix("__data_loc ") {
        (rest, Kind::Far)
    } else if let Some(rest) = declaration.strip_prefix("__rel_loc ") {
        (rest, Kind::Near)
    } else {
        (declaration, Kind::Scalar)
    };
    // the brackets stand behind the name of an array and behind the type of a `__data_loc`
    let (spelled, count) = match spelled.split_once('[') {
        Some((before, after)) => {
            let (inside, behind) = after.split_once(']')?;
            let whole = if behind.trim().is_empty() { before.to_owned() } else { before.to_owned() + behind };
            (whole, Some(inside.trim().parse::<usize>().ok()))
        }
        None => (spelled.to_owned(), None),
    };
    let spelled = spelled.trim_end();
    let name = spelled.bytes().rev().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let (ctype, name) = spelled.split_at(spelled.len() - name);
    let ctype = ctype.trim();
    if ctype.is_empty() || name.is_empty() {
        return None;
    }
    let sized = size_of_type(ctype);
    let (kind, element) = match (kind, count) {
        (Kind::Scalar, Some(Some(count))) if count > 0 && size >= count => (Kind::Array, size / count),
        (Kind::Scalar, None) if matches!(size, 1 | 2 | 4 | 8) => (Kind::Scalar, size),
        (Kind::Scalar, _) => (Kind::Array, sized.unwrap_or(1)),
        (far, _) => (far, sized.unwrap_or(1)),
    };
    Some(Field {
        name: name.to_owned(),
        place: Place { offset, size },
        signed,
        kind,
        element,
        pointer: kind == Kind::Scalar && ctype.ends_with('*'),
        string: kind != Kind::Scalar && matches!(ctype, "char" | "const char"),
    })
}

/// Bytes of a C type where a `long` has 64 bits; `None` of a type that the kernel made.
pub(crate) fn size_of_type(spelled: &str) -> Option<usize> {
    if spelled.ends_with('*') {
        return Some(8);
    }
    let mut size = None;
    for word in spelled.split_whitespace() {
        size = match word {
            "const" | "volatile" | "unsigned" | "signed" => size.or(match word {
                "unsigned" | "signed" => Some(4),
                _ => None,
            }),
            "char" | "bool" | "_Bool" | "u8" | "s8" | "__u8" | "__s8" | "uint8_t" | "int8_t" => Some(1),
            "short" | "u16" | "s16" | "__u16" | "__s16" | "__le16" | "__be16" | "uint16_t" | "int16_t"
            | "umode_t" => Some(2),
            "int" => size.filter(|&size| size != 4).or(Some(4)),
            "u32" | "s32" | "__u32" | "__s32" | "__le32" | "__be32" | "uint32_t" | "int32_t" | "pid_t"
            | "uid_t" | "gid_t" | "gfp_t" | "dev_t" | "__kernel_dev_t" => Some(4),
            "long" | "u64" | "s64" | "__u64" | "__s64" | "__le64" | "__be64" | "uint64_t" | "int64_t"
            | "size_t" | "ssize_t" | "gpa_t" | "gva_t" | "gfn_t" | "hva_t" | "hpa_t" | "hfn_t" | "loff_t"
            | "sector_t" | "ino_t" | "phys_addr_t" | "dma_addr_t" | "resource_size_t" | "uintptr_t"
            | "ktime_t" => Some(8),
            _ => return None,
        };
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_kind() {
        let at = |offset, size| Place { offset, size };
        let table = [
            ("int common_pid;	offset:4;	size:4;	signed:1;", ("common_pid", at(4, 4), true, Kind::Scalar, 4)),
            ("char comm[16];	offset:8;	size:16;	signed:0;", ("comm", at(8, 16), false, Kind::Array, 1)),
            (
                "unsigned long args[6];	offset:16;	size:48;	signed:0;",
                ("args", at(16, 48), false, Kind::Array, 8),
            ),
            ("char buf[];	offset:16;	size:0;	signed:0;", ("buf", at(16, 0), false, Kind::Array, 1)),
            ("u64 a[MAX];	offset:8;	size:32;	signed:0;", ("a", at(8, 32), false, Kind::Array, 8)),
            ("__data_loc char[] name;	offset:8;	size:4;	signed:0;", ("name", at(8, 4), false, Kind::Far, 1)),
            ("__rel_loc u32[] v;	offset:8;	size:4;	signed:0;", ("v", at(8, 4), false, Kind::Near, 4)),
            ("__data_loc cpumask_t m;	offset:8;	size:4;	signed:0;", ("m", at(8, 4), false, Kind::Far, 1)),
            (
                "const char *const * argv;	offset:24;	size:8;	signed:0;",
                ("argv", at(24, 8), false, Kind::Scalar, 8),
            ),
            ("struct x y;	offset:24;	size:12;	signed:0;", ("y", at(24, 12), false, Kind::Array, 1)),
        ];
        for (line, (name, place, signed, kind, element)) in table {
            let field = field(line).expect(line);
            assert_eq!(field.name, name, "{line}");
            let found = (field.place, field.signed, field.kind, field.element);
            assert_eq!(found, (place, signed, kind, element), "{line}");
        }
        for bad in
            ["", "int x;", "int x; offset:4; size:y; signed:1;", "x; offset:4; size:4; signed:1;", "[;"]
        {
            assert!(field(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_lies_outside_the_event_is_not_read() {
        type Case<'a> = (&'a Field, &'a [u8], Option<&'a [u8]>);
        let far = field("__data_loc char[] name;	offset:0;	size:4;	signed:0;").unwrap();
        let near = field("__rel_loc char[] name;	offset:0;	size:4;	signed:0;").unwrap();
        let table: [Case<'_>; 6] = [
            (&far, b"\x04\0\x03\0ab\0", Some(b"ab")),
            (&near, b"\x00\0\x03\0ab\0", Some(b"ab")),
            (&far, b"\x04\0\x03\0ab", None),
            (&near, b"\xff\xff\xff\xff", None),
            (&far, b"\x04\0\0\0", Some(b"")),
            (&far, b"\x04\0", None),
        ];
        for (field, event, want) in table {
            assert_eq!(field.string(event), want, "{event:?}");
        }
        let endless = field("u64 x;	offset:18446744073709551615;	size:8;	signed:0;").unwrap();
        assert_eq!((endless.word(&[0; 8]), endless.bytes(&[0; 8])), (None, None));
    }

    #[test]
    fn sizes() {
        for (spelled, size) in [
            ("unsigned", Some(4)),
            ("unsigned char", Some(1)),
            ("unsigned long long", Some(8)),
            ("long int", Some(8)),
            ("short int", Some(2)),
            ("const void *", Some(8)),
            ("struct page", None),
        ] {
            assert_eq!(size_of_type(spelled), size, "{spelled}");
        }
        assert_eq!(extend(0xff, 1), u64::MAX);
        assert_eq!(extend(0x7f, 1), 0x7f);
        assert_eq!(extend(5, 8), 5);
    }
}
