//! The units of `deploy/systemd`, as systemd itself reads them.
#![expect(clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::system;
use workspace_tests::desk::program;
use workspace_tests::root;

/// What `systemd-analyze verify` says of the units, with the program that was built in the place of the one that would be installed.
fn verified(change: impl Fn(String) -> String) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["witnessmark.service", "witnessmark.timer"] {
        let unit = fs::read_to_string(root().join("deploy/systemd").join(name)).expect("a unit");
        let here = unit.replace("/usr/local/bin/witnessmark", &program("witnessmark").display().to_string());
        fs::write(folder.path().join(name), change(here)).expect("a unit");
    }
    let unpacked = system("WITNESSMARK_TEST_SYSTEMD");
    let systemd = Path::new(&unpacked).join("root");
    let libraries = Path::new(&unpacked).join("lib");
    let answer = Command::new(systemd.join("usr/bin/systemd-analyze"))
        .args(["verify", "--man=no", "witnessmark.service", "witnessmark.timer"])
        .current_dir(folder.path())
        .env("LD_LIBRARY_PATH", format!("{}:{}", libraries.display(), libraries.join("systemd").display()))
        .env(
            "SYSTEMD_UNIT_PATH",
            format!("{}:{}", folder.path().display(), systemd.join("lib/systemd/system").display()),
        )
        .output()
        .expect("systemd-analyze");
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(answer.status.success() || !said.is_empty(), "{answer:?}");
    said
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    assert_eq!(verified(|unit| unit), "");
}

#[test]
fn systemd_would_say_what_is_wrong() {
    let said = verified(|unit| unit.replace("ProtectSystem=strict", "ProtectSystm=strict"));
    assert!(said.contains("Unknown key") && said.contains("ProtectSystm"), "{said}");
    let said = verified(|unit| unit.replace("User=witnessmark", "User=not a user"));
    assert!(!said.is_empty());
}
