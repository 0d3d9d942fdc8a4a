//! Keys that an ssh-agent holds, OpenSSH's own: no passphrase lies anywhere, and what is sealed verifies like any other evidence.

#![expect(clippy::panic, clippy::unwrap_used, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fakes::aws::{AwsFake, Size, World};
use testkit::Server;
use workspace_tests::desk::{Answer, Desk, template};

/// An agent of this test alone, which ends with it.
pub struct Agent(Child);

impl Drop for Agent {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn ssh(desk: &Desk, program: &str, arguments: &[&str]) -> Answer {
    let command = Command::new(program)
        .args(arguments)
        .env("SSH_AUTH_SOCK", desk.path("agent"))
        .current_dir(desk.path(""))
        .stdin(Stdio::null())
        .output();
    Answer::of(&command.unwrap_or_else(|error| panic!("`{program}` (Debian: openssh-client): {error}")))
}

pub fn agent(desk: &mut Desk) -> Agent {
    let socket = desk.path("agent");
    let mut command = Command::new("ssh-agent");
    let child = command.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn();
    let agent = Agent(child.unwrap_or_else(|error| panic!("`ssh-agent` (Debian: openssh-client): {error}")));
    let began = Instant::now();
    while !socket.exists() {
        assert!(began.elapsed() < Duration::from_secs(20), "the agent made no socket");
        std::thread::sleep(Duration::from_millis(20));
    }
    desk.set("SSH_AUTH_SOCK", &socket.display().to_string());
    agent
}

/// A new key that the agent holds, and nobody else: by its name here.
pub fn held(desk: &Desk, name: &str, kind: &str) -> String {
    let made = ssh(desk, "ssh-keygen", &["-q", "-t", kind, "-N", "", "-C", name, "-f", name]);
    assert_eq!(made.code, 0, "{made:?}");
    assert_eq!(ssh(desk, "ssh-add", &["-q", name]).code, 0);
    fs::remove_file(desk.path(name)).unwrap();
    let listed = ssh(desk, "ssh-keygen", &["-l", "-E", "sha256", "-f", &format!("{name}.pub")]);
    format!("ssh-agent:{}", listed.stdout.split_whitespace().nth(1).unwrap())
}

/// A ledger whose keys an agent holds.
fn desk(server: &Server) -> (Desk, Agent) {
    let mut desk = Desk::bare();
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    desk.set("WITNESSMARK_PASSPHRASE", "");
    let agent = agent(&mut desk);
    let (collector, ledger) = (held(&desk, "collector", "ed25519"), held(&desk, "ledger", "ed25519"));
    fs::write(desk.path("witnessmark.yaml"), template("111122223333", "[eu-west-1]")).unwrap();
    let origin = ["--origin", "northbank.example/hot-wallet"];
    let made = desk.witnessmark(
        &[&["keys", "new", "--out", "keys", "--collector", &collector, "--ledger", &ledger], &origin[..]].concat(),
    );
    assert_eq!(made.code, 0, "{made:?}");
    let made = desk.witnessmark(&["ledger", "init", "--store", "evidence"]);
    assert_eq!(made.code, 0, "{made:?}");
    (desk, agent)
}

fn verified(desk: &Desk, index: u64) -> Answer {
    let (number, out) = (index.to_string(), format!("b{index}.tar"));
    let exported = desk.witnessmark(&["export", "--bundle", &number, "--out", &out]);
    assert_eq!(exported.code, 0, "{exported:?}");
    desk.verify(&[&out, "--trust", "keys/trust.json", "--allow-rehearsal"])
}

#[test]
fn an_agent_signs_runs_and_heads_and_stock_openssl_verifies_them() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let (desk, _agent) = desk(&server);
    for name in ["collector", "ledger"] {
        let file = desk.path(&format!("keys/{name}.key.pem"));
        assert!(fs::read_to_string(&file).unwrap().contains("\nssh-agent:SHA256:"));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    }
    let (_, sealed) = desk.seal();
    let accepted = verified(&desk, 0);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(accepted.stdout.contains("Accepted: "), "{accepted:?}");

    // The signature is plain Ed25519 over the envelope's bytes (DSSE), which openssl verifies with the public key in PEM.
    let statement: serde_json::Value = serde_json::from_slice(&sealed.files["statement.sigstore.json"]).unwrap();
    let envelope = &statement["dsseEnvelope"];
    let payload = STANDARD.decode(envelope["payload"].as_str().unwrap()).unwrap();
    let kind = envelope["payloadType"].as_str().unwrap();
    let signed = [format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).as_bytes(), &payload].concat();
    let signature = STANDARD.decode(envelope["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    fs::write(desk.path("signed"), signed).unwrap();
    fs::write(desk.path("signature"), signature).unwrap();
    let asked = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "keys/collector.pub.pem", "-in", "signed"];
    let mut openssl = Command::new("openssl");
    openssl.args(asked).args(["-sigfile", "signature"]).current_dir(desk.path(""));
    let openssl = Answer::of(&openssl.output().unwrap());
    assert_eq!(openssl.code, 0, "{openssl:?}");
}

#[test]
fn a_key_may_follow_one_that_is_held_otherwise() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let (mut desk, _agent) = desk(&server);
    let _ = desk.seal();
    let next = held(&desk, "next", "ed25519");
    let rotated = desk.witnessmark(&["keys", "rotate", "--to", &next]);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    assert!(fs::read_to_string(desk.path("keys/collector.key.pem")).unwrap().ends_with(&format!("{next}\n")));
    assert_eq!(desk.seal().1.index, 1);
    // And a file again, for which there has to be a passphrase.
    let nobody = desk.witnessmark(&["keys", "rotate"]);
    assert_eq!(nobody.code, 2, "{nobody:?}");
    desk.set("WITNESSMARK_PASSPHRASE", "correct horse battery");
    let rotated = desk.witnessmark(&["keys", "rotate"]);
    assert_eq!(rotated.code, 0, "{rotated:?}");
    assert_eq!(desk.seal().1.index, 2);
    for index in 0..3 {
        assert_eq!(verified(&desk, index).code, 0, "{index}");
    }
    // Only the file has a passphrase to change.
    fs::write(desk.path("another"), "another passphrase\n").unwrap();
    fs::set_permissions(desk.path("another"), fs::Permissions::from_mode(0o600)).unwrap();
    let changed = desk.witnessmark(&["keys", "passphrase", "--new-passphrase-file", "another"]);
    assert_eq!(changed.code, 0, "{changed:?}");
    assert!(changed.stdout.contains("ledger.key.pem names ssh-agent:SHA256:"), "{changed:?}");
    assert!(changed.stdout.contains("collector.key.pem has the new passphrase"), "{changed:?}");
}

#[test]
fn an_agent_that_does_not_sign_stops_the_run_and_says_whose_move_it_is() {
    let server = Server::http(AwsFake::new(World::new(Size::SMALL)));
    let (mut desk, agent) = desk(&server);
    let socket = desk.path("agent").display().to_string();
    let said = |desk: &Desk, words: &str| {
        let refused = desk.witnessmark(&["run", "--quiet"]);
        assert_eq!(refused.code, 2, "{refused:?}");
        assert!(refused.stderr.contains(words) && refused.stderr.contains("ssh-add -l"), "{refused:?}");
    };
    assert_eq!(ssh(&desk, "ssh-add", &["-q", "-d", "ledger.pub"]).code, 0);
    said(&desk, "does not hold it (keys that it holds: 1)");
    desk.set("SSH_AUTH_SOCK", "");
    said(&desk, "SSH_AUTH_SOCK is not set");
    desk.set("SSH_AUTH_SOCK", &socket);
    drop(agent);
    said(&desk, "cannot be reached");
    // Nothing was sealed, and nothing is in the way of the next one.
    let _agent = self::agent({
        fs::remove_file(desk.path("agent")).ok();
        &mut desk
    });
    let other = held(&desk, "other", "ecdsa");
    let refused = desk.witnessmark(&["keys", "approver", "--out", "approver.pem", "--held-by", &other]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("only plain Ed25519"), "{refused:?}");
    assert!(!desk.path("approver.pem").exists());
    let twice = held(&desk, "twice", "ed25519");
    let new = ["keys", "new", "--out", "twice-keys", "--origin", "northbank.example/other"];
    let refused = desk.witnessmark(&[&new[..], &["--collector", &twice, "--ledger", &twice]].concat());
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(!desk.path("twice-keys").exists(), "{refused:?}");
    let nothing = desk.witnessmark(&[&new[..], &["--collector", "somewhere"]].concat());
    assert!(nothing.code == 2 && nothing.stderr.contains("`somewhere` names no key"), "{nothing:?}");
}
