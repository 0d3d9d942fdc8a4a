//! What becomes of keys over the years: another one in the place of the collector's or an approver's, another passphrase, a ledger
//! that ends. What was sealed before verifies with the trust file of after.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use fakes::aws::{AwsFake, Size, World};
use testkit::Server;
use workspace_tests::desk::{Answer, Desk, template};

fn desk(server: &Server) -> Desk {
    let mut desk = Desk::new(&template("111122223333", "[eu-west-1]"));
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk
}

fn fake() -> Server {
    Server::http(AwsFake::new(World::new(Size::SMALL)))
}

/// Exports a bundle and verifies it with a trust file.
fn verified(desk: &Desk, index: u64, trust: &str) -> Answer {
    let (number, out) = (index.to_string(), format!("b{index}.tar"));
    if !desk.path(&out).exists() {
        let exported = desk.witnessmark(&["export", "--bundle", &number, "--out", &out]);
        assert_eq!(exported.code, 0, "{exported:?}");
    }
    desk.verify(&[
        &out,
        "--trust",
        trust,
        "--allow-rehearsal",
        "--last-seen",
        &format!("seen-{trust}").replace('/', "-"),
    ])
}

#[track_caller]
fn done(answer: &Answer, says: &[&str]) {
    assert_eq!(answer.code, 0, "{answer:?}");
    says.iter().for_each(|words| assert!(answer.stdout.contains(words), "`{words}` is not said: {answer:?}"));
}

#[test]
fn a_rotated_key_signs_the_next_bundle_and_the_old_one_none() {
    let server = fake();
    let desk = desk(&server);
    let _ = desk.seal();
    fs::copy(desk.path("keys/trust.json"), desk.path("before.json")).unwrap();
    let old = fs::read(desk.path("keys/collector.key.pem")).unwrap();

    let rotated = desk.witnessmark(&["keys", "rotate"]);
    done(&rotated, &["From bundle 1 on", "keys/trust.json", "auditor"]);
    let (_, second) = desk.seal();
    assert_eq!(second.index, 1);

    for index in [0, 1] {
        done(&verified(&desk, index, "keys/trust.json"), &["Accepted: "]);
    }
    // Whoever has the trust file of before learns that it is the trust file that is old, not that somebody forged.
    done(&verified(&desk, 0, "before.json"), &["Accepted: "]);
    let unknown = verified(&desk, 1, "before.json");
    assert_eq!(unknown.code, 21, "{unknown:?}");
    let said = unknown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("level-not-reached") && said.contains("which the trust file does not name"), "{said}");
    assert!(said.contains("ask the custodian, over a different channel"), "{said}");
    let audited = desk.verify(&["audit", "--trust", "keys/trust.json", "--last-seen", "seen", "evidence"]);
    // Rehearsals keep no schedule: what was due cannot be said.
    assert_eq!(audited.code, 21, "{audited:?}");
    assert!(audited.stdout.starts_with("Whole: 2 entries in one chain"), "{audited:?}");

    // The old key is gone from the folder; whoever kept a copy of it signs nothing any more.
    let new = fs::read(desk.path("keys/collector.key.pem")).unwrap();
    assert_ne!(old, new);
    assert_eq!(fs::metadata(desk.path("keys/collector.key.pem")).unwrap().permissions().mode() & 0o7777, 0o600);
    assert!(!desk.path("keys/collector.next.key.pem").exists());
    fs::write(desk.path("keys/collector.key.pem"), old).unwrap();
    let refused = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("in the role `run` at index"), "{refused:?}");
    fs::write(desk.path("keys/collector.key.pem"), new).unwrap();

    // Twice before the next bundle: the one in between signed nothing, and nothing is left of it.
    done(&desk.witnessmark(&["keys", "rotate"]), &["From bundle 2 on"]);
    done(&desk.witnessmark(&["keys", "rotate"]), &["From bundle 2 on"]);
    let trust: serde_json::Value = serde_json::from_slice(&fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    let ranges: Vec<String> = trust["keys"].as_array().unwrap().iter().map(|key| key["indices"].to_string()).collect();
    assert_eq!(ranges, ["[0,0]", "[1,1]", "[2,null]"]);
    assert_eq!(desk.seal().1.index, 2);
    for index in [0, 1, 2] {
        done(&verified(&desk, index, "keys/trust.json"), &["Accepted: "]);
    }
}

#[test]
fn an_interrupted_rotation_is_finished_or_forgotten() {
    let server = fake();
    let desk = desk(&server);
    let _ = desk.seal();
    let (key, next, trust) =
        (desk.path("keys/collector.key.pem"), desk.path("keys/collector.next.key.pem"), desk.path("keys/trust.json"));
    let (old_key, old_trust) = (fs::read(&key).unwrap(), fs::read(&trust).unwrap());
    done(&desk.witnessmark(&["keys", "rotate"]), &[]);

    // Killed before the new key took the old one's place.
    fs::rename(&key, &next).unwrap();
    fs::write(&key, &old_key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let refused = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("was interrupted") && refused.stderr.contains("keys rotate"), "{refused:?}");
    let new_trust = fs::read(&trust).unwrap();
    done(&desk.witnessmark(&["keys", "rotate"]), &["From bundle 1 on"]);
    assert!(!next.exists());
    assert_eq!(fs::read(&trust).unwrap(), new_trust, "the rotation that was begun, not another one");
    assert_eq!(desk.seal().1.index, 1);

    // Killed before the trust file named it: nobody knows that key, and runs go on with the one before.
    fs::rename(&key, &next).unwrap();
    fs::write(&key, &old_key).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&trust, &old_trust).unwrap();
    let other = Desk::new("");
    assert!(other.path("keys/trust.json").exists());
    let listed = desk.witnessmark(&["ledger", "log"]);
    done(&listed, &[]);
    let refused = desk.witnessmark(&["keys", "rotate"]);
    // Bundle 1 was signed by the key that this trust file does not name: it is not for us to say that it was right.
    done(&refused, &["From bundle 2 on"]);
    assert!(!next.exists());
}

#[test]
fn a_lost_key_of_the_collector_is_followed_by_another() {
    let server = fake();
    let desk = desk(&server);
    let _ = desk.seal();
    fs::remove_file(desk.path("keys/collector.key.pem")).unwrap();
    done(&desk.witnessmark(&["keys", "rotate"]), &["From bundle 1 on"]);
    assert_eq!(desk.seal().1.index, 1);
    for index in [0, 1] {
        done(&verified(&desk, index, "keys/trust.json"), &["Accepted: "]);
    }
}

#[test]
fn a_changed_passphrase_opens_the_same_keys() {
    let server = fake();
    let mut desk = desk(&server);
    let _ = desk.seal();
    fs::write(desk.path("new"), "battery staple\n").unwrap();
    fs::write(desk.path("wrong"), "not it\n").unwrap();
    for file in ["new", "wrong"] {
        fs::set_permissions(desk.path(file), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let before = fs::read(desk.path("keys/ledger.key.pem")).unwrap();
    let wrong = desk.witnessmark(&["keys", "passphrase", "--passphrase-file", "wrong", "--new-passphrase-file", "new"]);
    assert_eq!((wrong.code, fs::read(desk.path("keys/ledger.key.pem")).unwrap()), (2, before), "{wrong:?}");

    // As an interrupted change leaves them: one file has the new passphrase, the other does not.
    let one = ["keys", "passphrase", "--key", "keys/collector.key.pem", "--new-passphrase-file", "new"];
    done(&desk.witnessmark(&one), &["keys/collector.key.pem has the new passphrase"]);
    let all = desk.witnessmark(&["keys", "passphrase", "--new-passphrase-file", "new"]);
    done(&all, &["keys/collector.key.pem has", "keys/ledger.key.pem has"]);
    for name in ["keys/collector.key.pem", "keys/ledger.key.pem"] {
        assert_eq!(fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o7777, 0o600, "{name}");
    }
    let left: Vec<String> = fs::read_dir(desk.path("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");

    let refused = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(refused.code, 2, "the old passphrase opens nothing: {refused:?}");
    desk.set("WITNESSMARK_PASSPHRASE", "battery staple");
    assert_eq!(desk.seal().1.index, 1);
    for index in [0, 1] {
        done(&verified(&desk, index, "keys/trust.json"), &["Accepted: "]);
    }
}

#[test]
fn a_closed_ledger_takes_nothing_more_and_keeps_what_it_holds() {
    let server = fake();
    let desk = desk(&server);
    let nothing = desk.witnessmark(&["keys", "close", "--store", "evidence"]);
    assert_eq!(nothing.code, 2, "{nothing:?}");
    let _ = desk.seal();
    let _ = desk.seal();
    fs::copy(desk.path("keys/trust.json"), desk.path("before.json")).unwrap();
    // The passphrase is lost: none is asked for.
    let closed = desk
        .command(&workspace_tests::desk::program("witnessmark"))
        .env_remove("WITNESSMARK_PASSPHRASE")
        .args(["keys", "close", "--store", "evidence"])
        .output()
        .unwrap();
    done(&Answer::of(&closed), &["ends with bundle 1"]);
    for index in [0, 1] {
        done(&verified(&desk, index, "keys/trust.json"), &["Accepted: "]);
    }
    let refused = desk.witnessmark(&["run", "--quiet"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stderr.contains("at index 2") && refused.stderr.contains("keys close"), "{refused:?}");

    // What somebody with the ledger's key signs later is refused by whoever has the new trust file.
    fs::copy(desk.path("keys/trust.json"), desk.path("closed.json")).unwrap();
    fs::copy(desk.path("before.json"), desk.path("keys/trust.json")).unwrap();
    assert_eq!(desk.seal().1.index, 2);
    done(&verified(&desk, 2, "before.json"), &["Accepted: "]);
    let refused = verified(&desk, 2, "closed.json");
    assert_eq!(refused.code, 21, "{refused:?}");

    // The store is lost: what was seen last says where the ledger ends.
    fs::rename(desk.path("evidence"), desk.path("lost")).unwrap();
    done(&desk.witnessmark(&["keys", "close"]), &["ends with bundle 2"]);
}

/// Who collects evidence cannot approve what it says, and the other way round; nor can the ledger's key or a witness of what people saw.
#[test]
fn a_key_has_one_role() {
    let server = fake();
    let desk = desk(&server);
    done(&desk.witnessmark(&["keys", "approver", "--out", "ciso.pem"]), &[]);
    let before = fs::read_to_string(desk.path("keys/trust.json")).unwrap();
    let added = desk.witnessmark(&["keys", "trust", "--approver", "ciso.pem.pub"]);
    done(&added, &["\"approve\""]);

    for (file, says) in [
        ("keys/collector.pub.pem", "is named as run and as approve; a key has one role"),
        ("keys/ledger.pub.pem", "is the ledger's key and a signer's key"),
    ] {
        let refused = desk.witnessmark(&["keys", "trust", "--approver", file]);
        assert!(refused.code == 2 && refused.stdout.is_empty() && refused.stderr.contains(says), "{file}: {refused:?}");
        let holder = ["--holder", "Paul", "--as", "entity"];
        let refused = desk.witnessmark(&[&["keys", "trust", "--recorder", file], holder.as_slice()].concat());
        let says = says.replace("approve;", "record;");
        assert!(
            refused.code == 2 && refused.stdout.is_empty() && refused.stderr.contains(&says),
            "{file}: {refused:?}"
        );
    }
    // The same key in another file: without the lines around it, and in one line more.
    let pem = fs::read_to_string(desk.path("keys/collector.pub.pem")).unwrap();
    let body = pem.lines().nth(1).unwrap();
    let (one, two) = body.split_at(20);
    fs::write(desk.path("other.pem"), format!("{one}\r\n{two}\r\n")).unwrap();
    let refused = desk.witnessmark(&["keys", "trust", "--approver", "other.pem"]);
    assert!(refused.code == 2 && refused.stderr.contains("a key has one role"), "{refused:?}");

    // The approver's key does not take the collector's place, nor the collector's the approver's.
    fs::write(desk.path("keys/trust.json"), &added.stdout).unwrap();
    let _ = desk.seal();
    let kept = fs::read(desk.path("keys/trust.json")).unwrap();
    let refused = desk.witnessmark(&["keys", "rotate", "--approver", "ciso.pem.pub", "keys/collector.pub.pem"]);
    assert!(refused.code != 0 && refused.stderr.contains("a key has one role"), "{refused:?}");
    assert_eq!(fs::read(desk.path("keys/trust.json")).unwrap(), kept);

    // A trust file that was edited: nobody who reads it takes it, neither who seals nor who verifies.
    let mut trust: serde_json::Value = serde_json::from_str(&before).unwrap();
    let mut again = trust["keys"][0].clone();
    again["role"] = "approve".into();
    trust["keys"].as_array_mut().unwrap().push(again);
    done(&desk.witnessmark(&["export", "--bundle", "0", "--out", "b0.tar"]), &[]);
    fs::write(desk.path("keys/trust.json"), trust.to_string()).unwrap();
    for refused in [
        desk.witnessmark(&["run", "--quiet"]),
        desk.witnessmark(&["acceptances", "list"]),
        desk.verify(&["b0.tar", "--trust", "keys/trust.json", "--allow-rehearsal"]),
    ] {
        assert!(refused.code == 2 && refused.stderr.contains("a key has one role"), "{refused:?}");
    }
}
