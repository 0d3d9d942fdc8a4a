//! The units of `deploy/systemd`, as systemd itself reads them.
#![expect(clippy::expect_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::path::Path;
use std::process::Command;

use testkit::system;
use workspace_tests::desk::{Answer, program};
use workspace_tests::root;

/// What `systemd-analyze` answers about the units, with the program that was built in the place of the one that would be installed.
fn analyzed(arguments: &[&str], change: impl Fn(String) -> String) -> Answer {
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
        .args(arguments)
        .current_dir(folder.path())
        .env("LC_ALL", "C.UTF-8")
        // A place that changes its clocks, in the form that needs no table of them.
        .env("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        .env("LD_LIBRARY_PATH", format!("{}:{}", libraries.display(), libraries.join("systemd").display()))
        .env(
            "SYSTEMD_UNIT_PATH",
            format!("{}:{}", folder.path().display(), systemd.join("lib/systemd/system").display()),
        )
        .output()
        .expect("systemd-analyze");
    Answer::of(&answer)
}

/// What `systemd-analyze verify` says of the units.
fn verified(change: impl Fn(String) -> String) -> String {
    let answer = analyzed(&["verify", "--man=no", "witnessmark.service", "witnessmark.timer"], change);
    assert!(answer.code == 0 || !answer.stderr.is_empty(), "{answer:?}");
    answer.stderr
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

/// What deploy/README.md says of the service, in tenths of ten.
#[test]
fn the_service_is_as_closed_as_the_page_says() {
    let page = fs::read_to_string(root().join("deploy/README.md")).expect("the page");
    assert!(page.contains("rates the service 1.4 of 10"), "{page}");
    let rated = |most: &str, change: fn(String) -> String| {
        let arguments =
            ["security", "--offline=true", "--no-pager", &format!("--threshold={most}"), "witnessmark.service"];
        analyzed(&arguments, change)
    };
    let answer = rated("14", |unit| unit);
    assert!(answer.code == 0 && answer.stdout.contains("witnessmark.service: 1.4 "), "{answer:?}");
    assert_ne!(rated("13", |unit| unit).code, 0);
    assert_ne!(rated("14", |unit| unit.replace("ProtectSystem=strict\n", "")).code, 0);
}

/// A local time has a day without 02:30 in spring, and one with two in autumn; the timer has one run on each.
#[test]
fn the_timer_has_one_run_on_each_day_on_which_clocks_change() {
    let timer = fs::read_to_string(root().join("deploy/systemd/witnessmark.timer")).expect("the timer");
    let when = timer.lines().find_map(|line| line.strip_prefix("OnCalendar=")).expect("when");
    let moments = |when: &str, from: &str| -> Vec<String> {
        let base = format!("--base-time={from} 00:00:00 UTC");
        let answer = analyzed(&["calendar", &base, "--iterations=3", when], |unit| unit);
        assert_eq!(answer.code, 0, "{answer:?}");
        let said = answer.stdout.lines().filter_map(|line| line.trim().strip_prefix("(in UTC): "));
        said.map(str::to_owned).collect()
    };
    for (from, days) in [
        ("2026-03-28", ["Sat 2026-03-28", "Sun 2026-03-29", "Mon 2026-03-30"]),
        ("2026-10-24", ["Sat 2026-10-24", "Sun 2026-10-25", "Mon 2026-10-26"]),
    ] {
        assert_eq!(moments(when, from), days.map(|day| format!("{day} 03:17:00 UTC")));
    }
    // In the time of the place the same hour does not come on that day.
    assert_eq!(moments("*-*-* 02:30:00", "2026-03-28")[1], "Mon 2026-03-30 00:30:00 UTC");
}
