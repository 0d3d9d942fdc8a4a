//! Proofs and checkpoints against the reference implementations in Go (transparency-dev/merkle and
//! formats): every proof of small trees, in its good form and in each class of bad ones.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read real clocks, take their systems from the environment and write files for themselves alone"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Digest;
use witnessmark_ledger::{
    Checkpoint, CompactRange, LogKey, PublicKey, SignedCheckpoint, consistency_proof, inclusion_proof, leaf_hash,
    node_hash, verify_consistency, verify_inclusion,
};

fn oracle(args: &[&str], input: &str) -> Output {
    let program = std::env::var_os("WITNESSMARK_TEST_ORACLE")
        .expect("this test needs the Go oracle: `./scripts/test` builds it and sets WITNESSMARK_TEST_ORACLE");
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let feeder = std::thread::spawn(move || {
        // The oracle may stop reading when it refuses.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

const SIZE: u64 = 20;

fn entries() -> Vec<Vec<u8>> {
    (0..SIZE).map(|n| vec![b'e'; usize::try_from(n).unwrap()]).collect()
}

fn node(level: u32, index: u64) -> Result<Digest, ()> {
    if level == 0 {
        return Ok(leaf_hash(&entries()[usize::try_from(index).unwrap()]));
    }
    Ok(node_hash(&node(level - 1, index * 2)?, &node(level - 1, index * 2 + 1)?))
}

fn roots() -> Vec<Digest> {
    let mut range = CompactRange::new();
    let mut roots = vec![range.root()];
    for entry in entries() {
        range.append(leaf_hash(&entry));
        roots.push(range.root());
    }
    roots
}

/// The proof itself, and everything that is easily taken for it.
fn variants(proof: &[Digest], others: &[Digest]) -> Vec<Vec<Digest>> {
    let mut all = vec![proof.to_vec(), Vec::new()];
    let garbage = Digest::of(b"garbage");
    for extra in others.iter().chain(proof.first()).chain([&garbage]) {
        all.push([&[*extra], proof].concat());
        all.push([proof, &[*extra]].concat());
    }
    if !proof.is_empty() {
        all.push(proof[1..].to_vec());
        all.push(proof[..proof.len() - 1].to_vec());
        let mut reversed = proof.to_vec();
        reversed.reverse();
        all.push(reversed);
    }
    for at in 0..proof.len() {
        let mut changed = proof.to_vec();
        let mut bytes = *changed[at].as_bytes();
        bytes[0] ^= 1 << 4;
        changed[at] = Digest::from_bytes(bytes);
        all.push(changed);
    }
    all
}

fn hex(proof: &[Digest]) -> String {
    let hashes: Vec<String> = proof.iter().map(|hash| format!("\"{hash}\"")).collect();
    hashes.join(",")
}

/// Holds our verdicts against the oracle's.
fn compare(questions: &[(String, bool)]) -> usize {
    let input: String = questions.iter().map(|(line, _)| format!("{line}\n")).collect();
    let answers = text(oracle(&["proofs"], &input));
    // Some refusals go on over several lines.
    let answers: Vec<&str> = answers.lines().filter(|line| *line == "ok" || line.starts_with("refused:")).collect();
    assert_eq!(answers.len(), questions.len());
    for ((question, ours), answer) in questions.iter().zip(answers) {
        assert_eq!(*ours, answer == "ok", "{question}: {answer}");
    }
    questions.iter().filter(|(_, ours)| *ours).count()
}

#[test]
fn inclusion_proofs() {
    let roots = roots();
    let mut questions = Vec::new();
    for size in 1..=SIZE {
        let root = roots[usize::try_from(size).unwrap()];
        for index in 0..size {
            let leaf = node(0, index).unwrap();
            let proof = inclusion_proof(index, size, &mut node).unwrap().unwrap();
            let mut ask = |index: u64, size: u64, leaf: Digest, proof: &[Digest], root: Digest| {
                let ours = verify_inclusion(&leaf, index, size, proof, &root).is_ok();
                questions.push((
                    format!(
                        r#"{{"kind":"inclusion","index":{index},"size":{size},"leaf":"{leaf}","proof":[{}],"root":"{root}"}}"#,
                        hex(proof)
                    ),
                    ours,
                ));
            };
            for variant in variants(&proof, &[leaf, root]) {
                ask(index, size, leaf, &variant, root);
            }
            for other in [index.wrapping_sub(1), index + 1, index ^ 2, size, u64::MAX] {
                ask(other, size, leaf, &proof, root);
            }
            for other in [0, size - 1, size + 1, size * 2, size / 2, u64::MAX] {
                ask(index, other, leaf, &proof, root);
            }
            ask(index, size, root, &proof, leaf);
            ask(index, size, leaf, &proof, Digest::of(b"other"));
        }
    }
    let accepted = compare(&questions);
    assert!(accepted >= 210, "{accepted}");
}

#[test]
fn consistency_proofs() {
    let roots = roots();
    let root = |size: u64| roots[usize::try_from(size).unwrap()];
    let mut questions = Vec::new();
    for newer in 0..=SIZE {
        for older in 0..=newer {
            let proof = consistency_proof(older, newer, &mut node).unwrap().unwrap_or_default();
            let mut ask = |older: u64, older_root: Digest, newer: u64, newer_root: Digest, proof: &[Digest]| {
                let ours = verify_consistency(older, &older_root, newer, &newer_root, proof).is_ok();
                // The one difference: the reference takes the empty tree for a prefix of any tree,
                // whatever root is claimed for it; we refuse to call that proven.
                if older == 0 && newer > 0 {
                    assert!(!ours);
                    return;
                }
                questions.push((
                    format!(
                        r#"{{"kind":"consistency","size1":{older},"size":{newer},"root1":"{older_root}","root":"{newer_root}","proof":[{}]}}"#,
                        hex(proof)
                    ),
                    ours,
                ));
            };
            let (a, b) = (root(older), root(newer));
            for variant in variants(&proof, &[a, b]) {
                ask(older, a, newer, b, &variant);
            }
            for other in [older.wrapping_sub(1), older + 1, older ^ 2, u64::MAX] {
                ask(other, a, newer, b, &proof);
            }
            for other in [newer.wrapping_sub(1), newer + 1, newer * 2, newer / 2, u64::MAX] {
                ask(older, a, other, b, &proof);
            }
            ask(older, b, newer, a, &proof);
            ask(older, Digest::of(b"other"), newer, b, &proof);
            ask(older, a, newer, Digest::of(b"other"), &proof);
        }
    }
    let accepted = compare(&questions);
    assert!(accepted >= 210, "{accepted}");
}

#[test]
fn roots_of_growing_trees() {
    for (size, root) in roots().iter().enumerate() {
        let lines: String = entries()[..size].iter().map(|entry| "65".repeat(entry.len()) + "\n").collect();
        assert_eq!(text(oracle(&["root"], &lines)).trim(), root.to_string());
    }
}

#[test]
fn reads_checkpoints_of_the_reference() {
    let root = Digest::of(b"root");
    let made = text(oracle(&["make", "northbank.example/hot-wallet", "42", &root.to_string()], ""));
    let member = |name: &str| -> String {
        let (_, rest) = made.split_once(&format!("\"{name}\":\"")).unwrap();
        rest.split_once('"').unwrap().0.replace("\\n", "\n")
    };
    let vkey = member("vkey");
    let [name, id, key]: [&str; 3] = vkey.splitn(3, '+').collect::<Vec<_>>().try_into().unwrap();
    let key = STANDARD.decode(key).unwrap();
    let key = PublicKey::from_bytes(key[1..].try_into().unwrap());
    let key = LogKey::new(name, key).unwrap();
    assert_eq!(format!("{:08x}", u32::from_be_bytes(key.c2sp_key_id())), id);

    let signed = SignedCheckpoint::parse(&member("checkpoint")).unwrap();
    assert_eq!(signed.note().render(), member("checkpoint"));
    let found = signed.verify_c2sp(&key, |message, _| message == signed.note().text().as_bytes()).unwrap();
    assert_eq!(*found, Checkpoint { origin: name.to_owned(), size: 42, root });
}
