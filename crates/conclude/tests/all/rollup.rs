//! One outcome for many findings, one exit code for a run.

use model::Outcome::{self, Conforms, Deviates, NotApplicable, Undetermined};
use model::record::{Control, Counts, Finding, Gap, GapReason, Observation};
use model::{RecordRef, RecordType, Severity};
use witnessmark_conclude::{Tally, Verdict};

fn findings(all: &[(Outcome, bool)]) -> Vec<Finding> {
    all.iter()
        .map(|(outcome, accepted)| Finding {
            control: "C".to_owned(),
            check: "aws-kms/key-rotates".to_owned(),
            target: "aws-prod".to_owned(),
            population: None,
            subject: None,
            outcome: *outcome,
            severity: Severity::Medium,
            evidence: Vec::new(),
            reason: None,
            rests_on: Vec::new(),
            acceptance: accepted.then_some(RecordRef::new(RecordType::Acceptance, 0)),
        })
        .collect()
}

fn gap(accepted: bool) -> Gap {
    Gap {
        target: "aws-prod".to_owned(),
        collector: "aws-kms".to_owned(),
        population: None,
        subject: None,
        part: None,
        right: None,
        reason: GapReason::Denied,
        detail: String::new(),
        exchange: None,
        acceptance: accepted.then_some(RecordRef::new(RecordType::Acceptance, 0)),
    }
}

fn control(id: &str, outcome: Option<Outcome>, every_seconds: Option<u64>) -> Control {
    Control {
        id: id.to_owned(),
        title: "Keys rotate".to_owned(),
        requirements: Vec::new(),
        outcome,
        counts: Counts::default(),
        observe: every_seconds.map(|every_seconds| Observation { every_seconds, grace_seconds: None }),
        task: None,
    }
}

fn tally(all: &[(Outcome, bool)]) -> Tally {
    let mut tally = Tally::new(vec![
        control("C", Some(Undetermined), Some(86_400)),
        control("D", Some(Undetermined), None),
        control("E", None, None),
    ]);
    for finding in findings(all) {
        tally.add(&finding);
    }
    tally
}

#[test]
fn outcomes() {
    for (all, expected) in [
        (vec![], Undetermined),
        (vec![(NotApplicable, false)], NotApplicable),
        (vec![(NotApplicable, false), (Conforms, false)], Conforms),
        (vec![(Conforms, false), (Undetermined, false)], Undetermined),
        (vec![(NotApplicable, false), (Undetermined, false)], Undetermined),
        (vec![(Conforms, false), (Undetermined, false), (Deviates, false)], Deviates),
        (vec![(Conforms, false), (Deviates, true)], Deviates),
    ] {
        let counts: Counts = tally(&all).total();
        assert_eq!(counts.outcome(), expected, "{all:?}");
    }
}

#[test]
fn exit_codes() {
    let clean = (Conforms, false);
    for (all, gaps, expected) in [
        (vec![clean, (NotApplicable, false)], vec![], Verdict::Clean),
        (vec![clean, (Deviates, true)], vec![gap(true)], Verdict::Clean),
        (vec![clean], vec![gap(true), gap(false)], Verdict::Gaps),
        (vec![clean, (Deviates, false)], vec![gap(false)], Verdict::Deviates),
        (vec![clean, (Deviates, true), (Deviates, false)], vec![], Verdict::Deviates),
        (vec![clean, (Undetermined, false)], vec![], Verdict::Undetermined),
        // That the gap behind it was accepted does not make the finding known.
        (vec![clean, (Undetermined, false)], vec![gap(true)], Verdict::Undetermined),
        (vec![(Deviates, true), (Undetermined, false)], vec![], Verdict::Undetermined),
        (vec![(Deviates, false), (Undetermined, false)], vec![], Verdict::DeviatesAndUndetermined),
        // Nothing tested is not clean.
        (vec![], vec![], Verdict::Undetermined),
        (vec![], vec![gap(true)], Verdict::Undetermined),
    ] {
        assert_eq!(tally(&all).verdict(&gaps, 0), expected, "{all:?}");
    }
    // Undetermined because of accepted gaps alone: no alarm, and never clean either.
    for (all, excused, expected) in [
        (vec![clean, (Undetermined, false)], 1, Verdict::Gaps),
        (vec![(Undetermined, false)], 1, Verdict::Gaps),
        (vec![clean, (Undetermined, false), (Undetermined, false)], 1, Verdict::Undetermined),
        (vec![(Deviates, false), (Undetermined, false)], 1, Verdict::Deviates),
        (vec![(Deviates, true), (Undetermined, false)], 1, Verdict::Gaps),
    ] {
        assert_eq!(tally(&all).verdict(&[gap(true)], excused), expected, "{all:?}");
    }
    assert_eq!(
        [Verdict::Clean, Verdict::Gaps, Verdict::Deviates, Verdict::Undetermined, Verdict::DeviatesAndUndetermined]
            .map(|verdict| verdict.exit_status().code()),
        [0, 3, 10, 11, 12]
    );
}

#[test]
fn controls() {
    let tally = tally(&[(Conforms, false), (Deviates, true), (Deviates, false)]);
    let seen: Vec<_> = tally
        .controls()
        .iter()
        .map(|c| {
            (
                c.id.as_str(),
                c.outcome,
                c.counts.deviates,
                c.counts.accepted,
                c.observe.as_ref().map(|o| o.every_seconds),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("C", Some(Deviates), 2, 1, Some(86_400)),
            // A control whose checks gave nothing is not clean; one without checks has no outcome.
            ("D", Some(Undetermined), 0, 0, None),
            ("E", None, 0, 0, None),
        ]
    );
}
