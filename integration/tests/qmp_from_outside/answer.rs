//! A line of JSON as a tree that keeps how each scalar is spelled, so that two lines are equal but for the order of
//! keys, which QEMU takes from a hash table.

use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// As deep as answers go, an id aside.
const DEPTH: usize = 8;

/// A value.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Object(BTreeMap<String, Answer>),
    Array(Vec<Answer>),
    /// A string, number or word, to the byte; and what lies deeper than [`DEPTH`].
    Scalar(String),
}

impl Answer {
    /// Reads a line.
    pub(crate) fn read(line: &[u8]) -> Result<Self, serde_json::Error> {
        let raw: &RawValue = serde_json::from_slice(line)?;
        Self::from_raw(raw, DEPTH)
    }

    fn from_raw(raw: &RawValue, depth: usize) -> Result<Self, serde_json::Error> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{') if depth > 0 => {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(text)?;
                let members =
                    members.into_iter().map(|(key, value)| Ok((key, Self::from_raw(value, depth - 1)?)));
                Self::Object(members.collect::<Result<_, serde_json::Error>>()?)
            }
            Some(b'[') if depth > 0 => {
                let values: Vec<&RawValue> = serde_json::from_str(text)?;
                Self::Array(
                    values
                        .into_iter()
                        .map(|value| Self::from_raw(value, depth - 1))
                        .collect::<Result<_, _>>()?,
                )
            }
            _ => Self::Scalar(text.to_owned()),
        })
    }

    /// Whether it is an object, as all that a monitor sends is.
    pub(crate) fn is_message(&self) -> bool {
        matches!(self, Self::Object(_))
    }

    /// What lies under keys one in another.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, &key| match value {
            Self::Object(members) => members.get(key),
            _ => None,
        })
    }

    /// As [`Answer::at`], to be changed.
    pub(crate) fn at_mut(&mut self, path: &[&str]) -> Option<&mut Self> {
        path.iter().try_fold(self, |value, &key| match value {
            Self::Object(members) => members.get_mut(key),
            _ => None,
        })
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    write!(f, "{}{key:?}: {value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("}")
            }
            Self::Array(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Scalar(text) => f.write_str(text),
        }
    }
}
