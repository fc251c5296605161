//! Groups of C's events: from the descriptions that C hands over to the registry's own.

use crate::boundary::{bytes, enter, text};
use crate::emit::{self, ARGUMENTS_MAX, Known};
use crate::events::{self, CEvent};
use crate::layout::{self, ABI, VmtraceArgument, VmtraceEvent, VmtraceGroup, VmtracePart};
use crate::{Error, pin, qemu};
use std::ffi::c_char;
use std::slice;
use std::sync::atomic::Ordering;
use vmtrace::foreign;
use vmtrace::generated::{ArgumentInfo, Conversion, Event, Group, Length, Part, Spec};

/// Makes a group known.
///
/// # Safety
/// It is NULL, or all in it is as `vmtrace/event.h` says and stays for as long as the process lives.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vmtrace_register_group(group: *const VmtraceGroup) {
    enter((), || {
        // SAFETY: the caller says so.
        let Some(group) = (unsafe { group.as_ref() }) else { return Err(Error::Null { what: "the group" }) };
        // SAFETY: the caller says so.
        if let Err(why) = unsafe { register(group) } {
            // SAFETY: the caller says so.
            let name = unsafe { bytes(group.name, "its name") }
                .map_or_else(|_| String::new(), |name| name.to_string_lossy().into_owned());
            let why = why.to_string();
            foreign::refuse(&name, &why);
            let error = Error::Group { group: name, why };
            qemu::tell(&error);
            return Err(error);
        }
        Ok(())
    });
}

/// Why an event cannot be had.
#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("it was made for version {0} of the library's interface, which is {ABI}: make it anew")]
    Abi(u32),
    #[error("{}", pin::UNPINNED)]
    Unpinned,
    #[error("`{0}` is no name of an event")]
    Name(String),
    #[error("its description is broken: {0}")]
    Text(#[from] Error),
    #[error("`{event}` has {count} arguments, of {ARGUMENTS_MAX} at most")]
    Arguments { event: String, count: u32 },
    #[error(
        "`{event}` has {what} that this library does not know: make it anew with the tracetool that belongs to it"
    )]
    Unknown { event: String, what: &'static str },
}

/// # Safety
/// As [`vmtrace_register_group`].
unsafe fn register(group: &'static VmtraceGroup) -> Result<(), Fault> {
    if group.abi != ABI {
        return Err(Fault::Abi(group.abi));
    }
    if !pin::is_new(group) {
        return Ok(());
    }
    if !pin::pin(group) {
        return Err(Fault::Unpinned);
    }
    // SAFETY: the caller says so.
    let name = unsafe { text(group.name, "its name") }?;
    // SAFETY: the caller says so.
    let given = unsafe { array(group.events, group.event_count, "its list of events") }?;
    let (mut events, mut disabled, mut known) = (Vec::new(), Vec::new(), Vec::new());
    let mut all = Vec::new();
    for &given in given {
        // SAFETY: the caller says so.
        let given = unsafe { given.as_ref() }.ok_or(Error::Null { what: "an event" })?;
        if !given.event.sstate {
            // SAFETY: the caller says so.
            let name = unsafe { identifier(given.event.name) }?;
            disabled.push(name);
            all.push(CEvent::new(&given.event, name, None));
        } else if given.runtime.load(Ordering::Acquire).is_null() {
            // SAFETY: the caller says so.
            let (event, one) = unsafe { event(given) }?;
            events.push(event);
            all.push(CEvent::new(&given.event, event.name(), Some(event)));
            known.push((given, one));
        }
    }
    if known.is_empty() && disabled.is_empty() {
        return Ok(());
    }
    for (given, known) in known {
        given.runtime.store(known.cast_mut().cast(), Ordering::Release);
    }
    events::add(all);
    qemu::join(Box::leak(Box::new(Group::new(name, events.leak(), disabled.leak()))));
    Ok(())
}

/// # Safety
/// As [`vmtrace_register_group`].
unsafe fn event(given: &'static VmtraceEvent) -> Result<(&'static Event, *const Known), Fault> {
    // SAFETY: the caller says so.
    let name = unsafe { identifier(given.event.name) }?;
    // SAFETY: the caller says so.
    let state = unsafe { given.state.as_ref() }.ok_or(Error::Null { what: "an event's state" })?;
    if given.argument_count as usize > ARGUMENTS_MAX {
        return Err(Fault::Arguments { event: name.to_owned(), count: given.argument_count });
    }
    // SAFETY: the caller says so.
    let arguments = unsafe { array(given.arguments, given.argument_count, "an event's arguments") }?;
    // SAFETY: the caller says so.
    let parts = unsafe { array(given.parts, given.part_count, "an event's text") }?;

    let unknown = |what| Fault::Unknown { event: name.to_owned(), what };
    let kinds: Option<Vec<_>> = arguments.iter().map(|argument| kind(argument, arguments)).collect();
    let kinds = kinds.ok_or_else(|| unknown("a kind of argument"))?;
    let mut infos = Vec::new();
    for argument in arguments {
        // SAFETY: the caller says so.
        let name = unsafe { lossy(argument.name) }?;
        // SAFETY: the caller says so.
        let ctype = unsafe { lossy(argument.ctype) }?;
        infos.push(ArgumentInfo { name, ctype });
    }
    let mut made = Vec::new();
    for given in parts {
        // SAFETY: the caller says so.
        made.push(unsafe { part(given) }.ok_or_else(|| unknown("a conversion"))?);
    }
    // SAFETY: the caller says so.
    let declared_at = unsafe { lossy(given.declared_at) }?;
    // SAFETY: the caller says so.
    let format = unsafe { lossy(given.format) }?;
    let event = Event::of_parts(state, name, declared_at, format, infos.leak(), &made);
    let event: &'static Event = Box::leak(Box::new(event));
    Ok((event, Box::leak(Box::new(Known::new(event, &kinds)))))
}

fn kind(argument: &VmtraceArgument, all: &[VmtraceArgument]) -> Option<emit::Kind> {
    match argument.kind {
        layout::NUMBER => Some(emit::Kind::Number),
        layout::STRING => Some(emit::Kind::String),
        most @ 0.. => Some(emit::Kind::Bounded(most.unsigned_abs())),
        of => {
            let of = usize::try_from(layout::STRING_OF.checked_sub(of)?).ok()?;
            (all.get(of)?.kind == layout::NUMBER).then_some(emit::Kind::BoundedBy(of))
        }
    }
}

/// # Safety
/// As [`vmtrace_register_group`].
unsafe fn part(given: &'static VmtracePart) -> Option<Part> {
    if !given.literal.is_null() {
        // SAFETY: the caller says so.
        let literal = unsafe { slice::from_raw_parts(given.literal.cast::<u8>(), given.length as usize) };
        return Some(Part::Literal(literal));
    }
    let conversion = match given.conversion.cast_unsigned() {
        b'd' | b'i' => Conversion::Signed,
        b'u' => Conversion::Unsigned,
        b'o' => Conversion::Octal,
        b'x' => Conversion::Hex,
        b'X' => Conversion::HexUpper,
        b'c' => Conversion::Char,
        b's' => Conversion::Str,
        b'p' => Conversion::Pointer,
        _ => return None,
    };
    let length = match given.bits {
        8 => Length::Bits8,
        16 => Length::Bits16,
        32 => Length::Bits32,
        64 => Length::Bits64,
        _ => return None,
    };
    let has = |flag| given.flags & flag != 0;
    let spec = Spec {
        left: has(layout::LEFT),
        plus: has(layout::PLUS),
        space: has(layout::SPACE),
        alternate: has(layout::ALTERNATE),
        zero: has(layout::ZERO),
        width: given.width,
        precision: u32::try_from(given.precision).ok(),
        length,
        conversion,
    };
    Some(Part::Conversion { spec, width: has(layout::WIDTH), precision: has(layout::PRECISION) })
}

/// An event's name, which begins its lines.
///
/// # Safety
/// As [`vmtrace_register_group`].
unsafe fn identifier(name: *const c_char) -> Result<&'static str, Fault> {
    // SAFETY: the caller says so.
    let name: &'static str = unsafe { text(name, "an event's name") }?;
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_name =
        name.bytes().all(is_word) && name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if is_name { Ok(name) } else { Err(Fault::Name(name.to_owned())) }
}

/// # Safety
/// There are so many, or it is NULL.
unsafe fn array<T>(first: *const T, count: u32, what: &'static str) -> Result<&'static [T], Error> {
    match (count, first.is_null()) {
        (0, _) => Ok(&[]),
        (_, true) => Err(Error::Null { what }),
        // SAFETY: the caller says so.
        (_, false) => Ok(unsafe { slice::from_raw_parts(first, count as usize) }),
    }
}

/// A text that is only shown: it may have any bytes.
///
/// # Safety
/// It is NULL, or a text that stays.
unsafe fn lossy(text: *const c_char) -> Result<&'static str, Error> {
    // SAFETY: the caller says so.
    let text: &'static _ = unsafe { bytes(text, "a text of an event") }?;
    Ok(match text.to_str() {
        Ok(text) => text,
        Err(_) => String::leak(text.to_string_lossy().into_owned()),
    })
}
