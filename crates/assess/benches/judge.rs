//! What judging costs per check and subject, through the child process, with the shipped checks.
//!
//! `cargo bench -p witnessmark-assess` gives wall time; `… -- whole` judges 100,000 subjects once and prints processor time and peak memory of
//! both processes, for `docs/performance.md`; `… -- each` gives the processor time of each check alone. Started with `__assess` this program is the
//! child.

#![expect(clippy::disallowed_methods, reason = "it measures real time")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement, read by a person"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use criterion::{Criterion, Throughput};
use model::record::{Assignment, Coverage, Resource};
use model::{RecordRef, RecordType, Timestamp};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};
use witnessmark_assess::{Assessor, Case, CheckSet, Limits, Member, SubjectKind, WorkerCommand, worker_main};

static CHILD_PEAK: AtomicU64 = AtomicU64::new(0);

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|a| a == "__assess") {
        worker_main().unwrap();
    } else if arguments.iter().any(|a| a == "whole") {
        whole(100_000);
    } else if arguments.iter().any(|a| a == "each") {
        each(20_000);
    } else {
        let mut criterion = Criterion::default().configure_from_args();
        let members: Vec<Resource> = (0..1000).map(member).collect();
        let mut group = criterion.benchmark_group("assess");
        group.sample_size(20).throughput(Throughput::Elements(judgements(1000)));
        group.bench_function("1000 subjects", |b| {
            b.iter(|| black_box(judge(members.iter().cloned(), |_| true)));
        });
        group.finish();
    }
}

/// Half keys, half users, of the size that real ones have.
fn member(n: u64) -> Resource {
    let (kind, id, facts) = if n.is_multiple_of(2) {
        ("aws-kms/key", format!("arn:aws:kms:eu-west-1:111122223333:key/{n:08}"), key(n))
    } else {
        ("aws-iam/user", format!("arn:aws:iam::111122223333:user/u{n:08}"), user(n))
    };
    Resource {
        target: "prod".into(),
        collector: kind.split('/').next().unwrap_or_default().into(),
        population: kind.into(),
        kind: kind.into(),
        id,
        parts: BTreeMap::new(),
        facts,
    }
}

fn key(n: u64) -> Box<RawValue> {
    let principal = |account: &str, name: &str| json!({"type": "AWS", "form": "role", "value": format!("arn:aws:iam::{account}:role/{name}"), "account": account});
    let statement = |sid: &str, actions: &[&str], principals: serde_json::Value| {
        let lets_in: Vec<_> = principals
            .as_array()
            .into_iter()
            .flatten()
            .enumerate()
            .map(|(n, p)| json!({"principal": n, "sentence": format!("{} is let in", p["value"]), "unclear": [], "external_id": false,
                "bounds": [{"by": "the principal", "parties": [{"kind": "account", "names": [p["account"]]}]}]}))
            .collect();
        json!({"sid": sid, "effect": "Allow", "actions": actions, "resources": ["*"], "principals": principals, "conditions": [], "lets_in": lets_in})
    };
    let outside = if n.is_multiple_of(100) { "999999999999" } else { "111122223333" };
    to_raw_value(&json!({
        "arn": format!("arn:aws:kms:eu-west-1:111122223333:key/{n:08}"), "key_id": format!("{n:08}"), "region": "eu-west-1", "description": "signs",
        "manager": "CUSTOMER", "state": "Enabled", "enabled": true, "spec": "SYMMETRIC_DEFAULT", "usage": "ENCRYPT_DECRYPT", "algorithms": ["SYMMETRIC_DEFAULT"],
        "origin": "AWS_KMS", "creation_date": {"at": "2026-01-01T00:00:00.000Z", "epoch": 1_767_225_600}, "deletion_date": null, "valid_to": null,
        "expiration_model": null, "multi_region": null, "custom_key_store": null, "aliases": [format!("alias/k{n}")], "tags": {"team": "signing"},
        "policy": {"text": "{\"Version\":\"2012-10-17\",\"Statement\":[]}", "version": "2012-10-17", "statements": [
            statement("root", &["kms:*"], json!([{"type": "AWS", "form": "account", "value": "111122223333", "account": "111122223333"}])),
            statement("use", &["kms:decrypt", "kms:encrypt", "kms:generatedatakey*"], json!([principal("111122223333", "signer"), principal("111122223333", "backup")])),
            statement("grant", &["kms:creategrant", "kms:listgrants"], json!([principal(outside, "signer")])),
        ]},
        "grants": [{"id": "g", "name": null, "grantee": "arn:aws:iam::111122223333:role/signer", "grantee_form": "role", "grantee_service": null, "retiring": null, "retiring_form": null, "retiring_service": null,
            "issuing_account": "arn:aws:iam::111122223333:root", "operations": ["Decrypt"], "constraints": null, "creation_date": null}],
        "rotation": {"enabled": !n.is_multiple_of(10), "period_days": 365, "next": null, "on_demand_start": null}, "rotations": [],
    }))
    .unwrap()
}

fn user(n: u64) -> Box<RawValue> {
    let moment = |epoch: u64| json!({"at": "2026-01-01T00:00:00.000Z", "epoch": epoch});
    let now = 1_800_000_000;
    to_raw_value(&json!({
        "identity": {"arn": format!("arn:aws:iam::111122223333:user/u{n:08}"), "name": format!("u{n:08}"), "unique_id": "AIDAEXAMPLEEXAMPLE12", "path": "/", "created": moment(now - 90_000_000)},
        "groups": ["signers"], "inline_policies": [], "attached_policies": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess", "name": "ReadOnlyAccess"}],
        "permissions_boundary": {"exists": false}, "tags": [{"key": "team", "value": "signing"}],
        "login_profile": {"exists": n.is_multiple_of(3), "created": moment(now - 80_000_000), "password_reset_required": false},
        "mfa_devices": [{"serial": format!("arn:aws:iam::111122223333:mfa/u{n}"), "type": "virtual", "enabled": moment(now - 80_000_000)}],
        "access_keys": [{"id": "AKIAEXAMPLE", "active": true, "created": moment(now - 5_000_000)}],
        "access_key_use": [{"id": "AKIAEXAMPLE", "used": true, "last": moment(now - 86_400), "service": "kms", "region": "eu-west-1"}],
        "credential_report": {"generated": moment(now - 600), "created": moment(now - 90_000_000), "password_enabled": n.is_multiple_of(3),
            "password_last_used": {"used": true, "last": moment(now - 86_400)}, "password_last_changed": moment(now - 80_000_000), "mfa_active": true,
            "access_keys": [], "certificates": []},
    }))
    .unwrap()
}

fn assignments(checks: &CheckSet, wanted: impl Fn(&str) -> bool) -> Vec<(RecordRef, Assignment)> {
    checks
        .checks()
        .filter(|check| wanted(&check.id))
        .enumerate()
        .map(|(n, check)| {
            let parameters: BTreeMap<&String, &serde_json::Value> = check
                .meta
                .custom
                .parameters
                .iter()
                .filter_map(|(name, schema)| Some((name, schema.get("default")?)))
                .collect();
            let assignment = Assignment {
                control: "C-1".into(),
                check: check.id.clone(),
                targets: vec!["prod".into()],
                parameters: to_raw_value(&parameters).unwrap(),
                weaker: Vec::new(),
                expect: None,
                declared: to_raw_value(&json!({"targets": [{"id": "prod", "account": "111122223333"}]})).unwrap(),
                now: Timestamp::from_millis(1_800_000_000_000).unwrap(),
            };
            (RecordRef::new(RecordType::Assignment, n as u64), assignment)
        })
        .collect()
}

/// Pairs of check and subject among `subjects` subjects.
fn judgements(subjects: u64) -> u64 {
    let checks = CheckSet::stock().unwrap();
    let about =
        |kind: &str| checks.checks().filter(|c| c.meta.custom.subject == SubjectKind::Kind(kind.into())).count() as u64;
    subjects / 2 * (about("aws-kms/key") + about("aws-iam/user"))
}

fn judge(members: impl Iterator<Item = Resource>, wanted: impl Fn(&str) -> bool) -> u64 {
    let checks = CheckSet::stock().unwrap();
    let coverage = |kind: &str| Coverage {
        target: "prod".into(),
        collector: kind.split('/').next().unwrap_or_default().into(),
        population: kind.into(),
        calls: 1,
        pages: 1,
        items: 0,
        repeated: 0,
        complete: true,
        total: None,
    };
    let case = Case {
        assignments: assignments(&checks, wanted),
        coverage: ["aws-kms/key", "aws-iam/user"]
            .into_iter()
            .map(|k| (RecordRef::new(RecordType::Coverage, 0), coverage(k)))
            .collect(),
        gaps: Vec::new(),
        checks,
    };
    let command = WorkerCommand::of_program(std::env::current_exe().unwrap());
    let mut assessor = Assessor::new(command, Limits::default(), case).unwrap();
    let mut findings = 0;
    let mut sink = |finding| {
        black_box(&finding);
        findings += 1;
        Ok(())
    };
    for (n, member) in members.enumerate() {
        assessor.feed(RecordRef::new(RecordType::Resource, n as u64), Member::from(&member), &mut sink).unwrap();
    }
    note_child_peak();
    assessor.finish(&mut sink).unwrap();
    findings
}

fn whole(subjects: u64) {
    let before = (rusage("self"), rusage("children"));
    let members: Vec<Resource> = (0..1000).map(member).collect();
    let making = rusage("self").cpu_micros - before.0.cpu_micros;
    let started = Instant::now();
    // The same thousand again and again: making a hundred thousand would be measured with them.
    let findings = judge((0..subjects).map(|n| members[n as usize % members.len()].clone()), |_| true);
    let wall = started.elapsed();
    let own = rusage("self");
    let child = rusage("children");
    let pairs = judgements(subjects);
    let (here, there) = (own.cpu_micros - before.0.cpu_micros - making, child.cpu_micros - before.1.cpu_micros);
    println!("{subjects} subjects, {pairs} judgements, {findings} findings in {:.2} s", wall.as_secs_f64());
    println!(
        "processor: {:.2} s here, {:.2} s in the child = {:.2} µs per check and subject",
        here / 1e6,
        there / 1e6,
        (here + there) / pairs as f64
    );
    println!("peak memory: {} KiB here, {} KiB in the child", own.peak_kib, child.peak_kib);
}

fn each(subjects: u64) {
    let members: Vec<Resource> = (0..1000).map(member).collect();
    for check in CheckSet::stock().unwrap().checks() {
        let kind = check.meta.custom.subject.kind().unwrap_or_default();
        let of_kind: Vec<&Resource> = members.iter().filter(|m| m.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let before = (rusage("self").cpu_micros, rusage("children").cpu_micros);
        judge((0..subjects).map(|n| of_kind[n as usize % of_kind.len()].clone()), |id| id == check.id);
        let here = (rusage("self").cpu_micros - before.0) / subjects as f64;
        let there = (rusage("children").cpu_micros - before.1) / subjects as f64;
        println!("{:<40} {here:6.2} µs here {there:6.2} µs in the child", check.id);
    }
}

struct Usage {
    cpu_micros: f64,
    peak_kib: u64,
}

/// Of this process or of its ended children, as Linux' `/proc` tells.
fn rusage(who: &str) -> Usage {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<u64> =
        stat.rsplit(')').next().unwrap().split_whitespace().skip(11).take(4).map(|f| f.parse().unwrap()).collect();
    let (ticks, peak_kib) = match who {
        "self" => (fields[0] + fields[1], peak("self")),
        _ => (fields[2] + fields[3], CHILD_PEAK.load(Ordering::Relaxed)),
    };
    Usage { cpu_micros: ticks as f64 * 10_000.0, peak_kib }
}

fn peak(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The most memory that the child has used, asked for while it lives.
fn note_child_peak() {
    let own = std::process::id();
    let children = std::fs::read_to_string(format!("/proc/self/task/{own}/children")).unwrap();
    let most = children.split_whitespace().map(peak).max().unwrap_or(0);
    CHILD_PEAK.fetch_max(most, Ordering::Relaxed);
}
