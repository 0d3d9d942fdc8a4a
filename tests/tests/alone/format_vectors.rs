//! The vectors in `tests/vectors/` are those the code makes, and the verifier says of each what is expected.

use std::fs;

use bundle::read::TarSource;
use bundle::trust::Trust;
use verify::{Demands, Level, Unobserved};
use workspace_tests::{sealed::Book, vectors};

#[test]
fn each_gives_its_class() {
    let folder = workspace_tests::root().join("tests/vectors");
    let trust = Trust::parse(&fs::read(folder.join("trust.json")).unwrap()).unwrap();
    assert_eq!(trust, Book::new().trust());
    let demands = Demands {
        trust: &trust,
        require: Level::Position,
        allow_rehearsal: false,
        allow_failed: false,
        last_seen: None,
    };
    let all = vectors::all();
    assert!(all.len() > 40);
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
