//! The trait that every signer implements, and the signer that holds its key in memory.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::pkcs8::EncodePublicKey as _;
use ed25519_dalek::{Signer as _, SigningKey};

/// Signs bytes with one Ed25519 key, wherever that key lies.
pub trait Signer {
    /// DER of the key's SubjectPublicKeyInfo (RFC 8410).
    fn public_spki_der(&self) -> [u8; 44];

    /// Pure Ed25519 over `message`, which has fewer than 4096 bytes (a limit of AWS KMS that the
    /// format keeps).
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    #[error("the message to sign has {length} bytes, it must have fewer than 4096")]
    TooLong { length: usize },
    #[error("the signer `{signer}` did not sign: {reason}")]
    Refused { signer: String, reason: String },
}

pub(crate) const MESSAGE_MAX: usize = 4096;

/// A signer whose key is in this process's memory until it is dropped, which wipes it.
pub struct Ed25519Signer {
    key: SigningKey,
    spki: [u8; 44],
}

impl Ed25519Signer {
    /// A signer from the key's 32 secret bytes (RFC 8032 §5.1.5).
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::new(SigningKey::from_bytes(seed))
    }

    pub(crate) fn new(key: SigningKey) -> Self {
        let mut spki = [0; 44];
        // INVARIANT: RFC 8410 gives an Ed25519 SubjectPublicKeyInfo exactly 44 bytes, and encoding
        // one cannot fail.
        if let Ok(document) = key.verifying_key().to_public_key_der()
            && let Ok(der) = document.as_bytes().try_into()
        {
            spki = der;
        }
        Self { key, spki }
    }
}

impl Signer for Ed25519Signer {
    fn public_spki_der(&self) -> [u8; 44] {
        self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        if message.len() >= MESSAGE_MAX {
            return Err(SignError::TooLong { length: message.len() });
        }
        Ok(self.key.sign(message).to_bytes())
    }
}

impl std::fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ed25519Signer").finish_non_exhaustive()
    }
}

/// The signer's public key as PEM, as `openssl pkey -pubout` writes it.
#[must_use]
pub fn public_pem(signer: &dyn Signer) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(signer.public_spki_der()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032 §7.1, test 2.
    #[test]
    fn the_second_vector_of_rfc_8032() {
        let seed = decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let signer = Ed25519Signer::from_seed(&seed.try_into().unwrap());
        assert_eq!(
            signer.public_spki_der()[12..],
            decode("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
        );
        assert_eq!(
            signer.sign(&[0x72]).unwrap().to_vec(),
            decode(concat!(
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ))
        );
        assert!(matches!(signer.sign(&[0; 4096]), Err(SignError::TooLong { length: 4096 })));
        assert!(!format!("{signer:?}").contains("4ccd"));
    }

    fn decode(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }
}
