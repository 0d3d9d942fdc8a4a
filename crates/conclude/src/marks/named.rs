//! Names that stand with a mark, and numbers in the place of names that only have to be told apart.

use model::Digest;

/// So many things are named with one mark; that there are more changes nothing.
pub(super) const NAMED: usize = 20;
/// Characters of such a name.
const MOST_OF_NAME: usize = 120;
/// Things whose names are kept in all; of what is beyond only the mark is.
pub(super) const NAMES_KEPT: usize = 20_000;

/// Eight bytes for a target, of which there may be many more. Two with one number take 2^32 tries, and would lend one the marks of the other.
pub(super) fn number(name: &str) -> u64 {
    let digest = Digest::of(name.as_bytes());
    digest.as_bytes().iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

pub(super) fn of_kind(target: &str, kind: &str) -> u64 {
    number(&format!("{}:{target}{kind}", target.len()))
}

pub(super) fn short(name: &str) -> String {
    match name.char_indices().nth(MOST_OF_NAME) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name.to_owned(),
    }
}
