//! The append-only log under every bundle: RFC 6962 / RFC 9162 Merkle tree over SHA-256, its
//! proofs, its C2SP tiles and its signed heads.
//!
//! No I/O: stored hashes come in through a closure, what is to be stored goes out as values.
//! No signing either: this crate renders the bytes to sign and reads signatures out of notes; who
//! may sign, and whether a signature is right, is decided by the caller.

mod append;
mod checkpoint;
mod hash;
mod key;
mod note;
mod proof;
mod range;
mod tile;

pub use append::{Appended, EntryTooLong, append};
pub use checkpoint::{Checkpoint, CheckpointError, LogKey, SignedCheckpoint, valid_origin};
pub use hash::{LeafHasher, empty_root, leaf_hash, node_hash};
pub use key::{PublicKey, PublicKeyError};
pub use note::{Note, NoteError, NoteSignature, ed25519_key_id};
pub use proof::{
    HashSource, ProofError, consistency_proof, inclusion_proof, max_proof_length, range_proof, tree_root,
    verify_consistency, verify_inclusion, verify_range,
};
pub use range::{CompactRange, RangeError};
pub use tile::{
    ENTRY_MAX, EntryBundle, EntryBundleError, TILE_HEIGHT, TILE_WIDTH, Tile, TileError, TileHashes, decode_entries,
    encode_entry,
};
