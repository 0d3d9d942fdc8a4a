//! Objects that are computed again, from records as a bundle holds them.

use declaration::Loaded;
use model::record::{Derived, Resource, Subject};
use serde_json::json;

use super::*;

const TOOL: &str = env!("CARGO_PKG_VERSION");

fn loaded() -> Loaded {
    loaded_with("")
}

fn loaded_with(more: &str) -> Loaded {
    let text = "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {id: hot-wallet}\ntargets:\n  - {id: c, collector: kubernetes-rbac, uid: u, authorizers: [Node, RBAC]}\n";
    let text = format!("{text}{more}");
    let loaded = declaration::load("witnessmark.yaml", &|_: &str| Ok(text.clone().into_bytes()));
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    loaded
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn resource(kind: &str, id: &str, facts: &Value) -> Record {
    let population = match (kind, id.starts_with("Cluster")) {
        ("role" | "binding", true) => format!("kubernetes-rbac/{kind}@cluster"),
        ("role" | "binding", false) => format!("kubernetes-rbac/{kind}@namespaces"),
        _ => format!("kubernetes-rbac/{kind}"),
    };
    Record::Resource(Resource {
        target: "c".into(),
        collector: "kubernetes-rbac".into(),
        population,
        kind: format!("kubernetes-rbac/{kind}"),
        id: id.into(),
        parts: BTreeMap::new(),
        facts: raw(facts),
    })
}

fn derived(id: &str, facts: &Value) -> Record {
    Record::Derived(Derived {
        target: "c".into(),
        collector: "kubernetes-rbac".into(),
        population: SUBJECT.into(),
        kind: SUBJECT.into(),
        id: id.into(),
        inputs: Vec::new(),
        facts: raw(facts),
    })
}

fn coverage(population: &str, items: u64) -> Record {
    Record::Coverage(Coverage {
        target: "c".into(),
        collector: "kubernetes-rbac".into(),
        population: format!("kubernetes-rbac/{population}"),
        calls: 1,
        pages: 1,
        items,
        repeated: 0,
        complete: true,
        total: None,
    })
}

/// A cluster in which Ann reads secrets, as it is read.
fn read() -> Vec<Record> {
    let rules = json!([{"verbs": ["get"], "api_groups": [""], "resources": ["secrets"], "resource_names": [], "non_resource_urls": []}]);
    let role = json!({"kind": "ClusterRole", "namespace": null, "name": "reads", "uid": "1", "rules": rules, "aggregated": false});
    let binding = json!({"kind": "ClusterRoleBinding", "namespace": null, "name": "ann", "uid": "2",
        "role": {"kind": "ClusterRole", "name": "reads"}, "subjects": [{"kind": "User", "name": "ann", "namespace": null}]});
    vec![
        coverage("binding@cluster", 1),
        coverage("role@cluster", 1),
        coverage("subject", 1),
        resource("binding", "ClusterRoleBinding/ann", &binding),
        resource("cluster", "u", &json!({"uid": "u", "version": "v1.36.3"})),
        resource("role", "ClusterRole/reads", &role),
    ]
}

/// What is sealed of Ann.
fn ann() -> Value {
    json!({
        "id": "User/ann", "kind": "User", "namespace": null, "name": "ann", "groups": ["system:authenticated"], "access_entries": [],
        "bindings": ["ClusterRoleBinding/ann"], "own_rights": [], "authorizers": ["Node", "RBAC"],
        "grants": [{"right": "read-secrets", "namespace": null, "names": null, "via": "User/ann", "binding": "ClusterRoleBinding/ann",
            "role": {"kind": "ClusterRole", "name": "reads"}, "rule": 0, "more": 0, "built_in": false, "with": null}],
    })
}

/// Computed again by that version; of records that are `None` only the leaf is there.
fn again(tool: &str, records: Vec<(RecordType, Option<Record>)>) -> Computed {
    declared_again(&loaded(), tool, records)
}

fn declared_again(loaded: &Loaded, tool: &str, records: Vec<(RecordType, Option<Record>)>) -> Computed {
    let started = "2026-11-21T10:00:00.000Z".parse().unwrap();
    let mut reader = ComputedReader::new(Ok(&loaded.declaration), Ok(Vec::new()), started, &[]);
    for (at, (kind, record)) in records.into_iter().enumerate() {
        let line = record.map_or(Line::Withheld(Digest::of(b"")), |record| Line::Disclosed(Box::new(record)));
        reader.record(RecordRef::new(kind, at as u64), &line, b"");
    }
    reader.finish(tool)
}

fn shown(records: Vec<Record>) -> Vec<(RecordType, Option<Record>)> {
    let kind = |record: &Record| match record {
        Record::Coverage(_) => RecordType::Coverage,
        Record::Gap(_) => RecordType::Gap,
        Record::Resource(_) => RecordType::Resource,
        _ => RecordType::Derived,
    };
    records.into_iter().map(|record| (kind(&record), Some(record))).collect()
}

fn with(facts: &Value) -> Vec<(RecordType, Option<Record>)> {
    let mut records = read();
    records.push(derived("User/ann", facts));
    shown(records)
}

#[test]
fn what_is_sealed_comes_out_again() {
    let found = again(TOOL, with(&ann()));
    assert_eq!((found.same, &found.differ, &found.not_computed), (1, &Vec::new(), &Vec::new()));
}

#[test]
fn an_altered_object_is_found_by_its_name() {
    let mut other = ann();
    other["grants"] = json!([]);
    let found = again(TOOL, with(&other));
    let told: Vec<_> = found.differ.iter().map(|one| (one.id.as_str(), one.record.is_some(), one.problem)).collect();
    assert_eq!(told, [("User/ann", true, Problem::OtherFacts)]);

    let found = again(TOOL, shown(read()));
    let told: Vec<_> = found.differ.iter().map(|one| (one.id.as_str(), one.record.is_some(), one.problem)).collect();
    assert_eq!(told, [("User/ann", false, Problem::NotSealed)]);

    let mut records = with(&ann());
    let mut bob = ann();
    bob["id"] = json!("User/bob");
    records.extend(shown(vec![derived("User/bob", &bob)]));
    let found = again(TOOL, records);
    let told: Vec<_> = found.differ.iter().map(|one| (one.id.as_str(), one.record.is_some(), one.problem)).collect();
    assert_eq!((found.same, told), (1, vec![("User/bob", true, Problem::DoesNotComeOut)]));
}

#[test]
fn what_cannot_be_computed_again_says_why() {
    let mut records = with(&ann());
    // The role is withheld.
    records[5].1 = None;
    let found = again(TOOL, records);
    assert_eq!((found.same, found.differ.len(), found.not_computed()), (0, 0, 1));
    assert_eq!(found.not_computed[0].because, "what they were computed from is withheld");

    // An unrelated one is: the cluster is there whole.
    let mut records = with(&ann());
    records.push((RecordType::Resource, None));
    assert_eq!(again(TOOL, records).same, 1);

    // The rules were not read.
    let mut records = read();
    records[5] =
        resource("role", "ClusterRole/reads", &json!({"kind": "ClusterRole", "namespace": null, "name": "reads"}));
    records.push(derived("User/ann", &ann()));
    let found = again(TOOL, shown(records));
    assert!(found.not_computed[0].because.contains("`ClusterRole/reads` is not whole"), "{found:?}");

    // Another version of the program computed something else.
    let mut other = ann();
    other["groups"] = json!([]);
    let found = again("0.0.1", with(&other));
    assert_eq!((found.differ.len(), found.not_computed()), (0, 1));
    let because = &found.not_computed[0].because;
    assert!(because.contains("version 0.0.1") && because.contains(TOOL), "{found:?}");
    assert!(because.contains("`User/ann`"), "{found:?}");
}

/// A gap that the program writes where something does not fit into a record.
fn too_large(target: &str, (kind, id): (&str, &str), part: Option<&str>) -> Record {
    Record::Gap(Gap {
        target: target.into(),
        collector: "kubernetes-rbac".into(),
        population: Some(kind.into()),
        subject: Some(Subject { kind: kind.into(), id: id.into() }),
        part: part.map(str::to_owned),
        right: None,
        reason: GapReason::CollectorFailed,
        detail: "its facts have 9000000 bytes, more than 8388608 are not sealed".into(),
        exchange: None,
        acceptance: None,
    })
}

#[test]
fn what_does_not_fit_into_a_record_accuses_nobody() {
    // The object.
    let mut records = read();
    records.push(too_large("c", (SUBJECT, "User/ann"), None));
    let found = again(TOOL, shown(records));
    assert_eq!((found.differ.len(), found.not_computed()), (0, 1));
    assert!(found.not_computed[0].because.contains("left out of the bundle"), "{found:?}");

    // Another one.
    let mut records = read();
    records.push(too_large("c", (SUBJECT, "User/bob"), None));
    assert_eq!(again(TOOL, shown(records)).differ.len(), 1);

    // What it was computed from.
    let mut records = read();
    records.push(too_large("c", ("kubernetes-rbac/role", "ClusterRole/reads"), Some("rules")));
    records.push(derived("User/ann", &json!({})));
    let found = again(TOOL, shown(records));
    assert_eq!((found.differ.len(), found.not_computed()), (0, 1));
    assert!(found.not_computed[0].because.contains("not in the bundle"), "{found:?}");
}

#[test]
fn what_was_listed_again_and_otherwise_accuses_nobody() {
    let differs = || {
        let Record::Gap(gap) = too_large("c", ("kubernetes-rbac/role", "ClusterRole/reads"), Some("labels")) else {
            panic!("a gap")
        };
        Record::Gap(Gap { reason: GapReason::Malformed, detail: "in whatever words".into(), ..gap })
    };
    for (repeated, differ, not_computed) in [(1, 0, 1), (0, 1, 0)] {
        let mut records = read();
        let Record::Coverage(roles) = &mut records[1] else { panic!("a list") };
        (roles.items, roles.repeated) = (roles.items + repeated, repeated);
        records.push(differs());
        records.push(derived("User/ann", &json!({})));
        let found = again(TOOL, shown(records));
        assert_eq!((found.differ.len(), found.not_computed()), (differ, not_computed), "{repeated}: {found:?}");
    }
}

#[test]
fn what_is_joined_has_to_be_there_or_a_gap_says_why_not() {
    let loaded = loaded_with("keys: [{id: hot, class: operational}]\n");
    let found = declared_again(&loaded, TOOL, Vec::new());
    let told: Vec<_> =
        found.differ.iter().map(|one| (one.target.as_str(), one.kind.as_str(), one.id.as_str())).collect();
    assert!(told.contains(&(JOINED, "joined/key", "hot")), "{found:?}");
    assert!(found.differ.iter().all(|one| one.problem == Problem::NotSealed), "{found:?}");

    let gaps = found.differ.iter().map(|one| too_large(&one.target, (&one.kind, &one.id), None)).collect();
    let again = declared_again(&loaded, TOOL, shown(gaps));
    assert_eq!((again.differ.len(), again.not_computed()), (0, found.differ.len() as u64));
}
