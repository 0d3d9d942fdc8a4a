//! C2SP signed notes (<https://c2sp.org/signed-note>): a text, a blank line, signature lines.
//!
//! Read strictly: anything that would be written differently is refused. Signature lines of
//! others (witnesses) are kept as they are. Nothing here checks a signature.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Longest note that is read, in bytes.
const NOTE_MAX: usize = 16 * 1024;
/// Most signature lines that are read.
const SIGNATURES_MAX: usize = 32;
/// Longest decoded signature, key id included, in bytes.
const SIGNATURE_BYTES_MAX: usize = 4096;
/// Key type of a plain Ed25519 note signature.
const ALGORITHM_ED25519: u8 = 0x01;
const LINE_START: &str = "\u{2014} ";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key: non-empty, without spaces and without `+`.
    pub name: String,
    /// First four bytes of a hash that identifies the key; which hash, the format decides.
    pub key_id: [u8; 4],
    pub signature: Vec<u8>,
}

/// A text with its signatures. The text ends with a newline, which is signed too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    #[error("the note is longer than {NOTE_MAX} bytes")]
    TooLong,
    #[error("the note has no blank line before its signatures")]
    NoSeparator,
    #[error("the text of the note is empty, does not end with a newline or has control characters")]
    BadText,
    #[error("signature line {line} of the note is malformed")]
    BadSignatureLine { line: usize },
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    #[error("the note has no signature")]
    NoSignature,
    #[error("`{name}` is not a name for a key: no space, no `+`, not empty")]
    BadName { name: String },
    #[error("`{name}` is not a name for a ledger: 1 to 256 letters, digits and `. _ - /`")]
    BadOrigin { name: String },
}

impl Note {
    /// Makes a note of a text that ends with a newline.
    pub fn new(text: String, signatures: Vec<NoteSignature>) -> Result<Self, NoteError> {
        check_text(&text)?;
        if signatures.is_empty() {
            return Err(NoteError::NoSignature);
        }
        if signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        for (line, signature) in signatures.iter().enumerate() {
            if !valid_name(&signature.name) {
                return Err(NoteError::BadName { name: signature.name.clone() });
            }
            if signature.signature.is_empty()
                || signature.signature.len() + signature.key_id.len() > SIGNATURE_BYTES_MAX
            {
                return Err(NoteError::BadSignatureLine { line: line + 1 });
            }
        }
        Ok(Self { text, signatures })
    }

    /// Reads a note.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > NOTE_MAX {
            return Err(NoteError::TooLong);
        }
        let at = note.rfind("\n\n").ok_or(NoteError::NoSeparator)?;
        let (text, rest) = note.split_at(at + 1);
        let lines = rest.strip_prefix('\n').ok_or(NoteError::NoSeparator)?;
        if lines.is_empty() {
            return Err(NoteError::NoSignature);
        }
        let mut signatures = Vec::new();
        for (number, line) in lines.split_inclusive('\n').enumerate() {
            if signatures.len() == SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(parse_line(line).ok_or(NoteError::BadSignatureLine { line: number + 1 })?);
        }
        Self::new(text.to_owned(), signatures)
    }

    /// The signed text, with its last newline.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// The one spelling of this note: what [`Note::parse`] reads.
    #[must_use]
    pub fn render(&self) -> String {
        let mut note = self.text.clone();
        note.push('\n');
        for signature in &self.signatures {
            let mut bytes = signature.key_id.to_vec();
            bytes.extend_from_slice(&signature.signature);
            note.push_str(LINE_START);
            note.push_str(&signature.name);
            note.push(' ');
            STANDARD.encode_string(&bytes, &mut note);
            note.push('\n');
        }
        note
    }
}

/// Whether this may name a key in a note: not empty, no white space, no `+`, no control character.
pub(crate) fn valid_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 256 && !name.chars().any(|c| c == '+' || c.is_whitespace() || c.is_control())
}

/// Key id of a plain Ed25519 key in a C2SP note:
/// first four bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)`.
#[must_use]
pub fn ed25519_key_id(name: &str, public_key: &[u8; 32]) -> [u8; 4] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', ALGORITHM_ED25519]);
    hasher.update(public_key);
    let [a, b, c, d, ..]: [u8; 32] = hasher.finalize().into();
    [a, b, c, d]
}

fn check_text(text: &str) -> Result<(), NoteError> {
    let control = |c: char| c != '\n' && (c < '\u{20}' || c == '\u{7f}');
    if text.len() < 2 || !text.ends_with('\n') || text.contains(control) {
        return Err(NoteError::BadText);
    }
    Ok(())
}

fn parse_line(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix(LINE_START)?.strip_suffix('\n')?.split_once(' ')?;
    if encoded.len() > SIGNATURE_BYTES_MAX * 4 / 3 + 4 {
        return None;
    }
    let bytes = STANDARD.decode(encoded).ok()?;
    let (key_id, signature) = bytes.split_first_chunk::<4>()?;
    Some(NoteSignature { name: name.to_owned(), key_id: *key_id, signature: signature.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the signed-note specification's Go implementation, with its public test key.
    const EXAMPLE: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n\n\
        \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn reads_and_writes_the_known_example() {
        let note = Note::parse(EXAMPLE).unwrap();
        assert!(note.text().ends_with("problem is.\n"));
        let [signature] = note.signatures() else { panic!("one signature") };
        assert_eq!(signature.name, "PeterNeumann");
        assert_eq!(u32::from_be_bytes(signature.key_id), 0xc74f_20a3);
        assert_eq!(signature.signature.len(), 64);
        // PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
        let key = STANDARD.decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW").unwrap();
        let key: [u8; 32] = key[1..].try_into().unwrap();
        assert_eq!(ed25519_key_id("PeterNeumann", &key), signature.key_id);
        assert_eq!(note.render(), EXAMPLE);
    }

    #[test]
    fn refuses_what_it_would_not_write() {
        let good = EXAMPLE;
        let bad = [
            String::new(),
            "text\n".into(),
            "text\n\n".into(),
            good.replace("\n\n", "\n"),
            good.trim_end().to_owned(),
            format!("{good}\n"),
            good.replace('\u{2014}', "-"),
            good.replace("PeterNeumann", "Peter Neumann"),
            good.replace("PeterNeumann", "Peter+Neumann"),
            good.replace("PeterNeumann", ""),
            good.replace("JnAM=", "JnAN="),
            good.replace("JnAM=", "JnAM"),
            good.replace("JnAM=\n", "JnAM=\r\n"),
            good.replace("JnAM=\n", "JnAM= \n"),
            good.replace("answer", "ans\twer"),
            good.replace(" x08go", "  x08go"),
            format!("\n\n\u{2014} a {}\n", STANDARD.encode([0; 68])),
            format!("a\n\n\u{2014} a {}\n", STANDARD.encode([0; 4])),
        ];
        for text in bad {
            assert!(Note::parse(&text).is_err(), "{text:?}");
        }
        let line = good.lines().last().unwrap();
        let many = format!("{good}{}", format!("{line}\n").repeat(SIGNATURES_MAX));
        assert_eq!(Note::parse(&many), Err(NoteError::TooManySignatures));
    }
}
