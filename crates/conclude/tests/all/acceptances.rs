//! An accepted deviation stays a deviation, an accepted gap stays a gap, and neither is accepted a day too long.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use model::record::Acceptance;
use model::record::{Finding, Gap, GapReason, Subject};
use model::{Covers, Outcome, RecordRef, RecordType, Severity, Timestamp};
use witnessmark_conclude::{AcceptanceState, Acceptances, LastDeviation, excused};

fn declared() -> Vec<Acceptance> {
    let between = |id: &str, covers: Covers| Acceptance {
        id: id.to_owned(),
        covers,
        reason: "known".to_owned(),
        approved_by: "CISO".to_owned(),
        payload: None,
        approved: "2026-05-01".parse().unwrap(),
        expires: "2026-12-31".parse().unwrap(),
    };
    let deviation = Covers::Deviation {
        control: "C".to_owned(),
        check: "aws-kms/key-rotates".to_owned(),
        subject: "arn:k1".to_owned(),
        target: Some("aws-prod".to_owned()),
    };
    let gap = |population: Option<&str>, right: Option<&str>, part: Option<&str>| Covers::Gap {
        target: "aws-prod".to_owned(),
        population: population.map(str::to_owned),
        right: right.map(str::to_owned),
        part: part.map(str::to_owned),
        subject: None,
        reason_is: None,
    };
    vec![
        between("DEV", deviation),
        between("REGION", gap(Some("aws-kms/key@us-east-1"), None, None)),
        between("ANYWHERE", gap(Some("aws-kms/alias"), None, None)),
        between("GRANTS", gap(None, Some("kms:ListGrants"), Some("grants"))),
    ]
}

fn on(day: &str) -> Timestamp {
    format!("{day}T23:59:59.999Z").parse().unwrap_or_else(|e| panic!("{day}: {e}"))
}

fn key(id: &str) -> Subject {
    Subject { kind: "aws-kms/key".to_owned(), id: id.to_owned() }
}

fn finding(target: &str, subject: &str, outcome: Outcome) -> Finding {
    Finding {
        control: "C".to_owned(),
        check: "aws-kms/key-rotates".to_owned(),
        target: target.to_owned(),
        population: None,
        subject: Some(key(subject)),
        outcome,
        severity: Severity::Medium,
        evidence: Vec::new(),
        reason: None,
        rests_on: Vec::new(),
        acceptance: Some(accepted(99)),
    }
}

fn gap(population: Option<&str>, subject: Option<Subject>, part: Option<&str>, right: &str) -> Gap {
    Gap {
        target: "aws-prod".to_owned(),
        collector: "aws-kms".to_owned(),
        population: population.map(str::to_owned),
        subject,
        part: part.map(str::to_owned),
        right: Some(right.to_owned()),
        reason: GapReason::Denied,
        detail: String::new(),
        exchange: None,
        acceptance: Some(accepted(99)),
    }
}

/// The record of the acceptance with this place in the order of ids: ANYWHERE, DEV, GRANTS, REGION.
fn accepted(ordinal: u64) -> RecordRef {
    RecordRef::new(RecordType::Acceptance, ordinal)
}

fn last(subject: &str) -> LastDeviation {
    LastDeviation {
        control: "C".to_owned(),
        check: "aws-kms/key-rotates".to_owned(),
        target: "aws-prod".to_owned(),
        subject: key(subject),
    }
}

#[test]
fn only_the_deviation_that_was_accepted() {
    let mut acceptances = Acceptances::new(declared(), on("2026-12-31"));
    let mut findings = [
        finding("aws-prod", "arn:k1", Outcome::Deviates),
        finding("aws-prod", "arn:k2", Outcome::Deviates),
        finding("aws-test", "arn:k1", Outcome::Deviates),
        finding("aws-prod", "arn:k1", Outcome::Undetermined),
        finding("aws-prod", "arn:k1", Outcome::Conforms),
    ];
    acceptances.cover_findings(&mut findings);
    assert_eq!(findings.map(|f| f.acceptance), [Some(accepted(1)), None, None, None, None]);
    assert_eq!(
        acceptances.uses().iter().map(|u| (u.id.as_str(), u.covered, u.is_unused())).collect::<Vec<_>>(),
        [("DEV", 1, false), ("REGION", 0, true), ("ANYWHERE", 0, true), ("GRANTS", 0, true)]
    );
}

#[test]
fn from_the_first_day_to_the_last() {
    for (day, state) in [
        ("2026-04-30", AcceptanceState::NotYetValid),
        ("2026-05-01", AcceptanceState::Valid),
        ("2026-12-31", AcceptanceState::Valid),
        ("2027-01-01", AcceptanceState::Expired),
    ] {
        let mut acceptances = Acceptances::new(declared(), on(day));
        let mut findings = [finding("aws-prod", "arn:k1", Outcome::Deviates)];
        acceptances.cover_findings(&mut findings);
        assert_eq!(acceptances.uses().iter().map(|u| u.state).collect::<Vec<_>>(), [state; 4], "{day}");
        let [found] = findings;
        assert_eq!(found.acceptance.is_some(), state == AcceptanceState::Valid, "{day}");
    }
}

#[test]
fn gaps_by_population_part_and_right() {
    let mut acceptances = Acceptances::new(declared(), on("2026-06-01"));
    let mut gaps = [
        gap(Some("aws-kms/key@us-east-1"), None, None, "kms:ListKeys"),
        gap(Some("aws-kms/key@eu-west-1"), None, None, "kms:ListKeys"),
        gap(Some("aws-kms/alias@eu-west-1"), None, None, "kms:ListAliases"),
        gap(Some("aws-kms/key@eu-west-1"), Some(key("arn:k1")), Some("grants"), "kms:ListGrants"),
        gap(Some("aws-kms/key@eu-west-1"), Some(key("arn:k1")), Some("rotation"), "kms:GetKeyRotationStatus"),
        gap(None, None, None, "kms:ListKeys"),
    ];
    acceptances.cover_gaps(&mut gaps, &[], &[]);
    let by = gaps.map(|g| g.acceptance);
    assert_eq!(by, [Some(accepted(3)), None, Some(accepted(0)), Some(accepted(2)), None, None]);
    let records = acceptances.records();
    let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids, ["ANYWHERE", "DEV", "GRANTS", "REGION"]);
    assert!(records[2].covers.gap(&gap(Some("aws-kms/key@eu-west-1"), None, Some("grants"), "kms:ListGrants")));
    assert_eq!(
        (records[1].approved.to_string(), records[1].expires.to_string()),
        ("2026-05-01".to_owned(), "2026-12-31".to_owned())
    );
}

#[test]
fn a_gap_that_may_hide_a_deviation_is_not_covered() {
    let over = |findings: &[Finding], deviated: &[LastDeviation]| {
        let mut acceptances = Acceptances::new(declared(), on("2026-06-01"));
        let mut gaps = [
            gap(Some("aws-kms/key@us-east-1"), None, None, "kms:ListKeys"),
            gap(Some("aws-kms/key@eu-west-1"), Some(key("arn:k1")), Some("grants"), "kms:ListGrants"),
            gap(Some("aws-kms/alias@eu-west-1"), None, None, "kms:ListAliases"),
        ];
        acceptances.cover_gaps(&mut gaps, findings, deviated);
        let refused: usize = acceptances.uses().iter().map(|u| u.refused.len()).sum();
        (gaps.map(|g| g.acceptance.is_some()), refused)
    };
    assert_eq!(over(&[], &[]), ([true, true, true], 0));
    // Read before and deviating: neither the gap on its own part nor the list it may have been on is accepted.
    assert_eq!(over(&[], &[last("arn:k1")]), ([false, false, true], 2));
    assert_eq!(over(&[], &[last("arn:other")]), ([false, true, true], 1));
    // Undetermined says nothing; a definite finding of this run does.
    assert_eq!(
        over(&[finding("aws-prod", "arn:k1", Outcome::Undetermined)], &[last("arn:k1")]),
        ([false, false, true], 2)
    );
    assert_eq!(over(&[finding("aws-prod", "arn:k1", Outcome::Conforms)], &[last("arn:k1")]), ([true, true, true], 0));
    assert_eq!(over(&[finding("aws-test", "arn:k1", Outcome::Conforms)], &[last("arn:k1")]), ([false, false, true], 2));
}

#[test]
fn only_accepted_gaps_excuse_what_rests_on_them() {
    let mut gaps = vec![gap(None, None, None, "r"), gap(None, None, None, "r")];
    (gaps[0].acceptance, gaps[1].acceptance) = (Some(accepted(3)), None);
    let rests = |gaps: &[u64]| -> Vec<RecordRef> {
        let coverage = RecordRef::new(RecordType::Coverage, 0);
        std::iter::once(coverage).chain(gaps.iter().map(|n| RecordRef::new(RecordType::Gap, *n))).collect()
    };
    assert!(excused(Outcome::Undetermined, &rests(&[0]), &gaps));
    // One that is not accepted, one that is not there, none at all, and what is known.
    assert!(!excused(Outcome::Undetermined, &rests(&[0, 1]), &gaps));
    assert!(!excused(Outcome::Undetermined, &rests(&[0, 7]), &gaps));
    assert!(!excused(Outcome::Undetermined, &rests(&[]), &gaps));
    assert!(!excused(Outcome::Deviates, &rests(&[0]), &gaps));
}

#[test]
fn an_acceptance_may_be_held_to_its_reason() {
    let mut declared = declared();
    for acceptance in &mut declared {
        if let Covers::Gap { right: right @ Some(_), part, reason_is, .. } = &mut acceptance.covers {
            (*right, *part, *reason_is) = (None, None, Some(GapReason::ClosedByPolicy));
        }
    }
    let mut acceptances = Acceptances::new(declared, on("2026-06-01"));
    let mut gaps = [GapReason::ClosedByPolicy, GapReason::Denied, GapReason::Throttled]
        .map(|reason| Gap { reason, ..gap(Some("aws-kms/key@eu-west-1"), None, None, "kms:ListKeys") });
    acceptances.cover_gaps(&mut gaps, &[], &[]);
    assert_eq!(gaps.map(|gap| gap.acceptance), [Some(accepted(2)), None, None]);
}
