//! `witnessmark-verify reassess`: runs the sealed checks, or the shipped ones, on the sealed resources once more and compares.
//!
//! Nothing of a bundle runs before the bundle is accepted, and then only in the limited child process. It covers the rules, and facts
//! that are copied as they stand in an answer; not what collectors compute.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use assess::{Assessor, Case, CheckSet, Compared, Comparison, Difference, Limits, Member, WorkerCommand};
use bundle::read::{Line, Record};
use bundle::statement::Kind;
use model::record::{Check, Finding, Provenance};
use model::{Digest, ExitStatus, RecordRef, RecordType};
use serde_json::json;
use verify::{FactDiffers, Facts, Observer, VerifiedBundle};

use crate::args::{Checks, Format, ReassessArgs};
use crate::human::{BAD, GOOD, HEAD, OPEN, word};
use crate::output::{self, safe, wrapped};
use crate::show;
use crate::stop::Stop;

/// So many differences are printed; the JSON report has all.
const SHOWN: usize = 50;

pub fn reassess(args: &ReassessArgs) -> Result<ExitStatus, Stop> {
    if args.bundle.input == Path::new("-") {
        let error =
            anyhow!("reassess reads the bundle in several passes: give a file or a folder instead of standard input");
        return Err(Stop::Wrong(error));
    }
    // First reading: is it accepted, and what is to be judged.
    let mut sealed = SealedReader::default();
    let bundle = match show::accepted(&args.bundle, args.format, &mut sealed)? {
        Ok(bundle) => bundle,
        Err(code) => return Ok(code),
    };
    if bundle.statement().predicate.kind == Kind::Record {
        return Err(Stop::Wrong(anyhow!("a person's record has nothing that could be judged again")));
    }
    while sealed.facts.again() {
        same(&bundle, show::accepted(&args.bundle, args.format, &mut sealed.facts)?)?;
    }
    let (set, own_words) = match checks(args.checks, &sealed.checks) {
        Ok(found) => found,
        Err(error) => {
            output::text(&format!("{OPEN}Not decided{OPEN:#}: {}\n", safe(&format!("{error:#}"))))?;
            return Ok(ExitStatus::Undecided);
        }
    };
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
    let again = Comparison::new(sealed.withheld || !not_shipped.is_empty());
    let mut comparison = sealed.findings.into_iter().fold(again, |mut comparison, finding| {
        comparison.sealed(&finding);
        comparison
    });
    let program = std::env::current_exe().context("the path of this program's own executable is not known")?;
    let case = Case { checks: set, ..sealed.case };
    let assessor = Assessor::new(WorkerCommand::of_program(program), Limits::default(), case)?;
    let mut judging = JudgingReader { assessor, comparison: &mut comparison, failed: None };
    same(&bundle, show::accepted(&args.bundle, args.format, &mut judging)?)?;
    if let Some(error) = judging.failed {
        return Err(error.into());
    }
    let JudgingReader { assessor, comparison: judged, .. } = judging;
    let summary = assessor.finish(&mut |finding| {
        judged.again(&finding);
        Ok(())
    })?;
    let mut left = LeftReader(&mut comparison);
    same(&bundle, show::accepted(&args.bundle, args.format, &mut left)?)?;

    let found =
        Found { compared: comparison.finish(), own_words, not_shipped, broken: summary.broken, facts: sealed.facts };
    print(args, &bundle, &found)?;
    let same = found.compared.differences.is_empty() && found.facts.differ().is_empty();
    Ok(ExitStatus::when(same, ExitStatus::OtherOutcome))
}

struct Found {
    compared: Compared,
    /// Checks whose text is not the one this program ships, with what they are.
    own_words: Vec<(String, Provenance)>,
    /// Checks of the bundle that this program does not ship, where its own were asked for.
    not_shipped: Vec<String>,
    facts: Facts,
    /// Checks that could not be run.
    broken: std::collections::BTreeMap<String, String>,
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
    findings: Vec<Finding>,
    withheld: bool,
    facts: Facts,
}

impl Observer for SealedReader {
    fn record(&mut self, at: RecordRef, line: &Line, text: &[u8]) {
        self.facts.record(at, line, text);
        let record = match line {
            Line::Withheld(_) => {
                self.withheld |= matches!(
                    at.kind,
                    RecordType::Resource | RecordType::Derived | RecordType::Assignment | RecordType::Finding
                );
                return;
            }
            Line::Disclosed(record) => record.as_ref(),
        };
        match record {
            Record::Check(check) => self.checks.push(check.clone()),
            Record::Assignment(assignment) => self.case.assignments.push((at, assignment.clone())),
            Record::Coverage(coverage) => self.case.coverage.push((at, coverage.clone())),
            Record::Gap(gap) => self.case.gaps.push((at, gap.clone())),
            Record::Finding(finding) => self.findings.push(outcome_only(finding)),
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

/// All that a comparison needs of a finding.
fn outcome_only(finding: &Finding) -> Finding {
    Finding { evidence: Vec::new(), rests_on: Vec::new(), reason: None, ..finding.clone() }
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
struct LeftReader<'c>(&'c mut Comparison);

impl Observer for LeftReader<'_> {
    fn record(&mut self, _at: RecordRef, line: &Line, _text: &[u8]) {
        if let Line::Disclosed(record) = line
            && let Record::Finding(finding) = record.as_ref()
        {
            self.0.left(finding);
        }
    }
}

fn print(args: &ReassessArgs, bundle: &VerifiedBundle, found: &Found) -> std::io::Result<()> {
    match args.format {
        Format::Human => output::text(&human(args.checks, bundle, found)),
        Format::Json => {
            let differences: Vec<_> = found
                .compared
                .differences
                .iter()
                .map(|d| json!({"finding": d.key, "sealed": d.sealed, "again": d.again}))
                .collect();
            let other: Vec<_> =
                found.own_words.iter().map(|(id, provenance)| json!({"check": id, "text": provenance})).collect();
            output::json(&json!({
                "form": "witnessmark-reassessment/1",
                "statement_sha256": bundle.statement_sha256(),
                "checks": args.checks,
                "same": found.compared.same,
                "differences": differences,
                "not_judged": found.compared.not_judged,
                "checks_with_other_text": other,
                "checks_not_shipped": found.not_shipped,
                "broken": found.broken,
                "facts": {
                    "compared": found.facts.compared(),
                    "not_compared": found.facts.not_compared(),
                    "differ": found.facts.differ().iter().map(|d| json!({
                        "resource": d.resource, "part": d.part, "sealed": d.fact, "in_the_answer": d.found,
                    })).collect::<Vec<_>>(),
                },
            }))
        }
    }
}

fn human(which: Checks, bundle: &VerifiedBundle, found: &Found) -> String {
    let mut out = String::new();
    let compared = &found.compared;
    let with = match which {
        Checks::Sealed => "the checks that are sealed in it",
        Checks::Shipped => "the checks that this program ships",
    };
    let (style, verdict) = match (compared.differences.is_empty(), found.facts.differ().is_empty()) {
        (true, true) => (GOOD, "The same outcomes"),
        (false, _) => (BAD, "Other outcomes"),
        (true, false) => (BAD, "Other facts than in the answers"),
    };
    let said = &bundle.statement().predicate;
    let _ = writeln!(out, "{style}{verdict}{style:#}: run {} judged again with {with}", safe(&said.bundle));
    let _ = writeln!(
        out,
        "\n  {} findings have the sealed outcome, {} have another",
        compared.same,
        compared.differences.len()
    );
    if compared.not_judged > 0 {
        let text = format!(
            "{} findings could not be judged again, because what they rest on is withheld or their check is missing",
            compared.not_judged
        );
        out.push_str(&wrapped("  ", &text));
    }
    for difference in compared.differences.iter().take(SHOWN) {
        out.push_str(&wrapped("  - ", &safe(&sentence(difference))));
    }
    if compared.differences.len() > SHOWN {
        let _ = writeln!(out, "  … {} in all", compared.differences.len());
    }
    if !found.own_words.is_empty() {
        let _ = write!(out, "\n{HEAD}Checks with another text than this program's{HEAD:#}\n");
        for (id, provenance) in &found.own_words {
            let _ = writeln!(out, "  - {} ({})", safe(id), word(provenance));
        }
    }
    for id in &found.not_shipped {
        let _ = writeln!(out, "  - {} is not shipped with this program and was not judged", safe(id));
    }
    for (id, why) in &found.broken {
        out.push_str(&wrapped("  - ", &safe(&format!("{id} could not be run: {why}"))));
    }
    out.push_str(&of_facts(&found.facts));
    let rest = "This covers the rules: that the outcomes follow from the sealed resources. Of the facts it covers those that stand in an answer as they are; what a collector computed is for you to compare (`show --finding N`).";
    let _ = write!(out, "\n{}", wrapped("  ", rest));
    out
}

fn of_facts(facts: &Facts) -> String {
    let mut out = String::new();
    let differ = facts.differ();
    let _ = writeln!(
        out,
        "\n  {} facts were compared with the answers they stand in, {} of them differ",
        facts.compared(),
        differ.len()
    );
    if facts.not_compared() > 0 {
        let text = format!(
            "{} facts could not be compared, because their answer is withheld, missing or larger than 64 MiB",
            facts.not_compared()
        );
        out.push_str(&wrapped("  ", &text));
    }
    for FactDiffers { resource, part, fact, found } in differ.iter().take(SHOWN) {
        let found = found.as_ref().map_or_else(|| "nothing".to_owned(), |found| format!("`{found}`"));
        let text = format!("{resource}, {part}: sealed as `{fact}`; the answer has {found} there");
        out.push_str(&wrapped("  - ", &safe(&text)));
    }
    if differ.len() > SHOWN {
        let _ = writeln!(out, "  … {} in all", differ.len());
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
