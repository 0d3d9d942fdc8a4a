//! The vectors in `tests/vectors/` are those the code makes, and the verifier says of each what is expected.

use std::fs;

use bundle::read::TarSource;
use bundle::trust::Trust;
use verify::{Demands, Unobserved};
use workspace_tests::{sealed::Book, vectors};

#[test]
fn each_gives_its_class() {
    let folder = workspace_tests::root().join("tests/vectors");
    let trust = Trust::parse(&fs::read(folder.join("trust.json")).unwrap()).unwrap();
    assert_eq!(trust, Book::new().trust());
    let demands = Demands::of_evidence(&trust);
    let all = vectors::all();
    assert!(all.len() >= 80);
    for vector in &all {
        let bytes = fs::read(folder.join(vector.name).with_extension("tar")).unwrap_or_default();
        assert!(
            bytes == vector.tar,
            "`{}` is not what the code makes: cargo run -p workspace-tests --example write_vectors",
            vector.name
        );
        let verdict = verify::verify(&mut TarSource::new(bytes.as_slice(), vector.name), &demands, &mut Unobserved);
        let problems = &verdict.report.problems;
        assert_eq!(problems.first().map(|problem| problem.class), vector.class, "{}: {problems:?}", vector.name);
        assert_eq!(verdict.report.level, vector.level, "{}", vector.name);
    }
    assert_eq!(fs::read_to_string(folder.join("expected.json")).unwrap(), vectors::expected(&all));
    assert_eq!(fs::read_to_string(folder.join("README.md")).unwrap(), vectors::README);
    // Each vector, trust.json, expected.json, README.md, and nothing that is left over.
    assert_eq!(fs::read_dir(&folder).unwrap().count(), all.len() + 3);
}

/// Every rule that the pages mark is broken by a vector, every vector breaks one that they mark, and no two have one name.
#[test]
fn every_rule_has_one() {
    let page = |name: &str| fs::read_to_string(workspace_tests::root().join("docs/spec").join(name)).unwrap();
    let (bundle, ledger) = (page("bundle.md"), page("ledger.md"));
    let marked: Vec<&str> = [vectors::labels(&bundle), vectors::labels(&ledger)].concat();
    let mut once = marked.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), marked.len(), "a label is used twice");
    let all = vectors::all();
    let broken: Vec<&str> = all.iter().map(|vector| vector.rule).filter(|rule| !rule.is_empty()).collect();
    let without: Vec<&&str> = marked.iter().filter(|label| !broken.contains(label)).collect();
    assert!(without.is_empty(), "no vector breaks {without:?}");
    let unmarked: Vec<&&str> = broken.iter().filter(|rule| !marked.contains(rule)).collect();
    assert!(unmarked.is_empty(), "no page marks {unmarked:?}");
    let mut names: Vec<&str> = all.iter().map(|vector| vector.name).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|a, b| a < b), "two vectors have one name");
}
