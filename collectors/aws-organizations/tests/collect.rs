//! What this collector makes of what Organizations answers.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use collector_aws_organizations::AwsOrganizations;
use fakes::aws::{AwsFake, Organization, OrganizationPolicy, Size, World};
use sdk::GapReason;
use serde_json::{Value, json};
use testkit::{Fault, Faulty, Rule, Seen, collect};

const ACCOUNT: &str = "aws-organizations/account";

fn read(change: impl FnOnce(&mut Organization), rules: Vec<Rule>) -> Seen {
    let mut world = World::new(Size::SMALL).paged(1);
    change(world.organization.as_mut().unwrap());
    collect(&AwsOrganizations, Faulty::new(AwsFake::new(world), rules), json!({"account": "111122223333"}))
}

#[test]
fn an_account_is_bound_by_what_hangs_above_it() {
    let seen = read(|_| {}, vec![]);
    let prod = seen.facts(ACCOUNT, "111122223333");
    assert_eq!(prod["path"], json!(["r-ab12", "ou-ab12-11111111", "ou-ab12-22222222"]));
    assert_eq!(prod["management"], false);
    let denials: Vec<&Value> = prod["denials"].as_array().unwrap().iter().map(|denial| &denial["policy"]).collect();
    assert_eq!(denials, ["p-outside1", "p-keys0001"]);
    assert_eq!(prod["policies"].as_array().map(Vec::len), Some(3));
    assert_eq!(prod["delegated_services"], json!(["cloudtrail.amazonaws.com"]));
    // The other branch of the tree has none of it.
    let sandbox = seen.facts(ACCOUNT, "555566667777");
    assert_eq!(sandbox["denials"].as_array().map(Vec::len), Some(1));
    assert_eq!(sandbox["delegated_services"], json!([]));
    assert_eq!(seen.facts(ACCOUNT, "999900001111")["management"], true);
    let root = seen.facts("aws-organizations/unit", "r-ab12");
    assert_eq!((&root["parent"], root["policy_types"].as_array().map(Vec::len)), (&Value::Null, Some(2)));
    let policy = seen.facts("aws-organizations/policy", "p-keys0001");
    assert_eq!(policy["targets"], json!([{"id": "ou-ab12-11111111", "type": "ORGANIZATIONAL_UNIT"}]));
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
}

/// An allow-list that leaves out the deletion of keys guards them without any denial, unless another policy of the same level allows it.
#[test]
fn what_a_level_does_not_allow_is_guarded() {
    let list = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*",
        "Action": ["kms:Sign", "kms:Get*", "kms:Describe*", "s3:*"]}]});
    let all = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*", "Action": "*"}]});
    let scp = |id: &str, content: &Value, target: &str| OrganizationPolicy {
        id: id.to_owned(),
        name: id.to_owned(),
        kind: "SERVICE_CONTROL_POLICY".to_owned(),
        content: content.to_string(),
        targets: vec![target.to_owned()],
    };
    // The fake's upper unit has a policy that only denies: with no other one it allows nothing at all.
    let usual = read(|_| {}, vec![]);
    let upper = usual.facts(ACCOUNT, "111122223333")["unallowed"].as_array().unwrap().clone();
    assert!(upper.iter().all(|level| level["policies"] == json!(["p-keys0001"])) && upper.len() == 1, "{upper:?}");
    let seen = read(
        |organization| {
            organization.policies.push(scp("p-upper001", &all, "ou-ab12-11111111"));
            organization.policies.push(scp("p-list0001", &list, "ou-ab12-22222222"));
        },
        vec![],
    );
    let prod = seen.facts(ACCOUNT, "111122223333");
    let [only] = prod["unallowed"].as_array().unwrap().as_slice() else { panic!("{prod}") };
    assert_eq!((&only["to"], &only["policies"]), (&json!("ou-ab12-22222222"), &json!(["p-list0001"])));
    let actions: Vec<&str> = only["guard"]["actions"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(actions.contains(&"kms:ScheduleKeyDeletion") && !actions.contains(&"kms:Sign"), "{actions:?}");
    assert_eq!(seen.facts(ACCOUNT, "555566667777")["unallowed"], json!([]));

    let seen = read(
        |organization| {
            organization.policies.push(scp("p-upper001", &all, "ou-ab12-11111111"));
            organization.policies.push(scp("p-list0001", &list, "ou-ab12-22222222"));
            organization.policies.push(scp("p-all00001", &all, "ou-ab12-22222222"));
        },
        vec![],
    );
    assert_eq!(seen.facts(ACCOUNT, "111122223333")["unallowed"], json!([]));
}

/// A resource control policy binds who asks for a key; a store of keys is none of its resources.
#[test]
fn a_resource_control_policy_guards_nothing_that_has_no_key() {
    let deny = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Resource": "*",
        "Action": ["kms:DeleteCustomKeyStore", "cloudhsm:*", "kms:DisableKey"]}]});
    let seen = read(|organization| organization.policies[2].content = deny.to_string(), vec![]);
    let denial = &seen.facts(ACCOUNT, "555566667777")["denials"][0];
    assert_eq!((&denial["policy"], &denial["guard"]["actions"]), (&json!("p-outside1"), &json!(["kms:DisableKey"])));
}

#[test]
fn a_policy_that_is_not_read_may_bind() {
    let refused = Rule::always("organizations:DescribePolicy", Fault::Deny).when("PolicyId", "p-keys0001");
    let seen = read(|_| {}, vec![refused]);
    let both = [(Some("denials"), GapReason::Denied), (Some("unallowed"), GapReason::Denied)];
    assert_eq!(seen.gaps_of("111122223333"), both);
    assert_eq!(seen.facts(ACCOUNT, "111122223333").get("denials"), None);
    // It hangs above nobody else.
    assert_eq!(seen.gaps_of("555566667777"), []);
    let targets = Rule::always("organizations:ListTargetsForPolicy", Fault::Deny).when("PolicyId", "p-keys0001");
    let seen = read(|_| {}, vec![targets]);
    for account in ["111122223333", "555566667777"] {
        let all = ["denials", "policies", "unallowed"].map(|part| (Some(part), GapReason::Denied));
        assert_eq!(seen.gaps_of(account), all, "what it hangs on is unknown");
    }
}

#[test]
fn a_unit_that_is_not_looked_into_hides_whose_path_is_unknown() {
    let refused = Rule::always("organizations:ListAccountsForParent", Fault::Deny).when("ParentId", "ou-ab12-22222222");
    let seen = read(|_| {}, vec![refused]);
    let lost = ["denials", "path", "policies", "unallowed"].map(|part| (Some(part), GapReason::Denied));
    assert_eq!(seen.gaps_of("111122223333"), lost);
    assert_eq!(seen.gaps_of("555566667777"), []);
}

#[test]
fn no_organisation_is_a_fact_and_its_lists_are_not_empty() {
    let mut world = World::new(Size::SMALL);
    world.organization = None;
    let seen = collect(&AwsOrganizations, AwsFake::new(world), json!({"account": "111122223333"}));
    let none = seen.facts("aws-organizations/organization", "111122223333");
    assert_eq!(none, &json!({"exists": false, "id": null, "management_account": null, "feature_set": null}));
    for kind in ["unit", "account", "policy@SERVICE_CONTROL_POLICY"] {
        let population = format!("aws-organizations/{kind}");
        assert!(seen.coverage.iter().any(|one| one.population == population && !one.complete), "{population}");
        let gap = seen.gaps.iter().find(|gap| gap.population.as_ref() == Some(&population)).unwrap();
        assert_eq!(gap.reason, GapReason::Unsupported);
    }
}
