//! Of which targets a run says nothing: what was overridden for all of them, and whose answers came from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use model::Digest;
use model::record::{Override, Rehearsed, Route};

/// So many endpoints are named for one target; that there are more changes nothing.
const NAMED: usize = 100;
/// Bytes of the targets and endpoints that are named. Of the other targets only a digest is kept.
const NAMES_MAX: usize = 1024 * 1024;

/// Which targets of a run are rehearsals, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsals {
    /// All of them, whatever their routes say.
    whole: bool,
    targets: BTreeMap<String, BTreeSet<Rehearsed>>,
    names: usize,
    /// Targets for whose names there was no room.
    more: BTreeSet<Digest>,
}

impl Rehearsals {
    /// Of a run with these overrides, before its routes were looked at.
    #[must_use]
    pub fn new(overrides: &[Override]) -> Self {
        Self { whole: overrides.iter().any(|one| *one != Override::Target), ..Self::default() }
    }

    /// The same with all of its routes.
    #[must_use]
    pub fn of(overrides: &[Override], routes: &[Route]) -> Self {
        let mut rehearsals = Self::new(overrides);
        routes.iter().for_each(|route| rehearsals.route(route));
        rehearsals
    }

    /// Looks at a route.
    pub fn route(&mut self, route: &Route) {
        if route.rehearsal.is_empty() {
            return;
        }
        if !self.targets.contains_key(&route.target) {
            if self.names.saturating_add(route.target.len()) > NAMES_MAX {
                self.more.insert(Digest::of(route.target.as_bytes()));
                return;
            }
            self.names += route.target.len();
        }
        let of_target = self.targets.entry(route.target.clone()).or_default();
        for one in &route.rehearsal {
            if of_target.len() >= NAMED || self.names.saturating_add(one.endpoint.len()) > NAMES_MAX {
                break;
            }
            self.names += one.endpoint.len();
            of_target.insert(one.clone());
        }
    }

    /// Whether nothing that is said of this target is evidence.
    #[must_use]
    pub fn includes(&self, target: &str) -> bool {
        self.whole || self.answered_elsewhere(target)
    }

    /// Whether there is no evidence at all.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    fn answered_elsewhere(&self, target: &str) -> bool {
        self.targets.contains_key(target)
            || (!self.more.is_empty() && self.more.contains(&Digest::of(target.as_bytes())))
    }

    /// The targets whose answers came from elsewhere, and from where, as far as they are named.
    #[must_use]
    pub fn targets(&self) -> &BTreeMap<String, BTreeSet<Rehearsed>> {
        &self.targets
    }

    /// How many more such targets there are.
    #[must_use]
    pub fn more(&self) -> usize {
        self.more.len()
    }

    /// The override by which a run with these routes says it: every target that has a route, or some of them.
    #[must_use]
    pub fn said(&self, routes: &[Route]) -> Option<Override> {
        if self.targets.is_empty() {
            return None;
        }
        let all = routes.iter().all(|route| self.answered_elsewhere(&route.target));
        Some(if all { Override::Endpoint } else { Override::Target })
    }
}

#[cfg(test)]
mod tests {
    use model::origin::Unproven;

    use super::*;

    fn route(target: &str, foreign: bool) -> Route {
        let rehearsed = Rehearsed { endpoint: "http://127.0.0.1:4566".to_owned(), because: Unproven::PlainHttp };
        Route {
            target: target.to_owned(),
            collector: "c".to_owned(),
            endpoints: Vec::new(),
            proxies: Vec::new(),
            authorities: Vec::new(),
            pinned: Vec::new(),
            rehearsal: foreign.then_some(rehearsed).into_iter().collect(),
        }
    }

    #[test]
    fn one_target_does_not_stain_the_others() {
        let routes = [route("a", true), route("b", false)];
        let rehearsals = Rehearsals::of(&[], &routes);
        assert_eq!((rehearsals.includes("a"), rehearsals.includes("b")), (true, false));
        assert_eq!(rehearsals.said(&routes), Some(Override::Target));
        assert_eq!(rehearsals.said(&routes[..1]), Some(Override::Endpoint));
        assert_eq!(Rehearsals::of(&[], &routes[1..]).said(&routes[1..]), None);
        assert!(!Rehearsals::of(&[Override::Target], &routes).is_whole());
    }

    #[test]
    fn a_set_clock_is_everybodys() {
        for one in [Override::Clock, Override::Endpoint, Override::Randomness, Override::Replay] {
            assert!(Rehearsals::of(&[one], &[route("b", false)]).includes("b"), "{one:?}");
        }
    }

    #[test]
    fn what_is_named_of_a_target_is_bounded() {
        let mut many = route("a", true);
        many.rehearsal = (1..=200)
            .map(|port| Rehearsed { endpoint: format!("http://h:{port}"), because: Unproven::PlainHttp })
            .collect();
        assert_eq!(Rehearsals::of(&[], &[many.clone(), many]).targets()["a"].len(), NAMED);
    }

    #[test]
    fn targets_without_room_for_their_names_are_rehearsals_too() {
        let long = |n: usize| "x".repeat(NAMES_MAX / 2) + &n.to_string();
        let routes: Vec<Route> = (0..4).map(|n| route(&long(n), true)).chain([route("b", false)]).collect();
        let rehearsals = Rehearsals::of(&[], &routes);
        assert_eq!((rehearsals.targets().len(), rehearsals.more()), (1, 3));
        assert!((0..4).all(|n| rehearsals.includes(&long(n))) && !rehearsals.includes("b"));
        assert_eq!(rehearsals.said(&routes), Some(Override::Target));
        assert_eq!(rehearsals.said(&routes[..4]), Some(Override::Endpoint));
    }
}
