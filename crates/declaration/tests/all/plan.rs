//! What a declaration is resolved to: the words of acceptances, controls before anything is judged.

use model::record::GapReason;
use model::{Covers, Outcome};
use witnessmark_declaration::{Plan, plan};

use crate::common::{environment, load_one};

const DECLARED: &str = r#"witnessmark: 1
entity: Northbank
system: {id: hot}
targets: [{id: aws-prod, collector: aws-kms, account: "111122223333"}]
controls:
  - {id: C, title: Keys rotate, requirements: [ccss-9.0:1.05.1.1], observe: {every: 1d}, checks: [{use: aws-kms/key-rotates}]}
  - {id: E, title: Someone looks}
acceptances:
  - {id: GRANTS, target: aws-prod, reason_is: closed-by-policy, reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-12-31}
"#;

fn planned() -> Plan {
    let loaded = load_one(DECLARED);
    plan(&loaded, &environment()).unwrap_or_else(|found| panic!("{}", loaded.render(&found, false)))
}

#[test]
fn an_acceptance_may_be_held_to_its_reason() {
    let covers = Covers::Gap {
        target: "aws-prod".to_owned(),
        population: None,
        right: None,
        part: None,
        subject: None,
        reason_is: Some(GapReason::ClosedByPolicy),
    };
    assert_eq!(planned().acceptances.iter().map(|a| &a.covers).collect::<Vec<_>>(), [&covers]);

    let wrong = load_one(&DECLARED.replace("closed-by-policy", "closed-by-polcy"));
    let found = plan(&wrong, &environment()).expect_err("not a reason");
    let said = wrong.render(&found, false);
    assert!(
        said.contains("`closed-by-polcy` is not a reason") && said.contains("did you mean `closed-by-policy`?"),
        "{said}"
    );
}

#[test]
fn a_control_without_checks_has_no_outcome() {
    let controls = planned().unjudged_controls();
    let seen: Vec<_> =
        controls.iter().map(|c| (c.id.as_str(), c.outcome, c.observe.as_ref().map(|o| o.every_seconds))).collect();
    assert_eq!(seen, [("C", Some(Outcome::Undetermined), Some(86_400)), ("E", None, None)]);
    assert_eq!(controls.iter().map(|c| c.requirements.len()).collect::<Vec<_>>(), [1, 0]);
}

#[test]
fn what_a_bundle_cannot_hold_is_said_where_it_is_written() {
    let said = |text: &str| {
        let loaded = load_one(text);
        let found = plan(&loaded, &environment()).expect_err("too much");
        loaded.render(&found, false)
    };
    let folded = DECLARED.replace("entity: Northbank", "entity: |\n  Northbank\n  Ltd");
    assert!(said(&folded).contains("more than 256 bytes, or a line end"), "{}", said(&folded));
    let long = DECLARED.replace("entity: Northbank", &format!("entity: {}", "n".repeat(257)));
    assert!(said(&long).contains("more than 256 bytes, or a line end"));
    let wordy = DECLARED.replace("reason: r", &format!("reason: {}", "r".repeat(16_000)));
    assert!(said(&wordy).contains("this acceptance has 16"), "{}", said(&wordy));
    let one = "{target: aws-prod, reason_is: denied, reason: r, approved_by: C, approved: 2026-05-01, expires: 2026-12-31, id: A";
    let many: String = (0..4_096).map(|n| format!("  - {one}{n}}}\n")).collect();
    let many = said(&format!("{DECLARED}{many}"));
    assert!(many.contains("one of more than 4096 acceptances"), "{many}");
}
