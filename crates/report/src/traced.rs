//! The findings that belong into a trace, and the exchanges behind them.

use std::collections::{BTreeMap, BTreeSet};

use bundle::read::{Line, Record};
use links::{AcceptedBy, AliasReader, ExchangeNode, FindingNode, GapNode, Place, Trace, UseFound, UsePlace};
use model::record::{Counts, Exchange, Finding, InDeclaration, Locator, Resource};
use model::{Outcome, RecordRef, RecordType};
use verify::{Approver, Mark, Marked, Observer, VerifiedBundle};

use crate::room::Room;
use crate::words::{answer_words, gap_words};

/// Findings of one use of a check that are shown one by one.
const MOST_FINDINGS: usize = 20;
/// Exchanges, places and gaps of one finding.
const MOST_OF_FINDING: usize = 8;
/// Records that one finding rests on and that are looked at.
const MOST_RECORDS: usize = 100;
/// Findings in all that are shown one by one.
const MOST_IN_ALL: usize = 2_000;
/// Bytes of the findings of one outcome that are kept until it is known which of them are shown. What does not fit is counted.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Exchanges and places behind all findings together that are looked at.
const MOST_LINKS: usize = 1_000_000;
/// So often what derived objects were computed from is looked up, one reading each: what is joined is derived from what is derived.
const MOST_DEEP: usize = 4;
/// Records that are looked up so, for all findings together.
const MOST_BELOW: usize = 200_000;

/// One finding that is shown, before what it rests on is known.
#[derive(Clone, Debug)]
struct Chosen {
    at: RecordRef,
    finding: Finding,
    exchanges: BTreeSet<u64>,
    declared: BTreeSet<(u64, u64, u64)>,
    gaps: Vec<GapNode>,
    withheld: Vec<String>,
}

/// What one reading is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Findings,
    Resources,
    Exchanges,
}

/// Takes what a trace shows of a bundle, in three readings and some more: findings, what they rest on, what that was derived from, the exchanges behind it.
#[derive(Debug)]
pub struct TraceReader {
    phase: Phase,
    uses: BTreeMap<UsePlace, Of>,
    /// The uses of each control and check, with their targets.
    places: BTreeMap<(String, String), Vec<Placed>>,
    trace: Trace,
    /// Uses of checks: control, check, targets.
    used: Vec<(String, String, Vec<String>)>,
    /// The findings that are shown, once they are chosen.
    shown: Vec<(UsePlace, Chosen)>,
    /// Records that these rest on, each with the places of the findings that do.
    wanted: BTreeMap<RecordRef, Vec<usize>>,
    /// The same of records that derived objects among them were computed from: for the next reading.
    below: BTreeMap<RecordRef, Vec<usize>>,
    /// How often that was looked up.
    deep: usize,
    for_below: Room,
    /// Exchanges that are shown.
    behind: BTreeSet<u64>,
    exchanges: BTreeMap<u64, Exchange>,
    paths: BTreeMap<u64, String>,
    aliases: AliasReader,
    /// For findings by their bucket, for what stands behind them, and for names of files.
    rooms: BTreeMap<u8, Room>,
    links: Room,
    for_paths: Room,
}

/// A use of a check, and the targets that it is put to; `None`: all that are read.
type Placed = (UsePlace, Option<Vec<String>>);

/// The findings of one use: counted, and the first of each outcome, those first that need a look most.
#[derive(Debug, Default)]
struct Of {
    counts: Counts,
    seen: u64,
    chosen: BTreeMap<u8, Vec<Chosen>>,
    /// What somebody accepted is shown whatever else there is: the trace names the acceptance, too.
    accepted: Vec<Chosen>,
}

impl Of {
    /// So many of them, those first that need a look most; what is accepted after what nobody accepted.
    fn first(&mut self, room: usize) -> Vec<Chosen> {
        let accepted: Vec<Chosen> = std::mem::take(&mut self.accepted).into_iter().take(room).collect();
        let rest = std::mem::take(&mut self.chosen).into_values().flatten();
        let mut first: Vec<Chosen> = rest.take(room.saturating_sub(accepted.len())).collect();
        let after = first.iter().take_while(|one| one.finding.outcome == Outcome::Deviates).count();
        let rest = first.split_off(after);
        first.into_iter().chain(accepted).chain(rest).collect()
    }
}

impl TraceReader {
    #[must_use]
    pub fn new(trace: Trace) -> Self {
        let trace = trace.with_rules();
        let mut places: BTreeMap<(String, String), Vec<Placed>> = BTreeMap::new();
        for one in trace.uses() {
            let of_check = places.entry((one.control.to_owned(), one.check.to_owned())).or_default();
            of_check.push((one.place, one.targets.map(<[String]>::to_vec)));
        }
        Self {
            phase: Phase::Findings,
            uses: trace.uses().map(|one| (one.place, Of::default())).collect(),
            places,
            trace,
            used: Vec::new(),
            shown: Vec::new(),
            wanted: BTreeMap::new(),
            below: BTreeMap::new(),
            deep: 0,
            for_below: Room::of(MOST_BELOW),
            behind: BTreeSet::new(),
            exchanges: BTreeMap::new(),
            paths: BTreeMap::new(),
            aliases: AliasReader::default(),
            rooms: BTreeMap::new(),
            links: Room::of(MOST_LINKS),
            for_paths: Room::of(MOST_BYTES),
        }
    }

    /// Call after each reading; false when there is nothing left to read.
    pub fn goes_on(&mut self) -> bool {
        self.phase = match self.phase {
            Phase::Findings => {
                self.choose();
                Phase::Resources
            }
            Phase::Resources if !self.below.is_empty() && self.deep < MOST_DEEP => {
                self.deep += 1;
                self.wanted = std::mem::take(&mut self.below);
                Phase::Resources
            }
            Phase::Resources => {
                let exchanges = self.shown.iter().flat_map(|(_, one)| one.exchanges.iter().take(MOST_OF_FINDING));
                self.behind = exchanges.copied().collect();
                Phase::Exchanges
            }
            Phase::Exchanges => return false,
        };
        true
    }

    /// Keeps as many findings of each use as are shown.
    fn choose(&mut self) {
        for (of_use, of) in &mut self.uses {
            let room = MOST_FINDINGS.min(MOST_IN_ALL.saturating_sub(self.shown.len()));
            self.shown.extend(of.first(room).into_iter().map(|one| (*of_use, one)));
        }
        for (number, (_, one)) in self.shown.iter().enumerate() {
            for at in one.finding.rests_on.iter().take(MOST_RECORDS) {
                self.wanted.entry(*at).or_default().push(number);
            }
        }
    }

    /// The trace with what was found. Proven only when the bundle was accepted.
    #[must_use]
    pub fn finish(self, bundle: &VerifiedBundle) -> Trace {
        let Self { uses, used, mut trace, shown, exchanges, paths, aliases, .. } = self;
        // What the records say of it is the custodian's word.
        if let Some(marks) = bundle.marks() {
            for (control, check, targets) in &used {
                trace.mark_weaker(control, check, targets, &marks.weaker(control, check, targets));
            }
        }
        let mut found: BTreeMap<UsePlace, UseFound> = uses
            .into_iter()
            .map(|(of_use, of)| (of_use, UseFound { counts: of.counts, findings: Vec::new(), not_shown: of.seen }))
            .collect();
        let ids = shown.iter().filter_map(|(_, one)| Some(one.finding.subject.as_ref()?.id.clone()));
        let in_inventory = trace.keys.iter().flat_map(|key| key.kept.iter().map(|kept| &kept.key).chain(&key.found));
        let named: BTreeSet<String> = ids.chain(in_inventory.cloned()).collect();
        trace.key_aliases = aliases.finish().only(|id| named.contains(id));
        for (of_use, chosen) in shown {
            if let Some(of_use) = found.get_mut(&of_use) {
                of_use.findings.push(node(chosen, bundle, &exchanges, &paths));
                of_use.not_shown = of_use.not_shown.saturating_sub(1);
            }
        }
        trace.take(found);
        trace
    }

    fn finding(&mut self, at: RecordRef, finding: &Finding, bytes: usize) {
        // Two allocations for a look-up: little beside what verifying the record takes.
        let Some(places) = self.places.get(&(finding.control.clone(), finding.check.clone())) else { return };
        let here = |targets: &Option<Vec<String>>| targets.as_ref().is_none_or(|all| all.contains(&finding.target));
        let place = places.iter().find(|(_, targets)| here(targets)).map(|(place, _)| place);
        let Some(of) = place.and_then(|place| self.uses.get_mut(place)) else { return };
        of.counts.add(finding);
        of.seen += 1;
        let subject = finding.subject.as_ref().map(|subject| (subject.kind.as_str(), subject.id.as_str()));
        let accepted = finding.acceptance.is_some();
        if !accepted && !self.trace.shows(&finding.target, subject) {
            return;
        }
        let number = if accepted { u8::MAX } else { rank(finding.outcome) };
        let bucket = if accepted { &mut of.accepted } else { of.chosen.entry(number).or_default() };
        let room = self.rooms.entry(number).or_insert(Room::of(MOST_BYTES));
        if bucket.len() < MOST_FINDINGS && room.take(bytes) {
            bucket.push(Chosen {
                at,
                finding: finding.clone(),
                exchanges: BTreeSet::new(),
                declared: BTreeSet::new(),
                gaps: Vec::new(),
                withheld: Vec::new(),
            });
        }
    }

    /// Looks at a record that shown findings rest on.
    fn behind(&mut self, at: RecordRef, line: &Line) {
        let Some(numbers) = self.wanted.remove(&at) else { return };
        for number in &numbers {
            let Some((_, chosen)) = self.shown.get_mut(*number) else { continue };
            let record = match line {
                Line::Withheld(_) => {
                    let at = at.to_string();
                    if !chosen.withheld.contains(&at) && self.links.take(1) {
                        chosen.withheld.push(at);
                    }
                    continue;
                }
                Line::Disclosed(record) => record.as_ref(),
            };
            match record {
                Record::Resource(resource) => {
                    // The evidence names parts of what it is about, and not of what that was computed from.
                    let parts = named(&chosen.finding, resource, self.deep == 0);
                    for locator in parts.take_while(|_| self.links.take(1)) {
                        follow(locator, &mut chosen.exchanges, &mut chosen.declared);
                    }
                }
                Record::Derived(derived) => {
                    for input in &derived.inputs {
                        match input.kind {
                            RecordType::Exchange if self.links.take(1) => {
                                chosen.exchanges.insert(input.ordinal);
                            }
                            RecordType::Resource | RecordType::Derived | RecordType::Gap if self.for_below.take(1) => {
                                self.below.entry(*input).or_default().push(*number);
                            }
                            _ => {}
                        }
                    }
                }
                Record::Coverage(coverage) => {
                    if let Some(total) = &coverage.total {
                        follow(&total.from, &mut chosen.exchanges, &mut chosen.declared);
                    }
                }
                Record::Gap(gap) => {
                    chosen.exchanges.extend(gap.exchange.map(|exchange| exchange.ordinal));
                    let record = at.to_string();
                    if chosen.gaps.len() < MOST_OF_FINDING && chosen.gaps.iter().all(|one| one.record != record) {
                        let (reason, detail) = (gap_words(gap.reason).to_owned(), gap.detail.clone());
                        chosen.gaps.push(GapNode { record, reason, detail });
                    }
                }
                _ => {}
            }
        }
    }
}

impl Observer for TraceReader {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        if self.phase == Phase::Resources {
            self.behind(at, line);
            return;
        }
        let Line::Disclosed(record) = line else { return };
        match (self.phase, record.as_ref()) {
            (Phase::Findings, Record::Finding(finding)) => self.finding(at, finding, text.len()),
            (Phase::Findings, Record::Resource(resource)) => self.aliases.take(resource),
            (Phase::Findings, Record::Assignment(used)) => {
                let of = (used.control.clone(), used.check.clone());
                if self.places.contains_key(&of) {
                    self.used.push((of.0, of.1, used.targets.clone()));
                }
            }
            // What is derived comes before what is found.
            (Phase::Findings, Record::Derived(derived)) if derived.kind == joins::keys::KEY => {
                // The verifier read this text as JSON already.
                if let Ok(facts) = serde_json::from_str(derived.facts.get()) {
                    self.trace.resolve(&derived.id, &facts);
                }
            }
            (Phase::Findings, Record::Declaration(file)) if self.for_paths.take(file.path.len()) => {
                self.paths.insert(at.ordinal, file.path.clone());
            }
            (Phase::Exchanges, Record::Exchange(exchange)) if self.behind.contains(&at.ordinal) => {
                self.exchanges.insert(at.ordinal, exchange.clone());
            }
            _ => {}
        }
    }
}

const fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Deviates => 0,
        Outcome::Undetermined => 1,
        Outcome::Conforms => 2,
        Outcome::NotApplicable => 3,
    }
}

fn follow(locator: &Locator, exchanges: &mut BTreeSet<u64>, declared: &mut BTreeSet<(u64, u64, u64)>) {
    match locator {
        Locator::Answer(place) => {
            exchanges.insert(place.exchange.ordinal);
        }
        Locator::Declared(InDeclaration { declaration, line, column }) => {
            declared.insert((declaration.ordinal, *line, *column));
        }
    }
}

/// The locators of the parts that a finding's evidence names, where the resource is what it is about; of all parts where it names none.
fn named<'r>(finding: &Finding, resource: &'r Resource, about: bool) -> impl Iterator<Item = &'r Locator> {
    let evidence = if about { finding.evidence.as_slice() } else { &[] };
    let parts: BTreeSet<String> = evidence
        .iter()
        .filter_map(|evidence| evidence.path.as_deref()?.split('/').nth(1))
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let parts = resource.parts.iter().filter(move |(part, _)| parts.is_empty() || parts.contains(*part));
    parts.flat_map(|(_, locators)| locators.iter())
}

fn node(
    chosen: Chosen,
    bundle: &VerifiedBundle,
    exchanges: &BTreeMap<u64, Exchange>,
    paths: &BTreeMap<u64, String>,
) -> FindingNode {
    let Chosen { at, finding, exchanges: behind, declared, gaps, withheld } = chosen;
    let marks = bundle.marks().map(|marks| marks.of(at.ordinal, &finding)).unwrap_or_default();
    let because = finding.evidence.iter().map(crate::terminal::evidence_line).filter(|line| !line.is_empty());
    let subject = match (&finding.subject, &finding.population) {
        (Some(subject), _) => Some(format!("{} {}", subject.kind, subject.id)),
        (None, population) => population.as_ref().map(|population| format!("all of {population}")),
    };
    let shown: Vec<ExchangeNode> = behind
        .iter()
        .take(MOST_OF_FINDING)
        .filter_map(|ordinal| Some(exchange_node(*ordinal, exchanges.get(ordinal)?)))
        .collect();
    FindingNode {
        record: at.to_string(),
        rehearsal: bundle.rehearsals().includes(&finding.target),
        marks: marks.iter().filter(|one| one.mark != Mark::Rehearsal).map(Marked::words).collect(),
        subject,
        outcome: finding.outcome,
        severity: finding.severity,
        because: because.chain(finding.reason.clone()).collect(),
        acceptance: finding.acceptance.map(|record| accepted_by(bundle, record)),
        exchanges_not_shown: behind.len().saturating_sub(shown.len()),
        exchanges: shown,
        declared: declared
            .into_iter()
            .take(MOST_OF_FINDING)
            .map(|(file, line, column)| Place {
                file: paths
                    .get(&file)
                    .cloned()
                    .unwrap_or_else(|| RecordRef::new(RecordType::Declaration, file).to_string()),
                line,
                column,
            })
            .collect(),
        gaps,
        withheld,
        target: finding.target,
    }
}

fn exchange_node(ordinal: u64, exchange: &Exchange) -> ExchangeNode {
    ExchangeNode {
        record: RecordRef::new(RecordType::Exchange, ordinal).to_string(),
        operation: exchange.operation.clone(),
        endpoint: exchange.endpoint.clone(),
        started: exchange.started,
        answer: answer_words(exchange),
        request_id: exchange.request_id.clone(),
    }
}

fn accepted_by(bundle: &VerifiedBundle, record: RecordRef) -> AcceptedBy {
    let known = bundle.acceptances().iter().find(|known| known.record == record);
    AcceptedBy {
        id: crate::terminal::acceptance_name(bundle, record),
        approver_shown: known.is_some_and(|known| known.approver == Approver::Shown),
        approved_by: known.and_then(|known| known.approved_by.clone()),
    }
}

#[cfg(test)]
mod tests {
    use declaration::load;
    use links::Links;

    use super::*;

    const DECLARED: &str = "witnessmark: 1
entity: Northbank
system: {id: hot}
keys: [{id: hot-key, class: operational, at: {target: aws, key: alias/hot}}]
threats: [{id: T-IN, title: An insider, affects: {keys: [hot-key]}}]
controls:
  - {id: KEYS, title: Keys rotate, threats: [T-IN], checks: [{use: aws-kms/key-rotates}]}
";

    fn finding(subject: &str, outcome: &str, accepted: bool) -> Finding {
        let mut finding = serde_json::json!({
            "control": "KEYS", "check": "aws-kms/key-rotates", "target": "aws", "subject": {"kind": "aws-kms/key", "id": subject},
            "outcome": outcome, "severity": "high", "evidence": [], "rests_on": [],
        });
        if accepted {
            finding["acceptance"] = serde_json::json!("acceptance:0");
        }
        serde_json::from_value(finding).unwrap()
    }

    /// Subjects of the findings that a trace from here shows, of these.
    fn shown(from: &str, findings: &[Finding]) -> Vec<String> {
        let loaded = load("witnessmark.yaml", &|_: &str| Ok(DECLARED.as_bytes().to_vec()));
        let trace = Links::new(&loaded, &[]).trace(from, None).unwrap();
        let mut reader = TraceReader::new(trace);
        for (at, finding) in (0..).zip(findings) {
            reader.finding(RecordRef::new(RecordType::Finding, at), finding, 1);
        }
        assert!(reader.goes_on());
        let subject = |(_, one): &(UsePlace, Chosen)| one.finding.subject.as_ref().unwrap().id.clone();
        reader.shown.iter().map(subject).collect()
    }

    #[test]
    fn long_findings_are_counted_where_they_do_not_fit() {
        let loaded = load("witnessmark.yaml", &|_: &str| Ok(DECLARED.as_bytes().to_vec()));
        let mut reader = TraceReader::new(Links::new(&loaded, &[]).trace("KEYS", None).unwrap());
        for at in 0..5 {
            let at = RecordRef::new(RecordType::Finding, at);
            reader.finding(at, &finding("long", "conforms", false), MOST_BYTES / 2);
            reader.finding(at, &finding("short", "deviates", false), 1);
        }
        assert!(reader.goes_on());
        assert_eq!(reader.shown.len(), 7);
        let of = reader.uses.values().next().unwrap();
        assert_eq!((of.seen, of.counts.deviates, of.counts.conforms), (10, 5, 5));
    }

    #[test]
    fn what_was_accepted_is_always_shown() {
        let mut findings: Vec<Finding> = (0..25).map(|n| finding(&format!("d-{n}"), "deviates", false)).collect();
        findings.push(finding("unread", "undetermined", false));
        findings.push(finding("accepted", "deviates", true));
        let found = shown("KEYS", &findings);
        assert_eq!(found.len(), MOST_FINDINGS);
        assert_eq!((found[18].as_str(), found[19].as_str()), ("d-18", "accepted"));
        // Before what is not known, and after what nobody accepted.
        let few = [findings[25].clone(), findings[26].clone(), findings[0].clone()];
        assert_eq!(shown("KEYS", &few), ["d-0", "accepted", "unread"]);
        // From a key too, where findings about other keys are counted only.
        let few = [finding("alias/hot", "conforms", false), findings[26].clone(), findings[0].clone()];
        assert_eq!(shown("hot-key", &few), ["accepted", "alias/hot"]);
    }
}
