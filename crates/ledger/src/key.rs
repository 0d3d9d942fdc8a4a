//! An Ed25519 public key as bytes and in the two forms in which it is handed around: the DER of its
//! SubjectPublicKeyInfo (RFC 8410) and that DER as PEM. No cryptography is done here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Digest;

/// DER before the 32 key bytes: SEQUENCE { SEQUENCE { 1.3.101.112 }, BIT STRING }.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PEM_BEGIN: &str = "-----BEGIN PUBLIC KEY-----\n";
const PEM_END: &str = "\n-----END PUBLIC KEY-----\n";

/// The 32 bytes of an Ed25519 public key. Whether they are a point of the curve is not checked; read from outside, they are the one
/// encoding of it, so that two keys are the same exactly if their bytes are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey([u8; 32]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyError {
    #[error("not the DER of an Ed25519 public key (RFC 8410)")]
    NotEd25519Spki,
    #[error("a second encoding of an Ed25519 public key (RFC 8032 §5.1.3): its coordinate is not below 2^255-19")]
    NotCanonical,
    #[error("not the PEM of an Ed25519 public key (RFC 8410) in its shortest form")]
    NotPem,
}

impl PublicKey {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the 44 bytes of a SubjectPublicKeyInfo.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, PublicKeyError> {
        let bytes = der.strip_prefix(&SPKI_PREFIX).and_then(|key| <[u8; 32]>::try_from(key).ok());
        let key = bytes.map(Self).ok_or(PublicKeyError::NotEd25519Spki)?;
        if key.is_canonical() { Ok(key) } else { Err(PublicKeyError::NotCanonical) }
    }

    /// Whether the coordinate, little-endian without the sign in its last bit, is below 2^255-19.
    fn is_canonical(&self) -> bool {
        let [low, middle @ .., high] = &self.0;
        *low < 0xed || high & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff)
    }

    #[must_use]
    pub fn spki_der(&self) -> [u8; 44] {
        let mut der = [0; 44];
        let (prefix, key) = der.split_at_mut(SPKI_PREFIX.len());
        prefix.copy_from_slice(&SPKI_PREFIX);
        key.copy_from_slice(&self.0);
        der
    }

    /// Reads PEM as [`PublicKey::pem`] and `openssl pkey -pubout` write it.
    pub fn from_pem(pem: &str) -> Result<Self, PublicKeyError> {
        let text =
            pem.strip_prefix(PEM_BEGIN).and_then(|rest| rest.strip_suffix(PEM_END)).ok_or(PublicKeyError::NotPem)?;
        let der = STANDARD.decode(text).map_err(|_| PublicKeyError::NotPem)?;
        Self::from_spki_der(&der)
    }

    /// Three lines, each ended by LF.
    #[must_use]
    pub fn pem(&self) -> String {
        format!("{PEM_BEGIN}{}{PEM_END}", STANDARD.encode(self.spki_der()))
    }

    /// SHA-256 of the SPKI's DER: the key's name everywhere (Sigstore's `hint` and log id).
    #[must_use]
    pub fn id(&self) -> Digest {
        Digest::of(&self.spki_der())
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8410 §10.1.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn the_example_of_rfc_8410() {
        let key = PublicKey::from_pem(PEM).unwrap();
        assert_eq!(key.pem(), PEM);
        assert_eq!(PublicKey::from_spki_der(&key.spki_der()), Ok(key));
        assert!(PublicKey::from_spki_der(&key.spki_der()[..43]).is_err());
        assert!(PublicKey::from_pem(PEM.trim_end()).is_err());
        assert!(PublicKey::from_pem(&PEM.replace("MCow", "MCo\nw")).is_err());
    }

    #[test]
    fn a_key_has_one_encoding() {
        let read = |low: u8, high: u8| {
            let mut key = [0xff; 32];
            (key[0], key[31]) = (low, high);
            PublicKey::from_spki_der(&PublicKey::from_bytes(key).spki_der()).map(|_| ())
        };
        for (low, high) in [(0xed, 0x7f), (0xee, 0x7f), (0xff, 0xff), (0xed, 0xff)] {
            assert_eq!(read(low, high), Err(PublicKeyError::NotCanonical), "{low:x} {high:x}");
        }
        for (low, high) in [(0xec, 0x7f), (0xec, 0xff), (0xff, 0x7e)] {
            assert_eq!(read(low, high), Ok(()), "{low:x} {high:x}");
        }
    }
}
