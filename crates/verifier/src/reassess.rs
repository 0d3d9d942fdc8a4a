//! `witnessmark-verify reassess`: runs the sealed checks, or the shipped ones, on the sealed resources once more and compares.
//!
//! Nothing of a bundle runs before the bundle is accepted, and then only in the limited child process. It covers the rules, derived
//! objects, and facts that are copied as they stand in an answer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use assess::{Assessor, Case, CheckSet, Compared, Comparison, Difference, Limits, Member, Withheld, WorkerCommand};
use bundle::read::{Line, Record};
use bundle::statement::Kind;
use declaration::Loaded;
use model::record::{Assignment, Check, Provenance, Run, RunStatus};
use model::{Digest, ExitStatus, RecordRef, RecordType};
use verify::{FactCounts, FactDiffers, Facts, Observer, PartCounts, VerifiedBundle};

use report::{Basis, DeclaredReader};
use witnessmark_verifier::outputs::{
    BothWays, FactsCompared, NotJudgedBecause, OtherFact, OtherOutcome, OtherText, Reassessment, UsesCompared,
};

use crate::args::{Checks, Format, ReassessArgs};
use crate::both::Both;
use crate::computed::{self, Computed, ComputedReader, Problem};
use crate::human::{BAD, GOOD, HEAD, OPEN, word};
use crate::output::{self, safe, wrapped};
use crate::show;
use crate::stop::Stop;
use crate::uses;
use crate::within::{Within, shown};

/// So many differences are printed; the JSON report has more of them.
const SHOWN: usize = 50;

pub fn reassess(args: &ReassessArgs) -> Result<ExitStatus, Stop> {
    if args.bundle.input == Path::new("-") {
        let error =
            anyhow!("reassess reads the bundle in several passes: give a file or a folder instead of standard input");
        return Err(Stop::Wrong(error));
    }
    // First reading: is it accepted, and what is to be judged.
    let mut sealed = SealedReader::default();
    let mut declared = DeclaredReader::new();
    let mut looking = Both::new(&mut sealed, &mut declared);
    let mut within = Within::new(&mut looking, kept);
    let bundle = match show::accepted(&args.bundle, args.format, &mut within)? {
        Ok(bundle) => bundle,
        Err(code) => return Ok(code),
    };
    within.whole()?;
    if bundle.statement().predicate.kind == Kind::Record {
        return Err(Stop::Wrong(anyhow!("a person's record has nothing that could be judged again")));
    }
    while sealed.facts.again() {
        same(&bundle, show::accepted(&args.bundle, args.format, &mut sealed.facts)?)?;
    }
    let (set, own_words) = match checks(args.checks, &sealed.checks) {
        Ok(found) => found,
        // A program is told on stderr, as of all that ends without an answer.
        Err(error) if args.format == Format::Json => return Err(Stop::Undecided(error)),
        Err(error) => {
            output::text(&format!("{OPEN}Not decided{OPEN:#}: {}\n", safe(&format!("{error:#}"))))?;
            return Ok(ExitStatus::Undecided);
        }
    };
    let files = declared.finish(&bundle);
    let declared = files.read();
    let things = match &declared {
        Ok((loaded, standards)) => files.things(loaded, standards),
        Err(why) => Err(why.clone()),
    };
    let used = CheckSet::sealed(&sealed.checks)?;
    let uses = uses_of(&sealed, &used, declared.as_ref().map(|(loaded, _)| loaded).map_err(Clone::clone))?;
    // As the run asked: by the sealed checks, whichever are judged by now.
    let asked = kinds_asked(&used, &sealed.case.assignments);
    let mut not_shipped = Vec::new();
    sealed.case.assignments.retain(|(_, assignment)| {
        let known = set.get(&assignment.check).is_some();
        if !known {
            not_shipped.push(assignment.check.clone());
        }
        known
    });
    not_shipped.sort_unstable();
    not_shipped.dedup();

    // Second reading: judge. Third: what does not come out any more.
    let program = std::env::current_exe().context("the path of this program's own executable is not known")?;
    let case = Case { checks: set, ..sealed.case };
    let mut comparison = sealed.comparison;
    let assessor = Assessor::new(WorkerCommand::of_program(program), Limits::default(), case)?;
    let mut judging = JudgingReader { assessor, comparison: &mut comparison, failed: None };
    let declaration = match &declared {
        Ok((loaded, _)) => Ok(&loaded.declaration),
        Err(why) => Err(why.clone()),
    };
    let started = sealed.run.as_ref().map_or(bundle.statement().predicate.started, |run| run.started);
    let mut computing = ComputedReader::new(declaration, things, started, &asked);
    let mut looking = Both::new(&mut judging, &mut computing);
    let mut within = Within::new(&mut looking, kept_to_compute);
    same(&bundle, show::accepted(&args.bundle, args.format, &mut within)?)?;
    within.whole()?;
    if let Some(error) = judging.failed {
        return Err(error.into());
    }
    let JudgingReader { assessor, comparison: judged, .. } = judging;
    let summary = assessor.finish(&mut |finding| {
        judged.again(&finding);
        Ok(())
    })?;
    let not_run: BTreeSet<String> = not_shipped.iter().chain(summary.broken.keys()).cloned().collect();
    comparison.not_run(&not_run);
    let mut left = LeftReader { comparison: &mut comparison, not_run: &not_run };
    same(&bundle, show::accepted(&args.bundle, args.format, &mut left)?)?;

    let version = sealed.run.map(|run| run.tool.version).unwrap_or_default();
    let found = Found {
        compared: comparison.finish(),
        computed: computing.finish(&version),
        uses,
        own_words,
        not_shipped,
        broken: summary.broken,
        facts: sealed.facts,
        withheld: sealed.withheld_records,
    };
    print(args, &bundle, &found)?;
    Ok(found.exit())
}

/// What is kept of a line to judge again.
fn kept(_: RecordRef, line: &Line, length: usize) -> usize {
    match shown(line) {
        // A digest of it, and where it is.
        Some(Record::Finding(_)) | None => 64,
        Some(
            Record::Run(_)
            | Record::Check(_)
            | Record::Assignment(_)
            | Record::Coverage(_)
            | Record::Gap(_)
            | Record::Control(_),
        ) => length,
        _ => 0,
    }
}

/// What is kept of a line to compute derived objects again.
fn kept_to_compute(_: RecordRef, line: &Line, length: usize) -> usize {
    match shown(line) {
        Some(Record::Resource(resource)) if computed::reads(&resource.kind) => length,
        // A digest of its facts beside its id; joins read those of others.
        Some(Record::Derived(derived)) if computed::reads(&derived.kind) => length,
        Some(Record::Derived(derived)) => derived.id.len().saturating_add(128),
        Some(Record::Coverage(_) | Record::Gap(_)) => length,
        _ => 0,
    }
}

struct Found {
    compared: Compared,
    computed: Computed,
    uses: UsesCompared,
    /// Checks whose text is not the one this program ships, with what they are.
    own_words: Vec<(String, Provenance)>,
    /// Checks of the bundle that this program does not ship, where its own were asked for.
    not_shipped: Vec<String>,
    facts: Facts,
    /// Checks that could not be run.
    broken: BTreeMap<String, String>,
    /// Records of the bundle that are withheld in this copy.
    withheld: u64,
}

impl Found {
    /// A difference counts before what could not be judged again, and all of it has to be for success.
    fn exit(&self) -> ExitStatus {
        let same =
            self.compared.differences.is_empty() && self.computed.differ.is_empty() && self.facts.differ().is_empty();
        let same = same && self.uses.differ.is_empty();
        // Of a redacted copy nobody can say that all of it comes out again, even where only answers are withheld.
        // Neither can anybody where an answer was not kept that a fact is said to stand in.
        let not_again = self.compared.not_judged.total().saturating_add(self.computed.not_computed());
        let not_again = not_again.saturating_add(self.facts.counts().not_shown);
        let not_again = not_again.saturating_add(u64::from(self.uses.not_compared.is_some()));
        match (same, not_again.saturating_add(self.withheld)) {
            (false, _) => ExitStatus::OtherOutcome,
            (true, 0) => ExitStatus::Success,
            (true, _) => ExitStatus::Undecided,
        }
    }
}

/// The checks to judge by, and those of the bundle whose text is not this program's.
fn checks(which: Checks, sealed: &[Check]) -> anyhow::Result<(CheckSet, Vec<(String, Provenance)>)> {
    let set = CheckSet::sealed(sealed).context("the sealed checks cannot be run")?;
    let ids: Vec<String> = set.checks().map(|check| check.id.clone()).collect();
    let other = set
        .records(ids.iter().map(String::as_str))
        .into_iter()
        .filter(|record| record.provenance != Provenance::Stock)
        .map(|record| (record.id, record.provenance))
        .collect();
    match which {
        Checks::Sealed => Ok((set, other)),
        Checks::Shipped => Ok((CheckSet::stock()?, other)),
    }
}

/// The uses of checks against the declaration.
fn uses_of(sealed: &SealedReader, used: &CheckSet, loaded: Result<&Loaded, String>) -> anyhow::Result<UsesCompared> {
    let run = sealed.run.as_ref();
    // The record of a run that failed has none.
    if run.is_some_and(|run| run.status == RunStatus::Failed) {
        return Ok(UsesCompared::default());
    }
    let other = run.map(|run| run.tool.version.as_str()).filter(|version| *version != env!("CARGO_PKG_VERSION"));
    Ok(uses::compared(loaded, (used, &CheckSet::stock()?), &sealed.case.assignments, other))
}

/// The kinds of resources that the checks in use ask for.
fn kinds_asked(set: &CheckSet, assignments: &[(RecordRef, Assignment)]) -> Vec<String> {
    let used = assignments.iter().filter_map(|(_, assignment)| set.get(&assignment.check));
    let kinds = used.flat_map(|check| {
        let custom = &check.meta.custom;
        custom.subject.kind().into_iter().chain(custom.reads.iter().map(String::as_str))
    });
    kinds.map(str::to_owned).collect()
}

/// The bundle that was read again must be the one that was accepted.
fn same(first: &VerifiedBundle, again: Result<VerifiedBundle, ExitStatus>) -> anyhow::Result<()> {
    let unchanged = |bundle: &VerifiedBundle| -> bool {
        let (a, b): (Digest, Digest) = (first.statement_sha256(), bundle.statement_sha256());
        a == b
    };
    match again {
        Ok(bundle) if unchanged(&bundle) => Ok(()),
        _ => Err(anyhow!("the bundle changed while it was read")),
    }
}

/// Takes what is to be judged, and what was concluded.
#[derive(Default)]
struct SealedReader {
    case: Case,
    checks: Vec<Check>,
    comparison: Comparison,
    /// Members that are shown, by target and population.
    shown: HashMap<(String, String), u64>,
    members: BTreeSet<RecordRef>,
    run: Option<Run>,
    /// Whether findings have begun, before which everything stands that they can rest on.
    concluded: bool,
    facts: Facts,
    /// Records of any type.
    withheld_records: u64,
}

impl SealedReader {
    fn shows(&mut self, target: &str, population: &str) {
        let shown = self.shown.entry((target.to_owned(), population.to_owned())).or_default();
        *shown = shown.saturating_add(1);
    }

    /// What is withheld of what can be judged.
    fn withheld(&mut self) -> Withheld {
        let mut lists = BTreeSet::new();
        if !self.members.is_empty() {
            for (_, one) in &self.case.coverage {
                let list = (one.target.clone(), one.population.clone());
                let shown = self.shown.get(&list).copied().unwrap_or(0);
                if one.items.saturating_sub(one.repeated) > shown {
                    lists.insert(list);
                }
            }
        }
        self.shown.clear();
        Withheld { members: std::mem::take(&mut self.members), lists }
    }
}

impl Observer for SealedReader {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        self.facts.record(at, line, text);
        if at.kind >= RecordType::Finding && !self.concluded {
            self.concluded = true;
            let withheld = self.withheld();
            self.comparison.withheld(withheld);
        }
        let record = match line {
            Line::Withheld(_) => {
                self.withheld_records += 1;
                match at.kind {
                    RecordType::Resource | RecordType::Derived => drop(self.members.insert(at)),
                    RecordType::Finding => self.comparison.withheld_finding(),
                    _ => {}
                }
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match record {
            Record::Run(run) => self.run = Some(run.clone()),
            Record::Check(check) => self.checks.push(check.clone()),
            Record::Assignment(assignment) => self.case.assignments.push((at, assignment.clone())),
            Record::Coverage(coverage) => self.case.coverage.push((at, coverage.clone())),
            Record::Gap(gap) => self.case.gaps.push((at, gap.clone())),
            Record::Resource(resource) => self.shows(&resource.target, &resource.population),
            Record::Derived(derived) => self.shows(&derived.target, &derived.population),
            Record::Finding(finding) => self.comparison.sealed(finding),
            Record::Control(control) => self.comparison.control(&control.id, &control.counts),
            _ => {}
        }
    }

    fn wants_raw(&mut self, ordinal: u64) -> bool {
        self.facts.wants_raw(ordinal)
    }

    fn raw(&mut self, ordinal: u64, piece: &[u8]) {
        self.facts.raw(ordinal, piece);
    }
}

/// Judges resources as they come.
struct JudgingReader<'c> {
    assessor: Assessor,
    comparison: &'c mut Comparison,
    failed: Option<assess::AssessError>,
}

impl Observer for JudgingReader<'_> {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        let member = match record.as_ref() {
            Record::Resource(resource) => Member::from(resource),
            Record::Derived(derived) => Member::from(derived),
            _ => return,
        };
        if self.failed.is_some() {
            return;
        }
        let comparison = &mut *self.comparison;
        let fed = self.assessor.feed(at, member, &mut |finding| {
            comparison.again(&finding);
            Ok(())
        });
        self.failed = fed.err();
    }
}

/// Names the sealed findings that did not come out again.
struct LeftReader<'c> {
    comparison: &'c mut Comparison,
    not_run: &'c BTreeSet<String>,
}

impl Observer for LeftReader<'_> {
    fn record(&mut self, _at: RecordRef, line: &Line, _text: &[u8]) {
        if let Line::Disclosed(record) = line
            && let Record::Finding(finding) = record.as_ref()
        {
            self.comparison.left(finding, !self.not_run.contains(&finding.check));
        }
    }
}

fn print(args: &ReassessArgs, bundle: &VerifiedBundle, found: &Found) -> std::io::Result<()> {
    match args.format {
        Format::Human => output::text(&human(args.checks, bundle, found)),
        Format::Json => {
            let from = Basis::of(bundle, Vec::new(), found.compared.not_judged.findings);
            output::json(&reassessment(args.checks, &from, bundle, found))
        }
    }
}

fn reassessment<'o>(which: Checks, from: &'o Basis, bundle: &VerifiedBundle, found: &'o Found) -> Reassessment<'o> {
    let Compared { same, differences, differences_not_named, not_judged } = &found.compared;
    let counts = found.facts.counts();
    Reassessment {
        from,
        statement_sha256: bundle.statement_sha256(),
        records: bundle.statement().predicate.records.count,
        withheld: found.withheld,
        checks: which,
        same: *same,
        differences: differences
            .iter()
            .map(|one| OtherOutcome { finding: &one.key, sealed: one.sealed, again: one.again })
            .collect(),
        differences_not_shown: *differences_not_named,
        not_judged: not_judged.total(),
        not_judged_because: NotJudgedBecause {
            withheld: not_judged.withheld,
            finding_withheld: not_judged.findings,
            no_check: not_judged.no_check,
        },
        checks_with_other_text: found
            .own_words
            .iter()
            .map(|(check, provenance)| OtherText { check, text: *provenance })
            .collect(),
        checks_not_shipped: &found.not_shipped,
        broken: &found.broken,
        derived: &found.computed,
        uses: &found.uses,
        facts: FactsCompared {
            compared: counts.compared(),
            not_compared: counts.not_shown,
            normalised: counts.normalised,
            both_ways: found.facts.both_ways().map(both_ways).collect(),
            declared: counts.declared,
            differ_in_all: counts.differ,
            differ: found.facts.differ().iter().map(other_fact).collect(),
        },
    }
}

fn other_fact(one: &FactDiffers) -> OtherFact<'_> {
    OtherFact { resource: one.resource, part: &one.part, sealed: &one.fact, in_the_answer: one.found.as_deref() }
}

fn both_ways(one: &PartCounts) -> BothWays<'_> {
    BothWays { kind: &one.kind, part: &one.part, compared: one.compared, made: one.made }
}

fn human(which: Checks, bundle: &VerifiedBundle, found: &Found) -> String {
    let mut out = String::new();
    let compared = &found.compared;
    let with = match which {
        Checks::Sealed => "the checks that are sealed in it",
        Checks::Shipped => "the checks that this program ships",
    };
    let (style, verdict) = match found.exit() {
        ExitStatus::Success => (GOOD, "The same outcomes"),
        ExitStatus::Undecided => (OPEN, "Not everything could be judged or compared again"),
        _ if !compared.differences.is_empty() => (BAD, "Other outcomes"),
        _ if !found.computed.differ.is_empty() => (BAD, "Other derived objects"),
        _ if !found.uses.differ.is_empty() => (BAD, "Other uses of checks than are declared"),
        _ => (BAD, "Other facts than in the answers"),
    };
    let said = &bundle.statement().predicate;
    let _ = writeln!(out, "{style}{verdict}{style:#}: run {} judged again with {with}", safe(&said.bundle));
    if found.withheld > 0 {
        let of = said.records.count;
        let what = "what they say is the custodian's word, and what rests on them is not judged again";
        out.push_str(&wrapped("  ", &format!("{} of {of} records are withheld: {what}", found.withheld)));
    }
    if let Some(marks) = bundle.marks() {
        out.push_str(&wrapped("  ", &safe(&report::marks_line(&marks.counts()))));
    }
    let different = (compared.differences.len() as u64).saturating_add(compared.differences_not_named);
    let again = compared.same.saturating_add(different);
    let _ = writeln!(
        out,
        "\n  {again} of {} findings were judged again: {} have the sealed outcome, {different} have another",
        again.saturating_add(compared.not_judged.total()),
        compared.same,
    );
    for (count, why) in [
        (compared.not_judged.withheld, "could not be judged again, because what they rest on is withheld"),
        (compared.not_judged.findings, "are withheld: what is judged now is held against what their control counts"),
        (compared.not_judged.no_check, "could not be judged again, because their check is missing or could not be run"),
    ] {
        if count > 0 {
            out.push_str(&wrapped("  ", &format!("{count} {why}")));
        }
    }
    for difference in compared.differences.iter().take(SHOWN) {
        out.push_str(&wrapped("  - ", &safe(&sentence(difference))));
    }
    if different > SHOWN as u64 {
        let _ = writeln!(out, "  … {different} in all");
    }
    if !found.own_words.is_empty() {
        let _ = write!(out, "\n{HEAD}Checks with another text than this program's{HEAD:#}\n");
        for (id, provenance) in found.own_words.iter().take(SHOWN) {
            let _ = writeln!(out, "  - {} ({})", safe(id), word(provenance));
        }
        more(&mut out, found.own_words.len());
    }
    for id in found.not_shipped.iter().take(SHOWN) {
        let _ = writeln!(out, "  - {} is not shipped with this program and was not judged", safe(id));
    }
    more(&mut out, found.not_shipped.len());
    for (id, why) in found.broken.iter().take(SHOWN) {
        out.push_str(&wrapped("  - ", &safe(&format!("{id} could not be run: {why}"))));
    }
    more(&mut out, found.broken.len());
    out.push_str(&of_uses(&found.uses));
    out.push_str(&of_derived(&found.computed));
    out.push_str(&of_facts(&found.facts));
    let rest = "This covers the rules: that outcomes and derived objects follow from the sealed resources. Of the facts it covers those that stand in an answer as they are, and those of declared things; what a collector made of an object, of a date or of several answers, what the ledger saw, and what is in folders of records, is for you to compare (`show --finding N`).";
    let _ = write!(out, "\n{}", wrapped("  ", rest));
    out
}

fn of_uses(uses: &UsesCompared) -> String {
    let mut out = String::new();
    let in_all = (uses.differ.len() as u64).saturating_add(uses.differ_not_shown);
    match &uses.not_compared {
        Some(why) => {
            let text = format!("Uses of checks could not be compared with the sealed declaration: {why}");
            let _ = write!(out, "\n{}", wrapped("  ", &safe(&text)));
        }
        None if uses.same == 0 && in_all == 0 => {}
        None => {
            let text = format!("{} uses of checks are those of the sealed declaration, {in_all} are not", uses.same);
            let _ = write!(out, "\n{}", wrapped("  ", &text));
        }
    }
    for one in uses.differ.iter().take(SHOWN) {
        let place = one.record.map_or_else(String::new, |record| format!(" ({record})"));
        let targets = if one.targets.is_empty() { String::new() } else { format!(" at {}", one.targets.join(", ")) };
        let text = format!("{} of control {}{targets}{place}: {}", one.check, one.control, one.problem.words());
        out.push_str(&wrapped("  - ", &safe(&text)));
    }
    if in_all > SHOWN as u64 {
        let _ = writeln!(out, "  … {in_all} in all");
    }
    out
}

fn of_derived(computed: &Computed) -> String {
    let mut out = String::new();
    let differ = &computed.differ;
    let in_all = (differ.len() as u64).saturating_add(computed.differ_not_shown);
    let _ = writeln!(
        out,
        "\n  {} derived objects were computed again and are the sealed ones, {in_all} differ, {} could not be computed again",
        computed.same,
        computed.not_computed()
    );
    if computed.declared_same > 0 {
        let text = format!(
            "{} declared things were read again from the sealed declaration and are the sealed ones",
            computed.declared_same
        );
        out.push_str(&wrapped("  ", &text));
    }
    for one in computed.not_computed.iter().take(SHOWN) {
        let text = format!(
            "{} {} of target `{}` could not be computed again: {}",
            one.count, one.kind, one.target, one.because
        );
        out.push_str(&wrapped("  - ", &safe(&text)));
    }
    more(&mut out, computed.not_computed.len());
    for one in differ.iter().take(SHOWN) {
        let what = match one.problem {
            Problem::OtherFacts => "other facts come out than are sealed",
            Problem::DoesNotComeOut => "it is sealed, and does not come out",
            Problem::NotSealed => "it comes out, and is not sealed",
        };
        let place = one.record.map_or_else(String::new, |record| format!(" ({record})"));
        let text = format!("{} `{}` of target `{}`{place}: {what}", one.kind, one.id, one.target);
        out.push_str(&wrapped("  - ", &safe(&text)));
    }
    if in_all > SHOWN as u64 {
        let _ = writeln!(out, "  … {in_all} in all");
    }
    out
}

/// How many there are in all, where not all of them are printed.
fn more(out: &mut String, in_all: usize) {
    if in_all > SHOWN {
        let _ = writeln!(out, "  … {in_all} in all");
    }
}

fn of_facts(facts: &Facts) -> String {
    let mut out = String::new();
    let counts = facts.counts();
    let FactCounts { differ, normalised, declared, not_shown, .. } = counts;
    let _ = writeln!(
        out,
        "\n  {} facts were compared with the answers they stand in, {differ} of them differ",
        counts.compared(),
    );
    let made = format!(
        "{normalised} more were made by a collector of what stands at their place, or of several places; {declared} stand in declared files"
    );
    out.push_str(&wrapped("  ", &made));
    let both_ways: Vec<_> = facts.both_ways().collect();
    if !both_ways.is_empty() {
        let text = "Of these parts some were compared with the value at their place, and others lead to what is around it, which nobody compares; a shipped collector does so where an answer lacks the value";
        out.push_str(&wrapped("  ", text));
    }
    for PartCounts { kind, part, compared, made } in both_ways.iter().take(SHOWN) {
        out.push_str(&wrapped("  - ", &safe(&format!("{kind}, {part}: {compared} compared, {made} not"))));
    }
    more(&mut out, both_ways.len());
    if not_shown > 0 {
        let text = format!(
            "{not_shown} facts could not be compared, because their answer is withheld, missing or larger than 64 MiB"
        );
        out.push_str(&wrapped("  ", &text));
    }
    let differ = usize::try_from(differ).unwrap_or(usize::MAX);
    for FactDiffers { resource, part, fact, found } in facts.differ().iter().take(SHOWN) {
        let found = found.as_ref().map_or_else(|| "nothing".to_owned(), |found| format!("`{found}`"));
        let text = format!("{resource}, {part}: sealed as `{fact}`; the answer has {found} there");
        out.push_str(&wrapped("  - ", &safe(&text)));
    }
    if differ > SHOWN {
        let _ = writeln!(out, "  … {differ} in all");
    }
    out
}

fn sentence(difference: &Difference) -> String {
    match (difference.sealed, difference.again) {
        (Some(sealed), Some(again)) => format!("{}: sealed as {sealed}, now {again}", difference.key),
        (None, Some(again)) => format!("{}: not sealed, now {again}", difference.key),
        (Some(sealed), None) => format!("{}: sealed as {sealed}, not found now", difference.key),
        (None, None) => difference.key.clone(),
    }
}
