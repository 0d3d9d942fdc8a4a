//! What every export says: which bundle it is of, what has to be known first, what was not read.

use model::printable::line;
use model::record::RunStatus;
use verify::{VerifiedBundle, rehearsal};

use super::gather::Gathered;
use crate::words::first_words;

/// What all exports say.
pub struct Said<'s> {
    pub bundle: &'s VerifiedBundle,
    pub report: &'s verify::Report,
    pub gathered: &'s Gathered,
}

impl Said<'_> {
    /// `Northbank Custody Ltd, hot-wallet`
    pub fn title(&self) -> String {
        let said = &self.bundle.statement().predicate;
        line(&format!("{}, {}", said.entity, said.system)).into_owned()
    }

    /// Which bundle it is.
    pub fn place(&self) -> String {
        let said = &self.bundle.statement().predicate;
        let text = format!(
            "bundle {} of ledger {}, run {}, {} to {}, statement sha256:{}",
            said.chain.index,
            said.chain.origin,
            said.bundle,
            said.started,
            said.finished,
            self.bundle.statement_sha256()
        );
        line(&text).into_owned()
    }

    /// What has to be known before anything else is read, one line each.
    pub fn first(&self) -> Vec<String> {
        let said = &self.bundle.statement().predicate;
        let mut lines = Vec::new();
        if !said.rehearsal.is_empty() {
            lines.push(format!("This is {}.", rehearsal::words(&said.rehearsal, self.bundle.rehearsals())));
        }
        if said.status == RunStatus::Failed {
            lines.push("The run failed: what it did not come to is in no list here.".to_owned());
        }
        lines.extend(first_words(self.report));
        lines.iter().map(|one| line(one).into_owned()).collect()
    }

    /// Gaps, in words: how many, what, and whether all are accepted.
    pub fn gaps(&self) -> Vec<(String, bool)> {
        let overview = &self.gathered.overview;
        let of_group = |group: &crate::overview::GapGroup| {
            let what = [group.right.as_deref(), group.part.as_deref(), group.of.as_deref()];
            let what: Vec<&str> = what.into_iter().flatten().collect();
            let reason = crate::words::gap_words(group.reason);
            let text = format!(
                "{} × {reason}: {} ({} · {}): {}",
                group.count,
                what.join(", "),
                group.target,
                group.collector,
                group.example.value.detail
            );
            (line(&text).into_owned(), group.accepted == group.count)
        };
        let mut all: Vec<(String, bool)> = overview.gaps.iter().map(of_group).collect();
        if overview.gap_groups_not_shown > 0 {
            all.push((format!("{} more gaps, which are in the bundle", overview.gap_groups_not_shown), false));
        }
        all
    }
}
