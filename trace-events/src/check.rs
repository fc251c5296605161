//! What QEMU's tracetool never checks: the format against the arguments.

use crate::ctype::CType;
use crate::declaration::{Argument, Placed};
use crate::diagnostic::Rule;
use crate::format::{Amount, Conversion, Format};
use crate::literals::Fault;
use crate::modifier::{Kind, System, preferred};
use printf::Length;

/// Holds each format against the arguments that it is given.
pub(crate) fn formats(
    args: &[Placed],
    translation: Option<&Format>,
    format: &Format,
    faults: &mut Vec<Fault>,
) {
    if let Some(translation) = translation {
        // what the guest computes is not known yet when its code is translated
        let known: Vec<&Placed> = args.iter().filter(|placed| !placed.argument.ctype.is_tcg()).collect();
        one(&known, translation, faults);
    }
    let all: Vec<&Placed> = args.iter().collect();
    if let Some(unprinted) = one(&all, format, faults) {
        let (at, end) = unprinted.place;
        let message = format!("the format does not print `{}`", unprinted.argument.name);
        faults.push((at, end, Rule::ConversionCount, message));
    }
}

/// Gives back the first argument that is not printed, unless the format could not be read whole.
fn one<'a>(args: &[&'a Placed], format: &Format, faults: &mut Vec<Fault>) -> Option<&'a Placed> {
    let unreadable = faults
        .iter()
        .any(|(_, _, rule, _)| matches!(rule, Rule::UnknownConversion | Rule::FormatMacro | Rule::PercentN));
    let mut rest = args.iter();
    for conversion in format.conversions() {
        let (at, end) = conversion.place;
        if let Some(message) = senseless_flag(conversion) {
            faults.push((at, end, Rule::ConversionFlags, message));
        }
        for (amount, what) in [(conversion.width, "width"), (conversion.precision, "precision")] {
            if amount == Amount::Argument
                && let Some(placed) = rest.next()
                && !is_int(&placed.argument.ctype)
            {
                let Argument { name, ctype } = &placed.argument;
                let message = format!("the {what} `*` takes an int, but `{name}` is {ctype}");
                faults.push((at, end, Rule::ConversionKind, message));
            }
        }
        match rest.next() {
            Some(placed) => {
                if let Some(message) = mismatch(conversion, &placed.argument) {
                    faults.push((at, end, Rule::ConversionKind, message));
                } else if let Some(message) = other_type(conversion, &placed.argument) {
                    faults.push((at, end, Rule::ConversionLength, message));
                }
            }
            None if unreadable => return None,
            None => {
                let wanted: usize = format.conversions().map(Conversion::arguments).sum();
                let message = format!(
                    "there is no argument for this: the format takes {wanted}, there are {}",
                    args.len()
                );
                faults.push((at, end, Rule::ConversionCount, message));
                return None;
            }
        }
    }
    if unreadable { None } else { rest.next().copied() }
}

/// Why a conversion cannot print an argument.
fn mismatch(conversion: &Conversion, Argument { name, ctype }: &Argument) -> Option<String> {
    let takes = |what: &str| Some(format!("{} takes {what}, but `{name}` is {ctype}", conversion.spelling()));
    match conversion.spec.conversion {
        printf::Conversion::Str => (!ctype.is_string()).then(|| takes("a string"))?,
        printf::Conversion::Pointer => (!ctype.is_pointer()).then(|| takes("a pointer"))?,
        _ if ctype.is_string() => takes("a number; %s prints a string"),
        _ if ctype.is_pointer() => takes("a number; %p prints a pointer"),
        _ => {
            let wanted = if conversion.spec.length == Length::Bits64 { 64 } else { 32 };
            match ctype.promoted_bits() {
                Some(bits) if bits != wanted && conversion.letter() == 'c' => takes("a character"),
                Some(bits) if bits != wanted => {
                    let right = preferred(ctype, conversion.letter());
                    takes(&format!("{wanted} bits")).map(|message| format!("{message}: {right} prints it"))
                }
                _ => None,
            }
        }
    }
}

/// What `gcc -Wformat` says of flags and precision, whatever the argument is.
fn senseless_flag(conversion: &Conversion) -> Option<String> {
    use printf::Conversion as C;
    let spec = &conversion.spec;
    let kind = spec.conversion;
    let precise = conversion.precision != Amount::None;
    let takes = |flag, kinds: &[C]| (!kinds.contains(&kind)).then_some(flag);
    let flag = None
        .or_else(|| spec.plus.then(|| takes("flag `+`", &[C::Signed]))?)
        .or_else(|| spec.space.then(|| takes("flag ` `", &[C::Signed]))?)
        .or_else(|| spec.alternate.then(|| takes("flag `#`", &[C::Octal, C::Hex, C::HexUpper]))?)
        .or_else(|| spec.zero.then(|| takes("flag `0`", NUMBERS))?)
        .or_else(|| precise.then(|| takes("precision", STRING_AND_NUMBERS))?);
    if let Some(flag) = flag {
        return Some(format!("the {flag} has no meaning in {}", conversion.spelling()));
    }
    let (zero, other) = match spec {
        _ if spec.plus && spec.space => (" ", "flag `+`"),
        _ if spec.zero && spec.left => ("0", "flag `-`"),
        _ if spec.zero && precise => ("0", "precision"),
        _ => return None,
    };
    let source = conversion.spelling();
    Some(format!("the flag `{zero}` has no effect in {source}, because of the {other}"))
}

const NUMBERS: &[printf::Conversion] = STRING_AND_NUMBERS.split_at(5).0;
const STRING_AND_NUMBERS: &[printf::Conversion] = &[
    printf::Conversion::Signed,
    printf::Conversion::Unsigned,
    printf::Conversion::Octal,
    printf::Conversion::Hex,
    printf::Conversion::HexUpper,
    printf::Conversion::Str,
];

/// A conversion of the right size, but for another type.
fn other_type(conversion: &Conversion, argument: &Argument) -> Option<String> {
    let is = Kind::of(&argument.ctype, System::Linux64)?;
    if conversion.modifier.kind(System::Linux64) == is {
        return None;
    }
    let Argument { name, ctype } = argument;
    let right = preferred(ctype, conversion.letter());
    Some(format!(
        "a C compiler warns of {} for `{name}`, which is {ctype}: {right} prints it",
        conversion.spelling()
    ))
}

fn is_int(ctype: &CType) -> bool {
    !ctype.is_pointer() && ctype.promoted_bits() == Some(32)
}
