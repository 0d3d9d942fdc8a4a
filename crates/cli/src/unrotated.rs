//! A signer that does not outlive its trust file.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use model::Digest;
use sign::{SignError, Signer};

use crate::failure::Failure;

/// The collector's signer, which signs as long as the trust file is the one that it was opened with: keys that were rotated while
/// a run went on would make it sign at an index where nobody trusts the old one any more. It is asked under the ledger's lock.
pub struct Unrotated {
    inner: Box<dyn Signer>,
    trust: PathBuf,
    was: Digest,
}

impl Unrotated {
    /// # Errors
    /// When the trust file cannot be read.
    pub fn new(inner: Box<dyn Signer>, trust: &Path) -> Result<Self, Failure> {
        let was = File::open(trust)
            .and_then(Digest::of_reader)
            .with_context(|| format!("cannot read the trust file `{}`", trust.display()))
            .map_err(Failure::input)?;
        Ok(Self { inner, trust: trust.to_owned(), was })
    }
}

impl Signer for Unrotated {
    fn public_spki_der(&self) -> [u8; 44] {
        self.inner.public_spki_der()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        match File::open(&self.trust).and_then(Digest::of_reader) {
            Ok(is) if is == self.was => self.inner.sign(message),
            _ => Err(SignError::Refused {
                signer: "the collector's key".to_owned(),
                reason: format!("`{}` was changed while this run went on", self.trust.display()),
            }),
        }
    }
}
