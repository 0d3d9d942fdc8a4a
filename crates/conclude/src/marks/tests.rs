use model::record::{CheckRole, Expectation, Rehearsed, Subject};
use model::{Severity, Timestamp, origin::Unproven};
use serde_json::json;

use super::*;

/// One shipped check, `a/b`, which imports `lib/x`, and that imports `lib/y`.
#[derive(Debug)]
struct Ours;

const CHECK: &str = "check, imports lib/x";
const LIBRARIES: [(&str, &str); 2] = [("lib/x", "library, imports lib/y"), ("lib/y", "library")];

impl Texts for Ours {
    fn version(&self) -> &str {
        "1.0.0"
    }

    fn sha256(&self, id: &str) -> Option<Digest> {
        let all = LIBRARIES.into_iter().chain([("a/b", CHECK)]);
        all.into_iter().find(|(one, _)| *one == id).map(|(_, text)| Digest::of(text.as_bytes()))
    }

    fn libraries(&self, text: &str) -> Vec<String> {
        text.split_once("imports ").map(|(_, all)| all.split(' ').map(str::to_owned).collect()).unwrap_or_default()
    }

    fn weaker(&self, _check: &str, _sealed: Option<&str>, parameters: &RawValue) -> Vec<String> {
        let given: serde_json::Map<String, serde_json::Value> = serde_json::from_str(parameters.get()).unwrap();
        given.into_iter().filter(|(_, value)| *value == json!("weak")).map(|(name, _)| name).collect()
    }
}

fn text(id: &str, text: &str, provenance: Provenance) -> Check {
    let role = if id.starts_with("lib/") { CheckRole::Library } else { CheckRole::Check };
    Check { id: id.to_owned(), role, sha256: Digest::of(text.as_bytes()), provenance, text: text.to_owned() }
}

fn used(parameters: &str, weaker: &[&str]) -> Assignment {
    Assignment {
        control: "C".to_owned(),
        check: "a/b".to_owned(),
        targets: vec!["t".to_owned()],
        parameters: RawValue::from_string(parameters.to_owned()).unwrap(),
        weaker: weaker.iter().map(|name| (*name).to_owned()).collect(),
        expect: None,
        declared: RawValue::from_string("{}".to_owned()).unwrap(),
        now: Timestamp::from_millis(0).unwrap(),
    }
}

fn finding(target: &str) -> Finding {
    Finding {
        control: "C".to_owned(),
        check: "a/b".to_owned(),
        target: target.to_owned(),
        population: None,
        subject: Some(Subject { kind: "k/k".to_owned(), id: "1".to_owned() }),
        outcome: Outcome::Conforms,
        severity: Severity::Low,
        evidence: Vec::new(),
        reason: None,
        rests_on: Vec::new(),
        acceptance: None,
    }
}

fn coverage(target: &str, collector: &str, population: &str) -> Coverage {
    serde_json::from_value(json!({"target": target, "collector": collector, "population": population, "calls": 1,
        "pages": 1, "items": 1, "complete": true}))
    .unwrap()
}

fn control(id: &str, conforms: u64) -> Control {
    let counts = json!({"conforms": conforms, "deviates": 0, "undetermined": 0, "not_applicable": 0, "accepted": 0});
    serde_json::from_value(json!({"id": id, "title": "T", "requirements": [], "counts": counts})).unwrap()
}

fn route(proxies: &[&str], endpoints: &[&str], collector: &str) -> Route {
    serde_json::from_value(json!({"target": "t", "collector": collector, "proxies": proxies, "endpoints": endpoints}))
        .unwrap()
}

/// Shipped texts, one use, and what `feed` adds before the findings.
fn marks(checks: &[Check], uses: &[Assignment], version: &str, feed: impl FnOnce(&mut Marks)) -> Marks {
    let mut marks = Marks::new(&Ours, version, false);
    checks.iter().for_each(|check| marks.check(check));
    uses.iter().for_each(|used| marks.assignment(used));
    feed(&mut marks);
    marks
}

fn shipped() -> Vec<Check> {
    let libraries = LIBRARIES.iter().map(|(id, own)| text(id, own, Provenance::Stock));
    std::iter::once(text("a/b", CHECK, Provenance::Stock)).chain(libraries).collect()
}

fn names(marks: &[Marked]) -> Vec<(Mark, Vec<&str>)> {
    marks.iter().map(|one| (one.mark, one.of.iter().map(String::as_str).collect())).collect()
}

#[test]
fn a_mark_has_one_name() {
    for (place, mark) in Mark::ALL.into_iter().enumerate() {
        assert_eq!(json!(mark), json!(mark.as_str()));
        assert_eq!(mark as usize, place, "each has its place in lists");
    }
}

#[test]
fn nothing_is_marked_where_all_is_as_shipped() {
    let mut marks = marks(&shipped(), &[used("{}", &[])], "1.0.0", |marks| {
        marks.route(&route(&[], &[], "aws-kms"));
        marks.coverage(&coverage("t", "aws-kms", "k/k@eu"));
    });
    marks.finding(0, &finding("t"), false);
    marks.finish();
    assert_eq!(marks.counts(), []);
    assert_eq!(marks.of(0, &finding("t")), []);
    assert_eq!(marks.of_control("C"), []);
}

/// Through another library, a text is another one, however far the import is.
#[test]
fn a_library_marks_what_imports_it() {
    for (provenance, contradicted) in [(Provenance::Changed, false), (Provenance::Stock, true)] {
        let mut checks = shipped();
        checks[2] = text("lib/y", "library that says yes", provenance);
        let mut marks = marks(&checks, &[used("{}", &[])], "1.0.0", |_| {});
        marks.finding(0, &finding("t"), false);
        marks.finish();
        let mut expected = vec![(Mark::ChangedLibrary, vec!["lib/y"])];
        if contradicted {
            expected.insert(0, (Mark::Contradicted, vec![]));
        }
        assert_eq!(names(&marks.of(0, &finding("t"))), expected);
        let counted = marks.counts().pop().unwrap();
        let of = vec!["lib/y".to_owned()];
        assert_eq!(counted, MarkCount { mark: Mark::ChangedLibrary, findings: 1, controls: 1, of });
    }
    // One that is not sealed may be anything.
    let marks = marks(&shipped()[..2], &[used("{}", &[])], "1.0.0", |marks| marks.finding(0, &finding("t"), false));
    assert_eq!(names(&marks.of(0, &finding("t"))), [(Mark::Unsealed, vec![])]);
}

/// Another version is not a change of the custodian's; a program of this version that says "stock" of another text is.
#[test]
fn provenance_is_computed() {
    let other = "another text, imports lib/x";
    for (id, said, version, expected) in [
        ("a/b", Provenance::Stock, "1.0.0", vec![Mark::Contradicted, Mark::ChangedCheck]),
        ("a/b", Provenance::Changed, "1.0.0", vec![Mark::ChangedCheck]),
        ("a/b", Provenance::Own, "1.0.0", vec![Mark::ChangedCheck]),
        ("a/b", Provenance::Stock, "2.0.0", vec![Mark::UnknownCheck]),
        ("a/b", Provenance::Changed, "2.0.0", vec![Mark::ChangedCheck]),
        ("o/o", Provenance::Own, "1.0.0", vec![Mark::OwnCheck]),
        ("o/o", Provenance::Stock, "1.0.0", vec![Mark::Contradicted, Mark::OwnCheck]),
        ("o/o", Provenance::Stock, "2.0.0", vec![Mark::UnknownCheck]),
    ] {
        let mut checks = shipped();
        checks[0] = text(id, other, said);
        let mut one = used("{}", &[]);
        let mut finding = finding("t");
        (one.check, finding.check) = (id.to_owned(), id.to_owned());
        let marks = marks(&checks, &[one], version, |marks| marks.finding(0, &finding, false));
        let found: Vec<Mark> = marks.of(0, &finding).iter().map(|one| one.mark).collect();
        assert_eq!(found, expected, "{id} {said:?} {version}");
        assert_eq!(marks.of_text(id), expected);
    }
    // Our own text under any word and version is our own text.
    let mut checks = shipped();
    checks[0].provenance = Provenance::Own;
    let marks = marks(&checks, &[used("{}", &[])], "2.0.0", |marks| marks.finding(0, &finding("t"), false));
    assert_eq!(marks.of(0, &finding("t")), []);
}

#[test]
fn weaker_parameters_are_computed_and_of_their_targets() {
    let weak = r#"{"p":"weak","q":"strong"}"#;
    for (said, contradicted) in [(vec!["p"], false), (vec![], true)] {
        let mut elsewhere = used("{}", &[]);
        elsewhere.targets = vec!["other".to_owned()];
        let uses = [used(weak, &said), elsewhere];
        let mut marks = marks(&shipped(), &uses, "1.0.0", |marks| marks.finding(0, &finding("t"), false));
        marks.finish();
        let found = marks.of(0, &finding("t"));
        assert_eq!(found.iter().any(|one| one.mark == Mark::Contradicted), contradicted);
        assert_eq!(names(&found).pop(), Some((Mark::WeakerParameters, vec!["p"])));
        assert_eq!(marks.of(1, &finding("other")), []);
        assert_eq!(marks.weaker("C", "a/b", &["t".to_owned()]), ["p"]);
        assert_eq!(marks.weaker("C", "a/b", &["other".to_owned()]), Vec::<String>::new());
        let counted = marks.counts().pop().unwrap();
        assert_eq!(counted.of, ["a/b: p"]);
    }
    // Its findings are withheld: the control has the mark nevertheless.
    let mut marks = marks(&shipped(), &[used(weak, &["p"])], "1.0.0", |_| {});
    marks.finish();
    assert_eq!(marks.of_control("C").first().map(|one| (one.mark, one.findings)), Some((Mark::WeakerParameters, 0)));
}

#[test]
fn a_finding_without_its_use_is_marked() {
    let marks = marks(&shipped(), &[used("{}", &[])], "1.0.0", |marks| marks.finding(0, &finding("u"), false));
    assert_eq!(names(&marks.of(0, &finding("u"))), [(Mark::Unassigned, vec![])]);
    let mut other = finding("t");
    other.check = "o/o".to_owned();
    let found: Vec<Mark> = marks.of(1, &other).iter().map(|one| one.mark).collect();
    assert_eq!(found, [Mark::Unsealed, Mark::Unassigned]);
}

#[test]
fn none_expected_marks_what_is_about_nothing() {
    let mut one = used("{}", &[]);
    one.expect = Some(Expectation { none: "we have none".to_owned() });
    let mut nothing = finding("t");
    (nothing.subject, nothing.population, nothing.outcome) = (None, Some("k/k".to_owned()), Outcome::NotApplicable);
    let marks_of = |one: &Assignment, finding: &Finding| {
        let marks = marks(&shipped(), std::slice::from_ref(one), "1.0.0", |marks| marks.finding(0, finding, false));
        marks.of(0, finding).iter().map(|one| one.mark).collect::<Vec<_>>()
    };
    assert_eq!(marks_of(&one, &nothing), [Mark::ExpectsNone]);
    assert_eq!(marks_of(&one, &finding("t")), []);
    // What the program expects of its own rules is nobody's exemption, and only of what is joined.
    (one.control, nothing.control) = (OWN_CONTROL.to_owned(), OWN_CONTROL.to_owned());
    assert_eq!(marks_of(&one, &nothing), [Mark::ExpectsNone]);
    (one.targets, nothing.target) = (vec![JOINED.to_owned()], JOINED.to_owned());
    assert_eq!(marks_of(&one, &nothing), []);
}

#[test]
fn the_way_to_a_target_marks_what_was_read_there_and_what_is_joined() {
    let mut through = route(&["http://proxy:3128"], &["https://kms.example"], "aws-kms");
    through.authorities = vec![Digest::of(b"a")];
    through.rehearsal = vec![Rehearsed { endpoint: "https://127.0.0.1:1".to_owned(), because: Unproven::ThisMachine }];
    let mut joined = used("{}", &[]);
    joined.targets = vec![JOINED.to_owned()];
    let mut marks = marks(&shipped(), &[used("{}", &[]), joined], "1.0.0", |marks| {
        marks.route(&through);
        marks.coverage(&coverage("t", "aws-kms", "k/k"));
        marks.coverage(&coverage("t", "openssh", "openssh/host"));
    });
    marks.finding(0, &finding("t"), false);
    marks.finding(1, &finding(JOINED), false);
    marks.finish();
    let of_way = [Mark::OwnEndpoint, Mark::OwnProxy, Mark::OwnAuthority, Mark::Rehearsal];
    let found: Vec<Mark> = marks.of(0, &finding("t")).iter().map(|one| one.mark).collect();
    assert_eq!(found, of_way, "what a program read beside it is no matter");
    let joined: Vec<Mark> = marks.of(1, &finding(JOINED)).iter().map(|one| one.mark).collect();
    assert_eq!(joined, [&[Mark::OwnProgram], &of_way[..]].concat());
    let mut host = finding("t");
    host.subject = Some(Subject { kind: "openssh/host".to_owned(), id: "1".to_owned() });
    let of_host = marks.of(2, &host);
    assert_eq!(names(&of_host).first(), Some(&(Mark::OwnProgram, vec!["openssh"])));
    assert_eq!(names(&of_host)[2], (Mark::OwnProxy, vec!["http://proxy:3128"]));
    // The address of a cluster is nobody's but its owner's.
    let marks = self::marks(&shipped(), &[used("{}", &[])], "1.0.0", |marks| {
        marks.route(&route(&[], &["https://cluster.example"], "kubernetes-rbac"));
    });
    assert_eq!(marks.of(0, &finding("t")), []);
}

/// A request to this endpoint, and its answer, kept or not.
fn asked(marks: &mut Marks, ordinal: u64, (collector, operation, endpoint): (&str, &str, &str), kept: bool) {
    let exchange = json!({"target": "t", "collector": collector, "endpoint": endpoint, "operation": operation, "page": 0,
        "attempt": 1, "started": "2026-01-01T00:00:00.000Z", "status": 200});
    marks.exchange(ordinal, &serde_json::from_value(exchange).unwrap());
    let at = format!("exchange:{ordinal}");
    let body = match kept {
        true => json!({"exchange": at, "size": 1, "sha256": Digest::of(b"1"), "raw": ordinal}),
        false => json!({"exchange": at, "size": 1, "withheld": "credential-bearing"}),
    };
    marks.body(&serde_json::from_value(body).unwrap());
}

#[test]
fn an_answer_from_elsewhere_is_marked_whatever_the_route_says() {
    let kms = |endpoint| ("aws-kms", "kms:GetKeyPolicy", endpoint);
    let read = |all: &[((&str, &str, &str), bool)]| {
        marks(&shipped(), &[used("{}", &[])], "1.0.0", |marks| {
            marks.route(&route(&[], &[], "aws-kms"));
            all.iter().zip(0..).for_each(|((asked_, kept), at)| asked(marks, at, *asked_, *kept));
            marks.finding(0, &finding("t"), false);
            marks.finding(1, &finding(JOINED), false);
            marks.finding(2, &finding("another"), false);
            marks.finish();
        })
    };
    let own = (kms("https://kms.eu-west-1.amazonaws.com"), true);
    let marks = read(&[own, (kms("https://evil.example"), true), own]);
    let found = [(Mark::OwnEndpoint, vec!["https://evil.example"])];
    assert_eq!(names(&marks.of(0, &finding("t"))), found);
    assert_eq!(names(&marks.of_read("t", &["k/k"])), found);
    assert!(marks.of(1, &finding(JOINED)).iter().any(|one| one.mark == Mark::OwnEndpoint), "joined from all of them");
    assert_eq!(marks.of_read("another", &["k/k"]), []);
    assert_eq!(marks.counts().iter().find(|one| one.mark == Mark::OwnEndpoint).unwrap().of, ["t"]);
    // Where credentials come from is asked elsewhere, and of a cluster nobody knows where it is.
    let metadata = (("aws-kms", "metadata", "http://169.254.169.254"), false);
    let cluster = (("kubernetes-rbac", "list roles", "https://10.0.0.1:6443"), true);
    let marks = read(&[own, metadata, cluster]);
    assert_eq!((marks.of(0, &finding("t")), marks.of_read("t", &["k/k"])), (vec![], vec![]));
}

#[test]
fn what_is_read_of_a_target_has_the_marks_of_who_read_it() {
    let marks = self::marks(&shipped(), &[used("{}", &[])], "1.0.0", |marks| {
        marks.route(&route(&["http://proxy:3128"], &[], "aws-kms"));
        marks.coverage(&coverage("t", "openssh", "openssh/host"));
    });
    let proxy = (Mark::OwnProxy, vec!["http://proxy:3128"]);
    assert_eq!(names(&marks.of_read("t", &["k/k"])), std::slice::from_ref(&proxy));
    assert_eq!(names(&marks.of_read("t", &["k/k", "openssh/host"])), [(Mark::OwnProgram, vec!["openssh"]), proxy]);
}

#[test]
fn what_rests_on_withheld_records_is_marked() {
    let mut marks = marks(&shipped(), &[used("{}", &[])], "1.0.0", |marks| {
        for ordinal in 0..200 {
            marks.finding(ordinal, &finding("t"), ordinal == 70);
        }
    });
    marks.finish();
    assert_eq!(names(&marks.of(70, &finding("t"))), [(Mark::Withheld, vec![])]);
    assert_eq!(marks.of(71, &finding("t")), []);
    assert_eq!(marks.of(7_000, &finding("t")), []);
    assert_eq!(marks.counts().iter().map(|one| one.findings).sum::<u64>(), 1);
}

/// A bundle of uses that name very many targets does not grow what is kept without bound.
#[test]
fn what_is_kept_of_targets_is_bounded() {
    let mut many = used("{}", &[]);
    many.targets = vec![String::new(); TARGETS_TOLD + 1];
    let marks = marks(&shipped(), &[many], "1.0.0", |marks| marks.finding(0, &finding("t"), false));
    // It is taken for a use of every target, and nobody says that it is one.
    assert_eq!(names(&marks.of(0, &finding("t"))), [(Mark::Unassigned, vec![])]);
    // Of what was told apart before, nothing changes for other checks; and where nothing is shown, the control says it.
    let mut other = used("{}", &[]);
    (other.control, other.check) = ("D".to_owned(), "o/o".to_owned());
    let mut many = used(r#"{"p":"weak"}"#, &["p"]);
    many.targets = vec![String::new(); TARGETS_TOLD];
    let mut own = shipped();
    own.push(text("o/o", "check", Provenance::Own));
    let mut marks = self::marks(&own, &[other, many], "1.0.0", |_| {});
    marks.finish();
    let of = |control: &str| marks.of_control(control).iter().map(|one| one.mark).collect::<Vec<_>>();
    assert_eq!(of("C"), [Mark::Unassigned, Mark::WeakerParameters]);
    assert_eq!(of("D"), [Mark::OwnCheck]);
}

/// Neither does a check that is used very often make each finding look at all of its uses.
#[test]
fn of_very_many_uses_a_finding_has_the_marks_of_all() {
    let mut uses = vec![used("{}", &[]); USES_TOLD];
    uses[0].parameters = RawValue::from_string(r#"{"p":"weak"}"#.to_owned()).unwrap();
    uses[0].targets = vec!["other".to_owned()];
    let of = |uses: &[Assignment], target: &str| {
        let marks = marks(&shipped(), uses, "1.0.0", |marks| marks.finding(0, &finding(target), false));
        let found = marks.of(0, &finding(target)).iter().map(|one| one.mark).collect::<Vec<_>>();
        (found, marks.weaker("C", "a/b", &["t".to_owned()]))
    };
    assert_eq!(of(&uses, "t"), (vec![], vec![]));
    uses.push(used("{}", &[]));
    let all = [Mark::Contradicted, Mark::Unassigned, Mark::WeakerParameters];
    for target in ["t", "other", "of no use"] {
        assert_eq!(of(&uses, target), (all.to_vec(), vec![MORE.to_owned()]), "{target}");
    }
}

/// What a check of the custodian's demands by default is read up to a bound. Beyond, nobody can say that its parameters are no weaker.
#[test]
fn a_text_that_is_not_looked_at_is_marked() {
    for (much, unread) in [(0, false), (1, true)] {
        let mut checks = shipped();
        checks[0] = text("a/b", "check of another", Provenance::Changed);
        let before = text("o/o", &" ".repeat(OWN_TEXTS + much - checks[0].text.len()), Provenance::Own);
        checks.insert(0, before);
        let mut marks = marks(&checks, &[used("{}", &[])], "1.0.0", |marks| marks.finding(0, &finding("t"), false));
        marks.finish();
        let mut expected = vec![(Mark::ChangedCheck, vec![])];
        expected.extend(unread.then(|| (Mark::WeakerParameters, vec![MORE])));
        assert_eq!(names(&marks.of(0, &finding("t"))), expected);
        assert_eq!(marks.weaker("C", "a/b", &["t".to_owned()]).len(), usize::from(unread));
        let named = marks.counts().iter().any(|one| one.of == [format!("a/b: {MORE}")]);
        assert_eq!(named, unread, "{:?}", marks.counts());
    }
}

/// Whoever writes another reader, or wonders about a mark, finds the bounds where the marks are.
#[test]
fn the_page_names_the_bounds() {
    let page = include_str!("../../../../docs/spec/bundle.md");
    let with_commas = |number: usize| {
        let digits = number.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
        groups.join(",")
    };
    for (number, words) in [
        (USES_TOLD, "uses of the check"),
        (TARGETS_TOLD, "targets together"),
        (OWN_TEXTS, "bytes together and a reader does not look into it"),
        (NAMED, "of each"),
        (NAMES_KEPT, "in all"),
        (IMPORTS, "libraries"),
    ] {
        let said = format!("{} {words}", with_commas(number));
        assert!(page.contains(&said), "docs/spec/bundle.md does not say `{said}`");
    }
}

/// Names are kept up to a number; that there is one more is said.
#[test]
fn of_many_names_the_rest_is_said() {
    let many: serde_json::Map<String, serde_json::Value> =
        (0..=NAMED).map(|n| (format!("p{n:02}"), json!("weak"))).collect();
    let one = used(&json!(many).to_string(), &[]);
    let marks = marks(&shipped(), &[one], "1.0.0", |_| {});
    let weaker = marks.weaker("C", "a/b", &["t".to_owned()]);
    assert_eq!((weaker.len(), weaker.last().map(String::as_str)), (NAMED + 1, Some(MORE)), "{weaker:?}");
}

/// What only findings tell, they do not tell where they are withheld: their control has the marks that they may have.
#[test]
fn a_control_that_hides_findings_keeps_what_they_would_tell() {
    let mut one = used("{}", &[]);
    one.expect = Some(Expectation { none: "we have none".to_owned() });
    let of = |uses: &[Assignment], counted: u64| {
        let mut marks = marks(&shipped(), uses, "1.0.0", |marks| {
            marks.coverage(&coverage("t", "openssh", "openssh/host"));
            // It is about another kind than the program read.
            marks.finding(0, &finding("t"), false);
        });
        marks.control(&control("C", counted));
        marks.control(&control("D", 0));
        marks.finish();
        let found = marks.of_control("C").iter().map(|one| (one.mark, one.findings)).collect::<Vec<_>>();
        assert_eq!(marks.of_control("D"), []);
        (found, marks.counts().iter().map(|one| (one.mark, one.controls)).collect::<Vec<_>>())
    };
    let read = (Mark::OwnProgram, 0);
    assert_eq!(of(std::slice::from_ref(&one), 1), (vec![], vec![read]));
    let (none, program) = (Mark::ExpectsNone, Mark::OwnProgram);
    assert_eq!(of(&[one], 2), (vec![(none, 0), read], vec![(none, 1), (program, 1)]));
    assert_eq!(of(&[used("{}", &[])], 2), (vec![read], vec![(program, 1)]));
    // What the program itself expects is nobody's exemption.
    let mut ours = used("{}", &[]);
    (ours.control, ours.targets) = (OWN_CONTROL.to_owned(), vec![JOINED.to_owned()]);
    ours.expect = Some(Expectation { none: "nothing".to_owned() });
    let mut marks = marks(&shipped(), &[ours], "1.0.0", |_| {});
    marks.control(&control(OWN_CONTROL, 1));
    marks.finish();
    assert_eq!(marks.of_control(OWN_CONTROL), []);
}

#[test]
fn one_way_of_many_collectors_is_named_once() {
    let others: Vec<String> = (0..2 * NAMED).map(|n| format!("http://proxy-{n}.example")).collect();
    let marks = marks(&shipped(), &[used("{}", &[])], "1.0.0", |marks| {
        for _ in 0..6 {
            marks.route(&route(&["http://proxy.example"], &["https://own.example"], "aws-kms"));
        }
        others.iter().for_each(|proxy| marks.route(&route(&[proxy], &[], "aws-kms")));
    });
    let found = marks.of(0, &finding("t"));
    let of = |mark| names(&found).into_iter().find(|(of, _)| *of == mark).unwrap().1;
    assert_eq!(of(Mark::OwnEndpoint), ["https://own.example"]);
    let proxies = of(Mark::OwnProxy);
    assert_eq!((proxies.len(), proxies[0]), (NAMED, "http://proxy.example"));
    assert_eq!(proxies.iter().collect::<BTreeSet<_>>().len(), NAMED);
}
