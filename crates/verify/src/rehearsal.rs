//! The words that people read for a rehearsal.

use conclude::Rehearsals;
use model::record::Override;

/// So many targets are named; the others are counted.
const NAMED: usize = 5;

/// The overrides, one after the other.
#[must_use]
pub fn list(overrides: &[Override]) -> String {
    let words: Vec<&str> = overrides
        .iter()
        .map(|what| match what {
            Override::Clock => "a set clock",
            Override::Endpoint => "an endpoint that is not the source's own",
            Override::Randomness => "given randomness",
            Override::Replay => "recorded answers",
            Override::Target => "of some targets, an endpoint that is not the source's own",
        })
        .collect();
    words.join(", ")
}

/// What of a run is a rehearsal and why, as it follows "this run is": which targets, by which endpoint.
#[must_use]
pub fn words(overrides: &[Override], rehearsals: &Rehearsals) -> String {
    let targets = rehearsals.targets();
    let of = |(target, from): (&String, &std::collections::BTreeSet<model::record::Rehearsed>)| {
        let first = from.first().map(|one| format!(" ({one})")).unwrap_or_default();
        let more = from.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("`{target}`{first}{more}")
    };
    let mut named: Vec<String> = targets.iter().take(NAMED).map(of).collect();
    let more = targets.len().saturating_add(rehearsals.more()).saturating_sub(named.len());
    if more > 0 {
        named.push(format!("{more} more"));
    }
    let named = named.join("; ");
    match (rehearsals.is_whole(), named.is_empty()) {
        (false, _) => format!("a rehearsal in part, and what it says of these targets is not evidence: {named}"),
        (true, true) => format!("a rehearsal, not evidence ({})", list(overrides)),
        (true, false) => format!("a rehearsal, not evidence ({}): {named}", list(overrides)),
    }
}

#[cfg(test)]
mod tests {
    use model::origin::Unproven;
    use model::record::{Rehearsed, Route};

    use super::*;

    fn route(target: &str) -> Route {
        let from = |port: u16, because| Rehearsed { endpoint: format!("https://127.0.0.1:{port}"), because };
        Route {
            target: target.to_owned(),
            collector: "c".to_owned(),
            endpoints: Vec::new(),
            proxies: Vec::new(),
            authorities: Vec::new(),
            pinned: Vec::new(),
            rehearsal: vec![from(1, Unproven::ThisMachine), from(2, Unproven::NoCertificates)],
        }
    }

    #[test]
    fn says_which_targets_and_why() {
        let said = words(&[Override::Target], &Rehearsals::of(&[Override::Target], &[route("a")]));
        assert_eq!(
            said,
            "a rehearsal in part, and what it says of these targets is not evidence: `a` (https://127.0.0.1:1: a server on this machine, whose certificate authority the declaration does not pin) and 1 more"
        );
        assert_eq!(
            words(&[Override::Replay], &Rehearsals::new(&[Override::Replay])),
            "a rehearsal, not evidence (recorded answers)"
        );
        let many: Vec<Route> = (0..7).map(|n| route(&format!("t{n}"))).collect();
        let said = words(&[Override::Endpoint], &Rehearsals::of(&[Override::Endpoint], &many));
        assert!(
            said.starts_with("a rehearsal, not evidence (an endpoint that is not the source's own): `t0` ("),
            "{said}"
        );
        assert!(said.ends_with("; 2 more") && !said.contains("`t5`"), "{said}");
    }
}
