//! Ledgers in object stores: MinIO, and moto as a second implementation that knows the conditions and checks no signatures. What is
//! asked there is disturbed on its way; what came of it is verified from an export by the auditor's program.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use fakes::aws::{AwsFake, AwsWording, Size, World};
use fakes::emulators;
use serde_json::Value;
use testkit::{Delivery, Emulator, Handler, Proxy, Reply, Request, Server, Wording, system};
use workspace_tests::desk::{Answer, Desk, program, template};
use workspace_tests::procedures::{followed, procedures};

const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
const SECRET: &str = "an example of a secret key";
const ORIGIN: &str = "northbank.example/hot-wallet";

/// What becomes of a request that writes.
#[derive(Clone, Debug)]
enum What {
    /// It is done, and nobody is told.
    Lost,
    /// It is done, and the answer is another one.
    DoneBut(u16, &'static str),
    /// It is not done.
    Not(u16, &'static str),
    /// It is done, and then the program is killed that asked.
    Kill(u32),
    /// A header of every request gets lost: the store does not know it.
    Without(&'static str),
    /// What is asked about Object Lock has another answer, and whether there is one stays unknown.
    Lock(u16, &'static str),
}

/// Which requests are disturbed, counted from 0, and how.
#[derive(Clone, Debug)]
struct Plan {
    from: usize,
    times: usize,
    what: What,
}

/// Stands before an object store. Requests that write are counted.
struct Disturbed {
    inner: Proxy,
    plan: Mutex<Plan>,
    writes: AtomicUsize,
}

impl Disturbed {
    fn before(store: &Emulator, from: usize, times: usize, what: What) -> Arc<Self> {
        let plan = Mutex::new(Plan { from, times, what });
        Arc::new(Self { inner: Proxy::to(store.url(), &AwsWording), plan, writes: AtomicUsize::new(0) })
    }

    /// Counts from 0 again, and disturbs one request.
    fn next(&self, from: usize, what: What) {
        *self.plan.lock().unwrap() = Plan { from, times: 1, what };
        self.writes.store(0, Ordering::SeqCst);
    }

    fn writes(&self) -> usize {
        self.writes.load(Ordering::SeqCst)
    }
}

fn refusal(status: u16, code: &str) -> Reply {
    let text = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>made by a test</Message></Error>");
    Reply::new(status, "application/xml", text)
}

#[async_trait]
impl Handler for Disturbed {
    async fn answer(&self, request: &Request) -> Reply {
        let Plan { from, times, what } = self.plan.lock().unwrap().clone();
        if let What::Without(header) = what {
            let mut request = request.clone();
            request.headers.remove(header);
            return self.inner.answer(&request).await;
        }
        if let What::Lock(status, code) = what {
            return match request.path.contains("?object-lock") {
                true => refusal(status, code),
                false => self.inner.answer(request).await,
            };
        }
        if ["GET", "HEAD"].contains(&request.method.as_str()) {
            return self.inner.answer(request).await;
        }
        let number = self.writes.fetch_add(1, Ordering::SeqCst);
        // Nothing is deleted on a condition.
        let about_conditions = matches!(what, What::DoneBut(412, _) | What::Not(409, _));
        if number < from || number >= from + times || (about_conditions && request.method == "DELETE") {
            return self.inner.answer(request).await;
        }
        if let What::Not(status, code) = what {
            return refusal(status, code);
        }
        let reply = self.inner.answer(request).await;
        match what {
            What::DoneBut(status, code) => refusal(status, code),
            What::Kill(pid) => {
                Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
                reply.delivered(Delivery::Reset)
            }
            _ => reply.delivered(Delivery::Reset),
        }
    }

    fn wording(&self) -> &dyn Wording {
        &AwsWording
    }
}

fn source() -> Server {
    Server::http(AwsFake::new(World::new(Size::SMALL)))
}

/// A desk with keys and no ledger.
fn desk(source: &Server) -> Desk {
    let mut desk = Desk::bare();
    fs::write(desk.path("witnessmark.yaml"), template("111122223333", "[eu-west-1]")).unwrap();
    ended(&desk.witnessmark(&["keys", "new", "--out", "keys", "--origin", ORIGIN]), 0);
    desk.aws(&source.url(), KEY, SECRET);
    desk
}

/// The same keys and declaration on another machine.
fn another(of: &Desk, source: &Server) -> Desk {
    let mut desk = Desk::bare();
    fs::create_dir(desk.path("keys")).unwrap();
    for entry in fs::read_dir(of.path("keys")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, desk.path("keys").join(path.file_name().unwrap())).unwrap();
    }
    fs::copy(of.path("witnessmark.yaml"), desk.path("witnessmark.yaml")).unwrap();
    desk.aws(&source.url(), KEY, SECRET);
    desk
}

#[track_caller]
fn ended(answer: &Answer, code: i32) {
    assert_eq!(answer.code, code, "{}\n{}", answer.stdout, answer.stderr);
}

fn buckets(store: &Emulator, arguments: &[&str]) -> String {
    let output = Command::new(system("WITNESSMARK_TEST_MOTO_PYTHON"))
        .arg(workspace_tests::root().join("testenv/buckets.py"))
        .args([store.url(), KEY, SECRET])
        .args(arguments)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn location(bucket: &str, endpoint: &str) -> String {
    format!("s3://{bucket}/hot-wallet?endpoint={endpoint}")
}

fn run(desk: &Desk, store: &str) -> Answer {
    desk.witnessmark(&["run", "--quiet", "--format", "json", "--store", store])
}

fn log(desk: &Desk, store: &str) -> Vec<Value> {
    let answer = desk.witnessmark(&["ledger", "log", "--store", store, "--format", "json"]);
    ended(&answer, 0);
    answer.json()["bundles"].as_array().unwrap().clone()
}

/// The ledger as the auditor's program sees it: one chain of so many bundles, and the newest one accepted.
#[track_caller]
fn whole(desk: &Desk, store: &str, size: usize) {
    assert_eq!(log(desk, store).len(), size);
    let out = format!("export-{size}.tar");
    fs::remove_file(desk.path(&out)).ok();
    let index = (size - 1).to_string();
    ended(&desk.witnessmark(&["export", "--store", store, "--bundle", &index, "--with-ledger", "--out", &out]), 0);
    ended(&desk.verify(&[&out, "--trust", "keys/trust.json", "--allow-rehearsal", "--last-seen", "seen"]), 0);
    let audit = desk.verify(&["audit", &out, "--trust", "keys/trust.json", "--last-seen", "seen"]);
    assert!(audit.stdout.starts_with(&format!("Whole: {size} entr")), "{audit:?}");
}

/// No name is the folder of another one, and nothing of a run that is done is left.
fn only_a_ledger(store: &Emulator, bucket: &str) {
    let versions: Vec<Value> = serde_json::from_str(&buckets(store, &["versions", bucket])).unwrap();
    let names: Vec<&str> = versions.iter().map(|one| one["name"].as_str().unwrap()).collect();
    for name in &names {
        assert!(!name.contains("/pending/"), "{name} is left");
        let folder = format!("{name}/");
        assert!(!names.iter().any(|other| other.starts_with(&folder)), "{name} is a folder too");
    }
}

/// A procedure of `docs/operating.md`.
fn follow(desk: &Desk, name: &str) {
    ended(&followed(desk, &procedures()[name]), 0);
}

fn a_ledger_lives_in(store: &Emulator) {
    let source = source();
    let desk = desk(&source);
    buckets(store, &["make", "evidence"]);
    let place = location("evidence", store.url());
    let nothing = run(&desk, &place);
    assert!(nothing.code == 1 && nothing.stderr.contains("holds no ledger"), "{nothing:?}");
    ended(&desk.witnessmark(&["ledger", "init", "--store", &place]), 0);
    let again = desk.witnessmark(&["ledger", "init", "--store", &place]);
    assert!(again.code == 1 && again.stderr.contains("already holds the ledger"), "{again:?}");
    for size in 1..=3 {
        assert!(!run(&desk, &place).stdout.is_empty());
        whole(&desk, &place, size);
    }
    only_a_ledger(store, "evidence");
    let drift = desk.witnessmark(&["drift", "--allow-rehearsal", "--store", &place]);
    assert!(drift.stdout.contains("bundle"), "{drift:?}");
}

#[test]
fn a_bucket_is_set_up() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    let mut desk = desk(&source());
    desk.set("ENDPOINT", minio.url());
    buckets(&minio, &["make", "evidence"]);
    follow(&desk, "bucket");
}

#[test]
fn a_ledger_lives_in_minio_and_in_moto() {
    let scratch = tempfile::tempdir().unwrap();
    a_ledger_lives_in(&emulators::minio(scratch.path(), (KEY, SECRET)));
    a_ledger_lives_in(&emulators::moto(scratch.path()));
}

/// A store that takes a conditional write for any other cannot hold a ledger, and is found out before it does.
#[test]
fn a_store_without_conditions_is_refused() {
    let scratch = tempfile::tempdir().unwrap();
    // It looks at no signature, which covers the header that gets lost.
    let moto = emulators::moto(scratch.path());
    let source = source();
    let desk = desk(&source);
    for (bucket, header, said) in [
        ("first", "if-none-match", "`If-None-Match: *` did not keep"),
        ("second", "if-match", "`If-Match` with an old tag"),
    ] {
        buckets(&moto, &["make", bucket]);
        let server = Server::http(Disturbed::before(&moto, 0, 0, What::Without(header)));
        let answer = desk.witnessmark(&["ledger", "init", "--store", &location(bucket, &server.url())]);
        ended(&answer, 1);
        assert!(answer.stderr.contains("cannot hold a ledger") && answer.stderr.contains(said), "{answer:?}");
        assert_eq!(buckets(&moto, &["versions", bucket]).trim(), "[]");
    }
}

/// Whether a bucket keeps its objects has to be known: what is written without asking for it could be removed.
#[test]
fn a_lock_that_cannot_be_read_is_not_taken_for_none() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    let desk = desk(&source());
    buckets(&minio, &["locked", "locked"]);
    for (status, code, said) in [(403, "AccessDenied", "AccessDenied"), (404, "NoSuchKey", "it answers 404 and not")] {
        let server = Server::http(Disturbed::before(&minio, 0, 0, What::Lock(status, code)));
        let answer = desk.witnessmark(&["ledger", "init", "--store", &location("locked", &server.url())]);
        ended(&answer, 1);
        assert!(answer.stderr.contains(said), "{answer:?}");
        assert_eq!(buckets(&minio, &["versions", "locked"]).trim(), "[]");
    }
}

/// Every answer to a write is lost, or is another one although it was done, or says that it was not done and may be tried again.
#[test]
fn answers_that_are_lost() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    let source = source();
    for (number, what) in [
        What::Lost,
        What::DoneBut(412, "PreconditionFailed"),
        What::DoneBut(500, "InternalError"),
        What::Not(409, "ConditionalRequestConflict"),
        What::Not(503, "SlowDown"),
    ]
    .into_iter()
    .enumerate()
    {
        let bucket = format!("lost-{number}");
        buckets(&minio, &["make", &bucket]);
        let desk = desk(&source);
        let plain = location(&bucket, minio.url());
        ended(&desk.witnessmark(&["ledger", "init", "--store", &plain]), 0);
        let disturbed = Disturbed::before(&minio, 0, 1, what.clone());
        let server = Server::http(disturbed.clone());
        let place = location(&bucket, &server.url());
        let mut size = 0;
        loop {
            disturbed.next(size, what.clone());
            let answer = run(&desk, &place);
            assert!(!answer.stdout.is_empty(), "{what:?} at write {size}: {answer:?}");
            size += 1;
            if disturbed.writes() < size {
                break;
            }
        }
        assert!(size > 8, "only {size} writes");
        whole(&desk, &plain, size);
    }
}

fn started(desk: &Desk, store: &str) -> Child {
    desk.command(&program("witnessmark"))
        .args(["run", "--quiet", "--allow-rehearsal", "--store", store])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A run is killed after each of its writes; the next one on the same machine completes it, or records it as failed.
#[test]
fn killed_after_every_write() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    let source = source();
    let desk = desk(&source);
    buckets(&minio, &["make", "evidence"]);
    let plain = location("evidence", minio.url());
    ended(&desk.witnessmark(&["ledger", "init", "--store", &plain]), 0);
    let disturbed = Disturbed::before(&minio, 0, 1, What::Lost);
    let server = Server::http(disturbed.clone());
    let place = location("evidence", &server.url());
    let (mut size, mut complete, mut failed) = (0, 0, 0);
    for number in 0.. {
        // Its writes come late enough for the process to be known.
        disturbed.next(number, What::Lost);
        let mut child = started(&desk, &place);
        disturbed.next(number, What::Kill(child.id()));
        let ended = child.wait().unwrap();
        if disturbed.writes() <= number {
            assert!(ended.code().is_some());
            size += 1;
            break;
        }
        assert_eq!(ended.code(), None, "killed at write {number}");
        disturbed.next(usize::MAX / 2, What::Lost);
        let next = run(&desk, &place);
        assert!(!next.stdout.is_empty(), "after write {number}: {next:?}");
        let bundles = log(&desk, &plain);
        // The killed one and the next one.
        assert_eq!(bundles.len(), size + 2, "after write {number}");
        match bundles[size]["status"].as_str().unwrap() {
            "failed" => failed += 1,
            _ => complete += 1,
        }
        size += 2;
    }
    assert!(failed >= 1 && complete >= 5, "{failed} failed, {complete} were completed");
    whole(&desk, &plain, size);
    only_a_ledger(&minio, "evidence");
}

/// Two and then eight machines at once: one chain, nothing lost.
#[test]
fn machines_that_seal_at_once() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    let source = source();
    let desk = desk(&source);
    buckets(&minio, &["make", "evidence"]);
    let place = location("evidence", minio.url());
    ended(&desk.witnessmark(&["ledger", "init", "--store", &place]), 0);
    let mut size = 0;
    for machines in [2, 8] {
        let desks: Vec<Desk> = (0..machines).map(|_| another(&desk, &source)).collect();
        let children: Vec<Child> = desks.iter().map(|desk| started(desk, &place)).collect();
        for mut child in children {
            let code = child.wait().unwrap().code();
            assert!(code.is_some_and(|code| [0, 3, 10, 11, 12].contains(&code)), "{code:?}");
        }
        size += machines;
        whole(&desk, &place, size);
    }
    only_a_ledger(&minio, "evidence");
}

/// Credentials that expire in the middle: the run says so, and what it had begun is completed by another machine, after it waited for the
/// first one as long as it does.
#[test]
fn credentials_that_expire() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    let source = source();
    let desk = desk(&source);
    buckets(&minio, &["make", "evidence"]);
    let plain = location("evidence", minio.url());
    ended(&desk.witnessmark(&["ledger", "init", "--store", &plain]), 0);
    let server = Server::http(Disturbed::before(&minio, 4, usize::MAX / 2, What::Not(400, "ExpiredToken")));
    let answer = run(&desk, &location("evidence", &server.url()));
    assert!(answer.code == 1 && answer.stderr.contains("ExpiredToken"), "{answer:?}");
    assert!(answer.stderr.contains("credentials have to be renewed"), "{answer:?}");
    let other = another(&desk, &source);
    assert!(!run(&other, &plain).stdout.is_empty());
    assert_eq!(log(&other, &plain)[0]["status"], "complete");
    whole(&other, &plain, 2);
}

/// Where the bucket keeps its objects, everything of the ledger is kept, and nobody removes it.
#[test]
fn a_bucket_that_keeps_its_objects() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    let source = source();
    let desk = desk(&source);
    buckets(&minio, &["locked", "locked"]);
    let place = location("locked", minio.url());
    ended(&desk.witnessmark(&["ledger", "init", "--store", &place]), 0);
    for _ in 0..2 {
        assert!(!run(&desk, &place).stdout.is_empty());
    }
    whole(&desk, &place, 2);
    let versions: Vec<Value> = serde_json::from_str(&buckets(&minio, &["versions", "locked"])).unwrap();
    for one in &versions {
        assert_eq!(one["mode"], "COMPLIANCE", "{one}");
    }
    let heads = versions.iter().filter(|one| one["name"] == "hot-wallet/ledger/checkpoint").count();
    assert_eq!(heads, 3, "each head that was is kept");
    let bundle = buckets(&minio, &["destroy", "locked", "hot-wallet/bundles/0.tar.zst"]);
    assert_ne!(bundle.trim(), "deleted");
    whole(&desk, &place, 2);
}

/// Writes by which `init` tries what the store knows.
const TRIED: usize = 9;
/// Those of a large object of two parts and a piece: it is begun, its parts are sent, and it is completed.
const SENT: usize = 5;

/// An object that is sent in parts, each of which is lost once, is whole and never another one.
#[test]
fn a_large_object_is_sent_in_parts() {
    let scratch = tempfile::tempdir().unwrap();
    let minio = emulators::minio(scratch.path(), (KEY, SECRET));
    buckets(&minio, &["make", "large"]);
    let desk = desk(&source());
    let disturbed = Disturbed::before(&minio, 0, 1, What::Lost);
    let server = Server::http(disturbed.clone());
    for number in TRIED..=TRIED + SENT {
        disturbed.next(number, What::Lost);
        // A process of its own: credentials are found in the environment.
        let output = desk
            .command(&program("examples/large_object"))
            .args([location("large", &server.url()), format!("bundles/{number}")])
            .output()
            .unwrap();
        assert!(output.status.success(), "write {number}: {}", String::from_utf8_lossy(&output.stderr));
        // The parts again where the first try was lost, and the empty object.
        assert!(disturbed.writes() > TRIED + SENT, "only {} writes", disturbed.writes());
    }
}
