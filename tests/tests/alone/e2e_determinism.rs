//! Same exchanges, clock, key and randomness give a byte-identical store, whatever order the answers came in.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may stop at the first surprise")]

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agent::collect::{Job, Silent};
use agent::run::{Ran, Setup, run};
use agent::seal::Sealer;
use assess::{CheckSet, SubjectKind, WorkerCommand};
use async_trait::async_trait;
use bundle::trust::Trust;
use declaration::{CheckCatalogue, CheckMeta, CheckSubject, CollectorInfo, Environment, Loaded, Plan, Standard};
use fakes::aws::{AwsFake, Size, World};
use ledger::PublicKey;
use model::record::{ClockSource, Override, Purpose, Tool};
use model::{Digest, Secret, Timestamp};
use sdk::{Clock, Overrides, StaticCredentials, Target};
use sign::{Ed25519Signer, Signer as _};
use store::{HeadFile, Holder, Place};
use testkit::{Fault, Faulty, HASTY, Handler, Reply, Request, Rule, Server, Wording};
use verify::Unobserved;
use workspace_tests::desk::{program, template};

const ORIGIN: &str = "northbank.example/test";

/// Answers as another does, after a wait that its seed and the request decide.
#[derive(Clone)]
struct Unruly {
    inner: Arc<dyn Handler>,
    seed: Arc<AtomicU64>,
}

#[async_trait]
impl Handler for Unruly {
    async fn answer(&self, request: &Request) -> Reply {
        let mut hasher = DefaultHasher::new();
        (self.seed.load(Ordering::Relaxed), &request.operation, request.parameters.to_string()).hash(&mut hasher);
        tokio::time::sleep(Duration::from_millis(hasher.finish() % 20)).await;
        self.inner.answer(request).await
    }

    fn wording(&self) -> &dyn Wording {
        self.inner.wording()
    }
}

/// What differs between two runs and may not show.
struct Manner {
    seed: u64,
    concurrency: usize,
    side_by_side: usize,
}

fn now() -> Timestamp {
    Timestamp::from_rfc3339("2026-11-20T12:00:00Z").unwrap()
}

fn environment(checks: &CheckSet) -> Environment {
    let collectors = collectors::all().into_iter().map(|kind| {
        let descriptor = kind.descriptor();
        let info = CollectorInfo {
            kinds: descriptor.resources.iter().map(|resource| resource.kind.clone()).collect(),
            rights: descriptor.rights.iter().map(|right| right.name.clone()).collect(),
            settings: descriptor.settings,
            name: descriptor.name.clone(),
        };
        (descriptor.name, info)
    });
    let described = checks.checks().map(|check| {
        let custom = &check.meta.custom;
        let subject = match &custom.subject {
            SubjectKind::Kind(kind) => CheckSubject::Resource(kind.clone()),
            SubjectKind::Target => CheckSubject::Target(custom.reads.clone()),
        };
        let meta = CheckMeta {
            id: check.id.clone(),
            title: check.meta.title.clone(),
            collector: check.id.split('/').next().unwrap().to_owned(),
            subject,
            parameters: custom.parameters.clone(),
            parts: std::collections::BTreeSet::default(),
            declares: custom.declares.clone(),
        };
        (check.id.clone(), meta)
    });
    let catalogue = fs::read_to_string(workspace_tests::root().join("policies/catalogues/ccss-9.0.yaml")).unwrap();
    Environment {
        checks: CheckCatalogue { checks: described.collect() },
        collectors: collectors.collect(),
        standards: vec![Standard::parse("ccss-9.0", &catalogue).unwrap()],
        now: Some(now()),
    }
}

fn jobs(plan: &Plan) -> Vec<Job> {
    let mut jobs = Vec::new();
    for target in &plan.targets {
        for collector in &target.collectors {
            let kind = collectors::find(&collector.name).unwrap();
            jobs.push(Job { target: Target { id: target.id.clone(), settings: collector.settings.clone() }, kind });
        }
    }
    jobs
}

/// One run into a new store, and every file of that store.
fn store_of(server: &Server, manner: &Manner) -> BTreeMap<String, Vec<u8>> {
    let checks = CheckSet::stock().unwrap();
    let text = template("111122223333", "[eu-west-1]");
    let loaded: Loaded = declaration::load("witnessmark.yaml", &|_: &str| Ok(text.clone().into_bytes()));
    let plan = declaration::plan(&loaded, &environment(&checks)).unwrap_or_else(|found| {
        panic!("{}", loaded.render(&found, false));
    });

    let folder = tempfile::tempdir().unwrap();
    let (collector, log) = (Ed25519Signer::from_seed(&[1; 32]), Ed25519Signer::from_seed(&[2; 32]));
    let public = |signer: &Ed25519Signer| PublicKey::from_spki_der(&signer.public_spki_der()).unwrap();
    let trust = Trust::new(ORIGIN, public(&log), public(&collector)).unwrap();
    let Place { store, workshop } = store::init(&folder.path().join("evidence")).unwrap();
    let memory = HeadFile::new(&folder.path().join("head"));
    let sealer = Sealer {
        store: &*store,
        workshop: &workshop,
        memory: &memory,
        trust: &trust,
        collector: &collector,
        ledger: &log,
        holder: Holder { pid: 1, since: now() },
        wait: Duration::ZERO,
        texts: None,
    };
    sealer.init().unwrap();

    let credentials = StaticCredentials {
        access_key_id: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_access_key: Secret::new("no secret at all".to_owned()),
    };
    let mut drawn = 0_u64;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let setup = Setup {
        plan: &plan,
        loaded: &loaded,
        attached: &[],
        checks: &checks,
        jobs: jobs(&plan),
        left_out: Vec::new(),
        sealer: &sealer,
        tool: Tool { name: "witnessmark".to_owned(), version: "0.1.0".to_owned(), sha256: Digest::of(b"program") },
        asked: ("tester".to_owned(), "host".to_owned(), "os".to_owned()),
        purpose: Purpose::Readiness,
        challenge: Some("nonce".to_owned()),
        despite_clock: false,
        clock: ClockSource::Set,
        overrides: vec![Override::Clock, Override::Endpoint, Override::Randomness],
        environment: sdk::Environment {
            run_id: "20261120t120000-00000001".to_owned(),
            user_agent: "witnessmark/0.1.0".to_owned(),
            concurrency: manner.concurrency,
            clock: Clock::new(now),
            deadline: Timestamp::from_millis(now().as_millis() + 600_000).unwrap(),
            patience: HASTY,
            stop: sdk::Stop::default(),
            pins: std::collections::BTreeMap::new(),
            overrides: Overrides {
                endpoint_url: Some(server.url()),
                credentials: Some(credentials),
                ..Overrides::default()
            },
        },
        side_by_side: manner.side_by_side,
        worker: WorkerCommand::of_program(program("witnessmark")),
        randomness: &mut |salt| {
            drawn += 1;
            salt.iter_mut().zip(drawn.to_be_bytes().iter().cycle()).for_each(|(to, from)| *to = *from);
            Ok(())
        },
        progress: &Silent,
        observer: &mut Unobserved,
    };
    let ran: Ran = run(setup, &runtime).unwrap();
    assert!(ran.broken_checks.is_empty(), "{:?}", ran.broken_checks);
    let mut files = BTreeMap::new();
    collect(store_root(folder.path()).as_path(), "", &mut files);
    files
}

fn store_root(folder: &Path) -> std::path::PathBuf {
    folder.join("evidence")
}

fn collect(folder: &Path, prefix: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), into);
        } else {
            into.insert(name, fs::read(entry.path()).unwrap());
        }
    }
}

#[test]
fn the_order_of_answers_does_not_show() {
    let world = World::new(Size::SMALL).paged(2);
    // A refusal, and failures that are tried again, have their place in the evidence too.
    let rules =
        || vec![Rule::always("kms:ListGrants", Fault::Deny), Rule::times("iam:GetAccountSummary", 1, Fault::Internal)];
    let faulty = Faulty::new(AwsFake::new(world).with_ids_of_requests(), rules());
    let seed = Arc::new(AtomicU64::new(0));
    let server = Server::http(Unruly { inner: Arc::new(faulty.clone()), seed: Arc::clone(&seed) });
    let run = |manner: Manner| {
        faulty.set(rules());
        seed.store(manner.seed, Ordering::Relaxed);
        store_of(&server, &manner)
    };
    let first = run(Manner { seed: 1, concurrency: 1, side_by_side: 1 });
    assert!(first.keys().any(|name| name.ends_with(".tar.zst")), "{:?}", first.keys());
    for manner in [
        Manner { seed: 1, concurrency: 1, side_by_side: 1 },
        Manner { seed: 2, concurrency: 16, side_by_side: 8 },
        Manner { seed: 3, concurrency: 3, side_by_side: 2 },
    ] {
        let (concurrency, seed) = (manner.concurrency, manner.seed);
        let other = run(manner);
        assert_eq!(first.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>());
        let differing: Vec<String> = first
            .iter()
            .filter(|(name, bytes)| *bytes != &other[*name])
            .map(|(name, bytes)| format!("`{name}`: {}", difference(bytes, &other[name])))
            .collect();
        assert!(differing.is_empty(), "seed {seed}, concurrency {concurrency}:\n{}", differing.join("\n"));
    }
}

/// The first line in which two texts differ.
fn difference(one: &[u8], other: &[u8]) -> String {
    let (one, other) = (String::from_utf8_lossy(one).into_owned(), String::from_utf8_lossy(other).into_owned());
    let lines = one.lines().zip(other.lines()).enumerate().find(|(_, (one, other))| one != other);
    lines.map_or_else(|| "in length".to_owned(), |(number, (one, other))| format!("line {number}\n{one}\n{other}"))
}
