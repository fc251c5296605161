//! The arguments of a command: each is asked for by name and type, and none may be left.

use super::CommandError;
use crate::{Json, Object};

/// A command's arguments. A handler takes each that it knows, and then calls [`Arguments::finish`], so that what a client
/// misspells is never ignored. The errors are in QEMU's words.
#[derive(Debug, Default)]
pub struct Arguments(Object);

impl Arguments {
    /// A string that must be there.
    ///
    /// # Errors
    /// It is missing, or no string.
    pub fn string(&mut self, name: &str) -> Result<String, CommandError> {
        self.optional_string(name)?.ok_or_else(|| missing(name))
    }

    /// A string that may be there.
    ///
    /// # Errors
    /// It is no string.
    pub fn optional_string(&mut self, name: &str) -> Result<Option<String>, CommandError> {
        self.take(name, "string", |value| match value {
            Json::String(value) => Some(value),
            _ => None,
        })
    }

    /// A boolean that must be there.
    ///
    /// # Errors
    /// It is missing, or no boolean.
    pub fn boolean(&mut self, name: &str) -> Result<bool, CommandError> {
        self.optional_boolean(name)?.ok_or_else(|| missing(name))
    }

    /// A boolean that may be there.
    ///
    /// # Errors
    /// It is no boolean.
    pub fn optional_boolean(&mut self, name: &str) -> Result<Option<bool>, CommandError> {
        self.take(name, "boolean", |value| match value {
            Json::Bool(value) => Some(value),
            _ => None,
        })
    }

    /// An integer that must be there.
    ///
    /// # Errors
    /// It is missing, no integer, or does not fit.
    pub fn integer(&mut self, name: &str) -> Result<i64, CommandError> {
        self.optional_integer(name)?.ok_or_else(|| missing(name))
    }

    /// An integer that may be there.
    ///
    /// # Errors
    /// It is no integer, or does not fit.
    pub fn optional_integer(&mut self, name: &str) -> Result<Option<i64>, CommandError> {
        self.take(name, "integer", |value| match value {
            Json::Int(value) => Some(value),
            _ => None,
        })
    }

    /// Strings that may be there.
    ///
    /// # Errors
    /// It is no array, or not of strings.
    pub fn optional_strings(&mut self, name: &str) -> Result<Option<Vec<String>>, CommandError> {
        let values = self.take(name, "array", |value| match value {
            Json::Array(values) => Some(values),
            _ => None,
        })?;
        let string = |(index, value)| match value {
            Json::String(value) => Ok(value),
            _ => Err(wrong_type(&format!("{name}[{index}]"), "string")),
        };
        values.map(|values| values.into_iter().enumerate().map(string).collect()).transpose()
    }

    /// Whatever value is there, for types that have no method here.
    pub fn value(&mut self, name: &str) -> Option<Json> {
        self.0.remove(name)
    }

    /// # Errors
    /// An argument is left that no one has asked for.
    pub fn finish(self) -> Result<(), CommandError> {
        match self.0.iter().next() {
            Some((name, _)) => Err(CommandError::generic(format!("Parameter '{name}' is unexpected"))),
            None => Ok(()),
        }
    }

    fn take<T>(
        &mut self,
        name: &str,
        expected: &str,
        convert: impl FnOnce(Json) -> Option<T>,
    ) -> Result<Option<T>, CommandError> {
        let Some(value) = self.0.remove(name) else {
            return Ok(None);
        };
        convert(value).map(Some).ok_or_else(|| wrong_type(name, expected))
    }
}

impl From<Object> for Arguments {
    fn from(arguments: Object) -> Self {
        Self(arguments)
    }
}

impl From<Arguments> for Object {
    /// What is left of them.
    fn from(arguments: Arguments) -> Self {
        arguments.0
    }
}

fn missing(name: &str) -> CommandError {
    CommandError::generic(format!("Parameter '{name}' is missing"))
}

fn wrong_type(name: &str, expected: &str) -> CommandError {
    CommandError::generic(format!("Invalid parameter type for '{name}', expected: {expected}"))
}
