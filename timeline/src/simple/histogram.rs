//! How the values of an argument are spread.

use super::declared::Declaration;
use simpletrace::{Argument, Kind, STRING_MAX};
use std::collections::{BTreeMap, HashMap};
use trace_events::Amount;

/// The values of an argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// The event and the argument: `EVENT.ARGUMENT`.
    pub name: String,
    /// How they are spread.
    pub spread: Spread,
}

/// How values are spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Numbers.
    Numbers(Numbers),
    /// Strings.
    Strings(Strings),
}

/// How numbers are spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Whether the event's format prints the number in hexadecimal, or as an address.
    pub hex: bool,
    /// How often each value was, as long as there are no more than [`MOST_VALUES`] of them.
    pub values: Option<BTreeMap<i128, u64>>,
    /// How often values were of so many binary digits: at 0 the zeros, at 1 the ones, at N those from 2^(N-1) to 2^N - 1.
    pub digits: Box<[u64; 65]>,
    /// The same of what is below zero.
    pub negative: Box<[u64; 65]>,
    /// The least and the greatest; `None` if there is no value.
    pub range: Option<(i128, i128)>,
    signed: bool,
}

/// How strings are spread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Strings {
    /// How often each was, of the first [`MOST_STRINGS`] that came (to each processor that counted) and are no longer than a VMM
    /// writes them, 512 bytes.
    pub values: HashMap<Box<[u8]>, u64>,
    /// How often any other was.
    pub others: u64,
}

/// How many numbers are told one by one.
pub const MOST_VALUES: usize = 24;

/// How many strings are kept.
pub const MOST_STRINGS: usize = 4096;

/// What is asked of an argument.
pub(super) struct Field {
    name: String,
    kind: Kind,
    signed: bool,
    hex: bool,
}

impl Field {
    pub(super) fn new(declaration: &Declaration, index: usize) -> Self {
        let event = &declaration.event;
        let arg = &event.args[index];
        let name = format!("{}.{}", event.name, arg.name);
        let kind = declaration.kinds[index];
        Self { name, kind, signed: arg.ctype.is_signed(), hex: is_hex(declaration, index) }
    }

    pub(super) fn histogram(&self) -> Histogram {
        let spread = match self.kind {
            Kind::String => Spread::Strings(Strings::default()),
            Kind::Word => Spread::Numbers(Numbers {
                hex: self.hex,
                values: Some(BTreeMap::new()),
                digits: Box::new([0; 65]),
                negative: Box::new([0; 65]),
                range: None,
                signed: self.signed,
            }),
        };
        Histogram { name: self.name.clone(), spread }
    }
}

/// Whether the format prints the argument as a hexadecimal number.
fn is_hex(declaration: &Declaration, index: usize) -> bool {
    let mut at = 0;
    for conversion in declaration.event.format.conversions() {
        at += usize::from(conversion.width == Amount::Argument)
            + usize::from(conversion.precision == Amount::Argument);
        if at == index {
            use printf::Conversion::{Hex, HexUpper, Pointer};
            return matches!(conversion.spec.conversion, Hex | HexUpper | Pointer);
        }
        at += 1;
    }
    false
}

impl Histogram {
    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        match &self.spread {
            Spread::Numbers(numbers) => numbers.digits.iter().chain(numbers.negative.iter()).sum(),
            Spread::Strings(strings) => strings.values.values().sum::<u64>() + strings.others,
        }
    }

    #[inline]
    pub(super) fn add(&mut self, value: Argument<'_>) {
        match (&mut self.spread, value) {
            (Spread::Numbers(numbers), Argument::Word(word)) => numbers.add(word),
            (Spread::Strings(strings), Argument::String(bytes)) => strings.add(bytes, 1),
            _ => {}
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        match (&mut self.spread, other.spread) {
            (Spread::Numbers(numbers), Spread::Numbers(other)) => numbers.merge(other),
            (Spread::Strings(strings), Spread::Strings(other)) => {
                other.values.into_iter().for_each(|(bytes, count)| strings.add(&bytes, count));
                strings.others += other.others;
            }
            _ => {}
        }
    }
}

impl Numbers {
    #[inline]
    fn add(&mut self, word: u64) {
        let value = if self.signed { i128::from(word.cast_signed()) } else { i128::from(word) };
        let magnitude = if value < 0 { word.cast_signed().unsigned_abs() } else { word };
        let digits = if value < 0 { &mut self.negative } else { &mut self.digits };
        digits[(64 - magnitude.leading_zeros()) as usize] += 1;
        self.range =
            Some(self.range.map_or((value, value), |(least, most)| (least.min(value), most.max(value))));
        if self.values.is_some() {
            self.keep(value, 1);
        }
    }

    fn keep(&mut self, value: i128, count: u64) {
        if let Some(values) = &mut self.values {
            *values.entry(value).or_insert(0) += count;
            if values.len() > MOST_VALUES {
                self.values = None;
            }
        }
    }

    fn merge(&mut self, other: Self) {
        for (sum, count) in self.digits.iter_mut().zip(*other.digits) {
            *sum += count;
        }
        for (sum, count) in self.negative.iter_mut().zip(*other.negative) {
            *sum += count;
        }
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (one, other) => one.or(other),
        };
        match other.values {
            Some(values) => values.into_iter().for_each(|(value, count)| self.keep(value, count)),
            None => self.values = None,
        }
    }
}

impl Strings {
    fn add(&mut self, bytes: &[u8], count: u64) {
        if let Some(sum) = self.values.get_mut(bytes) {
            *sum += count;
        } else if self.values.len() < MOST_STRINGS && bytes.len() <= STRING_MAX {
            self.values.insert(bytes.into(), count);
        } else {
            self.others += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_vmm_writes_is_not_kept() {
        let mut strings = Strings::default();
        for count in 0..2 * MOST_STRINGS {
            let mut bytes = count.to_string().into_bytes();
            bytes.resize(STRING_MAX + 1, b'x');
            strings.add(&bytes, 1);
            strings.add(&bytes[..STRING_MAX], 1);
        }
        assert_eq!((strings.values.len(), strings.others), (MOST_STRINGS, 3 * MOST_STRINGS as u64));
    }
}
