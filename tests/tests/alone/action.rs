//! The Action of `deploy/github/action`: its script as it is, with the inputs that its manifest sets.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fakes::aws::{AwsFake, Size, World};
use serde_json::Value;
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Answer, Desk, program, template};
use workspace_tests::root;

const PASSPHRASE: &str = "correct horse battery";

fn manifest() -> String {
    fs::read_to_string(root().join("deploy/github/action/action.yml")).unwrap()
}

/// The members of a top-level block of the manifest, each with its lines.
fn block<'a>(text: &'a str, name: &str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut last = None;
    let head = format!("{name}:");
    for line in text.lines().skip_while(|line| *line != head).skip(1).take_while(|line| line.starts_with(' ')) {
        match (line.strip_prefix("    "), line.trim().strip_suffix(':')) {
            (Some(inner), _) => found.get_mut(last.unwrap()).unwrap().push(inner),
            (None, Some(name)) => {
                let _ = found.insert(name, Vec::new());
                last = Some(name);
            }
            (None, None) => panic!("{line}"),
        }
    }
    found
}

fn defaults() -> BTreeMap<String, String> {
    let text = manifest();
    let of = |(name, lines): (&str, Vec<&str>)| {
        let value = lines.iter().find_map(|line| line.strip_prefix("default: ")).unwrap_or_default();
        (name.to_owned(), value.trim_matches('"').to_owned())
    };
    block(&text, "inputs").into_iter().map(of).collect()
}

/// `INPUT_FAIL_ON` of the input `fail-on`.
fn variable(input: &str) -> String {
    format!("INPUT_{}", input.replace('-', "_").to_uppercase())
}

/// A job on a runner that keeps its disk.
struct Job {
    desk: Desk,
    faulty: Faulty,
    /// Its address is in the desk's variables.
    _server: Server,
}

#[derive(Debug)]
struct Ended {
    answer: Answer,
    outputs: BTreeMap<String, String>,
    summary: String,
}

impl Ended {
    fn names(&self) -> Vec<&str> {
        self.outputs.keys().map(String::as_str).collect()
    }
}

impl Job {
    fn new() -> Self {
        let faulty = Faulty::new(AwsFake::new(World::new(Size::SMALL)), Vec::new());
        let server = Server::http(faulty.clone());
        let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
        desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
        fs::create_dir(desk.path("temp")).unwrap();
        Self { desk, faulty, _server: server }
    }

    /// A program in the place of `witnessmark` that writes down its arguments; `rest` is what it does then.
    fn instead(&self, rest: &str) -> PathBuf {
        let path = self.desk.path("instead");
        let real = program("witnessmark").display().to_string();
        let text = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'{}'\nreal='{real}'\n{rest}\n",
            self.desk.path("argv").display()
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// The script as the manifest's first step starts it: `bash` as GitHub calls it, the inputs as variables.
    fn command(&self, program: &Path, inputs: &[(&str, &str)]) -> Command {
        for name in ["output", "summary"] {
            fs::write(self.desk.path(name), "").unwrap();
        }
        // A test that is started in the background ignores SIGINT, and so would a shell that begins so.
        let mut command = self.desk.command(Path::new("/usr/bin/env"));
        let _ = command.args(["--default-signal=INT,TERM", "/bin/bash"]);
        let mut values = defaults();
        for (name, value) in [("store", "evidence"), ("keys", "keys"), ("passphrase", PASSPHRASE)].iter().chain(inputs)
        {
            assert!(values.insert((*name).to_owned(), (*value).to_owned()).is_some(), "no input is called {name}");
        }
        let _ = values.insert("program".to_owned(), program.display().to_string());
        let _ = command.env("WITNESSMARK_PASSPHRASE", values.remove("passphrase").unwrap());
        for (name, value) in values {
            let _ = command.env(variable(&name), value);
        }
        let text = manifest();
        let line = text.lines().find_map(|line| line.trim().strip_prefix("run: ")).unwrap().to_owned();
        command
            .env("RUNNER_TEMP", self.desk.path("temp"))
            .env("GITHUB_OUTPUT", self.desk.path("output"))
            .env("GITHUB_STEP_SUMMARY", self.desk.path("summary"))
            .env("GITHUB_ACTION_PATH", root().join("deploy/github/action"))
            .args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &line]);
        command
    }

    fn ended(&self, answer: Answer) -> Ended {
        let read = |name: &str| fs::read_to_string(self.desk.path(name)).unwrap();
        let pair = |line: &str| line.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
        Ended { answer, outputs: read("output").lines().map(pair).collect(), summary: read("summary") }
    }

    fn run(&self, program: &Path, inputs: &[(&str, &str)]) -> Ended {
        self.ended(Answer::of(&self.command(program, inputs).output().unwrap()))
    }
}

#[test]
fn a_run_leaves_its_own_summary_page_and_findings() {
    let job = Job::new();
    let program = job.instead("exec \"$real\" \"$@\"");
    // A rehearsal here, which is a result as any other.
    let ended = job.run(&program, &[("sarif", "true")]);
    assert_eq!(ended.answer.code, 4, "{ended:?}");
    assert_eq!(ended.names(), ["code", "index", "page", "sarif"]);
    assert_eq!((ended.outputs["code"].as_str(), ended.outputs["index"].as_str()), ("4", "0"));
    assert!(
        ended.summary.starts_with("## Witnessmark: ") && ended.summary.contains("`bundle 0 of ledger "),
        "{ended:?}"
    );
    assert!(ended.summary.ends_with("\nBundle 0, exit code 4.\n"), "{ended:?}");
    assert!(fs::read_to_string(&ended.outputs["page"]).unwrap().starts_with("<!DOCTYPE html>"));
    let sarif: Value = serde_json::from_slice(&fs::read(&ended.outputs["sarif"]).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    for name in ["page", "sarif"] {
        let path = Path::new(&ended.outputs[name]);
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700, "{name}");
    }
    let argv = fs::read_to_string(job.desk.path("argv")).unwrap();
    assert!(argv.starts_with("run\n--quiet\n--declaration=witnessmark.yaml\n"), "{argv}");
    assert!(!argv.contains("horse"), "a passphrase is seen by everybody on the machine: {argv}");

    // The next job on the same disk: another bundle, other files, and only what was asked for.
    let next = job.run(&program, &[("allow-rehearsal", "true"), ("page", "false"), ("fail-on", "new")]);
    assert!([0, 3].contains(&next.answer.code), "{next:?}");
    assert_eq!(next.names(), ["code", "index"]);
    assert_eq!(next.outputs["index"], "1");
    assert!(next.summary.contains("`bundle 1 of ledger "), "{next:?}");
}

#[test]
fn no_line_that_is_printed_is_a_command_to_the_runner() {
    let job = Job::new();
    let hostile = job
        .instead("echo ::error::FORGED; echo '##[add-path]/tmp'; echo ::stop-commands::x >&2; exec \"$real\" \"$@\"");
    let mut words = BTreeSet::new();
    for index in ["0", "1"] {
        let ended = job.run(&hostile, &[]);
        assert_eq!(ended.outputs["index"], index, "{ended:?}");
        let lines: Vec<&str> = ended.answer.stdout.lines().collect();
        let word = lines.first().unwrap().strip_prefix("::stop-commands::").unwrap().to_owned();
        assert!(word.len() == 32 && lines.last().unwrap() == &format!("::{word}::"), "{ended:?}");
        assert_eq!(ended.answer.stdout.matches(&word).count(), 2, "nobody else says the word");
        assert!(lines.contains(&"::error::FORGED"), "it is shown, as text");
        assert!(words.insert(word), "one word for one run");
    }
}

#[test]
fn what_seals_nothing_shows_nothing_of_an_older_run() {
    let job = Job::new();
    let real = program("witnessmark");
    let first = job.run(&real, &[("sarif", "true")]);
    assert_eq!(first.names(), ["code", "index", "page", "sarif"]);
    let nothing = |program: &Path, inputs: &[(&str, &str)], code: i32| {
        let ended = job.run(program, inputs);
        assert_eq!(ended.answer.code, code, "{ended:?}");
        assert_eq!(ended.names(), ["code"], "{ended:?}");
        assert!(!ended.summary.contains("## Witnessmark") && ended.summary.contains("Witnessmark: "), "{ended:?}");
        ended
    };
    let said = nothing(&real, &[("declaration", "nowhere.yaml")], 2);
    assert!(said.summary.contains("exit code 2, and no bundle of this run"), "{said:?}");
    let _ = nothing(&real, &[("fail-on", "everything")], 2);
    let _ = nothing(&real, &[("sarif", "yes")], 2);
    let _ = nothing(&real, &[("passphrase", "wrong")], 2);
    let _ = nothing(&real, &[("passphrase", ""), ("passphrase-file", "nowhere")], 2);
    // Not even where the program says that all is well, or names more than one bundle.
    let _ = nothing(&job.instead("exit 0"), &[], 1);
    let two = job.instead("echo 'Sealed as bundle 0 in x; exit code 0.'; echo 'Sealed as bundle 1 in x; exit code 0.'");
    let _ = nothing(&two, &[], 1);

    // A page that cannot be made is not there, and is never a success. The bundle is named all the same.
    let broken = job.instead("[ \"$1\" = run ] || { echo half >\"${8#--out=}\"; exit 1; }\n\"$real\" \"$@\" >out; sed 's/exit code .*/exit code 0./' out");
    let ended = job.run(&broken, &[("sarif", "true")]);
    assert_eq!(ended.answer.code, 1, "{ended:?}");
    assert_eq!(ended.names(), ["code", "index"], "{ended:?}");
    assert!(ended.summary.contains("Not made of bundle 1: markdown html sarif."), "{ended:?}");
    assert!(!ended.summary.contains("half"), "{ended:?}");
}

/// A cancelled job: the runner tells the script, which tells the program, once.
#[test]
fn a_cancelled_run_seals_what_it_read() {
    for (signal, index) in [("INT", "0"), ("TERM", "1")] {
        let job = Job::new();
        if index == "1" {
            let _ = job.run(&program("witnessmark"), &[]);
        }
        job.faulty.set(vec![Rule::always("kms:DescribeKey", Fault::Never)]);
        let mut command = job.command(&program("witnessmark"), &[]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let read = || job.faulty.hits().iter().any(|hit| hit == "kms:DescribeKey");
        let waited = (0..12_000).any(|_| {
            std::thread::sleep(Duration::from_millis(10));
            read()
        });
        assert!(waited, "{signal}");
        for _ in 0..2 {
            let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
            assert!(sent.success());
        }
        let ended = job.ended(Answer::of(&child.wait_with_output().unwrap()));
        assert_eq!(ended.names(), ["code", "index", "page"], "{ended:?}");
        assert_eq!((ended.outputs["index"].as_str(), ended.answer.code), (index, 4), "{ended:?}");
        assert!(ended.summary.contains("was told to stop"), "{ended:?}");
    }
}

/// Inputs, variables and outputs of the manifest are those of the script, and no step takes a file that this run did not make.
#[test]
fn the_manifest_and_the_script_agree() {
    let text = manifest();
    let script = fs::read_to_string(root().join("deploy/github/action/run.sh")).unwrap();
    let (declarations, steps) = text.split_once("\nruns:\n").unwrap();
    let inputs = block(declarations, "inputs");
    let reads = |name: &str| {
        let whole = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        script.split(&variable(name)).skip(1).any(whole)
    };
    for name in inputs.keys() {
        let used = format!("${{{{ inputs.{name} }}}}");
        assert_eq!(steps.matches(&used).count(), 1, "{name}");
        let ours = steps.contains(&format!("{}: {used}\n", variable(name)));
        assert_eq!(reads(name), ours, "{name}");
    }
    assert_eq!(steps.matches("inputs.").count(), inputs.len(), "an input that is not declared");
    for (name, lines) in block(declarations, "outputs") {
        assert!(lines.contains(&format!("value: ${{{{ steps.run.outputs.{name} }}}}").as_str()), "{name}: {lines:?}");
        assert!(script.contains(&format!("output {name} ")), "{name}");
    }
    // Text of a script is never put together of inputs.
    assert!(!steps.lines().any(|line| line.trim().starts_with("run:") && line.contains("${{")), "{steps}");
    let uploads: Vec<&str> = steps.split("\n    - name: ").skip(2).collect();
    assert_eq!(uploads.len(), 2, "{uploads:?}");
    for (upload, of) in uploads.iter().zip(["page", "sarif"]) {
        let condition = format!("if: ${{{{ !cancelled() && steps.run.outputs.{of} != '' }}}}\n");
        assert!(
            upload.contains(&condition) && upload.contains(&format!(": ${{{{ steps.run.outputs.{of} }}}}\n")),
            "{upload}"
        );
    }
}
