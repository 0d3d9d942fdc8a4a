//! Embeds the catalogues of standards that are in `policies/catalogues`: a file added there is known to the next build.

#![expect(clippy::disallowed_methods, reason = "cargo speaks to a build script by variables, and takes what it writes")]
#![expect(clippy::panic, reason = "a build script stops the build by panicking with the reason")]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = manifest.join("../../policies/catalogues");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("policies/catalogues cannot be read: {e}"));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap_or_else(|e| panic!("policies/catalogues cannot be read: {e}")).path())
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .collect();
    files.sort();
    let mut table = String::from("[\n");
    for file in files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let absolute = fs::canonicalize(&file).unwrap_or_else(|e| panic!("{} cannot be read: {e}", file.display()));
        let _ = writeln!(table, "    ({name:?}, include_str!({:?})),", absolute.display().to_string());
    }
    table.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("catalogues.rs");
    fs::write(&out, table).unwrap_or_else(|e| panic!("{} cannot be written: {e}", out.display()));
}
