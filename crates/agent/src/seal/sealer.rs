//! Who seals: the store, the keys, and what is asked of them at every step.

use std::time::Duration;

use bundle::statement::Kind;
use bundle::trust::{Role, Trust};
use ledger::{LogKey, PublicKey};
use model::Digest;
use sign::Signer;
use store::{HeadMemory, Holder, Store, Workshop};

use super::error::SealError;

/// Everything that sealing needs and that outlives one run.
pub struct Sealer<'a> {
    pub store: &'a dyn Store,
    /// Where runs on this machine prepare what goes into it.
    pub workshop: &'a Workshop,
    /// The last head seen, kept outside the store.
    pub memory: &'a dyn HeadMemory,
    /// The trust material that will be used to verify what is sealed here.
    pub trust: &'a Trust,
    /// Signs the bundle: the collector's key, or that of the person whose record it is.
    pub collector: &'a dyn Signer,
    pub ledger: &'a dyn Signer,
    /// Who takes the locks.
    pub holder: Holder,
    /// How long to wait while another run seals.
    pub wait: Duration,
    /// The shipped texts against which the marks of what is sealed are computed, for whoever shows them.
    pub texts: Option<&'static dyn verify::Texts>,
}

impl Sealer<'_> {
    pub(super) fn log_key(&self) -> Result<LogKey, SealError> {
        let key = self.trust.log_key()?;
        let signer = public_key(self.ledger)?;
        if *key.public_key() != signer {
            return Err(SealError::OtherLedgerKey { trusted: key.public_key().id(), given: signer.id() });
        }
        Ok(key)
    }

    /// That whoever verifies with our trust material will accept our signature.
    pub(super) fn check_signer(&self, kind: Kind, index: u64) -> Result<(), SealError> {
        let signer = public_key(self.collector)?;
        if !self.trust.allows_head(index.saturating_add(1)) {
            return Err(SealError::LedgerKeyNotTrusted { index });
        }
        let role = Role::for_kind(kind);
        if self.trust.allows(&signer, role, index) {
            Ok(())
        } else {
            Err(SealError::KeyNotTrusted { key: signer.id(), role: role.as_str(), index })
        }
    }

    pub(super) fn sign_head(&self, key: &LogKey, size: u64, root: Digest) -> Result<String, SealError> {
        let body = key.c2sp_checkpoint(size, root).body();
        let signature = self.ledger.sign(body.as_bytes())?;
        Ok(key.c2sp_note(size, root, &signature)?)
    }
}

impl std::fmt::Debug for Sealer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealer").field("store", &self.store).finish_non_exhaustive()
    }
}

pub(super) fn public_key(signer: &dyn Signer) -> Result<PublicKey, SealError> {
    Ok(PublicKey::from_spki_der(&signer.public_spki_der())?)
}
