//! Where a bundle stands in its ledger, and under which heads.

use bundle::consistency::Since;
use bundle::sigstore::SealedStatement;
use bundle::statement::Statement;
use bundle::trust::Trust;
use ledger::{
    Checkpoint, LogKey, SignedCheckpoint, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion,
};
use model::Digest;

use crate::ed25519;
use crate::problem::Problem;

/// Proves the entry's place: a head signed by the trusted ledger key, the entry in it, and before it
/// the ledger that the statement names.
pub(crate) fn prove(
    sealed: &SealedStatement,
    statement: &Statement,
    trust: &Trust,
    key: &LogKey,
) -> Result<Checkpoint, Problem> {
    let (position, chain) = (&sealed.position, &statement.predicate.chain);
    // Whether another ledger is to be trusted cannot be decided. That what it says of itself does not agree can.
    let another = || Problem::OtherLedger { expected: trust.ledger.origin.clone(), found: chain.origin.clone() };
    let other = chain.origin != trust.ledger.origin;
    if other && position.log_id != key.log_id() {
        return Err(another());
    }
    let named = LogKey::new(&chain.origin, *key.public_key()).map_err(|_| another())?;
    let key = if other { &named } else { key };
    if position.log_id != key.log_id() {
        return Err(Problem::LedgerKey { expected: key.log_id(), found: position.log_id });
    }
    let signed = sealed.checkpoint().map_err(Problem::Head)?;
    let head = signed
        .verify_sigstore(key, |message, signature| ed25519::verify(key.public_key().as_bytes(), message, signature))
        .map_err(Problem::Head)?;
    if head.size != position.tree_size || head.root != position.root {
        return Err(Problem::HeadDisagrees);
    }
    if position.index != chain.index {
        return Err(Problem::Index { signed: chain.index, found: position.index });
    }
    if position.index.checked_add(1) != Some(position.tree_size) {
        return Err(Problem::NotCompletedHead { size: position.tree_size });
    }
    let leaf = leaf_hash(&sealed.entry_body());
    verify_inclusion(&leaf, position.index, position.tree_size, &position.proof, &position.root)
        .map_err(Problem::Inclusion)?;
    if prior_root(&position.proof) != chain.prior_root {
        return Err(Problem::PriorRoot);
    }
    if other {
        return Err(another());
    }
    if !trust.allows_head(head.size) {
        return Err(Problem::HeadNotTrusted { size: head.size });
    }
    Ok(Checkpoint { origin: chain.origin.clone(), size: head.size, root: head.root })
}

/// The root of the ledger before its last entry: the audit path of the last entry consists of the
/// perfect subtrees before it, smallest first (RFC 9162 §2.1.3.1).
fn prior_root(path: &[Digest]) -> Digest {
    let mut subtrees = path.iter();
    let Some(smallest) = subtrees.next() else {
        return empty_root();
    };
    subtrees.fold(*smallest, |right, left| node_hash(left, &right))
}

/// Reads and proves `ledger/checkpoint`.
pub(crate) fn newest(bytes: &[u8], trust: &Trust, key: &LogKey) -> Result<Checkpoint, Problem> {
    let head = signed(bytes, key)?;
    if trust.allows_head(head.size) { Ok(head) } else { Err(Problem::HeadNotTrusted { size: head.size }) }
}

/// The same of a ledger that may be empty: a key that may sign its first entry's head may sign the one before it.
pub(crate) fn newest_or_none(bytes: &[u8], trust: &Trust, key: &LogKey) -> Result<Checkpoint, Problem> {
    let head = signed(bytes, key)?;
    if trust.allows_head(head.size.max(1)) { Ok(head) } else { Err(Problem::HeadNotTrusted { size: head.size }) }
}

fn signed(bytes: &[u8], key: &LogKey) -> Result<Checkpoint, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NewestText)?;
    let signed = SignedCheckpoint::parse(text).map_err(Problem::Newest)?;
    let head = signed
        .verify_c2sp(key, |message, signature| ed25519::verify(key.public_key().as_bytes(), message, signature))
        .map_err(Problem::Newest)?;
    Ok(head.clone())
}

/// Proves that the newest head continues the bundle's own.
pub(crate) fn continues(own: &Checkpoint, newest: &Checkpoint, proof: Option<&[Digest]>) -> Result<(), Problem> {
    if newest.size < own.size {
        return Err(Problem::NewestOlder);
    }
    let hashes = match proof {
        // One spelling: a head needs no proof that it continues itself.
        Some(_) if newest.size == own.size => {
            return Err(Problem::Stray { path: bundle::layout::CONSISTENCY.to_owned() });
        }
        Some(proof) => proof,
        None if newest.size == own.size => &[],
        None => {
            return Err(Problem::Missing { path: bundle::layout::CONSISTENCY.to_owned() });
        }
    };
    verify_consistency(own.size, &own.root, newest.size, &newest.root, hashes).map_err(Problem::Consistency)
}

/// Proves that the newest head continues the one that `ledger/since` names.
pub(crate) fn since(bytes: &[u8], newest: &Checkpoint) -> Result<(u64, Digest), Problem> {
    let since = Since::parse(bytes)?;
    // One spelling: a head needs no proof that it continues itself.
    if since.size == newest.size {
        return Err(Problem::Stray { path: bundle::layout::SINCE.to_owned() });
    }
    verify_consistency(since.size, &since.root, newest.size, &newest.root, &since.proof)
        .map_err(|error| Problem::Since { size: since.size, error })?;
    Ok((since.size, since.root))
}

#[cfg(test)]
mod tests {
    use ledger::CompactRange;

    use super::*;

    #[test]
    fn the_path_of_the_last_entry_gives_the_ledger_before_it() {
        for size in 1..70_u64 {
            let leaves: Vec<Digest> = (0..size).map(|n| leaf_hash(&n.to_be_bytes())).collect();
            let mut node = |level: u32, index: u64| -> Result<Digest, std::convert::Infallible> {
                let width = 1_u64 << level;
                let mut range = CompactRange::new();
                for at in index * width..(index + 1) * width {
                    range.append(leaves[at as usize]);
                }
                Ok(range.root())
            };
            let path = ledger::inclusion_proof(size - 1, size, &mut node).unwrap().unwrap();
            let before = ledger::tree_root(size - 1, &mut node).unwrap();
            assert_eq!(prior_root(&path), before);
        }
    }
}
