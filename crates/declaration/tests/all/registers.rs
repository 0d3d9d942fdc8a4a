//! Registers kept elsewhere: the same things as written ones, and faults at line and column of their file.

use proptest::prelude::*;
use serde_json::Value;
use witnessmark_declaration::{Loaded, check, declaration_schema, plan};

use crate::common::{environment, load_files};

const HEAD: &str = "witnessmark: 1\nentity: Northbank\nsystem: {id: hot, standard: ccss-9.0}\n\
    keys: [{id: k-1, class: operational}, {id: k-2, class: backup}]\n\
    risk_register: {framework: ISO/IEC 27005, tolerances: [{id: R-1, levels: [low]}]}\n";

const WRITTEN: &str = r#"threats:
  - {id: "007", title: "Keys, copied \"by hand\"", category: insider, affects: {keys: [k-1, k-2], classes: [backup]}}
  - {id: T-2, title: A dependency is replaced}
risks:
  - {id: R-1, threat: "007", likelihood: likely, impact: severe, treatment: reduce, owner: CISO,
     residual: {level: low, within_tolerance: R-1, accepted_by: CEO, accepted: 2026-05-01}, monitored: 2026-06-01}
  - {threat: T-2, likelihood: "1.10", impact: "3", treatment: accept, owner: CTO}
"#;

const THREATS_CSV: &str = "\u{feff}Threat ID;Description;Category;Assets;Asset classes;Notes\r\n\
    007;\"Keys, copied \"\"by hand\"\"\";insider;\"k-1, k-2\";backup;seen in 2024\r\n\
    T-2; A dependency is replaced ;;;;\r\n;;;;;\r\n";

const RISKS_CSV: &str = "id,Threat,Likelihood,impact,Treatment,owner,residual,within_tolerance,accepted_by,accepted,monitored\n\
    R-1,007,5,severe,Mitigate,CISO,low,R-1,CEO,2026-05-01,2026-06-01\n\
    ,T-2,1.10,3,accept,CTO,,,,,\n";

const RISKS_JSON: &str = r#"{"made": "2026-06-01", "register": [
	{"id": "R-1", "Threat": "007", "assessment": {"p": 5, "impact": "severe"}, "Treatment": "Mitigate", "owner": "CISO",
	 "residual": "low", "within_tolerance": "R-1", "accepted_by": "CEO", "accepted": "2026-05-01", "monitored": "2026-06-01"},
	{"id": null, "Threat": "T-2", "assessment": {"p": 1.10, "impact": 3}, "Treatment": "accept", "owner": "CTO", "residual": ""}
]}"#;

const THREATS: &str = "threats:\n  import:\n    file: registers/threats.csv\n    separator: semicolon\n    \
    columns: {id: Threat ID, title: Description, category: Category, keys: Assets, classes: Asset classes}\n";

const VALUES: &str =
    "values: {likelihood: {\"5\": likely, \"1.10\": \"1.10\"}, treatment: {Mitigate: reduce, Retain: accept}}";

fn imported(risks: &str) -> Loaded {
    let files = [
        ("witnessmark.yaml", format!("{HEAD}{THREATS}risks: {{import: {{{risks}, {VALUES}}}}}\n")),
        ("registers/threats.csv", THREATS_CSV.to_owned()),
        ("registers/risks.csv", RISKS_CSV.to_owned()),
        ("risks.json", RISKS_JSON.to_owned()),
    ];
    load_files(&files.each_ref().map(|(name, text)| (*name, text.as_str())))
}

fn from_csv() -> Loaded {
    imported("file: registers/risks.csv, columns: {threat: Threat, likelihood: Likelihood, treatment: Treatment}")
}

fn from_json() -> Loaded {
    imported(
        "file: risks.json, list: register, columns: {threat: Threat, likelihood: /assessment/p, impact: /assessment/impact, treatment: Treatment}",
    )
}

/// Kind, id and facts: all that a check is given of a thing.
fn facts(loaded: &Loaded) -> Vec<(&'static str, String, Value)> {
    loaded.things(&[]).unwrap().into_iter().map(|thing| (thing.kind, thing.id, thing.facts)).collect()
}

#[test]
fn a_cell_with_what_cannot_be_seen_is_refused_at_its_place() {
    let table = "id,title\nT-1,Keys \u{202e}are copied\nT-2,\"two\r\nlines\"\n";
    let declaration = format!("{HEAD}threats: {{import: {{file: threats.csv}}}}\n");
    let loaded = load_files(&[("witnessmark.yaml", &declaration), ("threats.csv", table)]);
    let said = loaded.render(&loaded.diagnostics, false);
    assert!(said.contains("U+202E in a text") && said.contains("threats.csv:2:5"), "{said}");
    assert_eq!(loaded.diagnostics.len(), 1, "{said}");
}

#[test]
fn imported_rows_are_the_things_that_written_ones_are() {
    let written = load_files(&[("witnessmark.yaml", &format!("{HEAD}{WRITTEN}"))]);
    assert_eq!(written.diagnostics, []);
    let environment = environment();
    for (loaded, files) in [
        (from_csv(), ["witnessmark.yaml", "registers/threats.csv", "registers/risks.csv"]),
        (from_json(), ["witnessmark.yaml", "registers/threats.csv", "risks.json"]),
    ] {
        assert!(!loaded.has_errors(), "{}", loaded.render(&loaded.diagnostics, false));
        assert_eq!(facts(&loaded), facts(&written));
        for part in ["threats", "risks", "keys"] {
            assert_eq!(loaded.part(part), written.part(part), "{part}");
        }
        assert_eq!(check(&loaded, &environment), check(&written, &environment));
        assert_eq!(plan(&loaded, &environment).unwrap().digest(), plan(&written, &environment).unwrap().digest());
        // Registers are sealed as files of the declaration, and each part leads to its cell.
        assert_eq!(loaded.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), files);
        let things = loaded.things(&[]).unwrap();
        let places = |kind: &str, id: &str, part: &str| {
            let thing = things.iter().find(|thing| thing.kind == kind && thing.id == id).unwrap();
            thing.parts[part].iter().map(|at| format!("{}:{}:{}", at.path, at.line, at.column)).collect::<Vec<_>>()
        };
        assert_eq!(places("declaration/threat", "007", "title"), ["registers/threats.csv:2:6"]);
        let risk = if files[2] == "risks.json" { ["risks.json:2:53"] } else { ["registers/risks.csv:2:9"] };
        assert_eq!(places("declaration/risk", "R-1", "likelihood"), risk);
        assert!(things.iter().all(|thing| thing.parts.values().all(|places| !places.is_empty())));
    }
}

#[test]
fn columns_that_nothing_reads_are_named() {
    let said = |loaded: &Loaded| loaded.render(&loaded.diagnostics, false);
    insta::assert_snapshot!(said(&from_csv()).trim_end(), @"
    note[not-judged-yet]: columns of `registers/threats.csv` that nothing reads; they are sealed: `Notes`
     --> registers/threats.csv:1:54
      |
    1 | Threat ID;Description;Category;Assets;Asset classes;Notes
      |                                                     ^^^^^
    ");
    insta::assert_snapshot!(said(&from_json()).trim_end(), @"
    note[not-judged-yet]: columns of `registers/threats.csv` that nothing reads; they are sealed: `Notes`
     --> registers/threats.csv:1:54
      |
    1 | Threat ID;Description;Category;Assets;Asset classes;Notes
      |                                                     ^^^^^
    ");
}

/// What is said about a register of risks, of which the declaration names a threat `007`.
fn said(import: &str, file: &str, text: &str) -> String {
    let declaration = format!("{HEAD}threats: [{{id: \"007\", title: T}}]\nrisks: {{import: {{{import}}}}}\n");
    let loaded = load_files(&[("witnessmark.yaml", &declaration), (file, text)]);
    let mut all = loaded.diagnostics.clone();
    all.extend(check(&loaded, &environment()));
    all.retain(|one| one.severity == diagnose::Severity::Error);
    loaded.render(&all, false)
}

#[test]
fn faults_are_shown_where_they_are() {
    insta::assert_snapshot!(said(
        "file: r.csv, columns: {id: No}, values: {likelihood: {High: high, Low: low}}",
        "r.csv",
        "No,threat,likelihood,impact,treatment,owner,accepted,residual\n\
         1,7,High,x,reduce,CISO,2026-05-01,low\n\
         1,007,Hihg,x,mitigate,,01.05.2026,low\n",
    ), @"
    error[missing-key]: `owner` is missing in this risk
     --> r.csv:3:1
      |
    3 | 1,007,Hihg,x,mitigate,,01.05.2026,low
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error[register]: `values.likelihood` does not say what `Hihg` is
     --> r.csv:3:7
      |
    3 | 1,007,Hihg,x,mitigate,,01.05.2026,low
      |       ^^^^
      |
      = help: did you mean `High`?

    error[bad-value]: unknown word `mitigate`
     --> r.csv:3:14
      |
    3 | 1,007,Hihg,x,mitigate,,01.05.2026,low
      |              ^^^^^^^^
      |
      = help: one of: `reduce`, `transfer`, `avoid`, `accept`

    error[bad-value]: `01.05.2026` is not a date, written `2026-12-31`
     --> r.csv:3:24
      |
    3 | 1,007,Hihg,x,mitigate,,01.05.2026,low
      |                        ^^^^^^^^^^

    error[unknown-reference]: there is no threat `7`
     --> r.csv:2:3
      |
    2 | 1,7,High,x,reduce,CISO,2026-05-01,low
      |   ^
      |
      = help: there is a threat `007`: ids are texts, and a program that takes one for a number drops its zeros

    error[duplicate-id]: a second risk with the id `1`
     --> r.csv:3:1
      |
    2 | 1,7,High,x,reduce,CISO,2026-05-01,low
      | - the first one
    3 | 1,007,Hihg,x,mitigate,,01.05.2026,low
      | ^
    ");
    insta::assert_snapshot!(said(
        "file: r.csv, columns: {threat: Treat, liklihood: L}",
        "r.csv",
        "Threat,likelihood,impact,treatment,owner\n",
    ), @"
    error[register]: the register has no column `Treat`
     --> witnessmark.yaml:7:49
      |
    7 | risks: {import: {file: r.csv, columns: {threat: Treat, liklihood: L}}}
      |                                                 ^^^^^
      |
      = help: did you mean `Threat`?

    error[unknown-key]: unknown key `liklihood`
     --> witnessmark.yaml:7:56
      |
    7 | risks: {import: {file: r.csv, columns: {threat: Treat, liklihood: L}}}
      |                                                        ^^^^^^^^^
      |
      = help: did you mean `likelihood`?
    ");
    insta::assert_snapshot!(said("file: r.csv", "r.csv", "threat;likelihood;impact;treatment;owner\n"), @"
    error[register]: the heading has one column
     --> r.csv:1:1
      |
    1 | threat;likelihood;impact;treatment;owner
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: name under `separator` what stands between two cells
    ");
    insta::assert_snapshot!(said(
        "file: r.csv",
        "r.csv",
        "threat,likelihood,impact,treatment,owner\n007,high,high,reduce\n007,high,\"not\nhigh\",reduce,CISO, too\n",
    ), @r#"
    error[register]: this row has 4 cells, and the heading 5
     --> r.csv:2:1
      |
    1 | threat,likelihood,impact,treatment,owner
      | ---------------------------------------- the heading
    2 | 007,high,high,reduce
      | ^^^^^^^^^^^^^^^^^^^^
      |
      = help: a cell that holds a separator or a line break must be in quotes

    error[register]: this row has 6 cells, and the heading 5
     --> r.csv:3:1
      |
    1 | threat,likelihood,impact,treatment,owner
      | ---------------------------------------- the heading
    2 | 007,high,high,reduce
    3 | 007,high,"not
      | ^^^^^^^^^^^^^
      |
      = help: a cell that holds a separator or a line break must be in quotes
    "#);
    insta::assert_snapshot!(said("file: r.csv", "r.csv", "threat,likelihood,threat\n"), @"
    error[register]: the register has no column `impact`, `treatment`, `owner`, and `columns` names none in its place
     --> witnessmark.yaml:7:24
      |
    7 | risks: {import: {file: r.csv}}
      |                        ^^^^^
      |
     ::: r.csv:1:1
      |
    1 | threat,likelihood,threat
      | ------ its columns
      |
      = help: there are: `threat`, `likelihood`, `threat`

    error[register]: a second column with the heading `threat`
     --> r.csv:1:19
      |
    1 | threat,likelihood,threat
      | ------            ^^^^^^
      | |
      | the first one
    ");
    insta::assert_snapshot!(said("file: r.csv", "r.csv", "threat,\"likelihood\n"), @r#"
    error[register]: not valid CSV: this quotation mark is never closed
     --> r.csv:1:8
      |
    1 | threat,"likelihood
      |        ^
      |
      = help: end the cell with a quotation mark, and double each one in it
    "#);
    insta::assert_snapshot!(said("file: r.csv", "r.csv", ""), @"
    error[register]: `r.csv` has no heading: nothing is written in it
     --> witnessmark.yaml:7:24
      |
    7 | risks: {import: {file: r.csv}}
      |                        ^^^^^
    ");
    insta::assert_snapshot!(said("file: r.csv, list: rows", "s.csv", ""), @"
    error[unreadable]: cannot read `r.csv`: entity not found
     --> witnessmark.yaml:7:24
      |
    7 | risks: {import: {file: r.csv, list: rows}}
      |                        ^^^^^
    ");
    insta::assert_snapshot!(said("file: ../r.csv", "s.csv", ""), @"
    error[include]: `../r.csv` leaves the declaration's folder
     --> witnessmark.yaml:7:24
      |
    7 | risks: {import: {file: ../r.csv}}
      |                        ^^^^^^^^
      |
      = help: all files of a declaration must be in its folder or below it, so that they can be sealed
    ");
    insta::assert_snapshot!(said("file: witnessmark.yaml", "s.csv", ""), @"
    error[include]: `witnessmark.yaml` is included, and no register
     --> witnessmark.yaml:7:24
      |
    7 | risks: {import: {file: witnessmark.yaml}}
      |                        ^^^^^^^^^^^^^^^^
    ");
    insta::assert_snapshot!(said("file: r.json, separator: tab", "r.json", "[{\"threat\": 7,}]"), @r#"
    error[register]: `separator` is for CSV
     --> witnessmark.yaml:7:43
      |
    7 | risks: {import: {file: r.json, separator: tab}}
      |                                           ^^^

    error[register]: not valid JSON: key must be a string
     --> r.json:1:15
      |
    1 | [{"threat": 7,}]
      |               ^
    "#);
    insta::assert_snapshot!(said("file: r.json", "r.json", "{\"risks\": []}"), @r#"
    error[register]: expected a list of rows, found an object
     --> r.json:1:1
      |
    1 | {"risks": []}
      | ^^^^^^^^^^^^^
      |
      = help: name under `list` the member that holds it
    "#);
    insta::assert_snapshot!(said("file: r.json, list: risk", "r.json", "{\"risks\": []}"), @r#"
    error[register]: the register has no member `risk`
     --> witnessmark.yaml:7:38
      |
    7 | risks: {import: {file: r.json, list: risk}}
      |                                      ^^^^
      |
     ::: r.json:1:1
      |
    1 | {"risks": []}
      | ------------- this object
      |
      = help: did you mean `risks`?
    "#);
    insta::assert_snapshot!(said("file: r.json", "r.json", "[{\"threat\": {\"id\": 7}, \"owner\": 1}, 7]"), @r#"
    error[register]: expected a row as an object, found a text
     --> r.json:1:37
      |
    1 | [{"threat": {"id": 7}, "owner": 1}, 7]
      |                                     ^
    "#);
    insta::assert_snapshot!(said("file: r.json", "r.json", "null"), @"
    error[register]: expected a list of rows, found nothing
     --> r.json:1:1
      |
    1 | null
      | ^^^^
      |
      = help: name under `list` the member that holds it
    ");
}

#[test]
fn one_file_may_hold_both_lists() {
    let text = "id,title,likelihood,impact,treatment,owner\nT-1,Somebody signs alone,high,high,reduce,CISO\n";
    let declaration = format!(
        "{HEAD}threats: {{import: {{file: r.csv}}}}\nrisks: {{import: {{file: r.csv, columns: {{threat: id}}}}}}\n"
    );
    let loaded = load_files(&[("witnessmark.yaml", &declaration), ("r.csv", text)]);
    assert_eq!(loaded.diagnostics, []);
    assert_eq!((loaded.declaration.threats.len(), loaded.declaration.risks.len(), loaded.files.len()), (1, 1, 2));
    // Rows of several files are joined like written ones.
    let more = ("more.yaml", "threats: [{id: T-2, title: T}]\n");
    let loaded =
        load_files(&[("witnessmark.yaml", &format!("include: [more.yaml]\n{declaration}")), ("r.csv", text), more]);
    assert_eq!(loaded.diagnostics, []);
    assert_eq!(loaded.declaration.threats.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), ["T-1", "T-2"]);
}

#[test]
fn the_schema_has_both_forms() {
    let validator = jsonschema::validator_for(&declaration_schema()).unwrap();
    for (list, good) in [
        ("{import: {file: r.csv, columns: {id: Threat}, values: {id: {a: b}}, separator: tab}}", true),
        ("{import: {file: r.json, list: rows}}", true),
        ("{import: {}}", false),
        ("{import: {file: r.csv, separator: \";\"}}", false),
        ("{file: r.csv}", false),
        ("[]", true),
    ] {
        for name in ["threats", "risks"] {
            let json = diagnose::to_json(&format!("{HEAD}{name}: {list}\n")).unwrap();
            assert_eq!(validator.is_valid(&json), good, "{name}: {list}");
        }
    }
}

/// Pieces of which registers consist, so that much of what is made of them is nearly one.
fn nearly(json: bool) -> impl Strategy<Value = String> {
    let csv = [
        "id",
        "threat",
        "title",
        "owner",
        "impact",
        "likelihood",
        "treatment",
        "accept",
        ",",
        "\n",
        "\"",
        "\r\n",
        "é",
        " ",
        ";",
        "007",
    ];
    let of_json = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"id\"",
        "\"threat\"",
        "\"title\"",
        "null",
        "7",
        "\"owner\"",
        "\n",
        "\"\\u00e9\"",
        "\"",
        " ",
    ];
    let pieces = prop::sample::select(if json { of_json.to_vec() } else { csv.to_vec() });
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

fn read(file: &str, text: &str) {
    let declaration = format!(
        "{HEAD}threats: {{import: {{file: {file}}}}}\nrisks: {{import: {{file: {file}, values: {{owner: {{a: b}}}}}}}}\n"
    );
    let loaded = load_files(&[("witnessmark.yaml", &declaration), (file, text)]);
    let mut all = loaded.diagnostics.clone();
    all.extend(check(&loaded, &environment()));
    let _text = loaded.render(&all, false);
    for thing in loaded.things(&[]).unwrap() {
        for at in thing.parts.values().flatten() {
            let source = if at.path == file { text } else { declaration.as_str() };
            let line = source.split('\n').nth(usize::try_from(at.line).unwrap() - 1).unwrap();
            assert!(line.chars().nth(usize::try_from(at.column).unwrap() - 1).is_some(), "{at:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever a register holds, the answer is things or diagnostics, and each place of a thing is a character of its file.
    #[test]
    fn any_register_is_answered(csv in nearly(false), json in nearly(true), text in any::<String>()) {
        let whole = format!("id,title,threat,likelihood,impact,treatment,owner\n{csv}\n");
        for text in [csv, whole, text.clone()] {
            read("r.csv", &text);
        }
        for text in [json, text] {
            read("r.json", &text);
        }
    }

    /// A register with one piece changed.
    #[test]
    fn a_damaged_register_is_answered(at in 0..RISKS_JSON.len(), n in 0..9_usize, with in "[\",\\[{}\n é]{0,3}") {
        for (file, text) in [("r.csv", RISKS_CSV), ("r.json", RISKS_JSON)] {
            let (at, end) = (text.floor_char_boundary(at), text.floor_char_boundary(at + n));
            read(file, &format!("{}{with}{}", &text[..at], &text[end.max(at)..]));
        }
    }
}
