//! A signed acceptance: who approved that a deviation or gap stands, until when, and over which words he put his key.
//!
//! The file is a DSSE envelope with a payload type of its own, so that stock OpenSSL checks it (`docs/auditor-guide.md`) and
//! no signature made for something else can be taken for an approval. What is signed is one JSON text that says everything
//! the acceptance is: moved to another finding, day or system it covers nothing. Since version 2 it also says what was behind the ids:
//! the account, cluster, organisation or token that a target was, the digest of the check with its libraries, the parameters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Covers, Date, Digest, Timestamp};
use serde::{Deserialize, Serialize};

/// `payloadType` of the envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.witnessmark.acceptance+json";
/// Largest file of an approval.
pub const FILE_MAX: u64 = 16 * 1024;
/// How the file begins, whatever it says: how it is found among the declared files.
pub const FILE_START: &[u8] = br#"{"payload":""#;
/// Version of the text that is written.
const VERSION: u32 = 2;
/// The one before, which names ids only. It is read, and shows nobody.
const IDS_ONLY: u32 = 1;

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
    /// What it is about, ascending by target, each once. None in version 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<ApprovedTarget>,
    /// Of a deviation, what [`check_digest`] says of its check. Absent in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Digest>,
    pub reason: String,
    pub approved_by: String,
    /// First and last day, UTC, `2026-12-31`.
    pub approved: String,
    pub expires: String,
}

/// What was behind a target's id when it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedTarget {
    pub target: String,
    /// Its identities: account id, cluster UID, organisation id, serial number of a token. One, where all that read it name it alike; none of
    /// the program's own targets. Ascending, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
    /// The programs that are not ours and read it, ascending by collector, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programs: Vec<ApprovedProgram>,
    /// Of a deviation: SHA-256 of the parameters with which the check is put to it, in the bytes in which they are sealed. Absent for a target
    /// that is only read for what is joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Digest>,
}

/// A program that is not ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedProgram {
    /// The name that it bears as a collector.
    pub collector: String,
    /// Of its file.
    pub sha256: Digest,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arguments: Vec<String>,
}

/// In what a run is otherwise than an approval says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Differs {
    #[error(
        "the signed text is of version 1: it names ids only, and would also be there if something else stood behind them"
    )]
    IdsOnly,
    #[error("what is signed does not name the target `{target}`")]
    Target { target: String },
    #[error("the run did not find out what the target `{target}` is; `{approved}` was approved")]
    Unidentified { target: String, approved: String },
    #[error("what the run found behind the ids of the targets (`host`) is withheld")]
    Withheld,
    #[error("the target `{target}` is `{found}`, and `{approved}` was approved")]
    Identity { target: String, found: String, approved: String },
    #[error(
        "the target `{target}` is read by a program `{collector}` that was not approved: another file, other arguments, or none was named"
    )]
    Program { target: String, collector: String },
    #[error(
        "which file the program `{collector}` was that reads the target `{target}` is withheld, or was not found out"
    )]
    UnknownProgram { target: String, collector: String },
    #[error("the text of the check `{check}`, or of a library that it needs, is not the one that was approved")]
    Check { check: String },
    #[error("a text that the check `{check}` needs is not in the bundle, or is too long to be told apart")]
    UnknownCheck { check: String },
    #[error("the parameters of the check `{check}` for the target `{target}` are not those that were approved")]
    Parameters { check: String, target: String },
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
    #[error("the signed text is of version {found}; this program reads versions 1 and 2")]
    Version { found: u64 },
    #[error("`{day}` is not a date (`2026-12-31`)")]
    Day { day: String },
}

impl ApprovalError {
    /// Whether a later program would know its version.
    #[must_use]
    pub fn is_later(&self) -> bool {
        matches!(self, Self::Version { found } if *found > u64::from(VERSION))
    }
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

    /// Whether it is of the version that names ids only.
    #[must_use]
    pub const fn names_ids_only(&self) -> bool {
        self.witnessmark_acceptance == IDS_ONLY
    }

    /// What was approved of this target.
    ///
    /// # Errors
    /// When nothing was.
    pub fn target(&self, id: &str) -> Result<&ApprovedTarget, Differs> {
        let named = self.targets.iter().find(|one| one.target == id);
        named.ok_or_else(|| Differs::Target { target: id.to_owned() })
    }

    /// Whether it was put to the check as it is here; `now` is what [`check_digest`] says, nothing where that cannot be told.
    ///
    /// # Errors
    /// When it was not, or nobody can tell.
    pub fn by_check(&self, check: &str, now: Option<Digest>) -> Result<(), Differs> {
        match now {
            None => Err(Differs::UnknownCheck { check: check.to_owned() }),
            Some(_) if now == self.check => Ok(()),
            Some(_) => Err(Differs::Check { check: check.to_owned() }),
        }
    }

    /// Days that there are, members that belong together, lists in their order.
    fn check_form(&self) -> Result<(), ApprovalError> {
        for day in [&self.approved, &self.expires] {
            if day.parse::<Date>().is_err() {
                return Err(ApprovalError::Day { day: day.clone() });
            }
        }
        let wrong = |what: &str| Err(ApprovalError::Text(what.to_owned()));
        if self.names_ids_only() {
            return match self.targets.is_empty() && self.check.is_none() {
                true => Ok(()),
                false => wrong("version 1 has no `targets` and no `check`"),
            };
        }
        let deviation = matches!(self.covers, Covers::Deviation { .. });
        if self.targets.is_empty() || self.check.is_some() != deviation {
            return wrong("`targets` is there, and `check` exactly if it covers a deviation");
        }
        let lists = self
            .targets
            .iter()
            .all(|one| ascends(one.found.iter()) && ascends(one.programs.iter().map(|program| &program.collector)));
        if !lists || !ascends(self.targets.iter().map(|one| &one.target)) {
            return wrong("its lists do not ascend, each entry once");
        }
        if self.targets.iter().any(|one| one.parameters.is_some()) != deviation {
            return wrong("`parameters` are there of a target at least if it covers a deviation, and only then");
        }
        Ok(())
    }

    /// Whether the UTC day of a moment is between its first and last day.
    #[must_use]
    pub fn holds_at(&self, moment: Timestamp) -> bool {
        let text = moment.to_string();
        // Days of one length are in the order of their texts.
        text.get(..10).is_some_and(|day| self.approved.as_str() <= day && day <= self.expires.as_str())
    }
}

impl ApprovedTarget {
    /// Whether every identity that a run found of it was approved, and every program that is not ours.
    ///
    /// # Errors
    /// When one was not, or none was found where one was approved.
    pub fn is<'f>(
        &self,
        found: impl IntoIterator<Item = &'f str>,
        programs: impl IntoIterator<Item = (&'f str, Option<&'f ApprovedProgram>)>,
    ) -> Result<(), Differs> {
        let target = || self.target.clone();
        let approved = || self.found.join("`, `");
        let mut none = true;
        for found in found {
            none = false;
            if !self.found.iter().any(|approved| approved == found) {
                return Err(Differs::Identity { target: target(), found: found.to_owned(), approved: approved() });
            }
        }
        if none && !self.found.is_empty() {
            return Err(Differs::Unidentified { target: target(), approved: approved() });
        }
        for (collector, program) in programs {
            let collector = collector.to_owned();
            match program {
                None => return Err(Differs::UnknownProgram { target: target(), collector }),
                Some(program) if !self.programs.contains(program) => {
                    return Err(Differs::Program { target: target(), collector });
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Whether the check is put to it with the parameters that were approved; nothing where nobody knows with which.
    ///
    /// # Errors
    /// When it is not.
    pub fn judged_with(&self, check: &str, parameters: Option<Digest>) -> Result<(), Differs> {
        match parameters.is_some() && parameters == self.parameters {
            true => Ok(()),
            false => Err(Differs::Parameters { check: check.to_owned(), target: self.target.clone() }),
        }
    }
}

/// The digest of a check with every library it needs: SHA-256 of one line for each of these texts, `<id> <digest of the text>`, ended by LF.
/// `texts` ascend by id.
pub fn check_digest<'t>(texts: impl IntoIterator<Item = (&'t str, &'t Digest)>) -> Digest {
    let lines: String = texts.into_iter().map(|(id, digest)| format!("{id} {digest}\n")).collect();
    Digest::of(lines.as_bytes())
}

fn ascends<'t>(mut texts: impl Iterator<Item = &'t String>) -> bool {
    let Some(mut last) = texts.next() else { return true };
    texts.all(|text| std::mem::replace(&mut last, text) < text)
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
        let signed = Self::envelope(bytes)?;
        let approval = signed.approval()?;
        Ok((signed, approval))
    }

    /// Reads the file, whatever the text in it says.
    ///
    /// # Errors
    /// When it is anything else than one envelope of an approval in its one spelling.
    pub fn envelope(bytes: &[u8]) -> Result<Self, ApprovalError> {
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
        Ok(signed)
    }

    /// Reads the text that is signed.
    ///
    /// # Errors
    /// [`ApprovalError::Version`] for a later one, whatever else it says; else when it is not in its one spelling.
    pub fn approval(&self) -> Result<Approval, ApprovalError> {
        let text = std::str::from_utf8(&self.payload).map_err(|error| ApprovalError::Text(error.to_string()))?;
        if let Ok(Versioned { witnessmark_acceptance: found }) = serde_json::from_str(text)
            && found > u64::from(VERSION)
        {
            return Err(ApprovalError::Version { found });
        }
        let approval: Approval = serde_json::from_str(text).map_err(|error| ApprovalError::Text(error.to_string()))?;
        let version = approval.witnessmark_acceptance;
        if ![IDS_ONLY, VERSION].contains(&version) {
            return Err(ApprovalError::Version { found: version.into() });
        }
        if approval.render()?.as_bytes() != self.payload {
            return Err(ApprovalError::Spelling);
        }
        approval.check_form()?;
        Ok(approval)
    }
}

#[derive(Deserialize)]
struct Versioned {
    witnessmark_acceptance: u64,
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
            targets: vec![ApprovedTarget {
                target: "prod".to_owned(),
                found: vec!["111122223333".to_owned()],
                programs: Vec::new(),
                parameters: None,
            }],
            check: None,
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
        assert_eq!(with(&|a| a.witnessmark_acceptance = 3).unwrap_err(), ApprovalError::Version { found: 3 });
        assert_eq!(with(&|a| a.witnessmark_acceptance = 0).unwrap_err(), ApprovalError::Version { found: 0 });
        assert!(matches!(with(&|a| a.expires = "2026-1-1".to_owned()).unwrap_err(), ApprovalError::Day { .. }));
        for day in ["never", "2026-99-99", "2026-02-30", "2026-12-31T00:00:00Z", " 2026-12-31", "1969-12-31"] {
            assert!(matches!(with(&|a| a.expires = day.to_owned()).unwrap_err(), ApprovalError::Day { .. }), "{day}");
            assert!(matches!(with(&|a| a.approved = day.to_owned()).unwrap_err(), ApprovalError::Day { .. }), "{day}");
        }
    }

    /// What is signed has one spelling: a text that reads the same and is written otherwise is no approval.
    #[test]
    fn the_signed_text_has_one_spelling() {
        let text = approval().render().unwrap();
        let read = |payload: String| {
            let file = SignedApproval { payload: payload.into_bytes(), signature: [7; 64] }.render();
            SignedApproval::parse(file.as_bytes()).map(|(_, read)| read)
        };
        assert_eq!(read(text.clone()).unwrap(), approval());
        let id = "\"id\":\"AC-7\",";
        for (what, other) in [
            ("a space", text.replacen("\":", "\": ", 1)),
            ("a space behind a comma", text.replacen(',', ", ", 1)),
            ("a line feed at the end", format!("{text}\n")),
            ("a line feed inside", text.replacen(',', ",\n", 1)),
            ("a carriage return", format!("{text}\r\n")),
            ("a byte order mark", format!("\u{feff}{text}")),
            (
                "members in another order",
                text.replacen(id, "", 1).replacen("\"system\":\"hot\",", &format!("\"system\":\"hot\",{id}"), 1),
            ),
            ("an escape that is not needed", text.replacen("AC-7", "\\u0041C-7", 1)),
            ("a number in another form", text.replacen(":2,", ":2.0,", 1)),
            ("a member twice", text.replacen(id, &format!("{id}{id}"), 1)),
            ("an unknown member", text.replacen(id, &format!("{id}\"more\":1,"), 1)),
            ("a member without a value", text.replacen("\"reason\"", "\"check\":null,\"reason\"", 1)),
            ("an empty list", text.replacen("\"found\"", "\"programs\":[],\"found\"", 1)),
            (
                "an optional member as null",
                text.replacen("\"population\":\"aws-kms/key\"", "\"population\":\"aws-kms/key\",\"right\":null", 1),
            ),
        ] {
            assert_ne!(other, text, "{what}");
            assert!(read(other.clone()).is_err(), "{what}: {other}");
        }
    }

    #[test]
    fn the_versions_have_their_members() {
        let with = |change: &dyn Fn(&mut Approval)| {
            let mut approval = approval();
            change(&mut approval);
            let payload = approval.render().unwrap().into_bytes();
            SignedApproval { payload, signature: [7; 64] }.approval()
        };
        let ids = with(&|a| (a.witnessmark_acceptance, a.targets) = (1, Vec::new())).unwrap();
        assert!(ids.names_ids_only());
        assert!(!with(&|_| {}).unwrap().names_ids_only());
        let deviation = |a: &mut Approval| {
            a.covers = Covers::Deviation {
                control: "C".to_owned(),
                check: "a/b".to_owned(),
                subject: "s".to_owned(),
                target: None,
            };
            a.check = Some(Digest::of(b"check"));
            a.targets[0].parameters = Some(Digest::of(b"{}"));
        };
        assert!(with(&deviation).is_ok());
        let program = |name: &str| ApprovedProgram {
            collector: name.to_owned(),
            sha256: Digest::of(b"p"),
            arguments: Vec::new(),
        };
        let wrong: [&dyn Fn(&mut Approval); 10] = [
            &|a| a.witnessmark_acceptance = 1,
            &|a| a.targets.clear(),
            &|a| a.check = Some(Digest::of(b"check")),
            &|a| a.targets[0].parameters = Some(Digest::of(b"{}")),
            &|a| a.targets.push(a.targets[0].clone()),
            &|a| a.targets[0].found = vec!["2".to_owned(), "1".to_owned()],
            &|a| a.targets[0].found = vec!["1".to_owned(), "1".to_owned()],
            &|a| a.targets[0].programs = vec![program("b"), program("a")],
            &|a| {
                deviation(a);
                a.check = None;
            },
            &|a| {
                deviation(a);
                a.targets[0].parameters = None;
            },
        ];
        for (number, wrong) in wrong.into_iter().enumerate() {
            assert!(matches!(with(wrong).unwrap_err(), ApprovalError::Text(_)), "{number}");
        }
    }

    #[test]
    fn what_a_target_was_is_all_that_was_approved_of_it() {
        let program = ApprovedProgram {
            collector: "openssh".to_owned(),
            sha256: Digest::of(b"program"),
            arguments: vec!["--all".to_owned()],
        };
        let target = ApprovedTarget {
            target: "prod".to_owned(),
            found: vec!["1".to_owned(), "2".to_owned()],
            programs: vec![program.clone()],
            parameters: Some(Digest::of(b"{}")),
        };
        let usual = || [("openssh", Some(&program))];
        assert_eq!(target.is(["1"], usual()), Ok(()));
        assert_eq!(target.is(["1", "2"], []), Ok(()));
        assert!(matches!(target.is(["1", "3"], usual()), Err(Differs::Identity { found, .. }) if found == "3"));
        assert!(matches!(target.is([], usual()), Err(Differs::Unidentified { .. })));
        for other in [
            ApprovedProgram { sha256: Digest::of(b"another"), ..program.clone() },
            ApprovedProgram { arguments: Vec::new(), ..program.clone() },
            ApprovedProgram { collector: "sshd".to_owned(), ..program.clone() },
        ] {
            assert!(matches!(target.is(["1"], [("openssh", Some(&other))]), Err(Differs::Program { .. })), "{other:?}");
        }
        assert!(matches!(target.is(["1"], [("openssh", None)]), Err(Differs::UnknownProgram { .. })));
        assert_eq!(target.judged_with("a/b", Some(Digest::of(b"{}"))), Ok(()));
        assert!(target.judged_with("a/b", Some(Digest::of(b"{\"max\":1}"))).is_err());
        assert!(target.judged_with("a/b", None).is_err());
        // A target that is only read for what is joined has no parameters, and nobody's are those.
        assert!(ApprovedTarget { parameters: None, ..target.clone() }.judged_with("a/b", None).is_err());
        // The program's own targets are nobody's account.
        assert_eq!(ApprovedTarget { found: Vec::new(), ..target }.is([], []), Ok(()));
    }

    /// As `printf '%s %s\\n' a/b <digest> lib/k <digest> | sha256sum` says it.
    #[test]
    fn a_check_is_known_by_its_text_and_those_it_needs() {
        let (check, library) = (Digest::of(b"check"), Digest::of(b"library"));
        let digest = check_digest([("a/b", &check), ("lib/k", &library)]);
        assert_eq!(digest, Digest::of(format!("a/b {check}\nlib/k {library}\n").as_bytes()));
        assert_ne!(digest, check_digest([("a/b", &check)]));
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
