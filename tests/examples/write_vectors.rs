//! Writes `tests/vectors/`: the format's own vectors, their trust file and what a verifier must say of each.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(clippy::print_stdout, reason = "what it wrote is its answer")]

use std::fs;

use serde_json::json;
use workspace_tests::{sealed::Book, vectors};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = workspace_tests::root().join("tests/vectors");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let all = vectors::all();
    for vector in &all {
        fs::write(folder.join(vector.name).with_extension("tar"), &vector.tar)?;
    }
    fs::write(folder.join("trust.json"), Book::new().trust().render()?)?;
    fs::write(folder.join("expected.json"), vectors::expected(&all))?;
    fs::write(folder.join("README.md"), vectors::README)?;
    println!("{}", json!({"vectors": all.len()}));
    Ok(())
}
