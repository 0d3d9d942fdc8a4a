//! Faults of form: what `load` finds.

use super::{HEAD, said};
use crate::common::{environment, load_files, load_one};

#[test]
fn unknown_key_with_a_suggestion() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - id: C
    titel: Keys rotate
    title: Keys rotate
")), @r#"
    error[unknown-key]: unknown key `titel`
     --> witnessmark.yaml:8:5
      |
    8 |     titel: Keys rotate
      |     ^^^^^
      |
      = help: did you mean `title`?
    "#);
}

#[test]
fn unknown_key_without_a_suggestion() {
    insta::assert_snapshot!(said("witnessmark: 1
entity: Northbank
system: {id: hot, colour: blue}
"), @r#"
    error[unknown-key]: unknown key `colour`
     --> witnessmark.yaml:3:19
      |
    3 | system: {id: hot, colour: blue}
      |                   ^^^^^^
      |
      = help: known here: `id`, `name`, `designation`, `standard`, `level`
    "#);
}

#[test]
fn what_cannot_be_seen_is_refused() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - {id: C, title: \"Keys\\u202e rotate\"}
  - {id: D, title: \"Keys\\e[31m rotate\"}
")), @r#"
    error[bad-value]: U+202E in a text: it cannot be seen, or changes how the text is shown
     --> witnessmark.yaml:7:20
      |
    7 |   - {id: C, title: "Keys\u202e rotate"}
      |                    ^^^^^^^^^^^^^^^^^^^
      |
      = help: delete that character; it often comes along when text is copied from a web page

    error[bad-value]: U+001B in a text: it cannot be seen, or changes how the text is shown
     --> witnessmark.yaml:8:20
      |
    8 |   - {id: D, title: "Keys\e[31m rotate"}
      |                    ^^^^^^^^^^^^^^^^^^^
      |
      = help: delete that character; it often comes along when text is copied from a web page
    "#);
    // As such a character stands in a file, and in names too; what is printed has none of them.
    for hidden in ['\u{200b}', '\u{200c}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{ad}', '\u{2060}', '\u{e0041}'] {
        for text in [
            format!("controls:\n  - {{id: C, title: \"Keys {hidden}rotate\"}}\n"),
            format!("controls:\n  - {{id: C, title: K, \"ti{hidden}tle\": K}}\n"),
            format!("people: [{{id: P, name: \"P{hidden}\"}}]\n"),
        ] {
            let said = said(&(HEAD.to_owned() + &text));
            assert!(said.contains(&format!("U+{:04X} in a text", u32::from(hidden))), "{said}");
            assert!(!said.contains(hidden), "{}", said.escape_debug());
        }
    }
    // Writing of every direction, several lines and tabs are ordinary; so are joiners where a script is written with them.
    for title in ["|\n      מפתחות \tהחתימה\n      Schlüssel, 鍵", "\"کلیدهای خانه\u{200c}ای, ක\u{dca}\u{200d}ෂ\""]
    {
        let fine = said(&format!("{HEAD}controls:\n  - id: C\n    title: {title}\n"));
        assert!(!fine.contains("U+"), "{fine}");
    }
}

#[test]
fn several_at_once() {
    insta::assert_snapshot!(said("witnessmark: 2
entity: 4711
sytem: {id: hot}
targets: {}
"), @r#"
    error[missing-key]: `system` is missing in this declaration
     --> witnessmark.yaml:1:1
      |
    1 | witnessmark: 2
      | ^^^^^^^^^^^

    error[bad-value]: the declaration is of version 2, and this program reads version 1
     --> witnessmark.yaml:1:14
      |
    1 | witnessmark: 2
      |              ^
      |
      = help: a newer `witnessmark` may read it

    error[wrong-type]: expected a text, found the number `4711`
     --> witnessmark.yaml:2:9
      |
    2 | entity: 4711
      |         ^^^^
      |
      = help: put it in quotes: "4711"

    error[unknown-key]: unknown key `sytem`
     --> witnessmark.yaml:3:1
      |
    3 | sytem: {id: hot}
      | ^^^^^
      |
      = help: did you mean `system`?

    error[wrong-type]: expected a list, found an object
     --> witnessmark.yaml:4:10
      |
    4 | targets: {}
      |          ^^
    "#);
}

#[test]
fn duplicate_key() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
  - id: C
    title: One
    title: Two
    threats: []
    threats: []
")), @r#"
    error[duplicate-key]: duplicate key `title`
     --> witnessmark.yaml:9:5
      |
    8 |     title: One
      |     ----- first written here
    9 |     title: Two
      |     ^^^^^

    error[duplicate-key]: duplicate key `threats`
      --> witnessmark.yaml:11:5
       |
    10 |     threats: []
       |     ------- first written here
    11 |     threats: []
       |     ^^^^^^^
    "#);
}

#[test]
fn text_that_looks_like_something_else() {
    insta::assert_snapshot!(said("witnessmark: 1
entity: no
system: {id: hot, name: 1.10, level: two}
"), @r#"
    error[wrong-type]: expected a text, found the number `1.10`
     --> witnessmark.yaml:3:25
      |
    3 | system: {id: hot, name: 1.10, level: two}
      |                         ^^^^
      |
      = help: put it in quotes: "1.10"

    error[wrong-type]: expected a whole number, found a text
     --> witnessmark.yaml:3:38
      |
    3 | system: {id: hot, name: 1.10, level: two}
      |                                      ^^^
    "#);
}

#[test]
fn text_that_looks_like_a_number() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + r#"threat_model: {version: 3}
acceptances: [{id: 007, reason: "", approved_by: true, approved: 2026-13-01, expires: 31.12.2026, target: aws-prod, right: "kms:ListKeys"}]
"#)), @r#"
    error[wrong-type]: expected a text, found the number `3`
     --> witnessmark.yaml:6:25
      |
    6 | threat_model: {version: 3}
      |                         ^
      |
      = help: put it in quotes: "3"

    error[wrong-type]: expected a text, found the number `007`
     --> witnessmark.yaml:7:20
      |
    7 | acceptances: [{id: 007, reason: "", approved_by: true, approved: 2026-13-01, expires: 31.12.2026, target: aws-prod, right: "kms:ListK...
      |                    ^^^
      |
      = help: put it in quotes: "007"

    error[bad-value]: the text is empty
     --> witnessmark.yaml:7:33
      |
    7 | acceptances: [{id: 007, reason: "", approved_by: true, approved: 2026-13-01, expires: 31.12.2026, target: aws-prod, right: "kms:ListK...
      |                                 ^^

    error[wrong-type]: expected a text, found the truth value `true`
     --> witnessmark.yaml:7:50
      |
    7 | acceptances: [{id: 007, reason: "", approved_by: true, approved: 2026-13-01, expires: 31.12.2026, target: aws-prod, right: "kms:ListK...
      |                                                  ^^^^
      |
      = help: put it in quotes: "true"

    error[bad-value]: `2026-13-01` is not a date, written `2026-12-31`
     --> witnessmark.yaml:7:66
      |
    7 | acceptances: [{id: 007, reason: "", approved_by: true, approved: 2026-13-01, expires: 31.12.2026, target: aws-prod, right: "kms:ListK...
      |                                                                  ^^^^^^^^^^

    error[bad-value]: `31.12.2026` is not a date, written `2026-12-31`
     --> witnessmark.yaml:7:87
      |
    7 | acceptances: [{id: 007, reason: "", approved_by: true, approved: 2026-13-01, expires: 31.12.2026, target: aws-prod, right: "kms:ListK...
      |                                                                                       ^^^^^^^^^^
    "#);
}

#[test]
fn words() {
    insta::assert_snapshot!(said(r#"witnessmark: 1
entity: Northbank
system: {id: hot wallet, designation: custody, standard: ccss9}
ledger: {origin: "north bank", every: 1 day}
"#), @r#"
    error[bad-value]: `hot wallet` is not an id: letters, digits, `.`, `_` and `-`, the first a letter or digit, at most 128
     --> witnessmark.yaml:3:14
      |
    3 | system: {id: hot wallet, designation: custody, standard: ccss9}
      |              ^^^^^^^^^^

    error[bad-value]: unknown word `custody`
     --> witnessmark.yaml:3:39
      |
    3 | system: {id: hot wallet, designation: custody, standard: ccss9}
      |                                       ^^^^^^^
      |
      = help: one of: `self-custody`, `qsp`, `full`

    error[bad-value]: `ccss9` is not a standard with its version, written `name-version`
     --> witnessmark.yaml:3:58
      |
    3 | system: {id: hot wallet, designation: custody, standard: ccss9}
      |                                                          ^^^^^

    error[bad-value]: `north bank` is not the name of a ledger: no spaces, no `+`, at most 255 bytes, for example `northbank.example/hot-wallet`
     --> witnessmark.yaml:4:18
      |
    4 | ledger: {origin: "north bank", every: 1 day}
      |                  ^^^^^^^^^^^^

    error[bad-value]: `1 day` is not a length of time, written `30m`, `12h`, `1d`, `2w` or `1y`
     --> witnessmark.yaml:4:39
      |
    4 | ledger: {origin: "north bank", every: 1 day}
      |                                       ^^^^^
    "#);
}

#[test]
fn not_yaml() {
    insta::assert_snapshot!(said(r#"witnessmark: 1
entity: "Northbank
system: {id: hot}
"#), @r#"
    error[yaml]: not valid YAML: invalid indentation in multiline quoted scalar
     --> witnessmark.yaml:3:1
      |
    3 | system: {id: hot}
      | ^
      |
      = help: a quotation mark further up is probably not closed
    "#);
}

#[test]
fn not_yaml_tab() {
    insta::assert_snapshot!(said("witnessmark: 1\nsystem:\n\tid: hot\n"), @r#"
    error[yaml]: not valid YAML: a tab in the indentation
     --> witnessmark.yaml:3:1
      |
    3 |     id: hot
      | ^^^^
      |
      = help: indent with spaces
    "#);
    for (text, place) in [
        ("witnessmark: 1\nsystem:\n  id: hot\n\tname: x\n", "4:1"),
        ("witnessmark: 1\nsystem:\n  id: hot\n  \tname: x\n", "4:3"),
        ("witnessmark: 1\ntargets:\n  - id: a\n\tcollector: b\n", "4:1"),
        ("witnessmark: 1\nsystem:\n\n# a comment\n\tid: hot\n", "5:1"),
    ] {
        let said = said(text);
        assert!(
            said.contains("a tab in the indentation") && said.contains(&format!("yaml:{place}\n")),
            "{text:?}: {said}"
        );
    }
}

#[test]
fn empty() {
    insta::assert_snapshot!(said("# nothing yet
"), @r#"
    error[yaml]: empty document
     --> witnessmark.yaml:1:1
      |
    1 | # nothing yet
      | ^
    "#);
}

#[test]
fn a_list() {
    insta::assert_snapshot!(said("- witnessmark
"), @r#"
    error[wrong-type]: expected an object with `witnessmark`, `entity`, `system`, found a list
     --> witnessmark.yaml:1:1
      |
    1 | - witnessmark
      | ^^^^^^^^^^^^^
    "#);
}

#[test]
fn anchors_tags_and_documents() {
    insta::assert_snapshot!(said("witnessmark: &v 1
entity: !!str Northbank
system: {id: hot}
targets: *v
---
more: 1
"), @r#"
    error[yaml]: anchors are not allowed
     --> witnessmark.yaml:1:17
      |
    1 | witnessmark: &v 1
      |                 ^
      |
      = help: write the value out where it is meant

    error[yaml]: tags are not allowed
     --> witnessmark.yaml:2:15
      |
    2 | entity: !!str Northbank
      |               ^^^^^^^^^
      |
      = help: a value in quotes is a text, one without may be a number

    error[yaml]: aliases are not allowed
     --> witnessmark.yaml:4:10
      |
    4 | targets: *v
      |          ^^
      |
      = help: write the value out: this file is sealed as evidence

    error[yaml]: a second document in one file
     --> witnessmark.yaml:5:1
      |
    5 | ---
      | ^^^
      |
      = help: write it to a file of its own
    "#);
}

#[test]
fn key_is_a_list() {
    insta::assert_snapshot!(said("witnessmark: 1
[a, b]: c
"), @r#"
    error[yaml]: a key must be a word, not a list or an object
     --> witnessmark.yaml:2:1
      |
    2 | [a, b]: c
      | ^^^^^^
      |
      = help: a text that starts with `[`, `{` or `*` needs quotes
    "#);
}

#[test]
fn nothing_after_the_key() {
    insta::assert_snapshot!(said(&(HEAD.to_owned() + "controls:
acceptances:
")), @r#"
    error[wrong-type]: expected a list, found nothing
     --> witnessmark.yaml:6:1
      |
    6 | controls:
      | ^^^^^^^^
      |
      = help: a key without a value is left out

    error[wrong-type]: expected a list, found nothing
     --> witnessmark.yaml:7:1
      |
    7 | acceptances:
      | ^^^^^^^^^^^
      |
      = help: a key without a value is left out
    "#);
}

#[test]
fn includes() {
    let root = HEAD.to_owned()
        + "include: [controls/a.yaml, controls/a.yaml, ../other.yaml, /etc/passwd, missing.yaml, controls/loop.yaml, controls/two.yaml]\ncontrols: []\n";
    let loaded = load_files(&[
        ("witnessmark.yaml", &root),
        (
            "controls/a.yaml",
            "witnessmark: 1\ncontrols:\n  - {id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}]}\n",
        ),
        ("controls/loop.yaml", "include: [./../witnessmark.yaml]\n"),
        ("controls/two.yaml", "entity: Southbank\ncontrols:\n  - {id: C, title: Again}\n"),
    ]);
    let mut all = loaded.diagnostics.clone();
    all.extend(witnessmark_declaration::check(&loaded, &environment()));
    insta::assert_snapshot!(loaded.render(&all, false), @r#"
    error[include]: `controls/a.yaml` is included twice
     --> witnessmark.yaml:6:28
      |
    6 | include: [controls/a.yaml, controls/a.yaml, ../other.yaml, /etc/passwd, missing.yaml, controls/loop.yaml, controls/two.yaml]
      |                            ^^^^^^^^^^^^^^^

    error[include]: `../other.yaml` leaves the declaration's folder
     --> witnessmark.yaml:6:45
      |
    6 | include: [controls/a.yaml, controls/a.yaml, ../other.yaml, /etc/passwd, missing.yaml, controls/loop.yaml, controls/two.yaml]
      |                                             ^^^^^^^^^^^^^
      |
      = help: all files of a declaration must be in its folder or below it, so that they can be sealed

    error[include]: `/etc/passwd` is not a relative path with `/` between names
     --> witnessmark.yaml:6:60
      |
    6 | include: [controls/a.yaml, controls/a.yaml, ../other.yaml, /etc/passwd, missing.yaml, controls/loop.yaml, controls/two.yaml]
      |                                                            ^^^^^^^^^^^
      |
      = help: all files of a declaration must be in its folder or below it, so that they can be sealed

    error[unreadable]: cannot read `missing.yaml`: entity not found
     --> witnessmark.yaml:6:73
      |
    6 | include: [controls/a.yaml, controls/a.yaml, ../other.yaml, /etc/passwd, missing.yaml, controls/loop.yaml, controls/two.yaml]
      |                                                                         ^^^^^^^^^^^^

    error[include]: `witnessmark.yaml` includes itself
     --> controls/loop.yaml:1:11
      |
    1 | include: [./../witnessmark.yaml]
      |           ^^^^^^^^^^^^^^^^^^^^^

    error[duplicate-key]: `entity` is written in two files
     --> controls/two.yaml:1:1
      |
    1 | entity: Southbank
      | ^^^^^^
      |
     ::: witnessmark.yaml:2:1
      |
    2 | entity: Northbank
      | ------ first written here
      |
      = help: only lists are joined from several files

    error[duplicate-id]: a second control with the id `C`
     --> controls/two.yaml:3:10
      |
    3 |   - {id: C, title: Again}
      |          ^
      |
     ::: controls/a.yaml:3:10
      |
    3 |   - {id: C, title: Keys rotate, checks: [{use: aws-kms/key-rotates}]}
      |          - the first one
    "#);
    let paths: Vec<&str> = loaded.files.iter().map(|f| f.path.as_str()).collect();
    assert_eq!(paths, ["witnessmark.yaml", "controls/a.yaml", "controls/loop.yaml", "controls/two.yaml"]);
}

#[test]
fn as_json() {
    let loaded = load_one("witnessmark: 1\nentity: Nørthbänk\nsystem: {id: hot, id: höt}\n");
    insta::assert_json_snapshot!(loaded.diagnostics, @r#"
    [
      {
        "severity": "error",
        "code": "duplicate-key",
        "message": "duplicate key `id`",
        "file": "witnessmark.yaml",
        "line": 3,
        "column": 19,
        "end_line": 3,
        "end_column": 21,
        "related": [
          {
            "message": "first written here",
            "file": "witnessmark.yaml",
            "line": 3,
            "column": 10
          }
        ]
      }
    ]
    "#);
}
