//! What is declared beside what was found: the objects of the target `joined`, as columns and rows of the registers.
//!
//! A member of an object that was not found out is absent, and shown as undetermined: never like one that is empty.

use std::collections::BTreeMap;

use model::RecordRef;
use model::record::Derived;
use serde_json::Value;

use super::pieces::{
    Cell, Line, Piece, Row, Table, code, known, listed_up_to, otherwise, plain, soft, strong, unknown,
};
use super::side::{MOST_ROWS, Sources};

/// The target of what is computed from the declaration and all targets together.
const JOINED: &str = "joined";
/// Bytes of the objects that are kept.
const MOST_BYTES: usize = 16 << 20;
/// Things that are named in one cell.
const MOST_IN_CELL: usize = 6;

/// The objects of the target `joined`, as far as they are kept.
#[derive(Debug, Default)]
pub struct Joined {
    kinds: BTreeMap<String, BTreeMap<String, Value>>,
    bytes: usize,
    /// Objects that are not kept, by kind.
    left_out: BTreeMap<String, u64>,
}

impl Joined {
    pub fn take(&mut self, _: RecordRef, derived: &Derived) {
        if derived.target != JOINED {
            return;
        }
        let text = derived.facts.get();
        let of_kind = self.kinds.entry(derived.kind.clone()).or_default();
        let room = of_kind.len() < 20 * MOST_ROWS && self.bytes.saturating_add(text.len()) <= MOST_BYTES;
        match serde_json::from_str(text) {
            Ok(facts) if room => {
                self.bytes += text.len();
                of_kind.insert(derived.id.clone(), facts);
            }
            _ => *self.left_out.entry(derived.kind.clone()).or_default() += 1,
        }
    }

    /// Whether objects of this kind are in the bundle.
    pub fn has(&self, kind: &str) -> bool {
        self.kinds.contains_key(kind)
    }

    fn of(&self, kind: &str, id: &str) -> Option<&Value> {
        self.kinds.get(kind)?.get(id)
    }

    fn all(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.kinds.get(kind).into_iter().flatten().map(|(id, facts)| (id.as_str(), facts))
    }

    fn left_out(&self, kind: &str) -> u64 {
        self.left_out.get(kind).copied().unwrap_or_default()
    }
}

fn undetermined() -> Vec<Line> {
    vec![vec![unknown("undetermined")]]
}

fn list<'v>(value: &'v Value, member: &str) -> Option<&'v Vec<Value>> {
    value.get(member)?.as_array()
}

fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn texts(values: &[Value]) -> Vec<Piece> {
    values.iter().map(|value| code(value.as_str().unwrap_or_default())).collect()
}

/// Whether a declared key was found where it is said to be.
pub fn key_cell(sources: &Sources<'_>, id: &str) -> Cell {
    let lines = match sources.gathered.joined.of("joined/key", id) {
        Some(facts) => key_found(facts),
        None => vec![vec![unknown("not compared in this page")]],
    };
    Cell::new("found", lines)
}

fn key_found(facts: &Value) -> Vec<Line> {
    let mut lines = match (facts.get("at"), list(facts, "found")) {
        (Some(Value::Null), _) => return vec![vec![soft("nowhere that is read")]],
        (_, None) => undetermined(),
        (_, Some(found)) if found.is_empty() => vec![vec![otherwise("absent")]],
        (_, Some(found)) => found_lines(found),
    };
    match list(facts, "elsewhere") {
        Some(elsewhere) => {
            for one in elsewhere.iter().take(MOST_IN_CELL) {
                lines.push(vec![plain("also at "), plain(text(one, "target")), soft(&format!(" by its {}", text(one, "by")))]);
            }
        }
        None => lines.push(vec![unknown("elsewhere undetermined")]),
    }
    match list(facts, "differs") {
        Some(differs) => {
            for one in differs.iter().take(MOST_IN_CELL) {
                let words = format!("{}: declared {}, found {}", text(one, "what"), text(one, "declared"), text(one, "found"));
                lines.push(vec![otherwise(&words)]);
            }
        }
        None if list(facts, "found").is_some_and(|found| !found.is_empty()) => {
            lines.push(vec![unknown("whether it is as declared is undetermined")]);
        }
        None => {}
    }
    if let Some(backups) = list(facts, "backups") {
        for one in backups.iter().take(MOST_IN_CELL) {
            let words = format!("backup {}", text(one, "id"));
            lines.push(match one.get("apart").and_then(Value::as_bool) {
                Some(true) => vec![known(&format!("{words} lies elsewhere"))],
                Some(false) => vec![otherwise(&format!("{words} does not lie elsewhere"))],
                None => vec![unknown(&format!("{words}: where it lies is undetermined"))],
            });
        }
    }
    lines
}

fn found_lines(found: &[Value]) -> Vec<Line> {
    let line = |one: &Value| {
        let certain = if one.get("certain").and_then(Value::as_bool) == Some(true) { "" } else { ", which may be another's too" };
        let at = ["account", "region", "token"].iter().filter_map(|member| one.get(member)?.as_str());
        let at: Vec<&str> = at.collect();
        vec![known("found"), soft(&format!(" by its {}{certain}; {}", text(one, "by"), at.join(", ")))]
    };
    found.iter().take(MOST_IN_CELL).map(line).collect()
}

/// Keys that were found and that no key of the inventory names, and those of which that was not found out.
pub fn undeclared_keys(sources: &Sources<'_>) -> Option<Table> {
    const KIND: &str = "joined/found-key";
    let joined = &sources.gathered.joined;
    joined.has(KIND).then_some(())?;
    let open = |facts: &Value| {
        let managed = facts.get("managed").and_then(Value::as_bool) == Some(true);
        !managed && list(facts, "declared_as").is_none_or(Vec::is_empty)
    };
    let all: Vec<_> = joined.all(KIND).filter(|(_, facts)| open(facts)).collect();
    let row = |(id, facts): &(&str, &Value)| {
        let declared = match list(facts, "declared_as") {
            Some(_) => vec![vec![otherwise("in no row of the inventory")]],
            None => vec![vec![unknown("undetermined")]],
        };
        let copies = list(facts, "copy_of").filter(|of| !of.is_empty());
        let copies = copies.map(|of| {
            let mut line = vec![soft("has the material of ")];
            line.extend(listed_up_to(MOST_IN_CELL, of.iter().filter_map(Value::as_str).map(|id| sources.link("key", id)).collect(), ""));
            line
        });
        let names = list(facts, "names").map_or_else(undetermined, |names| vec![listed_up_to(MOST_IN_CELL, texts(names), "none")]);
        let targets = list(facts, "targets").map_or_else(undetermined, |all| vec![listed_up_to(MOST_IN_CELL, texts(all), "none")]);
        let at = ["account", "region", "token"].iter().filter_map(|member| facts.get(member)?.as_str());
        let at: Vec<&str> = at.collect();
        let signs = match facts.get("signs") {
            Some(Value::Bool(true)) => plain("can sign"),
            Some(Value::Bool(false)) => soft("cannot sign"),
            Some(_) => soft("its source does not say"),
            None => unknown("undetermined"),
        };
        Row {
            anchor: None,
            head: vec![vec![strong(id)]],
            cells: vec![
                Cell::new("names", names),
                Cell::new("targets", targets),
                Cell::one("where", vec![plain(&at.join(", "))]),
                Cell::one("signs", vec![signs]),
                Cell::new("declared", declared.into_iter().chain(copies).collect()),
            ],
            controls: String::new(),
        }
    };
    let left_out = all.len().saturating_sub(MOST_ROWS);
    Some(Table {
        caption: "Keys that were found and are in no row of the inventory",
        columns: vec!["Found key", "Names", "Targets", "Where", "Signs", "Declared"],
        rows: all.iter().take(MOST_ROWS).map(row).collect(),
        left_out: left_out.saturating_add(usize::try_from(joined.left_out(KIND)).unwrap_or(usize::MAX)),
        elsewhere: "records of the target `joined`",
    })
}
