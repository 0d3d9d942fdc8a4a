//! Sealed bundles made in memory, with fixed keys, clock and salts: a small ledger of runs of a small
//! custodian. What a test wants wrong is changed before it is sealed (a signed lie) or after (an
//! alteration).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::BTreeMap;

use bundle::approval::{Approval, ApprovedTarget, SignedApproval, check_digest};
use bundle::layout::Entry;
use bundle::seal::{self, Metadata};
use bundle::sigstore::{CounterSigned, Position, SealedStatement};
use bundle::statement::{Chain, Kind, Summary, Tool};
use bundle::trust::{Range, Role, Trust, TrustedKey};
use bundle::writer::RecordWriter;
use bundle::{PublicKey, consistency, export::TarWriter, redact};
use ledger::{LogKey, Tile, TileHashes};
use model::record::{Certificate, Override, Peer, RunStatus};
use model::{Covers, Digest, RecordType};
use serde_json::{Value, json};
use sign::{Ed25519Signer, Signer as _};

/// The collector's key, which everybody knows.
pub const COLLECTOR_SEED: [u8; 32] = [1; 32];

/// The ledger's name.
pub const ORIGIN: &str = "northbank.example/hot-wallet";

/// The files of a bundle.
pub type Files = BTreeMap<Entry, Vec<u8>>;

/// What is sealed: records by type in order, raw files, and what the statement says.
#[derive(Debug, Clone)]
pub struct Story {
    pub records: Vec<(RecordType, Value)>,
    pub raw: BTreeMap<u64, Vec<u8>>,
    pub metadata: Metadata,
    /// What becomes of the lines after they were written, before they are hashed and signed.
    pub respell: Vec<Respelling>,
}

/// Another spelling of one line: of which record, and how.
#[derive(Debug, Clone)]
pub struct Respelling {
    pub kind: RecordType,
    pub ordinal: usize,
    pub from: String,
    pub to: String,
}

/// A ledger with its keys and bundles.
pub struct Book {
    pub collector: Ed25519Signer,
    pub log: Ed25519Signer,
    /// Redacts.
    pub recorder: Ed25519Signer,
    /// Tiles by path below `ledger/`.
    pub tiles: BTreeMap<String, Vec<u8>>,
    pub bundles: Vec<Sealed>,
    pub root: Digest,
}

/// One bundle.
pub struct Sealed {
    pub statement: SealedStatement,
    pub records: Vec<u8>,
    pub leaves: Vec<u8>,
    pub raw: BTreeMap<u64, Vec<u8>>,
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book").field("size", &self.bundles.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").field("statement", &self.statement).finish_non_exhaustive()
    }
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    #[must_use]
    pub fn new() -> Self {
        Self {
            collector: Ed25519Signer::from_seed(&COLLECTOR_SEED),
            log: Ed25519Signer::from_seed(&[2; 32]),
            recorder: Ed25519Signer::from_seed(&[3; 32]),
            tiles: BTreeMap::new(),
            bundles: Vec::new(),
            root: ledger::empty_root(),
        }
    }

    /// A ledger of `count` usual runs.
    #[must_use]
    pub fn of(count: u64) -> Self {
        let mut book = Self::new();
        for index in 0..count {
            book.seal(Story::usual(index));
        }
        book
    }

    #[must_use]
    pub fn size(&self) -> u64 {
        self.bundles.len() as u64
    }

    /// What an auditor received over another channel.
    /// As [`Book::trust`], with this key as an approver's.
    #[must_use]
    pub fn trust_with(&self, approver: &Ed25519Signer, indices: Range) -> Trust {
        let mut trust = self.trust();
        trust.keys.push(TrustedKey { indices, ..TrustedKey::from_now_on(public(approver), Role::Approve, 0) });
        trust
    }

    /// What an auditor received over another channel.
    #[must_use]
    pub fn trust(&self) -> Trust {
        let mut trust = Trust::new(ORIGIN, public(&self.log), public(&self.collector)).unwrap();
        trust.keys.push(TrustedKey::from_now_on(public(&self.recorder), Role::Record, 0));
        trust
    }

    #[must_use]
    pub fn log_key(&self) -> LogKey {
        LogKey::new(ORIGIN, public(&self.log)).unwrap()
    }

    /// Where the next bundle stands.
    #[must_use]
    pub fn next_chain(&self) -> Chain {
        Chain {
            origin: ORIGIN.into(),
            index: self.size(),
            prior_size: self.size(),
            prior_root: self.root,
            previous_statement: self.bundles.last().map(|last| last.statement.envelope.statement_sha256()),
            every_seconds: Some(86_400),
        }
    }

    /// Seals one more bundle.
    pub fn seal(&mut self, story: Story) {
        let chain = self.next_chain();
        self.seal_at(story, chain);
    }

    /// Seals one more bundle whose statement says `chain`, true or not.
    pub fn seal_at(&mut self, story: Story, chain: Chain) {
        let index = self.size();
        let (written, records, leaves) = story.write(index);
        let kind = story.metadata.kind;
        let unsigned = seal::statement(&written, story.metadata, chain).unwrap();
        let signer = if kind == Kind::Record { &self.recorder } else { &self.collector };
        let signature = signer.sign(&unsigned.to_sign()).unwrap();
        let signed = unsigned.signed(public(signer), signature);

        let entry = signed.entry_body();
        let tiles = &self.tiles;
        let appended = ledger::append(index, &[&entry], |path: &str| tiles.get(path).cloned().ok_or(path.to_owned()))
            .unwrap()
            .unwrap();
        self.tiles.extend(appended.files);
        self.root = appended.root;

        let key = self.log_key();
        let head = key.sigstore_checkpoint(appended.size, appended.root);
        let signature = self.log.sign(head.body().as_bytes()).unwrap();
        let checkpoint = key.sigstore_note(appended.size, appended.root, &signature).unwrap();
        let statement = signed.at(Position {
            index,
            tree_size: appended.size,
            root: appended.root,
            proof: ledger::inclusion_proof(index, appended.size, &mut self.hashes(appended.size)).unwrap().unwrap(),
            checkpoint,
            log_id: key.log_id(),
        });
        self.bundles.push(Sealed { statement, records, leaves, raw: story.raw });
    }

    /// The hashes of the ledger when it had `size` entries.
    pub fn hashes(&self, size: u64) -> TileHashes<impl FnMut(&Tile) -> Result<Vec<u8>, String>> {
        TileHashes::new(size, |tile: &Tile| self.tiles.get(&tile.path()).cloned().ok_or(tile.path()))
    }

    /// The C2SP checkpoint of the ledger as it stands.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        self.checkpoint_of(self.size(), self.root)
    }

    /// A head that the ledger key signs, of any size and root.
    #[must_use]
    pub fn checkpoint_of(&self, size: u64, root: Digest) -> String {
        let key = self.log_key();
        let signature = self.log.sign(key.c2sp_checkpoint(size, root).body().as_bytes()).unwrap();
        key.c2sp_note(size, root, &signature).unwrap()
    }

    /// The root of its first `size` entries.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Digest {
        ledger::tree_root(size, &mut self.hashes(self.size())).unwrap()
    }

    /// An exported bundle with the proof that the ledger continues its head of `size` entries.
    #[must_use]
    pub fn exported_since(&self, index: u64, size: u64) -> Files {
        let mut files = self.exported(index);
        let proof = ledger::consistency_proof(size, self.size(), &mut self.hashes(self.size())).unwrap().unwrap();
        let since = consistency::Since { size, root: self.root_at(size), proof };
        files.insert(Entry::Since, since.render().into_bytes());
        files
    }

    /// The files of a bundle as it lies in a store.
    #[must_use]
    pub fn files(&self, index: u64) -> Files {
        let bundle = &self.bundles[index as usize];
        let mut files = Files::from([
            (Entry::Statement, bundle.statement.render().into_bytes()),
            (Entry::Leaves, bundle.leaves.clone()),
            (Entry::Records, bundle.records.clone()),
        ]);
        for (ordinal, bytes) in &bundle.raw {
            files.insert(Entry::Raw(*ordinal), bytes.clone());
        }
        files
    }

    /// The files of an exported bundle.
    #[must_use]
    pub fn exported(&self, index: u64) -> Files {
        let mut files = self.files(index);
        files.insert(Entry::Checkpoint, self.checkpoint().into_bytes());
        if index + 1 < self.size() {
            let proof =
                ledger::consistency_proof(index + 1, self.size(), &mut self.hashes(self.size())).unwrap().unwrap();
            files.insert(Entry::Consistency, consistency::render(&proof).into_bytes());
        }
        files
    }

    /// The files of a ledger: checkpoint, tiles of the tree as it stands, statements.
    #[must_use]
    pub fn ledger_files(&self) -> Files {
        let mut files = Files::from([(Entry::Checkpoint, self.checkpoint().into_bytes())]);
        let size = self.size();
        let tiles = Tile::all(size).map(|tile| tile.path());
        let entries = ledger::EntryBundle::all(size).map(|entries| entries.path());
        for path in tiles.chain(entries) {
            files.insert(Entry::Tile(path.clone()), self.tiles[&path].clone());
        }
        for (index, bundle) in (0..).zip(&self.bundles) {
            files.insert(Entry::LedgerStatement(index), bundle.statement.envelope.render().into_bytes());
        }
        files
    }

    /// A redacted copy of an exported bundle: of each line for which `withhold` says so only the leaf.
    #[must_use]
    pub fn redacted(&self, index: u64, withhold: impl Fn(u64, RecordType, &[u8]) -> bool) -> Files {
        let bundle = &self.bundles[index as usize];
        let statement = bundle::statement::Statement::parse(&bundle.statement.envelope.statement).unwrap();
        let mut records = Vec::new();
        let redacted = redact::redact(
            &statement.predicate.records,
            bundle.records.as_slice(),
            &mut records,
            |_, _| "withheld before".to_owned(),
            |line, kind, text| withhold(line, kind, text).then(|| "names of staff".to_owned()),
        )
        .unwrap();
        let redaction = redact::Redaction {
            statement_sha256: bundle.statement.envelope.statement_sha256(),
            records_sha256: redacted.records_sha256,
            by: "Northbank Custody Ltd".into(),
            made: "2026-11-22T08:00:00.000Z".parse().unwrap(),
            withheld: redacted.withheld,
        };
        let mut files = self.exported(index);
        files.insert(Entry::Redaction, self.sign_redaction(&redaction).render().into_bytes());
        files.insert(Entry::Records, records);
        for ordinal in redacted.raw {
            files.remove(&Entry::Raw(ordinal));
        }
        files
    }

    /// Signs a redaction, true or not.
    #[must_use]
    pub fn sign_redaction(&self, redaction: &redact::Redaction) -> CounterSigned {
        let statement = redaction.render().unwrap();
        let signature = self.recorder.sign(&bundle::statement::pae(&statement)).unwrap();
        CounterSigned {
            envelope: bundle::sigstore::Envelope { statement, signature },
            signer_id: public(&self.recorder).id(),
        }
    }
}

impl Story {
    /// A run with one of everything: two keys, one of them deviating, one answer denied, one withheld.
    #[must_use]
    pub fn usual(index: u64) -> Self {
        let id = format!("run-{index}");
        let day = 86_400_000 * index as i64;
        let time = |millis: i64| model::Timestamp::from_millis(1_795_255_610_120 + day + millis).unwrap();
        let raw: BTreeMap<u64, Vec<u8>> = BTreeMap::from([
            (0, b"witnessmark: 1\nentity: Northbank Custody Ltd\n".to_vec()),
            (1, br#"{"Keys":[{"KeyId":"k-1"},{"KeyId":"k-2"}],"Truncated":false}"#.to_vec()),
            (2, br#"{"KeyRotationEnabled":true}"#.to_vec()),
            (3, br#"{"__type":"AccessDeniedException"}"#.to_vec()),
        ]);
        let check = "package checks.aws_kms.key_rotates\n";
        let at = |n: u64| json!({"exchange": format!("exchange:{n}"), "syntax": "json", "path": "/Keys/0"});
        let body = |n: u64, raw_at: u64| {
            let bytes = &raw[&raw_at];
            json!({"exchange": format!("exchange:{n}"), "size": bytes.len(), "sha256": Digest::of(bytes), "raw": raw_at})
        };
        let exchange = |operation: &str, status: u16, error: Option<&str>| {
            let mut value = json!({
                "target": "aws-prod", "collector": "aws-kms", "endpoint": "https://kms.eu-west-1.amazonaws.com",
                "peer": "peer:0", "operation": operation, "population": "aws-kms/key@eu-west-1",
                "page": 1, "attempt": 1, "started": time(1000), "status": status, "request_id": format!("{id}-{operation}"),
            });
            if let Some(error) = error {
                value["error"] = json!(error);
            }
            value
        };
        let finding = |subject: &str, outcome: &str, rests_on: Value| {
            json!({
                "control": "AC-ROT", "check": "aws-kms/key-rotates", "target": "aws-prod",
                "subject": {"kind": "aws-kms/key", "id": subject}, "outcome": outcome, "severity": "medium",
                "evidence": [{"path": "/rotation/enabled", "actual": outcome == "conforms", "expected": true}],
                "rests_on": rests_on,
            })
        };
        let mut undetermined = finding("k-2", "undetermined", json!(["assignment:0", "resource:1", "gap:0"]));
        undetermined["evidence"] = json!([]);
        undetermined["reason"] = json!("/rotation: denied, kms:GetKeyRotationStatus");
        let mut accepted = finding("k-1", "deviates", json!(["assignment:1", "derived:0"]));
        accepted["control"] = json!("AC-USE");
        accepted["acceptance"] = json!("acceptance:0");
        let records = vec![
            (
                RecordType::Run,
                json!({
                    "id": id, "tool": {"name": "witnessmark", "version": "0.1.0", "sha256": Digest::of(b"program")},
                    "assessment": 1, "clock": "system", "started": time(0), "finished": time(60_000),
                    "plan": Digest::of(b"plan"), "purpose": "readiness", "status": "partial", "overrides": [],
                }),
            ),
            (
                RecordType::Host,
                json!({
                    "user": "witness", "name": "collector-1", "os": "Linux",
                    "identities": [{"target": "aws-prod", "collector": "aws-kms", "caller": "arn:aws:sts::111122223333:assumed-role/witnessmark/run", "found": "111122223333"}],
                }),
            ),
            (
                RecordType::Declaration,
                json!({
                    "path": "witnessmark.yaml", "size": raw[&0].len(), "sha256": Digest::of(&raw[&0]), "raw": 0,
                }),
            ),
            (
                RecordType::Check,
                json!({
                    "id": "aws-kms/key-rotates", "role": "check", "sha256": Digest::of(check.as_bytes()),
                    "provenance": "stock", "text": check,
                }),
            ),
            (
                RecordType::Acceptance,
                json!({
                    "id": "AC-7",
                    "covers": {"deviation": {"control": "AC-USE", "check": "aws-kms/key-rotates", "subject": "k-1"}},
                    "reason": "signed by hand until the new module is there",
                    "approved_by": "Chief Information Security Officer",
                    "approved": "2020-01-01", "expires": "2099-12-31",
                }),
            ),
            (
                RecordType::Assignment,
                json!({
                    "control": "AC-ROT", "check": "aws-kms/key-rotates", "targets": ["aws-prod"],
                    "parameters": {"max_days": 365}, "weaker": [], "declared": {}, "now": time(0),
                }),
            ),
            (
                RecordType::Assignment,
                json!({
                    "control": "AC-USE", "check": "aws-kms/key-is-usable", "targets": ["aws-prod"],
                    "parameters": {}, "weaker": [], "declared": {}, "now": time(0),
                }),
            ),
            (RecordType::Route, json!({"target": "aws-prod", "collector": "aws-kms"})),
            (
                RecordType::Peer,
                json!({"sha256": Peer::digest([&b"chain"[..]]), "certificates": [Certificate(b"chain".to_vec())]}),
            ),
            (RecordType::Exchange, exchange("kms:ListKeys", 200, None)),
            (RecordType::Exchange, exchange("kms:GetKeyRotationStatus", 200, None)),
            (RecordType::Exchange, exchange("kms:GetKeyRotationStatus", 400, Some("AccessDeniedException"))),
            (RecordType::Exchange, exchange("sts:AssumeRole", 200, None)),
            (RecordType::Params, json!({"exchange": "exchange:0", "parameters": {}})),
            (
                RecordType::Params,
                json!({
                    "exchange": "exchange:1", "subject": {"kind": "aws-kms/key", "id": "k-1"}, "parameters": {"KeyId": "k-1"},
                }),
            ),
            (RecordType::Body, body(0, 1)),
            (RecordType::Body, body(1, 2)),
            (RecordType::Body, body(2, 3)),
            (RecordType::Body, json!({"exchange": "exchange:3", "size": 900, "withheld": "credential-bearing"})),
            (
                RecordType::Coverage,
                json!({
                    "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1",
                    "calls": 1, "pages": 1, "items": 2, "complete": true,
                    "total": {"count": 2, "from": at(0)},
                }),
            ),
            (
                RecordType::Coverage,
                json!({
                    "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/roster",
                    "calls": 0, "pages": 0, "items": 1, "complete": true,
                }),
            ),
            (
                RecordType::Gap,
                json!({
                    "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1",
                    "subject": {"kind": "aws-kms/key", "id": "k-2"}, "part": "rotation",
                    "right": "kms:GetKeyRotationStatus", "reason": "denied",
                    "detail": "AccessDeniedException", "exchange": "exchange:2",
                }),
            ),
            (
                RecordType::Resource,
                json!({
                    "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1",
                    "kind": "aws-kms/key", "id": "k-1", "parts": {"rotation": [at(1)], "id": [at(0)]},
                    "facts": {"id": "k-1", "rotation": {"enabled": true}},
                }),
            ),
            (
                RecordType::Resource,
                json!({
                    "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/key@eu-west-1",
                    "kind": "aws-kms/key", "id": "k-2", "parts": {"id": [at(0)]},
                    "facts": {"id": "k-2"},
                }),
            ),
            (
                RecordType::Derived,
                json!({
                    "target": "aws-prod", "collector": "aws-kms", "population": "aws-kms/roster",
                    "kind": "aws-kms/roster", "id": "roster", "inputs": ["resource:0", "resource:1"],
                    "facts": {"users": []},
                }),
            ),
            (RecordType::Finding, finding("k-1", "conforms", json!(["assignment:0", "resource:0"]))),
            (RecordType::Finding, undetermined),
            (RecordType::Finding, accepted),
            (
                RecordType::Control,
                json!({
                    "id": "AC-ROT", "title": "Keys rotate", "requirements": ["ccss-9.0:1.01.1.1"], "outcome": "undetermined",
                    "counts": {"conforms": 1, "deviates": 0, "undetermined": 1, "not_applicable": 0, "accepted": 0},
                    "observe": {"every_seconds": 86_400},
                }),
            ),
            (
                RecordType::Control,
                json!({
                    "id": "AC-USE", "title": "Keys are usable", "requirements": [], "outcome": "deviates",
                    "counts": {"conforms": 0, "deviates": 1, "undetermined": 0, "not_applicable": 0, "accepted": 1},
                }),
            ),
            (
                RecordType::Control,
                json!({
                    "id": "AC-ROOM", "title": "The room is locked", "requirements": [],
                    "counts": {"conforms": 0, "deviates": 0, "undetermined": 0, "not_applicable": 0, "accepted": 0},
                }),
            ),
        ];
        Self {
            records,
            raw,
            respell: Vec::new(),
            metadata: Metadata {
                kind: Kind::Run,
                bundle: id,
                entity: "Northbank Custody Ltd".into(),
                system: "hot-wallet".into(),
                tool: Tool { version: "0.1.0".into(), sha256: Digest::of(b"program") },
                started: time(0),
                finished: time(60_000),
                status: RunStatus::Partial,
                rehearsal: vec![],
                challenge: None,
                summary: Summary { conforms: 1, deviates: 1, undetermined: 1, not_applicable: 0, accepted: 1, gaps: 1 },
                plan: None,
            },
        }
    }

    /// A person's record with two attachments, of one of which the digest alone is sealed.
    #[must_use]
    pub fn recorded(index: u64) -> Self {
        let mut story = Self::usual(index);
        let (form, photo) = (b"id: REC-1\nmethod: observe\n", b"a photograph");
        story.records.retain(|(kind, _)| matches!(kind, RecordType::Run | RecordType::Host));
        story.change(RecordType::Run, 0, |run| run["status"] = json!("complete"));
        story.change(RecordType::Host, 0, |host| host["identities"] = json!([]));
        story.raw = BTreeMap::from([(0, form.to_vec()), (1, photo.to_vec())]);
        for (raw, path) in [(0, "observation.yaml"), (1, "photo.jpg")] {
            let bytes = &story.raw[&raw];
            let file = json!({"path": path, "size": bytes.len(), "sha256": Digest::of(bytes), "raw": raw});
            story.records.push((RecordType::Declaration, file));
        }
        let recorded = json!({
            "id": "REC-1", "method": "observe", "about": [{"control": "AC-ROOM"}], "by": "Jane Doe", "role": "auditor",
            "on": "2026-11-22", "done_on": "2026-11-21", "expires": "2027-11-22", "says": "supports",
            "text": "two people opened the safe, each with a key of their own",
            "attachments": [
                {"name": "notes.pdf", "size": 900, "sha256": Digest::of(b"notes")},
                {"name": "photo.jpg", "size": photo.len(), "sha256": Digest::of(photo), "declaration": "declaration:1"},
            ],
        });
        story.records.push((RecordType::Recorded, recorded));
        story.metadata.kind = Kind::Record;
        story.metadata.status = RunStatus::Complete;
        story.metadata.summary = Summary::default();
        story
    }

    /// The same, as a rehearsal with these overrides.
    #[must_use]
    pub fn rehearsed(mut self, overrides: &[Override]) -> Self {
        self.metadata.rehearsal = overrides.to_vec();
        self.change(RecordType::Run, 0, |run| run["overrides"] = serde_json::to_value(overrides).unwrap());
        self
    }

    /// Spells one line otherwise than the writer does.
    pub fn respell(&mut self, kind: RecordType, ordinal: usize, from: &str, to: &str) {
        self.respell.push(Respelling { kind, ordinal, from: from.to_owned(), to: to.to_owned() });
    }

    /// Puts one more record before the one with this ordinal of its type.
    pub fn insert(&mut self, kind: RecordType, ordinal: usize, body: Value) {
        let at = self.records.iter().enumerate().filter(|(_, (t, _))| *t == kind).nth(ordinal).map(|(at, _)| at);
        let end = self.records.iter().position(|(t, _)| *t > kind).unwrap_or(self.records.len());
        self.records.insert(at.unwrap_or(end), (kind, body));
    }

    /// Changes what two records say of each other's places.
    pub fn swap(&mut self, kind: RecordType, one: usize, other: usize) {
        let places: Vec<usize> =
            self.records.iter().enumerate().filter(|(_, (t, _))| *t == kind).map(|(at, _)| at).collect();
        self.records.swap(places[one], places[other]);
    }

    /// The same, as a run that failed.
    #[must_use]
    pub fn failed(mut self) -> Self {
        self.metadata.status = RunStatus::Failed;
        self.change(RecordType::Run, 0, |run| {
            run["status"] = json!("failed");
            run["failure"] = json!("the disk is full");
        });
        self
    }

    /// The same, with the acceptance `AC-7` signed: what covers its one accepted finding, as this run has it, after `change`.
    #[must_use]
    pub fn approved(mut self, approver: &Ed25519Signer, change: impl FnOnce(&mut Approval)) -> Self {
        let mut approval = Approval {
            witnessmark_acceptance: Approval::version(),
            id: "AC-7".into(),
            entity: self.metadata.entity.clone(),
            system: self.metadata.system.clone(),
            covers: Covers::Deviation {
                control: "AC-USE".into(),
                check: "aws-kms/key-rotates".into(),
                subject: "k-1".into(),
                target: None,
            },
            targets: vec![ApprovedTarget {
                target: "aws-prod".into(),
                found: vec!["111122223333".into()],
                programs: Vec::new(),
                parameters: Some(Digest::of(b"{}")),
            }],
            check: Some(check_digest([("aws-kms/key-rotates", &self.check_of("aws-kms/key-rotates"))])),
            reason: "signed by hand until the new module is there".into(),
            approved_by: "Chief Information Security Officer".into(),
            approved: "2020-01-01".into(),
            expires: "2099-12-31".into(),
        };
        change(&mut approval);
        let payload = approval.render().unwrap().into_bytes();
        let signature = approver.sign(&SignedApproval::pae(&payload)).unwrap();
        let file = SignedApproval { payload: payload.clone(), signature }.render().into_bytes();
        // The use of the check that found what is accepted.
        self.change(RecordType::Assignment, 1, |record| record["check"] = json!("aws-kms/key-rotates"));
        self.change(RecordType::Acceptance, 0, |record| record["payload"] = json!(Digest::of(&payload)));
        self.change(RecordType::Declaration, 0, |record| {
            record["path"] = json!("acceptances/AC-7.sig");
            record["size"] = json!(file.len());
            record["sha256"] = json!(Digest::of(&file));
        });
        self.raw.insert(0, file);
        self
    }

    /// The same, with one more declared file.
    pub fn declared(&mut self, path: &str, bytes: Vec<u8>) {
        let count = self.records.iter().filter(|(kind, _)| *kind == RecordType::Declaration).count() as u64;
        // It stands behind the others, and its raw file before those of the bodies.
        let bodies = self.raw.split_off(&count);
        self.raw.extend(bodies.into_iter().map(|(raw, kept)| (raw + 1, kept)));
        for (kind, record) in &mut self.records {
            if let (RecordType::Body, Some(raw)) = (*kind, record["raw"].as_u64()) {
                record["raw"] = json!(raw + 1);
            }
        }
        let file = json!({"path": path, "size": bytes.len(), "sha256": Digest::of(&bytes), "raw": count});
        self.raw.insert(count, bytes);
        let last = self.records.iter().rposition(|(kind, _)| *kind == RecordType::Declaration).unwrap();
        self.records.insert(last + 1, (RecordType::Declaration, file));
    }

    /// The digest of a check's text.
    fn check_of(&self, id: &str) -> Digest {
        let record =
            self.records.iter().find(|(kind, record)| *kind == RecordType::Check && record["id"] == id).unwrap();
        record.1["sha256"].as_str().unwrap().parse().unwrap()
    }

    /// Changes one record before it is sealed.
    pub fn change(&mut self, kind: RecordType, ordinal: usize, change: impl FnOnce(&mut Value)) {
        let record = self.records.iter_mut().filter(|(t, _)| *t == kind).nth(ordinal).unwrap();
        change(&mut record.1);
    }

    /// Writes the records with salts that depend on index and line alone.
    fn write(&self, index: u64) -> (bundle::writer::WrittenRecords, Vec<u8>, Vec<u8>) {
        let mut line = 0_u64;
        let mut writer = RecordWriter::new(Vec::new(), Vec::new(), |salt: &mut [u8; 16]| {
            let seed = Digest::of(format!("{index}/{line}").as_bytes());
            salt.copy_from_slice(&seed.as_bytes()[..16]);
            line += 1;
            Ok(())
        });
        for (kind, body) in &self.records {
            writer.push_json(*kind, &spelled(*kind, body)).unwrap();
        }
        let (written, records, leaves) = writer.finish().unwrap();
        if self.respell.is_empty() { (written, records, leaves) } else { self.respelled(written, records) }
    }

    /// Hashes the lines once more, with what is to be spelled otherwise in them.
    fn respelled(
        &self,
        written: bundle::writer::WrittenRecords,
        records: Vec<u8>,
    ) -> (bundle::writer::WrittenRecords, Vec<u8>, Vec<u8>) {
        let mut lines: Vec<String> = String::from_utf8(records).unwrap().lines().map(str::to_owned).collect();
        for Respelling { kind, ordinal, from, to } in &self.respell {
            let segment = written.segments.iter().find(|segment| segment.t == *kind).unwrap();
            let line = &mut lines[segment.first as usize + ordinal];
            assert!(line.contains(from.as_str()), "`{from}` is not in {line}");
            *line = line.replacen(from.as_str(), to, 1);
        }
        let mut tree = ledger::CompactRange::new();
        let mut leaves = String::new();
        for line in &lines {
            let leaf = ledger::leaf_hash(line.as_bytes());
            tree.append(leaf);
            leaves.push_str(&format!("{leaf}\n"));
        }
        let records = (lines.join("\n") + "\n").into_bytes();
        let leaves = leaves.into_bytes();
        let written = bundle::writer::WrittenRecords {
            root: tree.root(),
            records_sha256: Digest::of(&records),
            leaves_sha256: Digest::of(&leaves),
            ..written
        };
        (written, records, leaves)
    }
}

/// A record as the writer spells it; as it is, where a test wants none that the writer would write.
fn spelled(kind: RecordType, body: &Value) -> Vec<u8> {
    use model::record as r;
    fn through<T: serde::de::DeserializeOwned + serde::Serialize>(body: &Value) -> Vec<u8> {
        // By its text: what is kept as it is spelled cannot be taken out of a value.
        let text = body.to_string();
        serde_json::from_str::<T>(&text).map_or(text.into_bytes(), |record| serde_json::to_vec(&record).unwrap())
    }
    match kind {
        RecordType::Run => through::<r::Run>(body),
        RecordType::Host => through::<r::Host>(body),
        RecordType::Declaration => through::<r::Declaration>(body),
        RecordType::Check => through::<r::Check>(body),
        RecordType::Acceptance => through::<r::Acceptance>(body),
        RecordType::Assignment => through::<r::Assignment>(body),
        RecordType::Route => through::<r::Route>(body),
        RecordType::Peer => through::<r::Peer>(body),
        RecordType::Exchange => through::<r::Exchange>(body),
        RecordType::Params => through::<r::Params>(body),
        RecordType::Body => through::<r::Body>(body),
        RecordType::Coverage => through::<r::Coverage>(body),
        RecordType::Gap => through::<r::Gap>(body),
        RecordType::Resource => through::<r::Resource>(body),
        RecordType::Derived => through::<r::Derived>(body),
        RecordType::Recorded => through::<r::Recorded>(body),
        RecordType::Finding => through::<r::Finding>(body),
        RecordType::Control => through::<r::Control>(body),
    }
}

/// The tar of these files.
#[must_use]
pub fn tar(files: &Files) -> Vec<u8> {
    let mut tar = TarWriter::new(Vec::new());
    for (entry, bytes) in files {
        tar.append(entry.clone(), bytes.len() as u64, bytes.as_slice()).unwrap();
    }
    tar.finish().unwrap()
}

/// Writes the files into a folder.
pub fn unpack(files: &Files, folder: &std::path::Path) {
    for (entry, bytes) in files {
        let path = folder.join(entry.path());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
}

/// The public key of a signer.
#[must_use]
pub fn public(signer: &Ed25519Signer) -> PublicKey {
    PublicKey::from_spki_der(&signer.public_spki_der()).unwrap()
}
