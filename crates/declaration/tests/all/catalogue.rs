//! Catalogues: the one that is shipped, one of the entity's own, and what is said of a bad one.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::validator_for;
use witnessmark_declaration::{Method, Standard, Wanted, catalogue_schema, check, load};

use crate::common::{environment, load_one};

const HOUSE: &str = include_str!("../../../../examples/house-rules-1.yaml");

#[test]
fn ccss_9_0_is_whole() {
    let environment = environment();
    let ccss = environment.standards.first().unwrap_or_else(|| panic!("no standard"));
    assert_eq!(ccss.id, "ccss-9.0");
    let mut by_level: BTreeMap<u32, usize> = BTreeMap::new();
    for requirement in &ccss.requirements {
        *by_level.entry(requirement.level).or_default() += 1;
        let aspect = requirement.aspect.as_deref().unwrap_or("none");
        assert!(requirement.id.starts_with(aspect) && ccss.aspects.contains_key(aspect), "{}", requirement.id);
        assert!(requirement.methods.keys().eq(&Method::ALL), "{}", requirement.id);
        assert!(requirement.reach.is_some(), "{}", requirement.id);
    }
    assert_eq!(ccss.highest_level(), 3);
    let says = |words: &str| assert!(ccss.notes.iter().any(|note| note.contains(words)), "{words}: {:?}", ccss.notes);
    says("unofficial paraphrase");
    says("Nothing here covers 9.1");
    assert_eq!(by_level, BTreeMap::from([(1, 30), (2, 18), (3, 11)]));
    let inspected =
        ccss.requirements.iter().filter(|r| r.methods.get(&Method::Inspect) == Some(&Wanted::Expected)).count();
    assert_eq!(inspected, 33);
}

#[test]
fn every_file_of_the_folder_is_shipped() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/catalogues");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    let standards: BTreeSet<String> = Standard::shipped().unwrap().into_iter().map(|standard| standard.id).collect();
    assert_eq!(files, standards, "a catalogue's file has its standard's name");
    assert!(!files.is_empty());
}

#[test]
fn nothing_is_wired_to_one_standard() {
    let house = Standard::parse("house-rules-1.yaml", HOUSE).unwrap();
    assert_eq!((house.id.as_str(), house.highest_level(), house.requirements.len()), ("house-rules-1", 2, 3));
    let mut environment = environment();
    environment.standards = vec![house];
    let declared = |control: &str| {
        load_one(&format!(
            "witnessmark: 1\nentity: N\nsystem: {{id: s, standard: house-rules-1, level: 2}}\n\
             not_applicable: [{{requirement: \"house-rules-1:B1\", reason: there is no code}}]\n{control}"
        ))
    };
    let good = declared("controls: [{id: c, title: t, requirements: [\"house-rules-1:A1\"]}]");
    let errors = |loaded: &witnessmark_declaration::Loaded| {
        check(loaded, &environment).iter().filter(|d| d.severity == diagnose::Severity::Error).count()
    };
    assert_eq!((good.has_errors(), errors(&good)), (false, 0));
    let bad = declared("controls: [{id: c, title: t, requirements: [\"house-rules-1:A9\", \"ccss-9.0:1.05.1.1\"]}]");
    assert_eq!(errors(&bad), 2);
}

#[test]
fn a_requirement_that_does_not_apply_exists_and_is_named_once() {
    let loaded = load_one(
        "witnessmark: 1
entity: N
system: {id: s}
not_applicable:
  - {requirement: ccss-9.0:2.01.2.1, reason: no contract on a chain is ours}
  - {requirement: ccss-9.0:2.01.2.9, reason: no contract on a chain is ours}
  - {requirement: ccss-9.0:2.01.2.1, reason: again}
  - {requirement: ccss-9.0:2.01.2.2}
",
    );
    let mut all = loaded.diagnostics.clone();
    all.extend(check(&loaded, &environment()).into_iter().filter(|d| d.severity == diagnose::Severity::Error));
    insta::assert_snapshot!(loaded.render(&all, false), @r"
    error[missing-key]: `reason` is missing in this requirement that does not apply
     --> witnessmark.yaml:8:6
      |
    8 |   - {requirement: ccss-9.0:2.01.2.2}
      |      ^^^^^^^^^^^

    error[unknown-reference]: `ccss-9.0` has no requirement `2.01.2.9`
     --> witnessmark.yaml:6:19
      |
    6 |   - {requirement: ccss-9.0:2.01.2.9, reason: no contract on a chain is ours}
      |                   ^^^^^^^^^^^^^^^^^
      |
      = help: did you mean `2.01.2.1`?

    error[duplicate-id]: `ccss-9.0:2.01.2.1` is said not to apply a second time
     --> witnessmark.yaml:7:19
      |
    5 |   - {requirement: ccss-9.0:2.01.2.1, reason: no contract on a chain is ours}
      |                   ----------------- the first time
    6 |   - {requirement: ccss-9.0:2.01.2.9, reason: no contract on a chain is ours}
    7 |   - {requirement: ccss-9.0:2.01.2.1, reason: again}
      |                   ^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn its_schema_says_what_the_reader_does() {
    let schema = catalogue_schema();
    let published = include_str!("../../../../docs/spec/catalogue.schema.json");
    assert_eq!(serde_json::to_string_pretty(&schema).unwrap() + "\n", published, "write it anew: cargo xtask generate");
    let validator = validator_for(&schema).unwrap();
    let one = "standard: X\nversion: '1'\nrequirements: ";
    for (text, good) in [
        (HOUSE.to_owned(), true),
        (format!("{one}[{{id: a, demand: d}}]"), true),
        (format!("{one}[{{id: a, demand: d, reach: E}}]"), false),
        (format!("{one}[{{id: a, demand: d, methods: {{review: maybe}}}}]"), false),
        (format!("{one}[{{id: a, demand: d, methods: {{ask: expected}}}}]"), false),
        (format!("{one}[{{id: a, demand: d, level: one}}]"), false),
        (format!("{one}[{{id: a b, demand: d}}]"), false),
        (format!("{one}[{{id: a}}]"), false),
        (format!("{one}[{{id: 1.1, demand: d}}]"), false),
        ("standard: X\nrequirements: [{id: a, demand: d}]".to_owned(), false),
    ] {
        assert_eq!(Standard::parse("x.yaml", &text).is_ok(), good, "{text}");
        let json = diagnose::to_json(&text).unwrap();
        assert_eq!(validator.is_valid(&json), good, "{text}");
    }
}

/// Everything that is wrong, each at its place.
#[test]
fn a_bad_catalogue_is_shown_where_it_is_wrong() {
    let said = |text: &str| Standard::parse("catalogues/x.yaml", text).map_or_else(|e| e.to_string(), |s| s.id);
    assert_eq!(said("standard: X\nversion: '1'\nrequirements: [{id: '1', demand: d}]\n"), "x-1");
    insta::assert_snapshot!(said("standard: My Rules
version: 1
aspects: {A: People}
requirements:
  - {id: A1, aspect: A, demand: d, methods: {review: maybe}}
  - {id: A1, aspect: B, level: 0, demand: d, reach: E}
  - {id: 1.10, outcome: met}
"), @r#"
    not a catalogue of a standard:
    error[wrong-type]: expected a text, found the number `1`
     --> catalogues/x.yaml:2:10
      |
    2 | version: 1
      |          ^
      |
      = help: put it in quotes: "1"

    error[bad-value]: unknown word `maybe`
     --> catalogues/x.yaml:5:54
      |
    5 |   - {id: A1, aspect: A, demand: d, methods: {review: maybe}}
      |                                                      ^^^^^
      |
      = help: one of: `expected`, `optional`

    error[duplicate-id]: a second requirement with the id `A1`
     --> catalogues/x.yaml:6:10
      |
    5 |   - {id: A1, aspect: A, demand: d, methods: {review: maybe}}
      |          -- the first one
    6 |   - {id: A1, aspect: B, level: 0, demand: d, reach: E}
      |          ^^

    error[unknown-reference]: `aspects` has no `B`
     --> catalogues/x.yaml:6:22
      |
    6 |   - {id: A1, aspect: B, level: 0, demand: d, reach: E}
      |                      ^
      |
      = help: there are: `A`

    error[bad-value]: levels count from 1
     --> catalogues/x.yaml:6:32
      |
    6 |   - {id: A1, aspect: B, level: 0, demand: d, reach: E}
      |                                ^

    error[bad-value]: unknown word `E`
     --> catalogues/x.yaml:6:53
      |
    6 |   - {id: A1, aspect: B, level: 0, demand: d, reach: E}
      |                                                     ^
      |
      = help: one of: `A`, `B`, `C`, `D`

    error[missing-key]: `demand` is missing in this requirement
     --> catalogues/x.yaml:7:6
      |
    7 |   - {id: 1.10, outcome: met}
      |      ^^

    error[wrong-type]: expected a text, found the number `1.10`
     --> catalogues/x.yaml:7:10
      |
    7 |   - {id: 1.10, outcome: met}
      |          ^^^^
      |
      = help: put it in quotes: "1.10"

    error[unknown-key]: unknown key `outcome`
     --> catalogues/x.yaml:7:16
      |
    7 |   - {id: 1.10, outcome: met}
      |                ^^^^^^^
      |
      = help: known here: `id`, `demand`, `level`, `aspect`, `methods`, `inspect_condition`, `reach`, `reach_note`, `candidate_facts`
    "#);
    insta::assert_snapshot!(said("standard: X\nversion: '1'\nrequirements: []\n"), @r"
    not a catalogue of a standard:
    error[bad-value]: this catalogue has no requirement
     --> catalogues/x.yaml:1:1
      |
    1 | standard: X
      | ^^^^^^^^
    ");
    insta::assert_snapshot!(said("standard: X\nstandard: Y\n"), @r"
    not a catalogue of a standard:
    error[missing-key]: `version` is missing in this catalogue
     --> catalogues/x.yaml:1:1
      |
    1 | standard: X
      | ^^^^^^^^

    error[missing-key]: `requirements` is missing in this catalogue
     --> catalogues/x.yaml:1:1
      |
    1 | standard: X
      | ^^^^^^^^

    error[duplicate-key]: duplicate key `standard`
     --> catalogues/x.yaml:2:1
      |
    1 | standard: X
      | -------- first written here
    2 | standard: Y
      | ^^^^^^^^
    ");
    insta::assert_snapshot!(said(""), @r"
    not a catalogue of a standard:
    error[yaml]: empty document
     --> catalogues/x.yaml:1:1
      |
    1 |
      | ^
    ");
}

/// One that lies beside the declaration is shown among what is wrong with the declaration.
#[test]
fn an_own_catalogue_is_shown_with_the_declaration() {
    let text = "witnessmark: 1\nentity: N\nsystem: {id: s}\ncatalogues: [rules]\n";
    let mut loaded = load("x/witnessmark.yaml", &|_: &str| Ok(text.as_bytes().to_vec()));
    let [folder] = &loaded.catalogue_folders()[..] else { panic!("one folder") };
    assert_eq!((folder.path.as_str(), folder.shown.as_str()), ("rules", "x/rules"));
    let mut said = |bytes: &[u8]| {
        let faults = loaded.catalogue(folder.at, "x/rules/a.yaml", bytes).unwrap_err();
        loaded.render(&faults, false)
    };
    insta::assert_snapshot!(said(b"standard: X\nversion: '1'\nrequirements: [{id: a, demand: ''}]\n"), @r"
    error[bad-value]: the text is empty
     --> x/rules/a.yaml:3:32
      |
    3 | requirements: [{id: a, demand: ''}]
      |                                ^^
    ");
    insta::assert_snapshot!(said(b"standard: \xff\n"), @r"
    error[unreadable]: `x/rules/a.yaml` is not UTF-8
     --> x/witnessmark.yaml:4:14
      |
    4 | catalogues: [rules]
      |              ^^^^^
    ");
}
