use std::collections::{BTreeMap, BTreeSet};
use std::io;

use declaration::{Loaded, Loader};
use model::record::{Coverage, Gap, GapReason, Subject};
use proptest::prelude::*;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use crate::{GapAt, Input, Joined, List, World, derive};

const REGIONS: [&str; 2] = ["eu-west-1", "us-east-1"];
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// A key of KMS.
#[derive(Clone, Debug)]
struct Kms {
    account: usize,
    region: usize,
    /// `mrk-…` where it is a copy.
    id: String,
    aliases: Vec<String>,
    spec: &'static str,
    manager: &'static str,
}

impl Kms {
    fn new(account: usize, region: usize, id: &str, alias: &str) -> Self {
        let aliases = if alias.is_empty() { Vec::new() } else { vec![format!("alias/{alias}")] };
        Self { account, region, id: id.to_owned(), aliases, spec: "ECC_SECG_P256K1", manager: "CUSTOMER" }
    }

    fn arn(&self) -> String {
        format!("arn:aws:kms:{}:{}:key/{}", REGIONS[self.region], ACCOUNTS[self.account], self.id)
    }

    fn facts(&self) -> Value {
        let multi = self.id.starts_with("mrk-").then(|| {
            let primary = format!("arn:aws:kms:{}:{}:key/{}", REGIONS[0], ACCOUNTS[self.account], self.id);
            json!({"kind": "REPLICA", "primary": {"arn": primary, "region": REGIONS[0]}, "replicas": []})
        });
        json!({
            "arn": self.arn(), "key_id": self.id, "region": REGIONS[self.region], "manager": self.manager, "spec": self.spec,
            "usage": "SIGN_VERIFY", "origin": "AWS_KMS", "multi_region": multi, "aliases": self.aliases, "grants": [],
        })
    }
}

/// Two accounts of two regions, `a` and `b`, of which some lists were refused.
#[derive(Clone, Debug, Default)]
struct Found {
    keys: Vec<Kms>,
    /// Account and region.
    refused: BTreeSet<(usize, usize)>,
    /// Keys of which no alias could be read.
    nameless: BTreeSet<usize>,
    /// What a program of the entity's own found: its facts, and the part that it could not read.
    of_program: Vec<(&'static str, Value, Option<&'static str>)>,
    /// Whether another target of the first account reads its keys too, with all their names.
    twice: bool,
}

struct Texts(String);

impl Loader for Texts {
    fn load(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.clone().into_bytes())
    }
}

fn declared(keys: &str) -> Loaded {
    let text = format!(
        r#"witnessmark: 1
entity: Northbank Custody Ltd
system: {{id: hot}}
targets:
  - {{id: a, collector: aws-kms, account: "111122223333"}}
  - {{id: b, collector: aws-kms, account: "444455556666"}}
  - {{id: hsm, collector: pkcs11, module: /m.so, token: t, serial: "0f"}}
  - {{id: code, collector: github, organization: northbank, organization_id: 1}}
  - {{id: a-too, collector: aws-kms, account: "111122223333"}}
  - {{id: own, collector: exec, name: vault, identity: x, program: vault}}
keys: [{keys}]
"#
    );
    let loaded = declaration::load("witnessmark.yaml", &Texts(text));
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    loaded
}

fn gap(target: &str, population: Option<String>, subject: Option<Subject>, part: Option<&str>) -> Gap {
    Gap {
        target: target.to_owned(),
        collector: "aws-kms".to_owned(),
        population,
        subject,
        part: part.map(str::to_owned),
        right: Some("kms:List".to_owned()),
        reason: GapReason::Denied,
        detail: "refused".to_owned(),
        exchange: None,
        acceptance: None,
    }
}

fn coverage(target: &str, collector: &str, population: String, items: u64, complete: bool) -> Coverage {
    let (target, collector) = (target.to_owned(), collector.to_owned());
    Coverage { target, collector, population, calls: 1, pages: 1, items, repeated: 0, complete, total: None }
}

/// Everything that is joined, by kind and id. An id that comes twice is a failure.
fn joined(
    loaded: &Loaded,
    found: &Found,
    tokens: &[(&str, &str, Value)],
) -> (BTreeMap<(String, String), Joined>, Vec<List>) {
    let mut world = World::builder(&loaded.declaration, 0).reading(crate::parts);
    for (account, target) in ["a", "b"].into_iter().enumerate() {
        for (region, name) in REGIONS.into_iter().enumerate() {
            let population = format!("aws-kms/key@{name}");
            let refused = found.refused.contains(&(account, region));
            if refused {
                world.gap(gap(target, Some(population.clone()), None, None));
            }
            let mut items = 0;
            for (at, key) in found.keys.iter().enumerate() {
                if refused || (key.account, key.region) != (account, region) {
                    continue;
                }
                items += 1;
                let mut facts = key.facts();
                if found.nameless.contains(&at) {
                    facts.as_object_mut().unwrap().remove("aliases");
                    let subject = Subject { kind: "aws-kms/key".to_owned(), id: key.arn() };
                    world.gap(gap(target, Some(population.clone()), Some(subject), Some("aliases")));
                }
                let facts = to_raw_value(&facts).unwrap();
                world.object((target, "aws-kms", &population), ("aws-kms/key", &key.arn()), &facts).unwrap();
            }
            world.coverage(coverage(target, "aws-kms", population, items, !refused));
        }
    }
    for kind in ["pkcs11/key", "pkcs11/public-key"] {
        world.coverage(coverage("hsm", "pkcs11", kind.to_owned(), 0, true));
    }
    for (kind, id, facts) in tokens {
        world.object(("hsm", "pkcs11", kind), (kind, id), &to_raw_value(facts).unwrap()).unwrap();
    }
    // Another target of the first account.
    for name in REGIONS {
        world.coverage(coverage("a-too", "aws-kms", format!("aws-kms/key@{name}"), 0, true));
    }
    world.coverage(coverage("own", "vault", "vault/key".to_owned(), 0, true));
    for (id, facts, unread) in &found.of_program {
        let facts = to_raw_value(facts).unwrap();
        world.object(("own", "vault", "vault/key"), ("vault/key", id), &facts).unwrap();
        if let Some(part) = unread {
            let subject = Subject { kind: "vault/key".to_owned(), id: (*id).to_owned() };
            world.gap(Gap { collector: "vault".to_owned(), ..gap("own", None, Some(subject), Some(part)) });
        }
    }
    for key in found.keys.iter().filter(|key| found.twice && key.account == 0) {
        let population = format!("aws-kms/key@{}", REGIONS[key.region]);
        let facts = to_raw_value(&key.facts()).unwrap();
        world.object(("a-too", "aws-kms", &population), ("aws-kms/key", &key.arn()), &facts).unwrap();
    }
    let world = world.build();
    let mut all = BTreeMap::new();
    let lists = derive(&world, &mut |one| {
        let twice = all.insert((one.kind.to_owned(), one.id.clone()), one);
        assert!(twice.is_none(), "{twice:?}");
    });
    (all, lists)
}

fn key<'j>(all: &'j BTreeMap<(String, String), Joined>, id: &str) -> &'j Joined {
    &all[&("joined/key".to_owned(), id.to_owned())]
}

fn found_key<'j>(all: &'j BTreeMap<(String, String), Joined>, id: &str) -> &'j Joined {
    &all[&("joined/found-key".to_owned(), id.to_owned())]
}

/// The ids of what a list of found keys names.
fn ids(joined: &Joined, part: &str) -> Option<Vec<String>> {
    let list = joined.facts.get(part)?.as_array().unwrap();
    Some(list.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect())
}

fn gap_of<'j>(joined: &'j Joined, part: &str) -> Option<&'j crate::PartGap> {
    joined.gaps.iter().find(|gap| gap.part == part)
}

#[test]
fn a_key_is_found_by_each_of_its_names() {
    let hot = Kms::new(0, 0, "k1", "hot");
    let found = Found { keys: vec![hot.clone(), Kms::new(0, 1, "k2", "other")], ..Found::default() };
    for (name, by, certain) in [
        ("k1".to_owned(), "key-id", true),
        (hot.arn(), "arn", true),
        ("alias/hot".to_owned(), "alias", false),
        ("arn:aws:kms:eu-west-1:111122223333:alias/hot".to_owned(), "alias-arn", true),
    ] {
        let loaded = declared(&format!(r#"{{id: hot, class: operational, at: {{target: a, key: "{name}"}}}}"#));
        let (all, _) = joined(&loaded, &found, &[]);
        let found = &key(&all, "hot").facts["found"];
        assert_eq!(found[0]["by"], by);
        assert_eq!(found[0]["certain"], certain);
        assert_eq!(found.as_array().unwrap().len(), 1);
        assert_eq!(found_key(&all, &hot.arn()).facts["declared_as"], json!(["hot"]));
        let inputs = &key(&all, "hot").inputs;
        assert!(inputs.contains(&Input::declared("declaration/key", "hot")));
        let object = |kind: &str, id: String| Input::Object { target: "a".to_owned(), kind: kind.to_owned(), id };
        assert!(inputs.contains(&object("aws-kms/key", hot.arn())));
        assert!(inputs.contains(&Input::List { target: "a".to_owned(), kind: "aws-kms/key".to_owned() }));
    }
}

#[test]
fn what_is_not_there_is_told_from_what_was_not_read() {
    let loaded = declared(
        r#"{id: gone, class: operational, at: {target: a, key: alias/gone}},
        {id: east, class: operational, at: {target: a, key: "arn:aws:kms:us-east-1:111122223333:key/k9"}},
        {id: west, class: operational, at: {target: a, key: "arn:aws:kms:eu-west-1:111122223333:key/k9"}},
        {id: foreign, class: operational, at: {target: a, key: "arn:aws:kms:us-east-1:444455556666:key/k9"}},
        {id: paper, class: backup}, {id: secret, class: operational, at: {target: code, key: DEPLOY_KEY}}"#,
    );
    let mut found = Found { keys: vec![Kms::new(0, 0, "k1", "hot")], ..Found::default() };
    let (all, lists) = joined(&loaded, &found, &[]);
    for id in ["gone", "east", "west", "foreign", "paper"] {
        assert_eq!(ids(key(&all, id), "found"), Some(Vec::new()), "{id}");
    }
    assert_eq!(key(&all, "paper").facts["at"], Value::Null);
    // Nobody looks for keys at GitHub.
    assert_eq!(ids(key(&all, "secret"), "found"), None);
    assert_eq!(gap_of(key(&all, "secret"), "found").unwrap().reason, GapReason::Unsupported);
    assert!(lists.iter().all(|list| list.open.is_empty()), "{lists:?}");
    let counts: Vec<_> = lists.iter().map(|list| (list.kind, list.items)).collect();
    assert_eq!(counts[..2], [("joined/found-key", 1), ("joined/key", 6)]);

    // One region was refused: an ARN says in which region its key would be.
    found.refused.insert((0, 1));
    let (all, lists) = joined(&loaded, &found, &[]);
    for (id, known) in [("gone", false), ("east", false), ("west", true), ("foreign", true), ("paper", true)] {
        assert_eq!(ids(key(&all, id), "found").is_some(), known, "{id}");
        assert_eq!(gap_of(key(&all, id), "found").is_none(), known, "{id}");
    }
    let why = gap_of(key(&all, "gone"), "found").unwrap();
    assert_eq!((why.reason, &why.because), (GapReason::Denied, &vec![GapAt(0)]));
    assert!(why.detail.contains("aws-kms/key@us-east-1") && why.detail.contains("kms:List"), "{}", why.detail);
    let open: Vec<(&str, usize)> = lists.iter().map(|list| (list.kind, list.open.len())).collect();
    assert_eq!(open[..2], [("joined/found-key", 1), ("joined/key", 0)]);
}

#[test]
fn an_alias_of_another_account_is_another_key() {
    let loaded = declared(
        r#"{id: hot-a, class: operational, at: {target: a, key: alias/hot}}, {id: hot-b, class: operational, at: {target: b, key: alias/hot}},
        {id: moved, class: operational, at: {target: a, key: k3}}"#,
    );
    let (one, two, three) = (Kms::new(0, 0, "k1", "hot"), Kms::new(1, 0, "k2", "hot"), Kms::new(1, 0, "k3", ""));
    let mut found = Found { keys: vec![one.clone(), two.clone(), three.clone()], ..Found::default() };
    let (all, _) = joined(&loaded, &found, &[]);
    assert_eq!(ids(key(&all, "hot-a"), "found"), Some(vec![one.arn()]));
    assert_eq!(ids(key(&all, "hot-b"), "found"), Some(vec![two.arn()]));
    assert_eq!(found_key(&all, &two.arn()).facts["declared_as"], json!(["hot-b"]));
    assert_eq!(found_key(&all, &two.arn()).facts["declared_elsewhere"], json!([]));
    // By its own name it is recognised wherever it is.
    assert_eq!(ids(key(&all, "moved"), "found"), Some(Vec::new()));
    assert_eq!(ids(key(&all, "moved"), "elsewhere"), Some(vec![three.arn()]));
    assert_eq!(found_key(&all, &three.arn()).facts["declared_elsewhere"], json!(["moved"]));
    assert_eq!(found_key(&all, &three.arn()).facts["declared_as"], json!([]));
    // The alias was given another name: the key that bore it is in no inventory any more.
    found.keys[0].aliases = vec!["alias/renamed".to_owned()];
    let (all, _) = joined(&loaded, &found, &[]);
    assert_eq!(ids(key(&all, "hot-a"), "found"), Some(Vec::new()));
    assert_eq!(ids(key(&all, "hot-a"), "elsewhere"), Some(vec![two.arn()]));
    assert_eq!(key(&all, "hot-a").facts["elsewhere"][0]["certain"], false);
    assert_eq!(found_key(&all, &one.arn()).facts["declared_as"], json!([]));
    // Where its aliases were not read nobody knows.
    found.nameless.insert(0);
    let (all, _) = joined(&loaded, &found, &[]);
    assert_eq!(ids(key(&all, "hot-a"), "found"), None);
    assert!(!found_key(&all, &one.arn()).facts.contains_key("declared_as"));
    assert!(gap_of(found_key(&all, &one.arn()), "declared_as").is_some());
}

#[test]
fn copies_in_two_regions_are_one_key() {
    let loaded = declared(
        r#"{id: both, class: operational, at: {target: a, key: mrk-1}},
        {id: first, class: operational, at: {target: b, key: "arn:aws:kms:eu-west-1:444455556666:key/mrk-2"}},
        {id: twice, class: operational, at: {target: b, key: alias/same}}"#,
    );
    let keys = vec![
        Kms::new(0, 0, "mrk-1", ""),
        Kms::new(0, 1, "mrk-1", ""),
        Kms::new(1, 0, "mrk-2", ""),
        Kms::new(1, 1, "mrk-2", ""),
        Kms::new(1, 0, "k1", "same"),
        Kms::new(1, 1, "k2", "same"),
    ];
    let (all, _) = joined(&loaded, &Found { keys: keys.clone(), ..Found::default() }, &[]);
    assert_eq!(ids(key(&all, "both"), "found"), Some(vec![keys[0].arn(), keys[1].arn()]));
    assert_eq!(key(&all, "both").facts["differs"], json!([]));
    assert_eq!(ids(key(&all, "first"), "found"), Some(vec![keys[2].arn()]));
    let copy = found_key(&all, &keys[3].arn());
    assert_eq!((&*copy.facts["declared_as"], &*copy.facts["copy_of"]), (&json!([]), &json!(["first"])));
    assert_eq!(found_key(&all, &keys[2].arn()).facts["copy_of"], json!([]));
    // Two keys under one name.
    let differs = &key(&all, "twice").facts["differs"];
    assert_eq!((&differs[0]["what"], &differs[0]["found"]), (&json!("number"), &json!("2")));
}

#[test]
fn what_is_declared_of_a_key_is_compared() {
    let loaded = declared(
        r#"{id: hot, class: operational, material: private-key, spec: ecc_secg_p256k1, origin: AWS_KMS, at: {target: a, key: k1}},
        {id: other, class: operational, material: private-key, spec: RSA_4096, origin: EXTERNAL, at: {target: a, key: k2}},
        {id: share, class: operational, material: share, at: {target: a, key: k1}}"#,
    );
    let mut keys = vec![Kms::new(0, 0, "k1", ""), Kms::new(0, 0, "k2", "")];
    keys[1].spec = "SYMMETRIC_DEFAULT";
    let (all, _) = joined(&loaded, &Found { keys, ..Found::default() }, &[]);
    assert_eq!((&*key(&all, "hot").facts["differs"], &*key(&all, "hot").facts["compared"]), (&json!([]), &json!(3)));
    let differs: Vec<String> = key(&all, "other").facts["differs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {} {}", one["what"], one["declared"], one["found"]).replace('"', ""))
        .collect();
    assert_eq!(
        differs,
        ["spec RSA_4096 SYMMETRIC_DEFAULT", "origin EXTERNAL AWS_KMS", "material private-key secret-key"]
    );
    // Nothing that is read tells a share from other secrets.
    assert_eq!(key(&all, "share").facts["compared"], 0);
}

#[test]
fn a_key_on_a_token_has_names_of_its_own() {
    let fingerprint = "ab".repeat(32);
    let private = |label: &str, key_id: &str| {
        json!({"class": "private", "key_type": "CKK_EC", "label": label, "key_id": key_id, "local": true, "curve": "secp256k1",
            "bits": null, "sign": true, "fingerprint": null})
    };
    let tokens = [
        ("pkcs11/key", "private/01/treasury", private("treasury", "01")),
        ("pkcs11/key", "private/02/stray", private("stray", "02")),
        ("pkcs11/public-key", "public/01/treasury", json!({"key_id": "01", "fingerprint": fingerprint})),
    ];
    for (name, by) in
        [("treasury", "label"), ("01", "key-id"), ("private/01/treasury", "id"), (fingerprint.as_str(), "fingerprint")]
    {
        let loaded = declared(&format!(
            r#"{{id: t, class: operational, material: private-key, spec: secp256k1, origin: local, at: {{target: hsm, key: "{name}"}}}}"#
        ));
        let (all, _) = joined(&loaded, &Found::default(), &tokens);
        let found = &key(&all, "t").facts["found"];
        assert_eq!((&found[0]["by"], &found[0]["token"]), (&json!(by), &json!("0f")));
        assert_eq!(key(&all, "t").facts["differs"], json!([]));
        assert_eq!(found_key(&all, "token 0f private/01/treasury").facts["declared_as"], json!(["t"]));
        assert_eq!(found_key(&all, "token 0f private/02/stray").facts["declared_as"], json!([]));
    }
}

#[test]
fn a_backup_lies_elsewhere() {
    let loaded = declared(
        r#"{id: hot, class: operational, at: {target: a, key: k1}},
        {id: same-region, class: backup, at: {target: b, key: k2}, backup_of: [hot]},
        {id: other-region, class: backup, at: {target: b, key: k3}, backup_of: [hot]},
        {id: itself, class: backup, at: {target: a, key: alias/hot}, backup_of: [hot]},
        {id: paper, class: backup, location: "vault in Zurich", backup_of: [hot, cold]},
        {id: somewhere, class: backup, backup_of: [hot]},
        {id: cold, class: operational, location: "Vault in Zurich ", at: {target: hsm, key: gone}}"#,
    );
    let keys = vec![Kms::new(0, 0, "k1", "hot"), Kms::new(1, 0, "k2", ""), Kms::new(1, 1, "k3", "")];
    let mut found = Found { keys, ..Found::default() };
    let apart = |joined: &Joined| -> BTreeMap<String, Value> {
        let backups = joined.facts["backups"].as_array().unwrap();
        backups.iter().map(|one| (one["id"].as_str().unwrap().to_owned(), one["apart"].clone())).collect()
    };
    let (all, _) = joined(&loaded, &found, &[]);
    let expected =
        json!({"same-region": false, "other-region": true, "itself": false, "paper": true, "somewhere": null});
    assert_eq!(json!(apart(key(&all, "hot"))), expected);
    assert_eq!(json!(apart(key(&all, "cold"))), json!({"paper": false}));
    assert_eq!(key(&all, "paper").facts["backups"], json!([]));
    // What was not read may be anywhere.
    found.refused.extend([(1, 0), (1, 1)]);
    let (all, _) = joined(&loaded, &found, &[]);
    assert_eq!(json!(apart(key(&all, "hot"))), json!({"itself": false, "paper": true, "somewhere": null}));
    assert!(gap_of(key(&all, "hot"), "backups").is_some());
}

#[test]
fn a_key_that_two_targets_read_is_one() {
    let loaded = declared(
        r#"{id: hot, class: operational, at: {target: a, key: alias/hot}},
        {id: same, class: operational, at: {target: a-too, key: alias/hot}}"#,
    );
    let hot = Kms::new(0, 0, "k1", "hot");
    let mut found = Found { keys: vec![hot.clone()], twice: true, ..Found::default() };
    let both = |found: &Found| {
        let (all, lists) = joined(&loaded, found, &[]);
        let one = found_key(&all, &hot.arn());
        assert_eq!(lists[0].items, 1, "it is there once");
        assert_eq!(one.facts["targets"], json!(["a", "a-too"]));
        (Value::clone(&one.facts["declared_as"]), ids(key(&all, "hot"), "found"), ids(key(&all, "same"), "found"))
    };
    let its = || Some(vec![hot.arn()]);
    assert_eq!(both(&found), (json!(["hot", "same"]), its(), its()));
    // What one of them did not read of it the other did.
    found.nameless.insert(0);
    assert_eq!(both(&found), (json!(["hot", "same"]), its(), its()));
}

#[test]
fn a_backup_of_which_nobody_knows_where_it_lies_is_no_comfort() {
    let loaded = declared(
        r#"{id: hot, class: operational, location: "London", at: {target: a, key: k1}},
        {id: spare, class: backup, location: "vault in Zurich", at: {target: own, key: v1}, backup_of: [hot]}"#,
    );
    let facts = json!({"name": "v1", "account": "111122223333", "region": "us-east-1"});
    let mut found = Found { keys: vec![Kms::new(0, 0, "k1", "hot")], ..Found::default() };
    let looked = |found: &Found| {
        let (all, _) = joined(&loaded, found, &[]);
        let spare = found_key(&all, "own vault/key v1");
        let place: Vec<bool> = ["account", "region"].iter().map(|part| spare.facts.contains_key(*part)).collect();
        (Value::clone(&key(&all, "hot").facts["backups"]), gap_of(key(&all, "hot"), "backups").is_some(), place)
    };
    found.of_program = vec![("v1", facts, None)];
    let (backups, open, place) = looked(&found);
    assert_eq!((&backups[0]["apart"], open, place), (&json!(true), false, vec![true, true]));
    for (part, rest) in [("region", json!({"account": "111122223333"})), ("account", json!({"region": "us-east-1"}))] {
        found.of_program = vec![("v1", rest, Some(part))];
        assert_eq!(looked(&found), (json!([]), true, vec![false, false]), "{part}");
    }
}

#[test]
fn without_an_inventory_nothing_is_joined_unless_asked() {
    let loaded = declared("");
    let (all, lists) = joined(&loaded, &Found { keys: vec![Kms::new(0, 0, "k1", "")], ..Found::default() }, &[]);
    assert!(all.is_empty() && lists.is_empty());
}

/// Keys, and those of the inventory: target, which key, by which of its names.
fn worlds() -> impl Strategy<Value = (Found, Vec<(usize, usize, usize)>)> {
    let key = (0..2usize, 0..2usize, 0..6usize, 0..4usize).prop_map(|(account, region, id, alias)| {
        let id = if id == 0 { "mrk-0".to_owned() } else { format!("k{id}") };
        Kms::new(account, region, &id, ["", "one", "two", "three"][alias])
    });
    let found = (
        prop::collection::vec(key, 0..8),
        prop::collection::btree_set((0..2usize, 0..2usize), 0..3),
        prop::collection::btree_set(0..8usize, 0..2),
    );
    let found = found.prop_map(|(keys, refused, nameless)| {
        let mut known = BTreeSet::new();
        let keys = keys.into_iter().filter(|key| known.insert(key.arn())).collect();
        Found { keys, refused, nameless, of_program: Vec::new(), twice: false }
    });
    (found, prop::collection::vec((0..2usize, 0..8usize, 0..4usize), 0..6))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// No key is lost or counted twice, and what was not read makes nothing absent that is there.
    #[test]
    fn nothing_is_lost_and_nothing_invented((found, inventory) in worlds()) {
        let name = |which: usize, by: usize| match (found.keys.get(which), by) {
            (Some(key), 0) => key.arn(),
            (Some(key), 1) => key.id.clone(),
            (Some(key), 2) if !key.aliases.is_empty() => key.aliases[0].clone(),
            _ => format!("alias/{}", ["one", "two", "three", "gone"][by]),
        };
        let entries: Vec<String> = inventory.iter().enumerate().map(|(n, (target, which, by))| {
            format!(r#"{{id: d{n}, class: operational, at: {{target: {}, key: "{}"}}}}"#, ["a", "b"][*target], name(*which, *by))
        }).collect();
        let loaded = declared(&entries.join(", "));
        let (part, lists) = joined(&loaded, &found, &[]);
        let (whole, _) = joined(&loaded, &Found { keys: found.keys.clone(), ..Found::default() }, &[]);
        if inventory.is_empty() {
            prop_assert!(part.is_empty());
            return Ok(());
        }
        let read = |key: &Kms| !found.refused.contains(&(key.account, key.region));
        let expected: BTreeSet<String> = found.keys.iter().filter(|key| read(key)).map(Kms::arn).collect();
        let is_found = |((kind, id), _): (&(String, String), &Joined)| (kind == "joined/found-key").then(|| id.clone());
        prop_assert_eq!(part.iter().filter_map(is_found).collect::<BTreeSet<_>>(), expected);
        prop_assert_eq!(lists.iter().all(|list| list.open.is_empty()), found.refused.is_empty());
        for n in 0..inventory.len() {
            let (some, all) = (key(&part, &format!("d{n}")), key(&whole, &format!("d{n}")));
            let truth: BTreeSet<String> = ids(all, "found").unwrap().into_iter().collect();
            match ids(some, "found") {
                None => prop_assert!(!gap_of(some, "found").unwrap().because.is_empty()),
                Some(found) if found.is_empty() => prop_assert!(truth.is_empty(), "{:?} {:?}", some, all),
                Some(found) => prop_assert!(found.iter().all(|one| truth.contains(one))),
            }
        }
        for ((kind, id), one) in &part {
            if kind != "joined/found-key" {
                continue;
            }
            match one.facts.get("declared_as") {
                None => prop_assert!(gap_of(one, "declared_as").is_some()),
                Some(names) if names == &json!([]) => {
                    prop_assert_eq!(&found_key(&whole, id).facts["declared_as"], &json!([]));
                }
                Some(names) => {
                    let truth = found_key(&whole, id).facts["declared_as"].as_array().unwrap().clone();
                    prop_assert!(names.as_array().unwrap().iter().all(|name| truth.contains(name)));
                }
            }
        }
    }
}
