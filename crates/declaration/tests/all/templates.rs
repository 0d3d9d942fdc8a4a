//! What becomes of a template. That each is usable, and what it offers too, `tests/tests/alone/templates.rs` shows.

use witnessmark_declaration::{CheckMeta, CheckSubject, Environment, check, plan};

use crate::common::{environment, load_one};

const AWS: &str = include_str!("../../../../policies/templates/aws.yaml");

/// The shipped checks in place of the tests' own.
fn shipped() -> Environment {
    let mut environment = environment();
    // The tests' own environment knows some collectors only; all of AWS have the same settings, and one has one more.
    for name in ["aws-cloudtrail", "aws-organizations", "aws-s3"] {
        let mut info = environment.collectors.get("aws-iam").unwrap().clone();
        info.name = name.to_owned();
        if name == "aws-s3" {
            let properties = info.settings.get_mut("properties").and_then(|properties| properties.as_object_mut());
            properties.unwrap().insert("buckets".to_owned(), serde_json::json!({"type": "array"}));
        }
        environment.collectors.insert(name.to_owned(), info);
    }
    environment.checks.checks = assess::CheckSet::stock()
        .unwrap()
        .checks()
        .map(|check| {
            let custom = &check.meta.custom;
            let meta = CheckMeta {
                id: check.id.clone(),
                title: check.meta.title.clone(),
                collector: check.id.split('/').next().unwrap().to_owned(),
                subject: match &custom.subject {
                    assess::SubjectKind::Kind(kind) => CheckSubject::Resource(kind.clone()),
                    assess::SubjectKind::Target => CheckSubject::Target(custom.reads.clone()),
                },
                parts: custom.needs.all().into_iter().map(str::to_owned).collect(),
                declares: custom.declares.clone(),
                parameters: custom.parameters.clone(),
            };
            (check.id.clone(), meta)
        })
        .collect();
    environment
}

#[test]
fn aws_is_usable_and_uses_every_check() {
    let loaded = load_one(AWS);
    let environment = shipped();
    let plan = plan(&loaded, &environment).unwrap_or_else(|found| panic!("{}", loaded.render(&found, false)));
    let said = check(&loaded, &environment);
    assert_eq!(loaded.render(&said, false), "");
    // What judges computed objects is used once keys are declared.
    let theirs = plan.assignments.iter().filter(|a| a.control != "declaration");
    let mut used: Vec<&str> = theirs.clone().map(|a| a.check.as_str()).collect();
    used.sort_unstable();
    let joined = |kind: &String| kind.starts_with("joined/");
    let of_targets = environment.checks.checks.values().filter(|check| !check.kinds().iter().any(joined));
    let all: Vec<String> = of_targets.map(|check| check.id.to_string()).filter(|id| id.starts_with("aws-")).collect();
    assert_eq!(used, all);
    assert!(theirs.clone().all(|a| a.targets == ["aws-prod"] && a.weaker.is_empty()));
    assert_eq!(plan.every_seconds, Some(86_400));
}
