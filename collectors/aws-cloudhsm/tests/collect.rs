//! What this collector makes of what CloudHSM answers.

use collector_aws_cloudhsm::AwsCloudhsm;
use fakes::aws::{AwsFake, Size, World};
use sdk::{GapReason, NewBody};
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Seen, collect};

fn read(rules: Vec<Rule>, regions: &[&str]) -> Seen {
    let world = World::new(Size::SMALL);
    collect(
        &AwsCloudhsm,
        Faulty::new(AwsFake::new(world), rules),
        json!({"account": "111122223333", "regions": regions}),
    )
}

#[test]
fn reads_clusters_and_backups() {
    let seen = read(vec![], &["eu-west-1"]);
    let cluster = seen.facts("aws-cloudhsm/cluster", "cluster-1a23b4cdefg");
    assert_eq!((&cluster["state"], &cluster["backup_retention_days"]), (&json!("ACTIVE"), &json!(90)));
    assert_eq!(cluster["hsms"].as_array().map(Vec::len), Some(2));
    assert_eq!(cluster["source_backup"], Value::Null);
    let backup = seen.facts("aws-cloudhsm/backup", "backup-2");
    assert_eq!((&backup["never_expires"], &backup["cluster"]), (&json!(true), &json!("cluster-1a23b4cdefg")));
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}

#[test]
fn the_first_password_of_a_cluster_is_not_kept() {
    let shown =
        Fault::Rewrite(vec![("\"HsmType\"".to_owned(), "\"PreCoPassword\":\"first4711\",\"HsmType\"".to_owned())]);
    let seen = read(vec![Rule::always("cloudhsm:DescribeClusters", shown)], &["eu-west-1"]);
    let masked = seen.exchanges.iter().filter_map(|one| match &one.exchange.body {
        NewBody::Masked { bytes, texts } => Some((bytes, texts)),
        _ => None,
    });
    let [(bytes, texts)] = masked.collect::<Vec<_>>()[..] else { panic!("{seen:?}") };
    let text = String::from_utf8_lossy(bytes);
    assert!(text.contains("\"PreCoPassword\":\"*********\"") && !format!("{seen:?}").contains("first4711"), "{text}");
    assert!(texts.iter().all(|text| text.path.ends_with("/PreCoPassword") && text.length == 9), "{texts:?}");
    assert!(seen.resources.iter().any(|one| one.kind == "aws-cloudhsm/cluster"));
}

#[test]
fn a_region_that_is_closed_is_not_empty() {
    let seen = read(vec![], &["af-south-1"]);
    for kind in ["cluster", "backup"] {
        let population = format!("aws-cloudhsm/{kind}@af-south-1");
        assert!(seen.coverage.iter().any(|one| one.population == population && !one.complete));
        let gap = seen.gaps.iter().find(|gap| gap.population.as_ref() == Some(&population));
        assert_eq!(gap.map(|gap| gap.reason), Some(GapReason::Unsupported));
    }
}
