//! What stands for what: on a small custodian with an invented standard, and on what is shipped.
#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

mod traces;

use std::collections::BTreeMap;

use declaration::{Loaded, Standard, load};
use model::record::{Counts, Finding};
use witnessmark_links::{ControlStatus, Found, Kind, Links, Method, RequirementGaps, Rule, State, UseFound};

const HOUSE: &str = "standard: House
version: '1'
notes: [Invented.]
aspects: {A: People}
requirements:
  - {id: A1, aspect: A, demand: A second factor, methods: {review: expected, inspect: expected, interview: optional}, reach: A}
  - {id: A2, aspect: A, level: 2, demand: Leavers, methods: {review: expected, observe: expected}}
  - {id: A3, level: 2, demand: Walls, methods: {inspect: expected}, reach: D}
  - {id: A4, level: 3, demand: Moats, methods: {inspect: expected}}
";

const DECLARED: &str = "witnessmark: 1
entity: Northbank
system: {id: hot, designation: full, standard: house-1, level: 2}
targets:
  - {id: aws, collector: aws-iam, account: \"111122223333\"}
third_parties:
  - {id: cloud, role: cloud, in_threats: [T-OUT], covers: [\"house-1:A3\"], certificate: {standard: house-1, system: s, level: 3, expires: 2027-03-31}, reviewed: 2026-05-02}
keys:
  - {id: hot-key, class: operational, material: private-key, at: {target: aws, key: alias/hot}, holders: [ada], wallets: [w1], reviewed: 2026-06-01}
  - {id: cold-key, class: backup}
key_holders: [{id: ada}]
threats:
  - {id: T-IN, title: An insider, category: insider, affects: {keys: [hot-key]}}
  - {id: T-OUT, title: An outsider, affects: {targets: [aws]}}
  - {id: T-IDLE, title: Nobody answers it}
risks:
  - {threat: T-IN, likelihood: low, impact: high, treatment: reduce, owner: CISO, residual: {level: low, within_tolerance: RT-2, accepted_by: CEO, accepted: 2026-02-01}, monitored: 2026-08-01}
controls:
  - id: MFA
    title: Second factors
    requirements: [\"house-1:A1\"]
    threats: [T-IN]
    observe: {every: 1d}
    task: {every: 90d, detection_window: 90d, because: \"T-IN: …\", records: reviews/}
    documents: [{path: docs/access.md, type: policy, section: \"4.2\", owner: CISO}]
    checks:
      - {use: aws-iam/console-users-have-mfa, on: [aws], with: {accept: [hardware]}, expect: {none: no users}}
      - {use: aws-iam/root-has-mfa}
  - {id: BARE, title: Words alone, requirements: [\"house-1:A1\", \"house-1:A3\"]}
not_applicable:
  - {requirement: \"house-1:A2\", reason: nobody ever leaves}
acceptances:
  - {id: ACC, control: MFA, check: aws-iam/root-has-mfa, subject: root, reason: sealed, approved_by: CISO, approved: 2026-01-01, expires: 2026-12-31}
";

fn loaded(text: &str) -> Loaded {
    let loaded = load("witnessmark.yaml", &|_: &str| Ok(text.as_bytes().to_vec()));
    assert_eq!(loaded.render(&loaded.diagnostics, false), "");
    loaded
}

fn house() -> Vec<Standard> {
    vec![Standard::parse("house.yaml", HOUSE).unwrap()]
}

fn finding(control: &str, check: &str, target: &str, outcome: &str) -> Finding {
    let value = serde_json::json!({"control": control, "check": check, "target": target, "subject": {"kind": "k", "id": "i"},
        "outcome": outcome, "severity": "high", "evidence": [], "rests_on": []});
    serde_json::from_value(value).unwrap()
}

#[test]
fn requirement_by_requirement() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let gaps = Links::new(&loaded, &standards).gaps(None, None, None).unwrap();
    insta::assert_json_snapshot!(gaps, @r#"
    {
      "standard": "house-1",
      "level": 2,
      "notes": [
        "Invented."
      ],
      "designation": "full",
      "totals": {
        "requirements": 3,
        "not_applicable": 1,
        "with_control": 2,
        "without_control": 0,
        "with_threat": 1,
        "with_check": 1,
        "methods": {
          "review": {
            "expected": 1,
            "covered": 0,
            "prepared": 1,
            "open": 0
          },
          "inspect": {
            "expected": 2,
            "covered": 0,
            "prepared": 1,
            "open": 1
          }
        }
      },
      "requirements": [
        {
          "id": "house-1:A1",
          "aspect": "A People",
          "level": 1,
          "demand": "A second factor",
          "reach": "A",
          "controls": [
            {
              "id": "MFA",
              "title": "Second factors",
              "at": {
                "file": "witnessmark.yaml",
                "line": 19,
                "column": 9
              },
              "status": "implemented",
              "threats": [
                "T-IN"
              ],
              "checks": [
                "aws-iam/console-users-have-mfa",
                "aws-iam/root-has-mfa"
              ],
              "documents": [
                "docs/access.md"
              ],
              "task": true
            },
            {
              "id": "BARE",
              "title": "Words alone",
              "at": {
                "file": "witnessmark.yaml",
                "line": 29,
                "column": 10
              },
              "status": "implemented",
              "threats": [],
              "checks": [],
              "documents": [],
              "task": false
            }
          ],
          "threats": [
            "T-IN"
          ],
          "methods": {
            "review": {
              "wanted": "expected",
              "state": "prepared",
              "by": [
                "docs/access.md",
                "reviews/"
              ]
            },
            "inspect": {
              "wanted": "expected",
              "state": "prepared",
              "by": [
                "aws-iam/console-users-have-mfa",
                "aws-iam/root-has-mfa"
              ]
            },
            "interview": {
              "wanted": "optional",
              "state": "open"
            }
          },
          "missing": [
            {
              "code": "no-threat",
              "text": "control `BARE` answers no threat"
            }
          ]
        },
        {
          "id": "house-1:A2",
          "aspect": "A People",
          "level": 2,
          "demand": "Leavers",
          "not_applicable": {
            "reason": "nobody ever leaves",
            "at": {
              "file": "witnessmark.yaml",
              "line": 31,
              "column": 19
            }
          },
          "controls": [],
          "threats": [],
          "methods": {},
          "missing": []
        },
        {
          "id": "house-1:A3",
          "level": 2,
          "demand": "Walls",
          "reach": "D",
          "controls": [
            {
              "id": "BARE",
              "title": "Words alone",
              "at": {
                "file": "witnessmark.yaml",
                "line": 29,
                "column": 10
              },
              "status": "implemented",
              "threats": [],
              "checks": [],
              "documents": [],
              "task": false
            }
          ],
          "threats": [],
          "third_parties": [
            {
              "id": "cloud",
              "role": "cloud",
              "certificate": "house-1, level 3, until 2027-03-31",
              "reviewed": "2026-05-02"
            }
          ],
          "methods": {
            "inspect": {
              "wanted": "expected",
              "state": "open"
            }
          },
          "missing": [
            {
              "code": "no-threat",
              "text": "control `BARE` answers no threat"
            },
            {
              "code": "no-check",
              "text": "none of its controls uses a check, and reading configuration cannot show it"
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn what_is_asked_for_must_exist() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let links = Links::new(&loaded, &standards);
    let said = |standard, level| {
        links.gaps(standard, level, None).map(|gaps| gaps.requirements.len()).map_err(|e| e.to_string())
    };
    assert_eq!(said(None, Some(1)), Ok(1));
    assert_eq!(said(None, Some(3)), Ok(4));
    assert_eq!(said(Some("house-1"), Some(3)), Ok(4));
    assert_eq!(said(None, Some(4)), Err("`house-1` has levels 1 to 3, and no level 4".to_owned()));
    assert_eq!(said(None, Some(0)), Err("`house-1` has levels 1 to 3, and no level 0".to_owned()));
    assert_eq!(said(Some("house-2"), None), Err("there is no catalogue of `house-2`".to_owned()));
    let bare = self::loaded("witnessmark: 1\nentity: N\nsystem: {id: s}\n");
    let links = Links::new(&bare, &standards);
    let no_standard = links.gaps(None, Some(1), None).unwrap_err();
    assert_eq!(no_standard.problem, "the declaration names no standard under `system`");
    assert_eq!(no_standard.help.as_deref(), Some("name one with `--standard`: house-1"));
    assert_eq!(
        links.gaps(Some("house-1"), None, None).unwrap_err().problem,
        "the declaration names no level under `system`"
    );
}

/// A method is covered by findings that say something, of targets that were no rehearsal; by nothing else.
#[test]
fn what_was_found_covers_inspection_alone() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let links = Links::new(&loaded, &standards);
    let state = |findings: &[Finding], rehearsal: &str| {
        let mut found = Found::default();
        findings.iter().for_each(|finding| found.count(finding));
        found.rehearse(|target| target == rehearsal);
        let gaps = links.gaps(None, Some(1), Some(&found)).unwrap();
        let first = gaps.requirements.first().unwrap();
        let codes: Vec<&str> = first.missing.iter().map(|missing| missing.code).collect();
        let review = first.methods.get(&Method::Review).unwrap();
        assert_eq!((review.state, review.by.join(" ")), (State::Prepared, "docs/access.md reviews/".to_owned()));
        assert_eq!(first.methods.get(&Method::Interview).unwrap().state, State::Open);
        (first.methods.get(&Method::Inspect).unwrap().state, first.findings.unwrap(), codes.join(" "))
    };
    let counts = |conforms, deviates, undetermined, not_applicable| Counts {
        conforms,
        deviates,
        undetermined,
        not_applicable,
        accepted: 0,
    };
    let of = |outcome: &str| finding("MFA", "aws-iam/root-has-mfa", "aws", outcome);
    let open = "no-threat nothing-inspected".to_owned();
    assert_eq!(state(&[], ""), (State::Prepared, counts(0, 0, 0, 0), open.clone()));
    assert_eq!(
        state(&[of("undetermined"), of("not-applicable")], ""),
        (State::Prepared, counts(0, 0, 1, 1), open.clone())
    );
    assert_eq!(state(&[of("conforms")], ""), (State::Covered, counts(1, 0, 0, 0), "no-threat".to_owned()));
    assert_eq!(state(&[of("deviates")], ""), (State::Covered, counts(0, 1, 0, 0), "no-threat".to_owned()));
    let of_declaration = finding("MFA", "aws-iam/root-has-mfa", "declaration", "conforms");
    assert_eq!(state(&[of_declaration], ""), (State::Prepared, counts(1, 0, 0, 0), open.clone()));
    assert_eq!(state(&[of("conforms")], "aws"), (State::Prepared, counts(1, 0, 0, 0), open.clone()));
    // Of a control or a check that is not declared for it.
    let other = [finding("X", "aws-iam/root-has-mfa", "aws", "conforms"), finding("MFA", "a/b", "aws", "conforms")];
    assert_eq!(state(&other, ""), (State::Prepared, counts(0, 0, 0, 0), open));
}

/// The requirements up to a level, and their codes of what is missing.
fn missing_of(text: &str, level: u32, found: Option<&Found>) -> (Vec<RequirementGaps>, Vec<String>) {
    let (loaded, standards) = (loaded(text), house());
    let gaps = Links::new(&loaded, &standards).gaps(None, Some(level), found).unwrap();
    let totals = &gaps.totals;
    assert_eq!(totals.with_control + totals.without_control + totals.not_applicable, totals.requirements);
    let codes = |one: &RequirementGaps| one.missing.iter().map(|one| one.code).collect::<Vec<_>>().join(" ");
    let missing = gaps.requirements.iter().map(codes).collect();
    (gaps.requirements, missing)
}

/// What is planned is listed, and counts for nothing yet.
#[test]
fn a_planned_control_serves_nothing_yet() {
    let planned = |text: &str, title: &str| {
        let after = text.replace(title, &format!("{title}, status: planned"));
        assert_ne!(after, text);
        after
    };
    // Beside one that is implemented: only that one is judged.
    let one = planned(DECLARED, "id: BARE, title: Words alone");
    let (all, missing) = missing_of(&one, 3, None);
    assert_eq!(missing, ["no-threat", "", "only-planned no-threat", "no-control"]);
    let statuses: Vec<ControlStatus> = all[0].controls.iter().map(|control| control.status).collect();
    assert_eq!(statuses, [ControlStatus::Implemented, ControlStatus::Planned]);
    assert_eq!(all[0].threats, ["T-IN"]);

    // Its documents, records, checks, threats and findings are no part of what the requirement has.
    let both = one.replace("    title: Second factors\n", "    title: Second factors\n    status: planned\n");
    let mut found = Found::default();
    found.count(&finding("MFA", "aws-iam/root-has-mfa", "aws", "conforms"));
    let (all, missing) = missing_of(&both, 1, Some(&found));
    assert_eq!(missing, ["only-planned no-threat"]);
    let [first] = &all[..] else { panic!("one requirement") };
    assert!(first.threats.is_empty(), "{:?}", first.threats);
    assert!(first.methods.values().all(|one| one.state == State::Open && one.by.is_empty()), "{:?}", first.methods);
    assert_eq!(first.findings, Some(Counts::default()));
    assert_eq!(first.controls[0].findings.map(|counts| counts.conforms), Some(1));

    let (loaded, standards) = (loaded(&both), house());
    let links = Links::new(&loaded, &standards);
    let totals = links.gaps(None, Some(1), None).unwrap().totals;
    assert_eq!((totals.with_control, totals.without_control, totals.with_threat, totals.with_check), (0, 1, 0, 0));
    let trace = links.trace("A1", None).unwrap();
    assert!(trace.controls.iter().all(|control| control.status == ControlStatus::Planned));
    assert_eq!(trace.requirements[0].controls, trace.requirements[0].planned);
    assert_eq!(
        (&trace.threats[0].controls[..], &trace.threats[0].planned[..]),
        (&["MFA".to_owned()][..], &["MFA".to_owned()][..])
    );
}

/// Whoever says why no check can show it is not told that there is no check, unless another control of it is silent.
#[test]
fn a_control_may_say_why_no_configuration_shows_it() {
    let said = "id: BARE, title: Words alone";
    let text = DECLARED.replace(said, &format!("{said}, not_inspectable: walls are looked at"));
    let (all, missing) = missing_of(&text, 2, None);
    assert_eq!(missing, ["no-threat", "", "no-threat"]);
    let walls = &all[2];
    assert_eq!(walls.controls[0].not_inspectable.as_deref(), Some("walls are looked at"));
    // The method stays open: a reason is no evidence.
    assert_eq!(walls.methods[&Method::Inspect].state, State::Open);

    let silent = "controls:\n  - {id: OTHER, title: A wall, requirements: [\"house-1:A3\"], threats: [T-OUT]}\n";
    let (_, missing) = missing_of(&text.replace("controls:\n", silent), 2, None);
    assert_eq!(missing, ["no-threat", "", "no-threat no-check"]);
    // One that is only planned is not asked.
    let planned = silent.replace("title: A wall", "title: A wall, status: planned");
    let (_, missing) = missing_of(&text.replace("controls:\n", &planned), 2, None);
    assert_eq!(missing, ["no-threat", "", "no-threat"]);
    let (loaded, standards) = (loaded(&text), house());
    let trace = Links::new(&loaded, &standards).trace("BARE", None).unwrap();
    assert_eq!(trace.controls[0].not_inspectable.as_deref(), Some("walls are looked at"));
}

/// The last review of a third party, wherever it is declared; the records of a task, one by one or as a folder.
#[test]
fn reviews_and_records_count_wherever_they_are_declared() {
    let reviewed = |declared: &str| {
        let text = DECLARED.replace(", reviewed: 2026-05-02}", &format!("{declared}}}"));
        assert_ne!(text, DECLARED);
        let (all, _) = missing_of(&text, 2, None);
        all[2].third_parties[0].reviewed.clone()
    };
    let reviews = ", reviews: [{on: 2026-06-30, by: ada}, {on: 2026-04-01, by: ada}]";
    assert_eq!(reviewed(""), None);
    assert_eq!(reviewed(reviews).as_deref(), Some("2026-06-30"));
    assert_eq!(reviewed(&format!(", reviewed: 2026-05-02{reviews}")).as_deref(), Some("2026-06-30"));
    assert_eq!(reviewed(&format!(", reviewed: 2026-07-01{reviews}")).as_deref(), Some("2026-07-01"));

    let by = |records: &str| {
        let text = DECLARED.replace(", records: reviews/}", &format!("{records}}}"));
        assert_ne!(text, DECLARED);
        let text =
            text.replace("    documents: [{path: docs/access.md, type: policy, section: \"4.2\", owner: CISO}]\n", "");
        let (all, missing) = missing_of(&text, 1, None);
        let review = &all[0].methods[&Method::Review];
        (review.state, review.by.join(" "), missing.join(" "))
    };
    let done = ", done: [{on: 2026-06-30, by: ada, record: minutes-7}, {on: 2026-03-31, by: ada}]";
    assert_eq!(by(done), (State::Prepared, "minutes-7".to_owned(), "no-threat".to_owned()));
    let unrecorded = ", done: [{on: 2026-06-30, by: ada}]";
    assert_eq!(by(unrecorded), (State::Open, String::new(), "no-threat no-document".to_owned()));
}

#[test]
fn a_requirement_that_does_not_apply_and_is_served_is_a_contradiction() {
    let text = DECLARED.replace("house-1:A2", "house-1:A1");
    let (loaded, standards) = (loaded(&text), house());
    let gaps = Links::new(&loaded, &standards).gaps(None, Some(1), None).unwrap();
    let first = gaps.requirements.first().unwrap();
    let missing: Vec<(&str, &str)> = first.missing.iter().map(|one| (one.code, one.text.as_str())).collect();
    assert_eq!(
        missing,
        [
            ("applies-after-all", "it is declared not to apply, and control `MFA` says that it serves it"),
            ("applies-after-all", "it is declared not to apply, and control `BARE` says that it serves it"),
        ]
    );
    assert!(first.methods.is_empty());
}

#[test]
fn from_a_key_to_all_that_hangs_on_it() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let trace = Links::new(&loaded, &standards).trace("hot-key", None).unwrap();
    insta::assert_json_snapshot!(trace, @r#"
    {
      "kind": "key",
      "id": "hot-key",
      "keys": [
        {
          "id": "hot-key",
          "at": {
            "file": "witnessmark.yaml",
            "line": 9,
            "column": 10
          },
          "class": "operational",
          "material": "private-key",
          "kept": {
            "target": "aws",
            "key": "alias/hot"
          },
          "holders": [
            "ada"
          ],
          "wallets": [
            "w1"
          ],
          "reviewed": "2026-06-01",
          "threats": [
            "T-IN",
            "T-OUT"
          ]
        }
      ],
      "threats": [
        {
          "id": "T-IN",
          "at": {
            "file": "witnessmark.yaml",
            "line": 13,
            "column": 10
          },
          "title": "An insider",
          "category": "insider",
          "affects": [
            "key hot-key"
          ],
          "risks": [
            {
              "at": {
                "file": "witnessmark.yaml",
                "line": 17,
                "column": 14
              },
              "likelihood": "low",
              "impact": "high",
              "treatment": "reduce",
              "owner": "CISO",
              "residual": "low",
              "within_tolerance": "RT-2",
              "accepted_by": "CEO",
              "accepted": "2026-02-01",
              "monitored": "2026-08-01"
            }
          ],
          "third_parties": [],
          "controls": [
            "MFA"
          ]
        },
        {
          "id": "T-OUT",
          "at": {
            "file": "witnessmark.yaml",
            "line": 14,
            "column": 10
          },
          "title": "An outsider",
          "affects": [
            "target aws"
          ],
          "risks": [],
          "third_parties": [
            "cloud"
          ],
          "controls": []
        }
      ],
      "controls": [
        {
          "id": "MFA",
          "at": {
            "file": "witnessmark.yaml",
            "line": 19,
            "column": 9
          },
          "title": "Second factors",
          "status": "implemented",
          "threats": [
            "T-IN"
          ],
          "requirements": [
            "house-1:A1"
          ],
          "observed_every": "1d",
          "task": {
            "every": "90d",
            "detection_window": "90d",
            "because": "T-IN: …",
            "records": "reviews/"
          },
          "documents": [
            {
              "name": "docs/access.md",
              "kind": "policy",
              "section": "4.2",
              "owner": "CISO"
            }
          ],
          "checks": [
            {
              "check": "aws-iam/console-users-have-mfa",
              "at": {
                "file": "witnessmark.yaml",
                "line": 27,
                "column": 15
              },
              "targets": [
                "aws"
              ],
              "parameters": {
                "accept": [
                  "hardware"
                ]
              },
              "expect_none": "no users"
            },
            {
              "check": "aws-iam/root-has-mfa",
              "at": {
                "file": "witnessmark.yaml",
                "line": 28,
                "column": 15
              }
            }
          ]
        }
      ],
      "requirements": [
        {
          "id": "house-1:A1",
          "level": 1,
          "demand": "A second factor",
          "controls": [
            "MFA",
            "BARE"
          ]
        }
      ],
      "notes": [
        "Invented."
      ],
      "acceptances": [
        {
          "id": "ACC",
          "at": {
            "file": "witnessmark.yaml",
            "line": 33,
            "column": 10
          },
          "control": "MFA",
          "check": "aws-iam/root-has-mfa",
          "subject": "root",
          "reason": "sealed",
          "approved_by": "CISO",
          "approved": "2026-01-01",
          "expires": "2026-12-31"
        }
      ]
    }
    "#);
}

/// The same things hang together, wherever one begins.
#[test]
fn every_beginning_leads_to_the_same_chain() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let links = Links::new(&loaded, &standards);
    let of = |id: &str, kind| {
        let trace = links.trace(id, kind).unwrap();
        let ids = |all: Vec<&str>| all.join(" ");
        (
            trace.kind,
            ids(trace.keys.iter().map(|one| one.id.as_str()).collect()),
            ids(trace.threats.iter().map(|one| one.id.as_str()).collect()),
            ids(trace.controls.iter().map(|one| one.id.as_str()).collect()),
            ids(trace.requirements.iter().map(|one| one.id.as_str()).collect()),
        )
    };
    let chain = |kind, keys: &str, threats: &str, controls: &str, requirements: &str| {
        (kind, keys.to_owned(), threats.to_owned(), controls.to_owned(), requirements.to_owned())
    };
    assert_eq!(of("MFA", None), chain(Kind::Control, "hot-key", "T-IN", "MFA", "house-1:A1"));
    assert_eq!(of("T-IN", None), chain(Kind::Threat, "hot-key", "T-IN", "MFA", "house-1:A1"));
    assert_eq!(of("hot-key", None), chain(Kind::Key, "hot-key", "T-IN T-OUT", "MFA", "house-1:A1"));
    assert_eq!(of("house-1:A1", None), chain(Kind::Requirement, "hot-key", "T-IN", "MFA BARE", "house-1:A1"));
    assert_eq!(of("A1", None), of("house-1:A1", None));
    // What nothing hangs on.
    assert_eq!(of("cold-key", None), chain(Kind::Key, "cold-key", "", "", ""));
    assert_eq!(of("T-IDLE", None), chain(Kind::Threat, "", "T-IDLE", "", ""));
    assert_eq!(of("BARE", None), chain(Kind::Control, "", "", "BARE", "house-1:A1 house-1:A3"));
    assert_eq!(of("A2", None), chain(Kind::Requirement, "", "", "", "house-1:A2"));
}

/// A threat that names a class of keys or a wallet hurts each key of it, as if it named the key itself.
#[test]
fn a_threat_names_keys_by_their_class_or_their_wallet() {
    let named = |affects: &str| {
        let idle = "{id: T-IDLE, title: Nobody answers it";
        let text = DECLARED.replace(idle, &format!("{idle}, affects: {affects}"));
        assert_ne!(text, DECLARED);
        let (loaded, standards) = (loaded(&text), house());
        let links = Links::new(&loaded, &standards);
        let of_key = |id: &str| {
            let trace = links.trace(id, None).unwrap();
            let [key] = &trace.keys[..] else { panic!("one key") };
            assert_eq!(key.threats.len(), trace.threats.len(), "{id}");
            key.threats.join(" ")
        };
        let trace = links.trace("T-IDLE", None).unwrap();
        let [threat] = &trace.threats[..] else { panic!("one threat") };
        let keys: Vec<&str> = trace.keys.iter().map(|key| key.id.as_str()).collect();
        [threat.affects.join(", "), keys.join(" "), of_key("hot-key"), of_key("cold-key")]
    };
    assert_eq!(named("{classes: [backup]}"), ["class of keys backup", "cold-key", "T-IN T-OUT", "T-IDLE"]);
    assert_eq!(named("{wallets: [w1]}"), ["wallet w1", "hot-key", "T-IN T-OUT T-IDLE", ""]);
    assert_eq!(
        named("{wallets: [w1], classes: [backup, operational]}"),
        [
            "class of keys backup, class of keys operational, wallet w1",
            "hot-key cold-key",
            "T-IN T-OUT T-IDLE",
            "T-IDLE"
        ]
    );
    assert_eq!(named("{wallets: [w2], classes: [seed]}"), ["class of keys seed, wallet w2", "", "T-IN T-OUT", ""]);
}

#[test]
fn an_id_that_leads_nowhere_or_to_several() {
    let text = DECLARED.replace("id: T-IDLE", "id: MFA");
    let (loaded, standards) = (loaded(&text), house());
    let links = Links::new(&loaded, &standards);
    let said = |id: &str, kind| {
        let error = links.trace(id, kind).map(|trace| trace.kind).unwrap_err();
        format!("{}; {}", error.problem, error.help.unwrap_or_default())
    };
    assert_eq!(said("MFA", None), "`MFA` is the id of several things; say which with `--kind`: control, threat");
    assert_eq!(links.trace("MFA", Some(Kind::Threat)).unwrap().kind, Kind::Threat);
    assert_eq!(said("MFB", None), "there is no control, threat, key or requirement `MFB`; did you mean `MFA`?");
    assert_eq!(said("hot-key", Some(Kind::Threat)).split(';').next(), Some("there is no threat `hot-key`"));
    // What has this id and is of another kind is no help.
    assert!(!said("hot-key", Some(Kind::Threat)).contains("did you mean `hot-key`"));
    assert_eq!(
        said("house-1:A9", None).split(';').next(),
        Some("there is no control, threat, key or requirement `house-1:A9`")
    );
}

/// Rows of a register that is kept apart are traced like written ones, and lead into its file.
#[test]
fn a_register_that_is_kept_apart_is_followed() {
    let text =
        DECLARED.replace(&DECLARED[DECLARED.find("  - {threat").unwrap()..DECLARED.find("controls:").unwrap()], "");
    let text = text.replace("risks:\n", "risks: {import: {file: register.csv}}\n");
    let register = "threat,likelihood,impact,treatment,owner\nT-IN,rare,severe,accept,CEO\n";
    let standards = house();
    let loaded = declaration::load("witnessmark.yaml", &|path: &str| match path {
        "witnessmark.yaml" => Ok(text.clone().into_bytes()),
        "register.csv" => Ok(register.as_bytes().to_vec()),
        _ => Err(std::io::ErrorKind::NotFound.into()),
    });
    assert_eq!(loaded.diagnostics, []);
    let trace = Links::new(&loaded, &standards).trace("T-IN", None).unwrap();
    let [threat] = &trace.threats[..] else { panic!("one threat") };
    let [risk] = &threat.risks[..] else { panic!("one risk") };
    let at = risk.at.as_ref().unwrap();
    assert_eq!((risk.likelihood.as_str(), risk.owner.as_str()), ("rare", "CEO"));
    assert_eq!((at.file.as_str(), at.line, at.column), ("register.csv", 2, 1));
}

/// The trace of a key shows the findings that name it; every other trace all of its controls.
#[test]
fn a_key_is_found_by_its_name_at_its_target() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let links = Links::new(&loaded, &standards);
    let key = links.trace("hot-key", None).unwrap();
    let shows = |target, id| key.shows(target, Some(("aws-kms/alias", id)));
    assert!(shows("aws", "alias/hot"));
    assert!(shows("aws", "arn:aws:kms:eu-west-1:111122223333:alias/hot"));
    assert!(!shows("aws", "arn:aws:kms:eu-west-1:111122223333:alias/too-hot"));
    assert!(!shows("aws", "arn:aws:kms:eu-west-1:111122223333:alias/hot-2"));
    assert!(!shows("other", "alias/hot"));
    assert!(!key.shows("aws", None));
    assert!(links.trace("MFA", None).unwrap().shows("any", None));
}

/// A use of a check without any finding is told as such, and not as one that nobody looked at.
#[test]
fn every_use_says_what_was_found() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let mut trace = Links::new(&loaded, &standards).trace("MFA", None).unwrap();
    let uses: Vec<_> = trace.uses().map(|one| (one.control, one.check, one.targets.map(<[String]>::len))).collect();
    assert_eq!(uses, [("MFA", "aws-iam/console-users-have-mfa", Some(1)), ("MFA", "aws-iam/root-has-mfa", None)]);
    let last = trace.uses().last().unwrap().place;
    trace.take(BTreeMap::from([(last, UseFound { not_shown: 7, ..UseFound::default() })]));
    let [control] = &trace.controls[..] else { panic!("one control") };
    let told: Vec<Option<u64>> =
        control.checks.iter().map(|used| used.found.as_ref().map(|found| found.not_shown)).collect();
    assert_eq!(told, [Some(0), Some(7)]);
}

#[test]
fn the_declarations_own_rules_are_a_control() {
    let (loaded, standards) = (loaded(DECLARED), house());
    let rules = [Rule { check: "declaration/threat-is-answered".to_owned(), targets: vec!["declaration".to_owned()] }];
    let links = Links::new(&loaded, &standards);
    assert!(links.trace("declaration", None).is_err());
    let mut trace = links.with_rules(&rules).trace("declaration", None).unwrap();
    assert_eq!(trace.uses().map(|one| one.check).collect::<Vec<_>>(), ["declaration/threat-is-answered"]);
    for (weaker, all) in [(&["p"][..], &["p"][..]), (&[], &["p"]), (&["p", "o"], &["o", "p"])] {
        let weaker: Vec<String> = weaker.iter().map(ToString::to_string).collect();
        trace.mark_weaker("declaration", "declaration/threat-is-answered", &["declaration".to_owned()], &weaker);
        assert_eq!(trace.controls[0].checks[0].weaker, all, "what one use demands less no other takes back");
    }
    assert!(links.with_rules(&rules).trace("declaration", Some(Kind::Threat)).is_err());
}

#[test]
fn an_external_document_prepares_no_review() {
    let standards = house();
    for (external, state) in [(true, State::Open), (false, State::Prepared)] {
        let document = format!("{{id: d, title: D, type: policy, sha256: {}, external: {external}}}", "a".repeat(64));
        let control = "{id: C, title: C, requirements: [\"house-1:A1\"], documents: [{document: d}]}";
        let text =
            format!("system: {{id: s, standard: house-1, level: 1}}\ndocuments: [{document}]\ncontrols: [{control}]");
        let loaded = loaded(&format!("witnessmark: 1\nentity: N\n{text}\n"));
        let gaps = Links::new(&loaded, &standards).gaps(None, None, None).unwrap();
        let one = gaps.requirements.iter().find(|one| one.id == "house-1:A1").unwrap();
        assert_eq!(one.methods[&Method::Review].state, state);
        assert_eq!(one.missing.iter().any(|one| one.text.contains("somebody else's")), external);
    }
}
