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
    assert_eq!(help.keys().map(String::as_str).collect::<Vec<_>>(), ["0", "1", "2", "20", "21", "22"]);
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
