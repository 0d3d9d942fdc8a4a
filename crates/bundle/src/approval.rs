//! A signed acceptance: who approved that a deviation or gap stands, until when, and over which words he put his key.
//!
//! The file is a DSSE envelope with a payload type of its own, so that stock OpenSSL checks it (`docs/auditor-guide.md`) and
//! no signature made for something else can be taken for an approval. What is signed is one JSON text that says everything
//! the acceptance is: moved to another finding, day or system it covers nothing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Covers, Date, Timestamp};
use serde::{Deserialize, Serialize};

/// `payloadType` of the envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.witnessmark.acceptance+json";
/// Largest file of an approval.
pub const FILE_MAX: u64 = 16 * 1024;
/// How the file begins, whatever it says: how it is found among the declared files.
pub const FILE_START: &[u8] = br#"{"payload":""#;
/// Version of the text.
const VERSION: u32 = 1;

/// What an approver signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    pub witnessmark_acceptance: u32,
    /// The acceptance's id in the declaration.
    pub id: String,
    pub entity: String,
    pub system: String,
    pub covers: Covers,
    pub reason: String,
    pub approved_by: String,
    /// First and last day, UTC, `2026-12-31`.
    pub approved: String,
    pub expires: String,
}

/// An approval with the signature over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedApproval {
    /// The signed text.
    pub payload: Vec<u8>,
    /// Pure Ed25519 over [`SignedApproval::pae`].
    pub signature: [u8; 64],
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    #[error("it is longer than {max} bytes")]
    TooLong { max: u64 },
    #[error("it is no DSSE envelope with the payload type `{PAYLOAD_TYPE}` and one signature of 64 bytes")]
    Envelope,
    #[error("the signed text is no acceptance: {0}")]
    Text(String),
    #[error(
        "the signed text is not spelled as `approve` writes it: members in their order, without spaces between them"
    )]
    Spelling,
    #[error("the signed text is of version {found}; this program reads version 1")]
    Version { found: u32 },
    #[error("`{day}` is not a date (`2026-12-31`)")]
    Day { day: String },
}

impl Approval {
    /// The version this program writes.
    #[must_use]
    pub const fn version() -> u32 {
        VERSION
    }

    /// The text that is signed, in its one spelling.
    ///
    /// # Errors
    /// Never for what was parsed or came out of a declaration: texts only.
    pub fn render(&self) -> Result<String, ApprovalError> {
        serde_json::to_string(self).map_err(|error| ApprovalError::Text(error.to_string()))
    }

    /// Whether the UTC day of a moment is between its first and last day.
    #[must_use]
    pub fn holds_at(&self, moment: Timestamp) -> bool {
        let text = moment.to_string();
        // Days of one length are in the order of their texts.
        text.get(..10).is_some_and(|day| self.approved.as_str() <= day && day <= self.expires.as_str())
    }
}

impl SignedApproval {
    /// The bytes that are signed: DSSE's pre-authentication encoding.
    #[must_use]
    pub fn pae(payload: &[u8]) -> Vec<u8> {
        let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", PAYLOAD_TYPE.len(), payload.len()).into_bytes();
        bytes.extend_from_slice(payload);
        bytes
    }

    /// The file's one spelling.
    #[must_use]
    pub fn render(&self) -> String {
        format!(
            r#"{{"payload":"{}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"{}"}}]}}"#,
            STANDARD.encode(&self.payload),
            STANDARD.encode(self.signature)
        )
    }

    /// Reads the file and the text in it. A line feed at the end is allowed: editors write one.
    ///
    /// # Errors
    /// When it is anything else than one approval in its one spelling.
    pub fn parse(bytes: &[u8]) -> Result<(Self, Approval), ApprovalError> {
        if bytes.len() as u64 > FILE_MAX {
            return Err(ApprovalError::TooLong { max: FILE_MAX });
        }
        let file: FileJson = serde_json::from_slice(bytes).map_err(|_| ApprovalError::Envelope)?;
        let [one] = file.signatures.as_slice() else { return Err(ApprovalError::Envelope) };
        let decode = |text: &str| STANDARD.decode(text).map_err(|_| ApprovalError::Envelope);
        let signed = Self {
            payload: decode(&file.payload)?,
            signature: decode(&one.sig)?.try_into().map_err(|_| ApprovalError::Envelope)?,
        };
        if signed.render().as_bytes() != bytes.strip_suffix(b"\n").unwrap_or(bytes) {
            return Err(ApprovalError::Envelope);
        }
        let approval: Approval =
            serde_json::from_slice(&signed.payload).map_err(|error| ApprovalError::Text(error.to_string()))?;
        if approval.witnessmark_acceptance != VERSION {
            return Err(ApprovalError::Version { found: approval.witnessmark_acceptance });
        }
        if approval.render()?.as_bytes() != signed.payload {
            return Err(ApprovalError::Spelling);
        }
        for day in [&approval.approved, &approval.expires] {
            if day.parse::<Date>().is_err() {
                return Err(ApprovalError::Day { day: day.clone() });
            }
        }
        Ok((signed, approval))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileJson {
    payload: String,
    #[serde(rename = "payloadType")]
    _payload_type: String,
    signatures: Vec<SignatureJson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureJson {
    sig: String,
}

#[cfg(test)]
mod tests {
    use model::record::GapReason;

    use super::*;

    fn approval() -> Approval {
        Approval {
            witnessmark_acceptance: VERSION,
            id: "AC-7".to_owned(),
            entity: "Northbank".to_owned(),
            system: "hot".to_owned(),
            covers: Covers::Gap {
                target: "prod".to_owned(),
                population: Some("aws-kms/key".to_owned()),
                right: None,
                part: None,
                subject: None,
                reason_is: None,
            },
            reason: "closed".to_owned(),
            approved_by: "CISO".to_owned(),
            approved: "2026-05-01".to_owned(),
            expires: "2026-12-31".to_owned(),
        }
    }

    fn file() -> String {
        SignedApproval { payload: approval().render().unwrap().into_bytes(), signature: [7; 64] }.render()
    }

    #[test]
    fn is_read_as_it_is_written() {
        let (signed, read) = SignedApproval::parse(file().as_bytes()).unwrap();
        assert_eq!(read, approval());
        assert!(SignedApproval::parse(format!("{}\n", file()).as_bytes()).is_ok());
        assert!(
            SignedApproval::pae(&signed.payload).starts_with(b"DSSEv1 43 application/vnd.witnessmark.acceptance+json ")
        );
        assert!(file().as_bytes().starts_with(FILE_START));
    }

    #[test]
    fn nothing_else_is_an_approval() {
        for changed in [
            file().replace("acceptance+json", "in-toto+json"),
            file().replace("{\"payload\"", "{ \"payload\""),
            file().replace("[{\"sig\"", "[{\"sig\":\"\"},{\"sig\""),
            file() + "\n\n",
            String::new(),
        ] {
            assert_eq!(SignedApproval::parse(changed.as_bytes()).unwrap_err(), ApprovalError::Envelope, "{changed}");
        }
        let with = |change: &dyn Fn(&mut Approval)| {
            let mut approval = approval();
            change(&mut approval);
            let payload = approval.render().unwrap().into_bytes();
            SignedApproval::parse(SignedApproval { payload, signature: [7; 64] }.render().as_bytes())
        };
        assert_eq!(with(&|a| a.witnessmark_acceptance = 2).unwrap_err(), ApprovalError::Version { found: 2 });
        assert!(matches!(with(&|a| a.expires = "2026-1-1".to_owned()).unwrap_err(), ApprovalError::Day { .. }));
        assert!(matches!(with(&|a| a.expires = "never".to_owned()).unwrap_err(), ApprovalError::Day { .. }));
    }

    #[test]
    fn holds_from_its_first_to_the_end_of_its_last_day() {
        let at = |text: &str| approval().holds_at(Timestamp::from_rfc3339(text).unwrap());
        assert!(!at("2026-04-30T23:59:59.999Z"));
        assert!(at("2026-05-01T00:00:00.000Z"));
        assert!(at("2026-12-31T23:59:59.999Z"));
        assert!(!at("2027-01-01T00:00:00.000Z"));
    }

    #[test]
    fn the_words_of_what_it_covers_are_the_formats() {
        let mut approval = approval();
        let Covers::Gap { reason_is, .. } = &mut approval.covers else { panic!("a gap") };
        *reason_is = Some(GapReason::ClosedByPolicy);
        let text = approval.render().unwrap();
        let expected =
            r#""covers":{"gap":{"target":"prod","population":"aws-kms/key","reason_is":"closed-by-policy"}}"#;
        assert!(text.contains(expected), "{text}");
        let unknown = text.replace(r#""target":"prod""#, r#""target":"prod","region":"eu-west-1""#);
        assert!(serde_json::from_str::<Approval>(&unknown).is_err());
    }
}
