//! A small ledger of sealed bundles with fixed keys, clock and salts, made in memory.

use std::collections::BTreeMap;

use ledger::{LogKey, Tile, TileHashes};
use model::record::{Override, RunStatus};
use model::{Digest, RecordType};
use sign::{Ed25519Signer, Signer as _};
use witnessmark_bundle::PublicKey;
use witnessmark_bundle::seal::{self, Metadata};
use witnessmark_bundle::sigstore::{Position, SealedStatement};
use witnessmark_bundle::statement::{Chain, Kind, Summary, Tool};
use witnessmark_bundle::writer::RecordWriter;

pub const ORIGIN: &str = "northbank.example/hot-wallet";

pub struct Sealed {
    pub sealed: SealedStatement,
    pub records: Vec<u8>,
    pub leaves: Vec<u8>,
    pub raw: Vec<Vec<u8>>,
}

/// A ledger's files by path below `ledger/`, and its bundles.
pub struct Ledger {
    pub collector: Ed25519Signer,
    pub log: Ed25519Signer,
    pub files: BTreeMap<String, Vec<u8>>,
    pub bundles: Vec<Sealed>,
    pub root: Digest,
}

impl Ledger {
    pub fn new() -> Self {
        Self {
            collector: Ed25519Signer::from_seed(&[1; 32]),
            log: Ed25519Signer::from_seed(&[2; 32]),
            files: BTreeMap::new(),
            bundles: Vec::new(),
            root: ledger::empty_root(),
        }
    }

    pub fn log_key(&self) -> LogKey {
        LogKey::new(ORIGIN, public(&self.log)).unwrap()
    }

    pub fn size(&self) -> u64 {
        self.bundles.len() as u64
    }

    /// Seals one more bundle.
    pub fn seal(&mut self) {
        let index = self.size();
        let mut salt = 0_u8;
        let mut writer = RecordWriter::new(Vec::new(), Vec::new(), |bytes: &mut [u8; 16]| {
            salt = salt.wrapping_add(1);
            *bytes = [salt; 16];
            Ok(())
        });
        writer.push(RecordType::Run, &serde_json::json!({"id": format!("run-{index}")})).unwrap();
        let raw = vec![format!("answer {index}").into_bytes(), Vec::new()];
        for page in 0..raw.len() {
            writer.push(RecordType::Exchange, &serde_json::json!({"page": page})).unwrap();
        }
        for (ordinal, body) in raw.iter().enumerate() {
            let body = serde_json::json!({
                "exchange": format!("exchange:{ordinal}"),
                "size": body.len(),
                "sha256": Digest::of(body),
                "raw": ordinal,
            });
            writer.push(RecordType::Body, &body).unwrap();
        }
        for gap in 0..3 {
            writer.push(RecordType::Gap, &serde_json::json!({"detail": gap})).unwrap();
        }
        let (written, records, leaves) = writer.finish().unwrap();
        let metadata = Metadata {
            kind: Kind::Run,
            bundle: format!("run-{index}"),
            entity: "Northbank Custody Ltd".into(),
            system: "hot-wallet".into(),
            tool: Tool { version: "0.1.0".into(), sha256: Digest::of(b"program") },
            started: "2026-11-21T10:06:50.120Z".parse().unwrap(),
            finished: "2026-11-21T10:07:50.120Z".parse().unwrap(),
            status: RunStatus::Partial,
            rehearsal: vec![Override::Replay, Override::Clock],
            challenge: Some("auditor's <nonce> & \u{e4}".into()),
            summary: Summary { gaps: 3, ..Summary::default() },
            plan: None,
        };
        let chain = Chain {
            origin: ORIGIN.into(),
            index,
            prior_size: index,
            prior_root: self.root,
            previous_statement: self.bundles.last().map(|last| last.sealed.envelope.statement_sha256()),
            every_seconds: Some(86_400),
        };
        let unsigned = seal::statement(&written, metadata, chain).unwrap();
        let signature = self.collector.sign(&unsigned.to_sign()).unwrap();
        let signed = unsigned.signed(public(&self.collector), signature);

        let entry = signed.entry_body();
        let files = &self.files;
        let appended = ledger::append(index, &[&entry], |path: &str| files.get(path).cloned().ok_or(path.to_owned()))
            .unwrap()
            .unwrap();
        self.files.extend(appended.files);
        self.root = appended.root;

        let key = self.log_key();
        let head = key.sigstore_checkpoint(appended.size, appended.root);
        let signature = self.log.sign(head.body().as_bytes()).unwrap();
        let checkpoint = key.sigstore_note(appended.size, appended.root, &signature).unwrap();
        let sealed = signed.at(Position {
            index,
            tree_size: appended.size,
            root: appended.root,
            proof: self.inclusion(index, appended.size),
            checkpoint,
            log_id: key.log_id(),
        });
        self.bundles.push(Sealed { sealed, records, leaves, raw });
    }

    /// The proof from `older` to the newest head.
    pub fn consistency(&self, older: u64) -> Vec<Digest> {
        let mut source =
            TileHashes::new(self.size(), |tile: &Tile| self.files.get(&tile.path()).cloned().ok_or(tile.path()));
        ledger::consistency_proof(older, self.size(), &mut source).unwrap().unwrap()
    }

    pub fn inclusion(&self, index: u64, size: u64) -> Vec<Digest> {
        let mut source = TileHashes::new(size, |tile: &Tile| self.files.get(&tile.path()).cloned().ok_or(tile.path()));
        ledger::inclusion_proof(index, size, &mut source).unwrap().unwrap()
    }
}

pub fn public(signer: &Ed25519Signer) -> PublicKey {
    PublicKey::from_spki_der(&signer.public_spki_der()).unwrap()
}
