//! Judging once more what a bundle holds, and comparing. It covers the rules, not the collectors' normal forms.

use std::collections::{BTreeSet, HashMap};

use model::record::{Counts, Finding};
use model::{Digest, Outcome, RecordRef, RecordType};

use crate::assessor::{AssessError, Assessor, Case, Member, Sink};
use crate::client::WorkerCommand;
use crate::limits::Limits;
use crate::pool::Summary;

/// Judges a whole case whose members come from `members`, in any order.
///
/// # Errors
/// As [`Assessor`], and those of `members`.
pub fn reassess<M, E>(
    command: WorkerCommand,
    limits: Limits,
    case: Case,
    members: impl Iterator<Item = Result<(RecordRef, M), E>>,
    sink: Sink<'_>,
) -> Result<Summary, E>
where
    for<'m> Member<'m>: From<&'m M>,
    E: From<AssessError>,
{
    let mut assessor = Assessor::new(command, limits, case)?;
    for member in members {
        let (reference, member) = member?;
        assessor.feed(reference, Member::from(&member), sink)?;
    }
    Ok(assessor.finish(sink)?)
}

/// So many differences are named, and so many bytes of their keys; the rest are counted.
const NAMED: usize = 1_000;
const BYTES_NAMED: usize = 16 * 1024 * 1024;

/// One finding that came out otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// [`Finding::key`].
    pub key: String,
    /// As sealed; `None`: the bundle has no such finding, and none that it withholds can be it.
    pub sealed: Option<Outcome>,
    /// As judged now; `None`: it does not come out any more.
    pub again: Option<Outcome>,
}

/// Compares sealed findings with those of now, finding by finding. All sealed ones first, then those of now, then what is left.
///
/// Nothing is excused because *something* is withheld: a finding that is not judged again has a record of its own that is not shown.
#[derive(Debug, Default)]
pub struct Comparison {
    /// By a digest of the key: a million findings have to fit.
    sealed: HashMap<Short, Sealed>,
    /// What each withheld record may have been the subject of: one thing, and no other.
    stands_for: HashMap<RecordRef, Short>,
    /// Findings that may be among those withheld: what each control counts beyond those that are shown.
    room: HashMap<String, [i64; 4]>,
    withheld: Withheld,
    /// Lists that look incomplete only because members of them are not shown.
    looks_incomplete: BTreeSet<(String, String)>,
    same: u64,
    differences: Differences,
    not_judged: NotJudged,
}

/// What came out otherwise: the first of it by name, and how much more of each check.
#[derive(Debug, Default)]
struct Differences {
    named: Vec<Difference>,
    bytes: usize,
    /// Those that are not named, by a digest of their check: how many of them are sealed, and how many are not.
    counted: HashMap<Short, [u64; 2]>,
}

impl Differences {
    fn add(&mut self, check: &str, difference: Difference) {
        let bytes = self.bytes.saturating_add(difference.key.len());
        if self.named.len() < NAMED && bytes <= BYTES_NAMED {
            self.bytes = bytes;
            self.named.push(difference);
            return;
        }
        let of_check = self.counted.entry(short(check)).or_default();
        if let Some(count) = of_check.get_mut(usize::from(difference.sealed.is_none())) {
            *count += 1;
        }
    }

    /// Takes away those of these checks, and says how many of them are sealed.
    fn without(&mut self, checks: &BTreeSet<String>) -> u64 {
        let of = |key: &str| checks.iter().any(|check| key.split_once('/').is_some_and(|(_, rest)| is_of(rest, check)));
        let sealed = |all: &[Difference]| all.iter().filter(|one| one.sealed.is_some() && of(&one.key)).count() as u64;
        let mut gone = sealed(&self.named);
        self.named.retain(|one| !of(&one.key));
        for check in checks {
            gone += self.counted.remove(&short(check)).map_or(0, |[sealed, _]| sealed);
        }
        gone
    }

    fn not_named(&self) -> u64 {
        self.counted.values().flatten().sum()
    }
}

type Short = [u8; 16];

#[derive(Debug)]
struct Sealed {
    outcome: Outcome,
    why_not: Option<WhyNot>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhyNot {
    Withheld,
    NoCheck,
}

/// What of a bundle is not shown.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    /// The resources and derived objects of which only the leaf is there.
    pub members: BTreeSet<RecordRef>,
    /// Target and population of the lists of which fewer members are shown than were listed.
    pub lists: BTreeSet<(String, String)>,
}

/// Sealed findings that could not be judged again, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NotJudged {
    /// What they rest on is withheld.
    pub withheld: u64,
    /// They are withheld themselves.
    pub findings: u64,
    /// Their check is not there, or could not be run here.
    pub no_check: u64,
}

impl NotJudged {
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.withheld.saturating_add(self.findings).saturating_add(self.no_check)
    }
}

/// How a comparison went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub same: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
    /// How many more there are.
    pub differences_not_named: u64,
    pub not_judged: NotJudged,
}

impl Comparison {
    /// What is not shown. Known once all resources and coverage were read, which stand before the findings.
    pub fn withheld(&mut self, withheld: Withheld) {
        self.withheld = withheld;
    }

    /// A finding of which the bundle has only the leaf.
    pub const fn withheld_finding(&mut self) {
        self.not_judged.findings = self.not_judged.findings.saturating_add(1);
    }

    /// A finding as the bundle has it.
    pub fn sealed(&mut self, finding: &Finding) {
        let of = subject_of(finding);
        let mut not_shown = finding.rests_on.iter().filter(|record| self.withheld.members.contains(record));
        // A resource is one subject. A record that two say is theirs is that of the first.
        let lacks = match &of {
            Some(of) => not_shown.any(|record| *self.stands_for.entry(*record).or_insert(*of) == *of),
            None => not_shown.next().is_some(),
        };
        let why_not = lacks.then_some(WhyNot::Withheld);
        self.sealed.insert(short(&finding.key()), Sealed { outcome: finding.outcome, why_not });
        let room = self.room.entry(finding.control.clone()).or_default();
        if let Some(room) = room.get_mut(place(finding.outcome)) {
            *room = room.saturating_sub(1);
        }
    }

    /// How many findings of a control there are, shown or not.
    pub fn control(&mut self, id: &str, counts: &Counts) {
        let room = self.room.entry(id.to_owned()).or_default();
        let counted = [counts.conforms, counts.deviates, counts.undetermined, counts.not_applicable];
        for (room, counted) in room.iter_mut().zip(counted) {
            *room = room.saturating_add(i64::try_from(counted).unwrap_or(i64::MAX));
        }
    }

    /// A finding as it is judged now.
    pub fn again(&mut self, finding: &Finding) {
        let key = finding.key();
        // A subject was judged by a record of its own; without one it is only known to have been listed.
        let by_itself = finding.subject.is_none() || finding.rests_on.iter().any(|record| is_member(*record));
        match self.sealed.remove(&short(&key)) {
            Some(Sealed { why_not: Some(WhyNot::Withheld), .. }) if finding.subject.is_none() || !by_itself => {
                self.not_judged.withheld += 1;
            }
            Some(sealed) if sealed.outcome == finding.outcome => self.same += 1,
            Some(sealed) => {
                let difference = Difference { key, sealed: Some(sealed.outcome), again: Some(finding.outcome) };
                self.differences.add(&finding.check, difference);
            }
            None if self.follows_from_what_is_withheld(finding, by_itself) => {}
            None => self.not_sealed(finding, key),
        }
    }

    /// A list some of whose members are not shown looks incomplete, and each of them as if nothing of it had been read.
    fn follows_from_what_is_withheld(&mut self, finding: &Finding, by_itself: bool) -> bool {
        let Some(population) = finding.population.as_ref().filter(|_| finding.subject.is_none() || !by_itself) else {
            return false;
        };
        let list = (finding.target.clone(), population.clone());
        if finding.outcome != Outcome::Undetermined || !self.withheld.lists.contains(&list) {
            return false;
        }
        self.looks_incomplete.insert(list);
        // Each such list lacks a record of its own.
        self.looks_incomplete.len() <= self.withheld.members.len()
    }

    /// One that is not among those that are shown is withheld, as far as its control counts more than are shown.
    fn not_sealed(&mut self, finding: &Finding, key: String) {
        let room = self.room.get_mut(&finding.control).and_then(|room| room.get_mut(place(finding.outcome)));
        match room {
            Some(room) if *room > 0 && self.not_judged.findings > 0 => *room = room.saturating_sub(1),
            _ => {
                self.differences.add(&finding.check, Difference { key, sealed: None, again: Some(finding.outcome) });
            }
        }
    }

    /// The checks of `without` are not there, or could not be run. After all of now, before what is left: whatever came of them now says
    /// nothing.
    pub fn not_run(&mut self, without: &BTreeSet<String>) {
        self.not_judged.no_check += self.differences.without(without);
    }

    /// A sealed finding once more, to name those that do not come out any more. `has_check`: its check was there and could be run.
    pub fn left(&mut self, finding: &Finding, has_check: bool) {
        let key = finding.key();
        let Some(sealed) = self.sealed.remove(&short(&key)) else { return };
        match sealed.why_not.or_else(|| (!has_check).then_some(WhyNot::NoCheck)) {
            Some(WhyNot::Withheld) => self.not_judged.withheld += 1,
            Some(WhyNot::NoCheck) => self.not_judged.no_check += 1,
            None => {
                self.differences.add(&finding.check, Difference { key, sealed: Some(sealed.outcome), again: None });
            }
        }
    }

    #[must_use]
    pub fn finish(self) -> Compared {
        Compared {
            same: self.same,
            differences_not_named: self.differences.not_named(),
            differences: self.differences.named,
            not_judged: self.not_judged,
        }
    }
}

/// `aws-kms/key-rotates/target/…` is of the check `aws-kms/key-rotates`.
fn is_of(rest: &str, check: &str) -> bool {
    rest.strip_prefix(check).is_some_and(|rest| rest.starts_with('/'))
}

const fn is_member(record: RecordRef) -> bool {
    matches!(record.kind, RecordType::Resource | RecordType::Derived)
}

fn subject_of(finding: &Finding) -> Option<Short> {
    let subject = finding.subject.as_ref()?;
    Some(short(&serde_json::json!([finding.target, subject.kind, subject.id]).to_string()))
}

const fn place(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Conforms => 0,
        Outcome::Deviates => 1,
        Outcome::Undetermined => 2,
        Outcome::NotApplicable => 3,
    }
}

fn short(key: &str) -> Short {
    let digest = Digest::of(key.as_bytes());
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(digest.as_bytes()) {
        *to = *from;
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Outcome::{Conforms, Deviates, Undetermined};
    use model::Severity;
    use model::record::Subject;

    /// `at`: the resource that it is about; without, nothing of the subject was read.
    fn finding(id: Option<&str>, outcome: Outcome, at: Option<u64>) -> Finding {
        Finding {
            control: "C".into(),
            check: "a/b".into(),
            target: "t".into(),
            population: Some("a/k".into()),
            subject: id.map(|id| Subject { kind: "a/k".into(), id: id.into() }),
            outcome,
            severity: Severity::Low,
            evidence: Vec::new(),
            reason: None,
            rests_on: at.into_iter().map(resource).collect(),
            acceptance: None,
        }
    }

    fn resource(at: u64) -> RecordRef {
        RecordRef::new(RecordType::Resource, at)
    }

    /// `members`, `findings`: what is withheld.
    fn compare(
        (members, findings): (&[u64], u64),
        sealed: &[Finding],
        counts: [u64; 4],
        again: &[Finding],
    ) -> Compared {
        let mut comparison = Comparison::default();
        comparison.withheld(Withheld {
            members: members.iter().copied().map(resource).collect(),
            lists: members.iter().map(|_| ("t".to_owned(), "a/k".to_owned())).collect(),
        });
        (0..findings).for_each(|_| comparison.withheld_finding());
        sealed.iter().for_each(|f| comparison.sealed(f));
        let [conforms, deviates, undetermined, not_applicable] = counts;
        comparison.control("C", &Counts { conforms, deviates, undetermined, not_applicable, ..Counts::default() });
        again.iter().for_each(|f| comparison.again(f));
        sealed.iter().for_each(|f| comparison.left(f, true));
        comparison.finish()
    }

    fn told(compared: &Compared) -> Vec<(Option<Outcome>, Option<Outcome>)> {
        compared.differences.iter().map(|d| (d.sealed, d.again)).collect()
    }

    #[test]
    fn names_what_came_out_otherwise() {
        let sealed = [
            finding(Some("1"), Conforms, Some(1)),
            finding(Some("2"), Conforms, Some(2)),
            finding(Some("3"), Deviates, Some(3)),
        ];
        let again = [
            finding(Some("1"), Conforms, Some(1)),
            finding(Some("2"), Deviates, Some(2)),
            finding(None, Undetermined, None),
        ];
        let compared = compare((&[], 0), &sealed, [2, 1, 0, 0], &again);
        assert_eq!(compared.same, 1);
        let expected = [(Some(Conforms), Some(Deviates)), (None, Some(Undetermined)), (Some(Deviates), None)];
        assert_eq!(told(&compared), expected);
        assert!(compared.differences[0].key.ends_with("a/k=2"));
    }

    #[test]
    fn what_rests_on_what_is_withheld_is_counted_and_nothing_else_is_excused() {
        let sealed = [finding(Some("1"), Conforms, Some(1)), finding(Some("2"), Conforms, Some(2))];
        let again = [finding(Some("1"), Deviates, Some(1)), finding(None, Undetermined, None)];
        let compared = compare((&[2], 0), &sealed, [2, 0, 0, 0], &again);
        assert_eq!(told(&compared), [(Some(Conforms), Some(Deviates))]);
        assert_eq!(compared.not_judged, NotJudged { withheld: 1, findings: 0, no_check: 0 });
    }

    #[test]
    fn one_withheld_record_is_one_subject() {
        // Invented findings, and one unrelated record that is withheld.
        let invented: Vec<Finding> = (0..50).map(|n| finding(Some(&format!("x{n}")), Conforms, Some(7))).collect();
        let compared = compare((&[7], 0), &invented, [50, 0, 0, 0], &[]);
        assert_eq!((compared.differences.len(), compared.not_judged.withheld), (49, 1));
        let elsewhere: Vec<Finding> = (0..50).map(|n| finding(Some(&format!("x{n}")), Conforms, Some(n))).collect();
        let compared = compare((&[70], 0), &elsewhere, [50, 0, 0, 0], &[]);
        assert_eq!((compared.differences.len(), compared.not_judged.withheld), (50, 0));
    }

    #[test]
    fn a_shown_record_is_judged_whatever_else_a_finding_rests_on() {
        let mut sealed = finding(Some("1"), Conforms, Some(1));
        sealed.rests_on.push(resource(7));
        let compared = compare((&[7], 0), &[sealed], [1, 0, 0, 0], &[finding(Some("1"), Deviates, Some(1))]);
        assert_eq!(told(&compared), [(Some(Conforms), Some(Deviates))]);
    }

    #[test]
    fn withheld_findings_are_held_against_what_their_control_counts() {
        let shown = [finding(Some("1"), Conforms, Some(1))];
        let again = |second| [shown[0].clone(), finding(Some("2"), second, Some(2))];
        let compared = compare((&[], 1), &shown, [1, 1, 0, 0], &again(Deviates));
        assert_eq!((compared.same, told(&compared)), (1, Vec::new()));
        assert_eq!(compared.not_judged, NotJudged { withheld: 0, findings: 1, no_check: 0 });
        // The control counts another outcome.
        let compared = compare((&[], 1), &shown, [2, 0, 0, 0], &again(Deviates));
        assert_eq!(told(&compared), [(None, Some(Deviates))]);
    }

    #[test]
    fn lists_that_are_whole_excuse_nothing() {
        let mut other = finding(None, Undetermined, None);
        other.population = Some("a/other".into());
        let compared = compare((&[2], 0), &[], [0, 0, 0, 0], &[other]);
        assert_eq!(told(&compared), [(None, Some(Undetermined))]);
    }

    #[test]
    fn so_many_differences_are_named_and_the_rest_counted() {
        let sealed: Vec<Finding> =
            (0..NAMED as u64 + 7).map(|n| finding(Some(&n.to_string()), Conforms, Some(n))).collect();
        let again = |finding: &Finding| Finding { outcome: Deviates, ..finding.clone() };
        let other: Vec<Finding> = sealed.iter().map(again).collect();
        let compared = compare((&[], 0), &sealed, [NAMED as u64 + 7, 0, 0, 0], &other);
        assert_eq!((compared.differences.len(), compared.differences_not_named), (NAMED, 7));

        let long = "x".repeat(BYTES_NAMED / 2);
        let long: Vec<Finding> = (0..3).map(|n| finding(Some(&format!("{long}{n}")), Conforms, Some(n))).collect();
        let compared = compare((&[], 0), &long, [3, 0, 0, 0], &[]);
        assert_eq!((compared.differences.len(), compared.differences_not_named), (1, 2));

        // Of a check that could not be run none is a difference, named or not.
        let mut comparison = Comparison::default();
        sealed.iter().for_each(|f| comparison.sealed(f));
        other.iter().for_each(|f| comparison.again(f));
        comparison.not_run(&BTreeSet::from(["a/b".to_owned()]));
        let compared = comparison.finish();
        assert_eq!((compared.differences.len(), compared.differences_not_named), (0, 0));
        assert_eq!(compared.not_judged.no_check, NAMED as u64 + 7);
    }

    #[test]
    fn a_check_that_cannot_be_run_accuses_nobody() {
        let mut comparison = Comparison::default();
        let sealed = [finding(Some("1"), Conforms, Some(1)), finding(Some("2"), Conforms, Some(2))];
        sealed.iter().for_each(|f| comparison.sealed(f));
        comparison.again(&finding(Some("1"), Undetermined, Some(1)));
        comparison.not_run(&BTreeSet::from(["a/b".to_owned()]));
        sealed.iter().for_each(|f| comparison.left(f, false));
        let compared = comparison.finish();
        assert_eq!((compared.differences.len(), compared.not_judged.no_check), (0, 2));
    }
}
