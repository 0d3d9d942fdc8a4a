//! The rules of judging, apart from any engine: which outcomes may be asked for, and what an answer means.
//!
//! A check *proves* an outcome with evidence. `not-applicable` if it proves that; else `deviates`; else `undetermined`, if
//! it says in its own words what it does not understand; else `conforms`; else `undetermined`. An outcome is asked for only if every part it needs was read; a part was read when it is
//! present in the subject and no gap touches it.

use std::borrow::Cow;

use model::record::{Evidence, Gap};
use model::{Outcome, RecordRef};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::gaps;
use crate::meta::Needs;
use crate::pointer;

/// The outcomes in the order in which they are asked for.
pub const ORDER: [Outcome; 4] = [Outcome::NotApplicable, Outcome::Deviates, Outcome::Undetermined, Outcome::Conforms];

/// Pieces of evidence kept in one finding; the rest is counted.
pub(crate) const MAX_EVIDENCE: usize = 20;
/// Bytes of a value shown in a piece of evidence; a longer one is named by its path only.
const MAX_ACTUAL: usize = 4096;
/// Gaps named in one reason; the rest is counted.
const MAX_NAMED: usize = 8;

/// A set of outcomes that may be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Askable(u8);

impl Askable {
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Those in `bits` (not-applicable 1, deviates 2, conforms 4, undetermined 8).
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 15)
    }

    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Every outcome that a check with these needs can give.
    #[must_use]
    pub fn all_of(needs: &Needs) -> Self {
        Self(ORDER.into_iter().filter(|outcome| needs.of(*outcome).is_some()).map(Self::bit).sum())
    }

    const fn bit(outcome: Outcome) -> u8 {
        match outcome {
            Outcome::NotApplicable => 1,
            Outcome::Deviates => 2,
            Outcome::Conforms => 4,
            Outcome::Undetermined => 8,
        }
    }

    #[must_use]
    pub const fn contains(self, outcome: Outcome) -> bool {
        self.0 & Self::bit(outcome) != 0
    }
}

/// One proof as a check gives it. The engine's own copy of the actual value is never used.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub actual: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present")]
    pub expected: Option<Box<RawValue>>,
    #[serde(default)]
    pub because: Option<String>,
}

/// A member that is there has a value, also when that value is `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

/// The proofs of an outcome: the first of them, and how many more there are.
#[derive(Clone, Debug)]
pub struct Proofs {
    pub first: Vec<Proof>,
    pub more: usize,
}

impl From<Vec<Proof>> for Proofs {
    fn from(first: Vec<Proof>) -> Self {
        Self { first, more: 0 }
    }
}

/// What the engine says of one check and subject.
#[derive(Clone, Debug)]
pub enum Answer {
    Proved(Outcome, Proofs),
    Nothing,
    /// Why it could not be evaluated.
    Failed(String),
}

/// What is concluded.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub outcome: Outcome,
    pub evidence: Vec<Evidence>,
    pub reason: Option<String>,
    /// The gaps that made it undetermined.
    pub gaps: Vec<RecordRef>,
}

/// Why a part was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// Absent: the subject as a whole.
    pub part: Option<String>,
    /// For a person: `access denied, kms:GetKeyRotationStatus, exchange:412`.
    pub why: String,
    /// The record that says so.
    pub record: Option<RecordRef>,
}

impl Blame {
    /// That of a gap which touches the subject.
    #[must_use]
    pub fn of(reference: RecordRef, gap: &Gap) -> Self {
        Self { part: gap.part.clone(), why: gaps::name(gap), record: Some(reference) }
    }
}

/// What is known of a subject: which parts are there, and what was not read.
#[derive(Debug)]
pub struct Known<'k> {
    parts: Vec<Cow<'k, str>>,
    blame: &'k [Blame],
}

impl<'k> Known<'k> {
    /// `None` when the facts are not a JSON object.
    #[must_use]
    pub fn new(facts: &'k RawValue, blame: &'k [Blame]) -> Option<Self> {
        Some(Self { parts: pointer::names(facts)?, blame })
    }

    fn touching(&self, part: &str) -> impl Iterator<Item = &'k Blame> {
        self.blame.iter().filter(move |blame| blame.part.as_deref().is_none_or(|p| p == part))
    }

    fn has(&self, part: &str) -> bool {
        self.parts.iter().any(|p| p == part)
    }

    fn was_read(&self, part: &str) -> bool {
        self.has(part) && self.touching(part).next().is_none()
    }
}

/// What may be asked of a check for one subject, and why not everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub askable: Askable,
    pub hidden: Hidden,
    /// Why some outcomes may not be asked for, and the records that say so.
    unread: Option<(String, Vec<RecordRef>)>,
}

/// Parts that were read in part only, which some outcomes are asked for without: where two sources each prove an outcome, what is
/// there of the unread one must not speak for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hidden {
    /// The outcomes that are asked for without them, as bits.
    outcomes: u8,
    pub parts: Vec<String>,
}

impl Hidden {
    /// The outcomes that are asked for without these parts.
    #[must_use]
    pub const fn outcomes(&self) -> Askable {
        Askable::from_bits(self.outcomes)
    }
}

impl Question {
    /// Holds what an outcome needs against what is known.
    #[must_use]
    pub fn new(needs: &Needs, known: &Known<'_>) -> Self {
        let mut bits = 0;
        let mut missing: Vec<&str> = Vec::new();
        let mut hidden = Hidden::default();
        for outcome in ORDER {
            let Some(grounds) = needs.of(outcome) else {
                continue;
            };
            let lacking = |way: &'_ [String]| way.iter().any(|part| !known.was_read(part));
            let unread: Vec<&str> = grounds.parts().filter(|part| !known.was_read(part)).collect();
            missing.extend(&unread);
            if !grounds.ways().all(lacking) {
                bits |= Askable::bit(outcome);
                let in_part: Vec<String> =
                    unread.into_iter().filter(|part| known.has(part)).map(str::to_owned).collect();
                if !in_part.is_empty() {
                    hidden.outcomes |= Askable::bit(outcome);
                    hidden.parts.extend(in_part);
                }
            }
        }
        missing.sort_unstable();
        missing.dedup();
        hidden.parts.sort_unstable();
        hidden.parts.dedup();
        Self { askable: Askable(bits), hidden, unread: (!missing.is_empty()).then(|| blame(&missing, known)) }
    }
}

impl Question {
    /// Nothing may be asked, for this reason.
    #[must_use]
    pub fn nothing(why: &str) -> Self {
        Self { askable: Askable::NONE, hidden: Hidden::default(), unread: Some((why.to_owned(), Vec::new())) }
    }
}

/// Names for each missing part what is in the way.
fn blame(missing: &[&str], known: &Known<'_>) -> (String, Vec<RecordRef>) {
    let mut said = Vec::new();
    let mut records = Vec::new();
    for part in missing {
        let before = said.len();
        for blame in known.touching(part) {
            records.extend(blame.record);
            said.push(format!("/{}: {}", escape(part), blame.why));
        }
        if said.len() == before {
            said.push(format!("/{}: not read, and no gap says why", escape(part)));
        }
    }
    records.sort_unstable();
    records.dedup();
    (listed(&said), records)
}

/// Asks for each outcome in order and stops at the first that is proven. An error ends it: what comes after could hide it.
///
/// # Errors
/// Those of `evaluate`.
pub fn first_proven<T, E>(
    askable: Askable,
    mut evaluate: impl FnMut(Outcome) -> Result<Option<T>, E>,
) -> Result<Option<(Outcome, T)>, E> {
    for outcome in ORDER {
        if askable.contains(outcome)
            && let Some(proofs) = evaluate(outcome)?
        {
            return Ok(Some((outcome, proofs)));
        }
    }
    Ok(None)
}

/// What an answer means for a subject with these facts.
#[must_use]
pub fn conclude(question: &Question, facts: &RawValue, answer: Answer) -> Verdict {
    match answer {
        // What the check does not understand: words, and nothing that was shown.
        Answer::Proved(Outcome::Undetermined, proofs)
            if question.askable.contains(Outcome::Undetermined) && !proofs.first.is_empty() =>
        {
            undetermined(in_own_words(&proofs), Vec::new())
        }
        Answer::Proved(outcome, proofs) if question.askable.contains(outcome) && !proofs.first.is_empty() => Verdict {
            outcome,
            reason: reason_of(outcome, &proofs.first),
            evidence: evidence(facts, proofs),
            gaps: Vec::new(),
        },
        Answer::Proved(..) => failed("the engine gave an answer that was not asked for"),
        Answer::Failed(why) => failed(&why),
        Answer::Nothing => match &question.unread {
            Some((reason, records)) => undetermined(reason.clone(), records.clone()),
            None => undetermined("the check proved nothing".to_owned(), Vec::new()),
        },
    }
}

fn failed(why: &str) -> Verdict {
    undetermined(format!("the check could not be evaluated: {why}"), Vec::new())
}

/// An undetermined verdict for a reason that is already in words.
pub(crate) fn undetermined(reason: String, gaps: Vec<RecordRef>) -> Verdict {
    Verdict { outcome: Outcome::Undetermined, evidence: Vec::new(), reason: Some(reason), gaps }
}

fn escape(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

/// Joins what is said, and counts what is too much.
pub(crate) fn listed(said: &[String]) -> String {
    listed_of(said, 0)
}

/// The same where there are more than these.
fn listed_of(said: &[String], more: usize) -> String {
    let mut text = said.iter().take(MAX_NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
    let surplus = said.len().saturating_sub(MAX_NAMED).saturating_add(more);
    if surplus > 0 {
        text.push_str(&format!("; and {surplus} more"));
    }
    text
}

/// Why it does not apply, in the check's own words.
fn reason_of(outcome: Outcome, proofs: &[Proof]) -> Option<String> {
    (outcome == Outcome::NotApplicable).then(|| proofs.iter().find_map(|p| p.because.clone())).flatten()
}

/// What a check says it does not understand, with the place of each.
fn in_own_words(proofs: &Proofs) -> String {
    let said: Vec<String> = proofs
        .first
        .iter()
        .map(|proof| match (&proof.path, &proof.because) {
            (Some(path), Some(because)) => format!("{path}: {because}"),
            (None, Some(because)) => because.clone(),
            (path, None) => format!("{}: the check does not say why", path.as_deref().unwrap_or_default()),
        })
        .collect();
    listed_of(&said, proofs.more)
}

fn evidence(facts: &RawValue, proofs: Proofs) -> Vec<Evidence> {
    let Proofs { first: proofs, more } = proofs;
    let surplus = proofs.len().saturating_sub(MAX_EVIDENCE).saturating_add(more);
    let mut cuts = pointer::Cuts::of(facts);
    let mut kept: Vec<Evidence> = proofs
        .into_iter()
        .take(MAX_EVIDENCE)
        .map(|proof| Evidence {
            actual: proof
                .path
                .as_deref()
                .and_then(|path| cuts.at(path))
                .filter(|value| value.get().len() <= MAX_ACTUAL)
                .map(ToOwned::to_owned),
            path: proof.path,
            expected: proof.expected,
            because: proof.because,
        })
        .collect();
    if surplus > 0 {
        kept.push(Evidence { path: None, actual: None, expected: None, because: Some(format!("and {surplus} more")) });
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::RecordType;
    use model::record::{GapReason, Subject};

    fn needs() -> Needs {
        serde_json::from_str(r#"{"conforms":["spec","grants"],"deviates":["spec"],"not_applicable":["spec"]}"#).unwrap()
    }

    fn gap(part: Option<&str>, reason: GapReason) -> (RecordRef, Gap) {
        let gap = Gap {
            target: "prod".into(),
            collector: "c".into(),
            population: None,
            subject: Some(Subject { kind: "c/k".into(), id: "1".into() }),
            part: part.map(Into::into),
            right: Some("c:Read".into()),
            reason,
            detail: "no".into(),
            exchange: Some(RecordRef::new(RecordType::Exchange, 412)),
            acceptance: None,
        };
        (RecordRef::new(RecordType::Gap, 7), gap)
    }

    fn raw(text: &str) -> Box<RawValue> {
        serde_json::from_str(text).unwrap()
    }

    fn judge(facts: &str, gaps: &[(RecordRef, Gap)], answer: Answer) -> (Askable, Verdict) {
        let facts = raw(facts);
        let blame: Vec<_> = gaps.iter().map(|(r, g)| Blame::of(*r, g)).collect();
        let question = Question::new(&needs(), &Known::new(&facts, &blame).unwrap());
        (question.askable, conclude(&question, &facts, answer))
    }

    #[test]
    fn everything_read_may_be_asked() {
        let (asked, verdict) = judge(r#"{"spec":1,"grants":[]}"#, &[], Answer::Nothing);
        assert_eq!(asked.bits(), 7);
        assert_eq!(verdict.outcome, Outcome::Undetermined);
        assert_eq!(verdict.reason.as_deref(), Some("the check proved nothing"));
    }

    #[test]
    fn an_unread_part_is_named_with_its_gap() {
        let gaps = [gap(Some("grants"), GapReason::Denied)];
        let (asked, verdict) = judge(r#"{"spec":1}"#, &gaps, Answer::Nothing);
        assert_eq!(asked.bits(), 3);
        assert_eq!(verdict.reason.as_deref(), Some("/grants: access denied, c:Read, exchange:412"));
        assert_eq!(verdict.gaps, [RecordRef::new(RecordType::Gap, 7)]);
    }

    #[test]
    fn a_list_cut_short_proves_no_conformity_but_may_deviate() {
        let gaps = [gap(Some("grants"), GapReason::Truncated)];
        let facts = r#"{"spec":1,"grants":["bad"]}"#;
        let proof: Proof = serde_json::from_str(r#"{"path":"/grants/0"}"#).unwrap();
        let (asked, verdict) = judge(facts, &gaps, Answer::Proved(Outcome::Deviates, vec![proof.clone()].into()));
        assert!(!asked.contains(Outcome::Conforms));
        assert_eq!(verdict.outcome, Outcome::Deviates);
        assert_eq!(verdict.evidence[0].actual.as_ref().unwrap().get(), "\"bad\"");
        let (_, verdict) = judge(facts, &gaps, Answer::Proved(Outcome::Conforms, vec![proof].into()));
        assert_eq!(verdict.outcome, Outcome::Undetermined, "an engine that answers unasked is not believed");
    }

    /// Asked of a check whose conformity either of two parts proves: what may be asked, and the parts that it is asked without.
    fn either(facts: &str, gaps: &[(RecordRef, Gap)]) -> (u8, u8, Vec<String>, Option<String>) {
        let needs: Needs = serde_json::from_str(
            r#"{"conforms":[["spec","rules"],["spec","grants"]],"deviates":["spec","rules","grants"]}"#,
        )
        .unwrap();
        let facts = raw(facts);
        let blame: Vec<_> = gaps.iter().map(|(r, g)| Blame::of(*r, g)).collect();
        let question = Question::new(&needs, &Known::new(&facts, &blame).unwrap());
        let verdict = conclude(&question, &facts, Answer::Nothing);
        (question.askable.bits(), question.hidden.outcomes, question.hidden.parts, verdict.reason)
    }

    #[test]
    fn one_of_two_sources_is_enough() {
        let denied = gap(Some("grants"), GapReason::Denied);
        let cut = gap(Some("grants"), GapReason::Truncated);
        let (conforms, deviates) = (4, 2);
        let all = r#"{"spec":1,"rules":[],"grants":[]}"#;
        assert_eq!(either(all, &[]).0, conforms | deviates);
        let (asked, hiding, hidden, reason) = either(r#"{"spec":1,"rules":[]}"#, std::slice::from_ref(&denied));
        assert_eq!((asked, hiding, hidden.as_slice()), (conforms, 0, [].as_slice()));
        // Where the side that was read proves nothing, the other is why.
        assert_eq!(reason.as_deref(), Some("/grants: access denied, c:Read, exchange:412"));
        // What is there of the side that was not read to its end must not speak.
        let (asked, hiding, hidden, _) = either(all, std::slice::from_ref(&cut));
        assert_eq!((asked, hiding, hidden), (conforms, conforms, vec!["grants".to_owned()]));
        let neither = [cut, gap(Some("rules"), GapReason::Denied)];
        assert_eq!(either(all, &neither).0, 0);
        assert_eq!(either(r#"{"spec":1}"#, &[denied]).0, 0);
    }

    #[test]
    fn absence_without_a_gap_is_said() {
        let (_, verdict) = judge(r#"{"spec":1}"#, &[], Answer::Nothing);
        assert_eq!(verdict.reason.as_deref(), Some("/grants: not read, and no gap says why"));
    }

    #[test]
    fn a_gap_of_the_whole_subject_touches_every_part() {
        let gaps = [gap(None, GapReason::Vanished)];
        let (asked, verdict) = judge(r#"{"spec":1,"grants":[]}"#, &gaps, Answer::Nothing);
        assert_eq!(asked, Askable::NONE);
        assert_eq!(verdict.outcome, Outcome::Undetermined);
    }

    #[test]
    fn the_order_is_fixed_and_errors_end_it() {
        let mut asked = Vec::new();
        let found = first_proven::<(), ()>(Askable::from_bits(7), |o| {
            asked.push(o);
            Ok((o == Outcome::Deviates).then_some(()))
        });
        assert_eq!(found, Ok(Some((Outcome::Deviates, ()))));
        assert_eq!(asked, [Outcome::NotApplicable, Outcome::Deviates]);
        assert_eq!(first_proven::<(), _>(Askable::from_bits(7), |_| Err("x")), Err("x"));
    }

    #[test]
    fn null_is_a_value() {
        let proof: Proof = serde_json::from_str(r#"{"path":"/spec","actual":null,"expected":null}"#).unwrap();
        assert_eq!(proof.actual.as_ref().map(|v| v.get()), Some("null"));
        let facts = r#"{"spec":null,"grants":[]}"#;
        let (_, verdict) = judge(facts, &[], Answer::Proved(Outcome::Conforms, vec![proof].into()));
        let evidence = &verdict.evidence[0];
        assert_eq!(evidence.actual.as_ref().map(|v| v.get()), Some("null"));
        assert_eq!(evidence.expected.as_ref().map(|v| v.get()), Some("null"));
    }

    #[test]
    fn much_evidence_is_counted() {
        let proofs: Vec<Proof> =
            (0..30).map(|_| serde_json::from_str(r#"{"path":"/spec","actual":9}"#).unwrap()).collect();
        let (_, verdict) = judge(
            r#"{"spec": 1.50,"grants":[]}"#,
            &[],
            Answer::Proved(Outcome::Conforms, Proofs { first: proofs, more: 7 }),
        );
        assert_eq!(verdict.evidence.len(), 21);
        assert_eq!(verdict.evidence[0].actual.as_ref().unwrap().get(), "1.50", "never the engine's copy");
        assert_eq!(verdict.evidence[20].because.as_deref(), Some("and 17 more"));
    }
}
