//! Signs of a secret in what a source answered.
//!
//! A false alarm costs one gap, a miss puts a secret into evidence that is handed around: in doubt, withhold.

mod decode;
mod known;
mod mask;
mod signs;

pub use known::{KnownSecrets, suspects_secret};
pub(crate) use mask::mask;
pub use mask::{BadMask, MaskedText, masked_texts};

#[cfg(test)]
mod tests;
