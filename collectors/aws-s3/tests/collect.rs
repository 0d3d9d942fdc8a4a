//! What this collector makes of what S3 answers.

use collector_aws_s3::AwsS3;
use fakes::aws::{AwsFake, Bucket, Lock, Size, World};
use sdk::GapReason;
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Seen, collect};

const BUCKET: &str = "aws-s3/bucket";

fn read(change: impl FnOnce(&mut World), rules: Vec<Rule>, buckets: &[&str]) -> Seen {
    let mut world = World::new(Size::SMALL);
    change(&mut world);
    collect(
        &AwsS3,
        Faulty::new(AwsFake::new(world), rules),
        json!({"account": "111122223333", "regions": ["eu-west-1"], "buckets": buckets}),
    )
}

#[test]
fn what_a_bucket_does_not_have_is_null_and_no_gap() {
    let seen = read(
        |world| {
            world.account_block = None;
            world.buckets = vec![Bucket { lock: None, encryption: None, versioning: None, ..Bucket::plain("bare") }];
        },
        vec![],
        &["bare"],
    );
    let bare = seen.facts(BUCKET, ":::bare");
    for part in [
        "policy",
        "policy_is_public",
        "public_access_block",
        "account_public_access_block",
        "object_lock",
        "encryption",
        "ownership",
    ] {
        assert_eq!(bare.get(part), Some(&Value::Null), "{part}");
    }
    assert_eq!(bare["versioning"], json!({"status": null, "mfa_delete": null}));
    assert_eq!((&bare["region"], bare["acl"].as_array().map(Vec::len)), (&json!("eu-west-1"), Some(1)));
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}

#[test]
fn what_it_has_is_read() {
    let group = "http://acs.amazonaws.com/groups/global/AllUsers".to_owned();
    let seen = read(
        |world| {
            world.buckets[0].lock = Some(Lock { mode: Some("GOVERNANCE".to_owned()), days: Some(30), years: None });
            world.buckets[0].acl = vec![(group, "READ".to_owned())];
        },
        vec![],
        &["northbank-evidence"],
    );
    let bucket = seen.facts(BUCKET, "northbank-evidence");
    assert_eq!(bucket["object_lock"], json!({"enabled": true, "mode": "GOVERNANCE", "days": 30, "years": null}));
    assert_eq!(bucket["acl"][1]["kind"], "group");
    assert_eq!(bucket["policy"]["statements"][0]["effect"], "Deny");
    assert_eq!(bucket["policy_is_public"], false);
    assert_eq!(bucket["account_public_access_block"]["restrict_public_buckets"], true);
    assert_eq!(bucket["encryption"]["algorithm"], "aws:kms");
}

// A7
#[test]
fn a_list_tells_the_owner_from_every_other_grantee() {
    const STRANGER: &str = "aec4f1b7e59a4a3a9e0e6f3e3f3a52b1c1c6d0e5c2f64e9f9a6a9d7f5b3c2d1e";
    let seen = read(
        |world| world.buckets[0].acl = vec![(STRANGER.to_owned(), "FULL_CONTROL".to_owned())],
        vec![],
        &["northbank-evidence"],
    );
    let acl = &seen.facts(BUCKET, "northbank-evidence")["acl"];
    assert_eq!((&acl[0]["kind"], &acl[0]["is_owner"]), (&json!("canonical-user"), &json!(true)));
    assert_eq!((&acl[1]["grantee"], &acl[1]["is_owner"]), (&json!(STRANGER), &json!(false)));
    // Who the owner is, is that answer's own: without it nobody is.
    let nameless = Fault::Rewrite(vec![
        ("<Owner><ID>".to_owned(), "<Owner><Nobody>".to_owned()),
        ("</ID></Owner>".to_owned(), "</Nobody></Owner>".to_owned()),
    ]);
    let seen = read(|_| {}, vec![Rule::always("s3:GetBucketAcl", nameless)], &["northbank-evidence"]);
    assert_eq!(seen.facts(BUCKET, "northbank-evidence").get("acl"), None);
    assert_eq!(seen.gaps_of("northbank-evidence"), [(Some("acl"), GapReason::Malformed)]);
}

#[test]
fn a_bucket_that_is_not_there_is_a_gap_and_nothing_else() {
    let seen = read(|_| {}, vec![], &["no-such-bucket", "northbank-trail"]);
    assert_eq!(seen.gaps_of("no-such-bucket"), [(None, GapReason::Vanished)]);
    assert_eq!(seen.resources.len(), 1);
    assert_eq!(seen.gaps.len(), 1);
}

#[test]
fn a_bucket_of_another_account_is_not_read() {
    let rule = |right: &str| Rule::always(right, Fault::Deny).when("Bucket", "northbank-trail");
    let seen = read(|_| {}, vec![rule("s3:GetBucketPolicy")], &["northbank-evidence", "northbank-trail"]);
    assert_eq!(seen.gaps_of("northbank-trail"), [(Some("policy"), GapReason::Denied)]);
    assert_eq!(seen.facts(BUCKET, "northbank-trail").get("policy"), None);
    // Every request says whose bucket it is expected to be.
    let of_buckets = seen.exchanges.iter().filter(|one| one.exchange.parameters.get("Bucket").is_some());
    assert!(of_buckets.clone().count() >= 18);
    for one in of_buckets {
        assert_eq!(one.exchange.parameters["ExpectedBucketOwner"], "111122223333");
    }
}

#[test]
fn an_absence_in_a_broken_answer_is_not_believed() {
    let rule = Rule::always("s3:GetBucketPolicy", Fault::Rewrite(vec![("</Message>".to_owned(), "<".to_owned())]));
    let seen = read(|_| {}, vec![rule], &["northbank-trail"]);
    assert_eq!(seen.facts(BUCKET, "northbank-trail").get("policy"), None);
    assert!(seen.gaps_of("northbank-trail").iter().any(|(part, _)| *part == Some("policy")), "{:?}", seen.gaps);
}
