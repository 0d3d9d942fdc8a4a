//! What holds of a bundle whatever collectors said: each object once, each list once, and counts that add up. Where what was said
//! does not agree, the difference becomes a gap.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use bundle::limits;
use model::record::{Coverage, Gap, GapReason, Subject};
use sdk::{CoverageNote, ExchangeId, GapNote, RouteNote};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::exchanges::ExchangeKey;
use super::index::{Name, Names, ResourceKey};
use super::lines::LineFile;
use super::rows::{CoverageRow, DerivedLine, GapRow, PlaceLine, ResourceLine};
use super::united::united;

/// Items that were listed again, by target, collector and population.
pub(super) type Repeated = BTreeMap<(Name, Name, Name), u64>;

/// A line of the spool that says one object.
pub(super) trait Saying: Serialize + DeserializeOwned {
    fn facts(&self) -> &RawValue;

    /// What orders the sayings of one object, so that the same one comes first in every run.
    fn order(&self, ordinals: &[u64]) -> Vec<u64>;

    /// Where a part was read.
    fn read_in(&self, part: &str) -> Option<ExchangeId>;

    /// The facts are these, without the parts that differ; `others` said the same object.
    fn unite(&mut self, facts: Box<RawValue>, differing: &[String], others: Vec<Self>);
}

impl Saying for ResourceLine {
    fn facts(&self) -> &RawValue {
        &self.facts
    }

    fn order(&self, ordinals: &[u64]) -> Vec<u64> {
        let ordinal = |exchange: u64| usize::try_from(exchange).ok().and_then(|i| ordinals.get(i)).copied();
        let order = |place: &PlaceLine| match place {
            PlaceLine::A(exchange, ..) => ordinal(*exchange).into_iter().collect(),
            PlaceLine::D(declaration, line, column) => vec![*declaration, *line, *column],
        };
        self.parts.iter().flat_map(|(_, places)| places).flat_map(order).collect()
    }

    fn read_in(&self, part: &str) -> Option<ExchangeId> {
        let (_, places) = self.parts.iter().find(|(name, _)| name == part)?;
        places.iter().find_map(|place| match place {
            PlaceLine::A(exchange, ..) => Some(ExchangeId(*exchange)),
            PlaceLine::D(..) => None,
        })
    }

    fn unite(&mut self, facts: Box<RawValue>, differing: &[String], _others: Vec<Self>) {
        self.facts = facts;
        self.parts.retain(|(part, _)| differing.binary_search(part).is_err());
    }
}

impl Saying for DerivedLine {
    fn facts(&self) -> &RawValue {
        &self.facts
    }

    fn order(&self, _ordinals: &[u64]) -> Vec<u64> {
        Vec::new()
    }

    fn read_in(&self, _part: &str) -> Option<ExchangeId> {
        None
    }

    fn unite(&mut self, facts: Box<RawValue>, _differing: &[String], others: Vec<Self>) {
        self.facts = facts;
        self.inputs.extend(others.into_iter().flat_map(|other| other.inputs));
    }
}

/// Makes of every object that was said more than once one. `keys` are sorted by target, kind and id.
///
/// # Errors
/// When the spool cannot be read or written.
pub(super) fn each_once<S: Saying>(
    keys: &mut Vec<ResourceKey>,
    file: &mut LineFile,
    names: &Names,
    ordinals: &[u64],
    repeated: &mut Repeated,
    gaps: &mut Vec<GapRow>,
) -> io::Result<()> {
    let mut kept = Vec::with_capacity(keys.len());
    let mut rest = std::mem::take(keys).into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut others = Vec::new();
        while let Some(other) = rest.next_if(|next| next.is_same_object(&first)) {
            others.push(other);
        }
        if others.is_empty() {
            kept.push(first);
            continue;
        }
        let mut sayings = Vec::with_capacity(others.len() + 1);
        for key in std::iter::once(first).chain(others) {
            let saying: S = serde_json::from_slice(&file.read(key.span)?)?;
            sayings.push((key, saying));
        }
        sayings.sort_by_cached_key(|(key, saying)| {
            (names.text(key.population).to_owned(), saying.order(ordinals), saying.facts().get().to_owned())
        });
        for (key, _) in sayings.iter().skip(1) {
            *repeated.entry((key.target, key.collector, key.population)).or_default() += 1;
        }
        let united = united(sayings.iter().map(|(_, saying)| saying.facts()))?;
        let times = sayings.len();
        let mut sayings = sayings.into_iter();
        let Some((mut key, mut saying)) = sayings.next() else { continue };
        let others: Vec<(ResourceKey, S)> = sayings.collect();
        for part in &united.differing {
            // A gap names an exchange of its own collector only.
            let own = others.iter().filter(|(other, _)| other.collector == key.collector).map(|(_, saying)| saying);
            let read_in = own.chain([&saying]).find_map(|saying| saying.read_in(part));
            gaps.push(differs(names, &key, part, times, read_in));
        }
        saying.unite(united.facts, &united.differing, others.into_iter().map(|(_, saying)| saying).collect());
        key.span = file.append(&serde_json::to_vec(&saying)?)?;
        kept.push(key);
    }
    file.flush()?;
    *keys = kept;
    Ok(())
}

/// Takes away what cannot be: a part of which a gap says that it was not read is there only where it can have been read as far as
/// it goes, as a list or an object.
///
/// # Errors
/// When the spool cannot be read or written.
pub(super) fn without_unread<S: Saying>(
    keys: &mut [ResourceKey],
    file: &mut LineFile,
    names: &Names,
    gaps: &[GapRow],
) -> io::Result<()> {
    let mut unread: BTreeMap<(&str, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for gap in gaps {
        if let (Some(subject), Some(part)) = (&gap.note.subject, &gap.note.part) {
            unread.entry((&gap.target, &subject.kind, &subject.id)).or_default().insert(part);
        }
    }
    if unread.is_empty() {
        return Ok(());
    }
    for key in keys {
        let Some(parts) = unread.get(&(names.text(key.target), names.text(key.kind), &*key.id)) else { continue };
        let mut saying: S = serde_json::from_slice(&file.read(key.span)?)?;
        let mut facts: BTreeMap<String, Box<RawValue>> = serde_json::from_str(saying.facts().get())?;
        let whole = |part: &str, value: &RawValue| parts.contains(part) && !value.get().starts_with(['[', '{']);
        let gone: Vec<String> =
            facts.iter().filter(|(part, value)| whole(part, value)).map(|(part, _)| part.clone()).collect();
        if gone.is_empty() {
            continue;
        }
        facts.retain(|part, _| gone.binary_search(part).is_err());
        saying.unite(serde_json::value::to_raw_value(&facts)?, &gone, Vec::new());
        key.span = file.append(&serde_json::to_vec(&saying)?)?;
    }
    file.flush()
}

fn differs(names: &Names, key: &ResourceKey, part: &str, times: usize, exchange: Option<ExchangeId>) -> GapRow {
    let (kind, id) = (names.text(key.kind).to_owned(), key.id.to_string());
    GapRow {
        target: names.text(key.target).to_owned(),
        collector: names.text(key.collector).to_owned(),
        note: GapNote {
            population: Some(names.text(key.population).to_owned()),
            subject: Some(Subject { kind, id }),
            part: Some(part.to_owned()),
            right: None,
            reason: GapReason::Malformed,
            detail: format!("listed {times} times, and not with the same `{part}` each time"),
            exchange,
        },
    }
}

/// Sees to it that every exchange has a route. A collector that asked and did not say over which way has failed.
pub(super) fn routed(
    exchanges: &[ExchangeKey],
    names: &Names,
    routes: &mut BTreeMap<(String, String), RouteNote>,
    gaps: &mut Vec<GapRow>,
) {
    let asked: BTreeSet<(&str, &str)> =
        exchanges.iter().map(|key| (names.text(key.target), names.text(key.collector))).collect();
    for (target, collector) in asked {
        let (target, collector) = (target.to_owned(), collector.to_owned());
        if routes.contains_key(&(target.clone(), collector.clone())) {
            continue;
        }
        let detail = "the collector did not record its route to the target".to_owned();
        let note = GapNote {
            population: None,
            subject: None,
            part: None,
            right: None,
            reason: GapReason::CollectorFailed,
            detail,
            exchange: None,
        };
        routes.insert((target.clone(), collector.clone()), RouteNote::default());
        gaps.push(GapRow { target, collector, note });
    }
}

/// Sees to it that every object belongs to a list of which the extent is said: a collector that was ended half way has said
/// nothing of it. `members`: objects by target, collector, population.
pub(super) fn covered(rows: &mut Vec<CoverageRow>, members: &HashMap<(&str, &str, &str), u64>, gaps: &mut Vec<GapRow>) {
    let said: BTreeSet<(String, String, String)> =
        rows.iter().map(|row| (row.target.clone(), row.collector.clone(), row.note.population.clone())).collect();
    for (&(target, collector, population), &items) in members {
        let (target, collector, population) = (target.to_owned(), collector.to_owned(), population.to_owned());
        if said.contains(&(target.clone(), collector.clone(), population.clone())) {
            continue;
        }
        let of_list = |row: &GapRow| {
            (&row.target, &row.collector, row.note.population.as_ref()) == (&target, &collector, Some(&population))
                && row.note.subject.is_none()
                && row.note.part.is_none()
        };
        // Whoever saw the collector end may have said so already.
        if !gaps.iter().any(of_list) {
            let detail = format!("{items} were recorded, and not how completely they were listed");
            let note = failed(&population, detail);
            gaps.push(GapRow { target: target.clone(), collector: collector.clone(), note });
        }
        let note = CoverageNote { population, calls: 0, pages: 0, items, complete: false, total: None };
        rows.push(CoverageRow { target, collector, note });
    }
}

/// Makes of the coverage of every population one. A second one is the collector's fault.
pub(super) fn covered_once(rows: Vec<CoverageRow>, gaps: &mut Vec<GapRow>) -> Vec<CoverageRow> {
    let mut once: BTreeMap<(String, String, String), CoverageRow> = BTreeMap::new();
    for row in rows {
        let place = (row.target.clone(), row.collector.clone(), row.note.population.clone());
        let Some(known) = once.get_mut(&place) else {
            once.insert(place, row);
            continue;
        };
        let sum = |a: u64, b: u64| a.saturating_add(b).min(limits::INTEGER_MAX);
        known.note.calls = sum(known.note.calls, row.note.calls);
        known.note.pages = sum(known.note.pages, row.note.pages);
        known.note.items = sum(known.note.items, row.note.items);
        known.note.complete = false;
        known.note.total = None;
        gaps.push(GapRow {
            note: failed(
                &row.note.population,
                "the collector reported the coverage of this list more than once".to_owned(),
            ),
            target: row.target,
            collector: row.collector,
        });
    }
    once.into_values().collect()
}

/// Holds what each list is said to have against what was recorded of it. A list that does not add up was not read whole.
/// `members`: objects by target, collector, population; `recorded`: whether there is an object with this kind and id.
pub(super) fn add_up(
    coverage: &mut [Coverage],
    gaps: &mut Vec<Gap>,
    members: &HashMap<(&str, &str, &str), u64>,
    recorded: impl Fn(&str, &Subject) -> bool,
) {
    // Listed, and nothing of it was read.
    let mut unread: BTreeSet<(&str, &str, &str, &str)> = BTreeSet::new();
    let mut cut: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
    for gap in gaps.iter() {
        let (Some(population), None) = (&gap.population, &gap.part) else { continue };
        match &gap.subject {
            Some(subject) if subject.kind == sdk::kind_of_population(population) && !recorded(&gap.target, subject) => {
                unread.insert((&gap.target, &gap.collector, population, &subject.id));
            }
            None if matches!(gap.reason, GapReason::Truncated | GapReason::TotalMismatch) => {
                cut.insert((&gap.target, &gap.collector, population));
            }
            _ => {}
        }
    }
    let mut unread_of: HashMap<(&str, &str, &str), u64> = HashMap::new();
    for (target, collector, population, _) in unread {
        *unread_of.entry((target, collector, population)).or_default() += 1;
    }
    let mut wrong = Vec::new();
    for one in coverage.iter_mut().filter(|one| one.complete) {
        let place = (one.target.as_str(), one.collector.as_str(), one.population.as_str());
        if cut.contains(&place) {
            one.complete = false;
            continue;
        }
        let of = |counts: &HashMap<_, u64>| counts.get(&place).copied().unwrap_or_default();
        let (read, unread) = (of(members), of(&unread_of));
        let listed = one.items.checked_sub(one.repeated);
        if listed == Some(read.saturating_add(unread)) {
            continue;
        }
        let detail = format!(
            "{} items were listed, {} of them duplicates; {read} were recorded, and gaps say that {unread} were not read",
            one.items, one.repeated
        );
        wrong.push(Gap {
            target: one.target.clone(),
            collector: one.collector.clone(),
            population: Some(one.population.clone()),
            subject: None,
            part: None,
            right: None,
            reason: GapReason::CollectorFailed,
            detail,
            exchange: None,
            acceptance: None,
        });
        one.complete = false;
    }
    gaps.extend(wrong);
}

fn failed(population: &str, detail: String) -> GapNote {
    GapNote {
        population: Some(population.to_owned()),
        subject: None,
        part: None,
        right: None,
        reason: GapReason::CollectorFailed,
        detail,
        exchange: None,
    }
}
