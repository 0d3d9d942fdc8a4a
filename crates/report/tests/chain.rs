//! What a person reads of a table of requirements and of a trace.

use std::collections::BTreeMap;

use declaration::{Loaded, Standard, load};
use links::{AcceptedBy, ExchangeNode, FindingNode, Found, GapNode, Links, Place, UseFound};
use model::record::{Counts, Finding};
use model::{Outcome, Severity};
use witnessmark_report::{Basis, render_gaps, render_trace};

const HOUSE: &str = "standard: House
version: '1'
notes: [Invented.]
aspects: {A: People}
requirements:
  - {id: A1, aspect: A, demand: A second factor, methods: {review: expected, inspect: expected, interview: optional}}
  - {id: A2, aspect: A, demand: Leavers, methods: {review: expected, observe: expected}}
  - {id: A3, demand: Walls, methods: {inspect: expected}, reach: D}
";

const DECLARED: &str = "witnessmark: 1
entity: Northbank
system: {id: hot, designation: full, standard: house-1, level: 1}
third_parties: [{id: cloud, role: cloud, in_threats: [T-IN], covers: [\"house-1:A3\"], reviewed: 2026-05-02}]
keys: [{id: hot-key, class: operational, at: {target: aws, key: alias/hot}, holders: [ada], reviewed: 2026-06-01}]
threats: [{id: T-IN, title: An insider, category: insider, affects: {keys: [hot-key]}}]
risks:
  - {threat: T-IN, likelihood: low, impact: high, treatment: reduce, owner: CISO, residual: {level: low, within_tolerance: RT-2, accepted_by: CEO, accepted: 2026-02-01}}
controls:
  - id: MFA
    title: Second factors
    requirements: [\"house-1:A1\"]
    threats: [T-IN]
    observe: {every: 1d}
    task: {every: 90d, detection_window: 90d, because: \"T-IN: …\", records: reviews/}
    checks: [{use: aws-iam/root-has-mfa, on: [aws], with: {allow_virtual: false}, expect: {none: no users}}]
  - {id: BARE, title: Words alone, requirements: [\"house-1:A1\"]}
not_applicable: [{requirement: \"house-1:A2\", reason: nobody ever leaves}]
acceptances: [{id: ACC, control: MFA, check: aws-iam/root-has-mfa, subject: root, reason: sealed, approved_by: CISO, approved: 2026-01-01, expires: 2026-12-31}]
";

fn declared() -> (Loaded, Vec<Standard>) {
    let loaded = load("witnessmark.yaml", &|_: &str| Ok(DECLARED.as_bytes().to_vec()));
    assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    (loaded, Standard::parse("house.yaml", HOUSE).into_iter().collect())
}

fn basis() -> Basis {
    Basis::alone("Northbank", "hot", "the declaration alone was asked for")
}

/// Without the codes of colours.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        out.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    out + rest
}

#[test]
fn requirement_by_requirement() {
    let (loaded, standards) = declared();
    let mut found = Found::default();
    let finding = serde_json::json!({"control": "MFA", "check": "aws-iam/root-has-mfa", "target": "aws", "subject": {"kind": "k", "id": "i"},
        "outcome": "deviates", "severity": "high", "evidence": [], "rests_on": [], "acceptance": "acceptance:0"});
    found.count(&serde_json::from_value::<Finding>(finding).unwrap());
    let gaps = Links::new(&loaded, &standards).gaps(None, None, Some(&found)).unwrap();
    insta::assert_snapshot!(plain(&render_gaps(&basis(), &gaps)), @r"
    Northbank, hot: `house-1` up to level 1, designation full
    Findings: none: the declaration alone was asked for
    Note: Invented.

    3 requirements: 1 with a control, 1 without, 1 declared not to apply
    1 have a threat behind a control, 1 have a check

    method     expected  covered  prepared   open
    review            1        0         1      0
    inspect           2        1         0      1

    A People
      A1         (level 1) A second factor
                 control   MFA: Second factors (1 check, a task of people; 1 deviate, 1 of them accepted)
                 control   BARE: Words alone (no check)
                 threats   T-IN
                 methods   review prepared by reviews/ · inspect covered · interview (optional) open
                 missing   control `BARE` answers no threat
      A2         (level 1) Leavers
                 n/a       declared not to apply: nobody ever leaves (witnessmark.yaml:18)
      A3         (level 1) Walls
                 by others cloud (cloud) is declared to cover it, reviewed 2026-05-02
                 methods   inspect open
                 missing   no control serves it

    Whether a requirement is met is an auditor's word, and not in this list.
    ");
}

#[test]
fn from_a_threat_down_to_the_exchange() {
    let (loaded, standards) = declared();
    let mut trace = Links::new(&loaded, &standards).trace("T-IN", None).unwrap();
    let finding = FindingNode {
        record: "finding:12".to_owned(),
        target: "aws".to_owned(),
        subject: Some("aws-iam/account root\u{1b}[31m".to_owned()),
        outcome: Outcome::Deviates,
        severity: Severity::High,
        because: vec!["/mfa is false, expected true".to_owned()],
        rehearsal: false,
        marks: Vec::new(),
        acceptance: Some(AcceptedBy {
            id: "ACC".to_owned(),
            approver_shown: true,
            approved_by: Some("CISO".to_owned()),
        }),
        exchanges: vec![ExchangeNode {
            record: "exchange:3".to_owned(),
            operation: "iam:GetAccountSummary".to_owned(),
            endpoint: "https://iam.amazonaws.com".to_owned(),
            started: "2026-11-21T10:00:00.000Z".parse().unwrap(),
            answer: "200".to_owned(),
            request_id: Some("r-1".to_owned()),
        }],
        exchanges_not_shown: 2,
        declared: vec![Place { file: "witnessmark.yaml".to_owned(), line: 3, column: 4 }],
        gaps: vec![GapNode {
            record: "gap:0".to_owned(),
            reason: "access denied".to_owned(),
            detail: "not allowed".to_owned(),
        }],
        withheld: vec!["resource:9".to_owned()],
    };
    let place = trace.uses().next().unwrap().place;
    let counts = Counts { deviates: 3, accepted: 1, undetermined: 1, ..Counts::default() };
    trace.take(BTreeMap::from([(place, UseFound { counts, findings: vec![finding], not_shown: 3 })]));
    let text = plain(&render_trace(&basis(), &trace));
    insta::assert_snapshot!(text, @r"
    threat T-IN of Northbank, hot
    Findings: none: the declaration alone was asked for

    Keys
      hot-key [witnessmark.yaml:5]: operational
        kept        alias/hot at aws
        holders     ada
        reviewed    2026-06-01
        threats     T-IN

    Threats
      T-IN [witnessmark.yaml:6]: An insider (insider)
        affects     key hot-key
        others      cloud
        risk        likelihood low, impact high, reduce, owner CISO
        remains     low, within RT-2, accepted by CEO on 2026-02-01 (claimed)
        answered by MFA

    Controls
      MFA [witnessmark.yaml:10]: Second factors
        answers     T-IN
        serves      house-1:A1
        looked at   every 1d, by this program
        task        every 90d, detection window 90d, records in reviews/
        because     T-IN: …
        check       aws-iam/root-has-mfa on aws: 3 deviate, 1 of them accepted, 1 undetermined
                    with allow_virtual = false
                    none expected: no users
          deviates aws-iam/account root�[31m finding:12 at aws
            /mfa is false, expected true
            accepted by ACC (approver shown: CISO); it still deviates
            declared witnessmark.yaml:3:4
            not read (gap:0): access denied: not allowed
            exchange:3 iam:GetAccountSummary at https://iam.amazonaws.com → 200, 2026-11-21T10:00:00.000Z, the
            source's request id r-1
            and 2 more exchanges; `show --finding 12` has them
            withheld in this copy: resource:9
          and 3 more; `show --all` has more of them

    Requirements
      house-1:A1: (level 1) A second factor
        served by   MFA, BARE
      Note: Invented.

    Acceptances
      ACC [witnessmark.yaml:19]: sealed
        covers      aws-iam/root-has-mfa for MFA: root
        approved    by CISO (claimed) on 2026-01-01, until 2026-12-31
    ");
}

/// What is planned is marked wherever a control is named, and a reason why no check shows something stands where a check would.
#[test]
fn planned_controls_and_those_that_no_check_shows_say_so() {
    let text = DECLARED
        .replace("    title: Second factors\n", "    title: Second factors\n    status: planned\n")
        .replace("title: Words alone,", "title: Words alone, not_inspectable: people look,");
    let loaded = load("witnessmark.yaml", &|_: &str| Ok(text.as_bytes().to_vec()));
    assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    let standards: Vec<Standard> = Standard::parse("house.yaml", HOUSE).into_iter().collect();
    let links = Links::new(&loaded, &standards);
    let gaps = plain(&render_gaps(&basis(), &links.gaps(None, None, None).unwrap()));
    let trace = plain(&render_trace(&basis(), &links.trace("A1", None).unwrap()));
    for (shown, line) in [
        (&gaps, "control   MFA (planned): Second factors (1 check, a task of people)"),
        (
            &gaps,
            "control   BARE: Words alone (no check)\n                       no configuration shows it: people look",
        ),
        (&gaps, "methods   review open · inspect open · interview (optional) open"),
        (&trace, "answered by no control yet: MFA (planned)"),
        (&trace, "MFA [witnessmark.yaml:10]: Second factors (planned)"),
        (&trace, "check       none: no configuration shows it: people look"),
        (&trace, "served by   MFA (planned), BARE"),
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
}
