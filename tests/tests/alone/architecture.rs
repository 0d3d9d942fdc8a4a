//! Holds the rules of the house that a compiler does not: who may know whom, what may come into the tree, where
//! dependencies are named, how large a file may be. It reads manifests, `cargo metadata`, `cargo tree` and the
//! files that git tracks; it builds nothing.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use workspace_tests::root;

/// Which workspace crate may know which. A crate that is not here may not exist; add it together with its reason.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("ledger", &["model"]),
    ("bundle", &["model", "ledger"]),
    ("verify", &["model", "ledger", "bundle", "conclude"]),
    // Signing and verifying do not depend on each other.
    ("sign", &["model", "ledger"]),
    ("store", &["model", "ledger"]),
    // A store far away. Whoever seals knows the trait only, and never compiles an SDK.
    ("bucket", &["store", "transport"]),
    // Texts of people, declared or shipped, want the same carets.
    ("diagnose", &["model"]),
    ("declaration", &["model", "diagnose"]),
    // Walks along what is declared; both programs show it.
    ("links", &["model", "diagnose", "declaration", "joins", "iam-policy"]),
    // Objects that follow from what is declared and all that was found: a verifier can compute them again.
    ("joins", &["model", "declaration", "iam-policy"]),
    // What follows from records, for whoever has them.
    ("conclude", &["model"]),
    // Two bundles as they are verified, held against each other: the auditor's program does it without a store.
    ("drift", &["model", "bundle", "verify", "conclude"]),
    // Earlier bundles, each verified before it is believed.
    ("history", &["model", "bundle", "verify", "store", "conclude", "drift"]),
    // What of its texts a verifier needs for marks has its interface there.
    ("assess", &["model", "diagnose", "conclude"]),
    ("sdk", &["model"]),
    ("transport", &["model", "sdk"]),
    // A parser of its own, so that it can be fuzzed without an SDK.
    ("iam-policy", &[]),
    ("aws", &["model", "sdk", "transport", "iam-policy"]),
    // What RBAC decides: computed by the collector, and again by whoever verifies.
    ("rbac", &[]),
    ("collectors/*", &["model", "sdk", "transport", "aws", "rbac"]),
    ("collectors", &["sdk", "collectors/*"]),
    // Runs what speaks its protocol; knows no collector.
    ("exec", &["model", "sdk"]),
    (
        "agent",
        &[
            "model",
            "ledger",
            "bundle",
            "verify",
            "sign",
            "store",
            "declaration",
            "joins",
            "conclude",
            "history",
            "assess",
            "sdk",
        ],
    ),
    (
        "report",
        &[
            "model",
            "ledger",
            "bundle",
            "verify",
            "diagnose",
            "declaration",
            "joins",
            "iam-policy",
            "links",
            "rbac",
            "drift",
        ],
    ),
    (
        "verifier",
        &[
            "model",
            "ledger",
            "bundle",
            "verify",
            "assess",
            "links",
            "report",
            "drift",
            // Derived objects are computed again.
            "declaration",
            "joins",
            "iam-policy",
            "rbac",
        ],
    ),
    // Only the command line joins the run loop with the collectors.
    (
        "cli",
        &[
            "model",
            "ledger",
            "bundle",
            "verify",
            "sign",
            "store",
            "bucket",
            "diagnose",
            "declaration",
            "links",
            "conclude",
            "history",
            "drift",
            "assess",
            "sdk",
            "transport",
            "agent",
            "report",
            "collectors",
            "exec",
            // It carries the recorded days of its demonstration.
            "demo",
        ],
    ),
    ("demo", &[]),
    // It knows no source; what sources are like stands in the fakes of them.
    ("testkit", &["sdk"]),
    ("fakes", &["testkit"]),
    // Generates what is derived from the others' types.
    ("xtask", &["model", "sdk", "declaration", "joins", "assess", "collectors", "exec", "cli", "verifier"]),
    // Measures the programs from outside, against the testkit's servers.
    ("bench", &["testkit", "fakes"]),
    ("tests", &["*"]),
];

/// Crates without network, run time, TLS or AWS in their tree, and what may therefore not be found there.
const PURE: &[&str] = &[
    "model",
    "ledger",
    "bundle",
    "verify",
    "diagnose",
    "declaration",
    "links",
    "joins",
    "conclude",
    "drift",
    "iam-policy",
    "rbac",
    "sdk",
    "verifier",
];
const IMPURE: &[&str] =
    &["tokio", "hyper", "rustls", "reqwest", "mio", "socket2", "async-std", "smol", "kube", "octocrab"];
const IMPURE_PREFIXES: &[&str] = &["aws-", "hyper-"];

/// Files past this have a second subject.
const MAX_LINES: usize = 800;

#[test]
fn crates_know_only_whom_they_may() {
    let table: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    let mut wrong = Vec::new();
    for member in members() {
        let Some(allowed) = table.get(member.place.as_str()) else {
            wrong.push(format!("`{}` has no line in MAY_KNOW", member.folder));
            continue;
        };
        for dependency in &member.dependencies {
            let may = allowed.contains(&"*") || allowed.contains(&dependency.place.as_str());
            // Any crate may use what is for tests in its own; a collector nothing else of ours.
            let for_tests = ["testkit", "fakes"].contains(&dependency.place.as_str());
            let in_tests = dependency.dev && (for_tests || member.place != "collectors/*");
            if !(may || in_tests) {
                wrong.push(format!("`{}` may not know `{}`", member.folder, dependency.place));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn folders_and_packages_have_one_name() {
    for member in members() {
        let expected = match member.folder.as_str() {
            "tests" => "workspace-tests".to_owned(),
            "crates/xtask" => "xtask".to_owned(),
            "crates/cli" => "witnessmark".to_owned(),
            folder => match folder.split_once('/') {
                Some(("collectors", name)) => format!("collector-{name}"),
                Some(("crates", name)) => format!("witnessmark-{name}"),
                _ => panic!("`{folder}` lies outside `crates` and `collectors`"),
            },
        };
        assert_eq!(member.package, expected, "package name of `{}`", member.folder);
    }
}

#[test]
fn pure_crates_reach_no_network() {
    for place in PURE {
        let package = members()
            .into_iter()
            .find(|m| m.folder == format!("crates/{place}"))
            .unwrap_or_else(|| panic!("no crate `{place}`"))
            .package;
        let found: Vec<String> = tree(&["-p", &package, "-e", "normal,build"])
            .into_iter()
            .filter(|name| IMPURE.contains(&name.as_str()) || IMPURE_PREFIXES.iter().any(|p| name.starts_with(p)))
            .collect();
        assert!(found.is_empty(), "`{place}` has in its tree: {found:?}");
    }
}

/// A standard is a catalogue file and the names that a declaration uses; no code knows one.
#[test]
fn no_code_knows_a_standard() {
    let shipped = declaration::Standard::shipped().expect("the shipped catalogues");
    let names: Vec<&str> = shipped.iter().filter_map(|standard| standard.id.split('-').next()).collect();
    let mut found = Vec::new();
    let mut looked = 0;
    for path in sources().into_iter().filter(|path| path.contains("/src/") && !path.starts_with("tests/")) {
        looked += 1;
        let text = read(&path).to_lowercase();
        found.extend(names.iter().filter(|name| text.contains(*name)).map(|name| format!("`{path}` names `{name}`")));
    }
    assert!(looked > 300, "{looked} sources");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn nothing_denied_is_in_the_tree() {
    let deny = toml_file("deny.toml");
    let tree: BTreeSet<String> = tree(&["--workspace", "-e", "normal,build,dev"]).into_iter().collect();
    assert!(tree.contains("rustls"), "`cargo tree` was not understood");
    for ban in deny["bans"]["deny"].as_array().expect("a list") {
        let name = ban["crate"].as_str().expect("a name");
        let reason = ban["reason"].as_str().expect("each ban has its reason");
        assert!(!tree.contains(name), "`{name}` is in the tree: {reason}");
    }
}

#[test]
fn licences_are_allowed() {
    let deny = toml_file("deny.toml");
    let allowed: BTreeSet<&str> =
        deny["licenses"]["allow"].as_array().expect("a list").iter().map(|l| l.as_str().expect("a name")).collect();
    let used: BTreeSet<String> = tree(&["--workspace", "-e", "normal,build,dev"]).into_iter().collect();
    let metadata = metadata(&[]);
    for package in metadata["packages"].as_array().expect("packages") {
        let name = package["name"].as_str().expect("a name");
        if !used.contains(name) || name == "witnessmark" {
            continue;
        }
        let Some(expression) = package["license"].as_str() else {
            panic!("`{name}` names no licence");
        };
        assert!(licence_allowed(expression, &allowed), "`{name}` has the licence `{expression}`");
    }
}

#[test]
fn dependencies_come_from_registry_or_workspace() {
    for package in metadata(&[])["packages"].as_array().expect("packages") {
        let source = package["source"].as_str().unwrap_or("");
        assert!(source.is_empty() || source.starts_with("registry+"), "`{}` comes from `{source}`", package["name"]);
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = read("Cargo.toml");
    let section =
        manifest.split("[workspace.dependencies]").nth(1).and_then(|rest| rest.split("\n[").next()).expect("a section");
    let unreasoned: Vec<&str> = section
        .lines()
        .filter(|line| line.contains('=') && !line.starts_with('#'))
        .filter(|line| line.split_once('#').is_none_or(|(_, reason)| reason.trim().len() < 3))
        .collect();
    assert!(unreasoned.is_empty(), "no reason beside: {unreasoned:#?}");
}

#[test]
fn members_inherit_versions_and_lints() {
    for member in members() {
        let path = format!("{}/Cargo.toml", member.folder);
        let manifest = toml_file(&path);
        assert_eq!(
            manifest.get("lints").and_then(|l| l.get("workspace")),
            Some(&toml::Value::Boolean(true)),
            "`{path}` does not inherit the lints"
        );
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = manifest.get(table).and_then(|t| t.as_table()) else {
                continue;
            };
            for (name, how) in dependencies {
                // A crate may use itself with another feature in its own tests.
                if how.get("path").and_then(|path| path.as_str()) == Some(".") {
                    continue;
                }
                assert_eq!(
                    how.get("workspace"),
                    Some(&toml::Value::Boolean(true)),
                    "`{name}` in `{path}` is not named in the workspace's manifest"
                );
            }
        }
    }
}

#[test]
fn each_collector_can_be_left_out_of_the_program() {
    let features = toml_file("crates/cli/Cargo.toml")["features"].as_table().expect("features").clone();
    let known: Vec<String> =
        members().into_iter().filter_map(|m| m.folder.strip_prefix("collectors/").map(str::to_owned)).collect();
    assert!(known.contains(&"github".to_owned()), "{known:?}");
    let list = |name: &str| {
        features[name].as_array().expect("a list").iter().map(|one| one.as_str().expect("a name").to_owned())
    };
    for name in &known {
        assert!(features.contains_key(name), "`crates/cli/Cargo.toml` has no feature `{name}`");
        assert_eq!(list(name).collect::<Vec<_>>(), [format!("collectors/{name}")], "feature `{name}`");
    }
    // The one that is no collector: stores in buckets.
    let all = known.into_iter().chain(["object-store".to_owned()]).collect();
    assert_eq!(list("default").collect::<BTreeSet<_>>(), all, "all are built in by default");
    assert_eq!(features.len(), list("default").count() + 1, "a feature without a collector");
    // What one collector needs alone is not in a program without it.
    let slim = tree(&["-p", "witnessmark", "--no-default-features", "--features", "github", "-e", "normal,build"]);
    let heavy: Vec<&String> =
        slim.iter().filter(|one| one.starts_with("aws-sdk") || ["kube", "cryptoki"].contains(&one.as_str())).collect();
    assert!(slim.iter().any(|one| one == "collector-github") && heavy.is_empty(), "{heavy:?}");
}

#[test]
fn files_have_one_subject() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|path| {
            let lines = read(&path).lines().count();
            (path, lines)
        })
        .filter(|(_, lines)| *lines > MAX_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "over {MAX_LINES} lines: {long:#?}");
}

#[test]
fn nothing_is_left_undone_or_hidden() {
    // Put together here, so that this file does not find itself.
    let words =
        [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["unimple", "mented!("].concat(), ["#[ig", "nore"].concat()];
    let mut found = Vec::new();
    for path in sources() {
        for (number, line) in read(&path).lines().enumerate() {
            if words.iter().any(|word| line.contains(word.as_str())) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_exception_has_its_reason() {
    let attributes = ["[exp", "[al"].map(|start| ["#", start].concat());
    for path in sources() {
        let text = read(&path);
        for attribute in &attributes {
            for (at, _) in text.match_indices(attribute) {
                let end = text[at..].find(")]").map_or(text.len(), |n| at + n);
                assert!(
                    text[at..end].contains("reason"),
                    "`{path}` has an exception without a reason: {}",
                    &text[at..end]
                );
            }
        }
    }
}

#[test]
fn no_tracked_file_names_a_machine() {
    let traces = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
        ["crates", ".io/api"].concat(),
        ["static.crates", ".io"].concat(),
        ["py", "pi.org"].concat(),
        ["registry.npm", "js.org"].concat(),
        ["proxy.gol", "ang.org"].concat(),
        ["deb.deb", "ian.org"].concat(),
    ];
    let mut found = Vec::new();
    for path in tracked() {
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else {
            continue; // not text: a vector, a picture
        };
        for (number, line) in text.lines().enumerate() {
            // `arn:aws:iam::…:user/root/` and the like are no paths.
            if traces.iter().any(|trace| names_path(line, trace)) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whether `trace` stands in the line at the start of a word; `framework/` and `x/root/` are other things.
fn names_path(line: &str, trace: &str) -> bool {
    line.match_indices(trace).any(|(at, _)| {
        !trace.starts_with('/')
            || line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && !"*}$_-./".contains(c))
    })
}

/// SPDX without parentheses nested deeper than one: every `AND` needs one allowed `OR`.
fn licence_allowed(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let plain = expression.replace(['(', ')'], " ").replace('/', " OR ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    words
        .split(|w| *w == "AND")
        .all(|conjunct| conjunct.split(|w| *w == "OR").any(|name| allowed.contains(name.join(" ").as_str())))
}

struct Member {
    /// Relative to the root.
    folder: String,
    /// As MAY_KNOW names it.
    place: String,
    package: String,
    dependencies: Vec<Dependency>,
}

struct Dependency {
    place: String,
    dev: bool,
}

fn members() -> Vec<Member> {
    let metadata = metadata(&["--no-deps"]);
    metadata["packages"]
        .as_array()
        .expect("packages")
        .iter()
        .map(|package| {
            let manifest = package["manifest_path"].as_str().expect("a path");
            let folder = relative(Path::new(manifest).parent().expect("a folder"));
            let dependencies = package["dependencies"]
                .as_array()
                .expect("dependencies")
                .iter()
                .filter_map(|dependency| {
                    let path = dependency["path"].as_str()?;
                    Some(Dependency { place: place(&relative(Path::new(path))), dev: dependency["kind"] == "dev" })
                })
                .collect();
            Member {
                place: place(&folder),
                folder,
                package: package["name"].as_str().expect("a name").to_owned(),
                dependencies,
            }
        })
        .collect()
}

fn place(folder: &str) -> String {
    match folder.split_once('/') {
        Some(("crates", name)) => name.to_owned(),
        Some(("collectors", _)) => "collectors/*".to_owned(),
        _ => folder.to_owned(),
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

fn metadata(arguments: &[&str]) -> Value {
    // Of this platform alone: the packages of others need not be there.
    let host = run("rustc", &["--print", "host-tuple"]);
    let text = run(
        env!("CARGO"),
        &[&["metadata", "--format-version", "1", "--locked"][..], &["--filter-platform", host.trim()][..], arguments]
            .concat(),
    );
    serde_json::from_str(&text).expect("`cargo metadata` prints JSON")
}

/// The names of all packages in a dependency tree.
fn tree(arguments: &[&str]) -> Vec<String> {
    run(env!("CARGO"), &[&["tree", "--locked", "--prefix", "none", "--format", "{p}"], arguments].concat())
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Files that git tracks or would track.
pub fn tracked() -> Vec<String> {
    run("git", &["ls-files", "--cached", "--others", "--exclude-standard"])
        .lines()
        .filter(|path| *path != "Cargo.lock" && root().join(path).is_file())
        .map(str::to_owned)
        .collect()
}

pub fn sources() -> Vec<String> {
    tracked().into_iter().filter(|path| path.ends_with(".rs")).collect()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root())
        .output()
        .unwrap_or_else(|error| panic!("`{program}`: {error}"));
    assert!(
        output.status.success(),
        "`{program} {}`: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

fn toml_file(path: &str) -> toml::Table {
    read(path).parse().unwrap_or_else(|error| panic!("`{path}`: {error}"))
}
