//! One object out of what was said of it more than once: a source may list a thing on two pages.

use std::collections::BTreeMap;
use std::io;

use serde_json::value::RawValue;

/// The parts of an object as they were written.
type Parts = BTreeMap<String, Box<RawValue>>;

/// What several sayings of one object come to.
#[derive(Debug)]
pub(super) struct United {
    /// A JSON object with the parts that all of them have, with one value.
    pub(super) facts: Box<RawValue>,
    /// Parts that not all of them have, or not with the same value: which one is true is not known, so none of them is kept.
    pub(super) differing: Vec<String>,
}

/// Holds the sayings of one object against each other.
///
/// # Errors
/// When one of them is not a JSON object, which nothing that was recorded is.
pub(super) fn united<'f>(sayings: impl IntoIterator<Item = &'f RawValue>) -> io::Result<United> {
    let mut sayings = sayings.into_iter();
    let first = sayings.next().ok_or_else(|| io::Error::other("an object of which nothing was said"))?;
    let mut kept: Parts = serde_json::from_str(first.get())?;
    let mut differing = Vec::new();
    for saying in sayings {
        let other: Parts = serde_json::from_str(saying.get())?;
        // Both were written by us from the same type: the same value has the same text.
        let same = |part: &String, value: &RawValue| other.get(part).is_some_and(|there| there.get() == value.get());
        differing.extend(kept.iter().filter(|(part, value)| !same(part, value)).map(|(part, _)| part.clone()));
        differing.extend(other.keys().filter(|part| !kept.contains_key(*part)).cloned());
        kept.retain(|part, value| same(part, value));
    }
    differing.sort_unstable();
    differing.dedup();
    if differing.is_empty() {
        return Ok(United { facts: first.to_owned(), differing });
    }
    Ok(United { facts: serde_json::value::to_raw_value(&kept)?, differing })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(sayings: &[&str]) -> (String, Vec<String>) {
        let raw: Vec<Box<RawValue>> = sayings.iter().map(|s| RawValue::from_string((*s).to_owned()).unwrap()).collect();
        let united = united(raw.iter().map(AsRef::as_ref)).unwrap();
        (united.facts.get().to_owned(), united.differing)
    }

    #[test]
    fn what_is_said_twice_alike_is_said_once() {
        let (facts, differing) = of(&[r#"{"a":1,"b":[1,2]}"#, r#"{"a":1,"b":[1,2]}"#]);
        assert_eq!((facts.as_str(), differing.len()), (r#"{"a":1,"b":[1,2]}"#, 0));
    }

    #[test]
    fn what_differs_is_not_decided_by_who_came_first() {
        for sayings in [
            [r#"{"a":1,"b":2,"c":3}"#, r#"{"a":1,"b":null,"d":4}"#],
            [r#"{"a":1,"b":null,"d":4}"#, r#"{"a":1,"b":2,"c":3}"#],
        ] {
            let (facts, differing) = of(&sayings);
            assert_eq!(facts, r#"{"a":1}"#);
            assert_eq!(differing, ["b", "c", "d"]);
        }
        // A third one that agrees with one of them settles nothing.
        let (facts, differing) = of(&[r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":1}"#]);
        assert_eq!((facts.as_str(), differing), ("{}", vec!["a".to_owned()]));
    }
}
