//! Notes of collectors as they are in the spool, with exchanges by arrival.

use model::record::{Decode, Syntax};
use sdk::{CoverageNote, GapNote, Input, Source};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ResourceLine {
    pub(super) parts: Vec<(String, Vec<PlaceLine>)>,
    pub(super) facts: Box<RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum PlaceLine {
    /// Exchange by arrival, syntax, path, decoding, and what is inside of that.
    A(u64, Syntax, String, Vec<Decode>, Option<(Syntax, String)>),
    /// Ordinal of the declared file, line, column.
    D(u64, u64, u64),
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct DerivedLine {
    pub(super) inputs: Vec<InputLine>,
    pub(super) facts: Box<RawValue>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum InputLine {
    Resource(String, String),
    Population(String),
    Exchange(u64),
    /// An object of any target: target, kind, id.
    Object(String, String, String),
    /// All lists of a kind of any target.
    Lists(String, String),
    /// A gap by its place before gaps of what was computed came.
    Gap(u64),
}

#[derive(Clone, Debug)]
pub(super) struct CoverageRow {
    pub(super) target: String,
    pub(super) collector: String,
    pub(super) note: CoverageNote,
}

#[derive(Clone, Debug)]
pub(super) struct GapRow {
    pub(super) target: String,
    pub(super) collector: String,
    pub(super) note: GapNote,
}

pub(super) fn input_line(input: Input) -> InputLine {
    match input {
        Input::Resource { kind, id } => InputLine::Resource(kind, id),
        Input::Population(population) => InputLine::Population(population),
        Input::Exchange(id) => InputLine::Exchange(id.0),
    }
}

pub(super) fn answer_line(source: Source) -> PlaceLine {
    PlaceLine::A(source.exchange.0, source.syntax, source.path, source.decode, source.inner)
}
