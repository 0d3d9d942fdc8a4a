//! What a join gives.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

use model::record::GapReason;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::unread::{GapAt, Unread};
use crate::world::World;

/// Takes the objects one by one.
pub type Sink<'s> = dyn FnMut(Joined) + 's;

/// Objects of one or several kinds that are computed from all targets.
#[derive(Clone, Copy, Debug)]
pub struct Join {
    /// The kinds that it gives.
    pub kinds: fn() -> Vec<JoinedKind>,
    /// Kinds of resources that it looks at, and of each the parts; `*/key` is every kind of this name that no other entry names, of
    /// whatever collector. Without parts: that there is one.
    pub reads: &'static [(&'static str, &'static [&'static str])],
    /// Whether anything that it is about is declared, or could be found.
    pub applies: fn(&World<'_>) -> bool,
    /// Gives the objects, each once, and a list for each of its kinds.
    pub run: fn(&World<'_>, &mut Sink<'_>) -> Vec<List>,
}

impl Join {
    /// The parts of this kind that it reads.
    pub(crate) fn reads(&self, kind: &str) -> Option<&'static [&'static str]> {
        let (collector, name) = kind.split_once('/')?;
        let named = self.reads.iter().find(|(known, _)| *known == kind);
        // What is declared has a name of its own.
        let any = || self.reads.iter().find(|(known, _)| known.strip_prefix("*/") == Some(name));
        named.or_else(|| any().filter(|_| collector != declaration::DECLARATION)).map(|(_, parts)| *parts)
    }
}

/// A kind of joined objects.
#[derive(Clone, Debug, PartialEq)]
pub struct JoinedKind {
    /// `joined/key`.
    pub kind: &'static str,
    /// JSON Schema (draft 2020-12) of the facts. Every part may be absent.
    pub schema: Value,
}

impl JoinedKind {
    /// With the schema of the type that its facts are written from. Its members are `Option`s that are left out where they are `None`.
    #[must_use]
    pub fn of<T: JsonSchema>(kind: &'static str) -> Self {
        let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
        Self { kind, schema: generator.into_root_schema_for::<T>().to_value() }
    }
}

/// A part of an object: the text that is sealed, read as a value only where somebody looks at it.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Values would take five times the room, and be written as this in the end.
    text: Box<RawValue>,
    value: OnceLock<Value>,
}

impl Fact {
    /// Whether it is a list or an object, which may hold less than there is.
    fn has_members(&self) -> bool {
        self.text.get().starts_with(['[', '{'])
    }
}

impl Deref for Fact {
    type Target = Value;

    fn deref(&self) -> &Value {
        // What was written as JSON is JSON.
        self.value.get_or_init(|| serde_json::from_str(self.text.get()).unwrap_or_default())
    }
}

impl PartialEq for Fact {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

/// Whatever a value may be compared with.
impl<T> PartialEq<T> for Fact
where
    Value: PartialEq<T>,
{
    fn eq(&self, other: &T) -> bool {
        **self == *other
    }
}

impl Serialize for Fact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    pub kind: &'static str,
    /// Unique among those of its kind.
    pub id: String,
    /// Its parts. What was not found out is absent, and named in `gaps`.
    pub facts: BTreeMap<&'static str, Fact>,
    /// All that it was computed from; order and repetitions do not matter.
    pub inputs: Vec<Input>,
    pub gaps: Vec<PartGap>,
}

impl Joined {
    /// Without parts.
    #[must_use]
    pub fn new(kind: &'static str, id: impl Into<String>) -> Self {
        Self { kind, id: id.into(), facts: BTreeMap::new(), inputs: Vec::new(), gaps: Vec::new() }
    }

    /// Says a part that was found out.
    pub fn part(&mut self, part: &'static str, value: impl Serialize) {
        match to_raw_value(&value) {
            Ok(text) => {
                self.facts.insert(part, Fact { text, value: OnceLock::new() });
            }
            // Only a map whose keys are no text, or a number that is none, cannot be written; there is neither in a fact.
            Err(problem) => self.gaps.push(PartGap {
                part,
                reason: GapReason::CollectorFailed,
                detail: format!("it cannot be written as JSON: {problem}"),
                because: Vec::new(),
            }),
        }
    }

    /// Without what a bundle would refuse: a part that a gap names is there only as far as it goes, as a list or an object.
    pub(crate) fn settled(mut self) -> Self {
        let gaps = &self.gaps;
        self.facts.retain(|part, fact| fact.has_members() || !gaps.iter().any(|gap| gap.part == *part));
        self
    }

    /// Says that a part was not found out, or only as far as it goes.
    pub fn unread(&mut self, part: &'static str, why: &Unread) {
        self.gaps.push(PartGap { part, reason: why.reason, detail: why.text.clone(), because: why.gaps.clone() });
    }
}

/// A part of an object that was not found out. One that is there all the same is a list or an object that goes as far as was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartGap {
    pub part: &'static str,
    pub reason: GapReason,
    /// For a person: what was not read, and where.
    pub detail: String,
    /// The gaps that it comes from; inputs of the object.
    pub because: Vec<GapAt>,
}

/// What an object was computed from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// A resource or a derived object; a declared thing is one of target `declaration`, a joined one of target [`crate::JOINED`].
    Object { target: String, kind: String, id: String },
    /// How completely a target's lists of a kind were read: their coverage, and the gaps of the lists.
    List { target: String, kind: String },
    /// Something that was not read.
    Gap(GapAt),
}

impl Input {
    /// A declared thing.
    #[must_use]
    pub fn declared(kind: &str, id: &str) -> Self {
        Self::Object { target: declaration::DECLARATION.to_owned(), kind: kind.to_owned(), id: id.to_owned() }
    }
}

/// How completely the objects of a kind were found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub kind: &'static str,
    /// How many were given; counted by [`crate::derive`].
    pub items: u64,
    /// Why there may be more of them. Empty: these are all.
    pub open: Vec<Unread>,
}

impl List {
    #[must_use]
    pub fn new(kind: &'static str, open: Vec<Unread>) -> Self {
        Self { kind, items: 0, open }
    }
}
