//! Values that are texts in JSON, read without a copy of the text.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};

/// Reads a value from the text that stands for it.
pub(crate) struct Parsed<T> {
    /// What the text is, for the error where something else stands there.
    wanted: &'static str,
    value: PhantomData<T>,
}

impl<T> Parsed<T> {
    pub(crate) const fn new(wanted: &'static str) -> Self {
        Self { wanted, value: PhantomData }
    }
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wanted)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}
