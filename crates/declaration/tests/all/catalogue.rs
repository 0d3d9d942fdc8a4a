//! The catalogue of CCSS 9.0 that is shipped.

use std::collections::{BTreeMap, BTreeSet};

use witnessmark_declaration::Standard;

#[test]
fn ccss_9_0_is_whole() {
    let environment = crate::common::environment();
    let ccss = environment.standards.first().unwrap_or_else(|| panic!("no standard"));
    assert_eq!(ccss.id, "ccss-9.0");
    let mut by_level: BTreeMap<u32, usize> = BTreeMap::new();
    for requirement in &ccss.requirements {
        *by_level.entry(requirement.level).or_default() += 1;
        assert!(requirement.id.starts_with(&requirement.aspect), "{}", requirement.id);
        assert_eq!(
            requirement.methods.keys().map(String::as_str).collect::<Vec<_>>(),
            ["inspect", "interview", "observe", "review"],
            "{}",
            requirement.id
        );
        assert!(requirement.methods.values().all(|v| v == "expected" || v == "optional"), "{}", requirement.id);
    }
    assert_eq!(by_level, BTreeMap::from([(1, 30), (2, 18), (3, 11)]));
    let inspected =
        ccss.requirements.iter().filter(|r| r.methods.get("inspect").is_some_and(|v| v == "expected")).count();
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
fn a_broken_catalogue_is_refused_with_its_line() {
    let said = |text: &str| Standard::parse("x.yaml", text).map_or_else(|e| e.to_string(), |s| s.id);
    assert_eq!(said("standard: X\nversion: '1'\nrequirements: []\n"), "x-1");
    assert_eq!(
        said("standard: X\nstandard: Y\n"),
        "not a catalogue of a standard: x.yaml: line 2: duplicate key `standard`"
    );
    assert_eq!(
        said("standard: X\nrequirements: []\n"),
        "not a catalogue of a standard: x.yaml: missing field `version`"
    );
    let one = "{id: '1', aspect: '1', level: 1, demand: d, methods: {}, reach: A}";
    assert_eq!(
        said(&format!("standard: X\nversion: '1'\nrequirements: [{one}, {one}]\n")),
        "not a catalogue of a standard: x.yaml: requirement `1` is a duplicate"
    );
}
