//! Making signatures: one trait, and the signer whose key is an encrypted file.
//!
//! Plain Ed25519 (RFC 8032), never Ed25519ph. Nothing here verifies anything, and nothing that
//! verifies depends on this crate.

mod file;
mod signer;

pub use file::{KeyFileError, KeyFiles, replace_key_file};
pub use signer::{Ed25519Signer, SignError, Signer, public_pem};
