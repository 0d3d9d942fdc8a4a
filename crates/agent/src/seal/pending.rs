//! From a reserved index to a published bundle. Every step can be repeated, and is, when a run was
//! killed after it.

use bundle::layout;
use bundle::seal::Unsigned;
use bundle::sigstore::{Envelope, SealedStatement, entry_body};
use bundle::statement::{Kind, Statement};
use bundle::trust::{Role, Spki};
use model::Digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{RunId, Store, StoreError};
use verify::VerifiedBundle;

use super::error::SealError;
use super::head::{Head, damaged};
use super::proof::{self, Proven, Published};
use super::sealer::{Sealer, public_key};
use super::session::{Intent, Sealed};

/// Longest file of ours in `pending/`.
const LIMIT: u64 = 64 * 1024;

/// The statement for an index, before it is signed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reserved {
    run: String,
    /// The statement's bytes as text.
    statement: String,
    /// Where machines share a store: the digest of what was prepared, which lies there, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Digest>,
}

/// The signature for an index.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    run: String,
    signer: Spki,
    /// The envelope's bytes as text.
    envelope: String,
    /// As in what was reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Digest>,
}

pub(super) fn write_intent(store: &dyn Store, run: &RunId, intent: &Intent) -> Result<(), SealError> {
    let path = intent_path(run);
    let bytes = to_json(store, &path, intent)?;
    Ok(store.create(&[(&path, &bytes)])?)
}

pub(super) fn read_intent(store: &dyn Store, run: &RunId) -> Result<Option<Intent>, SealError> {
    read_json(store, &intent_path(run))
}

fn intent_path(run: &RunId) -> String {
    format!("{}/{run}/intent.json", layout::PENDING)
}

fn reserved_path(index: u64) -> String {
    format!("{}/{index}.reserved.json", layout::PENDING)
}

fn signed_path(index: u64) -> String {
    format!("{}/{index}.signed.json", layout::PENDING)
}

impl Sealer<'_> {
    /// Completes every bundle that has a place in the ledger and is not published. A person's record that they have not signed, and
    /// that our key may not sign, gives its place free: it is dropped, and its intent given.
    pub(super) fn complete_all(&self, head: &mut Head<'_>) -> Result<(Vec<Sealed>, Vec<Intent>), SealError> {
        let (mut completed, mut dropped) = (Vec::new(), Vec::new());
        for index in self.pending()? {
            if self.left_to_others(head, index)? {
                continue;
            }
            match self.waits_for(index)? {
                Some(Kind::Record) => dropped.extend(self.give_free(index)?),
                // One of the collector's is never given free: who signs it next is the collector.
                Some(_) => return Err(SealError::RunWaits { index }),
                None => match self.complete(head, index, None) {
                    Ok((sealed, _)) => completed.push(sealed),
                    // Whoever has it is quicker.
                    Err(error) => {
                        if !self.left_to_others(head, index)? {
                            return Err(error);
                        }
                    }
                },
            }
        }
        Ok((completed, dropped))
    }

    /// The same for those that are signed already, and for the others where our key may sign: one that no one here can sign
    /// waits for its own key, or the one that takes its place.
    pub(super) fn complete_signed(&self, head: &mut Head<'_>) -> Result<(), SealError> {
        for index in self.pending()? {
            if !self.left_to_others(head, index)? && self.waits_for(index)?.is_none() {
                self.complete(head, index, None)?;
            }
        }
        Ok(())
    }

    /// The kind of a bundle that is reserved and not signed, and that our key may not sign.
    fn waits_for(&self, index: u64) -> Result<Option<Kind>, SealError> {
        if self.store.read(&signed_path(index), LIMIT)?.is_some() {
            return Ok(None);
        }
        let path = reserved_path(index);
        let Some(reserved) = read_json::<Reserved>(self.store, &path)? else { return Ok(None) };
        let statement = Statement::parse(reserved.statement.as_bytes())
            .map_err(|e| damaged(self.store, &path, &format!("cannot be read: {e}")))?;
        let kind = statement.predicate.kind;
        Ok(self.check_signer(kind, index).is_err().then_some(kind))
    }

    /// Drops what was reserved for an index and not signed. Another bundle takes the index, signed by another key.
    fn give_free(&self, index: u64) -> Result<Option<Intent>, SealError> {
        let path = reserved_path(index);
        let reserved: Reserved =
            read_json(self.store, &path)?.ok_or_else(|| damaged(self.store, &path, "is missing"))?;
        let run: RunId = reserved.run.parse().map_err(|_| damaged(self.store, &path, "names no run"))?;
        let intent = read_intent(self.store, &run)?;
        self.drop_run(&run)?;
        self.store.remove_pending(&path)?;
        Ok(intent)
    }

    /// Indices that were reserved or signed, and are not done with.
    fn pending(&self) -> Result<Vec<u64>, SealError> {
        let mut indices: Vec<u64> = self
            .store
            .list(layout::PENDING)?
            .iter()
            .filter_map(|name| name.strip_suffix(".reserved.json").or_else(|| name.strip_suffix(".signed.json")))
            .filter_map(|index| index.parse().ok())
            .collect();
        indices.sort_unstable();
        indices.dedup();
        Ok(indices)
    }

    /// Which run has an index that is not done with, and whether it is signed. `None`: nobody.
    pub(super) fn who_has(&self, index: u64) -> Result<Option<(RunId, bool)>, SealError> {
        let signed = read_json::<Signed>(self.store, &signed_path(index))?;
        let (run, is_signed) = match (signed, read_json::<Reserved>(self.store, &reserved_path(index))?) {
            (Some(signed), _) => (signed.run, true),
            (None, Some(reserved)) => (reserved.run, false),
            (None, None) => return Ok(None),
        };
        let run = run.parse().map_err(|_| damaged(self.store, &reserved_path(index), "names no run"))?;
        Ok(Some((run, is_signed)))
    }

    /// Takes back what was reserved for an index and never signed.
    pub(super) fn take_back(&self, index: u64) -> Result<(), SealError> {
        Ok(self.store.remove_pending(&reserved_path(index))?)
    }

    /// Writes down the statement that will be signed for this index, and no other. `false`: another machine has the index.
    pub(super) fn reserve(
        &self,
        run: &RunId,
        index: u64,
        statement: &Unsigned,
        body: Option<Digest>,
    ) -> Result<bool, SealError> {
        let path = reserved_path(index);
        let statement = String::from_utf8(statement.statement().to_vec())
            .map_err(|_| damaged(self.store, &path, "is not UTF-8 text"))?;
        let bytes = to_json(self.store, &path, &Reserved { run: run.to_string(), statement, body })?;
        match self.store.create(&[(&path, &bytes)]) {
            Ok(()) => Ok(true),
            Err(StoreError::Differs { .. }) if self.store.is_shared() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Signs, appends, assembles and publishes what was reserved for this index, as far as that is
    /// not done yet. `before`: what this process has verified of it. Gives what verifying it gave, unless it was published already.
    pub(super) fn complete(
        &self,
        head: &mut Head<'_>,
        index: u64,
        before: Option<&Proven>,
    ) -> Result<(Sealed, Option<VerifiedBundle>), SealError> {
        let path = signed_path(index);
        let signed = match read_json::<Signed>(self.store, &path)? {
            Some(signed) => signed,
            None => self.sign(head, index)?,
        };
        let run: RunId = signed.run.parse().map_err(|_| damaged(self.store, &path, "names no run"))?;
        let envelope = Envelope::parse(signed.envelope.as_bytes())
            .map_err(|e| damaged(self.store, &path, &format!("cannot be read: {e}")))?;
        let statement = Statement::parse(&envelope.statement)
            .map_err(|e| damaged(self.store, &path, &format!("cannot be read: {e}")))?;
        let signer = signed.signer.0;
        let role = Role::for_kind(statement.predicate.kind);
        if !verify::ed25519::verify(signer.as_bytes(), &envelope.pae(), &envelope.signature) {
            return Err(damaged(self.store, &path, "has a wrong signature"));
        }
        if !self.trust.allows(&signer, role, index) {
            return Err(SealError::KeyNotTrusted { key: signer.id(), role: role.as_str(), index });
        }
        if statement.predicate.chain.index != index || statement.predicate.chain.origin != head.origin() {
            return Err(damaged(self.store, &path, "is for another place"));
        }

        let entry = entry_body(&envelope, &signer);
        if index == head.size() {
            if statement.predicate.chain.prior_root != head.root() {
                return Err(damaged(self.store, &path, "continues another ledger"));
            }
            self.append(head, index, &envelope, &entry)?;
        } else if index > head.size() || head.leaf(index)? != ledger::leaf_hash(&entry) {
            return Err(damaged(self.store, &path, "is not what the ledger holds at its index"));
        }

        let mut verified = None;
        let path = layout::bundle(index);
        if !self.store.holds(&path)? {
            let position = head.position(index, |size, root| {
                let body = head.key().sigstore_checkpoint(size, root).body();
                let signature = self.ledger.sign(body.as_bytes())?;
                Ok(head.key().sigstore_note(size, root, &signature)?)
            })?;
            let file = SealedStatement { envelope, signer, position }.render();
            let staged = self.staged(&run, signed.body)?;
            let proven = proof::before_publishing(self.trust, index, file.as_bytes(), &staged, before)?;
            self.store.create_from(&path, &Published::new(file.as_bytes(), &staged, &proven)?)?;
            verified = Some(proven.bundle);
        }
        self.drop_run(&run)?;
        // The signature last: as long as it is there, all of this is repeated.
        self.store.remove_pending(&reserved_path(index))?;
        self.store.remove_pending(&signed_path(index))?;
        let checkpoint = head.text().to_owned();
        let sealed = Sealed { run: run.to_string(), index, statement, checkpoint, dropped: Vec::new() };
        Ok((sealed, verified))
    }

    /// Signs what was reserved, and keeps the signature before anything is done with it.
    fn sign(&self, head: &Head<'_>, index: u64) -> Result<Signed, SealError> {
        let path = reserved_path(index);
        let reserved: Reserved =
            read_json(self.store, &path)?.ok_or_else(|| damaged(self.store, &path, "is missing"))?;
        // The signature goes last when a bundle is done, so this index was never signed.
        if index != head.size() {
            return Err(damaged(self.store, &path, "is not for the ledger's next index"));
        }
        let statement = Statement::parse(reserved.statement.as_bytes())
            .map_err(|e| damaged(self.store, &path, &format!("cannot be read: {e}")))?;
        self.check_signer(statement.predicate.kind, index)?;
        let signer = public_key(self.collector)?;
        let mut envelope = Envelope { statement: reserved.statement.into_bytes(), signature: [0; 64] };
        envelope.signature = self.collector.sign(&envelope.pae())?;
        if !verify::ed25519::verify(signer.as_bytes(), &envelope.pae(), &envelope.signature) {
            return Err(SealError::BadSignature);
        }
        let signed =
            Signed { run: reserved.run, signer: Spki(signer), envelope: envelope.render(), body: reserved.body };
        let path = signed_path(index);
        let bytes = to_json(self.store, &path, &signed)?;
        self.store.create(&[(&path, &bytes)])?;
        Ok(signed)
    }

    /// Puts the entry into the tree and moves the head.
    fn append(&self, head: &mut Head<'_>, index: u64, envelope: &Envelope, entry: &[u8]) -> Result<(), SealError> {
        let appended = head.append(entry)?;
        let statement_path = layout::ledger_statement(index);
        let statement = envelope.render();
        let mut files: Vec<(String, Vec<u8>)> =
            appended.files.into_iter().map(|(path, bytes)| (layout::tile(&path), bytes)).collect();
        files.push((statement_path, statement.into_bytes()));
        let files: Vec<(&str, &[u8])> = files.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
        self.store.create(&files)?;
        let note = self.sign_head(head.key(), appended.size, appended.root)?;
        self.store.replace_head(head.text().as_bytes(), note.as_bytes())?;
        head.advance(appended.size, appended.root, note);
        Ok(self.memory.save(head.text())?)
    }
}

fn to_json<T: Serialize>(store: &dyn Store, path: &str, value: &T) -> Result<Vec<u8>, SealError> {
    serde_json::to_vec(value).map_err(|error| damaged(store, path, &format!("cannot be written: {error}")))
}

fn read_json<T: DeserializeOwned>(store: &dyn Store, path: &str) -> Result<Option<T>, SealError> {
    store
        .read(path, LIMIT)?
        .map(|bytes| {
            serde_json::from_slice(&bytes).map_err(|error| damaged(store, path, &format!("cannot be read: {error}")))
        })
        .transpose()
}
