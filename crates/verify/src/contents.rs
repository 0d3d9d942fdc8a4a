//! What the records say, read once in order: types in their places, references that lead somewhere,
//! roll-ups that follow from the findings, raw files that records name.
//!
//! Memory does not grow with the records: one bit a line for what is withheld, a bounded list of raw
//! files, a counter for each control.

use std::collections::{BTreeMap, HashMap};

use bundle::limits;
use bundle::read::{Line, Record};
use bundle::statement::{Kind, Segment, Statement};
use model::record::{
    ClockSource, Control, Counts, Coverage, Exchange, Finding, GapReason, Locator, NotKept, Override, Run, RunStatus,
};
use model::{Digest, RecordRef, RecordType};
use sha2::{Digest as _, Sha256};

use crate::approvals::Approvals;
use crate::problem::Problem;

/// The version of the rules of judging that this program knows.
const ASSESSMENT: u32 = 1;
/// Most controls in a bundle: their counts are kept in memory.
const CONTROLS_MAX: usize = 100_000;
/// So many raw files are kept one by one, to name the one that is wrong; of the rest a digest.
const RAW_NAMED: usize = 1 << 16;
/// So many findings that rest on withheld records are named; the rest are counted.
const RESTING_NAMED: usize = 100;

/// What was found in the records.
#[derive(Debug)]
pub(crate) struct Contents {
    segments: Vec<Segment>,
    counts: [u64; RecordType::ALL.len()],
    statement: Statement,
    /// The segment of the line that comes next.
    segment: usize,
    next_line: u64,
    withheld: Bits,
    /// Exchanges over plain HTTP, where the bundle does not say that there are any.
    plain: Bits,
    controls: HashMap<String, Tally>,
    /// Of all `control` records.
    claimed: Counts,
    last_params: Option<u64>,
    last_body: Option<u64>,
    /// The number of the next raw file, if no withheld record has one before it.
    next_raw: u64,
    /// Withheld records since then that may have had a raw file.
    hidden_raw: u64,
    pub(crate) raw: RawPlan,
    pub(crate) approvals: Approvals,
    pub(crate) found: Found,
}

/// What a report says about the records.
#[derive(Debug, Default, Clone)]
pub(crate) struct Found {
    /// Of each type how many lines are withheld, with the first and last of them.
    pub withheld: BTreeMap<RecordType, Hidden>,
    pub gaps: BTreeMap<GapReason, u64>,
    pub accepted_gaps: u64,
    /// Findings that rest on withheld records: how many, and the first of them.
    pub resting: u64,
    pub resting_first: Vec<RecordRef>,
    /// Bodies that were never kept because they bear credentials or seemed to hold a secret.
    pub bodies_not_kept: u64,
    pub checks: u64,
    pub checks_changed: Vec<String>,
    pub checks_own: Vec<String>,
    pub purpose_audit: bool,
    pub failure: Option<String>,
}

/// Withheld lines of one type; lines count from 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hidden {
    pub first: u64,
    pub last: u64,
    pub count: u64,
}

#[derive(Debug, Default)]
struct Tally {
    shown: Counts,
    claimed: bool,
    /// The first finding that names it.
    first: Option<u64>,
}

impl Contents {
    pub(crate) fn new(statement: &Statement) -> Self {
        let records = &statement.predicate.records;
        Self {
            segments: records.segments.clone(),
            counts: RecordType::ALL.map(|kind| records.count_of(kind)),
            statement: statement.clone(),
            segment: 0,
            next_line: 0,
            withheld: Bits::default(),
            plain: Bits::default(),
            controls: HashMap::new(),
            claimed: Counts::default(),
            last_params: None,
            last_body: None,
            next_raw: 0,
            hidden_raw: 0,
            raw: RawPlan::default(),
            approvals: Approvals::default(),
            found: Found::default(),
        }
    }

    /// The reference of the line that comes next. `None` after the last one.
    pub(crate) fn next_reference(&self) -> Option<RecordRef> {
        let segment = self.segments.get(self.segment)?;
        Some(RecordRef::new(segment.t, self.next_line - segment.first))
    }

    /// Takes up the next line.
    pub(crate) fn line(&mut self, line: &Line) -> Result<(), Problem> {
        let Some(at) = self.next_reference() else {
            return Err(Problem::Count {
                path: bundle::layout::RECORDS,
                signed: self.next_line,
                found: self.next_line + 1,
            });
        };
        match line {
            Line::Withheld(_) => self.hide(at)?,
            Line::Disclosed(record) => {
                let found = record.kind();
                if found != at.kind {
                    return Err(Problem::Segment { line: self.next_line + 1, expected: at.kind, found });
                }
                self.record(at, record)?;
            }
        }
        self.next_line += 1;
        let segment = self.segments.get(self.segment);
        if segment.is_some_and(|segment| self.next_line >= segment.first + segment.count) {
            self.segment += 1;
        }
        Ok(())
    }

    fn hide(&mut self, at: RecordRef) -> Result<(), Problem> {
        if at.kind.always_disclosed() {
            return Err(Problem::Undisclosed { what: at });
        }
        let line = self.next_line;
        self.withheld.set(line);
        let hidden = self.found.withheld.entry(at.kind).or_insert(Hidden { first: line, last: line, count: 0 });
        hidden.last = line;
        hidden.count += 1;
        self.hidden_raw += u64::from(matches!(at.kind, RecordType::Declaration | RecordType::Body));
        Ok(())
    }

    fn record(&mut self, at: RecordRef, record: &Record) -> Result<(), Problem> {
        match record {
            Record::Run(run) => self.run(run),
            Record::Host(_) | Record::Recorded(_) => Ok(()),
            Record::Declaration(file) => {
                self.approvals.declared(file);
                self.raw_file(at, file.raw, file.size, file.sha256)
            }
            Record::Check(check) => {
                self.found.checks += 1;
                if Digest::of(check.text.as_bytes()) != check.sha256 {
                    return Err(problem(at, "the check's text has another digest than it says"));
                }
                let list = match check.provenance {
                    model::record::Provenance::Stock => return Ok(()),
                    model::record::Provenance::Changed => &mut self.found.checks_changed,
                    model::record::Provenance::Own => &mut self.found.checks_own,
                };
                if list.len() < RESTING_NAMED {
                    list.push(check.id.clone());
                }
                Ok(())
            }
            Record::Acceptance(acceptance) => {
                self.approvals.acceptance(at, acceptance);
                Ok(())
            }
            Record::Assignment(_) | Record::Route(_) | Record::Peer(_) => Ok(()),
            Record::Exchange(exchange) => self.exchange(at, exchange),
            Record::Params(params) => {
                self.refer(at, params.exchange, &[RecordType::Exchange])?;
                in_order(at, &mut self.last_params, params.exchange)
            }
            Record::Body(body) => self.body(at, body),
            Record::Coverage(coverage) => self.coverage(at, coverage),
            Record::Gap(gap) => {
                self.nothing_is_missing(at)?;
                self.approvals.gap(gap);
                if let Some(acceptance) = gap.acceptance {
                    self.refer(at, acceptance, &[RecordType::Acceptance])?;
                }
                *self.found.gaps.entry(gap.reason).or_default() += 1;
                self.found.accepted_gaps += u64::from(gap.acceptance.is_some());
                match gap.exchange {
                    Some(exchange) => self.refer(at, exchange, &[RecordType::Exchange]),
                    None => Ok(()),
                }
            }
            Record::Resource(resource) => {
                resource.parts.values().flatten().try_for_each(|locator| self.locator(at, locator))
            }
            Record::Derived(derived) => derived.inputs.iter().try_for_each(|input| {
                if input.kind == RecordType::Derived && input.ordinal >= at.ordinal {
                    return Err(Problem::Reference { at, to: *input });
                }
                self.refer(at, *input, &SOURCES)
            }),
            Record::Finding(finding) => {
                self.approvals.finding(finding);
                self.finding(at, finding)
            }
            Record::Control(control) => self.control(at, control),
        }
    }

    fn run(&mut self, run: &Run) -> Result<(), Problem> {
        let signed = &self.statement.predicate;
        if run.assessment != ASSESSMENT {
            return Err(Problem::Assessment { found: run.assessment });
        }
        let mut overrides = run.overrides.clone();
        overrides.sort_unstable();
        overrides.dedup();
        let same = [
            ("bundle", run.id == signed.bundle),
            ("tool.version", run.tool.version == signed.tool.version),
            ("tool.sha256", run.tool.sha256 == signed.tool.sha256),
            ("started", run.started == signed.started),
            ("finished", run.finished == signed.finished),
            ("status", run.status == signed.status),
            ("rehearsal", overrides == signed.rehearsal),
            ("challenge", run.challenge == signed.challenge),
            (
                // A set clock makes a rehearsal, whatever else is said.
                "rehearsal",
                run.clock == ClockSource::System || overrides.contains(&Override::Clock),
            ),
        ];
        if let Some((field, _)) = same.into_iter().find(|(_, same)| !same) {
            return Err(Problem::RunDisagrees { field });
        }
        self.found.purpose_audit = run.purpose == model::record::Purpose::Audit;
        self.found.failure.clone_from(&run.failure);
        Ok(())
    }

    fn exchange(&mut self, at: RecordRef, exchange: &Exchange) -> Result<(), Problem> {
        whole(at, exchange.page)?;
        if let Some(peer) = exchange.peer {
            self.refer(at, peer, &[RecordType::Peer])?;
        }
        if exchange.attempt == 0 {
            return Err(problem(at, "attempts are counted from 1"));
        }
        let overrides = &self.statement.predicate.rehearsal;
        let declared = overrides.contains(&Override::Endpoint) || overrides.contains(&Override::Replay);
        if exchange.endpoint.starts_with("http://") && !declared {
            // Where credentials come from (a metadata service) is asked like that, and so is who does not answer.
            self.plain.set(at.ordinal);
        }
        Ok(())
    }

    /// Nothing that came over plain HTTP is evidence.
    fn over_tls(&self, at: RecordRef, exchange: RecordRef) -> Result<(), Problem> {
        if self.plain.get(exchange.ordinal) {
            return Err(problem(at, "evidence over plain HTTP, in a bundle that does not call itself a rehearsal"));
        }
        Ok(())
    }

    fn body(&mut self, at: RecordRef, body: &model::record::Body) -> Result<(), Problem> {
        self.refer(at, body.exchange, &[RecordType::Exchange])?;
        in_order(at, &mut self.last_body, body.exchange)?;
        match (body.raw, body.sha256, body.withheld) {
            (Some(raw), Some(sha256), None) => {
                self.over_tls(at, body.exchange)?;
                self.raw_file(at, raw, body.size, sha256)
            }
            (None, None, Some(NotKept::CredentialBearing | NotKept::SuspectedSecret)) => {
                self.found.bodies_not_kept += 1;
                whole(at, body.size)
            }
            _ => Err(problem(at, "a body is either kept, with digest and file, or withheld for a known reason")),
        }
    }

    fn raw_file(&mut self, at: RecordRef, raw: u64, size: u64, sha256: Digest) -> Result<(), Problem> {
        // Numbers count up without holes, but for those of records that are withheld.
        let skipped = raw.checked_sub(self.next_raw);
        if skipped.is_none_or(|skipped| skipped > self.hidden_raw) || raw >= limits::RAW_FILES_MAX {
            return Err(problem(at, "raw files are not numbered in the order of records"));
        }
        if size > limits::RAW_MAX {
            return Err(problem(at, "the raw file is larger than the format allows"));
        }
        self.next_raw = raw + 1;
        self.hidden_raw = 0;
        self.raw.expect(raw, size, sha256);
        Ok(())
    }

    /// A run that says it read everything has no gap and no list that was cut short.
    fn nothing_is_missing(&self, at: RecordRef) -> Result<(), Problem> {
        match self.statement.predicate.status {
            RunStatus::Complete => Err(problem(at, "the run says that it is complete, and this was not read")),
            RunStatus::Partial | RunStatus::Failed => Ok(()),
        }
    }

    fn coverage(&self, at: RecordRef, coverage: &Coverage) -> Result<(), Problem> {
        if !coverage.complete {
            self.nothing_is_missing(at)?;
        }
        whole(at, coverage.calls)?;
        whole(at, coverage.pages)?;
        whole(at, coverage.items)?;
        match &coverage.total {
            Some(total) => {
                whole(at, total.count)?;
                self.locator(at, &total.from)
            }
            None => Ok(()),
        }
    }

    fn locator(&self, at: RecordRef, locator: &Locator) -> Result<(), Problem> {
        match locator {
            Locator::Answer(place) => {
                self.refer(at, place.exchange, &[RecordType::Exchange])?;
                self.over_tls(at, place.exchange)
            }
            Locator::Declared(place) => self.refer(at, place.declaration, &[RecordType::Declaration]),
        }
    }

    fn finding(&mut self, at: RecordRef, finding: &Finding) -> Result<(), Problem> {
        if let Some(acceptance) = finding.acceptance {
            self.refer(at, acceptance, &[RecordType::Acceptance])?;
        }
        let mut hidden = false;
        for to in &finding.rests_on {
            self.refer(at, *to, &GROUNDS)?;
            hidden |= self.is_withheld(*to);
        }
        if hidden {
            self.found.resting += 1;
            if self.found.resting_first.len() < RESTING_NAMED {
                self.found.resting_first.push(at);
            }
        }
        if !self.controls.contains_key(&finding.control) && self.controls.len() >= CONTROLS_MAX {
            return Err(Problem::Controls { max: CONTROLS_MAX });
        }
        let tally = self.controls.entry(finding.control.clone()).or_default();
        tally.first.get_or_insert(at.ordinal);
        tally.shown.add(finding);
        Ok(())
    }

    fn control(&mut self, at: RecordRef, control: &Control) -> Result<(), Problem> {
        if !self.controls.contains_key(&control.id) && self.controls.len() >= CONTROLS_MAX {
            return Err(Problem::Controls { max: CONTROLS_MAX });
        }
        let some_hidden = self.found.withheld.contains_key(&RecordType::Finding);
        let tally = self.controls.entry(control.id.clone()).or_default();
        if tally.claimed {
            return Err(problem(at, "the control stands twice"));
        }
        tally.claimed = true;
        let (shown, claimed) = (fields(&tally.shown), fields(&control.counts));
        let fits = if some_hidden {
            shown.iter().zip(&claimed).all(|((_, shown), (_, claimed))| shown <= claimed)
        } else {
            shown == claimed
        };
        let counts = &control.counts;
        if !fits || counts.accepted > counts.deviates {
            return Err(Problem::RollUp { at });
        }
        let any = claimed.iter().any(|(_, count)| *count > 0);
        let outcome_fits = match control.outcome {
            Some(outcome) => outcome == counts.outcome(),
            None => !any,
        };
        if !outcome_fits {
            return Err(Problem::RollUp { at });
        }
        let sum = &mut self.claimed;
        for (total, count) in [
            (&mut sum.conforms, counts.conforms),
            (&mut sum.deviates, counts.deviates),
            (&mut sum.undetermined, counts.undetermined),
            (&mut sum.not_applicable, counts.not_applicable),
            (&mut sum.accepted, counts.accepted),
        ] {
            *total = total.saturating_add(count);
        }
        Ok(())
    }

    /// What can only be said after the last line.
    pub(crate) fn finish(&self) -> Result<(), Problem> {
        let count = self.statement.predicate.records.count;
        if self.next_line != count {
            return Err(Problem::Count { path: bundle::layout::RECORDS, signed: count, found: self.next_line });
        }
        if self.statement.predicate.kind != Kind::Run {
            return Ok(());
        }
        if self.count_of(RecordType::Run) != 1 {
            return Err(Problem::Summary { field: "run" });
        }
        // The lowest one, so that the same bundle always gives the same message.
        let orphan = self.controls.values().filter(|tally| !tally.claimed).filter_map(|tally| tally.first).min();
        if let Some(ordinal) = orphan {
            return Err(Problem::NoControl { at: RecordRef::new(RecordType::Finding, ordinal) });
        }
        let signed = &self.statement.predicate.summary;
        let signed = [signed.conforms, signed.deviates, signed.undetermined, signed.not_applicable, signed.accepted];
        let differs = fields(&self.claimed).into_iter().zip(signed).find(|((_, found), signed)| found != signed);
        match differs {
            Some(((field, _), _)) => Err(Problem::Summary { field }),
            None => Ok(()),
        }
    }

    fn count_of(&self, kind: RecordType) -> u64 {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }

    fn refer(&self, at: RecordRef, to: RecordRef, allowed: &[RecordType]) -> Result<(), Problem> {
        if allowed.contains(&to.kind) && to.ordinal < self.count_of(to.kind) {
            Ok(())
        } else {
            Err(Problem::Reference { at, to })
        }
    }

    /// Findings come after all that they may rest on, so what is withheld of it is known by then.
    fn is_withheld(&self, to: RecordRef) -> bool {
        self.found.withheld.contains_key(&to.kind)
            && self
                .segments
                .iter()
                .find(|segment| segment.t == to.kind)
                .is_some_and(|segment| self.withheld.get(segment.first + to.ordinal))
    }
}

/// What a derived object may be computed from.
const SOURCES: [RecordType; 6] = [
    RecordType::Declaration,
    RecordType::Exchange,
    RecordType::Coverage,
    RecordType::Gap,
    RecordType::Resource,
    RecordType::Derived,
];

/// What a finding may rest on.
const GROUNDS: [RecordType; 9] = [
    RecordType::Declaration,
    RecordType::Check,
    RecordType::Assignment,
    RecordType::Exchange,
    RecordType::Coverage,
    RecordType::Gap,
    RecordType::Resource,
    RecordType::Derived,
    RecordType::Recorded,
];

fn fields(counts: &Counts) -> [(&'static str, u64); 5] {
    [
        ("conforms", counts.conforms),
        ("deviates", counts.deviates),
        ("undetermined", counts.undetermined),
        ("not_applicable", counts.not_applicable),
        ("accepted", counts.accepted),
    ]
}

/// One record for each exchange at most, in the order of the exchanges.
fn in_order(at: RecordRef, last: &mut Option<u64>, exchange: RecordRef) -> Result<(), Problem> {
    if *last >= Some(exchange.ordinal) {
        return Err(problem(at, "it does not stand in the order of the exchanges"));
    }
    *last = Some(exchange.ordinal);
    Ok(())
}

fn problem(at: RecordRef, problem: &'static str) -> Problem {
    Problem::Record { at, problem }
}

fn whole(at: RecordRef, number: u64) -> Result<(), Problem> {
    if number > limits::INTEGER_MAX { Err(problem(at, "a number is larger than 2^53-1")) } else { Ok(()) }
}

/// One bit a line.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, bit: u64) {
        // Lines are below 10^8.
        let Ok(word) = usize::try_from(bit / 64) else {
            return;
        };
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (bit % 64);
        }
    }

    fn get(&self, bit: u64) -> bool {
        usize::try_from(bit / 64).ok().and_then(|word| self.0.get(word)).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }
}

/// The raw files that records name, in order.
#[derive(Debug, Default)]
pub(crate) struct RawPlan {
    named: Vec<(u64, u64, Digest)>,
    rest: Sha256,
    expected: u64,
    found: u64,
    found_rest: Sha256,
    pub(crate) bytes: u64,
}

impl RawPlan {
    fn expect(&mut self, ordinal: u64, size: u64, sha256: Digest) {
        self.expected += 1;
        if self.named.len() < RAW_NAMED {
            self.named.push((ordinal, size, sha256));
        } else {
            absorb(&mut self.rest, ordinal, size, &sha256);
        }
    }

    /// Holds a raw file, in ascending order, against the plan.
    pub(crate) fn file(&mut self, ordinal: u64, size: u64, sha256: &Digest) -> Result<(), Problem> {
        let next = usize::try_from(self.found).ok().and_then(|next| self.named.get(next));
        match next {
            Some((expected, _, _)) if ordinal > *expected => {
                return Err(Problem::RawMissing { ordinal: *expected });
            }
            Some((expected, _, _)) if ordinal < *expected => {
                return Err(Problem::RawStray { ordinal });
            }
            Some((_, expected_size, expected)) => {
                if size != *expected_size || sha256 != expected {
                    return Err(Problem::Raw { ordinal });
                }
            }
            None if self.found >= self.expected => return Err(Problem::RawStray { ordinal }),
            None => absorb(&mut self.found_rest, ordinal, size, sha256),
        }
        self.found += 1;
        self.bytes = self.bytes.saturating_add(size);
        Ok(())
    }

    pub(crate) fn finish(&mut self) -> Result<u64, Problem> {
        let missing = usize::try_from(self.found).ok().and_then(|next| self.named.get(next));
        if let Some((ordinal, _, _)) = missing {
            return Err(Problem::RawMissing { ordinal: *ordinal });
        }
        let rest = std::mem::take(&mut self.rest).finalize();
        let found_rest = std::mem::take(&mut self.found_rest).finalize();
        if self.found != self.expected || rest != found_rest {
            return Err(Problem::RawFiles);
        }
        Ok(self.found)
    }
}

fn absorb(hasher: &mut Sha256, ordinal: u64, size: u64, sha256: &Digest) {
    hasher.update(ordinal.to_be_bytes());
    hasher.update(size.to_be_bytes());
    hasher.update(sha256.as_bytes());
}
