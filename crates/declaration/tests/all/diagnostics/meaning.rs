//! Faults of meaning: what `check` finds.

use super::{HEAD, said};
use crate::common::{NORTHBANK, environment, load_one};

#[test]
fn unknown_references() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + r#"controls:
  - id: C
    title: Keys rotate
    requirements: [ccss-9.0:1.05.1.9, ccss-8.1:1.05.1.1, "1.05.1.1"]
    threats: [T-INSIDER]
    checks:
      - {use: aws-kms/key-rotate}
      - {use: aws-kms/key-rotates, on: [aws-prd]}
"#)), @r#"
    error[bad-value]: `1.05.1.1` is not a requirement with its standard and version, written `name-version:item`
     --> witnessmark.yaml:9:58
      |
    9 |     requirements: [ccss-9.0:1.05.1.9, ccss-8.1:1.05.1.1, "1.05.1.1"]
      |                                                          ^^^^^^^^^^
      |
      = help: write its standard before it, as `system.standard` names it: `STANDARD:1.05.1.1`

    error[unknown-reference]: `ccss-9.0` has no requirement `1.05.1.9`
     --> witnessmark.yaml:9:20
      |
    9 |     requirements: [ccss-9.0:1.05.1.9, ccss-8.1:1.05.1.1, "1.05.1.1"]
      |                    ^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `1.05.1.1`?

    error[unknown-reference]: there is no standard `ccss-8.1`
     --> witnessmark.yaml:9:39
      |
    9 |     requirements: [ccss-9.0:1.05.1.9, ccss-8.1:1.05.1.1, "1.05.1.1"]
      |                                       ^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `ccss-9.0`?

    error[unknown-reference]: there is no threat `T-INSIDER`
      --> witnessmark.yaml:10:15
       |
    10 |     threats: [T-INSIDER]
       |               ^^^^^^^^^
       |
       = help: the declaration has no threat at all

    error[unknown-reference]: there is no check `aws-kms/key-rotate`
      --> witnessmark.yaml:12:15
       |
    12 |       - {use: aws-kms/key-rotate}
       |               ^^^^^^^^^^^^^^^^^^
       |
       = help: did you mean `aws-kms/key-rotates`?

    error[unknown-reference]: there is no target `aws-prd`
      --> witnessmark.yaml:13:41
       |
    13 |       - {use: aws-kms/key-rotates, on: [aws-prd]}
       |                                         ^^^^^^^
       |
       = help: did you mean `aws-prod`?
    "#);
}

#[test]
fn unknown_collector_and_setting() {
    insta::assert_snapshot!(said(r#"witnessmark: 1
entity: Northbank
system: {id: hot}
targets:
  - {id: a, collector: aws-kmss, account: "111122223333"}
  - {id: b, collector: [aws-kms, aws-kms], acount: "111122223333"}
  - {id: c, collector: aws-iam, account: "1234", regions: []}
  - {id: d, collector: []}
"#), @r#"
    error[unknown-reference]: there is no collector `aws-kmss`
     --> witnessmark.yaml:5:24
      |
    5 |   - {id: a, collector: aws-kmss, account: "111122223333"}
      |                        ^^^^^^^^
      |
      = help: did you mean `aws-kms`?

    error[missing-key]: `account` is missing in this target: `aws-kms` needs it
     --> witnessmark.yaml:6:6
      |
    6 |   - {id: b, collector: [aws-kms, aws-kms], acount: "111122223333"}
      |      ^^

    error[duplicate-id]: collector `aws-kms` is named twice
     --> witnessmark.yaml:6:34
      |
    6 |   - {id: b, collector: [aws-kms, aws-kms], acount: "111122223333"}
      |                                  ^^^^^^^

    error[unknown-key]: unknown key `acount`: not a setting of `aws-kms`
     --> witnessmark.yaml:6:44
      |
    6 |   - {id: b, collector: [aws-kms, aws-kms], acount: "111122223333"}
      |                                            ^^^^^^
      |
      = help: did you mean `account`?

    error[bad-setting]: setting of `aws-iam`: `1234` does not match `^[0-9]{12}$`
     --> witnessmark.yaml:7:42
      |
    7 |   - {id: c, collector: aws-iam, account: "1234", regions: []}
      |                                          ^^^^^^

    error[bad-setting]: setting of `aws-iam`: [] has less than 1 item
     --> witnessmark.yaml:7:59
      |
    7 |   - {id: c, collector: aws-iam, account: "1234", regions: []}
      |                                                           ^^

    error[bad-value]: this target names no collector
     --> witnessmark.yaml:8:6
      |
    8 |   - {id: d, collector: []}
      |      ^^
    "#);
}

#[test]
fn unquoted_account() {
    insta::assert_snapshot!(said("witnessmark: 1
entity: Northbank
system: {id: hot}
targets:
  - {id: a, collector: aws-kms, account: 111122223333}
"), @r#"
    error[bad-setting]: setting of `aws-kms`: expected a text, found the number `111122223333`
     --> witnessmark.yaml:5:42
      |
    5 |   - {id: a, collector: aws-kms, account: 111122223333}
      |                                          ^^^^^^^^^^^^
      |
      = help: put it in quotes: "111122223333"
    "#);
}

#[test]
fn duplicate_ids() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + r#"  - {id: aws-prod, collector: aws-iam, account: "111122223333"}
controls:
  - {id: C, title: One}
  - {id: C, title: Two}
"#)), @r#"
    error[duplicate-id]: a second target with the id `aws-prod`
     --> witnessmark.yaml:6:10
      |
    5 |   - {id: aws-prod, collector: [aws-iam, aws-kms], account: "111122223333"}
      |          -------- the first one
    6 |   - {id: aws-prod, collector: aws-iam, account: "111122223333"}
      |          ^^^^^^^^

    error[duplicate-id]: a second control with the id `C`
     --> witnessmark.yaml:9:10
      |
    8 |   - {id: C, title: One}
      |          - the first one
    9 |   - {id: C, title: Two}
      |          ^
    "#);
}

#[test]
fn parameters() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - id: C
    title: Keys rotate
    checks:
      - {use: aws-kms/key-rotates, with: {max_day: 90}}
  - id: D
    title: Keys rotate
    checks:
      - {use: aws-kms/key-rotates, with: {max_days: 30}}
      - {use: aws-kms/key-origin-is-declared}
")), @r#"
    error[bad-parameter]: `aws-kms/key-rotates` has no parameter `max_day`
      --> witnessmark.yaml:10:43
       |
    10 |       - {use: aws-kms/key-rotates, with: {max_day: 90}}
       |                                           ^^^^^^^
       |
       = help: did you mean `max_days`?

    error[bad-parameter]: parameter `max_days` of `aws-kms/key-rotates`: 30 is less than the minimum of 90
      --> witnessmark.yaml:14:53
       |
    14 |       - {use: aws-kms/key-rotates, with: {max_days: 30}}
       |                                                     ^^

    error[bad-parameter]: `aws-kms/key-origin-is-declared` needs the parameter `allowed`
      --> witnessmark.yaml:15:15
       |
    15 |       - {use: aws-kms/key-origin-is-declared}
       |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: write it under `with`: `with: {allowed: …}`
    "#);
}

#[test]
fn parameter_weaker_than_the_default() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - id: C
    title: Keys rotate
    checks:
      - {use: aws-kms/key-rotates, with: {max_days: 730}}
      - {use: aws-iam/console-users-have-mfa, with: {accept: [hardware, virtual]}}
")), @r#"
    warning[weaker-parameter]: `max_days` demands less than `aws-kms/key-rotates` does by default
      --> witnessmark.yaml:10:53
       |
    10 |       - {use: aws-kms/key-rotates, with: {max_days: 730}}
       |                                                     ^^^
       |
       = help: the default is 365; the weaker value is sealed and shown beside it

    warning[weaker-parameter]: `accept` demands less than `aws-iam/console-users-have-mfa` does by default
      --> witnessmark.yaml:11:62
       |
    11 |       - {use: aws-iam/console-users-have-mfa, with: {accept: [hardware, virtual]}}
       |                                                              ^^^^^^^^^^^^^^^^^^^
       |
       = help: not in the default ["hardware","passkey"]: "virtual"; the weaker value is sealed and shown beside it
    "#);
}

#[test]
fn no_target_for_a_check() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - id: C
    title: Second factors
    checks:
      - {use: github/org-requires-2fa}
      - {use: github/org-requires-2fa, on: [aws-prod]}
      - {use: aws-kms/key-rotates, on: []}
")), @r#"
    error[no-target]: no target is read by `github`, which `github/org-requires-2fa` needs
      --> witnessmark.yaml:10:15
       |
    10 |       - {use: github/org-requires-2fa}
       |               ^^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: add `github` to the `collector` of a target

    error[no-target]: `github/org-requires-2fa` needs collector `github`, which does not read target `aws-prod`
      --> witnessmark.yaml:11:45
       |
     5 |   - {id: aws-prod, collector: [aws-iam, aws-kms], account: "111122223333"}
       |      -- this target
    ...
    11 |       - {use: github/org-requires-2fa, on: [aws-prod]}
       |                                             ^^^^^^^^

    error[no-target]: `aws-kms/key-rotates` is assigned to no target
      --> witnessmark.yaml:12:10
       |
    12 |       - {use: aws-kms/key-rotates, on: []}
       |          ^^^
       |
       = help: name targets under `on`, or leave `on` out for all that can be read
    "#);
}

#[test]
fn check_put_twice() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - id: C
    title: Keys rotate
    checks:
      - {use: aws-kms/key-rotates}
      - {use: aws-kms/key-rotates, on: [aws-prod], with: {max_days: 90}}
")), @r#"
    error[duplicate-assignment]: control `C` assigns `aws-kms/key-rotates` to target `aws-prod` twice
      --> witnessmark.yaml:11:15
       |
    10 |       - {use: aws-kms/key-rotates}
       |               ------------------- first assigned here
    11 |       - {use: aws-kms/key-rotates, on: [aws-prod], with: {max_days: 90}}
       |               ^^^^^^^^^^^^^^^^^^^
       |
       = help: two sets of parameters for one target need two controls
    "#);
}

#[test]
fn acceptances() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + r#"controls:
  - {id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}]}
acceptances:
  - {id: A1, control: C, check: aws-kms/key-rotates, reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-12-31}
  - {id: A2, control: C, check: aws-kms/key-rotates, subject: k, part: rotation, reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-12-31}
  - {id: A3, target: aws-prod, reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-12-31}
  - {id: A4, control: C, check: aws-iam/console-users-have-mfa, subject: k, reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-12-31}
  - {id: A5, target: aws-prod, right: "kms:ListGrant", reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-04-30}
  - {id: A6, target: aws-prod, population: "aws-kms/key@eu-west-1", reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-11-20}
  - {id: A7, target: aws-prod, population: aws-kms/grant, reason: r, approved_by: CISO, approved: 2027-05-01, expires: 2027-11-20}
"#)), @r#"
    error[unclear-acceptance]: an accepted deviation names `control`, `check` and `subject`
     --> witnessmark.yaml:9:10
      |
    9 |   - {id: A1, control: C, check: aws-kms/key-rotates, reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-12-31}
      |          ^^

    error[unclear-acceptance]: `part` is about a gap, `control` and `check` are about a deviation
      --> witnessmark.yaml:10:10
       |
    10 |   - {id: A2, control: C, check: aws-kms/key-rotates, subject: k, part: rotation, reason: r, approved_by: CISO, approved: 2026-05-01,...
       |          ^^
       |
       = help: write two acceptances: each has its own reason

    error[unclear-acceptance]: this names neither a deviation nor a gap
      --> witnessmark.yaml:11:10
       |
    11 |   - {id: A3, target: aws-prod, reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-12-31}
       |          ^^
       |
       = help: a deviation: `control`, `check`, `subject`; a gap: `target` with `population`, `right`, `part` or `reason_is`

    warning[unused-acceptance]: control `C` does not use `aws-iam/console-users-have-mfa`: the acceptance covers nothing
      --> witnessmark.yaml:12:33
       |
    12 |   - {id: A4, control: C, check: aws-iam/console-users-have-mfa, subject: k, reason: r, approved_by: CISO, approved: 2026-05-01, expi...
       |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error[unknown-reference]: there is no right `kms:ListGrant`
      --> witnessmark.yaml:13:39
       |
    13 |   - {id: A5, target: aws-prod, right: "kms:ListGrant", reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-04-30}
       |                                       ^^^^^^^^^^^^^^^
       |
       = help: did you mean `kms:ListGrants`?

    error[bad-value]: it expires before it was approved
      --> witnessmark.yaml:13:117
       |
    13 |   - {id: A5, target: aws-prod, right: "kms:ListGrant", reason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-04-30}
       |                                                                                                ----------           ^^^^^^^^^^
       |                                                                                                |
       |                                                                                                approved here

    warning[expired-acceptance]: acceptance `A6` has expired and covers nothing any more
      --> witnessmark.yaml:14:130
       |
    14 | ...ason: r, approved_by: CISO, approved: 2026-05-01, expires: 2026-11-20}
       |                                                               ^^^^^^^^^^

    error[unknown-reference]: there is no kind of resource `aws-kms/grant`
      --> witnessmark.yaml:15:44
       |
    15 |   - {id: A7, target: aws-prod, population: aws-kms/grant, reason: r, approved_by: CISO, approved: 2027-05-01, expires: 2027-11-20}
       |                                            ^^^^^^^^^^^^^
       |
       = help: there are: `aws-iam/role`, `aws-iam/user`, `aws-kms/alias`, `aws-kms/key`

    warning[unused-acceptance]: acceptance `A7` is approved only from a later date on
      --> witnessmark.yaml:15:99
       |
    15 |   - {id: A7, target: aws-prod, population: aws-kms/grant, reason: r, approved_by: CISO, approved: 2027-05-01, expires: 2027-11-20}
       |                                                                                                   ^^^^^^^^^^
    "#);
}

#[test]
fn nothing_checked() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - {id: C, title: Keys rotate}
")), @r#"
    warning[nothing-checked]: no check is assigned to any target
     --> witnessmark.yaml:3:10
      |
    3 | system: {id: hot}
      |          ^^
      |
      = help: name checks under `checks` of a control; `witnessmark checks` lists them
    "#);
}

#[test]
fn documents_outside_the_folder() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "policies: [/etc/checks]
controls:
  - {id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}], documents: [{path: ../secret.md}]}
")), @r#"
    error[bad-value]: `/etc/checks` is not a relative path with `/` between names
     --> witnessmark.yaml:6:12
      |
    6 | policies: [/etc/checks]
      |            ^^^^^^^^^^^
      |
      = help: all files of a declaration must be in its folder or below it, so that they can be sealed

    error[bad-value]: `../secret.md` leaves the declaration's folder
     --> witnessmark.yaml:8:90
      |
    8 |   - {id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}], documents: [{path: ../secret.md}]}
      |                                                                                          ^^^^^^^^^^^^
      |
      = help: all files of a declaration must be in its folder or below it, so that they can be sealed
    "#);
}

#[test]
fn other_references() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "third_parties: [{id: p, role: cloud, in_threats: [T], certificate: {standard: ccss-9.1, system: s, level: 1, expires: 2027-01-01}}]
key_holders: [{id: h, identities: {aws-prd: [x]}}]
keys: [{id: k, class: operational, at: {target: hsm, key: x}, holders: [hh]}]
threats: [{id: TT, title: t, affects: {keys: [q], targets: [w], components: [e], third_parties: [r]}}]
risks: [{threat: TTT, likelihood: low, impact: low, treatment: ignore, owner: me}]
controls:
  - {id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}]}
")), @r#"
    error[bad-value]: unknown word `ignore`
      --> witnessmark.yaml:10:64
       |
    10 | risks: [{threat: TTT, likelihood: low, impact: low, treatment: ignore, owner: me}]
       |                                                                ^^^^^^
       |
       = help: one of: `reduce`, `transfer`, `avoid`, `accept`

    error[unknown-reference]: there is no threat `T`
     --> witnessmark.yaml:6:51
      |
    6 | third_parties: [{id: p, role: cloud, in_threats: [T], certificate: {standard: ccss-9.1, system: s, level: 1, expires: 2027-01-01}}]
      |                                                   ^
      |
      = help: there are: `TT`

    error[unknown-reference]: there is no standard `ccss-9.1`
     --> witnessmark.yaml:6:79
      |
    6 | third_parties: [{id: p, role: cloud, in_threats: [T], certificate: {standard: ccss-9.1, system: s, level: 1, expires: 2027-01-01}}]
      |                                                                               ^^^^^^^^
      |
      = help: did you mean `ccss-9.0`?

    error[unknown-reference]: there is no target `aws-prd`
     --> witnessmark.yaml:7:36
      |
    7 | key_holders: [{id: h, identities: {aws-prd: [x]}}]
      |                                    ^^^^^^^
      |
      = help: did you mean `aws-prod`?

    error[unknown-reference]: there is no target `hsm`
     --> witnessmark.yaml:8:49
      |
    8 | keys: [{id: k, class: operational, at: {target: hsm, key: x}, holders: [hh]}]
      |                                                 ^^^
      |
      = help: there are: `aws-prod`

    error[unknown-reference]: there is no key holder `hh`
     --> witnessmark.yaml:8:73
      |
    8 | keys: [{id: k, class: operational, at: {target: hsm, key: x}, holders: [hh]}]
      |                                                                         ^^
      |
      = help: there are: `h`

    error[unknown-reference]: there is no key `q`
     --> witnessmark.yaml:9:47
      |
    9 | threats: [{id: TT, title: t, affects: {keys: [q], targets: [w], components: [e], third_parties: [r]}}]
      |                                               ^
      |
      = help: there are: `k`

    error[unknown-reference]: there is no target `w`
     --> witnessmark.yaml:9:61
      |
    9 | threats: [{id: TT, title: t, affects: {keys: [q], targets: [w], components: [e], third_parties: [r]}}]
      |                                                             ^

    error[unknown-reference]: there is no component `e`
     --> witnessmark.yaml:9:78
      |
    9 | threats: [{id: TT, title: t, affects: {keys: [q], targets: [w], components: [e], third_parties: [r]}}]
      |                                                                              ^
      |
      = help: the declaration has no component at all

    error[unknown-reference]: there is no third party `r`
     --> witnessmark.yaml:9:98
      |
    9 | threats: [{id: TT, title: t, affects: {keys: [q], targets: [w], components: [e], third_parties: [r]}}]
      |                                                                                                  ^
      |
      = help: there are: `p`

    error[unknown-reference]: there is no threat `TTT`
      --> witnessmark.yaml:10:18
       |
    10 | risks: [{threat: TTT, likelihood: low, impact: low, treatment: ignore, owner: me}]
       |                  ^^^
       |
       = help: did you mean `TT`?
    "#);
}

#[test]
fn nothing_wrong() {
    let text = HEAD.to_owned()
        + "controls: [{id: C, title: Keys rotate, observe: {every: 1d}, checks: [{use: aws-kms/key-rotates}]}]\n";
    assert_eq!(said(&text), "");
}

#[test]
fn what_no_check_judges_is_named() {
    let loaded = load_one(&NORTHBANK.replace("in_threats: [T-CLOUD], ", ""));
    let environment = environment();
    let plan = witnessmark_declaration::plan(&loaded, &environment).unwrap();
    // This program has no rules of the declaration's own, so nothing declared is judged.
    let judged = witnessmark_declaration::judged(&loaded, &environment, &plan);
    assert_eq!((judged.things, judged.not_judged()), (15, 13));
    let text = loaded.render(&witnessmark_declaration::notes(&loaded, &judged), false);
    let said: Vec<&str> = text.lines().filter(|line| line.starts_with("note") || line.contains("-->")).collect();
    insta::assert_snapshot!(said.join("\n"), @r#"
    note[not-judged-yet]: acceptances (1) are sealed, and no check judges them
      --> witnessmark.yaml:45:1
    note[not-judged-yet]: components (1) are sealed, and no check judges them
      --> witnessmark.yaml:14:1
    note[not-judged-yet]: key holders (1) are sealed, and no check judges them
      --> witnessmark.yaml:19:1
    note[not-judged-yet]: keys (1) are sealed, and no check judges them
      --> witnessmark.yaml:21:1
    note[not-judged-yet]: parts that are reviewed as a whole (3) are sealed, and no check judges them
      --> witnessmark.yaml:23:1
    note[not-judged-yet]: risks (1) are sealed, and no check judges them
      --> witnessmark.yaml:32:1
    note[not-judged-yet]: tasks (1) are sealed, and no check judges them
      --> witnessmark.yaml:34:1
    note[not-judged-yet]: third parties (2) are sealed, and no check judges them
      --> witnessmark.yaml:16:1
    note[not-judged-yet]: threats (1) are sealed, and no check judges them
      --> witnessmark.yaml:27:1
    note[not-judged-yet]: documents that a control names by their path (1) are sealed, and no check judges them
      --> witnessmark.yaml:41:18
    "#);
}

#[test]
fn names_at_targets_are_possible_ones_and_stand_for_one() {
    let found = said(
        &(HEAD.to_owned()
            + r#"third_parties:
  - {id: p, role: cloud, seen_as: {accounts: ["99998888777"], hosts: ["https://hooks.example"], tenants: [other-org], apps: [ci-runner]}}
exclusions: [{id: e, what: an App, reason: it reads nothing, seen_as: {apps: [CI-Runner]}}]
controls:
  - {id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}]}
"#),
    );
    for piece in [
        "error[bad-value]: `99998888777` is no name of this kind",
        "= help: write twelve digits in quotes",
        "error[bad-value]: `https://hooks.example` is no name of this kind",
        "error[bad-value]: `other-org` is no name of this kind",
        "= help: write the issuer, `/`, and the tenant there: `github/other-org`",
        "error[duplicate-id]: app `CI-Runner` stands for somebody else already",
        "the first time",
    ] {
        assert!(found.contains(piece), "{piece} is not in:\n{found}");
    }
    assert_eq!(found.matches("error[").count(), 4, "{found}");
}

/// What is said of a part of a declaration, each message on its line with its help.
fn told(rest: &str) -> Vec<String> {
    let loaded = load_one(&format!("{HEAD}{rest}"));
    let mut all = loaded.diagnostics.clone();
    all.extend(witnessmark_declaration::check(&loaded, &environment()));
    let line = |one: diagnose::Diagnostic| match one.help {
        Some(help) => format!("{}: {} ({help})", one.code.as_str(), one.message),
        None => format!("{}: {}", one.code.as_str(), one.message),
    };
    all.into_iter().map(line).collect()
}

/// One fault is said once: what it entails is not.
#[test]
fn what_a_fault_entails_is_not_reported() {
    let threats = "threats: [{id: T-1, title: One}]\n";
    let controls = "controls: [{id: C, title: C, threats: [T-1, T-2], checks: [{use: aws-kms/key-rotates}]}]\n";
    assert_eq!(told(&format!("{threats}{controls}")).len(), 1, "a threat that is not there");
    for (faulty, said) in [
        ("threats: {import: {file: gone.csv}}\n", "unreadable: cannot read `gone.csv`"),
        (
            "threats: [{id: T-1, title: One}]\nthreats: [{id: T-2, title: Two}]\n",
            "duplicate-key: duplicate key `threats`",
        ),
        ("threats: [{id: T-1, title: One}, {id: T 2, title: Two}]\n", "bad-value: `T 2` is not an id"),
        ("include: [gone.yaml]\n", "unreadable: cannot read `gone.yaml`"),
        ("threats: T-1\n", "wrong-type: expected a list, found a text (put it in brackets: `[T-1]`)"),
    ] {
        let found = told(&format!("{faulty}{controls}"));
        assert!(found.len() == 1 && found[0].starts_with(said), "{faulty}: {found:?}");
    }
    // A setting that several collectors read.
    let found = told("").len();
    let text = HEAD.replace("\"111122223333\"", "\"1111\"");
    let loaded = load_one(&text);
    let mut all = loaded.diagnostics.clone();
    all.extend(witnessmark_declaration::check(&loaded, &environment()));
    let errors = all.iter().filter(|one| one.severity == diagnose::Severity::Error).count();
    assert_eq!((errors, found), (1, 1), "{all:?}");
    // A collector that is not there may be the one that a check needs.
    let text = format!("{HEAD}controls: [{{id: C, title: C, checks: [{{use: aws-kms/key-rotates}}]}}]\n");
    let loaded = load_one(&text.replace("aws-kms]", "aws-kmz]"));
    let all = witnessmark_declaration::check(&loaded, &environment());
    let errors = all.iter().filter(|one| one.severity == diagnose::Severity::Error).count();
    assert_eq!(errors, 1, "{all:?}");
}

#[test]
fn what_was_meant_is_shown() {
    let threat = |title: &str| format!("threats: [{{id: T, title: {title}, category: insider}}]\n");
    let control = |with: &str| format!("controls: [{{id: C, title: C, {with}}}]\n");
    for (text, meant) in [
        (threat("A key is disabled, deleted or lost"), "put that whole text in quotes"),
        (threat("Key: a copy exists"), "must be in quotes"),
        (control("observe: {every: 1mo}"), "a length of time has no months: write `30d`; `m` is minutes"),
        (control("observe: {every: 1m}"), "[short-period]: `1m` is 1 minute, and a run is due as often"),
        (control("documents: [POL-PEOPLE]"), "write `{document: POL-PEOPLE}`"),
        (control("checks: [aws-kms/key-rotates]"), "write `{use: aws-kms/key-rotates}`"),
        (control("requirements: [2.01.1.1]"), "`STANDARD:2.01.1.1`"),
        (control("task: {every: 1m}"), "a month is `mo`: write `1mo`"),
        (control("task: {every: 101y}"), "what is not due within a century is never due"),
        (control("observe: {every: 1d, grace: 13h}"), "the grace `13h` is more than half of `1d`"),
        (control("task: {every: 1mo, grace: 1mo}"), "the grace `1mo` is not in days or weeks"),
        (control("task: {every: 1mo, grace: 31d}"), "the grace `31d` is as long as the time until it is due again"),
        ("compromise_plan: {classes: [], review_every: 12}\n".to_owned(), "write the unit: `12mo` is in months"),
        ("wallets: [{id: w, title: W, signatures: 1 of 2}]\n".to_owned(), "write `{needed: …, of: …}`"),
        ("keys: [{id: k, class: c, holders: kh-1}]\n".to_owned(), "put it in brackets: `[kh-1]`"),
        (
            "targets: [{id: g, collector: github, organization: n, organization_id: \"4711\"}]\n".to_owned(),
            "write it without quotes: 4711",
        ),
    ] {
        let head = HEAD.split("targets:").next().unwrap_or_default();
        let targets = if text.starts_with("targets") {
            ""
        } else {
            "targets: [{id: a, collector: aws-kms, account: \"111122223333\"}]\n"
        };
        let found = said(&format!("{head}{targets}{text}"));
        assert!(found.contains(meant), "{text}: {found}");
    }
}
