//! `run --fail-on new`: what deviates or is undetermined now and was not so when its target was last read before.
//!
//! Nothing of this is sealed, and no finding changes by it: it only decides the exit code, for pipelines that are to stop at
//! what a change brought and not at what was there already.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bundle::read::{Line, Record};
use conclude::Verdict;
use drift::Causes;
use model::record::{Evidence, Finding, Gap, GapReason, JOINED};
use model::{Digest, Outcome, RecordRef};
use schemars::JsonSchema;
use serde::Serialize;
use verify::Observer;

use crate::past::{Earlier, HistoryError, Past};

/// What is new in a bundle.
#[derive(Debug)]
pub struct Novelty {
    /// The verdict when only what is new counts.
    pub verdict: Verdict,
    /// In the order of the bundle.
    pub findings: Vec<NewFinding>,
}

/// A finding that was not so when its target was last read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewFinding {
    /// Which of the bundle's findings it is, from 0.
    pub number: u64,
    pub outcome: Outcome,
    pub check: String,
    pub target: String,
    /// Its id; without one the finding is about a list as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What can be behind it, where the bundle before this one says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub causes: Option<Causes>,
}

/// What is new in bundle `index`; `found` is the verdict on all of it.
///
/// # Errors
/// When this bundle or an earlier one that it is compared with cannot be relied on: what was so already is not taken from an
/// altered file.
pub fn only_new(past: &Past<'_>, index: u64, found: Verdict) -> Result<Novelty, HistoryError> {
    let mut now = Noted::default();
    past.read(index, &mut now)?;
    let earlier = past.newest_first(Some(index), Noted::default)?;
    let said = |earlier: Earlier<Noted>| Said {
        silent: earlier.bundle.rehearsals().is_whole() && !past.rehearsals.is_whole(),
        rehearsed: now.targets.keys().filter(|name| !past.counts(name, earlier.bundle.rehearsals())).cloned().collect(),
        noted: earlier.seen,
    };
    let before = before(&now, earlier.map(|earlier| earlier.map(said)))?;
    // What rests on accepted gaps alone stops no one, also when it is new.
    let excused = matches!(found, Verdict::Clean | Verdict::Gaps | Verdict::Deviates);
    let verdict = match verdict(&now, &before) {
        Verdict::Undetermined if excused => Verdict::Gaps,
        Verdict::DeviatesAndUndetermined if excused => Verdict::Deviates,
        new => new,
    };
    let mut findings: Vec<NewFinding> = new_keys(&now, &before).filter_map(|key| now.named.get(key)).cloned().collect();
    findings.sort_unstable_by_key(|finding| finding.number);
    Ok(Novelty { verdict, findings })
}

/// The targets that were read, and what was so there before.
fn compared<'a>(now: &'a Noted, before: &'a Before) -> impl Iterator<Item = (&'a OfTarget, Option<&'a OfTarget>)> {
    now.targets.iter().filter(|(_, of)| !of.left_out).map(|(name, of)| (of, before.targets.get(name)))
}

/// One value more that is not as declared is new, also where others were there already.
fn deviates_anew(key: &String, shown: &BTreeSet<Digest>, before: Option<&OfTarget>) -> bool {
    before.and_then(|before| before.deviating.get(key)).is_none_or(|known| !shown.is_subset(known))
}

fn unknown_anew(key: &String, before: Option<&OfTarget>) -> bool {
    before.is_none_or(|before| !before.undetermined.contains(key))
}

/// The keys of findings that are new.
fn new_keys<'a>(now: &'a Noted, before: &'a Before) -> impl Iterator<Item = &'a String> {
    compared(now, before).flat_map(|(now, before)| {
        let deviating = now.deviating.iter().filter(move |(key, shown)| deviates_anew(key, shown, before));
        let unknown = now.undetermined.iter().filter(move |key| unknown_anew(key, before));
        deviating.map(|(key, _)| key).chain(unknown)
    })
}

/// What was so before.
#[derive(Debug, Default)]
struct Before {
    targets: BTreeMap<String, OfTarget>,
    /// Whether the newest earlier bundle that counts has findings at all.
    tested: Option<bool>,
}

/// What an earlier bundle says.
struct Said {
    noted: Noted,
    /// Targets of which it says nothing, since they were rehearsals.
    rehearsed: BTreeSet<String>,
    /// All of it was a rehearsal, and not all of this run is.
    silent: bool,
}

/// For each target of this bundle the newest earlier one that says something of it: not a run that was asked to read other
/// targets, nor one in which it was a rehearsal beside evidence now. Before its first bundle nothing was so.
fn before(now: &Noted, earlier: impl Iterator<Item = Result<Said, HistoryError>>) -> Result<Before, HistoryError> {
    let mut wanted: BTreeSet<&String> =
        now.targets.iter().filter(|(_, of)| !of.left_out).map(|(name, _)| name).collect();
    let mut before: Option<Before> = None;
    for said in earlier {
        let Said { noted: Noted { targets: mut noted, .. }, rehearsed, silent } = said?;
        let tested = noted.values().any(|of| of.findings > 0);
        let before = before.get_or_insert_with(Before::default);
        if !silent {
            before.tested.get_or_insert(tested);
        }
        wanted.retain(|name| match noted.remove(*name) {
            _ if rehearsed.contains(*name) => true,
            Some(of) if of.left_out => true,
            Some(of) => {
                before.targets.insert((*name).clone(), of);
                false
            }
            // A bundle that does not even say that it left the target out does not know it: there nothing was so.
            None => false,
        });
        if wanted.is_empty() {
            break;
        }
    }
    Ok(before.unwrap_or_default())
}

fn verdict(now: &Noted, before: &Before) -> Verdict {
    let deviates = compared(now, before)
        .any(|(now, before)| now.deviating.iter().any(|(key, shown)| deviates_anew(key, shown, before)));
    let findings: u64 = now.targets.values().map(|of| of.findings).sum();
    let undetermined = compared(now, before)
        .any(|(now, before)| now.undetermined.iter().any(|key| unknown_anew(key, before)))
        || (findings == 0 && before.tested == Some(true));
    let unknown = now.targets.values().any(|of| !of.undetermined.is_empty() || of.gaps > 0);
    match (deviates, undetermined) {
        (true, true) => Verdict::DeviatesAndUndetermined,
        (true, false) => Verdict::Deviates,
        (false, true) => Verdict::Undetermined,
        // What is not known is never clean, however long it has been so.
        (false, false) if unknown || findings == 0 => Verdict::Gaps,
        (false, false) => Verdict::Clean,
    }
}

/// What of a bundle decides whether something is new.
#[derive(Debug, Default)]
struct Noted {
    targets: BTreeMap<String, OfTarget>,
    /// What may be new, by the finding's key.
    named: HashMap<String, NewFinding>,
}

#[derive(Debug, Default)]
struct OfTarget {
    /// The run was asked to read other targets only.
    left_out: bool,
    /// Deviations that are not accepted: by the finding's key the digests of what they show.
    deviating: HashMap<String, BTreeSet<Digest>>,
    undetermined: BTreeSet<String>,
    findings: u64,
    /// Gaps that are not accepted.
    gaps: u64,
}

impl Noted {
    fn of(&mut self, target: &str) -> &mut OfTarget {
        self.targets.entry(target.to_owned()).or_default()
    }

    fn finding(&mut self, number: u64, finding: &Finding) {
        let counts = finding.outcome == Outcome::Undetermined
            || (finding.outcome == Outcome::Deviates && finding.acceptance.is_none());
        if counts {
            let named = NewFinding {
                number,
                outcome: finding.outcome,
                check: finding.check.clone(),
                target: finding.target.clone(),
                subject: finding.subject.as_ref().map(|subject| subject.id.clone()),
                causes: None,
            };
            self.named.insert(finding.key(), named);
        }
        let of = self.of(&finding.target);
        of.findings += 1;
        match finding.outcome {
            Outcome::Deviates if finding.acceptance.is_none() => {
                of.deviating.entry(finding.key()).or_default().extend(finding.evidence.iter().map(shown));
            }
            Outcome::Undetermined => {
                of.undetermined.insert(finding.key());
            }
            Outcome::Deviates | Outcome::Conforms | Outcome::NotApplicable => {}
        }
    }

    fn gap(&mut self, gap: &Gap) {
        let of = self.of(&gap.target);
        of.gaps += u64::from(gap.acceptance.is_none());
        // What is left out of a target has a population or a subject.
        let left_out = gap.reason == GapReason::Skipped && gap.population.is_none() && gap.subject.is_none();
        of.left_out |= left_out;
        // What is computed from all targets is then known as little.
        if left_out {
            self.targets.entry(JOINED.to_owned()).or_default().left_out = true;
        }
    }
}

/// What the evidence shows: its value. Places move when something else in a list comes or goes, and sentences may count days.
fn shown(evidence: &Evidence) -> Digest {
    let text = match (&evidence.actual, &evidence.path) {
        (Some(actual), _) => actual.get(),
        (None, Some(path)) => path.as_str(),
        (None, None) => evidence.because.as_deref().unwrap_or_default(),
    };
    Digest::of(text.as_bytes())
}

impl Observer for Noted {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let Line::Disclosed(record) = line else { return };
        match record.as_ref() {
            Record::Finding(finding) => self.finding(at.ordinal, finding),
            Record::Gap(gap) => self.gap(gap),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use model::record::Subject;
    use model::{RecordType, Severity};

    use super::*;

    fn finding(id: &str, outcome: Outcome, actual: &str, accepted: bool) -> Finding {
        Finding {
            control: "AC".into(),
            check: "c/k".into(),
            target: "t".into(),
            population: None,
            subject: Some(Subject { kind: "c/k".into(), id: id.into() }),
            outcome,
            severity: Severity::High,
            evidence: vec![Evidence {
                path: Some("/a".into()),
                actual: serde_json::from_str(actual).ok(),
                expected: None,
                because: None,
            }],
            reason: None,
            rests_on: Vec::new(),
            acceptance: accepted.then_some(RecordRef::new(RecordType::Acceptance, 0)),
        }
    }

    fn gap(target: &str, reason: GapReason) -> Gap {
        Gap {
            target: target.into(),
            collector: "c".into(),
            population: None,
            subject: None,
            part: None,
            right: None,
            reason,
            detail: String::new(),
            exchange: None,
            acceptance: None,
        }
    }

    fn noted(findings: &[Finding], gaps: &[Gap]) -> Noted {
        let mut noted = Noted::default();
        (0..).zip(findings).for_each(|(number, finding)| noted.finding(number, finding));
        gaps.iter().for_each(|gap| noted.gap(gap));
        noted
    }

    fn say(now: &[Finding], gaps: &[Gap], earlier: &[(&[Finding], &[Gap])]) -> u8 {
        let now = noted(now, gaps);
        let said = |noted| Said { noted, rehearsed: BTreeSet::new(), silent: false };
        let before = before(&now, earlier.iter().map(|(findings, gaps)| Ok(said(noted(findings, gaps))))).unwrap();
        verdict(&now, &before).exit_status().code()
    }

    #[test]
    fn what_was_a_rehearsal_of_a_target_says_nothing_of_it() {
        use Outcome::{Conforms, Deviates};
        let at = |target: &str, outcome| Finding { target: target.into(), ..finding("1", outcome, "1", false) };
        let now = noted(&[at("t", Deviates), at("u", Deviates)], &[]);
        // In the newest one `u` was a rehearsal: of it the one before is the newest.
        let newest =
            Said { noted: noted(&[at("t", Deviates)], &[]), rehearsed: ["u".to_owned()].into(), silent: false };
        let older =
            |u| Said { noted: noted(&[at("t", Conforms), at("u", u)], &[]), rehearsed: BTreeSet::new(), silent: false };
        let code = |earlier: Vec<Said>| {
            let before = before(&now, earlier.into_iter().map(Ok)).unwrap();
            verdict(&now, &before).exit_status().code()
        };
        let again =
            || Said { noted: noted(&[at("t", Deviates)], &[]), rehearsed: ["u".to_owned()].into(), silent: false };
        assert_eq!(code(vec![newest, older(Deviates)]), 0);
        assert_eq!(code(vec![again(), older(Conforms)]), 10);
        assert_eq!(code(vec![again()]), 10, "of `u` nothing was known");
    }

    #[test]
    fn only_what_was_not_so_before_counts() {
        use Outcome::{Conforms, Deviates, Undetermined};
        let bad = finding("1", Deviates, "1", false);
        let worse = finding("1", Deviates, "2", false);
        let good = finding("1", Conforms, "0", false);
        let accepted = finding("1", Deviates, "1", true);
        let unknown = finding("1", Undetermined, "1", false);
        let other = finding("2", Undetermined, "1", false);
        let denied = [gap("t", GapReason::Denied)];
        let one = std::slice::from_ref::<Finding>;
        assert_eq!(say(one(&bad), &[], &[]), 10, "before the first bundle nothing was so");
        assert_eq!(say(one(&bad), &[], &[(one(&bad), &[])]), 0);
        assert_eq!(say(one(&bad), &denied, &[(one(&bad), &[])]), 3);
        assert_eq!(say(one(&worse), &[], &[(one(&bad), &[])]), 10, "it shows another value");
        assert_eq!(say(one(&bad), &[], &[(one(&good), &[])]), 10);
        assert_eq!(say(one(&bad), &[], &[(one(&accepted), &[])]), 10, "no longer accepted");
        assert_eq!(say(one(&accepted), &[], &[(one(&good), &[])]), 0);
        assert_eq!(say(one(&unknown), &[], &[(one(&bad), &[])]), 11, "no longer known");
        assert_eq!(say(one(&unknown), &[], &[(one(&unknown), &[])]), 3, "unknown is never clean");
        assert_eq!(say(&[bad.clone(), other], &[], &[(one(&good), &[])]), 12);
        assert_eq!(say(&[], &[], &[(one(&good), &[])]), 11, "nothing was tested any more");
        assert_eq!(say(&[], &[], &[]), 3, "nothing was tested, as before");
        assert_eq!(say(one(&bad), &[], &[(one(&good), &[]), (one(&bad), &[])]), 10, "the newest one counts");
    }

    #[test]
    fn what_is_new_is_named() {
        use Outcome::{Conforms, Deviates, Undetermined};
        let now = [
            finding("1", Deviates, "1", false),
            finding("2", Deviates, "2", false),
            finding("3", Undetermined, "1", false),
            finding("4", Deviates, "1", true),
            finding("5", Conforms, "1", false),
        ];
        let earlier = [finding("1", Deviates, "1", false), finding("2", Deviates, "1", false)];
        let now = noted(&now, &[]);
        let said = Said { noted: noted(&earlier, &[]), rehearsed: BTreeSet::new(), silent: false };
        let before = before(&now, std::iter::once(Ok(said))).unwrap();
        let mut numbers: Vec<u64> = new_keys(&now, &before).map(|key| now.named[key].number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, [1, 2], "another value, and what is no longer known");
    }

    #[test]
    fn a_run_that_left_a_target_out_says_nothing_of_it() {
        use Outcome::{Conforms, Deviates, Undetermined};
        let at = |target: &str, outcome| Finding { target: target.into(), ..finding("1", outcome, "1", false) };
        let both = [at("t", Deviates), at("u", Deviates)];
        let without_u = ([at("t", Deviates), at("u", Undetermined)], [gap("u", GapReason::Skipped)]);
        let earlier: &[(&[Finding], &[Gap])] = &[(&without_u.0, &without_u.1), (&both, &[])];
        assert_eq!(say(&both, &[], earlier), 0, "u deviated when it was last read");
        let newest: &[(&[Finding], &[Gap])] =
            &[(&without_u.0, &without_u.1), (&[at("t", Deviates), at("u", Conforms)], &[])];
        assert_eq!(say(&both, &[], newest), 10, "u conformed when it was last read");
        assert_eq!(say(&both, &[], &[(&without_u.0, &without_u.1)]), 10, "u was never read");
        // What this run itself leaves out is not known, and not new either.
        assert_eq!(say(&without_u.0, &without_u.1, &[(&both, &[])]), 3);
        // What could not be read is another thing than what was left out.
        assert_eq!(say(&without_u.0, &[gap("u", GapReason::Denied)], &[(&both, &[])]), 11);
        // A bundle before the target was declared ends the search.
        assert_eq!(say(&both, &[], &[(&[at("t", Deviates)], &[]), (&both, &[])]), 10);
    }
}
