//! One outcome for many findings, one exit code for a run.

use model::Outcome::{self, Conforms, Deviates, NotApplicable, Undetermined};
use model::Severity;
use model::record::{Counts, Finding, Gap, GapReason};
use witnessmark_declaration::{Plan, Tally, Verdict, plan};

use crate::common::{environment, load_one};

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
            witnesses: Vec::new(),
            reason: None,
            rests_on: Vec::new(),
            acceptance: accepted.then(|| "A".to_owned()),
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
        acceptance: accepted.then(|| "A".to_owned()),
    }
}

const DECLARED: &str = r#"witnessmark: 1
entity: Northbank
system: {id: hot}
targets: [{id: aws-prod, collector: aws-kms, account: "111122223333"}]
controls:
  - {id: C, title: Keys rotate, requirements: [ccss-9.0:1.05.1.1], observe: {every: 1d}, checks: [{use: aws-kms/key-rotates}]}
  - {id: D, title: Keys turn, checks: [{use: aws-kms/key-rotates}]}
  - {id: E, title: Someone looks}
"#;

fn planned() -> Plan {
    let loaded = load_one(DECLARED);
    plan(&loaded, &environment()).unwrap_or_else(|found| panic!("{}", loaded.render(&found, false)))
}

fn tally<'p>(plan: &'p Plan, all: &[(Outcome, bool)]) -> Tally<'p> {
    let mut tally = Tally::new(plan);
    for finding in findings(all) {
        tally.add(&finding);
    }
    tally
}

#[test]
fn outcomes() {
    let plan = planned();
    for (all, expected) in [
        (vec![], Undetermined),
        (vec![(NotApplicable, false)], NotApplicable),
        (vec![(NotApplicable, false), (Conforms, false)], Conforms),
        (vec![(Conforms, false), (Undetermined, false)], Undetermined),
        (vec![(NotApplicable, false), (Undetermined, false)], Undetermined),
        (vec![(Conforms, false), (Undetermined, false), (Deviates, false)], Deviates),
        (vec![(Conforms, false), (Deviates, true)], Deviates),
    ] {
        let counts: Counts = tally(&plan, &all).total();
        assert_eq!(counts.outcome(), expected, "{all:?}");
    }
}

#[test]
fn exit_codes() {
    let plan = planned();
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
        assert_eq!(tally(&plan, &all).verdict(&gaps, 0), expected, "{all:?}");
    }
    // Undetermined because of accepted gaps alone: no alarm, and never clean either.
    for (all, excused, expected) in [
        (vec![clean, (Undetermined, false)], 1, Verdict::Gaps),
        (vec![(Undetermined, false)], 1, Verdict::Gaps),
        (vec![clean, (Undetermined, false), (Undetermined, false)], 1, Verdict::Undetermined),
        (vec![(Deviates, false), (Undetermined, false)], 1, Verdict::Deviates),
        (vec![(Deviates, true), (Undetermined, false)], 1, Verdict::Gaps),
    ] {
        assert_eq!(tally(&plan, &all).verdict(&[gap(true)], excused), expected, "{all:?}");
    }
    assert_eq!(
        [Verdict::Clean, Verdict::Gaps, Verdict::Deviates, Verdict::Undetermined, Verdict::DeviatesAndUndetermined]
            .map(Verdict::code),
        [0, 3, 10, 11, 12]
    );
}

#[test]
fn controls() {
    let plan = planned();
    let controls = tally(&plan, &[(Conforms, false), (Deviates, true), (Deviates, false)]).controls();
    let seen: Vec<_> = controls
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
