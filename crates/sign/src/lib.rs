//! Making signatures: one trait, the signer whose key is an encrypted file, and the one whose key an ssh-agent holds.
//!
//! Plain Ed25519 (RFC 8032), never Ed25519ph. Nothing that verifies evidence depends on this crate.

mod agent;
mod file;
mod held;
mod signer;

pub use agent::AgentSigner;
pub use file::{KeyFileError, KeyFiles, replace_key_file};
pub use held::{HeldKey, NotAHeldKey};
pub use signer::{Ed25519Signer, SignError, Signer, public_pem};
