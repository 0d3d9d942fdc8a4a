//! Ed25519 (RFC 8032), in the one reading this project allows: `verify_strict`.
//!
//! Strict means: canonical encodings only, no key and no nonce point of small order, the equation
//! without the cofactor. Batch verification is never used: it accepts signatures that single
//! verification refuses.

use ed25519_dalek::{Signature, VerifyingKey};

/// Whether `signature` is `public_key`'s over `message`. A malformed key or signature is just wrong.
#[must_use]
pub fn verify(public_key: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
    let Ok(signature) = <&[u8; 64]>::try_from(signature) else {
        return false;
    };
    let Ok(key) = VerifyingKey::from_bytes(public_key) else {
        return false;
    };
    key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
}
