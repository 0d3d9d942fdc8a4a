//! Several systems of one entity that share files.

use witnessmark_declaration::{Loaded, check, declaration_schema, plan};

use crate::common::{environment, load_files};

const SHARED: &str = r#"systems: [{id: hot, name: Hot wallet}, {id: cold}]
components:
  - {id: laptop, systems: [cold]}
  - {id: office}
roles: [{id: officer, title: Officer}, {id: guard, title: Guard, systems: [cold]}]
key_holders:
  - {id: ann, roles: [officer, guard], identities: {aws: ["arn:ann"], vault: [card-7]}}
  - {id: bob, systems: [cold]}
threats:
  - {id: T-1, title: Somebody signs alone, affects: {keys: [k-hot, k-cold], classes: [operational, backup], targets: [vault], components: [laptop, office], wallets: [main, deep]}}
  - {id: T-2, title: The vault is opened, systems: [cold]}
risks:
  - {threat: T-1, likelihood: low, impact: high, treatment: reduce, owner: CISO}
  - {threat: T-2, likelihood: low, impact: high, treatment: reduce, owner: CISO}
compromise_plan: {classes: [operational, backup]}
third_parties: [{id: bank, role: vault, in_threats: [T-1, T-2], keys: [k-hot, k-cold]}]
wallets:
  - {id: main, title: Main, workflow: [{what: sign, by: [officer, guard]}]}
  - {id: deep, title: Deep, systems: [cold]}
controls:
  - {id: C-1, title: Two sign, threats: [T-1, T-2]}
  - {id: C-2, title: The vault is watched, threats: [T-2], systems: [cold]}
  - {id: C-3, title: Keys rotate, threats: [T-1], checks: [{use: aws-kms/key-rotates, on: [aws, vault]}]}
not_applicable:
  - {requirement: "ccss-9.0:1.05.1.1", reason: no backup, systems: [hot]}
  - {requirement: "ccss-9.0:1.05.1.1", reason: no operators, systems: [cold]}
"#;

const KEYS: &str = r#"
targets:
  - {id: aws, collector: aws-kms, account: "111122223333"}
  - {id: vault, collector: pkcs11, module: m, token: t, systems: [cold]}
keys:
  - {id: k-hot, class: operational, holders: [ann], wallets: [main], at: {target: aws, key: alias/hot}, systems: [hot]}
  - {id: k-cold, class: backup, holders: [ann, bob], wallets: [deep], at: {target: vault, key: cold}, systems: [cold]}
"#;

fn of_system(id: &str, shared: &str) -> Loaded {
    let root =
        format!("witnessmark: 1\nentity: Northbank\nsystem: {{id: {id}}}\ninclude: [shared/all.yaml, keys.yaml]\n");
    load_files(&[("witnessmark.yaml", &root), ("shared/all.yaml", shared), ("keys.yaml", KEYS)])
}

fn said(loaded: &Loaded) -> String {
    let mut all = loaded.diagnostics.clone();
    all.extend(check(loaded, &environment()));
    loaded.render(&all, false).trim_end().to_owned()
}

fn ids<'l, T>(all: &'l [T], id: impl Fn(&'l T) -> &'l str) -> Vec<&'l str> {
    all.iter().map(id).collect()
}

#[test]
fn each_system_has_its_own_things() {
    let hot = of_system("hot", SHARED);
    assert_eq!(
        hot.diagnostics.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(),
        [
            "of other systems, and kept out of this one: 1 of `components`, 1 of `controls`, 1 of `key_holders`, 1 of `keys`, 1 of `not_applicable`, 1 of `risks`, 1 of `roles`, 1 of `targets`, 1 of `threats`, 1 of `wallets`"
        ]
    );
    assert_eq!(hot.of_other_systems(), 10);
    let d = &hot.declaration;
    assert_eq!(ids(&d.keys, |one| one.id.as_str()), ["k-hot"]);
    assert_eq!(ids(&d.threats, |one| one.id.as_str()), ["T-1"]);
    assert_eq!(ids(&d.risks, |one| one.threat.as_str()), ["T-1"]);
    assert_eq!(d.not_applicable.iter().map(|one| one.reason.value.as_str()).collect::<Vec<_>>(), ["no backup"]);
    // What is shared names only what is here.
    let affects = d.threats[0].affects.as_ref().unwrap();
    assert_eq!(ids(&affects.keys, |one| one.as_str()), ["k-hot"]);
    assert_eq!(ids(&affects.classes, |one| one.as_str()), ["operational"]);
    assert_eq!(ids(&affects.targets, |one| one.as_str()), [] as [&str; 0]);
    assert_eq!(ids(&affects.components, |one| one.as_str()), ["office"]);
    assert_eq!(ids(&affects.wallets, |one| one.as_str()), ["main"]);
    assert_eq!(ids(&d.compromise_plan.as_ref().unwrap().classes, |one| one.as_str()), ["operational"]);
    assert_eq!(ids(&d.third_parties[0].in_threats, |one| one.as_str()), ["T-1"]);
    assert_eq!(ids(&d.third_parties[0].keys, |one| one.as_str()), ["k-hot"]);
    assert_eq!(d.key_holders[0].identities.by_target.len(), 1);
    assert_eq!(ids(&d.key_holders[0].roles, |one| one.as_str()), ["officer"]);
    assert_eq!(ids(&d.controls[0].threats, |one| one.as_str()), ["T-1"]);
    assert_eq!(ids(d.controls[1].checks[0].on.as_ref().unwrap(), |one| one.as_str()), ["aws"]);
    assert_eq!(ids(&d.wallets[0].workflow[0].by, |one| one.as_str()), ["officer"]);
    assert!(plan(&hot, &environment()).is_ok());
    let system = hot.things(&[]).unwrap().into_iter().find(|thing| thing.kind == "declaration/system").unwrap();
    assert_eq!(system.facts["of_other_systems"], 10);

    let cold = of_system("cold", SHARED);
    assert_eq!(cold.of_other_systems(), 2);
    assert_eq!(ids(&cold.declaration.keys, |one| one.id.as_str()), ["k-cold"]);
    assert_eq!(ids(&cold.declaration.key_holders, |one| one.id.as_str()), ["ann", "bob"]);
    // Both seal the same files.
    assert_eq!(hot.files[1].bytes, cold.files[1].bytes);
}

#[test]
fn nothing_is_kept_out_by_a_slip() {
    let errors = |shared: &str| {
        let loaded = of_system("hot", shared);
        let mut all = loaded.diagnostics.clone();
        all.extend(check(&loaded, &environment()));
        let errors = all.iter().filter(|one| one.severity == diagnose::Severity::Error);
        errors.map(|one| (one.message.clone(), one.help.clone().unwrap_or_default())).collect::<Vec<_>>()
    };
    assert_eq!(errors(SHARED), []);
    // A mistyped system is an error, not a thing of nobody.
    assert_eq!(
        errors(&SHARED.replace("{id: laptop, systems: [cold]}", "{id: laptop, systems: [clod]}")),
        [("there is no system `clod`".to_owned(), "did you mean `cold`?".to_owned())]
    );
    let empty = errors(&SHARED.replace("{id: laptop, systems: [cold]}", "{id: laptop, systems: []}"));
    assert_eq!(empty[0].0, "it belongs to no system");
    let none = errors(&SHARED.replace("systems: [{id: hot, name: Hot wallet}, {id: cold}]\n", ""));
    assert_eq!(
        none[0],
        ("there is no system `cold`".to_owned(), "declare the systems of the entity under `systems`".to_owned())
    );
    let unnamed = errors(&SHARED.replace("{id: hot, name: Hot wallet}", "{id: warm}"));
    assert!(unnamed.iter().any(|(said, _)| said == "`systems` does not name this system, `hot`"), "{unnamed:?}");
    // One name that is of another system alone is a broken link, and says why.
    let place = KEYS.replace("at: {target: aws", "at: {target: vault");
    let root = "witnessmark: 1\nentity: Northbank\nsystem: {id: hot}\ninclude: [shared/all.yaml, keys.yaml]\n";
    let loaded = load_files(&[("witnessmark.yaml", root), ("shared/all.yaml", SHARED), ("keys.yaml", &place)]);
    insta::assert_snapshot!(said(&loaded).split("error").nth(1).unwrap_or_default().trim_end(), @"
    [unknown-reference]: there is no target `vault`
     --> keys.yaml:6:83
      |
    6 |   - {id: k-hot, class: operational, holders: [ann], wallets: [main], at: {target: vault, key: alias/hot}, systems: [hot]}
      |                                                                                   ^^^^^
      |
      = help: `vault` is of other systems of the entity, and kept out of this one
    ");
}

#[test]
fn the_schema_has_systems_where_they_count() {
    let validator = jsonschema::validator_for(&declaration_schema()).unwrap();
    let head = "witnessmark: 1\nentity: Northbank\nsystem: {id: hot}\n";
    for text in [SHARED, KEYS] {
        let json = diagnose::to_json(&format!("{head}{text}")).unwrap();
        assert_eq!(validator.iter_errors(&json).map(|error| error.to_string()).collect::<Vec<_>>(), [] as [String; 0]);
    }
    let json = diagnose::to_json(&format!("{head}keys: [{{id: k, class: c, systems: []}}]\n")).unwrap();
    assert!(!validator.is_valid(&json));
}
