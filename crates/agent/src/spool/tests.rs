//! What the order of a bundle depends on, and what must not disappear on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::record::{self, Subject};
use model::{Digest, RecordRef, RecordType};
use sdk::{Certificates, Descriptor, Input, KnownSecrets, NewBody, Recorder, ResourceKind, Secret, Source};
use serde::Serialize;
use serde_json::json;

use super::*;

fn exchange(operation: &str, subject: Option<&str>, page: u64, attempt: u32, body: &str) -> NewExchange {
    NewExchange {
        endpoint: "https://source.example".into(),
        peer: None,
        operation: operation.into(),
        population: Some("x/thing".into()),
        subject: subject.map(|id| Subject { kind: "x/thing".into(), id: id.into() }),
        page,
        attempt,
        started: model::Timestamp::from_millis(0).unwrap(),
        status: Some(200),
        error: None,
        failure: None,
        request_id: None,
        date: None,
        parameters: json!({"page": page}),
        body: NewBody::Received(bytes::Bytes::copy_from_slice(body.as_bytes())),
    }
}

fn thing(id: &str, from: ExchangeId) -> ResourceNote {
    ResourceNote {
        population: "x/thing".into(),
        kind: "x/thing".into(),
        id: id.into(),
        parts: BTreeMap::from([("name".to_owned(), vec![Source::json(from, "/name").into()])]),
        facts: json!({"name": id}),
    }
}

type Texts = (record::Exchange, record::Params, Option<record::Body>, Option<Vec<u8>>);

/// What was recorded of each exchange, read as records in the one spelling they have.
fn exchanges(recorded: &Recorded) -> Vec<Texts> {
    fn read<T: serde::de::DeserializeOwned + Serialize>(text: &[u8]) -> T {
        let read: T = serde_json::from_slice(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), String::from_utf8_lossy(text));
        read
    }
    let (mut text, mut raw) = (Vec::new(), 0);
    (0..recorded.exchange_count() as u64)
        .map(|ordinal| {
            recorded.exchange_text(ordinal, &mut text).unwrap();
            let exchange = read(&text);
            recorded.params_text(ordinal, &mut text).unwrap();
            let params = read(&text);
            let bytes = recorded.kept_body(ordinal).unwrap().map(|mut body| {
                let mut bytes = Vec::new();
                assert_eq!(body.len(), std::io::Read::read_to_end(&mut body, &mut bytes).unwrap() as u64);
                bytes
            });
            assert_eq!(bytes.is_some(), recorded.is_kept(ordinal).unwrap());
            let number = bytes.as_ref().map(|_| {
                raw += 1;
                raw - 1
            });
            let answered = recorded.body_text(ordinal, number, &mut text).unwrap();
            (exchange, params, answered.then(|| read(&text)), bytes)
        })
        .collect()
}

/// Records the same in another order and says what came out.
fn recorded(reverse: bool) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::create(folder.path(), DeclaredFiles::default()).unwrap());
    let recorder = Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", "x", KnownSecrets::default());
    let mut calls = vec![
        exchange("x:List", None, 1, 1, "first page"),
        exchange("x:List", None, 2, 1, "throttled"),
        exchange("x:List", None, 2, 2, "second page"),
        exchange("x:Get", Some("a"), 0, 1, "a"),
        exchange("x:Get", Some("b"), 0, 1, "b"),
    ];
    if reverse {
        calls.reverse();
    }
    for call in calls {
        let subject = call.subject.clone();
        let captured = recorder.exchange(call).unwrap();
        if let Some(subject) = subject {
            recorder.resource(thing(&subject.id, captured.id)).unwrap();
        }
    }
    let recorded = spool.finish().unwrap();
    let mut lines = Vec::new();
    for (ordinal, (e, _, body, bytes)) in (0..).zip(exchanges(&recorded)) {
        let (body, bytes) = (body.unwrap(), bytes.unwrap());
        assert_eq!(Some(Digest::of(&bytes)), body.sha256);
        assert_eq!((body.exchange.ordinal, body.raw), (ordinal, Some(ordinal)));
        lines.push(format!("{ordinal} {} {}.{} {}", e.operation, e.page, e.attempt, String::from_utf8(bytes).unwrap()));
    }
    for resource in recorded.resources() {
        lines.push(serde_json::to_string(&resource.unwrap()).unwrap());
    }
    lines
}

#[test]
fn the_order_does_not_depend_on_arrival() {
    let lines = recorded(false);
    assert_eq!(lines, recorded(true));
    assert_eq!(
        lines[..5],
        [
            "0 x:List 1.1 first page",
            "1 x:List 2.1 throttled",
            "2 x:List 2.2 second page",
            "3 x:Get 0.1 a",
            "4 x:Get 0.1 b"
        ]
    );
    assert!(lines[5].contains(r#""name":[{"exchange":"exchange:3","#), "{}", lines[5]);
}

#[test]
fn a_withheld_body_leaves_its_size_and_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::create(folder.path(), DeclaredFiles::default()).unwrap());
    let secrets = KnownSecrets::default();
    secrets.add(Secret::new("canary-4711".into()));
    let recorder = Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", "x", secrets);
    let captured = recorder.exchange(exchange("x:Get", None, 0, 1, "it says canary-4711")).unwrap();
    assert_eq!(captured.withheld, Some(WithheldReason::SuspectedSecret));
    let recorded = spool.finish().unwrap();
    let (_, _, body, bytes) = exchanges(&recorded).remove(0);
    let body = body.unwrap();
    assert!(bytes.is_none());
    assert_eq!(
        (body.size, body.sha256, body.raw, body.withheld),
        (19, None, None, Some(record::NotKept::SuspectedSecret))
    );
    for file in ["exchanges", "resources", "bodies"] {
        let text = std::fs::read(folder.path().join(file)).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("canary"), "{file}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4, "a file has no line above");
}

/// A thing whose parts stand at these places of an answer.
fn placed(id: &str, parts: &[(&str, ExchangeId, &str)]) -> ResourceNote {
    let facts = parts.iter().map(|(part, ..)| ((*part).to_owned(), json!("fact"))).collect();
    let place =
        |(part, from, path): &(&str, ExchangeId, &str)| ((*part).to_owned(), vec![Source::json(*from, *path).into()]);
    ResourceNote { parts: parts.iter().map(place).collect(), facts: Value::Object(facts), ..thing(id, ExchangeId(0)) }
}

#[test]
fn a_masked_text_costs_what_was_read_there_and_no_more() {
    const ANSWER: &str = r#"{"Things":[{"Id":"a","Tags":[{"Value":"login with password=see-vault-path"}]},{"Id":"b"}],"Note":"api_key=zzzz0000zzzz"}"#;
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::create(folder.path(), DeclaredFiles::default()).unwrap());
    let recorder = Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", "x", KnownSecrets::default());
    recorder.route(RouteNote::default()).unwrap();
    let captured = recorder.answer(exchange("x:List", None, 1, 1, ANSWER)).unwrap();
    let kept = captured.masked.unwrap();
    assert_eq!(
        kept,
        ANSWER
            .replace("login with password=see-vault-path", &"*".repeat(34))
            .replace("api_key=zzzz0000zzzz", &"*".repeat(20))
    );
    let from = captured.id;
    recorder
        .resource(placed(
            "a",
            &[("id", from, "/Things/0/Id"), ("tags", from, "/Things/0/Tags"), ("all", from, "/Things/0")],
        ))
        .unwrap();
    recorder.resource(placed("c", &[("all", from, "/Things/0"), ("deep", from, "/Things/0/Id")])).unwrap();
    recorder.resource(placed("b", &[("id", from, "/Things/1/Id"), ("tags", from, "/Things/1/Tags")])).unwrap();
    let sum = |id: &str, of: &str, kind: &str| DerivedNote {
        population: "x/sum".into(),
        kind: "x/sum".into(),
        id: id.into(),
        inputs: vec![Input::Resource { kind: kind.into(), id: of.into() }],
        facts: json!({}),
    };
    recorder.derived(sum("of-of-a", "of-a", "x/sum")).unwrap();
    recorder.derived(sum("of-a", "a", "x/thing")).unwrap();
    recorder.derived(sum("of-b", "b", "x/thing")).unwrap();
    for (population, items) in [("x/thing", 3), ("x/sum", 3)] {
        let population = population.to_owned();
        recorder.coverage(CoverageNote { population, calls: 1, pages: 1, items, complete: true, total: None }).unwrap();
    }
    let recorded = spool.finish().unwrap();
    let (_, _, body, bytes) = exchanges(&recorded).remove(0);
    let (body, bytes) = (body.unwrap(), bytes.unwrap());
    assert_eq!((bytes.as_slice(), body.size, body.withheld), (&*kept, ANSWER.len() as u64, None));
    let spans: Vec<(usize, usize)> = body.masked.iter().map(|one| (one.at as usize, one.length as usize)).collect();
    assert_eq!(spans, [(ANSWER.find("login").unwrap(), 34), (ANSWER.find("api_key").unwrap(), 20)]);
    let gaps: Vec<(Option<&str>, Option<&str>)> = recorded
        .gaps()
        .iter()
        .map(|gap| (gap.subject.as_ref().map(|subject| subject.id.as_str()), gap.part.as_deref()))
        .collect();
    let expected = [
        (Some("of-a"), None),
        (Some("of-of-a"), None),
        (None, Some("/Note")),
        (Some("a"), Some("tags")),
        (Some("c"), Some("all")),
    ];
    assert_eq!(gaps, expected);
    assert!(recorded.gaps().iter().all(|gap| gap.reason == GapReason::WithheldSecret));
    assert!(recorded.gaps().iter().all(|gap| (gap.exchange.is_some(), gap.part.is_some()) != (false, true)));
    let parts: Vec<(String, Vec<String>)> = recorded
        .resources()
        .map(Result::unwrap)
        .map(|resource| (resource.id, resource.parts.into_keys().collect()))
        .collect();
    let parts: Vec<String> = parts.into_iter().map(|(id, parts)| format!("{id}: {}", parts.join(" "))).collect();
    assert_eq!(parts, ["a: all id", "b: id tags", "c: deep"]);
    let derived: Vec<String> = recorded.derived().map(|one| one.unwrap().id).collect();
    assert_eq!(derived, ["of-b"]);
    assert!(recorded.coverage().iter().all(|one| one.complete));
}

#[test]
fn a_masked_annotation_costs_nothing_that_is_computed() {
    const ANSWER: &str = r#"{"Things":[{"Id":"a","Tags":["login with password=see-vault-path"],"Rules":["password=see-vault-path"]},
        {"Id":"b","Tags":["login with password=see-vault-path"]}]}"#;
    let folder = tempfile::tempdir().unwrap();
    let kind = ResourceKind { kind: "x/thing".into(), schema: json!({}), annotations: vec!["tags".into()] };
    let descriptor = Descriptor {
        name: "x".into(),
        summary: String::new(),
        resources: vec![kind],
        rights: Vec::new(),
        settings: json!({}),
        endpoints: Vec::new(),
        also: Vec::new(),
        thief: String::new(),
    };
    let spool = Spool::create(folder.path(), DeclaredFiles::default()).unwrap();
    let spool = Arc::new(spool.with_annotations([&descriptor].into_iter()));
    let recorder = Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", "x", KnownSecrets::default());
    recorder.route(RouteNote::default()).unwrap();
    let from = recorder.answer(exchange("x:List", None, 1, 1, ANSWER)).unwrap().id;
    for (n, id) in ["a", "b"].into_iter().enumerate() {
        let at = |member: &str| format!("/Things/{n}/{member}");
        let (name, tags, rules) = (at("Id"), at("Tags"), at("Rules"));
        let parts = [("id", from, name.as_str()), ("tags", from, tags.as_str()), ("rules", from, rules.as_str())];
        recorder.resource(placed(id, if n == 0 { &parts } else { &parts[..2] })).unwrap();
        let inputs = vec![Input::Resource { kind: "x/thing".into(), id: id.into() }];
        let (population, kind) = ("x/sum".to_owned(), "x/sum".to_owned());
        recorder.derived(DerivedNote { population, kind, id: id.into(), inputs, facts: json!({}) }).unwrap();
    }
    for population in ["x/thing".to_owned(), "x/sum".to_owned()] {
        recorder
            .coverage(CoverageNote { population, calls: 1, pages: 1, items: 2, complete: true, total: None })
            .unwrap();
    }
    let recorded = spool.finish().unwrap();
    let gaps: Vec<(&str, Option<&str>)> = recorded
        .gaps()
        .iter()
        .map(|gap| (gap.subject.as_ref().map_or("", |subject| subject.id.as_str()), gap.part.as_deref()))
        .collect();
    // What stood in the rules of `a` may have counted, the tags of `b` cannot have.
    assert_eq!(gaps, [("a", None), ("a", Some("rules")), ("a", Some("tags")), ("b", Some("tags"))]);
    let derived: Vec<String> = recorded.derived().map(|one| one.unwrap().id).collect();
    assert_eq!(derived, ["b"]);
}

#[test]
fn a_kind_without_a_word_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(folder.path(), DeclaredFiles::default()).unwrap();
    let kind = |name: &str| ResourceKind { kind: name.into(), schema: json!({}), annotations: Vec::new() };
    let descriptor = Descriptor {
        name: "x".into(),
        summary: String::new(),
        resources: vec![kind("x/covered"), kind("x/refused"), kind("x/forgotten")],
        rights: Vec::new(),
        settings: json!({}),
        endpoints: Vec::new(),
        also: Vec::new(),
        thief: String::new(),
    };
    let coverage =
        CoverageNote { population: "x/covered@here".into(), calls: 1, pages: 1, items: 0, complete: true, total: None };
    spool.coverage("t", "x", coverage).unwrap();
    let mut gap = target_gap(GapReason::Denied, None, "no".into(), None);
    gap.population = Some("x/refused".into());
    spool.gap("t", "x", gap).unwrap();
    assert_eq!(spool.unheard("t", &descriptor), ["x/forgotten"]);
    assert_eq!(spool.unheard("other", &descriptor).len(), 3);
    spool.gap("other", "x", target_gap(GapReason::Unreachable, None, "gone".into(), None)).unwrap();
    assert!(spool.unheard("other", &descriptor).is_empty(), "a lost target is said once");
}

#[test]
fn what_comes_after_the_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(folder.path(), DeclaredFiles::default()).unwrap();
    spool.finish().unwrap();
    let late = spool.gap("t", "x", target_gap(GapReason::Denied, None, "late".into(), None));
    assert!(late.is_err());
    assert!(spool.finish().is_err());
}

#[test]
fn a_derived_object_names_the_records_it_was_computed_from() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::create(folder.path(), DeclaredFiles::default()).unwrap());
    let recorder = Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", "x", KnownSecrets::default());
    let from = recorder.exchange(exchange("x:List", None, 1, 1, "all")).unwrap().id;
    recorder.route(RouteNote::default()).unwrap();
    // The same id in another target is another thing.
    spool.resource("other", "x", thing("b", from)).unwrap();
    for id in ["c", "b", "a"] {
        recorder.resource(thing(id, from)).unwrap();
    }
    let coverage =
        CoverageNote { population: "x/thing".into(), calls: 1, pages: 1, items: 3, complete: false, total: None };
    recorder.coverage(coverage).unwrap();
    let mut gap = target_gap(GapReason::Truncated, None, "cut".into(), None);
    gap.population = Some("x/thing".into());
    recorder.gap(gap.clone()).unwrap();
    gap.subject = Some(Subject { kind: "x/thing".into(), id: "a".into() });
    recorder.gap(gap).unwrap();
    let resource = |id: &str| Input::Resource { kind: "x/thing".into(), id: id.into() };
    let sum = |id: &str, inputs: Vec<Input>| DerivedNote {
        population: "x/sum".into(),
        kind: "x/sum".into(),
        id: id.into(),
        inputs,
        facts: json!({"count": 2}),
    };
    recorder.derived(sum("second", vec![resource("nowhere"), Input::Population("x/none".into())])).unwrap();
    let grounds =
        vec![resource("c"), resource("b"), resource("c"), Input::Population("x/thing".into()), Input::Exchange(from)];
    recorder.derived(sum("first", grounds)).unwrap();

    let recorded = spool.finish().unwrap();
    let derived: Vec<record::Derived> = recorded.derived().map(Result::unwrap).collect();
    let ids: Vec<&str> = derived.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["first", "second"]);
    let order: Vec<(String, String, String)> =
        recorded.resources().map(Result::unwrap).map(|r| (r.target, r.collector, r.id)).collect();
    let ordinal = |id: &str| {
        let place = ("t".to_owned(), "x".to_owned(), id.to_owned());
        RecordRef::new(RecordType::Resource, order.iter().position(|one| *one == place).unwrap() as u64)
    };
    let of_list = |target: &str, population: Option<&str>| target == "t" && population == Some("x/thing");
    let gap = |gap: &record::Gap| gap.subject.is_none() && of_list(&gap.target, gap.population.as_deref());
    let whole_list_gap = recorded.gaps().iter().position(gap).unwrap() as u64;
    let list = |one: &record::Coverage| of_list(&one.target, Some(&one.population));
    let list = recorded.coverage().iter().position(list).unwrap() as u64;
    let mut expected = vec![
        ordinal("b"),
        ordinal("c"),
        RecordRef::new(RecordType::Coverage, list),
        RecordRef::new(RecordType::Gap, whole_list_gap),
        RecordRef::new(RecordType::Exchange, 0),
    ];
    expected.sort_unstable();
    assert_eq!(derived[0].inputs, expected);
    let nowhere = [RecordRef::new(RecordType::Coverage, u64::MAX), RecordRef::new(RecordType::Resource, u64::MAX)];
    assert!(nowhere.iter().all(|one| derived[1].inputs.contains(one)), "verifying refuses what was made up");
}

#[test]
fn large_and_small_bodies_and_none_come_back_as_they_came() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::create(folder.path(), DeclaredFiles::default()).unwrap());
    let recorder = Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", "x", KnownSecrets::default());
    let bodies = ["x".repeat(1 << 16), "y".repeat((1 << 16) + 1), String::new()];
    for (page, body) in (1..).zip(&bodies) {
        recorder.exchange(exchange("x:List", None, page, 1, body)).unwrap();
    }
    let mut bare = exchange("x:Zero", Some("a \"quoted\" id"), 0, 1, "");
    (bare.body, bare.status, bare.failure) = (NewBody::None, None, Some(record::Failure::Connect));
    bare.parameters = json!({});
    recorder.exchange(bare).unwrap();
    assert_eq!(spool.tally().bytes, (1 << 17) + 1);
    let recorded = spool.finish().unwrap();
    assert_eq!(std::fs::metadata(folder.path().join("bodies")).unwrap().len(), (2 << 16) + 1);

    let found = exchanges(&recorded);
    let bytes: Vec<Option<&[u8]>> = found.iter().map(|(.., bytes)| bytes.as_deref()).collect();
    assert_eq!(bytes, [Some(bodies[0].as_bytes()), Some(bodies[1].as_bytes()), Some(&b""[..]), None]);
    let (bare, params, body, _) = &found[3];
    assert_eq!((bare.failure, body.is_none()), (Some(record::Failure::Connect), true));
    assert_eq!(params.subject.as_ref().unwrap().id, "a \"quoted\" id");
    assert_eq!(params.parameters.get(), "{}");
    let mut asked: Vec<(&str, bool, bool, bool)> =
        recorded.asked().map(|a| (a.operation, a.certificates, a.answered, a.kept)).collect();
    asked.sort_unstable();
    assert_eq!(asked, [("x:List", false, true, true), ("x:Zero", false, false, false)]);
}

#[test]
fn a_list_that_gives_nothing_stays_small_enough_to_be_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::create(folder.path(), DeclaredFiles::default()).unwrap();
    let gap = |subject: Option<&str>, reason, detail: String| GapNote {
        population: Some("x/thing".to_owned()),
        subject: subject.map(|id| Subject { kind: "x/thing".to_owned(), id: id.to_owned() }),
        part: None,
        right: None,
        reason,
        detail,
        exchange: None,
    };
    for n in 0..1500 {
        spool.gap("t", "x", gap(None, GapReason::Vanished, format!("object {n:04}"))).unwrap();
        spool.gap("t", "x", gap(Some(&format!("{n}")), GapReason::Vanished, "gone".to_owned())).unwrap();
    }
    spool.gap("t", "x", gap(None, GapReason::Truncated, "no end".to_owned())).unwrap();
    let recorded = spool.finish().unwrap();
    let of_list: Vec<&str> =
        recorded.gaps().iter().filter(|gap| gap.subject.is_none()).map(|gap| gap.detail.as_str()).collect();
    assert_eq!(of_list.len(), 1002);
    assert!(of_list.contains(&"object 0999") && of_list.contains(&"no end"), "{of_list:?}");
    assert!(of_list.iter().any(|detail| detail.starts_with("and 500 more like these")), "{of_list:?}");
    // What is about one thing is never said together with others.
    assert_eq!(recorded.gaps().iter().filter(|gap| gap.subject.is_some()).count(), 1500);
}

/// What came of a recording: resources, coverage and gaps, as texts that are easy to hold against each other.
fn settled(record: impl FnOnce(&Recorder)) -> (Vec<record::Resource>, Vec<record::Coverage>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::create(folder.path(), DeclaredFiles::default()).unwrap());
    let recorder = Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", "x", KnownSecrets::default());
    recorder.route(RouteNote::default()).unwrap();
    record(&recorder);
    let recorded = spool.finish().unwrap();
    let gap = |gap: &record::Gap| {
        let subject = gap.subject.as_ref().map_or("-", |subject| &subject.id);
        format!("{subject} {} {:?}", gap.part.as_deref().unwrap_or("-"), gap.reason)
    };
    let gaps = recorded.gaps().iter().map(gap).collect();
    (recorded.resources().map(Result::unwrap).collect(), recorded.coverage().to_vec(), gaps)
}

fn listed(items: u64) -> CoverageNote {
    CoverageNote { population: "x/thing".into(), calls: 1, pages: 1, items, complete: true, total: None }
}

#[test]
fn a_thing_that_is_listed_twice_is_one_and_counted() {
    for reverse in [false, true] {
        let (resources, coverage, gaps) = settled(|recorder| {
            let mut pages: Vec<(u64, Vec<&str>)> = vec![(1, vec!["a", "b"]), (2, vec!["b", "c"])];
            if reverse {
                pages.reverse();
            }
            for (page, ids) in pages {
                let from = recorder.exchange(exchange("x:List", None, page, 1, "page")).unwrap().id;
                ids.iter().for_each(|id| recorder.resource(thing(id, from)).unwrap());
            }
            recorder.coverage(listed(4)).unwrap();
        });
        let ids: Vec<&str> = resources.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!((coverage[0].items, coverage[0].repeated, coverage[0].complete), (4, 1, true));
        assert!(gaps.is_empty(), "{gaps:?}");
        // Of the two places the one that comes first among the records, whichever was read first.
        assert_eq!(resources[1].parts["name"][0].record(), RecordRef::new(RecordType::Exchange, 0));
        assert_eq!(resources[1].facts.get(), r#"{"name":"b"}"#);
    }
}

#[test]
fn what_is_not_listed_alike_is_a_gap_and_nobodys_guess() {
    let two = |id: &str, from, state: &str| ResourceNote {
        parts: ["name", "state"].map(|part| (part.to_owned(), vec![Source::json(from, "").into()])).into(),
        facts: json!({"name": id, "state": state}),
        ..thing(id, from)
    };
    for states in [["on", "off"], ["off", "on"]] {
        let (resources, coverage, gaps) = settled(|recorder| {
            for (page, state) in (1..).zip(states) {
                let from = recorder.exchange(exchange("x:List", None, page, 1, state)).unwrap().id;
                recorder.resource(two("a", from, state)).unwrap();
            }
            recorder.coverage(listed(2)).unwrap();
        });
        assert_eq!(resources.len(), 1);
        assert_eq!(resources[0].facts.get(), r#"{"name":"a"}"#);
        assert_eq!(resources[0].parts.keys().collect::<Vec<_>>(), ["name"]);
        assert_eq!(gaps, ["a state Malformed"]);
        assert_eq!((coverage[0].repeated, coverage[0].complete), (1, true));
    }
}

#[test]
fn a_part_is_read_or_named_by_a_gap() {
    let (resources, _, gaps) = settled(|recorder| {
        let from = recorder.exchange(exchange("x:List", None, 1, 1, "page")).unwrap().id;
        let mut one = thing("a", from);
        one.facts = json!({"name": "a", "nowhere": 1, "unread": true, "cut": [1, 2]});
        for part in ["unread", "cut", "missing"] {
            one.parts.insert(part.to_owned(), vec![Source::json(from, "").into()]);
        }
        recorder.resource(one).unwrap();
        for part in ["unread", "cut"] {
            let mut gap = target_gap(GapReason::Throttled, None, "slow down".into(), None);
            gap.population = Some("x/thing".into());
            gap.subject = Some(Subject { kind: "x/thing".into(), id: "a".into() });
            gap.part = Some(part.into());
            recorder.gap(gap).unwrap();
        }
        recorder.coverage(listed(1)).unwrap();
    });
    // A list may have been read as far as it goes; a truth value may not.
    assert_eq!(resources[0].facts.get(), r#"{"cut":[1,2],"name":"a"}"#);
    assert_eq!(resources[0].parts.keys().collect::<Vec<_>>(), ["cut", "name"]);
    assert_eq!(gaps, ["a cut Throttled", "a nowhere CollectorFailed", "a unread Throttled"]);
}

#[test]
fn a_list_that_does_not_add_up_is_not_complete() {
    let of_subject = |id: &str| {
        let mut gap = target_gap(GapReason::Denied, None, "no".into(), None);
        gap.population = Some("x/thing".into());
        gap.subject = Some(Subject { kind: "x/thing".into(), id: id.into() });
        gap
    };
    let run = |items: u64, twice: bool| {
        settled(|recorder| {
            let from = recorder.exchange(exchange("x:List", None, 1, 1, "page")).unwrap().id;
            recorder.resource(thing("a", from)).unwrap();
            recorder.gap(of_subject("a")).unwrap();
            recorder.gap(of_subject("b")).unwrap();
            recorder.coverage(listed(items)).unwrap();
            if twice {
                recorder.coverage(listed(0)).unwrap();
            }
        })
    };
    // One was recorded, of another nothing could be read.
    let (_, coverage, gaps) = run(2, false);
    assert_eq!((coverage[0].complete, gaps.len()), (true, 2));
    for items in [1, 3] {
        let (_, coverage, gaps) = run(items, false);
        assert!(!coverage[0].complete);
        assert_eq!(gaps[0], "- - CollectorFailed");
    }
    let (_, coverage, gaps) = run(2, true);
    assert_eq!((coverage.len(), coverage[0].complete), (1, false));
    assert_eq!(gaps[0], "- - CollectorFailed");
}

#[test]
fn peers_and_routes_are_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Arc::new(Spool::create(folder.path(), DeclaredFiles::default()).unwrap());
    let recorder =
        |collector| Recorder::new(Arc::clone(&spool) as Arc<dyn Sink>, "t", collector, KnownSecrets::default());
    let chain = |leaf: &str| Certificates::new(vec![leaf.as_bytes().to_vec(), b"authority".to_vec()]).unwrap();
    let route = |endpoint: &str| RouteNote { endpoints: [endpoint.to_owned()].into(), ..RouteNote::default() };
    let said = recorder("x");
    for endpoint in ["https://b.example", "https://a.example", "https://b.example"] {
        said.route(route(endpoint)).unwrap();
    }
    for (page, leaf) in (1..).zip(["one", "other", "one"]) {
        let mut answer = exchange("x:List", None, page, 1, leaf);
        answer.peer = Some(chain(leaf));
        said.exchange(answer).unwrap();
    }
    // Another collector asks, and does not record its route.
    recorder("silent").exchange(exchange("x:List", None, 1, 1, "")).unwrap();

    let recorded = spool.finish().unwrap();
    let peers: Vec<Digest> = recorded.peers().iter().map(|peer| peer.sha256).collect();
    let mut expected = [chain("one").digest(), chain("other").digest()];
    expected.sort_unstable();
    assert_eq!(peers, expected);
    for peer in recorded.peers() {
        let der = peer.certificates.iter().map(|one| one.0.as_slice());
        assert_eq!(record::Peer::digest(der), Some(peer.sha256));
    }
    for (exchange, _, body, bytes) in exchanges(&recorded) {
        let leaf = bytes.unwrap();
        assert_eq!(body.unwrap().size, leaf.len() as u64);
        let named = exchange.peer.map(|at| peers[usize::try_from(at.ordinal).unwrap()]);
        assert_eq!(named, (!leaf.is_empty()).then(|| chain(std::str::from_utf8(&leaf).unwrap()).digest()));
    }
    let routes: Vec<(&str, usize)> =
        recorded.routes().iter().map(|route| (route.collector.as_str(), route.endpoints.len())).collect();
    assert_eq!(routes, [("silent", 0), ("x", 2)]);
    assert_eq!(recorded.gaps().len(), 1);
    assert!(recorded.gaps()[0].detail.contains("did not record its route"));
}

#[test]
fn what_was_read_before_a_collector_was_ended_belongs_to_a_list() {
    let (resources, coverage, gaps) = settled(|recorder| {
        let from = recorder.exchange(exchange("x:List", None, 1, 1, "page")).unwrap().id;
        recorder.resource(thing("a", from)).unwrap();
        recorder.resource(thing("a", from)).unwrap();
        recorder.resource(thing("a", from)).unwrap();
        // No coverage: it was ended here.
    });
    assert_eq!(resources.len(), 1);
    assert_eq!((coverage.len(), coverage[0].complete), (1, false));
    // No more can have been listed again than was listed.
    assert_eq!((coverage[0].items, coverage[0].repeated), (2, 2));
    assert_eq!(gaps, ["- - CollectorFailed"]);
}

#[test]
fn what_a_record_cannot_hold_is_named_by_a_gap() {
    let (resources, coverage, gaps) = settled(|recorder| {
        let from = recorder.exchange(exchange("x:List", None, 1, 1, "page")).unwrap().id;
        let deep = (0..70).fold(json!(1), |value, _| json!([value]));
        let odd = [("csv", Source { syntax: model::record::Syntax::Csv, ..Source::json(from, "/1/name") })];
        let good = ["deep", "huge", "name"].map(|part| (part, Source::json(from, "/name")));
        recorder
            .resource(ResourceNote {
                parts: good.into_iter().chain(odd).map(|(part, at)| (part.to_owned(), vec![at.into()])).collect(),
                facts: json!({"csv": "a", "deep": deep, "huge": "x".repeat(9 << 20), "name": "a"}),
                ..thing("a", from)
            })
            .unwrap();
        let parts: Vec<String> = (0..1_100).map(|n| format!("p{n:04}")).collect();
        let facts = parts.iter().map(|part| (part.clone(), json!(1))).collect::<serde_json::Map<_, _>>();
        recorder
            .resource(ResourceNote {
                parts: parts.iter().map(|part| (part.clone(), vec![Source::json(from, "/n").into()])).collect(),
                facts: Value::Object(facts),
                ..thing("b", from)
            })
            .unwrap();
        recorder.coverage(CoverageNote { calls: u64::MAX, ..listed(2) }).unwrap();
    });
    assert_eq!(resources[0].facts.get(), r#"{"name":"a"}"#);
    assert_eq!(resources[1].parts.len(), 1_024);
    assert_eq!(gaps.len(), 1 + 3 + 76, "{gaps:?}");
    for expected in ["- - Malformed", "a csv CollectorFailed", "a deep CollectorFailed", "b p1024 CollectorFailed"] {
        assert!(gaps.iter().any(|gap| gap == expected), "{expected}: {gaps:?}");
    }
    assert_eq!((coverage[0].calls, coverage[0].complete), ((1 << 53) - 1, false));
}

#[test]
fn more_peers_than_a_bundle_holds_cost_no_answer() {
    let (_, _, gaps) = settled(|recorder| {
        for n in 0..4_098_u32 {
            let peer = Certificates::new(vec![n.to_be_bytes().to_vec()]).unwrap();
            recorder.exchange(NewExchange { peer: Some(peer), ..exchange("x:List", None, 1, 1, "page") }).unwrap();
        }
    });
    assert_eq!(gaps, ["- - CollectorFailed"; 2]);
}
