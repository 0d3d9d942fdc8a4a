//! From written records to `statement.sigstore.json`, in the steps between which others sign and
//! append: statement → (sign) → [`Signed`] → ledger entry → (append) → [`SealedStatement`].

use ledger::PublicKey;
use model::record::{Override, RunStatus};
use model::{Digest, Timestamp};

use crate::sigstore::{Envelope, Position, SealedStatement, entry_body};
use crate::statement::{Chain, Kind, Predicate, Statement, StatementError, Summary, Tool, pae};
use crate::writer::WrittenRecords;

/// What a statement says beside its records and its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    pub kind: Kind,
    /// The run's id.
    pub bundle: String,
    pub entity: String,
    pub system: String,
    pub tool: Tool,
    pub started: Timestamp,
    pub finished: Timestamp,
    pub status: RunStatus,
    /// In any order; the statement has each once, ascending.
    pub rehearsal: Vec<Override>,
    pub challenge: Option<String>,
    pub summary: Summary,
    /// Digest of the resolved plan; where it is given, the statement says with what was judged.
    pub plan: Option<Digest>,
}

/// A rendered statement that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsigned {
    statement: Vec<u8>,
}

/// A statement with its signature, not yet in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    pub envelope: Envelope,
    pub signer: PublicKey,
}

/// The statement about these records at this place.
pub fn statement(written: &WrittenRecords, metadata: Metadata, chain: Chain) -> Result<Unsigned, StatementError> {
    let mut rehearsal = metadata.rehearsal;
    rehearsal.sort_unstable();
    rehearsal.dedup();
    let statement = Statement {
        leaves_sha256: written.leaves_sha256,
        records_sha256: written.records_sha256,
        predicate: Predicate {
            kind: metadata.kind,
            bundle: metadata.bundle,
            entity: metadata.entity,
            system: metadata.system,
            tool: metadata.tool,
            started: metadata.started,
            finished: metadata.finished,
            status: metadata.status,
            rehearsal,
            challenge: metadata.challenge,
            records: written.records(),
            summary: metadata.summary,
            basis: metadata.plan.map(|plan| written.basis.with(plan)),
            chain,
        },
    };
    Ok(Unsigned { statement: statement.render()? })
}

impl Unsigned {
    /// The statement's bytes.
    #[must_use]
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// What the collector's key signs: fewer than 4096 bytes.
    #[must_use]
    pub fn to_sign(&self) -> Vec<u8> {
        pae(&self.statement)
    }

    #[must_use]
    pub fn signed(self, signer: PublicKey, signature: [u8; 64]) -> Signed {
        Signed { envelope: Envelope { statement: self.statement, signature }, signer }
    }
}

impl Signed {
    /// What is appended to the ledger.
    #[must_use]
    pub fn entry_body(&self) -> Vec<u8> {
        entry_body(&self.envelope, &self.signer)
    }

    /// With its place in the ledger: [`SealedStatement::render`] gives the file.
    #[must_use]
    pub fn at(self, position: Position) -> SealedStatement {
        SealedStatement { envelope: self.envelope, signer: self.signer, position }
    }
}
