//! A value of facts in a form in which it can be compared: members by name, sets in one order, numbers as they are spelled.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::lists::Lists;

/// A JSON value. Two are equal if they say the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tree {
    Null,
    Bool(bool),
    /// As it is spelled: no number is too large or too exact to be told from another one.
    Number(String),
    Text(String),
    /// A set is sorted.
    List(Vec<Tree>),
    Object(BTreeMap<String, Tree>),
}

impl Tree {
    /// The value of a JSON text. `None`: it is none.
    pub(crate) fn parse(text: &str, lists: Lists) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(text).ok()?;
        Self::of(raw, lists, &mut Vec::new())
    }

    /// A value of which no list is known to be a set.
    #[cfg(test)]
    pub(crate) fn plain(text: &str) -> Option<Self> {
        Self::parse(text, Lists::Unknown)
    }

    // As deep as JSON of a bundle may go: 64.
    fn of(raw: &RawValue, lists: Lists, at: &mut Vec<String>) -> Option<Self> {
        let text = raw.get();
        match text.as_bytes().first()? {
            b'n' => Some(Self::Null),
            b't' => Some(Self::Bool(true)),
            b'f' => Some(Self::Bool(false)),
            b'"' => serde_json::from_str(text).ok().map(Self::Text),
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let set = lists.is_set(at);
                at.push("*".to_owned());
                let items: Option<Vec<Self>> = items.into_iter().map(|item| Self::of(item, lists, at)).collect();
                at.pop();
                let mut items = items?;
                if set {
                    items.sort_unstable();
                }
                Some(Self::List(items))
            }
            b'{' => {
                let members: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(text).ok()?;
                let mut object = BTreeMap::new();
                for (name, value) in members {
                    at.push(name.into_owned());
                    let value = Self::of(value, lists, at);
                    let name = at.pop()?;
                    object.insert(name, value?);
                }
                Some(Self::Object(object))
            }
            _ => Some(Self::Number(text.to_owned())),
        }
    }

    /// Its length as JSON, in bytes, without what escapes add.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Null | Self::Bool(true) => 4,
            Self::Bool(false) => 5,
            Self::Number(text) => text.len(),
            Self::Text(text) => text.len() + 2,
            Self::List(items) => items.iter().map(|item| item.length() + 1).sum::<usize>() + 1,
            Self::Object(members) => {
                members.iter().map(|(name, value)| name.len() + value.length() + 4).sum::<usize>() + 1
            }
        }
    }
}

/// As JSON text.
impl std::fmt::Display for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| std::fmt::Error)?)
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(text) => match RawValue::from_string(text.clone()) {
                Ok(raw) => raw.serialize(serializer),
                Err(error) => Err(serde::ser::Error::custom(error)),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl JsonSchema for Tree {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "any JSON value, members by name and sets in one order" })
    }
}

/// How one place of two values differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FieldWhat {
    /// A member that only the later one has.
    Added,
    /// A member that only the earlier one has.
    Removed,
    Changed,
    /// An element that the list at this place has only in the later one.
    ElementAdded,
    /// An element that the list at this place has only in the earlier one.
    ElementRemoved,
}

impl FieldWhat {
    /// As an output spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::ElementAdded => "element-added",
            Self::ElementRemoved => "element-removed",
        }
    }
}

/// One place at which two values differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// RFC 6901 pointer.
    pub path: String,
    pub what: FieldWhat,
    pub from: Option<Tree>,
    pub to: Option<Tree>,
}

/// In what two values of a kind differ, place by place.
pub(crate) fn differences(from: &Tree, to: &Tree, lists: Lists) -> Vec<Field> {
    let mut found = Vec::new();
    compare(from, to, lists, &mut Vec::new(), &mut String::new(), &mut found);
    found
}

fn compare(from: &Tree, to: &Tree, lists: Lists, at: &mut Vec<String>, path: &mut String, found: &mut Vec<Field>) {
    if from == to {
        return;
    }
    let field = |what, from: Option<&Tree>, to: Option<&Tree>, path: &str| Field {
        path: path.to_owned(),
        what,
        from: from.cloned(),
        to: to.cloned(),
    };
    match (from, to) {
        (Tree::Object(one), Tree::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            names.sort_unstable();
            names.dedup();
            for name in names {
                let before = path.len();
                path.push('/');
                path.push_str(&name.replace('~', "~0").replace('/', "~1"));
                match (one.get(name), other.get(name)) {
                    (Some(from), Some(to)) => {
                        at.push(name.clone());
                        compare(from, to, lists, at, path, found);
                        at.pop();
                    }
                    (from, None) => found.push(field(FieldWhat::Removed, from, None, path)),
                    (None, to) => found.push(field(FieldWhat::Added, None, to, path)),
                }
                path.truncate(before);
            }
        }
        (Tree::List(one), Tree::List(other)) if lists.is_set(at) => {
            // Both are sorted.
            let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
            loop {
                let order = match (one.peek(), other.peek()) {
                    (None, None) => break,
                    (Some(_), None) => std::cmp::Ordering::Less,
                    (None, Some(_)) => std::cmp::Ordering::Greater,
                    (Some(from), Some(to)) => from.cmp(to),
                };
                let (gone, come) = (order.is_le().then(|| one.next()), order.is_ge().then(|| other.next()));
                match (gone.flatten(), come.flatten()) {
                    (Some(gone), None) => found.push(field(FieldWhat::ElementRemoved, Some(gone), None, path)),
                    (None, Some(come)) => found.push(field(FieldWhat::ElementAdded, None, Some(come), path)),
                    _ => {}
                }
            }
        }
        _ => found.push(field(FieldWhat::Changed, Some(from), Some(to), path)),
    }
}
