//! Gathers what the page shows, in several readings of one bundle: what there is, which findings are shown, what these rest on.
//!
//! Whatever the size of the bundle, what is kept here is bounded. What is left out is counted, and the page says so.

use std::collections::{BTreeMap, BTreeSet};

use bundle::read::{Line, Record};
use declaration::{DECLARATION, JOINED};
use links::{AliasReader, Aliases};
use model::record::{
    Acceptance, Assignment, Body, CheckRole, Counts, Coverage, Declaration, Derived, Exchange, Finding, Gap, Locator,
    Params, Resource,
};
use model::{Digest, RecordRef, RecordType};
use verify::{AcceptanceReport, Observer, VerifiedBundle};

use super::objects::Joined;
use super::select::{Chooser, Group, rank};
use crate::declared::DeclaredReader;
use crate::grounds::{self, AtHand, Grounds, Names};
use crate::lines::Lines;
use crate::locate::locate;
use crate::overview::{Overview, OverviewReader};
use crate::room::Room;

/// Records of one type that are shown with their contents.
pub const MOST_RECORDS: usize = 1_000;
/// Resources beside these that derived objects name at the places of findings that need a look.
const MOST_NAMED: usize = 1_000;
/// Readings for derived objects: each may be computed from others.
const MOST_DERIVED_READINGS: usize = 4;
/// Answers whose beginning is shown.
pub const MOST_ANSWERS: usize = 1_000;
/// Bytes of one answer that are shown whole.
pub const MOST_OF_ANSWER: usize = 6 * 1024;
/// Bytes of all answers together.
pub const MOST_OF_ANSWERS: usize = 3 * 1024 * 1024;
/// Bytes of one answer that are looked into for the place of a fact.
const MOST_LOOKED_INTO: usize = 8 * 1024 * 1024;
/// Characters of one excerpt.
pub const MOST_OF_EXCERPT: usize = 1_200;
/// Excerpts in all.
const MOST_EXCERPTS: usize = 4_000;
/// Bytes of one declared document that are shown.
pub const MOST_OF_DECLARATION: usize = 64 * 1024;
/// Declared documents that are shown.
const MOST_DECLARATIONS: usize = 10;
/// Declared things whose findings are counted.
const MOST_THINGS: usize = 20_000;
/// Bytes of the records that are kept in each reading, beside answers and what is joined.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Records that a derived object was computed from and that are followed, beside those that its facts name.
const MOST_INPUTS: usize = 100;
/// Records that are looked for in one reading.
const MOST_WANTED: usize = 1_000_000;
/// Groups of gaps whose members are listed; the overview shows no more.
const MOST_GROUPS: usize = 500;
/// Characters of a check's name.
const MOST_OF_NAME: usize = 1_000;
/// Statements, rules and grants that are shown beside one finding.
pub const MOST_OF_GROUNDS: usize = 10;
/// Gaps that are listed one by one in each group.
pub const MOST_OF_GROUP: usize = 10;

/// What one reading is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// What there is: run, controls, coverage, gaps; findings are counted.
    Count,
    /// The chosen findings.
    Findings,
    /// What was derived for them.
    Derived,
    /// The resources they rest on.
    Resources,
    /// The exchanges behind these, and the answers.
    Answers,
}

/// An answer as far as it is shown.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub begin: Vec<u8>,
    /// All of it.
    pub size: usize,
}

/// All that the page shows.
#[derive(Debug, Default)]
pub struct Gathered {
    pub overview: Overview,
    pub groups: BTreeMap<Group, u64>,
    pub findings: BTreeMap<u64, Finding>,
    pub assignments: BTreeMap<RecordRef, Assignment>,
    /// Id, whether it is a library, digest.
    pub checks: Vec<(String, bool, String)>,
    pub declarations: Vec<(RecordRef, Declaration, Answer)>,
    /// Paths of the declared files that places lead into.
    pub paths: BTreeMap<RecordRef, String>,
    pub acceptances: BTreeMap<RecordRef, Acceptance>,
    /// What the verifier says of who approved each of them.
    pub approvals: BTreeMap<RecordRef, AcceptanceReport>,
    pub gaps: BTreeMap<RecordRef, Gap>,
    pub coverage: BTreeMap<RecordRef, Coverage>,
    pub resources: BTreeMap<RecordRef, Resource>,
    pub derived: BTreeMap<RecordRef, Derived>,
    pub exchanges: BTreeMap<u64, (Exchange, Option<Params>, Option<Body>)>,
    pub answers: BTreeMap<u64, Answer>,
    /// What stands at a place, or why nothing can be shown.
    pub excerpts: BTreeMap<Locator, Result<String, &'static str>>,
    /// Records that something shown rests on and that are withheld in this copy.
    pub withheld: BTreeSet<RecordRef>,
    pub has_derived: bool,
    /// What findings come down to.
    pub grounds: BTreeMap<u64, Grounds>,
    /// Of KMS keys.
    pub aliases: Aliases,
    /// Resources, derived objects and exchanges that findings of the page rest on, and for which there is no room.
    pub resources_left_out: u64,
    pub exchanges_left_out: u64,
    /// The sealed declaration, and how much its checks found.
    pub declared: DeclaredReader,
    /// What was found about each declared thing.
    pub about: About,
    /// What is declared beside what was found.
    pub joined: Joined,
}

impl Gathered {
    /// What is to be looked for by its name: for findings that need a look.
    fn names(&self) -> Names {
        let derived = self.derived.iter().map(|(at, one)| (*at, one)).collect();
        let open = self.findings.values().filter(|one| rank(one.outcome, one.acceptance.is_some()) < 3);
        grounds::names(open, &derived)
    }

    fn find_grounds(&mut self) {
        let at_hand = AtHand {
            resources: self.resources.iter().map(|(at, one)| (*at, one)).collect(),
            derived: self.derived.iter().map(|(at, one)| (*at, one)).collect(),
            withheld: self.withheld.clone(),
            why_not: Some("it is not in this page; `show --finding` follows it"),
        };
        let found = |(number, finding): (&u64, &Finding)| (*number, grounds::grounds(finding, &at_hand));
        let grounds = self.findings.iter().map(found).filter(|(_, found)| !found.shown.is_empty()).collect();
        self.grounds = grounds;
    }

    /// The places that stand beside a finding: of the parts that its evidence names, and of what that comes down to.
    pub fn places_of(&self, number: u64, finding: &Finding) -> Vec<&Locator> {
        let mut places = named_by_evidence(finding, &self.resources);
        let shown = self.grounds.get(&number).into_iter().flat_map(|grounds| &grounds.shown).take(3);
        for locator in shown.filter_map(|ground| ground.locators.first()) {
            if !places.contains(&locator) {
                places.push(locator);
            }
        }
        places
    }
}

/// Whether a finding is about a declared thing: by itself, or beside what was found.
pub fn is_about_declared(finding: &Finding) -> bool {
    [DECLARATION, JOINED].contains(&finding.target.as_str())
}

/// Findings about declared things, by kind and id.
#[derive(Debug, Default)]
pub struct About {
    counts: BTreeMap<String, BTreeMap<String, Counts>>,
    things: usize,
    bytes: usize,
    left_out: bool,
}

impl About {
    fn count(&mut self, finding: &Finding) {
        let Some(subject) = finding.subject.as_ref().filter(|_| is_about_declared(finding)) else { return };
        let known = self.counts.get_mut(&subject.kind).and_then(|of_kind| of_kind.get_mut(&subject.id));
        let bytes = self.bytes.saturating_add(subject.kind.len()).saturating_add(subject.id.len());
        if let Some(counts) = known {
            counts.add(finding);
        } else if self.things < MOST_THINGS && bytes <= MOST_BYTES {
            self.things += 1;
            self.bytes = bytes;
            let of_kind = self.counts.entry(subject.kind.clone()).or_default();
            of_kind.entry(subject.id.clone()).or_default().add(finding);
        } else {
            self.left_out = true;
        }
    }

    /// The findings about one thing; `None`: none that was counted.
    pub fn of(&self, kind: &str, id: &str) -> Option<Counts> {
        self.counts.get(kind)?.get(id).copied()
    }

    /// Whether all things were counted.
    pub const fn is_whole(&self) -> bool {
        !self.left_out
    }
}

/// The observer of all readings.
#[derive(Debug)]
pub struct Gatherer {
    phase: Phase,
    overview: OverviewReader,
    chooser: Chooser,
    members: BTreeMap<Digest, usize>,
    room: Room,
    wanted: BTreeSet<RecordRef>,
    /// What derived objects name of their inputs, the resources that are taken for it, and how many readings these took.
    names: Names,
    named: usize,
    for_named: Room,
    derived_readings: usize,
    /// Whether a derived object was found to be computed from others.
    goes_deeper: bool,
    aliases: AliasReader,
    /// Locators to be shown, by the exchange or declared file that they lead into.
    places: BTreeMap<RecordRef, BTreeSet<Locator>>,
    /// The lines that such a file has there, by its number.
    lines: BTreeMap<u64, (RecordRef, Lines)>,
    /// Raw file → the exchange that it answers, or the declared document that it is.
    raws: BTreeMap<u64, Raw>,
    current: Option<(u64, Vec<u8>, usize)>,
    shown_bytes: usize,
    gathered: Gathered,
}

#[derive(Clone, Copy, Debug)]
enum Raw {
    Exchange(u64),
    Declaration(usize),
}

impl Gatherer {
    pub fn new() -> Self {
        Self {
            phase: Phase::Count,
            overview: OverviewReader::new(false),
            chooser: Chooser::default(),
            members: BTreeMap::new(),
            room: Room::of(MOST_BYTES),
            wanted: BTreeSet::new(),
            names: Names::default(),
            named: 0,
            for_named: Room::of(MOST_BYTES),
            derived_readings: 0,
            goes_deeper: false,
            aliases: AliasReader::default(),
            places: BTreeMap::new(),
            lines: BTreeMap::new(),
            raws: BTreeMap::new(),
            current: None,
            shown_bytes: 0,
            gathered: Gathered::default(),
        }
    }

    /// Call after each reading; false when there is nothing left to read.
    pub fn next(&mut self) -> bool {
        self.close_raw();
        self.room = Room::of(MOST_BYTES);
        self.phase = match self.phase {
            Phase::Count => {
                self.chooser.choose();
                Phase::Findings
            }
            Phase::Findings if self.gathered.has_derived => Phase::Derived,
            Phase::Derived if self.goes_deeper && self.derived_readings + 1 < MOST_DERIVED_READINGS => {
                self.goes_deeper = false;
                self.derived_readings += 1;
                Phase::Derived
            }
            Phase::Findings | Phase::Derived => {
                self.names = self.gathered.names();
                Phase::Resources
            }
            Phase::Resources => {
                self.gathered.find_grounds();
                self.find_places();
                Phase::Answers
            }
            Phase::Answers => return false,
        };
        true
    }

    pub fn finish(mut self, bundle: &VerifiedBundle) -> Gathered {
        self.gathered.overview = self.overview.finish(bundle);
        self.gathered.groups = self.chooser.into_counts();
        self.gathered.aliases = self.aliases.finish();
        self.gathered
    }

    fn count(&mut self, at: RecordRef, record: &Record, bytes: usize) {
        match record {
            Record::Declaration(declaration)
                if self.gathered.declarations.len() < MOST_DECLARATIONS && self.room.take(bytes) =>
            {
                self.raws.insert(declaration.raw, Raw::Declaration(self.gathered.declarations.len()));
                self.gathered.declarations.push((at, declaration.clone(), Answer::default()));
            }
            Record::Check(check) => {
                let library = check.role == CheckRole::Library;
                let id = check.id.chars().take(MOST_OF_NAME).collect();
                self.gathered.checks.push((id, library, check.sha256.to_string()));
            }
            Record::Acceptance(acceptance) => {
                self.gathered.acceptances.insert(at, acceptance.clone());
            }
            Record::Gap(gap) => {
                // A few of each kind stand one by one; the groups count all.
                let key = Digest::of(format!("{:?}", group_key(gap)).as_bytes());
                if self.members.len() >= MOST_GROUPS && !self.members.contains_key(&key) {
                    return;
                }
                let listed = self.members.entry(key).or_default();
                *listed += 1;
                if *listed <= MOST_OF_GROUP && self.gathered.gaps.len() < MOST_RECORDS && self.room.take(bytes) {
                    self.wanted.extend(gap.exchange);
                    self.gathered.gaps.insert(at, gap.clone());
                }
            }
            Record::Coverage(coverage) => {
                // Room is kept for lists that were not read to their end: those are shown first.
                let most = if coverage.complete { MOST_RECORDS } else { 2 * MOST_RECORDS };
                if self.gathered.coverage.len() < most && self.room.take(bytes) {
                    self.gathered.coverage.insert(at, coverage.clone());
                }
            }
            Record::Derived(derived) => {
                self.gathered.has_derived = true;
                self.gathered.joined.take(derived);
            }
            Record::Resource(resource) => self.aliases.take(resource),
            Record::Finding(finding) => {
                self.chooser.count(finding);
                self.gathered.about.count(finding);
            }
            _ => {}
        }
    }

    fn finding(&mut self, at: RecordRef, finding: &Finding, bytes: usize) {
        if self.chooser.take(finding) && self.room.take(bytes) {
            // An outcome may rest on very many records; the page shows the first of them.
            self.wanted.extend(finding.rests_on.iter().take(MOST_RECORDS));
            self.gathered.findings.insert(at.ordinal, finding.clone());
        }
    }

    fn derived(&mut self, at: RecordRef, derived: &Derived, bytes: usize) {
        if self.gathered.derived.contains_key(&at) {
            return;
        }
        if self.gathered.derived.len() >= MOST_RECORDS || !self.room.take(bytes) {
            // They may be looked at again in the next reading.
            self.gathered.resources_left_out += u64::from(self.derived_readings == 0);
            return;
        }
        let inputs = derived.inputs.iter().take(MOST_INPUTS);
        self.goes_deeper |= inputs.clone().any(|at| at.kind == RecordType::Derived && !self.wanted.contains(at));
        self.wanted.extend(inputs);
        self.gathered.derived.insert(at, derived.clone());
    }

    fn resource(&mut self, at: RecordRef, resource: &Resource, bytes: usize) {
        let fits = if self.names.include(at, resource) && self.named < MOST_NAMED && self.for_named.take(bytes) {
            self.named += 1;
            true
        } else {
            self.gathered.resources.len() - self.named < MOST_RECORDS && self.room.take(bytes)
        };
        if !fits {
            self.gathered.resources_left_out += 1;
            return;
        }
        for locator in resource.parts.values().flatten() {
            if self.wanted.len() < MOST_WANTED {
                self.wanted.insert(locator.record());
            }
        }
        self.gathered.resources.insert(at, resource.clone());
    }

    /// The places of the facts that outcomes name, once findings and resources are known.
    fn find_places(&mut self) {
        let mut count = 0;
        for (number, finding) in &self.gathered.findings {
            for locator in self.gathered.places_of(*number, finding) {
                if count < MOST_EXCERPTS {
                    let places = self.places.entry(locator.record()).or_default();
                    count += usize::from(places.insert(locator.clone()));
                }
            }
        }
    }

    fn close_raw(&mut self) {
        let Some((ordinal, bytes, size)) = self.current.take() else { return };
        if let Some((at, lines)) = self.lines.remove(&ordinal) {
            for locator in self.places.get(&at).into_iter().flatten() {
                if let Locator::Declared(place) = locator {
                    let found = lines.at(place.line, place.column, MOST_OF_EXCERPT);
                    self.gathered.excerpts.insert(locator.clone(), found);
                }
            }
        }
        match self.raws.get(&ordinal) {
            Some(Raw::Declaration(number)) => {
                if let Some((_, _, answer)) = self.gathered.declarations.get_mut(*number) {
                    *answer = begin(&bytes, size, MOST_OF_DECLARATION);
                }
            }
            Some(Raw::Exchange(exchange)) => {
                let at = RecordRef::new(RecordType::Exchange, *exchange);
                for locator in self.places.get(&at).into_iter().flatten() {
                    if let Locator::Answer(place) = locator {
                        let found = if size <= bytes.len() { locate(&bytes, place) } else { None };
                        let found = found
                            .ok_or("this place is not found in the answer; `show --exchange` has the answer whole");
                        self.gathered.excerpts.insert(locator.clone(), found);
                    }
                }
                let room = MOST_OF_ANSWERS.saturating_sub(self.shown_bytes).min(MOST_OF_ANSWER);
                let answer = begin(&bytes, size, room);
                self.shown_bytes += answer.begin.len();
                self.gathered.answers.insert(*exchange, answer);
            }
            None => {}
        }
    }
}

/// The locators of the parts that a finding's evidence names; of all parts where it names none.
pub fn named_by_evidence<'g>(finding: &Finding, resources: &'g BTreeMap<RecordRef, Resource>) -> Vec<&'g Locator> {
    let mut parts: BTreeSet<&str> =
        finding.evidence.iter().filter_map(|e| e.path.as_deref()?.split('/').nth(1)).collect();
    let all = parts.is_empty();
    parts.remove("");
    finding
        .rests_on
        .iter()
        .filter_map(|at| resources.get(at))
        .flat_map(|resource| resource.parts.iter())
        .filter(|(part, _)| all || parts.contains(part.as_str()))
        .flat_map(|(_, locators)| locators.iter().take(3))
        .take(12)
        .collect()
}

/// What gaps of one group have in common.
pub fn group_key(gap: &Gap) -> impl Ord + std::fmt::Debug {
    let of = gap.subject.as_ref().map(|s| s.kind.clone()).or_else(|| gap.population.clone());
    (gap.target.clone(), gap.collector.clone(), gap.reason, gap.right.clone(), gap.part.clone(), of)
}

fn begin(bytes: &[u8], size: usize, room: usize) -> Answer {
    Answer { begin: bytes.iter().take(room).copied().collect(), size }
}

impl Observer for Gatherer {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        if self.phase == Phase::Count {
            self.overview.record(at, line, text);
            self.gathered.declared.record(at, line, text);
        }
        let record = match line {
            Line::Withheld(_) => {
                if self.wanted.contains(&at) {
                    self.gathered.withheld.insert(at);
                }
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match (self.phase, record) {
            (Phase::Count, _) => self.count(at, record, text.len()),
            (Phase::Findings, Record::Finding(finding)) => self.finding(at, finding, text.len()),
            (Phase::Findings, Record::Assignment(assignment))
                if self.gathered.assignments.len() < MOST_RECORDS && self.room.take(text.len()) =>
            {
                self.gathered.assignments.insert(at, assignment.clone());
            }
            (Phase::Derived, Record::Derived(derived)) if self.wanted.contains(&at) => {
                self.derived(at, derived, text.len());
            }
            (Phase::Resources, Record::Resource(resource))
                if self.wanted.contains(&at) || self.names.include(at, resource) =>
            {
                self.resource(at, resource, text.len());
            }
            (Phase::Answers, Record::Declaration(declaration))
                if self.wanted.contains(&at)
                    && self.gathered.paths.len() < MOST_RECORDS
                    && self.room.take(text.len()) =>
            {
                self.gathered.paths.insert(at, declaration.path.clone());
                if let Some(places) = self.places.get(&at) {
                    let lines = places.iter().filter_map(|locator| match locator {
                        Locator::Declared(place) => Some(place.line),
                        Locator::Answer(_) => None,
                    });
                    self.lines.insert(declaration.raw, (at, Lines::new(lines)));
                }
            }
            (Phase::Answers, Record::Exchange(exchange)) if self.wanted.contains(&at) => {
                if self.gathered.exchanges.len() < MOST_ANSWERS && self.room.take(text.len()) {
                    self.gathered.exchanges.insert(at.ordinal, (exchange.clone(), None, None));
                } else {
                    self.gathered.exchanges_left_out += 1;
                }
            }
            (Phase::Answers, Record::Params(params)) => {
                if let Some(view) = self.gathered.exchanges.get_mut(&params.exchange.ordinal)
                    && self.room.take(text.len())
                {
                    view.1 = Some(params.clone());
                }
            }
            (Phase::Answers, Record::Body(body)) => {
                if let Some(view) = self.gathered.exchanges.get_mut(&body.exchange.ordinal)
                    && self.room.take(text.len())
                {
                    view.2 = Some(body.clone());
                    if let Some(raw) = body.raw {
                        self.raws.insert(raw, Raw::Exchange(body.exchange.ordinal));
                    }
                }
            }
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        match self.phase {
            Phase::Count => self.gathered.declared.wants_raw(ordinal),
            Phase::Answers => self.raws.contains_key(&ordinal) || self.lines.contains_key(&ordinal),
            _ => false,
        }
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        if self.phase == Phase::Count {
            self.gathered.declared.raw(ordinal, piece);
            return;
        }
        if self.current.as_ref().is_some_and(|(number, ..)| *number != ordinal) {
            self.close_raw();
        }
        if let Some((_, lines)) = self.lines.get_mut(&ordinal) {
            lines.take(piece);
        }
        let (_, bytes, size) = self.current.get_or_insert_with(|| (ordinal, Vec::new(), 0));
        *size += piece.len();
        bytes.extend(piece.iter().take(MOST_LOOKED_INTO.saturating_sub(bytes.len())));
    }
}

/// What a reference to a record is called in the page.
pub fn anchor(at: RecordRef) -> Option<String> {
    use RecordType::{Declaration, Derived, Exchange, Finding, Resource};
    matches!(at.kind, Declaration | Resource | Derived | Exchange | Finding)
        .then(|| format!("{}-{}", at.kind, at.ordinal))
}
