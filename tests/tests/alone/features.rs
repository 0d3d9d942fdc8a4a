//! Both programs judge alike: what decides the meaning of a pattern or a number is built with the same features into `witnessmark` and into
//! `witnessmark-verify`, also where one is built alone. Cargo unites features over whatever is built together, so that a difference shows in
//! no test that was built with the workspace. It reads `cargo tree` and builds nothing.

#![expect(clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use workspace_tests::root;

/// Crates whose features can change what a check answers.
const MEANING: [&str; 8] =
    ["regorus", "regex", "regex-automata", "regex-syntax", "aho-corasick", "globset", "semver", "serde_json"];

/// Features that change no answer: a name for others, and ways to the same match.
fn is_no_matter(feature: &str) -> bool {
    feature == "default" || feature.starts_with("perf") || feature.starts_with("dfa-")
}

/// The features of each of these crates in a program that is built alone.
fn features(program: &str) -> BTreeMap<String, BTreeSet<String>> {
    let arguments =
        ["tree", "--locked", "--offline", "-e", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}|{f}"];
    let output =
        Command::new(env!("CARGO")).args(arguments).args(["-p", program]).current_dir(root()).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines() {
        // `regex v1.13.1|std,unicode (*)`
        let (package, list) = line.split_once('|').expect("a package and its features");
        let name = package.split(' ').next().unwrap_or_default();
        if MEANING.contains(&name) {
            let list = list.trim_end_matches(" (*)").split(',').filter(|feature| !feature.is_empty());
            found.entry(name.to_owned()).or_default().extend(list.map(str::to_owned).filter(|f| !is_no_matter(f)));
        }
    }
    found
}

#[test]
fn both_programs_mean_the_same_by_patterns_and_numbers() {
    let (run, verify) = (features("witnessmark"), features("witnessmark-verifier"));
    assert_eq!(run.keys().map(String::as_str).collect::<BTreeSet<_>>(), MEANING.into_iter().collect());
    assert_eq!(run, verify);
    for name in ["regex", "regex-syntax", "regex-automata"] {
        let unicode = verify.get(name).is_some_and(|features| features.contains("unicode-perl"));
        assert!(unicode, "{name} knows no classes of Unicode: `\\d` would be an error");
    }
    let numbers = verify.get("serde_json").is_some_and(|features| features.contains("float_roundtrip"));
    assert!(numbers, "serde_json rounds fractions, and another build of it would not");
}

/// A verifier has no collector, and marks whatever is read by one that is not built in, or from elsewhere than from its source: so it has their names
/// and those of their sources.
#[test]
fn a_verifier_knows_the_collectors_that_are_built_in_and_the_names_of_their_sources() {
    type Names = (Vec<String>, Vec<(String, Vec<String>)>);
    let built_in: BTreeMap<String, Names> = collectors::all()
        .iter()
        .map(|kind| kind.descriptor())
        .map(|one| {
            let also = one.also.into_iter().map(|also| (also.operations, also.endpoints)).collect();
            (one.name, (one.endpoints, also))
        })
        .collect();
    let known: BTreeMap<String, Names> = conclude::SOURCES
        .iter()
        .map(|source| {
            let also = source.also().into_iter().map(|(begins, names)| (begins.to_owned(), names)).collect();
            (source.name.to_owned(), (source.endpoints(), also))
        })
        .collect();
    assert_eq!(known, built_in);
}
