//! Keys that lie elsewhere, and the files that name them in the place of a key file.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use model::Digest;

use crate::agent::AgentSigner;
use crate::file::{KeyFileError, read_private, write_new};
use crate::signer::SignError;

const SSH_AGENT: &str = "ssh-agent:SHA256:";
const COMMENT: &str =
    "# The key is held elsewhere. The next line says where; a passphrase of key files does not open it.\n";

/// A key that lies elsewhere: who holds it, and which one it is: `ssh-agent:SHA256:…`, with the fingerprint as `ssh-keygen -l` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldKey {
    fingerprint: Digest,
}

/// Why a text names no holder of a key.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` names no key: `ssh-agent:SHA256:…` is one that an ssh-agent holds (`ssh-add -l` lists them)")]
pub struct NotAHeldKey(String);

impl FromStr for HeldKey {
    type Err = NotAHeldKey;

    fn from_str(text: &str) -> Result<Self, NotAHeldKey> {
        let bytes = text.strip_prefix(SSH_AGENT).and_then(|fingerprint| STANDARD_NO_PAD.decode(fingerprint).ok());
        let fingerprint = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        match fingerprint {
            Some(fingerprint) => Ok(Self { fingerprint: Digest::from_bytes(fingerprint) }),
            None => Err(NotAHeldKey(text.to_owned())),
        }
    }
}

impl fmt::Display for HeldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SSH_AGENT}{}", STANDARD_NO_PAD.encode(self.fingerprint.as_bytes()))
    }
}

impl HeldKey {
    /// The key that a file names; nothing where the file should hold the key itself. Mode and owner are checked as for a key: whoever
    /// may change the file says which key signs.
    ///
    /// # Errors
    /// When the file cannot be read, or is neither.
    pub fn named_in(path: &Path) -> Result<Option<Self>, KeyFileError> {
        let text = read_private(path)?;
        if text.trim_start().starts_with("-----BEGIN ") {
            return Ok(None);
        }
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        let named = lines.next().and_then(|line| line.parse().ok());
        match (named, lines.next()) {
            (Some(holder), None) => Ok(Some(holder)),
            _ => Err(KeyFileError::NotAKey { path: path.to_owned() }),
        }
    }

    /// Makes a file that names the key, as a key file is made: whole or not at all, and only where nothing was.
    ///
    /// # Errors
    /// Where something is already, or the file cannot be written.
    pub fn name_in(&self, path: &Path) -> Result<(), KeyFileError> {
        write_new(path, format!("{COMMENT}{self}\n").as_bytes())
    }

    /// Finds the key.
    ///
    /// # Errors
    /// When there is no agent, or it does not hold the key.
    pub fn open(&self, agent: Option<&Path>) -> Result<AgentSigner, SignError> {
        let refused = |reason: String| SignError::Refused { signer: self.to_string(), reason };
        let socket = agent.ok_or_else(|| refused("there is no ssh-agent: SSH_AUTH_SOCK is not set".to_owned()))?;
        AgentSigner::find(socket, &self.fingerprint, self.to_string()).map_err(|fault| refused(fault.to_string()))
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests lay out files")]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    const NAMED: &str = "ssh-agent:SHA256:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

    #[test]
    fn a_holder_is_written_as_it_is_read() {
        let holder: HeldKey = NAMED.parse().unwrap();
        assert_eq!(holder.to_string(), NAMED);
        for wrong in ["", "ssh-agent", "ssh-agent:MD5:00", "SHA256:AQ", "ssh-agent:SHA256:AQEB", &format!("{NAMED}=")] {
            let said = wrong.parse::<HeldKey>().unwrap_err().to_string();
            assert!(said.starts_with(&format!("`{wrong}` names no key")), "{said}");
        }
    }

    #[test]
    fn a_file_names_one_key_or_holds_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("collector.key.pem");
        let holder: HeldKey = NAMED.parse().unwrap();
        holder.name_in(&path).unwrap();
        assert_eq!(HeldKey::named_in(&path).unwrap(), Some(holder.clone()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(holder.name_in(&path), Err(KeyFileError::Exists { .. })));
        fs::write(&path, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n").unwrap();
        assert_eq!(HeldKey::named_in(&path).unwrap(), None);
        for neither in ["", "# nothing\n", &format!("{NAMED}\n{NAMED}\n"), "ssh-agent:other\n"] {
            fs::write(&path, neither).unwrap();
            assert!(matches!(HeldKey::named_in(&path), Err(KeyFileError::NotAKey { .. })), "{neither}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(HeldKey::named_in(&path), Err(KeyFileError::Mode { .. })));
    }

    #[test]
    fn without_an_agent_nothing_is_opened() {
        let holder: HeldKey = NAMED.parse().unwrap();
        let said = holder.open(None).unwrap_err().to_string();
        assert!(said.contains("SSH_AUTH_SOCK is not set"), "{said}");
        let nowhere = tempfile::tempdir().unwrap().path().join("agent");
        let said = holder.open(Some(&nowhere)).unwrap_err().to_string();
        assert!(said.contains("cannot be reached"), "{said}");
    }
}
