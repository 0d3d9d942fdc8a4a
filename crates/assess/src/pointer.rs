//! RFC 6901 pointers into JSON text: values are cut out as they stand, never written again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;

/// The text of the value at `pointer`, or nothing if there is none.
#[must_use]
pub(crate) fn cut<'j>(json: &'j RawValue, pointer: &str) -> Option<&'j RawValue> {
    Cuts::of(json).at(pointer)
}

/// Cuts out of one text. What lies on the way is read once: a thousand witnesses in one list are not a thousand readings of it.
pub(crate) struct Cuts<'j> {
    json: &'j RawValue,
    /// Values that hold others, by the pointer that leads to them.
    known: HashMap<String, Holds<'j>>,
}

enum Holds<'j> {
    Members(&'j RawValue),
    Items(Vec<&'j RawValue>),
}

impl<'j> Cuts<'j> {
    pub(crate) fn of(json: &'j RawValue) -> Self {
        Self { json, known: HashMap::new() }
    }

    /// The text of the value at `pointer`, or nothing if there is none.
    pub(crate) fn at(&mut self, pointer: &str) -> Option<&'j RawValue> {
        let Some((above, step)) = pointer.rsplit_once('/') else {
            return pointer.is_empty().then_some(self.json);
        };
        if !self.known.contains_key(above) {
            let value = self.at(above)?;
            let holds = match value.get().as_bytes().first() {
                Some(b'{') => Holds::Members(value),
                Some(b'[') => Holds::Items(serde_json::from_str(value.get()).ok()?),
                _ => return None,
            };
            self.known.insert(above.to_owned(), holds);
        }
        let step = step.replace("~1", "/").replace("~0", "~");
        match self.known.get(above)? {
            Holds::Members(object) => member(object, &step),
            Holds::Items(items) => {
                let plain = step == "0" || !step.starts_with(['0', '+']);
                let index: usize = step.parse().ok().filter(|_| plain)?;
                items.get(index).copied()
            }
        }
    }
}

/// One member of an object, as it stands; the others are ignored.
fn member<'j>(json: &'j RawValue, name: &str) -> Option<&'j RawValue> {
    let mut json = serde_json::Deserializer::from_str(json.get());
    json.deserialize_map(Pick(name)).ok()?
}

struct Pick<'n>(&'n str);

impl<'j> Visitor<'j> for Pick<'_> {
    type Value = Option<&'j RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'j>>(self, mut members: M) -> Result<Self::Value, M::Error> {
        let mut found = None;
        while let Some(Name(name)) = members.next_key()? {
            if name == self.0 {
                found = Some(members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

/// The names of an object's members; `None` when it is not an object.
pub(crate) fn names(json: &RawValue) -> Option<Vec<Cow<'_, str>>> {
    let mut json = serde_json::Deserializer::from_str(json.get());
    json.deserialize_map(Names).ok()
}

struct Names;

impl<'j> Visitor<'j> for Names {
    type Value = Vec<Cow<'j, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'j>>(self, mut members: M) -> Result<Self::Value, M::Error> {
        let mut names = Vec::with_capacity(24);
        while let Some(Name(name)) = members.next_key()? {
            members.next_value::<IgnoredAny>()?;
            names.push(name);
        }
        Ok(names)
    }
}

/// A member's name, borrowed where the text has no escapes in it.
#[derive(Deserialize)]
struct Name<'j>(#[serde(borrow)] Cow<'j, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_the_text_itself() {
        let json: Box<RawValue> =
            serde_json::from_str(r#"{"a/b":{"~":[1,12345678901234567890123, {"x" : null}]},"":"e"}"#).unwrap();
        let at = |pointer: &str| cut(&json, pointer).map(RawValue::get);
        assert_eq!(at("/a~1b/~0/1"), Some("12345678901234567890123"));
        assert_eq!(at("/a~1b/~0/2"), Some(r#"{"x" : null}"#));
        assert_eq!(at("/a~1b/~0/2/x"), Some("null"));
        assert_eq!(at("/"), Some(r#""e""#));
        assert_eq!(at(""), Some(json.get()));
        let mut cuts = Cuts::of(&json);
        for pointer in ["/a~1b/~0/2/x", "/a~1b/~0/1", "/a~1b/~0/2", "/a~1b/~0/3", "", "/", "/a~1b", "/a~1b/~0/2/x"] {
            assert_eq!(cuts.at(pointer).map(RawValue::get), at(pointer), "{pointer}");
        }
        for none in ["a", "/a", "/a~1b/~0/01", "/a~1b/~0/3", "/a~1b/~0/-", "/a~1b/~0/+1", "//x"] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
