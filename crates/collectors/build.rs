//! Derives the registry from the folders under `collectors/`, and stops the build with the exact lines that are missing.
//!
//! Link-time registration alone does not do: a crate that nothing names is not linked.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by variables, and takes what it writes")]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    // Asked when it runs, not when it was compiled: a build folder may be shared by several checkouts.
    let here = PathBuf::from(needed("CARGO_MANIFEST_DIR")?);
    let folder = here.join("../../collectors");
    let manifest = fs::read_to_string(here.join("Cargo.toml"))?;
    println!("cargo::rerun-if-changed={}", folder.display());
    println!("cargo::rerun-if-changed=Cargo.toml");

    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();

    let mut code = String::from(
        "/// Every collector built into this program, by name.\n#[must_use]\npub fn all() -> Vec<Arc<dyn CollectorKind>> {\n    vec![\n",
    );
    for name in &names {
        let dependency = format!("collector-{name} = {{ workspace = true, optional = true }}");
        let feature = format!("{name} = [\"dep:collector-{name}\"]");
        for line in [&dependency, &feature] {
            if !manifest.lines().any(|l| l == line) {
                println!(
                    "cargo::error=collectors/{name} is not registered: add to crates/collectors/Cargo.toml the line `{line}`"
                );
            }
        }
        let krate = format!("collector_{}", name.replace('-', "_"));
        writeln!(code, "        #[cfg(feature = \"{name}\")]\n        Arc::new({krate}::{}),", camel(name))
            .map_err(io::Error::other)?;
    }
    code.push_str("    ]\n}\n");
    fs::write(Path::new(&needed("OUT_DIR")?).join("registry.rs"), code)
}

fn needed(name: &str) -> io::Result<OsString> {
    env::var_os(name).ok_or_else(|| io::Error::other(format!("{name} is set by cargo")))
}

/// `aws-kms` is `AwsKms` in Rust.
fn camel(name: &str) -> String {
    name.split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        })
        .collect()
}
