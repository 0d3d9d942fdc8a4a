//! What this collector makes of what CloudTrail answers.

use collector_aws_cloudtrail::AwsCloudtrail;
use fakes::aws::{AwsFake, Region, Selectors, Size, Trail, World};
use sdk::GapReason;
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Seen, collect};

fn world(change: impl FnOnce(&mut World)) -> World {
    let mut world = World::new(Size::SMALL);
    world.regions.push(Region { name: "us-east-1".to_owned(), opt_status: "ENABLED_BY_DEFAULT".to_owned() });
    change(&mut world);
    world
}

fn read(world: World, rules: Vec<Rule>, regions: &[&str]) -> Seen {
    collect(
        &AwsCloudtrail,
        Faulty::new(AwsFake::new(world), rules),
        json!({"account": "111122223333", "regions": regions}),
    )
}

#[test]
fn a_trail_of_all_regions_is_read_once_and_shows_everywhere() {
    let seen = read(world(|_| {}), vec![], &["eu-west-1", "us-east-1"]);
    let trail = seen.facts("aws-cloudtrail/trail", "trail/organization");
    assert_eq!(trail["seen_in"], json!(["eu-west-1", "us-east-1"]));
    assert_eq!(trail["selectors"]["classic"], Value::Null);
    assert_eq!(trail["selectors"]["advanced"][0]["fields"][0]["equals"], json!(["Management"]));
    let here = seen.facts("aws-cloudtrail/region", "eu-west-1");
    assert_eq!(here["trails"].as_array().map(Vec::len), Some(2));
    let there = seen.facts("aws-cloudtrail/region", "us-east-1");
    assert_eq!(there["trails"], json!(["arn:aws:cloudtrail:eu-west-1:111122223333:trail/organization"]));
    assert_eq!(there["logging"], there["trails"]);
    assert_eq!(there["selectors"][0]["trail"], there["trails"][0]);
    let asked = seen.exchanges.iter().filter(|one| one.exchange.operation == "cloudtrail:GetTrailStatus").count();
    assert_eq!(asked, 2, "each trail once");
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}

#[test]
fn a_region_that_is_not_enabled_has_nothing_to_ask() {
    let seen = read(world(|_| {}), vec![], &["eu-west-1"]);
    let closed = seen.facts("aws-cloudtrail/region", "af-south-1");
    assert_eq!(
        (&closed["trails"], &closed["logging"], &closed["selectors"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    // One that is enabled and left out: absent, and named.
    let left_out = seen.facts("aws-cloudtrail/region", "us-east-1");
    assert_eq!(left_out["declared"], false);
    assert_eq!(left_out.get("trails"), None);
    let skipped = ["logging", "selectors", "trails"].map(|part| (Some(part), GapReason::Skipped));
    assert_eq!(seen.gaps_of("us-east-1"), skipped);
    // One that does not exist: a list of its own, of which nothing was read.
    let seen = read(world(|_| {}), vec![], &["eu-west-9"]);
    let [gap] = seen.gaps.iter().filter(|gap| gap.reason == GapReason::Unsupported).collect::<Vec<_>>()[..] else {
        panic!("{:?}", seen.gaps)
    };
    assert_eq!((gap.population.as_deref(), &gap.subject), (Some("aws-cloudtrail/region@eu-west-9"), &None));
    assert_eq!(gap.detail, "the account has no region of this name");
    assert!(seen.coverage.iter().any(|one| one.population == "aws-cloudtrail/region" && one.complete));
}

#[test]
fn a_list_that_names_a_trail_again_says_it_again() {
    let rules = vec![Rule::always("cloudtrail:DescribeTrails", Fault::ListedTwice)];
    let seen = read(world(|_| {}), rules, &["eu-west-1", "us-east-1"]);
    let trails = seen.resources.iter().filter(|one| one.kind == "aws-cloudtrail/trail").count() as u64;
    // Two trails, of which the first is in both regions, and listed twice in each.
    let coverage = seen.coverage.iter().find(|one| one.population == "aws-cloudtrail/trail").unwrap();
    assert_eq!((trails, coverage.items, coverage.complete), (4, 4, true));
}

#[test]
fn one_refused_region_is_not_the_others() {
    let rules = vec![Rule::times("cloudtrail:DescribeTrails", 1, Fault::DenyByOrganization)];
    let seen = read(world(|world| world.trails.truncate(1)), rules, &["eu-west-1", "us-east-1"]);
    let closed: Vec<&str> = ["eu-west-1", "us-east-1"]
        .into_iter()
        .filter(|region| seen.gaps_of(region).contains(&(Some("trails"), GapReason::ClosedByPolicy)))
        .collect();
    assert_eq!(closed.len(), 1, "{:?}", seen.gaps);
    assert!(
        seen.coverage.iter().any(|one| one.population == "aws-cloudtrail/trail" && !one.complete && one.items == 1)
    );
    assert!(seen.gaps.iter().any(|gap| gap.subject.is_none() && gap.reason == GapReason::ClosedByPolicy));
}

#[test]
fn an_answer_that_does_not_say_is_malformed_and_an_empty_error_is_none() {
    let strange = world(|world| {
        let trail = Trail::new("x", "eu-west-1", "111122223333");
        let selectors = Selectors::Advanced(json!([{"Name": "n"}]));
        world.trails = vec![Trail { selectors, delivery_error: Some(String::new()), ..trail }];
    });
    let seen = read(strange, vec![], &["eu-west-1"]);
    let trail = seen.facts("aws-cloudtrail/trail", "trail/x");
    assert_eq!(trail["status"]["latest_delivery_error"], Value::Null);
    assert_eq!(trail.get("selectors"), None);
    assert_eq!(seen.gaps_of("trail/x"), [(Some("selectors"), GapReason::Malformed)]);
    assert!(seen.gaps_of("eu-west-1").contains(&(Some("selectors"), GapReason::Malformed)));
}

/// A field that is compared with nothing may let everything through, or nothing: it is not taken for one without a limit.
#[test]
fn a_field_that_is_compared_with_nothing_is_malformed() {
    let category = json!({"Field": "eventCategory", "Equals": ["Management"], "NotEquals": [], "StartsWith": null});
    let of = |fields: &[&Value]| {
        let selectors = Selectors::Advanced(json!([{"Name": "n", "FieldSelectors": fields}]));
        let trail = Trail::new("x", "eu-west-1", "111122223333");
        read(world(|world| world.trails = vec![Trail { selectors, ..trail }]), vec![], &["eu-west-1"])
    };
    for source in [
        json!({"Field": "eventSource"}),
        json!({"Field": "eventSource", "NotEquals": null}),
        json!({"Field": "eventSource", "Equals": [], "NotEquals": []}),
    ] {
        let seen = of(&[&category, &source]);
        assert_eq!(seen.facts("aws-cloudtrail/trail", "trail/x").get("selectors"), None, "{source}");
        assert_eq!(seen.gaps_of("trail/x"), [(Some("selectors"), GapReason::Malformed)], "{source}");
    }
    // Lists that are not used are empty or `null` beside one that is.
    let seen = of(&[&category]);
    let field = &seen.facts("aws-cloudtrail/trail", "trail/x")["selectors"]["advanced"][0]["fields"][0];
    assert_eq!((&field["equals"], &field["starts_with"]), (&json!(["Management"]), &json!([])));
}

#[test]
fn without_trails_nothing_is_logged_and_that_is_known() {
    let seen = read(world(|world| world.trails.clear()), vec![], &["eu-west-1"]);
    let region = seen.facts("aws-cloudtrail/region", "eu-west-1");
    assert_eq!((&region["trails"], &region["logging"], &region["selectors"]), (&json!([]), &json!([]), &json!([])));
}
