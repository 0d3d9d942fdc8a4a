//! Tests of sealing: a small world of one store, one memory and known keys, in which runs can be
//! made on any disk, and an audit that trusts nothing of what made them.

#![expect(clippy::disallowed_methods, reason = "tests break stores by hand")]

mod crash;
mod history;
mod machines;
mod together;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bundle::layout::{self, Entry};
use bundle::read::source::read_all;
use bundle::sigstore::{Envelope, SealedStatement};
use bundle::statement::{Kind, Statement, Summary};
use bundle::trust::{Role, Trust, TrustedKey};
use bundle::writer::{RecordWriter, WrittenRecords};
use ledger::{PublicKey, SignedCheckpoint, Tile};
use model::record::{
    About, ActsFor, Body, Certificate, ClockSource, Exchange, Host, Peer, Purpose, RecordMethod, Recorded, Route, Run,
    RunStatus, Says, Tool,
};
use model::{Date, Digest, RecordRef, RecordType, Timestamp};
use sign::{Ed25519Signer, SignError, Signer};
use store::{Disk, FolderStore, HeadFile, Holder, Store, Workshop};

use super::pack::BodyWriter;
use super::{Begun, Intent, Recording, SealError, SealInput, Sealed, Sealer, Session};
use crate::record::{Attached, RecordError, RecordSetup, SealedRecord};

const ORIGIN: &str = "test.example/hot-wallet";

/// A store and a memory in one folder, and the keys.
struct World {
    folder: PathBuf,
    trust: Trust,
    collector: Arc<CountingSigner>,
    /// Whose records are signed.
    person: Ed25519Signer,
    ledger: Ed25519Signer,
    wait: Duration,
}

/// Remembers all that it signed, across the deaths of runs.
struct CountingSigner {
    inner: Ed25519Signer,
    signed: Mutex<Vec<Vec<u8>>>,
}

impl Signer for CountingSigner {
    fn public_spki_der(&self) -> [u8; 44] {
        self.inner.public_spki_der()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        self.signed.lock().unwrap().push(message.to_vec());
        self.inner.sign(message)
    }
}

impl World {
    fn new(folder: &Path) -> Self {
        let collector = Ed25519Signer::from_seed(&[1; 32]);
        let ledger = Ed25519Signer::from_seed(&[2; 32]);
        let person = Ed25519Signer::from_seed(&[3; 32]);
        let key = |signer: &dyn Signer| PublicKey::from_spki_der(&signer.public_spki_der()).unwrap();
        let mut trust = Trust::new(ORIGIN, key(&ledger), key(&collector)).unwrap();
        trust.keys.push(TrustedKey::from_now_on(key(&person), Role::Record, 0));
        Self {
            folder: folder.to_owned(),
            trust,
            collector: Arc::new(CountingSigner { inner: collector, signed: Mutex::default() }),
            person,
            ledger,
            wait: Duration::ZERO,
        }
    }

    /// The same keys, and the same count of signatures, elsewhere.
    fn at(&self, folder: &Path) -> Self {
        Self { collector: Arc::clone(&self.collector), ..Self::new(folder) }
    }

    fn store(&self) -> PathBuf {
        self.folder.join("evidence")
    }

    fn memory(&self) -> PathBuf {
        self.folder.join("keys").join("ledger.head")
    }

    fn open(&self) -> Box<dyn Store> {
        store::open(&self.store()).unwrap().store
    }

    fn init_on<D: Disk + Clone + 'static>(&self, disk: &D) -> Result<(), SealError> {
        let store = FolderStore::init_on(Arc::new(disk.clone()), &self.store())?;
        self.with(disk, &store, |sealer| sealer.init())
    }

    fn with<D: Disk + Clone + 'static, T>(
        &self,
        disk: &D,
        store: &dyn Store,
        act: impl FnOnce(&Sealer<'_>) -> Result<T, SealError>,
    ) -> Result<T, SealError> {
        let memory = HeadFile::on(disk.clone(), &self.memory());
        let workshop = Workshop::on(Arc::new(disk.clone()), &self.store());
        act(&Sealer {
            store,
            workshop: &workshop,
            memory: &memory,
            trust: &self.trust,
            collector: &*self.collector,
            ledger: &self.ledger,
            holder: Holder { pid: std::process::id(), since: at(0) },
            wait: self.wait,
            texts: None,
        })
    }

    /// A whole run: begin, record the dead, collect, seal. `began` is set once the intent stands.
    fn run_on<D: Disk + Clone + 'static>(
        &self,
        disk: &D,
        run: &str,
        began: &mut bool,
    ) -> Result<Vec<Sealed>, SealError> {
        let store = FolderStore::open_on(Arc::new(disk.clone()), &self.store())?;
        self.with(disk, &store, |sealer| {
            let Begun { session, completed: mut sealed, unfinished, .. } = sealer.begin(intent(run))?;
            *began = true;
            for dead in unfinished {
                sealed.push(sealer.record_unfinished(dead, &recording(), salts())?);
            }
            let input = write_bundle(&session);
            sealed.push(sealer.seal(session, input)?);
            Ok(sealed)
        })
    }

    /// A person's record with an attachment, as `witnessmark record` seals one.
    fn record_on<D: Disk + Clone + 'static>(&self, disk: &D, run: &str) -> Result<SealedRecord, RecordError> {
        let store = FolderStore::open_on(Arc::new(disk.clone()), &self.store()).map_err(SealError::from)?;
        let memory = HeadFile::on(disk.clone(), &self.memory());
        let workshop = Workshop::on(Arc::new(disk.clone()), &self.store());
        let sealer = Sealer {
            store: &store,
            workshop: &workshop,
            memory: &memory,
            trust: &self.trust,
            collector: &self.person,
            ledger: &self.ledger,
            holder: Holder { pid: std::process::id(), since: at(0) },
            wait: self.wait,
            texts: None,
        };
        let (form, mut file) = (body(run), tempfile::tempfile().unwrap());
        io::Write::write_all(&mut file, b"a photograph").unwrap();
        crate::record::seal(RecordSetup {
            sealer: &sealer,
            intent: Intent { every_seconds: None, ..intent(run) },
            assessment: 1,
            host: &Host { user: "w".into(), name: "h".into(), os: "Linux".into(), identities: Vec::new() },
            form: ("observation.yaml", &form),
            recorded: recorded(run),
            attached: vec![Attached {
                name: "photo.jpg".to_owned(),
                size: 12,
                sha256: Digest::of(b"a photograph"),
                file: Some(file),
            }],
            finished: at(9),
            randomness: &mut salts(),
        })
    }

    fn run(&self, run: &str) -> Vec<Sealed> {
        self.run_on(&store::RealDisk, run, &mut false).unwrap()
    }

    /// Proves the whole store from its files alone and gives run id and status by index.
    fn audit(&self) -> Vec<(String, RunStatus)> {
        let root = self.store();
        let key = self.trust.log_key().unwrap();
        let read = |path: &str| fs::read(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        let prove = |signed: &SignedCheckpoint, sigstore: bool| {
            let check = |message: &[u8], signature: &[u8; 64]| {
                verify::ed25519::verify(key.public_key().as_bytes(), message, signature)
            };
            let proven = if sigstore { signed.verify_sigstore(&key, check) } else { signed.verify_c2sp(&key, check) };
            proven.unwrap().clone()
        };
        let text = String::from_utf8(read(layout::CHECKPOINT)).unwrap();
        let head = prove(&SignedCheckpoint::parse(&text).unwrap(), false);

        let mut runs = Vec::new();
        let mut tree = ledger::CompactRange::new();
        let mut previous = None;
        for index in 0..head.size {
            let prior_root = tree.root();
            let bundle = self.bundle(index);
            let file = SealedStatement::parse(&bundle[layout::STATEMENT]).unwrap();
            let envelope = Envelope::parse(&read(&layout::ledger_statement(index))).unwrap();
            assert_eq!(file.envelope, envelope);
            assert!(verify::ed25519::verify(file.signer.as_bytes(), &envelope.pae(), &envelope.signature));
            let statement = Statement::parse(&envelope.statement).unwrap();
            let chain = &statement.predicate.chain;
            assert_eq!((chain.index, chain.prior_root), (index, prior_root));
            assert_eq!(chain.previous_statement, previous);
            previous = Some(envelope.statement_sha256());

            let leaf = ledger::leaf_hash(&file.entry_body());
            tree.append(leaf);
            let place = prove(&file.checkpoint().unwrap(), true);
            assert_eq!((place.size, place.root), (index + 1, tree.root()));
            ledger::verify_inclusion(&leaf, index, place.size, &file.position.proof, &place.root).unwrap();

            assert_eq!(Digest::of(&bundle[layout::RECORDS]), statement.records_sha256);
            assert_eq!(Digest::of(&bundle[layout::LEAVES]), statement.leaves_sha256);
            let mut expected = vec![layout::LEAVES, layout::RECORDS, layout::STATEMENT];
            let raw = layout::raw(0);
            let photo = layout::raw(1);
            if statement.predicate.status == RunStatus::Complete {
                assert_eq!(bundle[&raw], body(&statement.predicate.bundle));
                expected.insert(1, &raw);
            }
            if statement.predicate.kind == Kind::Record {
                assert_eq!(bundle[&photo], b"a photograph");
                expected.insert(2, &photo);
            }
            expected.sort_unstable();
            assert!(bundle.keys().eq(expected), "{:?}", bundle.keys());
            runs.push((statement.predicate.bundle.clone(), statement.predicate.status));
        }
        assert_eq!(tree.root(), head.root);
        for tile in Tile::all(head.size) {
            assert_eq!(read(&layout::tile(&tile.path())).len(), tile.byte_len());
        }
        assert_eq!(names(&root.join("bundles")).len() as u64, head.size);
        // Nothing is left over, of anybody.
        let left: Vec<String> =
            names(&root.join("pending")).into_iter().filter(|name| !name.ends_with(".lock")).collect();
        assert_eq!(left, ["tmp"]);
        let mut ids: Vec<&String> = runs.iter().map(|(run, _)| run).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), runs.len(), "a run is recorded twice: {runs:?}");
        for path in files(&root).keys() {
            assert_modes(&root.join(path));
        }
        runs
    }

    /// The files of a published bundle.
    fn bundle(&self, index: u64) -> BTreeMap<String, Vec<u8>> {
        let mut source = bundle::read::open(&self.store().join(layout::bundle(index)), u64::MAX).unwrap();
        let mut files = BTreeMap::new();
        while let Some(item) = source.next_item().unwrap() {
            files.insert(item.entry.path(), read_all(source.as_mut(), &item).unwrap());
        }
        files
    }

    /// The records of a published bundle.
    fn records(&self, index: u64) -> String {
        String::from_utf8(self.bundle(index)[layout::RECORDS].clone()).unwrap()
    }

    /// No index was ever signed over two statements.
    fn audit_signatures(&self) {
        let mut seen = BTreeMap::new();
        for message in self.collector.signed.lock().unwrap().iter() {
            let start = message.iter().position(|b| *b == b'{').unwrap();
            let statement = Statement::parse(&message[start..]).unwrap();
            let index = statement.predicate.chain.index;
            let first = seen.entry(index).or_insert_with(|| message.clone());
            assert_eq!(first, message, "index {index} was signed twice");
        }
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_795_255_600_000 + seconds * 1000).unwrap()
}

fn tool() -> Tool {
    Tool { name: "witnessmark".to_owned(), version: "0.1.0".to_owned(), sha256: Digest::of(b"program") }
}

fn intent(run: &str) -> Intent {
    Intent {
        kind: Kind::Run,
        run: run.to_owned(),
        entity: "Northbank Custody Ltd".to_owned(),
        system: "hot-wallet".to_owned(),
        tool: tool(),
        clock: ClockSource::System,
        started: at(0),
        plan: Digest::of(b"plan"),
        purpose: Purpose::Readiness,
        overrides: Vec::new(),
        challenge: None,
        every_seconds: Some(86_400),
        until: None,
        despite_clock: false,
    }
}

fn recorded(id: &str) -> Recorded {
    Recorded {
        id: id.to_owned(),
        method: RecordMethod::Observe,
        about: vec![About::Control("AC-ROOM".to_owned())],
        by: "Jane Doe".to_owned(),
        role: ActsFor::Auditor,
        on: Date::of(at(0)),
        done_on: None,
        expires: Date::of(at(86_400)),
        says: Says::Supports,
        text: "seen".to_owned(),
        attachments: Vec::new(),
    }
}

fn recording() -> Recording {
    Recording { tool: tool(), assessment: 1, clock: ClockSource::System, now: at(5), overrides: Vec::new() }
}

fn salts() -> impl FnMut(&mut [u8; 16]) -> io::Result<()> {
    let mut next = 0_u8;
    move |salt| {
        *salt = [next; 16];
        next = next.wrapping_add(1);
        Ok(())
    }
}

fn body(run: &str) -> Vec<u8> {
    format!("{{\"answer to\":\"{run}\"}}").into_bytes()
}

/// What a run of one exchange writes; straight to the file system, as a run does.
fn write_bundle(session: &Session) -> SealInput {
    write_altered(session, |_| {})
}

/// The same, with files of it altered on the way.
fn write_altered(session: &Session, alter: impl FnOnce(&mut BTreeMap<Entry, Vec<u8>>)) -> SealInput {
    let intent = session.intent();
    let raw = body(&intent.run);
    let mut writer = RecordWriter::new(Vec::new(), Vec::new(), salts());
    let run = Run {
        id: intent.run.clone(),
        tool: intent.tool.clone(),
        assessment: 1,
        clock: intent.clock,
        started: intent.started,
        finished: at(9).max(intent.started),
        plan: intent.plan,
        purpose: intent.purpose,
        status: RunStatus::Complete,
        overrides: Vec::new(),
        challenge: None,
        failure: None,
    };
    writer.push(RecordType::Run, &run).unwrap();
    let route = Route {
        target: "aws-prod".to_owned(),
        collector: "aws-kms".to_owned(),
        endpoints: Vec::new(),
        proxies: Vec::new(),
        authorities: Vec::new(),
        pinned: Vec::new(),
        rehearsal: Vec::new(),
    };
    writer.push(RecordType::Route, &route).unwrap();
    let peer =
        Peer { sha256: Peer::digest([&b"leaf"[..]]).unwrap(), certificates: vec![Certificate(b"leaf".to_vec())] };
    writer.push(RecordType::Peer, &peer).unwrap();
    let exchange = Exchange {
        target: "aws-prod".to_owned(),
        collector: "aws-kms".to_owned(),
        endpoint: "https://kms.eu-west-1.amazonaws.com".to_owned(),
        peer: Some(RecordRef::new(RecordType::Peer, 0)),
        operation: "kms:ListKeys".to_owned(),
        population: None,
        page: 1,
        attempt: 1,
        started: at(1).max(intent.started),
        status: Some(200),
        error: None,
        failure: None,
        request_id: Some("r-1".to_owned()),
        date: None,
    };
    writer.push(RecordType::Exchange, &exchange).unwrap();
    let body = Body {
        exchange: RecordRef::new(RecordType::Exchange, 0),
        size: raw.len() as u64,
        sha256: Some(Digest::of(&raw)),
        raw: Some(0),
        masked: Vec::new(),
        withheld: None,
    };
    writer.push(RecordType::Body, &body).unwrap();
    let (records, lines, leaves): (WrittenRecords, _, _) = writer.finish().unwrap();
    let mut files = BTreeMap::from([(Entry::Leaves, leaves), (Entry::Records, lines), (Entry::Raw(0), raw)]);
    alter(&mut files);
    let mut packed = BodyWriter::create(session.staged()).unwrap();
    for (entry, bytes) in files {
        packed.append(entry, bytes.len() as u64, bytes.as_slice()).unwrap();
    }
    packed.finish().unwrap();
    SealInput {
        finished: at(9).max(intent.started),
        status: RunStatus::Complete,
        rehearsal: Vec::new(),
        summary: Summary::default(),
        records,
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// All files below a folder, by their path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            for (below, bytes) in files(&path) {
                found.insert(format!("{name}/{below}"), bytes);
            }
        } else {
            found.insert(name, fs::read(path).unwrap());
        }
    }
    found
}

fn assert_modes(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(file), 0o600, "{}", file.display());
    assert_eq!(mode(file.parent().unwrap()), 0o700, "{}", file.display());
}

fn copy_folder(from: &Path, to: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// A folder that goes away; in memory where the system has such a place, because thousands of
/// worlds are made and what a power cut leaves is ours to say, not the disk's.
fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// A ledger with one bundle, and the folder for the memory.
fn world_of_one(folder: &Path) -> World {
    let world = empty_world(folder);
    world.init_on(&store::RealDisk).unwrap();
    assert_eq!(world.run("a").len(), 1);
    world
}

fn empty_world(folder: &Path) -> World {
    let world = World::new(folder);
    fs::create_dir_all(world.memory().parent().unwrap()).unwrap();
    world
}
