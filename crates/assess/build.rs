//! Embeds the stock checks and their libraries, and stops the build by name where one is not complete.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by variables, and takes what it writes")]
#![expect(clippy::panic, reason = "a build script stops the build by panicking with the reason")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let policies = manifest.join("../../policies");
    let mut texts = Vec::new();
    for folder in ["lib", "checks"] {
        println!("cargo::rerun-if-changed={}", policies.join(folder).display());
        find(&policies, Path::new(folder), &mut texts);
    }
    texts.sort();
    let mut table = String::from("[\n");
    for path in &texts {
        if path.ends_with("_test.rego") {
            continue;
        }
        let file = policies.join(path);
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("policies/{path} cannot be read: {e}"));
        if path.starts_with("checks/") {
            if !text.starts_with("# METADATA\n") {
                panic!("policies/{path} does not begin with a `# METADATA` block");
            }
            let test = path.replace(".rego", "_test.rego");
            if !texts.contains(&test) {
                panic!("policies/{path} has no tests: write policies/{test}");
            }
        }
        let absolute = fs::canonicalize(&file).unwrap_or(file);
        let _ = writeln!(table, "    ({path:?}, include_str!({:?})),", absolute.display().to_string());
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("stock.rs");
    fs::write(&out, table).unwrap_or_else(|e| panic!("{} cannot be written: {e}", out.display()));
}

/// Paths of Rego files under `folder`, relative to `root`, with `/`.
fn find(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if entry.path().is_dir() {
            find(root, &path, found);
        } else if path.extension().is_some_and(|e| e == "rego") {
            found.push(path.display().to_string().replace('\\', "/"));
        }
    }
}
