//! The sealed format: its names, limits, statement and files; writing and reading bundles.
//!
//! Normative text: `docs/spec/bundle.md`. Resource bodies are opaque here, signatures are passed in
//! and out as bytes: who signs, and whether a signature is right, is decided elsewhere.

pub mod approval;
pub mod basis;
pub mod consistency;
pub mod controls;
pub mod export;
pub mod layout;
pub mod limits;
pub mod read;
pub mod redact;
pub mod seal;
pub mod sigstore;
pub mod statement;
pub mod trust;
pub mod ustar;
pub mod writer;

pub use ledger::{PublicKey, PublicKeyError};
