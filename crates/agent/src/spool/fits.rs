//! What a record can hold (`docs/spec/bundle.md` §10). A bundle that its reader would refuse is a run lost: what does not fit is
//! taken away where it comes in, and a gap says so.

use bundle::limits;
use bundle::read::json::{Checker, JsonError, Layout, Numbers, Rules};
use model::record::GapReason;
use sdk::{CoverageNote, GapNote};
use serde_json::Value;

/// Places where one part was read.
pub(super) const MOST_PLACES: usize = limits::LOCATORS_MAX;

/// Open arrays and objects in one fact, or in parameters: a record has 64 in all, and a finding holds a fact a few deeper than
/// the resource does.
const DEPTH: usize = 48;

/// Bytes of the facts of one object, or of the parameters of one call: a record has 16 MiB, in which findings quote them.
const FACTS_BYTES: usize = 8 << 20;

/// What one object is computed from: each is a reference of at most 22 bytes, beside the facts.
const MOST_INPUTS: usize = 200_000;

/// Bytes of a place beside its path.
const PLACE_BYTES: usize = 96;

/// Bytes of all places of one resource.
const PLACES_BYTES: usize = 6 << 20;

/// Bytes of the text of a gap.
const DETAIL_BYTES: usize = 64 << 10;

/// Whether a value may stand in a record; `Err` says why not.
pub(super) fn value(value: &Value) -> Result<(), String> {
    if deeper(value, DEPTH) {
        return Err(format!("it is more than {DEPTH} arrays and objects deep"));
    }
    if longer(value) {
        return Err(format!("a list or object in it has more than {} members", limits::MEMBERS_MAX));
    }
    Ok(())
}

/// Whether facts, or parameters, of so many bytes may stand in a record.
pub(super) fn size(bytes: usize) -> Result<(), String> {
    if bytes > FACTS_BYTES {
        return Err(format!("its facts have {bytes} bytes, more than {FACTS_BYTES} are not sealed"));
    }
    Ok(())
}

/// What [`value`] asks, of a JSON text.
const TEXT: Rules =
    Rules { layout: Layout::Compact, numbers: Numbers::Any, depth: DEPTH, members: limits::MEMBERS_MAX };

/// Whether an object whose facts are this JSON text, computed from so many things, may stand in a record.
pub(super) fn derived(facts: &str, inputs: usize) -> Result<(), String> {
    size(facts.len())?;
    Checker::new().check_text(facts, TEXT).map_err(|error| match error {
        JsonError::Deep { .. } => format!("it is more than {DEPTH} arrays and objects deep"),
        JsonError::Wide { .. } => format!("a list or object in it has more than {} members", limits::MEMBERS_MAX),
        error => format!("its facts are no JSON of this format: {error}"),
    })?;
    if inputs > MOST_INPUTS {
        return Err(format!("it was computed from {inputs} things, more than {MOST_INPUTS} are not sealed"));
    }
    Ok(())
}

/// How much of a resource's record is taken by its parts so far.
#[derive(Debug, Default)]
pub(super) struct Room {
    parts: usize,
    facts: usize,
    places: usize,
}

impl Room {
    /// Takes a part, with the bytes of its value and those of its places' texts; `Err` says why there is no room for it.
    pub(super) fn take(&mut self, bytes: usize, places: usize, texts: usize) -> Result<(), String> {
        if self.parts >= limits::PARTS_MAX {
            return Err(format!("an object has at most {} parts", limits::PARTS_MAX));
        }
        let facts = self.facts.saturating_add(bytes);
        size(facts)?;
        let places = self.places.saturating_add(places.saturating_mul(PLACE_BYTES)).saturating_add(texts);
        if places > PLACES_BYTES {
            return Err(format!("the places where it was read have {places} bytes, more than a record can hold"));
        }
        *self = Self { parts: self.parts + 1, facts, places };
        Ok(())
    }
}

/// The text of a gap, cut where it is longer than anybody reads.
pub(super) fn detail(mut text: String) -> String {
    if text.len() > DETAIL_BYTES {
        let all = text.len();
        let end = (0..=DETAIL_BYTES).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push_str(&format!("… ({all} bytes in all)"));
    }
    text
}

/// Numbers that a record can hold. A list that is said to have more was not counted right; the gap that says so.
pub(super) fn counts(note: &mut CoverageNote) -> Option<GapNote> {
    let mut most = [note.calls, note.pages, note.items].into_iter().max().unwrap_or_default();
    for count in [&mut note.calls, &mut note.pages, &mut note.items] {
        *count = (*count).min(limits::INTEGER_MAX);
    }
    if let Some(total) = note.total.take_if(|total| total.count > limits::INTEGER_MAX) {
        most = most.max(total.count);
    }
    if most <= limits::INTEGER_MAX {
        return None;
    }
    note.complete = false;
    Some(GapNote {
        population: Some(note.population.clone()),
        subject: None,
        part: None,
        right: None,
        reason: GapReason::Malformed,
        detail: format!("a count of {most}, which is beyond 2^53 - 1"),
        exchange: None,
    })
}

fn deeper(value: &Value, than: usize) -> bool {
    let Some(less) = than.checked_sub(1) else {
        return value.is_array() || value.is_object();
    };
    match value {
        Value::Array(items) => items.iter().any(|item| deeper(item, less)),
        Value::Object(members) => members.values().any(|member| deeper(member, less)),
        _ => false,
    }
}

fn longer(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.len() > limits::MEMBERS_MAX || items.iter().any(longer),
        Value::Object(members) => members.len() > limits::MEMBERS_MAX || members.values().any(longer),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_record_can_hold_is_bounded() {
        let deep = |depth: usize| (0..depth).fold(json!(1), |value, _| json!([value]));
        assert_eq!(value(&deep(DEPTH)), Ok(()));
        assert!(value(&deep(DEPTH + 1)).is_err());
        assert!(value(&Value::Array(vec![Value::Null; limits::MEMBERS_MAX])).is_ok());
        assert!(value(&json!({"a": vec![Value::Null; limits::MEMBERS_MAX + 1]})).is_err());

        let text = |value: Value| value.to_string();
        assert_eq!(derived(&text(deep(DEPTH)), MOST_INPUTS), Ok(()));
        assert_eq!(derived(&text(json!("x".repeat(FACTS_BYTES - 2))), 1), Ok(()));
        for unfit in [
            derived(&text(deep(DEPTH + 1)), 1),
            derived(&text(json!({"a": vec![Value::Null; limits::MEMBERS_MAX + 1]})), 1),
            derived(&text(json!("x".repeat(FACTS_BYTES - 1))), 1),
            derived("{}", MOST_INPUTS + 1),
            derived("{", 1),
        ] {
            assert!(unfit.is_err());
        }
        let longest = "declaration:".len() + limits::RECORDS_MAX.to_string().len() + "\"\",".len();
        assert!(FACTS_BYTES + MOST_INPUTS * longest < limits::LINE_MAX);

        let mut room = Room::default();
        assert!((0..limits::PARTS_MAX).all(|_| room.take(1, 1, 1).is_ok()) && room.take(1, 1, 1).is_err());
        let mut room = Room::default();
        assert_eq!(room.take(FACTS_BYTES, 1, 1), Ok(()));
        assert!(room.take(1, 1, 1).is_err());
        let mut room = Room::default();
        assert!(room.take(1, 1, PLACES_BYTES).is_err() && room.take(1, usize::MAX, 1).is_err());
        assert_eq!(room.take(1, PLACES_BYTES / PLACE_BYTES, 0), Ok(()));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(detail("é".repeat(DETAIL_BYTES / 2)), "é".repeat(DETAIL_BYTES / 2));
        let cut = detail(format!("a{}", "é".repeat(DETAIL_BYTES)));
        assert!(cut.len() < DETAIL_BYTES + 64 && cut.ends_with("é… (131073 bytes in all)"), "{}", cut.len());
    }
}
