//! What was asked, what came back, what was not read: that the records of it do not contradict each other.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use bundle::limits;
use bundle::statement::Predicate;
use model::record::{
    Body, Coverage, Derived, Exchange, Gap, GapReason, Locator, Override, Params, Peer, Resource, Route, RunStatus,
    Subject,
};
use model::{Digest, RecordRef, RecordType, Timestamp, origin};
use serde_json::value::RawValue;

use super::frame::{Bits, Frame};
use super::hold::{contradiction, hold};
use super::key::Key;
use crate::problem::Problem;

/// What a derived object may be computed from.
const SOURCES: [RecordType; 6] = [
    RecordType::Declaration,
    RecordType::Exchange,
    RecordType::Coverage,
    RecordType::Gap,
    RecordType::Resource,
    RecordType::Derived,
];

/// What is kept of the records of collecting.
#[derive(Debug)]
pub(super) struct Collected {
    started: Timestamp,
    finished: Timestamp,
    status: RunStatus,
    rehearsal: Vec<Override>,
    /// Answers may come from anywhere: nothing in the bundle is evidence.
    anything: bool,
    /// Exchanges whose answers prove nothing about their source, in what calls itself evidence.
    unproven: Bits,
    /// Exchanges that failed on the way.
    failed: Bits,
    /// Exchanges whose answers have masked texts, those of them that a gap names, and how many no gap named yet.
    masked: Bits,
    masked_named: Bits,
    masked_unnamed: u64,
    asked: Asked,
    routes: HashMap<Key, Way>,
    /// The last target and collector that has a route, and was asked for.
    routed: Option<(String, String, Way)>,
    /// Targets of which a route is a rehearsal, and all that have a route.
    rehearsed: HashSet<Key>,
    targets: HashSet<Key>,
    last_route: Option<(String, String)>,
    last_peer: Option<Digest>,
    last_exchange: Option<(String, String, Option<String>)>,
    last_params: Option<u64>,
    last_body: Option<u64>,
    last_coverage: Option<(String, String, String)>,
    last_gap: Option<Gap>,
    last_resource: Last,
    last_derived: Last,
    populations: HashMap<Key, usize>,
    listed: Vec<Listed>,
    /// The population of the last object, and which it is.
    population: Option<(String, String, String, usize)>,
    /// Subjects of which a gap says that a part was not read, and those with the part.
    subjects: HashSet<Key>,
    parts: HashSet<Key>,
    /// Subjects of a list of which a gap says that nothing was read, and which list that is. Those that an object was recorded of
    /// all the same (it vanished meanwhile) are taken out again.
    unread: BTreeSet<(Key, usize)>,
    subject_gaps: u64,
    subject_gaps_max: u64,
}

/// Target, kind and id of the last object.
type Last = Option<(String, String, String)>;

/// What of a route decides what its answers are worth.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    pinned: bool,
    rehearsal: bool,
}

/// A population that was listed.
#[derive(Debug)]
struct Listed {
    complete: bool,
    /// Different items that the source listed.
    items: u64,
    /// Resources and derived objects of it.
    objects: u64,
    /// Items of which a gap says that nothing was read, and nothing was.
    unread: u64,
}

/// Which exchanges are of which target and collector. They stand in that order, so that each has one span of them.
#[derive(Debug)]
struct Asked {
    max: u64,
    spans: HashMap<Key, Own>,
    /// The target and collector of the exchanges that are read now, and the first of them.
    open: Option<(String, String, u64)>,
    /// What was looked up last: most records follow others of their target and collector.
    last: Option<(String, String, Own)>,
}

/// The exchanges of a target and collector, by ordinal; the end is not one of them.
#[derive(Debug, Clone, Copy, Default)]
struct Own {
    first: u64,
    end: u64,
}

impl Own {
    fn hold(self, at: RecordRef, exchange: RecordRef) -> Result<(), Problem> {
        let own = (self.first..self.end).contains(&exchange.ordinal);
        hold(own, at, "it leads into an exchange of another target or collector")
    }
}

impl Default for Asked {
    fn default() -> Self {
        Self { max: limits::ASKED_MAX, spans: HashMap::new(), open: None, last: None }
    }
}

impl Asked {
    fn exchange(&mut self, ordinal: u64, target: &str, collector: &str) -> Result<(), Problem> {
        if self.open.as_ref().is_some_and(|(t, c, _)| t == target && c == collector) {
            return Ok(());
        }
        self.close(ordinal);
        if self.spans.len() as u64 >= self.max {
            return Err(Problem::Asked { max: self.max });
        }
        self.open = Some((target.to_owned(), collector.to_owned(), ordinal));
        Ok(())
    }

    fn close(&mut self, end: u64) {
        if let Some((target, collector, first)) = self.open.take() {
            self.spans.insert(Key::of(&[&target, &collector]), Own { first, end });
        }
    }

    /// Those of a target and collector; all exchanges stand before the records that ask.
    fn of(&mut self, target: &str, collector: &str, frame: &Frame) -> Own {
        self.close(frame.count_of(RecordType::Exchange));
        match &self.last {
            Some((t, c, own)) if t == target && c == collector => *own,
            _ => {
                let own = self.spans.get(&Key::of(&[target, collector])).copied().unwrap_or_default();
                self.last = Some((target.to_owned(), collector.to_owned(), own));
                own
            }
        }
    }
}

impl Collected {
    pub(super) fn new(said: &Predicate) -> Self {
        Self {
            started: said.started,
            finished: said.finished,
            status: said.status,
            rehearsal: said.rehearsal.clone(),
            anything: said.rehearsal.contains(&Override::Endpoint) || said.rehearsal.contains(&Override::Replay),
            unproven: Bits::default(),
            failed: Bits::default(),
            masked: Bits::default(),
            masked_named: Bits::default(),
            masked_unnamed: 0,
            asked: Asked::default(),
            routes: HashMap::new(),
            routed: None,
            rehearsed: HashSet::new(),
            targets: HashSet::new(),
            last_route: None,
            last_peer: None,
            last_exchange: None,
            last_params: None,
            last_body: None,
            last_coverage: None,
            last_gap: None,
            last_resource: None,
            last_derived: None,
            populations: HashMap::new(),
            listed: Vec::new(),
            population: None,
            subjects: HashSet::new(),
            parts: HashSet::new(),
            unread: BTreeSet::new(),
            subject_gaps: 0,
            subject_gaps_max: limits::SUBJECT_GAPS_MAX,
        }
    }

    pub(super) fn route(&mut self, at: RecordRef, route: &Route) -> Result<(), Problem> {
        let key = (route.target.clone(), route.collector.clone());
        ascending(at, self.last_route.as_ref(), &key, "routes are not strictly ordered by target and collector")?;
        let way = Way { pinned: !route.pinned.is_empty(), rehearsal: !route.rehearsal.is_empty() };
        let said = |one| self.rehearsal.contains(&one);
        hold(
            !way.rehearsal || said(Override::Endpoint) || said(Override::Target),
            at,
            "it is a rehearsal, in a bundle that does not call itself one",
        )?;
        self.routes.insert(Key::of(&[&route.target, &route.collector]), way);
        self.targets.insert(Key::of(&[&route.target]));
        if way.rehearsal {
            self.rehearsed.insert(Key::of(&[&route.target]));
        }
        self.last_route = Some(key);
        Ok(())
    }

    /// That some targets are rehearsals, and others are not, where the run says so.
    fn in_part(&self) -> Result<(), Problem> {
        let some = !self.rehearsed.is_empty() && self.rehearsed.len() < self.targets.len();
        if some || !self.rehearsal.contains(&Override::Target) {
            return Ok(());
        }
        Err(contradiction(
            RecordRef::new(RecordType::Run, 0),
            "it says that some targets are rehearsals and others are not, and no `route` record says which",
        ))
    }

    pub(super) fn peer(&mut self, at: RecordRef, peer: &Peer) -> Result<(), Problem> {
        let digest = Peer::digest(peer.certificates.iter().map(|certificate| certificate.0.as_slice()));
        hold(digest == Some(peer.sha256), at, "its certificates do not have the digest that it states")?;
        ascending(at, self.last_peer.as_ref(), &peer.sha256, "peers are not strictly ordered by digest")?;
        self.last_peer = Some(peer.sha256);
        Ok(())
    }

    pub(super) fn exchange(&mut self, at: RecordRef, exchange: &Exchange, frame: &Frame) -> Result<(), Problem> {
        if let Some(peer) = exchange.peer {
            frame.refer(at, peer, &[RecordType::Peer])?;
        }
        hold(
            (self.started..=self.finished).contains(&exchange.started),
            at,
            "it began before the run or after its end",
        )?;
        let way = self.way(at, exchange)?;
        self.asked.exchange(at.ordinal, &exchange.target, &exchange.collector)?;
        let place = (&exchange.target, &exchange.collector, &exchange.population);
        if let Some((target, collector, population)) = &self.last_exchange {
            let order = (target, collector, population).cmp(&place);
            hold(order.is_le(), at, "exchanges are not in the order of target, collector and population")?;
            if order.is_lt() {
                self.last_exchange = None;
            }
        }
        if self.last_exchange.is_none() {
            self.last_exchange = Some((place.0.clone(), place.1.clone(), place.2.clone()));
        }
        let unproven = origin::unproven(&exchange.endpoint, exchange.peer.is_some(), way.pinned).is_some();
        if unproven && !way.rehearsal && !self.anything {
            // Where credentials come from (a metadata service) is asked like that, and so is who does not answer.
            self.unproven.set(at.ordinal);
        }
        if exchange.failure.is_some() {
            self.failed.set(at.ordinal);
        }
        Ok(())
    }

    fn way(&mut self, at: RecordRef, exchange: &Exchange) -> Result<Way, Problem> {
        if let Some((target, collector, way)) = &self.routed
            && (target, collector) == (&exchange.target, &exchange.collector)
        {
            return Ok(*way);
        }
        let there = self.routes.get(&Key::of(&[&exchange.target, &exchange.collector])).copied();
        hold(
            there.is_some() || self.status == RunStatus::Failed,
            at,
            "its target and collector have no `route` record",
        )?;
        let way = there.unwrap_or(Way { pinned: false, rehearsal: false });
        self.routed = Some((exchange.target.clone(), exchange.collector.clone(), way));
        Ok(way)
    }

    pub(super) fn params(&mut self, at: RecordRef, params: &Params, frame: &Frame) -> Result<(), Problem> {
        frame.refer(at, params.exchange, &[RecordType::Exchange])?;
        in_order(at, &mut self.last_params, params.exchange)
    }

    pub(super) fn body(&mut self, at: RecordRef, body: &Body, frame: &Frame) -> Result<(), Problem> {
        frame.refer(at, body.exchange, &[RecordType::Exchange])?;
        in_order(at, &mut self.last_body, body.exchange)?;
        if !body.masked.is_empty() {
            self.masked.set(body.exchange.ordinal);
            self.masked_unnamed += 1;
        }
        if body.raw.is_some() { self.proven(at, body.exchange) } else { Ok(()) }
    }

    /// Nothing is evidence that anybody could have answered.
    fn proven(&self, at: RecordRef, exchange: RecordRef) -> Result<(), Problem> {
        let unproven = self.unproven.get(exchange.ordinal);
        hold(
            !unproven,
            at,
            "evidence over plain HTTP, from a server without certificates, or from this machine without a pinned authority, over a route that is no rehearsal",
        )
    }

    fn locator(&self, at: RecordRef, locator: &Locator, own: Own, frame: &Frame) -> Result<(), Problem> {
        match locator {
            Locator::Answer(place) => {
                frame.refer(at, place.exchange, &[RecordType::Exchange])?;
                own.hold(at, place.exchange)?;
                let failed = self.failed.get(place.exchange.ordinal);
                hold(!failed, at, "a locator leads into an exchange that failed")?;
                self.proven(at, place.exchange)
            }
            Locator::Declared(place) => frame.refer(at, place.declaration, &[RecordType::Declaration]),
        }
    }

    /// A run that says it read everything has no gap and no list that was cut short.
    fn nothing_is_missing(&self, at: RecordRef) -> Result<(), Problem> {
        hold(self.status != RunStatus::Complete, at, "the run says that it is complete, but this was not read")
    }

    pub(super) fn coverage(&mut self, at: RecordRef, coverage: &Coverage, frame: &Frame) -> Result<(), Problem> {
        if !coverage.complete {
            self.nothing_is_missing(at)?;
        }
        let key = (coverage.target.clone(), coverage.collector.clone(), coverage.population.clone());
        ascending(
            at,
            self.last_coverage.as_ref(),
            &key,
            "coverage is not strictly ordered by target, collector and population",
        )?;
        self.last_coverage = Some(key);
        self.populations
            .insert(Key::of(&[&coverage.target, &coverage.collector, &coverage.population]), self.listed.len());
        self.listed.push(Listed {
            complete: coverage.complete,
            items: coverage.items.saturating_sub(coverage.repeated),
            objects: 0,
            unread: 0,
        });
        match &coverage.total {
            Some(total) => {
                let own = self.asked.of(&coverage.target, &coverage.collector, frame);
                self.locator(at, &total.from, own, frame)
            }
            None => Ok(()),
        }
    }

    pub(super) fn gap(&mut self, at: RecordRef, gap: &Gap, frame: &Frame) -> Result<(), Problem> {
        self.nothing_is_missing(at)?;
        if let Some(exchange) = gap.exchange {
            frame.refer(at, exchange, &[RecordType::Exchange])?;
            self.asked.of(&gap.target, &gap.collector, frame).hold(at, exchange)?;
            let ordinal = exchange.ordinal;
            let names = gap.reason == GapReason::WithheldSecret && self.masked.get(ordinal);
            if names && !self.masked_named.get(ordinal) {
                self.masked_named.set(ordinal);
                self.masked_unnamed = self.masked_unnamed.saturating_sub(1);
            }
        }
        if let Some(last) = &self.last_gap {
            hold(gap_order(last) <= gap_order(gap), at, "gaps are not in their order")?;
        }
        let cut = matches!(gap.reason, GapReason::Truncated | GapReason::TotalMismatch);
        let index = gap
            .population
            .as_ref()
            .and_then(|population| self.populations.get(&Key::of(&[&gap.target, &gap.collector, population])).copied());
        match (&gap.subject, &gap.part) {
            (None, None) => {
                let listed = index.and_then(|index| self.listed.get(index));
                let whole = listed.is_some_and(|listed| listed.complete);
                hold(!(cut && whole), at, "the list is not complete, but its coverage says that it is")?;
            }
            (None, Some(_)) => {}
            (Some(subject), part) => {
                self.subject_gaps += 1;
                if self.subject_gaps > self.subject_gaps_max {
                    return Err(Problem::SubjectGaps { max: self.subject_gaps_max });
                }
                let Subject { kind, id } = subject;
                let of_list = gap.population.as_deref().is_some_and(|population| kind_of(population) == kind);
                match (part, index) {
                    (Some(part), _) => {
                        self.subjects.insert(Key::of(&[&gap.target, kind, id]));
                        self.parts.insert(Key::of(&[&gap.target, kind, id, part]));
                    }
                    (None, Some(index)) if of_list => {
                        let new = self.unread.insert((Key::of(&[&gap.target, kind, id]), index));
                        if let (true, Some(listed)) = (new, self.listed.get_mut(index)) {
                            listed.unread += 1;
                        }
                    }
                    (None, _) => {}
                }
            }
        }
        self.last_gap = Some(gap.clone());
        Ok(())
    }

    pub(super) fn resource(&mut self, at: RecordRef, resource: &Resource, frame: &Frame) -> Result<(), Problem> {
        let Resource { target, collector, population, kind, id, parts, facts } = resource;
        let order = "resources are not strictly ordered by target, kind and id";
        object_order(at, &mut self.last_resource, [target, kind, id], order)?;
        self.count(at, target, collector, population)?;
        self.was_read(target, kind, id);
        let own = self.asked.of(target, collector, frame);
        parts.values().flatten().try_for_each(|locator| self.locator(at, locator, own, frame))?;
        self.agrees_with_gaps(at, [target, kind, id], facts)
    }

    pub(super) fn derived(&mut self, at: RecordRef, derived: &Derived, frame: &Frame) -> Result<(), Problem> {
        let Derived { target, collector, population, kind, id, inputs, facts } = derived;
        let order = "derived objects are not strictly ordered by target, kind and id";
        object_order(at, &mut self.last_derived, [target, kind, id], order)?;
        self.count(at, target, collector, population)?;
        self.was_read(target, kind, id);
        self.agrees_with_gaps(at, [target, kind, id], facts)?;
        inputs.iter().try_for_each(|input| {
            if input.kind == RecordType::Derived && input.ordinal >= at.ordinal {
                return Err(Problem::Reference { at, to: *input });
            }
            frame.refer(at, *input, &SOURCES)
        })
    }

    /// Something was recorded of a subject: a gap of it as a whole (it vanished meanwhile) does not count it once more.
    fn was_read(&mut self, target: &str, kind: &str, id: &str) {
        if self.unread.is_empty() {
            return;
        }
        let key = Key::of(&[target, kind, id]);
        let lists: Vec<usize> = self.unread.range((key, 0)..=(key, usize::MAX)).map(|(_, list)| *list).collect();
        for list in lists {
            self.unread.remove(&(key, list));
            if let Some(listed) = self.listed.get_mut(list) {
                listed.unread = listed.unread.saturating_sub(1);
            }
        }
    }

    /// A part of which a gap says that it was not read is not there, or is a list or an object, which may have been read as far
    /// as it goes.
    fn agrees_with_gaps(&self, at: RecordRef, [target, kind, id]: [&str; 3], facts: &RawValue) -> Result<(), Problem> {
        if self.subjects.is_empty() || !self.subjects.contains(&Key::of(&[target, kind, id])) {
            return Ok(());
        }
        let facts: BTreeMap<String, &RawValue> =
            serde_json::from_str(facts.get()).map_err(|_| contradiction(at, "`facts` is not an object"))?;
        let whole = |value: &RawValue| !value.get().starts_with(['[', '{']);
        let unread = |part: &str| self.parts.contains(&Key::of(&[target, kind, id, part]));
        let both = facts.iter().any(|(part, value)| whole(value) && unread(part));
        hold(!both, at, "it has a part that was not read, according to a gap")
    }

    /// Counts an object of a population, which must have been listed.
    fn count(&mut self, at: RecordRef, target: &str, collector: &str, population: &str) -> Result<(), Problem> {
        let index = match &self.population {
            Some((t, c, p, index)) if t == target && c == collector && p == population => Some(*index),
            _ => self.populations.get(&Key::of(&[target, collector, population])).copied(),
        };
        let Some((index, listed)) = index.and_then(|index| Some((index, self.listed.get_mut(index)?))) else {
            return Err(contradiction(at, "its population has no `coverage` record"));
        };
        listed.objects += 1;
        if self.population.as_ref().is_none_or(|known| known.3 != index) {
            self.population = Some((target.to_owned(), collector.to_owned(), population.to_owned(), index));
        }
        Ok(())
    }

    /// That as many objects came of each complete list as the source listed.
    pub(super) fn finish(&self, frame: &Frame) -> Result<(), Problem> {
        self.in_part()?;
        let hidden = frame.some_withheld(RecordType::Resource) || frame.some_withheld(RecordType::Derived);
        let differs = |listed: &Listed| {
            let found = listed.objects.saturating_add(listed.unread);
            listed.complete && (if hidden { found > listed.items } else { found != listed.items })
        };
        if self.masked_unnamed > 0 {
            let at = RecordRef::new(RecordType::Body, 0);
            return Err(contradiction(at, "texts of answers are masked, and no gap names the exchange"));
        }
        match (0..).zip(&self.listed).find(|(_, listed)| differs(listed)) {
            Some((ordinal, _)) => Err(contradiction(
                RecordRef::new(RecordType::Coverage, ordinal),
                "the list is complete, but does not have as many items as there are resources and gaps of it",
            )),
            None => Ok(()),
        }
    }
}

/// The kind of a population's objects: what is before its scope.
fn kind_of(population: &str) -> &str {
    population.split_once('@').map_or(population, |(kind, _)| kind)
}

/// What gaps are ordered by; what is absent is first.
fn gap_order(gap: &Gap) -> impl Ord + '_ {
    (&gap.target, &gap.collector, &gap.population, &gap.subject, &gap.part, &gap.right, gap.reason)
}

fn ascending<K: Ord>(at: RecordRef, last: Option<&K>, next: &K, problem: &'static str) -> Result<(), Problem> {
    hold(last.is_none_or(|last| last < next), at, problem)
}

fn object_order(at: RecordRef, last: &mut Last, next: [&String; 3], problem: &'static str) -> Result<(), Problem> {
    if let Some((target, kind, id)) = last {
        hold([&*target, &*kind, &*id] < next, at, problem)?;
        // Most objects follow others of their target and kind.
        for (text, new) in [(target, next[0]), (kind, next[1]), (id, next[2])] {
            if text != new {
                text.clone_from(new);
            }
        }
    } else {
        let [target, kind, id] = next;
        *last = Some((target.clone(), kind.clone(), id.clone()));
    }
    Ok(())
}

/// One record for each exchange at most, in the order of the exchanges.
fn in_order(at: RecordRef, last: &mut Option<u64>, exchange: RecordRef) -> Result<(), Problem> {
    hold(*last < Some(exchange.ordinal), at, "it is not in the order of the exchanges")?;
    *last = Some(exchange.ordinal);
    Ok(())
}

#[cfg(test)]
mod tests {
    use bundle::statement::{Chain, Kind, Records, Statement, Summary, Tool};

    use super::*;

    #[test]
    fn who_was_asked_is_bounded() {
        let mut asked = Asked { max: 2, ..Asked::default() };
        for (ordinal, target) in (0..).zip(["a", "a", "b", "b"]) {
            assert!(asked.exchange(ordinal, target, "c").is_ok());
        }
        assert!(matches!(asked.exchange(4, "c", "c"), Err(Problem::Asked { max: 2 })));
    }

    #[test]
    fn gaps_with_a_subject_are_bounded() {
        let (zero, time) = (Digest::of(b""), Timestamp::from_millis(0).unwrap());
        let said = Predicate {
            kind: Kind::Run,
            bundle: String::new(),
            entity: String::new(),
            system: String::new(),
            tool: Tool { version: String::new(), sha256: zero },
            started: time,
            finished: time,
            status: RunStatus::Partial,
            rehearsal: Vec::new(),
            challenge: None,
            records: Records { hash: String::new(), count: 0, root: zero, segments: Vec::new() },
            summary: Summary::default(),
            basis: None,
            chain: Chain {
                origin: String::new(),
                index: 0,
                prior_size: 0,
                prior_root: zero,
                previous_statement: None,
                every_seconds: None,
            },
        };
        let frame = Frame::new(&Statement { leaves_sha256: zero, records_sha256: zero, predicate: said.clone() });
        let mut collected = Collected { subject_gaps_max: 2, ..Collected::new(&said) };
        let gap = |id: &str| Gap {
            target: "t".into(),
            collector: "c".into(),
            population: None,
            subject: Some(Subject { kind: "c/k".into(), id: id.into() }),
            part: Some("p".into()),
            right: None,
            reason: GapReason::Denied,
            detail: String::new(),
            exchange: None,
            acceptance: None,
        };
        let at = |ordinal| RecordRef::new(RecordType::Gap, ordinal);
        assert!(collected.gap(at(0), &gap("1"), &frame).is_ok());
        assert!(collected.gap(at(1), &gap("2"), &frame).is_ok());
        assert!(matches!(collected.gap(at(2), &gap("3"), &frame), Err(Problem::SubjectGaps { max: 2 })));
        // One that is about the whole list is none of them.
        let whole = Gap { subject: None, part: None, target: "u".into(), ..gap("") };
        assert!(collected.gap(at(2), &whole, &frame).is_ok());
    }
}
