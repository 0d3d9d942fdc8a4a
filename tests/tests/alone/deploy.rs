//! `deploy/`: the files there agree with each other, with the program's exit codes and with its command line.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;

use workspace_tests::desk::Desk;
use workspace_tests::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("`{path}`: {error}"))
}

/// Code → meaning, out of the table whose header begins with `| code | meaning |`.
fn exit_codes(path: &str) -> BTreeMap<String, String> {
    let text = read(path);
    let rows = text.lines().skip_while(|line| !line.starts_with("| code | meaning |")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (cells[1].to_owned(), cells[2].to_owned())
        })
        .collect()
}

/// Code → meaning, out of a program's help.
fn exit_codes_of_help(help: &str) -> BTreeMap<String, String> {
    let mut codes: Vec<(String, String)> = Vec::new();
    for line in help.lines().skip_while(|line| *line != "Exit codes:").skip(1).take_while(|line| !line.is_empty()) {
        let words = line.trim();
        match (line.starts_with("      "), codes.last_mut()) {
            (true, Some((_, meaning))) => meaning.push_str(&format!(" {words}")),
            _ => codes.extend(words.split_once("  ").map(|(code, meaning)| (code.to_owned(), meaning.to_owned()))),
        }
    }
    codes.into_iter().collect()
}

#[test]
fn exit_codes_are_those_of_the_program() {
    let help = exit_codes_of_help(&Desk::bare().witnessmark(&["run", "--help"]).stdout);
    assert_eq!(help.keys().map(String::as_str).collect::<Vec<_>>(), ["0", "1", "10", "11", "12", "2", "3", "4"]);
    assert_eq!(exit_codes("README.md"), help);
    assert_eq!(exit_codes("deploy/README.md"), help);
    let help = exit_codes_of_help(&Desk::bare().verify(&["--help"]).stdout);
    assert_eq!(
        help.keys().map(String::as_str).collect::<Vec<_>>(),
        ["0", "1", "11", "2", "20", "21", "22", "23", "24"]
    );
    assert_eq!(exit_codes("docs/spec/verify-classes.md"), help);
}

#[test]
fn every_way_names_a_command_line_that_the_program_knows() {
    let help = Desk::bare().witnessmark(&["run", "--help"]).stdout;
    for path in [
        "deploy/systemd/witnessmark.service",
        "deploy/cron/witnessmark.cron",
        "deploy/github/witnessmark.yml",
        "deploy/kubernetes/cronjob.yaml",
    ] {
        let text = read(path);
        // One argument a line in a pod, one line elsewhere.
        let arguments: Vec<&str> = if path.contains("kubernetes") {
            let rest = text.split("args:").nth(1).unwrap().split("securityContext:").next().unwrap();
            rest.split_whitespace().filter(|word| word.starts_with("--")).collect()
        } else {
            let line = text.lines().find(|line| line.contains("witnessmark run ")).unwrap();
            line.split("witnessmark run ")
                .nth(1)
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .split_whitespace()
                .filter(|w| w.starts_with("--"))
                .collect()
        };
        for wanted in ["--declaration", "--store", "--keys"] {
            assert!(arguments.iter().any(|a| a.split('=').next() == Some(wanted)), "`{path}` does not say {wanted}");
        }
        for argument in arguments {
            let name = argument.split('=').next().unwrap();
            assert!(help.contains(name), "`{path}` says {argument}, which `run` does not know");
        }
    }
}

#[test]
fn the_cron_job_makes_one_run_and_no_second() {
    let text = read("deploy/kubernetes/cronjob.yaml");
    for line in [
        "concurrencyPolicy: Forbid",
        "backoffLimit: 0",
        "restartPolicy: Never",
        "runAsNonRoot: true",
        "readOnlyRootFilesystem: true",
        "allowPrivilegeEscalation: false",
        "drop: [ALL]",
        "accessModes: [ReadWriteOncePod]",
    ] {
        assert_eq!(text.lines().filter(|l| l.trim() == line).count(), 1, "{line}");
    }
    // The account and the pod: neither carries a token of the cluster, and nothing grants the account a right.
    assert_eq!(text.matches("automountServiceAccountToken: false").count(), 2);
    assert!(!text.contains("kind: ClusterRole"), "rights in the cluster that reading AWS does not use");
    let image = read("deploy/container/Containerfile");
    let user = text.lines().find_map(|l| l.trim().strip_prefix("runAsUser: ")).unwrap();
    assert!(image.contains(&format!("USER {user}:{user}")) && image.contains("\nFROM scratch\n"));
}

#[test]
fn the_service_can_write_its_state_and_nothing_else() {
    let unit = read("deploy/systemd/witnessmark.service");
    for line in [
        "Type=oneshot",
        "StateDirectory=witnessmark",
        "StateDirectoryMode=0700",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "CapabilityBoundingSet=",
        "UMask=0077",
        "LoadCredential=passphrase:/etc/witnessmark/passphrase",
    ] {
        assert!(unit.lines().any(|l| l == line), "{line}");
    }
    assert!(
        !unit.lines().any(|l| l.starts_with("Restart=")
            || l.starts_with("ReadWritePaths=")
            || l.starts_with("SuccessExitStatus="))
    );
    assert!(read("deploy/systemd/witnessmark.timer").lines().any(|l| l == "Persistent=yes"));
}

/// A collector that panics costs its own target (`agent::collect`): a program that is published must unwind for that.
#[test]
fn a_published_program_unwinds() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    for (name, profile) in manifest["profile"].as_table().unwrap() {
        assert_ne!(profile.get("panic").and_then(toml::Value::as_str), Some("abort"), "profile `{name}`");
    }
}

/// A run that is told to stop seals what it read: whoever stops it leaves it the time.
#[test]
fn whoever_stops_a_run_leaves_it_time() {
    let unit = read("deploy/systemd/witnessmark.service");
    for line in ["KillMode=mixed", "TimeoutStopSec=2min"] {
        assert!(unit.lines().any(|l| l == line), "{line}");
    }
    let job = read("deploy/kubernetes/cronjob.yaml");
    assert!(job.lines().any(|l| l.trim() == "terminationGracePeriodSeconds: 120"), "{job}");
}

/// The steps of the workflow, as the runner's shell runs them: after a run that seals nothing no page of an older one is made.
#[test]
fn the_workflow_shows_the_page_of_its_own_run() {
    let text = read("deploy/github/witnessmark.yml");
    let scripts: Vec<String> = text
        .split("        run: |\n")
        .skip(1)
        .map(|rest| {
            rest.lines()
                .take_while(|line| line.starts_with("          "))
                .map(|line| format!("{}\n", &line[10..]))
                .collect()
        })
        .collect();
    let [run, page] = scripts.as_slice() else { panic!("{scripts:?}") };
    assert_eq!(text.matches("if: ${{ !cancelled() && steps.run.outputs.index != '' }}").count(), 2, "page and upload");
    assert!(text.contains("id: run\n") && text.contains("INDEX: ${{ steps.run.outputs.index }}"), "{text}");

    let server = testkit::Server::http(fakes::aws::AwsFake::new(fakes::aws::World::new(fakes::aws::Size::SMALL)));
    let declaration = workspace_tests::desk::template("111122223333", "[eu-west-1]");
    let mut desk = Desk::new(&declaration);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let programs = workspace_tests::desk::program("witnessmark").parent().unwrap().display().to_string();
    let step = |script: &str, index: &str| {
        let script = script.replace("/var/lib/witnessmark", &desk.path("").display().to_string());
        fs::write(desk.path("output"), "").unwrap();
        let mut command = desk.command(std::path::Path::new("/bin/bash"));
        command.env("PATH", format!("{programs}:/usr/bin:/bin")).env("RUNNER_TEMP", desk.path("")).env("INDEX", index);
        command.env("GITHUB_STEP_SUMMARY", desk.path("summary")).env("GITHUB_OUTPUT", desk.path("output"));
        let output = command.args(["-ec", &script]).output().unwrap();
        (output.status.code(), fs::read_to_string(desk.path("output")).unwrap())
    };
    // A rehearsal here, which is a result as any other.
    assert_eq!(step(run, ""), (Some(4), "index=0\n".to_owned()));
    assert_eq!(step(page, "0").0, Some(0));
    fs::write(desk.path("witnessmark.yaml"), "broken").unwrap();
    assert_eq!(step(run, ""), (Some(2), String::new()), "nothing was sealed, so there is no page");
}
