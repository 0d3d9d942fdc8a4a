//! That two bundles are of one chain: whoever holds one against the other has to know that they are not of two histories under one name.

use crate::continuity::Owner;
use crate::problem::Problem;
use crate::seen::{Seen, Shown};
use crate::verdict::Verdict;

/// That two accepted bundles are of one ledger, of one system, and of one chain: some head that each of them continues, or is continued by, is the same.
/// Gives what is proven of the ledger by both; nothing where their places are not proven, and were not demanded.
///
/// # Errors
/// When they are not, or when it cannot be told from what is beside them.
pub fn one_chain(earlier: &Verdict, later: &Verdict) -> Result<Option<Seen>, Problem> {
    let (Some(one), Some(other)) = (&earlier.bundle, &later.bundle) else { return Ok(None) };
    let (one, other) = (&one.statement().predicate, &other.statement().predicate);
    let (owner, later_owner) = (Owner::of(one), Owner::of(other));
    if one.chain.origin != other.chain.origin {
        return Err(Problem::OtherLedger { expected: one.chain.origin.clone(), found: other.chain.origin.clone() });
    }
    if owner != later_owner {
        return Err(Problem::OtherSystem { expected: owner, found: later_owner });
    }
    let (Some(of_earlier), Some(of_later)) = (&earlier.shown, &later.shown) else { return Ok(None) };
    meets(of_earlier, of_later)?;
    let mut seen = earlier.seen.clone();
    if let Some(seen) = &mut seen {
        seen.learn(later_owner, of_later);
    }
    Ok(seen)
}

/// All heads of one bundle are of one chain. So a head that both have makes one chain of them, and of one size there are no two.
fn meets(earlier: &Shown, later: &Shown) -> Result<(), Problem> {
    let mut met = false;
    for (size, root) in heads(earlier) {
        for (other, found) in heads(later) {
            if size != other || size == 0 {
                continue;
            }
            if root != found {
                return Err(Problem::Rewritten { size });
            }
            met = true;
        }
    }
    for one in [earlier.prior, earlier.own] {
        for other in [later.prior, later.own] {
            if one.size == other.size
                && let (Some(known), Some(found)) = (one.statement, other.statement)
                && known != found
            {
                return Err(Problem::OtherEntry { index: one.size.saturating_sub(1) });
            }
        }
    }
    if met {
        return Ok(());
    }
    let (index, seen, newest) = (later.own.size.saturating_sub(1), earlier.own.size, later.newest.0);
    Err(Problem::NotComparable { index, seen, newest })
}

fn heads(shown: &Shown) -> impl Iterator<Item = (u64, model::Digest)> {
    let Shown { prior, own, newest, since } = shown;
    [Some((prior.size, prior.root)), Some((own.size, own.root)), Some(*newest), *since].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use model::Digest;

    use super::*;
    use crate::seen::Entry;

    fn entry(size: u64, name: &str) -> Entry {
        let of = |what: &str| Digest::of(format!("{name} {what} {size}").as_bytes());
        Entry { size, root: of("root"), statement: (size > 0).then(|| of("statement")) }
    }

    fn shown(index: u64, newest: u64, since: Option<u64>, name: &str) -> Shown {
        let root = |size| (size, entry(size, name).root);
        Shown { prior: entry(index, name), own: entry(index + 1, name), newest: root(newest), since: since.map(root) }
    }

    #[test]
    fn a_head_that_both_show_makes_one_chain() {
        for (earlier, later) in [
            // The next one, and the same.
            (shown(3, 4, None, "a"), shown(4, 5, None, "a")),
            (shown(3, 4, None, "a"), shown(3, 4, None, "a")),
            // Exported later, when both were there.
            (shown(3, 9, None, "a"), shown(7, 9, None, "a")),
            (shown(3, 9, None, "a"), shown(8, 9, None, "a")),
            // Exported for who saw the earlier one.
            (shown(3, 4, None, "a"), shown(7, 8, Some(4), "a")),
        ] {
            assert!(meets(&earlier, &later).is_ok(), "{earlier:?} {later:?}");
        }
    }

    #[test]
    fn what_does_not_meet_is_not_known_and_what_contradicts_is_rewritten() {
        let alone = meets(&shown(3, 4, None, "a"), &shown(7, 8, None, "a"));
        assert!(matches!(alone, Err(Problem::NotComparable { index: 7, seen: 4, newest: 8 })), "{alone:?}");
        // An empty ledger is the beginning of every one.
        assert!(matches!(meets(&shown(0, 1, None, "a"), &shown(0, 1, None, "b")), Err(Problem::Rewritten { size: 1 })));
        let other = meets(&shown(3, 9, None, "a"), &shown(7, 9, None, "b"));
        assert!(matches!(other, Err(Problem::Rewritten { size: 9 })), "{other:?}");
        // Where two heads meet, none may contradict.
        let mut later = shown(7, 9, Some(4), "a");
        later.since = Some((4, entry(4, "b").root));
        assert!(matches!(meets(&shown(3, 9, None, "a"), &later), Err(Problem::Rewritten { size: 4 })));
        let mut later = shown(4, 5, None, "a");
        later.prior.statement = entry(4, "b").statement;
        assert!(matches!(meets(&shown(3, 4, None, "a"), &later), Err(Problem::OtherEntry { index: 3 })));
    }
}
