//! The order of gaps, and what becomes of very many of them.

use model::RecordRef;
use model::record::{self, GapReason, Subject};

pub(super) type GapOrder<'a> = (
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a Subject>,
    Option<&'a str>,
    Option<&'a str>,
    GapReason,
    Option<RecordRef>,
    &'a str,
);

/// Gaps of one list for one reason that are sealed singly. A finding of the list rests on all of them and has to fit into a record:
/// a source that lists a hundred thousand things and gives none must not keep the whole run from being sealed.
const SINGLY: usize = 1000;

/// The gaps, sorted, with those of one list and reason past [`SINGLY`] said together.
pub(super) fn folded(gaps: &[record::Gap]) -> Vec<record::Gap> {
    let alike = |a: &record::Gap, b: &record::Gap| {
        let list = |gap: &record::Gap| gap.subject.is_none() && gap.part.is_none();
        list(a)
            && list(b)
            && (&a.target, &a.collector, &a.population, &a.right, a.reason)
                == (&b.target, &b.collector, &b.population, &b.right, b.reason)
    };
    let mut kept: Vec<record::Gap> = Vec::with_capacity(gaps.len());
    for group in gaps.chunk_by(alike) {
        kept.extend(group.iter().take(SINGLY).cloned());
        if let (Some(first), more @ 1..) = (group.get(SINGLY), group.len().saturating_sub(SINGLY)) {
            let detail = format!("and {more} more like these, each with its own exchange where one was made");
            kept.push(record::Gap { detail, exchange: None, ..first.clone() });
        }
    }
    // What is said together has no exchange, and so another place among its like.
    kept.sort_by(|a, b| gap_order(a).cmp(&gap_order(b)));
    kept
}

/// The order of gaps: by target, collector, population, subject, part, right, reason, exchange, detail.
pub(super) fn gap_order(gap: &record::Gap) -> GapOrder<'_> {
    (
        &gap.target,
        &gap.collector,
        gap.population.as_deref(),
        gap.subject.as_ref(),
        gap.part.as_deref(),
        gap.right.as_deref(),
        gap.reason,
        gap.exchange,
        &gap.detail,
    )
}
