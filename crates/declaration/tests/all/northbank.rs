//! The example of the product's own description: it parses, its plan is the expected one, and the schema accepts it.

use crate::common::{NORTHBANK, environment, load_one};
use diagnose::OneOrMany;
use model::Covers;
use witnessmark_declaration::{Designation, Treatment};

#[test]
fn everything_in_it_is_read() {
    let loaded = load_one(NORTHBANK);
    assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    let d = &loaded.declaration;
    assert_eq!(d.entity.value, "Northbank Custody Ltd");
    assert_eq!(d.system.designation.unwrap().value, Designation::Full);
    assert_eq!(d.targets.len(), 4);
    assert!(matches!(&d.targets[0].collector, OneOrMany::Many(c) if c.len() == 2));
    assert_eq!(d.targets[3].settings.to_json()["organization_id"], 4711);
    assert_eq!(d.components[0].evidence[0].as_str(), "REC-ROOM");
    assert_eq!(d.third_parties[1].certificate.as_ref().unwrap().level.value, 3);
    assert_eq!(d.key_holders[0].identities.by_target.len(), 2);
    assert_eq!(d.keys[0].place.as_ref().unwrap().key.value, "alias/hot-signing");
    assert_eq!(d.threat_model.as_ref().unwrap().review_every.as_ref().unwrap().to_string(), "1y");
    assert_eq!(d.threats[0].affects.as_ref().unwrap().keys[0].as_str(), "hot-signing");
    assert_eq!(d.risks.rows[0].treatment.value, Treatment::Reduce);
    assert_eq!(d.controls[0].task.as_ref().unwrap().records.as_ref().unwrap().value, "access-reviews/");
    assert_eq!(d.controls[0].documents[0].kind.as_ref().unwrap().as_str(), "policy");
    assert_eq!(d.acceptances[0].signature.as_ref().unwrap().value, "acceptances/AC-7.sig");
    assert_eq!(loaded.files.len(), 1);
    assert_eq!(loaded.files[0].bytes, NORTHBANK.as_bytes());
    assert_eq!(
        loaded.attachments().iter().map(|a| a.path.as_str()).collect::<Vec<_>>(),
        ["docs/access-policy.md", "acceptances/AC-7.sig"]
    );
    assert_eq!(loaded.part("keys").unwrap()[0]["id"], "hot-signing");
}

#[test]
fn its_one_fault_is_found() {
    let loaded = load_one(NORTHBANK);
    insta::assert_snapshot!(loaded.render(&witnessmark_declaration::check(&loaded, &environment()), false), @r#"
    error[unknown-reference]: there is no threat `T-CLOUD`
      --> witnessmark.yaml:17:41
       |
    17 |   - {id: aws, role: cloud, in_threats: [T-CLOUD], reviewed: 2026-05-02}
       |                                         ^^^^^^^
       |
       = help: there are: `T-INSIDER-SIGN`
    "#);
}

#[test]
fn its_plan() {
    // The example names a threat that it leaves out; a whole declaration has it.
    let whole =
        NORTHBANK.replace("threats:\n", "threats:\n  - {id: T-CLOUD, title: The cloud provider is compelled}\n");
    let loaded = load_one(&whole);
    let plan = witnessmark_declaration::plan(&loaded, &environment())
        .unwrap_or_else(|found| panic!("{}", loaded.render(&found, false)));
    assert_eq!(plan.every_seconds, Some(86_400));
    assert_eq!(plan.targets[0].collectors.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["aws-iam", "aws-kms"]);
    assert!(matches!(&plan.acceptances[0].covers, Covers::Deviation { control, .. } if control == "AC-MFA"));
    insta::assert_json_snapshot!(plan.assignments, @r#"
    [
      {
        "control": "AC-MFA",
        "check": "aws-iam/console-users-have-mfa",
        "targets": [
          "aws-prod"
        ],
        "parameters": {
          "accept": [
            "hardware",
            "passkey"
          ]
        },
        "defaults": {
          "accept": [
            "hardware",
            "passkey"
          ]
        },
        "weaker": [],
        "expect_none": "people sign in through Identity Center"
      },
      {
        "control": "AC-MFA",
        "check": "github/org-requires-2fa",
        "targets": [
          "code"
        ],
        "parameters": {},
        "defaults": {},
        "weaker": []
      }
    ]
    "#);
}

#[test]
fn its_schema_accepts_it() {
    let schema = witnessmark_declaration::declaration_schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = load_one(NORTHBANK).to_json();
    let errors: Vec<String> = validator.iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert_eq!(errors, [] as [String; 0]);
}
