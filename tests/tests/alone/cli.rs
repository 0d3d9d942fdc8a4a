//! The command lines as data: each error says what happened, where, and whose move it is; its exit code is the
//! documented one; and what was sealed before is untouched.

#![expect(clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use fakes::aws::{AwsFake, Size, World};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::desk::{Answer, Desk, program, template};

const ACCOUNT: &str = "111122223333";

fn declaration() -> String {
    template(ACCOUNT, "[eu-west-1]")
}

fn fake() -> Server {
    Server::http(AwsFake::new(World::new(Size::SMALL)))
}

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&declaration());
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

/// Holds an answer to its exit code and to what it has to say, in whichever stream.
#[track_caller]
fn expect(answer: &Answer, code: i32, says: &[&str]) {
    assert_eq!(answer.code, code, "{}\n{}", answer.stdout, answer.stderr);
    let said = format!("{}\n{}", answer.stdout, answer.stderr);
    for words in says {
        assert!(said.contains(words), "`{words}` is not said:\n{said}");
    }
    for noise in ["panicked", "RUST_BACKTRACE", "Os {", "kind:", "Error {"] {
        assert!(!said.contains(noise), "`{noise}` is nothing for a person:\n{said}");
    }
    // A cause is said once: not in the line before it and again by itself.
    for (line, next) in answer.stderr.lines().zip(answer.stderr.lines().skip(1)) {
        if let Some(cause) = next.strip_prefix("  because: ") {
            assert!(!line.ends_with(cause), "said twice: {}", answer.stderr);
        }
    }
}

/// Every file below a folder, but the lock, which names its last holder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|extension| extension != "lock") {
                found.insert(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_wrong_declaration_is_shown_where_it_is_wrong() {
    let desk = Desk::new(&declaration());
    expect(&desk.witnessmark(&["validate", "-d", "none.yaml"]), 2, &["cannot read `none.yaml`", "No such file"]);
    let good = declaration();
    for (from, to, says) in [
        ("targets:", "targtes:", &["witnessmark.yaml:", "targtes", "targets", "^"][..]),
        ("use: aws-iam/root-has-mfa", "use: aws-iam/root-has-mfaa", &["root-has-mfaa", "root-has-mfa", "^"]),
        ("aws-kms, aws-organizations", "aws-kmz, aws-organizations", &["aws-kmz", "aws-kms"]),
        ("account: \"111122223333\"", "account: \"11112222333\"", &["11112222333", "account"]),
        ("regions: [eu-west-1]", "regions: [Ireland]", &["Ireland", "^"]),
        ("regions: [eu-west-1]", "regions: []", &["setting of `aws-", "has less than 1 item", "^"]),
        ("regions: [eu-west-1]", "assume_role: witnessmark", &["`witnessmark` does not have the right form", "^"]),
        ("witnessmark: 1", "witnessmark: 2", &["witnessmark.yaml:"]),
        ("entity: Northbank", "entity: *nowhere\nx: Northbank", &["witnessmark.yaml:", "^"]),
    ] {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good, "`{from}` does not stand in the template");
        fs::write(desk.path("witnessmark.yaml"), text).unwrap();
        for command in [&["validate"][..], &["run"], &["preflight"], &["rights"]] {
            expect(&desk.witnessmark(command), 2, says);
        }
        let json = desk.witnessmark(&["validate", "--format", "json"]);
        assert_eq!((json.code, &json.json()["usable"]), (2, &false.into()));
    }
    assert!(!files(&desk.path("evidence")).keys().any(|name| name.contains("/bundles/")), "nothing was sealed");
}

#[test]
fn keys_that_cannot_be_used() {
    let server = fake();
    let mut desk = desk(&server);
    let run = ["run", "--quiet"];
    let key = desk.path("keys/collector.key.pem");

    set_mode(&key, 0o644);
    expect(&desk.witnessmark(&run), 2, &["keys/collector.key.pem", "0644", "help:", "chmod 600"]);
    set_mode(&key, 0o600);

    fs::rename(&key, desk.path("away")).unwrap();
    expect(&desk.witnessmark(&run), 2, &["cannot read the key file `keys/collector.key.pem`", "No such file", "help:"]);
    fs::create_dir(&key).unwrap();
    expect(&desk.witnessmark(&run), 2, &["keys/collector.key.pem", "regular file"]);
    fs::remove_dir(&key).unwrap();
    fs::write(&key, "not a key").unwrap();
    set_mode(&key, 0o600);
    expect(
        &desk.witnessmark(&run),
        2,
        &["keys/collector.key.pem", "neither an encrypted PKCS#8 key", "held elsewhere"],
    );
    fs::rename(desk.path("away"), &key).unwrap();

    expect(&desk.witnessmark(&["run", "--keys", "elsewhere"]), 2, &["no keys in `elsewhere`", "help:", "keys new"]);
    fs::write(desk.path("wrong"), "another passphrase\n").unwrap();
    set_mode(&desk.path("wrong"), 0o644);
    let says = ["passphrase file `wrong`", "0644", "help:", "chmod 600"];
    expect(&desk.witnessmark(&["run", "--passphrase-file", "wrong"]), 2, &says);
    set_mode(&desk.path("wrong"), 0o600);
    let wrong = desk.witnessmark(&["run", "--passphrase-file", "wrong"]);
    expect(&wrong, 2, &["passphrase does not open", "keys/collector.key.pem", "help:"]);
    assert!(!wrong.stderr.contains("another passphrase"));
    expect(&desk.witnessmark(&["run", "--passphrase-file", "none"]), 2, &["passphrase file `none`"]);

    // An existing folder of keys is never written to.
    let before = files(&desk.path("keys"));
    expect(
        &desk.witnessmark(&["keys", "new", "--out", "keys", "--origin", "northbank.example/hot-wallet"]),
        2,
        &["`keys` is not empty", "never overwritten"],
    );
    assert_eq!(before, files(&desk.path("keys")));

    // Keys of another ledger than the declared one.
    let made = desk.witnessmark(&["keys", "new", "--out", "other", "--origin", "other.example/ledger"]);
    expect(&made, 0, &["other.example/ledger"]);
    let says = ["northbank.example/hot-wallet", "other.example/ledger", "help:"];
    expect(&desk.witnessmark(&["run", "--keys", "other"]), 1, &says);
    let named = declaration().replacen("\ntargets:", "\nledger: {origin: northbank.example/hot-wallet}\ntargets:", 1);
    fs::write(desk.path("witnessmark.yaml"), named).unwrap();
    expect(&desk.witnessmark(&["run", "--keys", "other"]), 2, &says);

    // Nobody to ask.
    desk.set("WITNESSMARK_PASSPHRASE_FILE", "nowhere");
    expect(&desk.witnessmark(&run), 2, &["passphrase file `nowhere`"]);
}

#[test]
fn a_passphrase_is_asked_for_only_at_a_terminal() {
    let desk = Desk::new(&declaration());
    let mut command = desk.command(&program("witnessmark"));
    command.env_remove("WITNESSMARK_PASSPHRASE").args(["run"]).stdin(std::process::Stdio::null());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("no terminal") && said.contains("--passphrase-file"), "{said}");
}

#[test]
fn stores_that_cannot_be_used() {
    let server = fake();
    let desk = desk(&server);
    let run = |store: &str| desk.witnessmark(&["run", "--quiet", "--store", store]);

    expect(&run("nowhere"), 1, &["`", "nowhere` holds no ledger", "help:", "witnessmark ledger init --store"]);
    fs::create_dir(desk.path("folder")).unwrap();
    set_mode(&desk.path("folder"), 0o700);
    expect(&run("folder"), 1, &["folder` holds no ledger", "help:"]);
    fs::write(desk.path("folder/letter.txt"), "dear").unwrap();
    let init = desk.witnessmark(&["ledger", "init", "--store", "folder"]);
    expect(&init, 1, &["folder` is neither empty nor a store", "letter.txt", "help:"]);
    assert_eq!(fs::read_to_string(desk.path("folder/letter.txt")).unwrap(), "dear");

    // A ledger is begun once.
    let before = files(&desk.path("evidence"));
    expect(&desk.witnessmark(&["ledger", "init"]), 1, &["evidence", "help:"]);
    assert_eq!(before, files(&desk.path("evidence")));

    set_mode(&desk.path("evidence"), 0o755);
    expect(&run("evidence"), 1, &["evidence` can be read or written by other users", "0755", "help:", "chmod -R go="]);
    set_mode(&desk.path("evidence"), 0o700);

    // Somebody else's: another user's store where this runs as root, otherwise root's own folder.
    let me = fs::metadata(desk.path("evidence")).map(|found| std::os::unix::fs::MetadataExt::uid(&found)).unwrap();
    if me == 0 {
        std::os::unix::fs::chown(desk.path("evidence"), Some(12_345), None).unwrap();
        expect(&run("evidence"), 1, &["evidence` belongs to user 12345, not to user 0", "help:"]);
        std::os::unix::fs::chown(desk.path("evidence"), Some(0), None).unwrap();
    } else {
        expect(&run("/"), 1, &["`/` belongs to user 0", "help:"]);
    }
    assert_eq!(before, files(&desk.path("evidence")));
    for arguments in [&["show"][..], &["export", "--bundle", "0", "--out", "b.tar"]] {
        let answer = desk.witnessmark(arguments);
        assert!([1, 2].contains(&answer.code), "{answer:?}");
        assert!(answer.stderr.starts_with("error: "), "{answer:?}");
    }
    assert!(!desk.path("b.tar").exists());
}

#[test]
fn a_locked_ledger_names_who_holds_it() {
    let server = fake();
    let desk = desk(&server);
    let lock = desk.path("evidence/pending/ledger.lock");
    fs::write(&lock, "pid 4711 since 2026-11-20T12:00:00.000Z\n").unwrap();
    let held = fs::File::options().write(true).open(&lock).unwrap();
    held.lock().unwrap();
    let before = files(&desk.path("evidence/bundles"));
    expect(&desk.witnessmark(&["run", "--quiet"]), 1, &["locked by pid 4711", "help:", "wait for it to end"]);
    assert_eq!(before, files(&desk.path("evidence/bundles")));
    held.unlock().unwrap();
    let (_, sealed) = desk.seal();
    assert!(sealed.index <= 1, "the run that did not come to its turn is completed or recorded: {}", sealed.index);
}

#[test]
fn a_source_that_cannot_be_read_is_sealed_as_unread() {
    let account = AwsFake::new(World::new(Size::SMALL));
    let expired = Server::http(Faulty::new(account, vec![Rule::always("*", Fault::ExpiredToken)]));
    let mut world = World::new(Size::SMALL);
    world.account = "444455556666".to_owned();
    let another = Server::http(AwsFake::new(world));
    let mut nobody = desk(&another);
    nobody.set("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    for (name, desk, says) in [
        ("no credentials", Desk::new(&declaration()), &["redential"][..]),
        ("expired credentials", desk(&expired), &["xpired"]),
        ("another account", desk(&another), &[ACCOUNT, "444455556666"]),
        ("nobody listens", nobody, &["efused"]),
    ] {
        let answer = desk.witnessmark(&["run", "--quiet"]);
        assert_eq!(answer.code, 11, "{name}: {}{}", answer.stdout, answer.stderr);
        expect(&answer, 11, says);
        assert!(answer.stdout.contains("Sealed as bundle 0"), "{name}: {}", answer.stdout);
        let sealed = desk.witnessmark(&["show", "--format", "json"]).json();
        let controls = sealed["overview"]["controls"].as_array().unwrap();
        // What is declared can be judged without the source; nothing else can.
        let of_source = controls.iter().filter(|control| control["id"] != "declaration");
        assert!(
            of_source.clone().count() > 5 && of_source.clone().all(|one| one["outcome"] == "undetermined"),
            "{name}: {sealed}"
        );
    }
}

#[test]
fn a_region_that_does_not_exist_is_named() {
    let server = fake();
    let desk = desk(&server);
    fs::write(desk.path("witnessmark.yaml"), template(ACCOUNT, "[eu-wets-1]")).unwrap();
    let answer = desk.witnessmark(&["run", "--quiet"]);
    assert!([11, 12].contains(&answer.code), "{}{}", answer.stdout, answer.stderr);
    expect(&answer, answer.code, &["eu-wets-1"]);
}

/// In a file system of its own that is small: what is sealed stays, what is not says so, and room brings it back.
#[test]
fn a_full_disk_costs_nothing_that_was_sealed() {
    let server = fake();
    let desk = desk(&server);
    let script = r#"set -eu
mount -t tmpfs -o size=8m,mode=0700 none small
"$0" ledger init --store small/evidence --keys keys2 >&2
set +e
"$0" run --allow-rehearsal --quiet --store small/evidence --keys keys2 >/dev/null; echo "first $?"
dd if=/dev/zero of=small/filler bs=1k 2>/dev/null
sync
"$0" run --allow-rehearsal --quiet --store small/evidence --keys keys2; echo "full $?"
"$1" audit --trust keys2/trust.json --last-seen seen small/evidence >audit; echo "audit $?/$(head -n 1 audit | cut -c 1-6)"
rm small/filler
"$0" run --allow-rehearsal --quiet --store small/evidence --keys keys2 >/dev/null; echo "again $?"
"$1" audit --trust keys2/trust.json --last-seen seen small/evidence >audit; echo "audit $?/$(head -n 1 audit | cut -c 1-6)"
"#;
    fs::create_dir(desk.path("small")).unwrap();
    let made = desk.witnessmark(&["keys", "new", "--out", "keys2", "--origin", "northbank.example/hot-wallet"]);
    assert_eq!(made.code, 0, "{made:?}");
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script]).arg(program("witnessmark"));
    let inside = desk.command(&program("witnessmark"));
    command.arg(program("witnessmark-verify")).current_dir(desk.path(""));
    for (name, value) in inside.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let output = command.output().unwrap_or_else(|error| panic!("this test needs `unshare` (util-linux): {error}"));
    let (said, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        !err.contains("unshare failed"),
        "this test makes a file system: run it as root, or allow user namespaces: {err}"
    );
    let steps: Vec<&str> = said.lines().filter(|line| line.split(' ').count() == 2).collect();
    let [first, full, audit, again, after] = steps.as_slice() else { panic!("{said}\n{err}") };
    // Whole; that rehearsals are all there is leaves open what was due.
    assert_eq!((*audit, *after), ("audit 21/Whole:", "audit 21/Whole:"), "{said}\n{err}");
    assert_eq!(*full, "full 1", "{said}\n{err}");
    assert!(err.contains("the disk is full") && err.contains("make room"), "{err}");
    assert_eq!(first.split(' ').nth(1), again.split(' ').nth(1), "{said}\n{err}");
}

/// Each command of a program and its help.
fn helps(name: &str, path: &[&str], found: &mut Vec<(String, String)>) {
    let desk = Desk::bare();
    let mut arguments = path.to_vec();
    arguments.push("-h");
    let answer = if name == "witnessmark" { desk.witnessmark(&arguments) } else { desk.verify(&arguments) };
    assert_eq!(answer.code, 0, "{answer:?}");
    let commands = answer.stdout.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let commands: Vec<String> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|command| command != "help")
        .collect();
    found.push((format!("{name} {}", path.join(" ")), answer.stdout));
    for command in commands {
        let deeper: Vec<&str> = path.iter().copied().chain([command.as_str()]).collect();
        helps(name, &deeper, found);
    }
}

#[test]
fn no_command_option_or_argument_goes_without_a_word() {
    let mut found = Vec::new();
    helps("witnessmark", &[], &mut found);
    helps("witnessmark-verify", &[], &mut found);
    assert!(found.len() > 20, "{}", found.len());
    let mut silent = Vec::new();
    for (command, help) in &found {
        let first = help.lines().next().unwrap_or_default();
        if first.is_empty() || first.starts_with("Usage:") {
            silent.push(format!("`{command}` says nothing of itself"));
        }
        let lines: Vec<&str> = help.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let entry = line.trim_start();
            let indent = line.len() - entry.len();
            let is_entry = (2..=6).contains(&indent)
                && (entry.starts_with('-') || entry.starts_with('<') || entry.starts_with('['));
            if !is_entry {
                continue;
            }
            let same = entry.split_once("  ").map_or("", |(_, words)| words.trim());
            let next =
                lines.get(number + 1).map_or("", |next| if next.starts_with("          ") { next.trim() } else { "" });
            let words = if same.is_empty() { next } else { same };
            if words.is_empty() || words.starts_with('[') {
                silent.push(format!("`{command}`: {entry}"));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
}

/// Every command line that the help or a page names is one that the program has.
#[test]
fn what_is_named_exists() {
    let mut found = Vec::new();
    helps("witnessmark", &[], &mut found);
    helps("witnessmark-verify", &[], &mut found);
    let known: Vec<&str> = found.iter().map(|(command, _)| command.trim_end()).collect();
    let pages = [
        "README.md",
        "deploy/README.md",
        "docs/operating.md",
        "docs/auditor-guide.md",
        "docs/declaration.md",
        "docs/spec/declaration.md",
    ];
    let pages = pages.map(|page| (page.to_owned(), fs::read_to_string(workspace_tests::root().join(page)).unwrap()));
    let mut named = 0;
    for (place, text) in found.iter().chain(&pages) {
        for piece in text.split('`').skip(1).step_by(2).chain(text.lines()) {
            let mut words = piece.split_whitespace();
            let Some(program @ ("witnessmark" | "witnessmark-verify")) = words.next() else { continue };
            let is_word = |word: &&str| word.chars().all(|c| c.is_ascii_lowercase()) && word.len() > 2;
            let Some(command) = words.next().filter(is_word) else { continue };
            let whole = format!("{program} {command}");
            assert!(known.contains(&whole.as_str()), "`{place}` names `{whole}`, which does not exist");
            let groups = ["keys", "ledger", "acceptances", "collectors", "checks"];
            if let (true, Some(second)) = (groups.contains(&command), words.next().filter(is_word)) {
                let whole = format!("{whole} {second}");
                assert!(known.contains(&whole.as_str()), "`{place}` names `{whole}`, which does not exist");
            }
            named += 1;
        }
    }
    assert!(named > 30, "{named}");
}

#[test]
fn completions_show_no_child_of_the_program() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let answer = Desk::bare().witnessmark(&["completions", shell]);
        assert_eq!(answer.code, 0, "{answer:?}");
        assert!(answer.stdout.contains("acceptances"), "{shell}");
        for hidden in ["__collect", "__assess", "__replay"] {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let shown = answer.stdout.split(|c| !word(c)).any(|found| found == hidden);
            assert!(!shown, "{shell} shows `{hidden}`");
        }
    }
}

#[test]
fn a_ledger_is_named_by_a_person() {
    let desk = Desk::bare();
    let unnamed = desk.witnessmark(&["keys", "new", "--out", "keys"]);
    expect(&unnamed, 2, &["--origin <NAME>"]);
    let wrong = desk.witnessmark(&["keys", "new", "--out", "keys", "--origin", "north bank"]);
    expect(&wrong, 2, &["`north bank` is not a name for a ledger"]);
    assert!(!desk.path("keys").exists(), "no key is made for a name that cannot be used");
}

#[test]
fn a_store_is_named_in_one_way() {
    let server = fake();
    let desk = desk(&server);
    let _ = desk.seal();
    expect(
        &desk.witnessmark(&["show", "evidence"]),
        2,
        &["`evidence` is not a bundle but a store", "help:", "--store evidence"],
    );
    let both = desk.witnessmark(&["show", "evidence/bundles/0.tar.zst", "--bundle", "0"]);
    expect(&both, 2, &["cannot be used with"]);
    for arguments in [&["show"][..], &["show", "--bundle", "0"], &["show", "evidence/bundles/0.tar.zst"]] {
        expect(&desk.witnessmark(arguments), 0, &["bundle 0 of ledger northbank.example/hot-wallet"]);
    }
    expect(&desk.witnessmark(&["export", "--out", "newest.tar"]), 0, &["Wrote bundle 0"]);
}

#[test]
fn a_preflight_that_asks_nothing_does_not_look_like_a_good_one() {
    let desk = Desk::new(&declaration());
    let answer = desk.witnessmark(&["preflight", "--quiet"]);
    expect(
        &answer,
        3,
        &["nothing can be read:", "cannot be read at all, and nothing was asked about their permissions"],
    );
}

#[test]
fn a_tab_is_shown_where_it_stands() {
    let desk = Desk::new("witnessmark: 1\nsystem:\n\tid: hot-wallet\n");
    expect(
        &desk.witnessmark(&["validate"]),
        2,
        &["a tab in the indentation", "witnessmark.yaml:3:1", "indent with spaces"],
    );
}

#[test]
fn a_wrong_command_line_is_exit_2_and_writes_nothing_to_stdout() {
    let desk = Desk::new(&declaration());
    for arguments in
        [&["rnu"][..], &["run", "--sotre", "x"], &["show"], &["export"], &["export", "--bundle", "x", "--out", "y"]]
    {
        let answer = desk.witnessmark(arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
        assert!(answer.stderr.starts_with("error: "), "{answer:?}");
    }
    for arguments in [&["b.tar"][..], &[], &["b.tar", "--trust"], &["show", "b.tar", "--trust", "t", "--finding", "x"]]
    {
        let answer = desk.verify(arguments);
        assert_eq!((answer.code, answer.stdout.as_str()), (2, ""), "{answer:?}");
    }
    expect(&desk.verify(&["b.tar", "--trust", "none.json"]), 2, &["none.json"]);
    expect(&desk.verify(&["b.tar", "--trust", "keys/trust.json"]), 2, &["b.tar"]);
    fs::write(desk.path("b.tar"), "no tar at all").unwrap();
    expect(
        &desk.verify(&["b.tar", "--trust", "keys/trust.json"]),
        2,
        &["`b.tar` is not a bundle: it is neither a tar"],
    );
    expect(&desk.verify(&["evidence", "--trust", "keys/trust.json"]), 2, &["`evidence` is not a bundle but a store"]);
    expect(
        &desk.verify(&["keys", "--trust", "keys/trust.json"]),
        2,
        &["`keys` is not a bundle: it is a folder without"],
    );
    fs::write(desk.path("wrong.json"), "{}").unwrap();
    expect(&desk.verify(&["b.tar", "--trust", "wrong.json"]), 2, &["wrong.json"]);
}
