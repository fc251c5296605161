//! JSON as QMP speaks it: a value, its reader and its writer.
//!
//! A library would not do. QEMU's clients send single-quoted strings, several values in a packet and one in several;
//! they resynchronise by a control character; and they compare the texts of errors (QEMU's `docs/interop/qmp-spec`).

mod lexer;
mod parser;
mod reader;
mod tokens;
mod writer;

pub(crate) use reader::Reader;

use crate::CommandError;
use std::str::FromStr;

/// A value.
///
/// ```
/// use monitor::Json;
///
/// let state = Json::object([("name", Json::from("blk_read")), ("enabled", Json::from(true))]);
/// assert_eq!(state.to_string(), r#"{"name": "blk_read", "enabled": true}"#);
/// assert_eq!("{'enabled': true, 'name': 'blk_read'}".parse::<Json>()?.as_object().unwrap().get("name"), Some(&"blk_read".into()));
/// # Ok::<(), monitor::CommandError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction and exponent, in range.
    Int(i64),
    /// Such a number above `i64::MAX`.
    Uint(u64),
    /// Any other number; always finite.
    Float(f64),
    /// Text.
    String(String),
    /// Values in order.
    Array(Vec<Json>),
    /// Members.
    Object(Object),
}

/// Members, no two of one name, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Json)>);

impl Json {
    /// An object of these members.
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        members.into_iter().collect::<Object>().into()
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The values, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(values) = self { Some(values) } else { None }
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}

impl Object {
    /// The member of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Puts a member in, in the place of the one of that name if there is one.
    pub fn insert(&mut self, name: &str, value: Json) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, place)) => *place = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(index).1)
    }

    /// All members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl<'a> FromIterator<(&'a str, Json)> for Object {
    fn from_iter<T: IntoIterator<Item = (&'a str, Json)>>(members: T) -> Self {
        let mut object = Self::default();
        for (name, value) in members {
            object.insert(name, value);
        }
        object
    }
}

/// Reads one value, as a client may send it. The error is what a client would be told.
impl FromStr for Json {
    type Err = CommandError;

    fn from_str(text: &str) -> Result<Self, CommandError> {
        Reader::read_one(text.as_bytes()).map_err(CommandError::generic)
    }
}

impl From<Object> for Json {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Json {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::Uint(value), Self::Int)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

/// What JSON has no number for, infinity and its like, is null.
impl From<f64> for Json {
    fn from(value: f64) -> Self {
        if value.is_finite() { Self::Float(value) } else { Self::Null }
    }
}

impl From<Vec<Json>> for Json {
    fn from(values: Vec<Json>) -> Self {
        Self::Array(values)
    }
}

impl FromIterator<Json> for Json {
    fn from_iter<T: IntoIterator<Item = Json>>(values: T) -> Self {
        Self::Array(values.into_iter().collect())
    }
}

impl IntoIterator for Object {
    type Item = (String, Json);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
