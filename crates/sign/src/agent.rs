//! Signing by an ssh-agent: OpenSSH's own, or whatever speaks its protocol for a card or a vault
//! (draft-ietf-sshm-ssh-agent; key and signature as in RFC 8709).
//!
//! What an agent signs with an Ed25519 key is the message itself, so that the signature is the same as one made of the key.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ed25519_dalek::pkcs8::EncodePublicKey as _;
use ed25519_dalek::{Signature, VerifyingKey};
use model::Digest;

use crate::signer::{MESSAGE_MAX, SignError, Signer};

/// A person may have to confirm each use.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes of an answer. OpenSSH's agent writes no longer ones.
const ANSWER_MAX: usize = 256 * 1024;
const KEY_TYPE: &[u8] = b"ssh-ed25519";

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// Why an agent was of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AgentFault {
    #[error("the ssh-agent at `{socket}` cannot be reached: {cause}")]
    Unreachable { socket: PathBuf, cause: io::Error },
    #[error("the ssh-agent gave no answer within {} seconds", PATIENCE.as_secs())]
    Silent,
    #[error("the ssh-agent ended the connection: {0}")]
    Ended(io::Error),
    #[error("the ssh-agent answered with what is not of its protocol")]
    NotTheProtocol,
    #[error("the ssh-agent does not hold it (keys that it holds: {held})")]
    NotHeld { held: usize },
    #[error("the key is of a type that cannot sign evidence: only plain Ed25519 can (`ssh-keygen -t ed25519`)")]
    OtherType,
    #[error(
        "the ssh-agent refused: it is locked, somebody did not confirm, or the key may be used for some destinations only"
    )]
    Refused,
    #[error("what the ssh-agent gave is not a signature by that key")]
    NotASignature,
}

/// A key that an ssh-agent holds. Each signature is asked for over a connection of its own.
#[derive(Debug)]
pub struct AgentSigner {
    socket: PathBuf,
    name: String,
    /// The key as SSH writes it, by which an agent is asked for it.
    blob: Vec<u8>,
    key: VerifyingKey,
    spki: [u8; 44],
}

impl AgentSigner {
    pub(crate) fn find(socket: &Path, fingerprint: &Digest, name: String) -> Result<Self, AgentFault> {
        let answer = ask(socket, &[REQUEST_IDENTITIES])?;
        let mut read = Reader(&answer);
        if read.byte()? != IDENTITIES_ANSWER {
            return Err(AgentFault::NotTheProtocol);
        }
        let mut held = 0;
        for _ in 0..read.number()? {
            let (blob, _comment) = (read.string()?, read.string()?);
            held += 1;
            if Digest::of(blob) != *fingerprint {
                continue;
            }
            let mut parts = Reader(blob);
            if parts.string()? != KEY_TYPE {
                return Err(AgentFault::OtherType);
            }
            let key = parts.string()?.try_into().map_err(|_| AgentFault::NotTheProtocol)?;
            let key = VerifyingKey::from_bytes(key).map_err(|_| AgentFault::NotTheProtocol)?;
            let document = key.to_public_key_der().map_err(|_| AgentFault::NotTheProtocol)?;
            let spki = document.as_bytes().try_into().map_err(|_| AgentFault::NotTheProtocol)?;
            return Ok(Self { socket: socket.to_owned(), name, blob: blob.to_vec(), key, spki });
        }
        Err(AgentFault::NotHeld { held })
    }

    fn signature(&self, message: &[u8]) -> Result<[u8; 64], AgentFault> {
        let mut request = vec![SIGN_REQUEST];
        for part in [&self.blob, message] {
            request.extend(u32::try_from(part.len()).map_err(|_| AgentFault::NotTheProtocol)?.to_be_bytes());
            request.extend(part);
        }
        // No flags: those are of RSA.
        request.extend([0; 4]);
        let answer = ask(&self.socket, &request)?;
        let mut read = Reader(&answer);
        match read.byte()? {
            SIGN_RESPONSE => {}
            FAILURE => return Err(AgentFault::Refused),
            _ => return Err(AgentFault::NotTheProtocol),
        }
        let mut parts = Reader(read.string()?);
        if parts.string()? != KEY_TYPE {
            return Err(AgentFault::NotASignature);
        }
        let bytes: [u8; 64] = parts.string()?.try_into().map_err(|_| AgentFault::NotASignature)?;
        // Another program's word: what does not verify is no evidence, and is known here and not years later.
        let verified = self.key.verify_strict(message, &Signature::from_bytes(&bytes));
        verified.map(|()| bytes).map_err(|_| AgentFault::NotASignature)
    }
}

impl Signer for AgentSigner {
    fn public_spki_der(&self) -> [u8; 44] {
        self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        if message.len() >= MESSAGE_MAX {
            return Err(SignError::TooLong { length: message.len() });
        }
        let refused = |fault: AgentFault| SignError::Refused { signer: self.name.clone(), reason: fault.to_string() };
        self.signature(message).map_err(refused)
    }
}

/// One request and its answer, each behind its length.
fn ask(socket: &Path, request: &[u8]) -> Result<Vec<u8>, AgentFault> {
    let unreachable = |cause| AgentFault::Unreachable { socket: socket.to_owned(), cause };
    let ended = |source: io::Error| match source.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => AgentFault::Silent,
        _ => AgentFault::Ended(source),
    };
    let mut stream = UnixStream::connect(socket).map_err(unreachable)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(unreachable)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
    let length = u32::try_from(request.len()).map_err(|_| AgentFault::NotTheProtocol)?;
    stream.write_all(&[&length.to_be_bytes(), request].concat()).map_err(ended)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).map_err(ended)?;
    let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| AgentFault::NotTheProtocol)?;
    if length > ANSWER_MAX {
        return Err(AgentFault::NotTheProtocol);
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).map_err(ended)?;
    Ok(answer)
}

/// Reads what RFC 4251 §5 calls `byte`, `uint32` and `string`.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], AgentFault> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(AgentFault::NotTheProtocol)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, AgentFault> {
        self.take(1)?.first().copied().ok_or(AgentFault::NotTheProtocol)
    }

    fn number(&mut self) -> Result<u32, AgentFault> {
        let bytes = self.take(4)?.try_into().map_err(|_| AgentFault::NotTheProtocol)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn string(&mut self) -> Result<&'a [u8], AgentFault> {
        let length = self.number()?;
        self.take(usize::try_from(length).map_err(|_| AgentFault::NotTheProtocol)?)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use ed25519_dalek::{Signer as _, SigningKey};

    use super::*;
    use crate::signer::Ed25519Signer;

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn blob(kind: &[u8]) -> Vec<u8> {
        [string(kind), string(key().verifying_key().as_bytes())].concat()
    }

    fn identities(blobs: &[Vec<u8>]) -> Vec<u8> {
        let mut answer = vec![IDENTITIES_ANSWER];
        answer.extend(u32::try_from(blobs.len()).unwrap().to_be_bytes());
        blobs.iter().for_each(|blob| answer.extend([string(blob), string(b"a comment")].concat()));
        answer
    }

    /// An agent that gives these answers, one to each connection.
    fn agent(answers: Vec<Vec<u8>>) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("agent");
        let listener = UnixListener::bind(&socket).unwrap();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut length = [0; 4];
                stream.read_exact(&mut length).unwrap();
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut request).unwrap();
                stream.write_all(&string(&answer)).unwrap();
            }
        });
        (folder, socket)
    }

    fn found(socket: &Path) -> Result<AgentSigner, AgentFault> {
        AgentSigner::find(socket, &Digest::of(&blob(KEY_TYPE)), "it".to_owned())
    }

    #[test]
    fn a_key_is_found_by_its_fingerprint_and_signs() {
        let right = [string(KEY_TYPE), string(&key().sign(b"message").to_bytes())].concat();
        let answers = vec![
            identities(&[blob(b"ssh-rsa"), blob(KEY_TYPE)]),
            [vec![SIGN_RESPONSE], string(&right)].concat(),
            [vec![SIGN_RESPONSE], string(&right)].concat(),
            vec![FAILURE],
            vec![SIGN_RESPONSE, 0],
        ];
        let (_folder, socket) = agent(answers);
        let signer = found(&socket).unwrap();
        assert_eq!(signer.public_spki_der(), Ed25519Signer::from_seed(&[7; 32]).public_spki_der());
        assert_eq!(Signer::sign(&signer, b"message").unwrap(), key().sign(b"message").to_bytes());
        for reason in ["not a signature by that key", "refused", "not of its protocol"] {
            let said = Signer::sign(&signer, b"another message").unwrap_err().to_string();
            assert!(said.contains(reason), "{said}");
        }
        assert!(matches!(Signer::sign(&signer, &[0; 4096]), Err(SignError::TooLong { length: 4096 })));
    }

    #[test]
    fn what_is_no_answer_is_told() {
        let held = agent(vec![identities(&[blob(KEY_TYPE)]), identities(&[])]);
        let none = AgentSigner::find(&held.1, &Digest::of(b""), String::new());
        assert!(matches!(none, Err(AgentFault::NotHeld { held: 1 })), "{none:?}");
        assert!(matches!(found(&held.1), Err(AgentFault::NotHeld { held: 0 })));
        let certificate = blob(b"ssh-ed25519-cert-v01@openssh.com");
        let other = agent(vec![identities(std::slice::from_ref(&certificate))]);
        let other = AgentSigner::find(&other.1, &Digest::of(&certificate), String::new());
        assert!(matches!(other, Err(AgentFault::OtherType)), "{other:?}");
        // A list that promises more than it has, and one of another kind.
        let mut short = identities(&[blob(b"ssh-rsa")]);
        short[4] = 2;
        for answer in [short, vec![FAILURE], Vec::new()] {
            let (_folder, socket) = agent(vec![answer]);
            assert!(matches!(found(&socket), Err(AgentFault::NotTheProtocol)));
        }
    }
}
