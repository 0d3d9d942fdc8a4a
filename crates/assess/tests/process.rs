//! The child process and the run of judging. This program is both: started with `__assess` it is the child, and with `__odd` one that
//! dies, hangs or grows on command ([`odd`]).
//!
//! It has no test harness of the compiler's, whose output would mix with the child's answers.

#![expect(clippy::disallowed_methods, reason = "its child ends as a broken one would")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "helpers of tests may stop at the first surprise"
)]

mod odd;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use model::record::{Assignment, Coverage, Expectation, Finding, Gap, GapReason, Resource, Subject, Total};
use model::record::{InAnswer, Locator, Syntax};
use model::{Outcome, RecordRef, RecordType, Timestamp};
use serde_json::value::RawValue;
use witnessmark_assess::{Assessor, Case, CheckSet, Limits, Member, Summary, WorkerCommand, worker_main};

type TestFn = (&'static str, fn());

const TESTS: &[TestFn] = &[
    ("judges_and_names_what_was_not_read", judges_and_names_what_was_not_read),
    ("cuts_values_out_of_the_facts", cuts_values_out_of_the_facts),
    ("a_list_that_does_not_end_is_said", a_list_that_does_not_end_is_said),
    ("nothing_tested_is_not_clean", nothing_tested_is_not_clean),
    ("a_broken_expectation_is_said", a_broken_expectation_is_said),
    ("a_target_never_reached_is_said", a_target_never_reached_is_said),
    ("what_was_listed_and_not_recorded_is_said", what_was_listed_and_not_recorded_is_said),
    ("whole_targets_are_judged_once", whole_targets_are_judged_once),
    ("controls_that_ask_the_same_keep_what_is_their_own", controls_that_ask_the_same_keep_what_is_their_own),
    ("of_many_proofs_the_rest_is_counted", of_many_proofs_the_rest_is_counted),
    ("of_many_proofs_each_is_one", of_many_proofs_each_is_one),
    (
        "whole_targets_that_are_asked_the_same_keep_what_is_their_own",
        whole_targets_that_are_asked_the_same_keep_what_is_their_own,
    ),
    ("what_several_controls_ask_is_asked_once", what_several_controls_ask_is_asked_once),
    ("a_child_that_dies_costs_only_its_own_check", a_child_that_dies_costs_only_its_own_check),
    ("a_child_that_hangs_costs_only_its_own_check", a_child_that_hangs_costs_only_its_own_check),
    ("memory_stack_time_and_files_are_bounded", memory_stack_time_and_files_are_bounded),
    ("what_was_not_asked_for_is_not_taken", what_was_not_asked_for_is_not_taken),
    ("a_child_that_dies_of_loading_is_started_without", a_child_that_dies_of_loading_is_started_without),
    ("a_child_that_always_dies_is_not_started_for_ever", a_child_that_always_dies_is_not_started_for_ever),
    ("instructions_are_bounded", instructions_are_bounded),
    ("texts_at_the_limits_are_judged", texts_at_the_limits_are_judged),
    ("a_check_that_does_not_load_is_said", a_check_that_does_not_load_is_said),
    ("an_error_of_a_check_is_undetermined", an_error_of_a_check_is_undetermined),
    ("many_subjects_pass_in_order", many_subjects_pass_in_order),
    ("a_program_that_is_no_worker_is_said", a_program_that_is_no_worker_is_said),
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("__assess") {
        worker_main().unwrap();
        return;
    }
    if first.as_deref() == Some("__odd") {
        odd::main().unwrap();
        return;
    }
    let wanted = first.filter(|f| !f.starts_with('-'));
    let mut ran = 0;
    let mut failed = 0;
    for (name, test) in TESTS {
        if wanted.as_ref().is_none_or(|w| name.contains(w.as_str())) {
            // Counted as the compiler's harness counts: the summary of a whole run reads these lines.
            let holds = std::panic::catch_unwind(test).is_ok();
            println!("test {name} ... {}", if holds { "ok" } else { "FAILED" });
            if holds {
                ran += 1;
            } else {
                failed += 1;
            }
        }
    }
    let filtered = TESTS.len() - ran - failed;
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {ran} passed; {failed} failed; 0 ignored; 0 measured; {filtered} filtered out");
    if failed > 0 {
        std::process::exit(101);
    }
}

fn command() -> WorkerCommand {
    WorkerCommand::of_program(std::env::current_exe().unwrap())
}

fn odd_command() -> WorkerCommand {
    WorkerCommand { arguments: vec!["__odd".to_owned()], ..command() }
}

/// A check of `test/thing` with these outcomes' needs and this body.
fn check(name: &str, needs: &str, body: &str) -> (String, String) {
    let text = format!(
        "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   subject: test/thing\n#   needs: {needs}\n#   severity: low\n#   remediation: r\npackage checks.test.{name}\n\n{body}\n"
    );
    (format!("checks/test/{name}.rego"), text)
}

fn good() -> (String, String) {
    check(
        "good",
        "{conforms: [size, list], deviates: [size], not_applicable: [kind]}",
        "not_applicable contains {\"because\": \"no\", \"path\": \"/kind\"} if input.resource.kind == \"other\"\n\n\
         conforms contains {\"path\": \"/size\", \"expected\": input.parameters.max} if {\n\tinput.resource.size <= input.parameters.max\n\tcount(input.resource.list) >= 0\n}\n\n\
         deviates contains {\"path\": \"/size\", \"actual\": 1, \"expected\": input.parameters.max} if input.resource.size > input.parameters.max",
    )
}

struct World {
    checks: Vec<(String, String)>,
    /// Beside the one use of each check.
    more_uses: Vec<Assignment>,
    coverage: Vec<Coverage>,
    gaps: Vec<Gap>,
    resources: Vec<Resource>,
    expect: Option<Expectation>,
    limits: Limits,
    command: WorkerCommand,
}

fn world(checks: Vec<(String, String)>, resources: Vec<Resource>) -> World {
    let items = resources.len() as u64;
    World {
        checks,
        more_uses: Vec::new(),
        coverage: vec![coverage(items, true)],
        gaps: Vec::new(),
        resources,
        expect: None,
        limits: Limits::default(),
        command: command(),
    }
}

impl World {
    fn judge(self) -> (Vec<Finding>, Summary) {
        let texts = self.checks.iter().map(|(p, t)| (p.as_str(), t.as_str()));
        let checks = CheckSet::default().with_own(texts).unwrap();
        let numbered = |kind| move |n: usize| RecordRef::new(kind, n as u64);
        let uses = checks.checks().map(|c| assignment(&c.id, self.expect.clone()));
        let assignments = uses.chain(self.more_uses).collect::<Vec<_>>();
        let case = Case {
            assignments: refs(assignments, numbered(RecordType::Assignment)),
            coverage: refs(self.coverage, numbered(RecordType::Coverage)),
            gaps: refs(self.gaps, numbered(RecordType::Gap)),
            checks,
        };
        let mut assessor = Assessor::new(self.command, self.limits, case).unwrap();
        let mut findings = Vec::new();
        let mut sink = |finding: Finding| {
            findings.push(finding);
            Ok(())
        };
        for (n, resource) in self.resources.iter().enumerate() {
            let reference = RecordRef::new(RecordType::Resource, n as u64);
            assessor.feed(reference, Member::from(resource), &mut sink).unwrap();
        }
        let summary = assessor.finish(&mut sink).unwrap();
        (findings, summary)
    }
}

fn refs<T>(items: Vec<T>, reference: impl Fn(usize) -> RecordRef) -> Vec<(RecordRef, T)> {
    items.into_iter().enumerate().map(|(n, item)| (reference(n), item)).collect()
}

fn raw(text: &str) -> Box<RawValue> {
    serde_json::from_str(text).unwrap()
}

fn assignment(check: &str, expect: Option<Expectation>) -> Assignment {
    Assignment {
        control: "C-1".into(),
        check: check.into(),
        targets: vec!["prod".into()],
        parameters: raw(r#"{"max":5}"#),
        weaker: Vec::new(),
        expect,
        declared: raw("{}"),
        now: Timestamp::from_millis(1_800_000_000_000).unwrap(),
    }
}

fn thing(id: &str, facts: &str) -> Resource {
    Resource {
        target: "prod".into(),
        collector: "test".into(),
        population: "test/thing@here".into(),
        kind: "test/thing".into(),
        id: id.into(),
        parts: BTreeMap::new(),
        facts: raw(facts),
    }
}

fn coverage(items: u64, complete: bool) -> Coverage {
    Coverage {
        target: "prod".into(),
        collector: "test".into(),
        population: "test/thing@here".into(),
        calls: 1,
        pages: 1,
        items,
        repeated: 0,
        complete,
        total: None,
    }
}

fn gap(population: Option<&str>, id: Option<&str>, part: Option<&str>, reason: GapReason) -> Gap {
    Gap {
        target: "prod".into(),
        collector: "test".into(),
        population: population.map(Into::into),
        subject: id.map(|id| Subject { kind: "test/thing".into(), id: id.into() }),
        part: part.map(Into::into),
        right: Some("test:Read".into()),
        reason,
        detail: "no".into(),
        exchange: Some(RecordRef::new(RecordType::Exchange, 412)),
        acceptance: None,
    }
}

fn only(findings: &[Finding]) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    &findings[0]
}

fn reason(finding: &Finding) -> &str {
    finding.reason.as_deref().unwrap_or_default()
}

fn judges_and_names_what_was_not_read() {
    let mut world = world(
        vec![good()],
        vec![
            thing("a", r#"{"kind":"x","size":3,"list":[]}"#),
            thing("b", r#"{"kind":"x","size":9}"#),
            thing("c", r#"{"kind":"other","size":9}"#),
            thing("d", r#"{"kind":"x","size":3}"#),
            thing("e", r#"{"kind":"x"}"#),
        ],
    );
    for id in ["b", "d"] {
        world.gaps.push(gap(Some("test/thing@here"), Some(id), Some("list"), GapReason::Denied));
    }
    let (findings, _) = world.judge();
    let outcomes: Vec<_> = findings.iter().map(|f| f.outcome).collect();
    use Outcome::{Conforms, Deviates, NotApplicable, Undetermined};
    assert_eq!(outcomes, [Conforms, Deviates, NotApplicable, Undetermined, Undetermined], "{findings:#?}");
    assert_eq!(findings[2].reason.as_deref(), Some("no"));
    assert_eq!(reason(&findings[3]), "/list: access denied, test:Read, exchange:412");
    let rests: Vec<_> = findings[3].rests_on.iter().map(ToString::to_string).collect();
    assert_eq!(rests, ["assignment:0", "gap:1", "resource:3"]);
    assert_eq!(reason(&findings[4]), "/list: not read, and no gap says why; /size: not read, and no gap says why");
    assert_eq!(findings[0].key(), "C-1/test/good/prod/test/thing=a");
}

fn cuts_values_out_of_the_facts() {
    let facts = "{\"kind\":\"x\",\n \"size\": 12345678901234567890123, \"list\":[]}";
    let (findings, _) = world(vec![good()], vec![thing("a", facts)]).judge();
    let evidence = &only(&findings).evidence[0];
    assert_eq!(evidence.actual.as_ref().unwrap().get(), "12345678901234567890123", "never the engine's own number");
    assert_eq!(evidence.expected.as_ref().unwrap().get(), "5");
}

fn a_list_that_does_not_end_is_said() {
    let mut world = world(vec![good()], vec![thing("a", r#"{"kind":"x","size":3,"list":[]}"#)]);
    world.coverage = vec![coverage(1, false)];
    world.gaps.push(gap(Some("test/thing@here"), None, None, GapReason::Truncated));
    let (findings, _) = world.judge();
    assert_eq!(findings.len(), 2);
    assert_eq!(findings[0].outcome, Outcome::Conforms);
    assert_eq!(findings[1].outcome, Outcome::Undetermined);
    assert_eq!(findings[1].subject, None);
    assert_eq!(findings[1].population.as_deref(), Some("test/thing@here"));
    assert_eq!(
        reason(&findings[1]),
        "the population is not complete: list truncated, test:Read, exchange:412; the end of the list was not reached: 1 items on 1 pages"
    );
    let mut total = coverage(1, true);
    let from = Locator::Answer(InAnswer {
        exchange: RecordRef::new(RecordType::Exchange, 1),
        syntax: Syntax::Json,
        path: "/n".into(),
        decode: Vec::new(),
        inner: None,
    });
    total.total = Some(Total { count: 2, from });
    let mut world = self::world(vec![good()], vec![thing("a", r#"{"kind":"x","size":3,"list":[]}"#)]);
    world.coverage = vec![total];
    let (findings, _) = world.judge();
    assert_eq!(reason(&findings[1]), "the population is not complete: the source counts 2 and lists 1");
}

fn nothing_tested_is_not_clean() {
    let (findings, _) = world(vec![good()], Vec::new()).judge();
    assert_eq!(only(&findings).outcome, Outcome::Undetermined);
    assert_eq!(reason(&findings[0]), "complete, 0 members: nothing was tested");
    let mut expected = world(vec![good()], Vec::new());
    expected.expect = Some(Expectation { none: "people sign in elsewhere".into() });
    let (findings, _) = expected.judge();
    assert_eq!(only(&findings).outcome, Outcome::NotApplicable);
    assert_eq!(reason(&findings[0]), "complete, 0 members, as expected: people sign in elsewhere");
}

fn a_broken_expectation_is_said() {
    let mut world = world(vec![good()], vec![thing("a", r#"{"kind":"x","size":3,"list":[]}"#)]);
    world.expect = Some(Expectation { none: "people sign in elsewhere".into() });
    let (findings, _) = world.judge();
    assert_eq!(only(&findings).outcome, Outcome::Conforms);
    assert_eq!(reason(&findings[0]), "none was expected (people sign in elsewhere), but this one exists");
}

fn a_target_never_reached_is_said() {
    let mut unreached = world(vec![good()], Vec::new());
    unreached.coverage.clear();
    unreached.gaps.push(gap(None, None, None, GapReason::WrongIdentity));
    let (findings, _) = unreached.judge();
    assert_eq!(only(&findings).outcome, Outcome::Undetermined);
    assert_eq!(findings[0].population.as_deref(), Some("test/thing"));
    assert_eq!(
        reason(&findings[0]),
        "the population is not complete: not the declared identity, test:Read, exchange:412"
    );
    let mut silent = world(vec![good()], Vec::new());
    silent.coverage.clear();
    let (findings, _) = silent.judge();
    assert_eq!(reason(only(&findings)), "the population is not complete: no list was made, and no gap says why");
}

fn what_was_listed_and_not_recorded_is_said() {
    let mut world = world(vec![good()], vec![thing("a", r#"{"kind":"x","size":3,"list":[]}"#)]);
    world.coverage = vec![coverage(3, true)];
    world.gaps.push(gap(Some("test/thing@here"), Some("b"), None, GapReason::Vanished));
    let (findings, _) = world.judge();
    assert_eq!(findings.len(), 3, "{findings:#?}");
    assert_eq!(findings[1].subject.as_ref().unwrap().id, "b");
    assert_eq!(
        reason(&findings[1]),
        "listed, but nothing of it was read: gone before it could be read, test:Read, exchange:412"
    );
    assert_eq!(
        reason(&findings[2]),
        "the population is not complete: 3 items were listed and 1 recorded, and no gap says why"
    );
}

fn whole_targets_are_judged_once() {
    let (path, text) = check(
        "whole",
        "{conforms: [test/thing], deviates: []}",
        "conforms contains {\"because\": \"few\"} if count(input.resources[\"test/thing\"]) < 3\n\n\
         deviates contains {\"path\": sprintf(\"/test~1thing/%d/size\", [n]), \"expected\": \"small\"} if {\n\tsome n, thing in input.resources[\"test/thing\"]\n\tthing.size > 5\n}",
    );
    let text = text.replace("subject: test/thing", "subject: target\n#   reads: [test/thing]");
    let resources = || vec![thing("a", r#"{"size":3}"#), thing("b", r#"{"size":4}"#)];
    let (findings, _) = world(vec![(path.clone(), text.clone())], resources()).judge();
    assert_eq!(only(&findings).outcome, Outcome::Conforms);
    assert_eq!(findings[0].key(), "C-1/test/whole/prod/target");
    let rests: Vec<_> = findings[0].rests_on.iter().map(ToString::to_string).collect();
    assert_eq!(rests, ["assignment:0", "coverage:0", "resource:0", "resource:1"]);

    let mut cut = world(vec![(path.clone(), text.clone())], resources());
    cut.coverage = vec![coverage(2, false)];
    let (findings, _) = cut.judge();
    assert_eq!(only(&findings).outcome, Outcome::Undetermined);
    assert!(
        reason(&findings[0]).starts_with("/test~1thing: test/thing@here: the end of the list was not reached"),
        "{}",
        reason(&findings[0])
    );

    let mut bad = world(vec![(path, text)], vec![thing("a", r#"{"size":3}"#), thing("b", r#"{"size":7.0}"#)]);
    bad.coverage = vec![coverage(2, false)];
    let (findings, _) = bad.judge();
    assert_eq!(only(&findings).outcome, Outcome::Deviates, "what was read proves it");
    assert_eq!(findings[0].evidence[0].actual.as_ref().unwrap().get(), "7.0");
}

fn controls_that_ask_the_same_keep_what_is_their_own() {
    let body = "bad if input.resource.size > input.parameters.max\n\nbad if input.now > 1900000000\n\nbad if input.declaration.strict\n\n\
                deviates contains {\"path\": \"/size\"} if bad\n\nconforms contains {\"path\": \"/size\"} if not bad";
    let asks = check("asks", "{conforms: [size], deviates: [size]}", body);
    let other = |control: &str, change: &dyn Fn(&mut Assignment)| {
        let mut one = Assignment { control: control.into(), ..assignment("test/asks", None) };
        change(&mut one);
        one
    };
    let mut world = world(vec![asks], vec![thing("a", r#"{"size":3}"#), thing("b", r#"{"size":4}"#)]);
    world.more_uses = vec![
        other("C-2", &|one| one.expect = Some(Expectation { none: "nobody has one".into() })),
        other("C-3", &|one| one.parameters = raw(r#"{"max":3}"#)),
        other("C-4", &|one| one.now = Timestamp::from_millis(1_950_000_000_000).unwrap()),
        other("C-5", &|one| one.declared = raw(r#"{"strict":true}"#)),
        other("C-6", &|one| one.targets = vec!["other".into()]),
    ];
    let (findings, _) = world.judge();
    let told: Vec<String> = findings
        .iter()
        .map(|one| {
            let subject = one.subject.as_ref().map_or("all", |subject| subject.id.as_str());
            format!("{} {subject} {} {}", one.control, one.outcome, one.rests_on[0])
        })
        .collect();
    let expected = [
        "C-1 a conforms assignment:0",
        "C-2 a conforms assignment:1",
        "C-3 a conforms assignment:2",
        "C-4 a deviates assignment:3",
        "C-5 a deviates assignment:4",
        "C-1 b conforms assignment:0",
        "C-2 b conforms assignment:1",
        "C-3 b deviates assignment:2",
        "C-4 b deviates assignment:3",
        "C-5 b deviates assignment:4",
        "C-6 all undetermined assignment:5",
    ];
    assert_eq!(told, expected, "{findings:#?}");
    assert_eq!(reason(&findings[0]), "");
    assert_eq!(reason(&findings[1]), "none was expected (nobody has one), but this one exists");
}

fn of_many_proofs_the_rest_is_counted() {
    let many = |outcome: &str, needs: &str| {
        let body = format!(
            "{outcome} contains {{\"path\": sprintf(\"/list/%d\", [n]), \"because\": \"so\"}} if some n in numbers.range(0, 29)"
        );
        check(outcome, needs, &body)
    };
    let resources = || vec![thing("a", r#"{"list":[1]}"#)];
    let (findings, _) = world(vec![many("deviates", "{deviates: [list]}")], resources()).judge();
    let evidence = &only(&findings).evidence;
    assert_eq!((evidence.len(), evidence[20].because.as_deref()), (21, Some("and 10 more")));
    let needs = "{undetermined: [list]}";
    let (findings, _) = world(vec![many("undetermined", needs)], resources()).judge();
    assert_eq!(only(&findings).outcome, Outcome::Undetermined);
    assert!(reason(&findings[0]).ends_with("; and 22 more"), "{}", reason(&findings[0]));
}

/// It is the check's fault, wherever it stands among its proofs: what it says is not taken for proven.
fn of_many_proofs_each_is_one() {
    let body = |outcome: &str, odd: &str| {
        format!(
            "{outcome} contains {{\"because\": \"so\", \"path\": sprintf(\"/list/%d\", [n])}} if some n in numbers.range(0, 29)\n\n\
             {outcome} contains {odd} if count(input.resource.list) > 0"
        )
    };
    for outcome in ["conforms", "deviates", "undetermined"] {
        let judged = |odd: &str| {
            let needs = format!("{{{outcome}: [list]}}");
            let (findings, _) =
                world(vec![check("many", &needs, &body(outcome, odd))], vec![thing("a", r#"{"list":[1]}"#)]).judge();
            (only(&findings).outcome, reason(&findings[0]).to_owned(), findings[0].evidence.len())
        };
        // All of them come after the others: `path` after `because`, a list after all objects.
        for odd in [
            "{\"path\": \"/list\", \"where\": 1}",
            "{\"path\": 1}",
            "{\"path\": {\"a\": 1}}",
            "{\"path\": \"/list\", \"why\": \"because\"}",
            "{\"z\": \"/list\"}",
        ] {
            let (found, why, _) = judged(odd);
            assert_eq!(found, Outcome::Undetermined, "{outcome}: {odd}");
            assert!(why.contains("members `path`, `actual`, `expected`, `because`"), "{outcome}: {odd}: {why}");
        }
        for good in [
            "{\"path\": \"/list\"}",
            "{\"path\": \"/list\", \"expected\": {\"a\": [1, null]}}",
            "{\"path\": \"/list\", \"expected\": null}",
            "{\"path\": null}",
        ] {
            let (found, why, evidence) = judged(good);
            assert_eq!(found.to_string(), outcome, "{good}: {why}");
            let counted = if outcome == "undetermined" { why.ends_with("; and 23 more") } else { evidence == 21 };
            assert!(counted, "{outcome}: {good}: {why} {evidence}");
        }
    }
}

/// Controls that ask the same of a whole target are answered by one evaluation, and each keeps its own parameters, date, declared parts and targets.
fn whole_targets_that_are_asked_the_same_keep_what_is_their_own() {
    let body = "bad if count(input.resources[\"test/thing\"]) > input.parameters.max\n\nbad if input.now > 1900000000\n\nbad if input.declaration.strict\n\n\
                deviates contains {\"because\": input.target.id} if bad\n\nconforms contains {\"because\": input.target.id} if not bad";
    let (path, text) = check("whole", "{conforms: [test/thing], deviates: [test/thing]}", body);
    let text = text.replace("subject: test/thing", "subject: target\n#   reads: [test/thing]");
    let other = |control: &str, change: &dyn Fn(&mut Assignment)| {
        let mut one = Assignment { control: control.into(), ..assignment("test/whole", None) };
        change(&mut one);
        one
    };
    let mut world = world(vec![(path, text)], vec![thing("a", r#"{"size":3}"#), thing("b", r#"{"size":4}"#)]);
    world.coverage.push(Coverage { target: "other".into(), ..coverage(1, true) });
    world.resources.push(Resource { target: "other".into(), ..thing("c", r#"{"size":4}"#) });
    world.more_uses = vec![
        other("C-2", &|_| {}),
        other("C-3", &|one| one.parameters = raw(r#"{"max":1}"#)),
        other("C-4", &|one| one.now = Timestamp::from_millis(1_950_000_000_000).unwrap()),
        other("C-5", &|one| one.declared = raw(r#"{"strict":true}"#)),
        other("C-6", &|one| one.targets = vec!["other".into()]),
        other("C-7", &|one| one.targets = vec!["other".into(), "prod".into()]),
    ];
    let (findings, _) = world.judge();
    let told: BTreeSet<String> = findings
        .iter()
        .map(|one| {
            let because = one.evidence[0].because.as_deref().unwrap_or_default();
            let rests: Vec<_> = one.rests_on.iter().map(ToString::to_string).collect();
            format!("{} {} {} {because} {}", one.control, one.target, one.outcome, rests.join(" "))
        })
        .collect();
    let of_prod = "coverage:0 resource:0 resource:1";
    let of_other = "coverage:1 resource:2";
    let expected = [
        format!("C-1 prod conforms prod assignment:0 {of_prod}"),
        format!("C-2 prod conforms prod assignment:1 {of_prod}"),
        format!("C-3 prod deviates prod assignment:2 {of_prod}"),
        format!("C-4 prod deviates prod assignment:3 {of_prod}"),
        format!("C-5 prod deviates prod assignment:4 {of_prod}"),
        format!("C-6 other conforms other assignment:5 {of_other}"),
        format!("C-7 other conforms other assignment:6 {of_other}"),
        format!("C-7 prod conforms prod assignment:6 {of_prod}"),
    ];
    assert_eq!(findings.len(), expected.len(), "{findings:#?}");
    assert_eq!(told, BTreeSet::from(expected), "{findings:#?}");
}

/// The child of this test counts how often it is asked about each check.
fn what_several_controls_ask_is_asked_once() {
    for whole in [false, true] {
        let (path, mut text) = check("counts", "{conforms: [kind]}", "conforms contains {\"because\": \"so\"}");
        if whole {
            text = text.replace("subject: test/thing", "subject: target\n#   reads: [test/thing]");
            text = text.replace("[kind]", "[test/thing]");
        }
        let mut world =
            World { command: odd_command(), ..world(vec![(path, text)], vec![thing("a", r#"{"kind":"x"}"#)]) };
        let other = |control: &str, parameters: &str| Assignment {
            control: control.into(),
            parameters: raw(parameters),
            ..assignment("test/counts", None)
        };
        world.more_uses =
            vec![other("C-2", r#"{"max":5}"#), other("C-3", r#"{"max":6}"#), other("C-4", r#"{"max":5}"#)];
        let (findings, _) = world.judge();
        let mut told: Vec<(&str, &str)> = findings
            .iter()
            .map(|one| (one.control.as_str(), one.evidence[0].because.as_deref().unwrap_or_default()))
            .collect();
        told.sort_unstable();
        assert_eq!(told, [("C-1", "asked 1"), ("C-2", "asked 1"), ("C-3", "asked 2"), ("C-4", "asked 1")], "{whole}");
    }
}

fn three_things() -> Vec<Resource> {
    (0..3).map(|n| thing(&format!("t{n}"), r#"{"kind":"x","size":3,"list":[]}"#)).collect()
}

/// Every finding of `good` conforms, every one of the other check is undetermined and says `why`.
fn suffers_alone(findings: &[Finding], count: usize, why: &str) {
    let (fine, bad): (Vec<&Finding>, Vec<&Finding>) = findings.iter().partition(|f| f.check == "test/good");
    assert_eq!((fine.len(), bad.len()), (count, count));
    assert!(fine.iter().all(|f| f.outcome == Outcome::Conforms), "{fine:#?}");
    for finding in bad {
        assert_eq!(finding.outcome, Outcome::Undetermined);
        assert!(reason(finding).contains(why), "{}", reason(finding));
    }
}

/// `good` and a check by which the child misbehaves in this way, over some subjects.
fn beside(how: &str, subjects: usize) -> World {
    let bad = check(how, "{conforms: [size]}", "conforms contains {\"path\": \"/size\"} if input.resource.size > 0");
    let things = (0..subjects).map(|n| thing(&format!("t{n:02}"), r#"{"kind":"x","size":3,"list":[]}"#)).collect();
    World { command: odd_command(), ..world(vec![good(), bad], things) }
}

fn a_child_that_dies_costs_only_its_own_check() {
    for (how, why) in [
        ("exits", "the worker ended: exit status: 3"),
        ("aborts", "signal: 6 (SIGABRT)"),
        ("breaks_off", "the worker ended: exit status: 0"),
    ] {
        let (findings, summary) = beside(how, 3).judge();
        suffers_alone(&findings, 3, why);
        assert!(summary.restarts > 0, "{summary:?}");
    }
    let (findings, summary) = beside("exits", 30).judge();
    suffers_alone(&findings, 30, "the worker ended: exit status: 3");
    assert_eq!(
        summary.broken.get("test/exits").map(String::as_str),
        Some("given up after 3 failures: the worker ended: exit status: 3")
    );
    assert!(summary.restarts < 10, "{summary:?}");
}

fn a_child_that_hangs_costs_only_its_own_check() {
    let mut patient = beside("hangs", 30);
    patient.limits.answer_within = Duration::from_millis(300);
    let (findings, summary) = patient.judge();
    suffers_alone(&findings, 30, "no answer within 0.3 s");
    assert!(summary.broken["test/hangs"].starts_with("given up after 3 failures"), "{summary:?}");
    assert!(summary.restarts < 10, "{summary:?}");
}

fn memory_stack_time_and_files_are_bounded() {
    let written = odd::written(std::process::id()).unwrap();
    for (how, why) in [
        ("grows", "(stack or memory exhausted; 256 MiB were allowed)"),
        ("descends", "(stack or memory exhausted; 256 MiB were allowed)"),
        ("works", "(1 s of processor time used)"),
        ("writes", "signal: 25 (SIGXFSZ)"),
    ] {
        let mut small = beside(how, 3);
        small.limits.memory = 256 << 20;
        small.limits.cpu_seconds = 1;
        // A busy machine may take long to give a second of processor time, or to give pages.
        small.limits.answer_within = Duration::from_secs(120);
        let (findings, summary) = small.judge();
        suffers_alone(&findings, 3, why);
        assert!(summary.restarts > 0, "{summary:?}");
    }
    assert_eq!(std::fs::read(&written).unwrap(), b"", "a name may be made, and nothing written");
    std::fs::remove_file(written).unwrap();
}

fn what_was_not_asked_for_is_not_taken() {
    for (how, why) in [("lies", "an answer that was not asked for"), ("babbles", "an answer that cannot be read")] {
        let (findings, summary) = beside(how, 3).judge();
        suffers_alone(&findings, 3, why);
        assert!(summary.restarts > 0, "{summary:?}");
    }
}

fn a_child_that_dies_of_loading_is_started_without() {
    let (findings, summary) = beside("exits_when_loaded", 3).judge();
    suffers_alone(&findings, 3, "the worker ended: exit status: 3");
    assert_eq!(summary.broken["test/exits-when-loaded"], "the worker ended: exit status: 3");
}

fn a_child_that_always_dies_is_not_started_for_ever() {
    let mut dying = beside("good", 300);
    dying.checks = (0..70)
        .map(|n| {
            check(
                &format!("exits_{n:02}"),
                "{conforms: [size]}",
                "conforms contains {\"path\": \"/size\"} if input.resource.size > 0",
            )
        })
        .collect();
    let (findings, summary) = dying.judge();
    assert_eq!(findings.len(), 300 * 70);
    assert!(findings.iter().all(|f| f.outcome == Outcome::Undetermined && f.reason.is_some()));
    assert!(findings.iter().any(|f| reason(f).contains("the worker had to be started 200 times")));
    assert_eq!(summary.restarts, 201);
}

/// The machine counts; a harmless text is enough when few are allowed.
fn instructions_are_bounded() {
    let bad = check(
        "bad",
        "{conforms: [size]}",
        "conforms contains {\"path\": \"/size\"} if count([n | some n in numbers.range(1, 1000)]) == 1000",
    );
    let (findings, _) = world(vec![good(), bad.clone()], three_things()).judge();
    assert!(findings.iter().all(|f| f.outcome == Outcome::Conforms), "{findings:#?}");
    let mut slow = world(vec![good(), bad], three_things());
    slow.limits.instructions = 500;
    let (findings, summary) = slow.judge();
    suffers_alone(&findings, 3, "instruction");
    assert_eq!(summary.restarts, 0, "the machine's own limit needs no new child");
}

fn texts_at_the_limits_are_judged() {
    let (path, text) = check(
        "large",
        "{conforms: [size]}",
        "deep := [[[[[[[[[[3]]]]]]]]]]\n\nconforms contains {\"path\": \"/size\"} if deep[0][0][0][0][0][0][0][0][0][0] == input.resource.size",
    );
    let full = |bytes: usize| format!("{text}#{}", " ".repeat(bytes - text.len() - 1));
    let load = |text: &str| CheckSet::default().with_own([(path.as_str(), text)]).map(|_| ());
    let (findings, summary) = world(vec![(path.clone(), full(64 << 10))], three_things()).judge();
    assert_eq!(findings.iter().map(|f| f.outcome).collect::<Vec<_>>(), [Outcome::Conforms; 3], "{findings:#?}");
    assert_eq!(summary, Summary::default());
    assert!(load(&full((64 << 10) + 1)).unwrap_err().to_string().contains("longer than 65536 bytes"));
    let deeper = text.replace("[[3]]", "[[[3]]]");
    assert!(load(&deeper).unwrap_err().to_string().contains("brackets nested deeper than 10"));
}

fn a_check_that_does_not_load_is_said() {
    let bad = check(
        "bad",
        "{conforms: [size]}",
        "conforms contains {\"path\": \"/size\"} if nowhere.at_all(input.resource.size)",
    );
    assert!(
        CheckSet::default().with_own([(bad.0.as_str(), bad.1.as_str())]).is_err(),
        "refused before any engine sees it"
    );
    let bad =
        check("bad", "{conforms: [size]}", "conforms contains {\"path\": \"/size\"} if unknown(input.resource.size)");
    let (findings, summary) = world(vec![good(), bad], three_things()).judge();
    suffers_alone(&findings, 3, "");
    assert_eq!(summary.restarts, 0);
    let bad = check(
        "bad",
        "{conforms: [size], deviates: [size]}",
        "conforms contains {\"path\": \"/size\"} if input.resource.size > 0",
    );
    let (findings, summary) = world(vec![good(), bad], three_things()).judge();
    suffers_alone(&findings, 3, "there is no rule");
    assert!(summary.broken.contains_key("test/bad"));
}

fn an_error_of_a_check_is_undetermined() {
    let bad = check(
        "bad",
        "{conforms: [size], deviates: [size]}",
        "deviates contains {\"path\": \"/size\"} if startswith(input.resource.size, \"x\")\n\nconforms contains {\"path\": \"/size\"} if not startswith(input.resource.size, \"x\")",
    );
    let (findings, _) = world(vec![good(), bad], three_things()).judge();
    suffers_alone(&findings, 3, "proved nothing");
    let odd = check("bad", "{conforms: [size]}", "conforms contains {\"where\": \"/size\"} if true");
    let (findings, _) = world(vec![good(), odd], three_things()).judge();
    suffers_alone(&findings, 3, "members `path`, `actual`, `expected`, `because`");
    let value = check("bad", "{conforms: [size]}", "conforms := {\"path\": \"/size\"}");
    let (findings, _) = world(vec![good(), value], three_things()).judge();
    suffers_alone(&findings, 3, "is not a set");
}

fn many_subjects_pass_in_order() {
    let things: Vec<Resource> = (0..3000)
        .map(|n| thing(&format!("t{n:05}"), &format!(r#"{{"kind":"x","size":{},"list":[]}}"#, n % 10)))
        .collect();
    let (findings, summary) = world(vec![good()], things).judge();
    assert_eq!(findings.len(), 3000);
    assert!(findings.iter().map(|f| &f.subject.as_ref().unwrap().id).is_sorted());
    assert_eq!(findings.iter().filter(|f| f.outcome == Outcome::Deviates).count(), 1200);
    assert_eq!(summary, Summary::default());
}

fn a_program_that_is_no_worker_is_said() {
    let case = |checks: CheckSet| Case {
        assignments: vec![(RecordRef::new(RecordType::Assignment, 0), assignment("test/good", None))],
        checks,
        ..Case::default()
    };
    let text = good();
    let checks = CheckSet::default().with_own([(text.0.as_str(), text.1.as_str())]).unwrap();
    let missing = WorkerCommand::of_program("/nonexistent/witnessmark".into());
    let error = Assessor::new(missing, Limits::default(), case(checks)).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/witnessmark"), "{error}");
    let error = Assessor::new(command(), Limits::default(), case(CheckSet::default())).unwrap_err();
    assert!(error.to_string().contains("test/good"), "{error}");
}
