//! Derived objects, computed again from the sealed resources and compared with the sealed ones: who may do what in Kubernetes and by
//! identity policies of AWS, and what is joined. What cannot be computed again says why (`docs/adr/0099-what-is-computed-again.md`).

mod account;
mod declared;
mod population;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bundle::read::{Line, Record};
use declaration::{DECLARATION, Declaration, DeclaredThing};
use joins::{JOINED, World};
use model::record::{Coverage, Gap, GapReason, RunStatus};
use model::{Digest, RecordRef, RecordType, Timestamp};
use rbac::built_in::BuiltIn;
use rbac::effective::{Effective, Known};
use rbac::resource::SUBJECT;
use rbac::sealed::Sealed;
use rbac::ways::Version;
use serde_json::Value;
use serde_json::value::RawValue;
use verify::Observer;
pub use witnessmark_verifier::outputs::{Computed, NotComputed, Otherwise, Problem};

use account::Account;
use declared::Things;
use population::kind_of;

/// So many objects that differ are named; the rest are counted.
const MOST_DIFFER: usize = 1_000;

/// Whether objects of this kind are kept, because others are computed from them.
pub fn reads(kind: &str) -> bool {
    Sealed::KINDS.contains(&kind) || account::INPUTS.contains(&kind) || joins::parts(kind).is_some()
}

/// Takes what came out otherwise.
trait Differences {
    /// Another version of the program may compute otherwise, and lies by that no more than this one.
    fn take_differences(&mut self, differ: Vec<Otherwise>, same_tool: bool, tool: &str);
}

/// What of the declaration is needed; or why it is not there.
pub type Declared<'d> = Result<&'d Declaration, String>;

/// Takes everything that derived objects are computed from, in one reading.
pub struct ComputedReader<'d> {
    declared: Declared<'d>,
    things: Things,
    world: Option<joins::WorldBuilder<'d>>,
    coverage: Vec<Coverage>,
    gaps: Vec<Gap>,
    /// Entities of which a gap says that some of their inline policies were not read: target, kind, id.
    cut: BTreeSet<(String, String, String)>,
    clusters: BTreeMap<String, Sealed>,
    accounts: BTreeMap<String, Account>,
    /// Members that are shown, by target and population.
    shown: HashMap<(String, String), u64>,
    /// How many are withheld: resources, derived.
    withheld: (u64, u64),
    /// Sealed objects by target and kind, then id.
    sealed: BTreeMap<(String, String), BTreeMap<String, (RecordRef, Digest)>>,
    /// By which collector, of each target and kind.
    collectors: BTreeMap<(String, String), String>,
    problem: Option<String>,
    /// The record of a run that failed: nothing was joined.
    failed: bool,
}

impl<'d> ComputedReader<'d> {
    /// `things`: what the declared files say; or why that is not known.
    pub fn new(
        declared: Declared<'d>,
        things: Result<Vec<DeclaredThing>, String>,
        started: Timestamp,
        asked: &[String],
    ) -> Self {
        let world = declared.as_ref().ok().copied().map(|declaration| {
            let mut world = World::builder(declaration, started.as_seconds()).reading(joins::parts);
            asked.iter().for_each(|kind| world.asked(kind));
            world
        });
        Self {
            declared,
            things: Things::new(things),
            world,
            coverage: Vec::new(),
            gaps: Vec::new(),
            cut: BTreeSet::new(),
            clusters: BTreeMap::new(),
            accounts: BTreeMap::new(),
            shown: HashMap::new(),
            withheld: (0, 0),
            sealed: BTreeMap::new(),
            collectors: BTreeMap::new(),
            problem: None,
            failed: false,
        }
    }

    fn object(&mut self, place: (&str, &str, &str), (kind, id): (&str, &str), facts: &RawValue) {
        let shown = self.shown.entry((place.0.to_owned(), place.2.to_owned())).or_default();
        *shown = shown.saturating_add(1);
        if place.0 == JOINED {
            return;
        }
        if let Some(world) = &mut self.world
            && let Err(problem) = world.object(place, (kind, id), facts)
        {
            self.problem = Some(format!("the facts of {kind} `{id}` are no object: {problem}"));
        }
        if Sealed::KINDS.contains(&kind) {
            self.clusters.entry(place.0.to_owned()).or_default().take(kind, id, facts.get());
        } else if account::INPUTS.contains(&kind) {
            let cut = self.cut.contains(&(place.0.to_owned(), kind.to_owned(), id.to_owned()));
            self.accounts.entry(place.0.to_owned()).or_default().take(kind, id, facts.get(), cut);
        }
    }

    /// Computes and compares. `tool`: the version of the program that sealed.
    pub fn finish(mut self, tool: &str) -> Computed {
        let mut found = Computed::default();
        let same_tool = tool == env!("CARGO_PKG_VERSION");
        let mut groups: BTreeSet<(String, String)> = self.expected();
        let joined = self.joined();
        // A kind that comes out ought to be there, even where nothing says that it was looked for.
        if let Ok(joined) = joined.as_ref()
            && !self.failed
        {
            groups.extend(joined.keys().map(|kind| (JOINED.to_owned(), kind.clone())));
        }
        for (target, kind) in groups {
            let computed = match kind.as_str() {
                SUBJECT => self.subjects(&target),
                account::KIND => self.permissions(&target),
                _ if target == JOINED => match &joined {
                    Ok(joined) => Ok(joined.get(&kind).cloned().unwrap_or_default()),
                    Err(why) => Err(why.clone()),
                },
                _ => {
                    let by = self.collectors.get(&(target.clone(), kind.clone())).map_or("?", String::as_str);
                    Err(format!("`{by}` computed it, which is no part of this program"))
                }
            };
            let sealed = self.sealed.remove(&(target.clone(), kind.clone())).unwrap_or_default();
            let left_out = self.left_out(&target, &kind);
            let mut not_computed = |count: usize, because: String| {
                if count > 0 {
                    let (target, kind) = (target.clone(), kind.clone());
                    found.not_computed.push(NotComputed { target, kind, count: count as u64, because });
                }
            };
            match computed {
                Err(because) => not_computed(sealed.len(), because),
                Ok(computed) => {
                    let (same, differ) = compare(&target, &kind, &sealed, computed);
                    found.same += same;
                    let (out, differ): (Vec<_>, Vec<_>) = differ
                        .into_iter()
                        .partition(|one| one.problem == Problem::NotSealed && left_out.contains(&one.id));
                    not_computed(out.len(), "a gap says of each that it was left out of the bundle".to_owned());
                    let lacks = self.lacks(&target, &[kind.as_str()]) && self.withheld.1 > 0;
                    let (hidden, differ): (Vec<_>, Vec<_>) =
                        differ.into_iter().partition(|one| lacks && one.problem == Problem::NotSealed);
                    not_computed(hidden.len(), "they are withheld".to_owned());
                    found.take_differences(differ, same_tool, tool);
                }
            }
        }
        let things = std::mem::replace(&mut self.things, Things::new(Ok(Vec::new())));
        let of_declaration = self.coverage.iter().filter(|one| one.target == DECLARATION);
        let listed = of_declaration.map(|one| one.population.clone());
        let (same, differ, not_computed) = things.finish(listed, |kind| self.lacks(DECLARATION, &[kind]));
        found.declared_same = same;
        found.not_computed.extend(not_computed);
        found.take_differences(differ, same_tool, tool);
        found.differ_not_shown = found.differ.len().saturating_sub(MOST_DIFFER) as u64;
        found.differ.truncate(MOST_DIFFER);
        found
    }

    /// What there is to compare: what is sealed, and what ought to be.
    fn expected(&self) -> BTreeSet<(String, String)> {
        let mut groups: BTreeSet<(String, String)> = self.sealed.keys().cloned().collect();
        let lists = self.coverage.iter().map(|one| (one.target.clone(), kind_of(&one.population).to_owned()));
        groups.extend(lists.filter(|(target, kind)| target == JOINED || kind == SUBJECT || kind == account::KIND));
        groups
    }

    /// The objects of a kind of which a gap says that they are not in the bundle: they do not fit into a record, or were computed from
    /// what is masked.
    fn left_out(&self, target: &str, kind: &str) -> BTreeSet<String> {
        let whole = self.gaps.iter().filter(|gap| gap.target == target && gap.part.is_none());
        let subjects = whole.filter_map(|gap| gap.subject.as_ref());
        subjects.filter(|subject| subject.kind == kind).map(|subject| subject.id.clone()).collect()
    }

    /// Whether fewer members are shown than were listed, of some of these kinds of a target.
    fn lacks(&self, target: &str, kinds: &[&str]) -> bool {
        self.coverage.iter().filter(|one| one.target == target && kinds.contains(&kind_of(&one.population))).any(
            |one| {
                let shown = self.shown.get(&(one.target.clone(), one.population.clone())).copied().unwrap_or(0);
                one.items.saturating_sub(one.repeated) > shown
            },
        )
    }

    /// Whether a gap may be of a part that was listed again and otherwise: in a list of its kind something was listed again, by the list's
    /// own count.
    fn is_contradicted(&self, gap: &Gap) -> bool {
        let Some(subject) = gap.subject.as_ref().filter(|_| gap.part.is_some()) else { return false };
        let of_kind = |one: &&Coverage| one.target == gap.target && kind_of(&one.population) == subject.kind;
        gap.reason == GapReason::Malformed && self.coverage.iter().filter(of_kind).any(|one| one.repeated > 0)
    }

    /// Why objects of a target that were computed from these kinds cannot be computed again.
    fn why_not(&self, target: &str, kinds: &[&str]) -> Option<String> {
        if self.withheld.0 > 0 && self.lacks(target, kinds) {
            return Some("what they were computed from is withheld".to_owned());
        }
        let of_input = |gap: &&Gap| {
            let kind = gap.subject.as_ref().map(|subject| subject.kind.as_str());
            let kind = kind.or_else(|| gap.population.as_deref().map(kind_of));
            gap.target == target && kind.is_none_or(|kind| kinds.contains(&kind))
        };
        let gone = self.gaps.iter().filter(of_input).find(|gap| {
            // The collector knew it, and the bundle does not hold it: it is masked, contradicts itself, or does not fit into a record.
            let of_one = gap.reason == GapReason::CollectorFailed || self.is_contradicted(gap);
            gap.reason == GapReason::WithheldSecret || (gap.subject.is_some() && of_one)
        });
        gone.map(|gap| format!("what they were computed from is not in the bundle: {}", gap.detail))
    }

    fn subjects(&self, target: &str) -> Result<Vec<(String, Value)>, String> {
        let declaration = self.declared.as_ref().map_err(Clone::clone)?;
        if let Some(why) = self.why_not(target, &Sealed::KINDS) {
            return Err(why);
        }
        let nothing = Sealed::default();
        let sealed = self.clusters.get(target).unwrap_or(&nothing);
        if let Some(((kind, id), problem)) = sealed.unread.first_key_value() {
            return Err(format!("{kind} `{id}` is not whole: {problem}"));
        }
        let claimed = report::claimed(declaration, target)?;
        let version = sealed.version.as_deref().map_or(Version::UNKNOWN, Version::of);
        let known = Known {
            rbac: &sealed.rbac,
            accounts: &sealed.accounts,
            entries: &sealed.entries,
            described: sealed.described.as_ref(),
            version,
            claimed: &claimed,
        };
        let built_in = BuiltIn::of(version).map_err(|error| error.to_string())?;
        let effective = Effective::of(known, &built_in);
        let facts = |subject| {
            let facts = effective.facts(subject);
            Ok((facts.id.clone(), serde_json::to_value(facts).map_err(|error| error.to_string())?))
        };
        effective.subjects().iter().map(facts).collect()
    }

    fn permissions(&self, target: &str) -> Result<Vec<(String, Value)>, String> {
        if let Some(why) = self.why_not(target, &account::INPUTS) {
            return Err(why);
        }
        let nothing = Account::default();
        let account = self.accounts.get(target).unwrap_or(&nothing);
        if let Some(why) = account.unread.first() {
            return Err(format!("what they were computed from is not whole: {why}"));
        }
        account.compute().map_err(|error| error.to_string())
    }

    /// All joined objects, by kind.
    fn joined(&mut self) -> Result<BTreeMap<String, Vec<(String, Value)>>, String> {
        self.declared.as_ref().map_err(Clone::clone)?;
        if let Some(problem) = &self.problem {
            return Err(problem.clone());
        }
        if self.withheld.0 > 0 || self.withheld.1 > 0 {
            let lists = self.coverage.iter().filter(|one| one.target != JOINED);
            let read = lists.filter(|one| joins::parts(kind_of(&one.population)).is_some());
            for one in read {
                if self.lacks(&one.target, &[kind_of(&one.population)]) {
                    return Err(format!("{} of target `{}` is withheld in part", one.population, one.target));
                }
            }
        }
        let Some(mut world) = self.world.take() else { return Ok(BTreeMap::new()) };
        self.coverage.iter().filter(|one| one.target != JOINED).cloned().for_each(|one| world.coverage(one));
        self.gaps.iter().filter(|gap| gap.target != JOINED).cloned().for_each(|gap| world.gap(gap));
        let world = world.build();
        let mut found: BTreeMap<String, Vec<(String, Value)>> = BTreeMap::new();
        let mut problem = None;
        joins::derive(&world, &mut |joined| match serde_json::to_value(&joined.facts) {
            Ok(facts) => found.entry(joined.kind.to_owned()).or_default().push((joined.id, facts)),
            Err(error) => problem = Some(error.to_string()),
        });
        problem.map_or(Ok(found), Err)
    }
}

impl Observer for ComputedReader<'_> {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let record = match line {
            Line::Withheld(_) => {
                match at.kind {
                    RecordType::Resource => self.withheld.0 += 1,
                    RecordType::Derived => self.withheld.1 += 1,
                    _ => {}
                }
                self.things.withheld(at);
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match record {
            Record::Run(run) => self.failed = run.status == RunStatus::Failed,
            Record::Coverage(coverage) => self.coverage.push(coverage.clone()),
            Record::Gap(gap) => {
                if let Some(subject) = gap.subject.as_ref().filter(|_| gap.part.as_deref() == Some(account::INLINE)) {
                    self.cut.insert((gap.target.clone(), subject.kind.clone(), subject.id.clone()));
                }
                self.things.gap(gap);
                self.gaps.push(gap.clone());
            }
            Record::Resource(one) => {
                self.things.resource(at, one);
                self.object((&one.target, &one.collector, &one.population), (&one.kind, &one.id), &one.facts);
            }
            Record::Derived(one) => {
                self.object((&one.target, &one.collector, &one.population), (&one.kind, &one.id), &one.facts);
                let group = (one.target.clone(), one.kind.clone());
                self.collectors.entry(group.clone()).or_insert_with(|| one.collector.clone());
                let facts = match serde_json::from_str::<Value>(one.facts.get()) {
                    Ok(facts) => digest(&facts),
                    // No facts of ours are equal to what is no JSON.
                    Err(_) => Digest::of(one.facts.get().as_bytes()),
                };
                self.sealed.entry(group).or_default().insert(one.id.clone(), (at, facts));
            }
            _ => {}
        }
    }
}

impl Differences for Computed {
    fn take_differences(&mut self, differ: Vec<Otherwise>, same_tool: bool, tool: &str) {
        let Some(first) = differ.first().filter(|_| !same_tool) else {
            self.differ.extend(differ);
            return;
        };
        let because = format!(
            "version {tool} of the program sealed them, and this one, {}, computes them otherwise ({}); `reassess` of version {tool} tells whether they follow from what is sealed",
            env!("CARGO_PKG_VERSION"),
            first_of(&differ)
        );
        let (target, kind) = (first.target.clone(), first.kind.clone());
        self.not_computed.push(NotComputed { target, kind, count: differ.len() as u64, because });
    }
}

fn compare(
    target: &str,
    kind: &str,
    sealed: &BTreeMap<String, (RecordRef, Digest)>,
    computed: Vec<(String, Value)>,
) -> (u64, Vec<Otherwise>) {
    let mut same = 0_u64;
    let mut differ = Vec::new();
    let mut otherwise = |id: &str, record: Option<RecordRef>, problem| {
        differ.push(Otherwise { target: target.to_owned(), kind: kind.to_owned(), id: id.to_owned(), record, problem });
    };
    let mut come = BTreeSet::new();
    for (id, facts) in computed {
        match sealed.get(&id) {
            Some((_, known)) if *known == digest(&facts) => same = same.saturating_add(1),
            Some((record, _)) => otherwise(&id, Some(*record), Problem::OtherFacts),
            None => otherwise(&id, None, Problem::NotSealed),
        }
        come.insert(id);
    }
    for (id, (record, _)) in sealed.iter().filter(|(id, _)| !come.contains(*id)) {
        otherwise(id, Some(*record), Problem::DoesNotComeOut);
    }
    (same, differ)
}

/// The names of the first of them.
fn first_of(differ: &[Otherwise]) -> String {
    const NAMED: usize = 5;
    let named: Vec<String> = differ.iter().take(NAMED).map(|one| format!("`{}`", one.id)).collect();
    let more = if differ.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", named.join(", "))
}

/// Of a value, whatever the order of its members.
fn digest(value: &Value) -> Digest {
    Digest::of(sorted(value).to_string().as_bytes())
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(all) => Value::Array(all.iter().map(sorted).collect()),
        Value::Object(members) => {
            let ordered: BTreeMap<&String, &Value> = members.iter().collect();
            Value::Object(ordered.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect())
        }
        other => other.clone(),
    }
}
