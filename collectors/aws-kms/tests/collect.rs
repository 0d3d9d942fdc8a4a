//! What this collector makes of what KMS answers.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use collector_aws_kms::AwsKms;
use fakes::aws::{Alias, AwsFake, KmsRegion, Region, Size, World};
use sdk::{
    Clock, CollectorKind, Environment, GapReason, KnownSecrets, Overrides, Secret, StaticCredentials, Target, Timestamp,
};
use serde_json::{Value, json};
use testkit::{Fault, Faulty, HASTY, Memory, Rule, Seen, Server};

fn now(later: Duration) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + later;
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

/// Collects from an account in which some calls fail. `regions`: as declared.
fn collect(world: World, rules: Vec<Rule>, regions: Option<&[&str]>) -> Seen {
    let server = Server::http(Faulty::new(AwsFake::new(world), rules));
    let memory = Memory::default();
    let recorder = memory.recorder("prod", "aws-kms", KnownSecrets::default());
    let mut settings = json!({"account": "111122223333"});
    if let Some(regions) = regions {
        settings["regions"] = json!(regions);
    }
    let Value::Object(settings) = settings else { panic!("an object") };
    let environment = Environment {
        run_id: "run".to_owned(),
        user_agent: "witnessmark/0.1.0".to_owned(),
        concurrency: 4,
        clock: Clock::new(|| now(Duration::ZERO)),
        deadline: now(Duration::from_secs(60)),
        patience: HASTY,
        stop: sdk::Stop::default(),
        pins: std::collections::BTreeMap::new(),
        overrides: Overrides {
            endpoint_url: Some(server.url()),
            credentials: Some(StaticCredentials {
                access_key_id: "AKIA0000000000000000".to_owned(),
                secret_access_key: Secret::new("a-secret-access-key".to_owned()),
            }),
            ..Overrides::default()
        },
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let target = Target { id: "prod".to_owned(), settings };
        let collector = AwsKms.connect(&target, &environment, &recorder).await.unwrap();
        collector.collect(&recorder).await.unwrap();
    });
    let seen = memory.seen();
    assert_eq!(seen.lists_that_do_not_add_up(), BTreeSet::new());
    seen
}

fn world(change: impl FnOnce(&mut KmsRegion)) -> World {
    let mut world = World::new(Size { keys: 2, ..Size::SMALL });
    let region = world.kms.get_mut("eu-west-1").unwrap();
    region.stores.clear();
    change(region);
    world
}

const HERE: Option<&[&str]> = Some(&["eu-west-1"]);

fn facts<'a>(seen: &'a Seen, kind: &str, id: &str) -> &'a Value {
    let found = seen.resources.iter().find(|one| one.kind == kind && one.id.ends_with(id));
    &found.unwrap_or_else(|| panic!("`{kind}` `{id}`")).facts
}

/// Part and reason of the gaps of one subject.
fn gaps<'a>(seen: &'a Seen, id: &str) -> Vec<(Option<&'a str>, GapReason)> {
    seen.gaps
        .iter()
        .filter(|gap| gap.subject.as_ref().is_some_and(|subject| subject.id.ends_with(id)))
        .map(|gap| (gap.part.as_deref(), gap.reason))
        .collect()
}

fn first_key(world: &World) -> String {
    world.kms["eu-west-1"].keys[0].id.clone()
}

#[test]
fn tells_rotating_keys_from_those_that_cannot() {
    let seen = collect(
        world(|region| {
            region.keys[0].tags = vec![("a".to_owned(), "b".to_owned())];
            let mut imported = region.keys[0].clone();
            (imported.id, imported.origin) = ("imported".to_owned(), "EXTERNAL".to_owned());
            imported.valid_to = Some(1_800_000_000.0);
            region.keys.push(imported);
        }),
        vec![],
        HERE,
    );
    let rotating = facts(&seen, "aws-kms/key", "00000000-1234-4321-8765-000000000000");
    assert_eq!(rotating["rotation"]["enabled"], true);
    assert_eq!(rotating["rotation"]["period_days"], 365);
    assert_eq!(rotating["rotations"][0]["kind"], "AUTOMATIC");
    assert_eq!(rotating["tags"], json!({"a": "b"}));
    assert_eq!(rotating["creation_date"], json!({"at": "2025-03-04T05:06:07.125Z", "epoch": 1_741_064_767}));
    assert_eq!(rotating["policy"]["statements"][0]["principals"][0]["account"], "111122223333");
    assert_eq!((&rotating["deletion_date"], &rotating["multi_region"]), (&Value::Null, &Value::Null));

    let signing = facts(&seen, "aws-kms/key", "00000001-1234-4321-8765-000000001eef");
    assert_eq!(signing["spec"], "ECC_SECG_P256K1");
    assert_eq!((&signing["rotation"], &signing["rotations"]), (&Value::Null, &Value::Null));

    let imported = facts(&seen, "aws-kms/key", "key/imported");
    assert_eq!(imported["rotation"], Value::Null);
    assert!(imported["rotations"].is_array(), "imported material is rotated on demand");
    assert_eq!(imported["valid_to"]["epoch"], 1_800_000_000);
    assert!(seen.gaps.iter().all(|gap| gap.reason == GapReason::Skipped), "{:?}", seen.gaps);
}

#[test]
fn knows_aliases_that_point_to_nothing() {
    let dangling = |region: &mut KmsRegion| {
        region.aliases.push(Alias { name: "alias/gone".to_owned(), target: Some("no-such-key".to_owned()) });
    };
    let seen = collect(world(dangling), vec![], HERE);
    assert_eq!(facts(&seen, "aws-kms/alias", "alias/gone")["target_exists"], false);
    let reserved = facts(&seen, "aws-kms/alias", "alias/aws/acm");
    assert_eq!((&reserved["target_key"], &reserved["target_exists"]), (&Value::Null, &json!(false)));
    assert_eq!(reserved["reserved"], true);
    assert_eq!(facts(&seen, "aws-kms/alias", "alias/key-00001")["target_exists"], true);
    assert_eq!(facts(&seen, "aws-kms/key", "000000000000")["aliases"], json!(["alias/key-00000"]));

    // Without the list of keys it is not known which point to nothing: the part is not there, also of those that name no key.
    let seen = collect(world(dangling), vec![Rule::always("kms:ListKeys", Fault::Deny)], HERE);
    assert!(facts(&seen, "aws-kms/alias", "alias/gone").get("target_exists").is_none());
    let both = [(Some("target_exists"), GapReason::Denied), (Some("target_state"), GapReason::Denied)];
    assert_eq!(gaps(&seen, "alias/gone"), both);
    assert!(facts(&seen, "aws-kms/alias", "alias/aws/acm").get("target_exists").is_none());
    assert_eq!(gaps(&seen, "alias/aws/acm"), both);
}

// A10
#[test]
fn an_alias_tells_in_what_state_the_key_is() {
    let seen = collect(world(|region| region.keys[0].state = "Disabled".to_owned()), vec![], HERE);
    assert_eq!(facts(&seen, "aws-kms/alias", "alias/key-00000")["target_state"], "Disabled");
    assert_eq!(facts(&seen, "aws-kms/alias", "alias/key-00001")["target_state"], "Enabled");
    assert_eq!(facts(&seen, "aws-kms/alias", "alias/aws/acm")["target_state"], Value::Null);
    let seen = collect(world(|_| {}), vec![Rule::always("kms:DescribeKey", Fault::Deny)], HERE);
    let alias = facts(&seen, "aws-kms/alias", "alias/key-00000");
    assert_eq!((&alias["target_exists"], alias.get("target_state")), (&json!(true), None));
    assert_eq!(gaps(&seen, "alias/key-00000"), [(Some("target_state"), GapReason::Denied)]);
    assert!(gaps(&seen, "alias/aws/acm").is_empty());
}

// A11
#[test]
fn whose_a_key_is_cannot_be_hidden_by_its_policy() {
    let denied = || vec![Rule::always("kms:DescribeKey", Fault::Deny)];
    let manager = |seen: &Seen| facts(seen, "aws-kms/key", "000000000000").get("manager").cloned();
    // By its name.
    let seen = collect(world(|_| {}), denied(), HERE);
    assert_eq!(manager(&seen), Some(json!("CUSTOMER")));
    let parts: Vec<Option<&str>> = gaps(&seen, "000000000000").into_iter().map(|(part, _)| part).collect();
    assert!(parts.contains(&Some("state")) && !parts.contains(&Some("manager")), "{parts:?}");
    // By its policy, which the account can change.
    let seen = collect(world(|region| region.aliases.clear()), denied(), HERE);
    assert_eq!(manager(&seen), Some(json!("CUSTOMER")));
    // Neither shows it: not known.
    let silent = |region: &mut KmsRegion| {
        region.aliases.clear();
        region.keys[0].policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["kms:Decrypt"],"Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"111122223333","kms:ViaService":"acm.eu-west-1.amazonaws.com"}}}]}"#.to_owned();
    };
    let seen = collect(world(silent), denied(), HERE);
    assert_eq!(manager(&seen), None);
    assert!(gaps(&seen, "000000000000").contains(&(Some("manager"), GapReason::Denied)));
}

// A9
#[test]
fn a_manager_that_the_keys_name_contradicts_is_not_believed() {
    let seen = collect(world(|region| region.keys[0].manager = "AWS".to_owned()), vec![], HERE);
    assert_eq!(facts(&seen, "aws-kms/key", "000000000000").get("manager"), None);
    assert_eq!(gaps(&seen, "000000000000"), [(Some("manager"), GapReason::Malformed)]);
    let gap = seen.gaps.iter().find(|gap| gap.part.as_deref() == Some("manager")).unwrap();
    assert!(gap.detail.contains("`DescribeKey`") && gap.detail.contains("`alias/key-00000`"), "{}", gap.detail);
    let own = |region: &mut KmsRegion| {
        region.keys[0].manager = "AWS".to_owned();
        region.aliases[0].name = "alias/aws/ebs".to_owned();
    };
    assert_eq!(facts(&collect(world(own), vec![], HERE), "aws-kms/key", "000000000000")["manager"], "AWS");
}

// A17
#[test]
fn a_key_on_two_pages_is_read_from_both() {
    let twice = world(|region| {
        let again = region.keys[0].clone();
        region.keys.push(again);
    });
    let seen = collect(twice.paged(2), vec![], HERE);
    let of_it: Vec<&Value> = seen
        .resources
        .iter()
        .filter(|one| one.kind == "aws-kms/key" && one.id.ends_with("000000000000"))
        .map(|one| &one.facts)
        .collect();
    assert!(
        of_it.len() == 2 && of_it[0] == of_it[1],
        "the writer makes one of them, and says that it was listed again"
    );
    let keys = seen.coverage.iter().find(|one| one.population == "aws-kms/key@eu-west-1").unwrap();
    assert_eq!((keys.items, keys.complete), (3, true));
    assert_eq!(facts(&seen, "aws-kms/alias", "alias/key-00000")["target_state"], "Enabled");
}

#[test]
fn a_key_policy_that_refuses_one_call_costs_one_part_of_one_key() {
    let world = world(|_| {});
    let id = first_key(&world);
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    let seen = collect(world, vec![Rule::always("kms:ListGrants", Fault::Deny).when("KeyId", &arn)], HERE);
    assert_eq!(gaps(&seen, &id), [(Some("grants"), GapReason::Denied)]);
    let key = facts(&seen, "aws-kms/key", &id);
    assert!(key.get("grants").is_none() && key.get("policy").is_some());
    assert_eq!(seen.gaps.iter().filter(|gap| gap.reason == GapReason::Denied).count(), 1);
}

#[test]
fn a_list_that_breaks_off_leaves_what_came_and_says_so() {
    let world = world(|_| {}).paged(2);
    let id = first_key(&world);
    let rules = vec![Rule::always("kms:ListGrants", Fault::Deny).after(1)];
    let seen = collect(world, rules, HERE);
    // Which key's second page was refused first depends on the order of answers; some key has one page and a gap.
    let partial = seen.resources.iter().filter(|one| one.facts.get("grants").is_some_and(|g| g != &json!([])));
    assert!(partial.count() >= 1, "{id}");
    assert!(seen.gaps.iter().any(|gap| gap.part.as_deref() == Some("grants") && gap.reason == GapReason::Denied));
}

#[test]
fn a_key_that_went_away_is_one_gap() {
    let world = world(|_| {});
    let id = first_key(&world);
    // The list names a key that does not exist any more.
    let gone = Fault::Rewrite(vec![(id, "went-away".to_owned())]);
    let seen = collect(world, vec![Rule::always("kms:ListKeys", gone)], HERE);
    assert_eq!(gaps(&seen, "key/went-away"), [(None, GapReason::Vanished)]);
    let key = facts(&seen, "aws-kms/key", "key/went-away");
    assert_eq!(key.get("policy"), None);
}

#[test]
fn a_policy_that_is_none_is_a_gap() {
    let seen = collect(world(|region| region.keys[0].policy = "no policy".to_owned()), vec![], HERE);
    let id = "00000000-1234-4321-8765-000000000000";
    assert_eq!(gaps(&seen, id), [(Some("policy"), GapReason::Malformed)]);
    assert!(facts(&seen, "aws-kms/key", id).get("policy").is_none());
}

#[test]
fn names_regions_that_are_left_out() {
    let mut two = world(|_| {});
    two.regions.push(Region { name: "eu-central-1".to_owned(), opt_status: "ENABLED".to_owned() });
    let seen = collect(two.clone(), vec![], HERE);
    assert_eq!(gaps(&seen, "eu-central-1"), [(None, GapReason::Skipped)]);
    assert_eq!(gaps(&seen, "af-south-1"), [], "not enabled, so nothing is left out");
    assert_eq!(facts(&seen, "aws-kms/region", "eu-central-1")["declared"], false);

    let everywhere = collect(two.clone(), vec![], None);
    assert!(everywhere.gaps.is_empty(), "{:?}", everywhere.gaps);
    let read: Vec<&str> = everywhere.coverage.iter().map(|one| one.population.as_str()).collect();
    assert!(read.contains(&"aws-kms/key@eu-central-1") && read.contains(&"aws-kms/key@eu-west-1"));
    assert!(!read.iter().any(|name| name.ends_with("af-south-1")));

    // Nobody knows where there could be keys.
    let blind = collect(two.clone(), vec![Rule::always("account:ListRegions", Fault::Deny)], None);
    for kind in ["aws-kms/region", "aws-kms/key", "aws-kms/alias", "aws-kms/custom-key-store"] {
        let gap = blind.gaps.iter().find(|gap| gap.population.as_deref() == Some(kind)).unwrap();
        assert_eq!((gap.right.as_deref(), gap.reason), (Some("account:ListRegions"), GapReason::Denied));
        assert!(blind.coverage.iter().any(|one| one.population == kind && !one.complete));
    }
    // Declared regions are read all the same; what else there may be is a gap.
    let declared = collect(two, vec![Rule::always("account:ListRegions", Fault::Deny)], HERE);
    assert!(declared.resources.iter().any(|one| one.kind == "aws-kms/key"));
    assert_eq!(declared.gaps.len(), 1);
}

#[test]
fn a_region_that_cannot_be_read_is_a_gap_and_not_empty() {
    for (region, said) in [("af-south-1", "has not enabled"), ("eu-west-9", "has no region of this name")] {
        let seen = collect(world(|_| {}), vec![], Some(&[region]));
        for kind in ["aws-kms/key", "aws-kms/alias", "aws-kms/custom-key-store"] {
            let population = format!("{kind}@{region}");
            let gap = seen.gaps.iter().find(|gap| gap.population.as_ref() == Some(&population)).unwrap();
            assert_eq!(gap.reason, GapReason::Unsupported);
            assert!(gap.detail.contains(said), "{}", gap.detail);
            assert!(seen.coverage.iter().any(|one| one.population == population && !one.complete));
        }
        assert!(seen.exchanges.iter().all(|one| !one.exchange.operation.starts_with("kms:")));
    }
}

#[test]
fn each_region_counts_its_own() {
    let two_regions = || {
        let mut world = World::new(Size { keys: 2, ..Size::SMALL });
        world.regions.push(Region { name: "eu-north-1".to_owned(), opt_status: "ENABLED_BY_DEFAULT".to_owned() });
        let mut other = world.kms["eu-west-1"].clone();
        other.keys.truncate(1);
        other.keys[0].id = "elsewhere".to_owned();
        other.aliases.clear();
        world.kms.insert("eu-north-1".to_owned(), other);
        world
    };
    let of = |seen: &Seen, name: &str| {
        let one = seen.coverage.iter().find(|one| one.population == name).unwrap();
        (one.items, one.complete)
    };
    let seen = collect(two_regions(), vec![], None);
    assert!(seen.gaps.is_empty(), "{:?}", seen.gaps);
    assert_eq!((of(&seen, "aws-kms/key@eu-west-1"), of(&seen, "aws-kms/key@eu-north-1")), ((2, true), (1, true)));
    // One region's list is refused: the other's is whole.
    let seen = collect(two_regions(), vec![Rule::times("kms:ListKeys", 1, Fault::Deny)], None);
    let lists = [of(&seen, "aws-kms/key@eu-west-1"), of(&seen, "aws-kms/key@eu-north-1")];
    assert!(matches!(lists, [(0, false), (1, true)] | [(2, true), (0, false)]), "{lists:?}");
    // A key that vanished between list and description counts as listed.
    let rules = vec![Rule::times("kms:DescribeKey", 1, Fault::Unknown)];
    let seen = collect(two_regions(), rules, None);
    assert_eq!((of(&seen, "aws-kms/key@eu-west-1"), of(&seen, "aws-kms/key@eu-north-1")), ((2, true), (1, true)));
    assert!(seen.gaps.iter().any(|gap| gap.right.as_deref() == Some("kms:DescribeKey")), "{:?}", seen.gaps);
}
