//! `trust.json`: what an auditor trusts, handed over out of band and never read from inside a
//! bundle. Which key may sign what, at which indices.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{LogKey, PublicKey};
use model::record::ActsFor;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;
use crate::statement::Kind;

/// The one version of this file.
const VERSION: u32 = 1;

/// Trust material of one ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// Version of the file's format: 1.
    pub witnessmark_trust: u32,
    pub ledger: TrustedLedger,
    pub keys: Vec<TrustedKey>,
    /// Time stamping authorities (RFC 3161).
    pub tsa: Vec<TrustedTsa>,
    pub witnesses: Vec<TrustedWitness>,
}

/// The ledger: its name, its key, and the tree sizes at which that key signs heads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedLedger {
    pub origin: String,
    pub spki: Spki,
    pub sizes: Range,
    /// Whose bundles it holds: every statement must name this entity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Of which system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
}

/// A key and what it may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    pub spki: Spki,
    pub role: Role,
    /// Ledger indices at which it signs.
    pub indices: Range,
    /// Whose it is; of keys of the role `record` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
}

/// Whose key it is, as whoever keeps the trust file knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    pub name: String,
    /// For whom they act. What a record says of itself makes nobody an auditor; this does.
    #[serde(rename = "as")]
    pub acts_for: ActsFor,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedTsa {
    pub name: String,
    /// Certificates from the signer's issuer to the root, PEM.
    pub chain: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedWitness {
    pub name: String,
    pub spki: Spki,
}

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Bundles of runs, baselines and announcements of trust: the collector's key.
    Run,
    /// Bundles of people's records, and redactions.
    Record,
    /// Acceptances.
    Approve,
}

/// From and to, both inclusive, `null` for no end: `[0,null]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, Option<u64>)", into = "(u64, Option<u64>)")]
pub struct Range {
    pub from: u64,
    pub to: Option<u64>,
}

/// A public key as base64 of its SubjectPublicKeyInfo's DER.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spki(pub PublicKey);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    #[error("the trust file is longer than {max} bytes")]
    TooLong { max: u64 },
    #[error("the trust file cannot be read: {0}")]
    Json(String),
    #[error("the trust file is of version {found}; this program reads version 1")]
    Version { found: u64 },
    #[error("`{origin}` is not a name for a ledger: 1 to 256 letters, digits and `. _ - /`")]
    Origin { origin: String },
    #[error("a range in the trust file ends before it starts")]
    Range,
    #[error("the trust file lists key {id} with overlapping ranges in the same role")]
    Overlap { id: model::Digest },
    #[error("`{what}` of the ledger is not 1 to 256 bytes without control characters")]
    LedgerOf { what: &'static str },
    #[error("key {id} has a holder, and not the role `record`")]
    HolderOfOther { id: model::Digest },
    #[error("the holder of key {id} has no name of 1 to 256 bytes without control characters")]
    HolderName { id: model::Digest },
    #[error("key {id} is the ledger's key and a signer's key; they must be different keys")]
    SharedKey { id: model::Digest },
    #[error("key {id} is named as {one} and as {other}; a key has one role")]
    TwoRoles { id: model::Digest, one: &'static str, other: &'static str },
}

#[derive(Deserialize)]
struct Versioned {
    witnessmark_trust: u64,
}

impl Trust {
    /// Trust in one ledger from its first entry on, with one collector key.
    pub fn new(origin: &str, ledger: PublicKey, collector: PublicKey) -> Result<Self, TrustError> {
        let trust = Self {
            witnessmark_trust: VERSION,
            ledger: TrustedLedger {
                origin: origin.to_owned(),
                spki: Spki(ledger),
                sizes: Range::from(1),
                entity: None,
                system: None,
            },
            keys: vec![TrustedKey::from_now_on(collector, Role::Run, 0)],
            tsa: Vec::new(),
            witnesses: Vec::new(),
        };
        trust.check()?;
        Ok(trust)
    }

    /// Reads `trust.json`. Unknown members and duplicate keys are refused; layout is free, people
    /// may edit it.
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        if bytes.len() as u64 > limits::TRUST_MAX {
            return Err(TrustError::TooLong { max: limits::TRUST_MAX });
        }
        // Before the rest: a later version may have members that this one does not know.
        if let Ok(Versioned { witnessmark_trust: found }) = serde_json::from_slice(bytes)
            && found != u64::from(VERSION)
        {
            return Err(TrustError::Version { found });
        }
        let trust: Self = serde_json::from_slice(bytes).map_err(|error| TrustError::Json(error.to_string()))?;
        trust.check()?;
        Ok(trust)
    }

    /// The file as it is handed out: two spaces of indentation, a final LF.
    pub fn render(&self) -> Result<String, TrustError> {
        let mut text = serde_json::to_string_pretty(self).map_err(|error| TrustError::Json(error.to_string()))?;
        text.push('\n');
        Ok(text)
    }

    /// The ledger's key under its name.
    pub fn log_key(&self) -> Result<LogKey, TrustError> {
        LogKey::new(&self.ledger.origin, self.ledger.spki.0)
            .map_err(|_| TrustError::Origin { origin: self.ledger.origin.clone() })
    }

    /// Lets one key take the place of others from an index on: `old`, or every key that signs in this role there. What they signed
    /// before stays trusted; of a key that could have signed nothing yet nothing is left. Gives the keys that signed until then.
    pub fn succeed(
        &mut self,
        role: Role,
        old: Option<&PublicKey>,
        new: PublicKey,
        index: u64,
    ) -> Result<Vec<PublicKey>, TrustError> {
        let mut ended = Vec::new();
        let mut holder = None;
        self.keys.retain_mut(|key| {
            let meant = key.role == role && old.is_none_or(|old| key.spki.0 == *old);
            if !meant || key.indices.to.is_some_and(|to| to < index) {
                return true;
            }
            ended.push(key.spki.0);
            holder.clone_from(&key.holder);
            let last = index.checked_sub(1).filter(|last| *last >= key.indices.from);
            key.indices.to = last;
            last.is_some()
        });
        self.keys.push(TrustedKey { holder, ..TrustedKey::from_now_on(new, role, index) });
        self.check()?;
        Ok(ended)
    }

    /// Ends the ledger: no head of more than `size` entries is trusted from now on, and no bundle beyond them.
    pub fn end(&mut self, size: u64) -> Result<(), TrustError> {
        self.ledger.sizes.to = Some(size);
        let last = size.checked_sub(1).ok_or(TrustError::Range)?;
        self.keys.retain_mut(|key| {
            if key.role == Role::Run {
                key.indices.to = Some(key.indices.to.map_or(last, |to| to.min(last)));
            }
            key.indices.to.is_none_or(|to| to >= key.indices.from)
        });
        self.check()
    }

    /// Whether this key may sign in this role at this index.
    #[must_use]
    pub fn allows(&self, key: &PublicKey, role: Role, index: u64) -> bool {
        self.keys
            .iter()
            .any(|trusted| trusted.spki.0 == *key && trusted.role == role && trusted.indices.contains(index))
    }

    /// Whose key it is that signed a person's record at this index, where the file says so.
    #[must_use]
    pub fn holder(&self, key: &model::Digest, index: u64) -> Option<&Holder> {
        let signs =
            |one: &&TrustedKey| one.role == Role::Record && one.indices.contains(index) && one.spki.0.id() == *key;
        self.keys.iter().find(signs).and_then(|one| one.holder.as_ref())
    }

    /// Whether the ledger's key signs heads of this size.
    #[must_use]
    pub fn allows_head(&self, size: u64) -> bool {
        self.ledger.sizes.contains(size)
    }

    /// `trusted_root.json` for cosign.
    pub fn trusted_root(&self) -> Result<String, TrustError> {
        Ok(crate::sigstore::trusted_root(&self.log_key()?))
    }

    fn check(&self) -> Result<(), TrustError> {
        self.log_key()?;
        if self.witnesses.iter().any(|witness| witness.spki == self.ledger.spki) {
            return Err(TrustError::TwoRoles { id: self.ledger.spki.0.id(), one: "ledger", other: "witness" });
        }
        for (what, name) in [("entity", &self.ledger.entity), ("system", &self.ledger.system)] {
            if name.as_deref().is_some_and(|name| !model::is_statement_text(name)) {
                return Err(TrustError::LedgerOf { what });
            }
        }
        let ranges = self.keys.iter().map(|key| key.indices);
        if ranges.chain([self.ledger.sizes]).any(|range| range.is_empty()) {
            return Err(TrustError::Range);
        }
        for (position, key) in self.keys.iter().enumerate() {
            let id = key.spki.0.id();
            if key.spki == self.ledger.spki {
                return Err(TrustError::SharedKey { id });
            }
            // Whatever the indices: who collects and who approves must stay two, also over the years.
            let same = |other: &&TrustedKey| other.spki == key.spki && other.role != key.role;
            if let Some(other) = self.keys.iter().skip(position + 1).find(same) {
                return Err(TrustError::TwoRoles { id, one: key.role.as_str(), other: other.role.as_str() });
            }
            if self.witnesses.iter().any(|witness| witness.spki == key.spki) {
                return Err(TrustError::TwoRoles { id, one: key.role.as_str(), other: "witness" });
            }
            if let Some(holder) = &key.holder {
                if key.role != Role::Record {
                    return Err(TrustError::HolderOfOther { id });
                }
                if !model::is_statement_text(&holder.name) {
                    return Err(TrustError::HolderName { id });
                }
            }
            let overlaps =
                self.keys.iter().skip(position + 1).any(|other| {
                    other.spki == key.spki && other.role == key.role && other.indices.overlaps(&key.indices)
                });
            if overlaps {
                return Err(TrustError::Overlap { id });
            }
        }
        Ok(())
    }
}

impl TrustedKey {
    /// A key that signs in this role from this index on, of nobody in particular.
    #[must_use]
    pub const fn from_now_on(key: PublicKey, role: Role, index: u64) -> Self {
        Self { spki: Spki(key), role, indices: Range::from(index), holder: None }
    }
}

impl Role {
    /// As the trust file spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Record => "record",
            Self::Approve => "approve",
        }
    }

    /// The role in which a statement of this kind is signed.
    #[must_use]
    pub const fn for_kind(kind: Kind) -> Self {
        match kind {
            Kind::Run | Kind::Baseline | Kind::Trust => Self::Run,
            Kind::Record => Self::Record,
        }
    }
}

impl Range {
    /// From here on without end.
    #[must_use]
    pub const fn from(from: u64) -> Self {
        Self { from, to: None }
    }

    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        number >= self.from && self.to.is_none_or(|to| number <= to)
    }

    fn is_empty(&self) -> bool {
        self.to.is_some_and(|to| to < self.from)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.to.is_none_or(|to| to >= other.from) && other.to.is_none_or(|to| to >= self.from)
    }
}

impl From<(u64, Option<u64>)> for Range {
    fn from((from, to): (u64, Option<u64>)) -> Self {
        Self { from, to }
    }
}

impl From<Range> for (u64, Option<u64>) {
    fn from(range: Range) -> Self {
        (range.from, range.to)
    }
}

impl Serialize for Spki {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(self.0.spki_der()))
    }
}

impl<'de> Deserialize<'de> for Spki {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let der = STANDARD.decode(&text).map_err(serde::de::Error::custom)?;
        PublicKey::from_spki_der(&der).map(Self).map_err(serde::de::Error::custom)
    }
}
