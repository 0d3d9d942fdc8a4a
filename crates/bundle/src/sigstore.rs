//! The DSSE envelope, the ledger entry made of it, and `statement.sigstore.json`: a Sigstore bundle
//! v0.3 in one byte template, which stock cosign, sigstore-js and sigstore-rust verify.
//!
//! As with statements, reading means taking the parts out, rendering the file again from them and
//! comparing the bytes. Signatures and proofs are checked by `verify`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{LogKey, PublicKey, SignedCheckpoint};
use model::Digest;
use serde::Deserialize;

use crate::limits;
use crate::statement::PAYLOAD_TYPE;

/// `mediaType` of the file.
pub const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
/// How the media type of any version begins.
const MEDIA_TYPE_START: &str = "application/vnd.dev.sigstore.bundle";
/// `integratedTime` of every entry: it claims no time (cosign 2.5 refuses 0).
pub const INTEGRATED_TIME: u64 = 1;

/// A statement with its one signature over [`crate::statement::pae`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The statement's bytes.
    pub statement: Vec<u8>,
    /// Ed25519, over the pre-authentication encoding.
    pub signature: [u8; 64],
}

/// Where an entry is in the ledger, and the head that proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Index of the entry, counted from 0.
    pub index: u64,
    /// Size of the tree the proof is for.
    pub tree_size: u64,
    /// Root of that tree.
    pub root: Digest,
    /// Inclusion proof, leaf to root.
    pub proof: Vec<Digest>,
    /// The signed head in Sigstore's form (`ledger::LogKey::sigstore_note`).
    pub checkpoint: String,
    /// SHA-256 of the ledger key's SPKI (`ledger::LogKey::log_id`).
    pub log_id: Digest,
}

/// The contents of `statement.sigstore.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedStatement {
    pub envelope: Envelope,
    /// Key of the signature, as the ledger entry names it. Whether it is trusted, `trust` decides.
    pub signer: PublicKey,
    pub position: Position,
}

/// A file signed without a place in the ledger: `redaction.sigstore.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterSigned {
    pub envelope: Envelope,
    /// SHA-256 of the signer's SPKI: says which key to try.
    pub signer_id: Digest,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigstoreError {
    #[error("the file is longer than {max} bytes")]
    TooLong { max: u64 },
    #[error("the file cannot be read: {0}")]
    Json(String),
    #[error("`{field}` is not `{expected}`")]
    Constant { field: &'static str, expected: &'static str },
    #[error("`{0}` is malformed")]
    Field(&'static str),
    #[error("there is not exactly one `{0}`")]
    NotOne(&'static str),
    #[error("the file is not spelled as the format demands")]
    Spelling,
}

impl Envelope {
    /// The envelope's one spelling: `ledger/statements/<index>.json`, and what `envelopeHash` is of.
    #[must_use]
    pub fn render(&self) -> String {
        format!(
            r#"{{"payload":"{}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"{}"}}]}}"#,
            STANDARD.encode(&self.statement),
            STANDARD.encode(self.signature)
        )
    }

    /// Reads `ledger/statements/<index>.json`.
    pub fn parse(bytes: &[u8]) -> Result<Self, SigstoreError> {
        check_length(bytes, limits::ENVELOPE_MAX)?;
        let envelope = from_json::<EnvelopeJson>(bytes)?.read()?;
        respelled(&envelope.render(), bytes)?;
        Ok(envelope)
    }

    /// SHA-256 of the statement's bytes: `previous_statement` of the next one.
    #[must_use]
    pub fn statement_sha256(&self) -> Digest {
        Digest::of(&self.statement)
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn pae(&self) -> Vec<u8> {
        crate::statement::pae(&self.statement)
    }
}

/// The ledger's entry for an envelope signed by `signer`: a Rekor v1 `dsse 0.0.1` body. Its
/// `ledger::leaf_hash` is the leaf.
#[must_use]
pub fn entry_body(envelope: &Envelope, signer: &PublicKey) -> Vec<u8> {
    format!(
        concat!(
            r#"{{"apiVersion":"0.0.1","kind":"dsse","spec":{{"#,
            r#""envelopeHash":{{"algorithm":"sha256","value":"{}"}},"#,
            r#""payloadHash":{{"algorithm":"sha256","value":"{}"}},"#,
            r#""signatures":[{{"signature":"{}","verifier":"{}"}}]}}}}"#
        ),
        Digest::of(envelope.render().as_bytes()),
        envelope.statement_sha256(),
        STANDARD.encode(envelope.signature),
        STANDARD.encode(signer.pem()),
    )
    .into_bytes()
}

impl SealedStatement {
    /// The ledger's entry of this statement.
    #[must_use]
    pub fn entry_body(&self) -> Vec<u8> {
        entry_body(&self.envelope, &self.signer)
    }

    /// The checkpoint of the position, read but not verified.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, ledger::CheckpointError> {
        SignedCheckpoint::parse(&self.position.checkpoint)
    }

    /// The file's one spelling: sorted keys, no spaces.
    #[must_use]
    pub fn render(&self) -> String {
        let position = &self.position;
        let hashes: Vec<String> =
            position.proof.iter().map(|hash| format!("\"{}\"", STANDARD.encode(hash.as_bytes()))).collect();
        format!(
            concat!(
                r#"{{"dsseEnvelope":{envelope},"mediaType":"{media_type}","#,
                r#""verificationMaterial":{{"publicKey":{{"hint":"{hint}"}},"tlogEntries":[{{"#,
                r#""canonicalizedBody":"{body}","#,
                r#""inclusionProof":{{"checkpoint":{{"envelope":{checkpoint}}},"hashes":[{hashes}],"#,
                r#""logIndex":"{index}","rootHash":"{root}","treeSize":"{size}"}},"#,
                r#""integratedTime":"{time}","kindVersion":{{"kind":"dsse","version":"0.0.1"}},"#,
                r#""logId":{{"keyId":"{log_id}"}},"logIndex":"{index}"}}]}}}}"#
            ),
            envelope = self.envelope.render(),
            media_type = MEDIA_TYPE,
            hint = STANDARD.encode(self.signer.id().as_bytes()),
            body = STANDARD.encode(self.entry_body()),
            checkpoint = json_string(&position.checkpoint),
            hashes = hashes.join(","),
            index = position.index,
            root = STANDARD.encode(position.root.as_bytes()),
            size = position.tree_size,
            time = INTEGRATED_TIME,
            log_id = STANDARD.encode(position.log_id.as_bytes()),
        )
    }

    /// Reads `statement.sigstore.json`. The parts are well-formed and every derived byte of the file
    /// (hint, entry body, hashes) agrees with them; nothing is verified.
    pub fn parse(bytes: &[u8]) -> Result<Self, SigstoreError> {
        check_length(bytes, limits::STATEMENT_FILE_MAX)?;
        let file: FileJson = from_json(bytes)?;
        constant("mediaType", &file.media_type, MEDIA_TYPE)?;
        let [entry] = file.verification_material.tlog_entries.as_slice() else {
            return Err(SigstoreError::NotOne("tlogEntries"));
        };
        let body: EntryJson = from_json(&decode("canonicalizedBody", &entry.canonicalized_body)?)?;
        let [signature] = body.spec.signatures.as_slice() else {
            return Err(SigstoreError::NotOne("spec.signatures"));
        };
        let pem = String::from_utf8(decode("verifier", &signature.verifier)?)
            .map_err(|_| SigstoreError::Field("verifier"))?;
        let proof = &entry.inclusion_proof;
        if proof.hashes.len() > ledger::max_proof_length() {
            return Err(SigstoreError::Field("hashes"));
        }
        let sealed = Self {
            envelope: file.dsse_envelope.read()?,
            signer: PublicKey::from_pem(&pem).map_err(|_| SigstoreError::Field("verifier"))?,
            position: Position {
                index: decimal("logIndex", &entry.log_index)?,
                tree_size: decimal("treeSize", &proof.tree_size)?,
                root: digest("rootHash", &proof.root_hash)?,
                proof: proof.hashes.iter().map(|hash| digest("hashes", hash)).collect::<Result<_, _>>()?,
                checkpoint: proof.checkpoint.envelope.clone(),
                log_id: digest("keyId", &entry.log_id.key_id)?,
            },
        };
        respelled(&sealed.render(), bytes)?;
        Ok(sealed)
    }
}

impl CounterSigned {
    /// The file's one spelling.
    #[must_use]
    pub fn render(&self) -> String {
        format!(
            concat!(
                r#"{{"dsseEnvelope":{},"mediaType":"{}","#,
                r#""verificationMaterial":{{"publicKey":{{"hint":"{}"}}}}}}"#
            ),
            self.envelope.render(),
            MEDIA_TYPE,
            STANDARD.encode(self.signer_id.as_bytes())
        )
    }

    /// Reads `redaction.sigstore.json`; verifies nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, SigstoreError> {
        check_length(bytes, limits::STATEMENT_FILE_MAX)?;
        let file: CounterSignedJson = from_json(bytes)?;
        constant("mediaType", &file.media_type, MEDIA_TYPE)?;
        let signed = Self {
            envelope: file.dsse_envelope.read()?,
            signer_id: digest("hint", &file.verification_material.public_key.hint)?,
        };
        respelled(&signed.render(), bytes)?;
        Ok(signed)
    }
}

/// The envelope in a Sigstore bundle of another version than [`MEDIA_TYPE`]: all that is read of one. Whether it is signed says
/// whether someone made it or it is garbage.
#[must_use]
pub fn of_another_version(bytes: &[u8]) -> Option<(String, Envelope)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Other {
        media_type: String,
        dsse_envelope: EnvelopeJson,
    }
    let other: Other = serde_json::from_slice(bytes).ok()?;
    if !other.media_type.starts_with(MEDIA_TYPE_START) || other.media_type == MEDIA_TYPE {
        return None;
    }
    let envelope = other.dsse_envelope.read().ok()?;
    Some((other.media_type, envelope))
}

/// `trusted_root.json` for cosign: the ledger as the one trusted transparency log.
#[must_use]
pub fn trusted_root(ledger: &LogKey) -> String {
    format!(
        concat!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1","#,
            r#""tlogs":[{{"baseUrl":"https://{name}","hashAlgorithm":"SHA2_256","#,
            r#""logId":{{"keyId":"{log_id}"}},"#,
            r#""publicKey":{{"keyDetails":"PKIX_ED25519","rawBytes":"{spki}","#,
            r#""validFor":{{"start":"1970-01-01T00:00:00Z"}}}}}}]}}"#,
            "\n"
        ),
        name = ledger.name(),
        log_id = STANDARD.encode(ledger.log_id().as_bytes()),
        spki = STANDARD.encode(ledger.public_key().spki_der()),
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FileJson {
    dsse_envelope: EnvelopeJson,
    media_type: String,
    verification_material: MaterialJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct MaterialJson {
    #[serde(rename = "publicKey")]
    _public_key: HintJson,
    tlog_entries: Vec<TlogEntryJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CounterSignedJson {
    dsse_envelope: EnvelopeJson,
    media_type: String,
    verification_material: CounterMaterialJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct CounterMaterialJson {
    public_key: HintJson,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HintJson {
    hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct EnvelopeJson {
    payload: String,
    payload_type: String,
    signatures: Vec<SigJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SigJson {
    sig: String,
}

/// Members that follow from others are only named here: the comparison of bytes checks them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct TlogEntryJson {
    canonicalized_body: String,
    inclusion_proof: ProofJson,
    #[serde(rename = "integratedTime")]
    _integrated_time: String,
    #[serde(rename = "kindVersion")]
    _kind_version: KindVersionJson,
    log_id: LogIdJson,
    log_index: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ProofJson {
    checkpoint: CheckpointJson,
    hashes: Vec<String>,
    #[serde(rename = "logIndex")]
    _log_index: String,
    root_hash: String,
    tree_size: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckpointJson {
    envelope: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindVersionJson {
    #[serde(rename = "kind")]
    _kind: String,
    #[serde(rename = "version")]
    _version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LogIdJson {
    key_id: String,
}

#[derive(Deserialize)]
struct EntryJson {
    spec: EntrySpecJson,
}

#[derive(Deserialize)]
struct EntrySpecJson {
    signatures: Vec<EntrySignatureJson>,
}

#[derive(Deserialize)]
struct EntrySignatureJson {
    verifier: String,
}

impl EnvelopeJson {
    fn read(&self) -> Result<Envelope, SigstoreError> {
        constant("payloadType", &self.payload_type, PAYLOAD_TYPE)?;
        let [signature] = self.signatures.as_slice() else {
            return Err(SigstoreError::NotOne("signatures"));
        };
        Ok(Envelope {
            statement: decode("payload", &self.payload)?,
            signature: decode("sig", &signature.sig)?.try_into().map_err(|_| SigstoreError::Field("sig"))?,
        })
    }
}

fn check_length(bytes: &[u8], max: u64) -> Result<(), SigstoreError> {
    if bytes.len() as u64 > max { Err(SigstoreError::TooLong { max }) } else { Ok(()) }
}

fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, SigstoreError> {
    serde_json::from_slice(bytes).map_err(|error| SigstoreError::Json(error.to_string()))
}

fn respelled(rendered: &str, bytes: &[u8]) -> Result<(), SigstoreError> {
    if rendered.as_bytes() == bytes { Ok(()) } else { Err(SigstoreError::Spelling) }
}

fn constant(field: &'static str, found: &str, expected: &'static str) -> Result<(), SigstoreError> {
    if found == expected { Ok(()) } else { Err(SigstoreError::Constant { field, expected }) }
}

fn decode(field: &'static str, text: &str) -> Result<Vec<u8>, SigstoreError> {
    STANDARD.decode(text).map_err(|_| SigstoreError::Field(field))
}

fn digest(field: &'static str, text: &str) -> Result<Digest, SigstoreError> {
    decode(field, text)?.try_into().map(Digest::from_bytes).map_err(|_| SigstoreError::Field(field))
}

/// A 64-bit number as protojson writes it: a string of digits.
fn decimal(field: &'static str, text: &str) -> Result<u64, SigstoreError> {
    text.parse().ok().filter(|number| *number <= limits::LEDGER_MAX).ok_or(SigstoreError::Field(field))
}

/// A JSON string with its quotes.
fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
