//! `deploy/`: the files there agree with each other, with the program's exit codes and with its command line.

#![expect(clippy::indexing_slicing, clippy::panic, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use workspace_tests::desk::{Answer, Desk};
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
        ["0", "1", "11", "2", "20", "21", "22", "23", "24", "25", "3"]
    );
    assert_eq!(exit_codes("docs/spec/verify-classes.md"), help);
}

#[test]
fn every_way_names_a_command_line_that_the_program_knows() {
    let help = Desk::bare().witnessmark(&["run", "--help"]).stdout;
    for path in ["deploy/systemd/witnessmark.service", "deploy/cron/witnessmark.cron", "deploy/kubernetes/cronjob.yaml"]
    {
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

/// What is due is counted in UTC: in local time a run would be skipped or made twice on the days on which the clocks change.
#[test]
fn every_schedule_is_in_utc() {
    let timer = read("deploy/systemd/witnessmark.timer");
    let calendar: Vec<&str> = timer.lines().filter(|line| line.starts_with("OnCalendar=")).collect();
    assert!(!calendar.is_empty() && calendar.iter().all(|line| line.ends_with(" UTC")), "{calendar:?}");
    let cron = read("deploy/cron/witnessmark.cron");
    let mut lines = cron.lines().filter(|line| !line.starts_with('#'));
    assert!(lines.any(|line| line == "CRON_TZ=UTC"), "the zone stands before what it is for");
    assert!(lines.any(|line| line.contains(" witnessmark cd ")));
    let job = read("deploy/kubernetes/cronjob.yaml");
    assert_eq!(job.matches("\n  timeZone: Etc/UTC\n").count(), job.matches("\n  schedule: ").count());
    assert_eq!(job.matches("kind: CronJob").count(), job.matches("\n  schedule: ").count());
    // A schedule of GitHub is in UTC unless it says otherwise.
    let workflow = read("deploy/github/witnessmark.yml");
    assert!(workflow.contains("- cron: ") && !workflow.contains("timezone"));
    let page = read("docs/operating.md");
    let table = page.split("## The days on which the clocks change").nth(1).unwrap_or_default();
    for who in ["| systemd", "| Kubernetes", "| cron", "| GitHub Actions"] {
        assert!(table.lines().any(|line| line.starts_with(who)), "{who}");
    }
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

/// The line of cron, as cron runs it: with `/bin/sh`, the variables of its file and few others.
#[test]
fn the_line_of_cron_makes_a_run_and_says_its_code() {
    let server = testkit::Server::http(fakes::aws::AwsFake::new(fakes::aws::World::new(fakes::aws::Size::SMALL)));
    let desk = Desk::new(&workspace_tests::desk::template("111122223333", "[eu-west-1]"));
    fs::write(desk.path("passphrase"), "correct horse battery\n").unwrap();
    fs::set_permissions(desk.path("passphrase"), fs::Permissions::from_mode(0o600)).unwrap();
    let here = desk.path("").display().to_string();
    let text = read("deploy/cron/witnessmark.cron")
        .replace("/usr/local/bin/witnessmark", &workspace_tests::desk::program("witnessmark").display().to_string())
        .replace("/var/lib/witnessmark", here.trim_end_matches('/'))
        .replace("/etc/witnessmark", here.trim_end_matches('/'));
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let [zone, mail, passphrase, line] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(*zone, "CRON_TZ=UTC");
    assert!(mail.starts_with("MAILTO="), "{mail}");
    // Five fields, the user, and a line in which cron reads no line feed.
    let fields: Vec<&str> = line.splitn(7, ' ').collect();
    assert_eq!((&fields[2..5], fields[5]), (&["*", "*", "*"][..], "witnessmark"));
    assert!(!line.contains('%'), "{line}");
    let (name, file) = passphrase.split_once('=').unwrap();
    let run = || {
        let mut command = std::process::Command::new("/bin/sh");
        let _ = command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("HOME", here.as_str()), (name, file)]);
        let _ = command.envs([("AWS_ENDPOINT_URL", server.url().as_str()), ("AWS_EC2_METADATA_DISABLED", "true")]);
        let _ = command.envs([
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "an example of a secret key"),
        ]);
        let answer = Answer::of(&command.args(["-c", fields[6]]).current_dir("/").output().unwrap());
        answer.stdout
    };
    for index in 0..2 {
        // The mail: what was found, and what it comes down to.
        let said = run();
        assert!(said.contains(&format!("\nSealed as bundle {index} in evidence; exit code 4.\n")), "{said}");
        assert!(said.ends_with("\nexit code 4\n"), "{said}");
    }
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("evidence/bundles/0.tar.zst"), mode("keys/last-head")), (0o600, 0o600));
    fs::write(desk.path("witnessmark.yaml"), "broken").unwrap();
    let text = fields[6].to_owned();
    let broken = std::process::Command::new("/bin/sh").args(["-c", &text]).output().unwrap();
    assert!(String::from_utf8_lossy(&broken.stdout).ends_with("exit code 2\n"), "{broken:?}");
}
