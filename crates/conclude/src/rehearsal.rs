//! Of which targets a run says nothing: what was overridden for all of them, and whose answers came from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use model::record::{Override, Rehearsed, Route};

/// So many endpoints are named for one target; that there are more changes nothing.
const NAMED: usize = 100;

/// Which targets of a run are rehearsals, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rehearsals {
    /// All of them, whatever their routes say.
    whole: bool,
    targets: BTreeMap<String, BTreeSet<Rehearsed>>,
}

impl Rehearsals {
    /// Of a run with these overrides, before its routes were looked at.
    #[must_use]
    pub fn new(overrides: &[Override]) -> Self {
        Self { whole: overrides.iter().any(|one| *one != Override::Target), targets: BTreeMap::new() }
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
        let of_target = self.targets.entry(route.target.clone()).or_default();
        let room = NAMED.saturating_sub(of_target.len());
        of_target.extend(route.rehearsal.iter().take(room).cloned());
    }

    /// Whether nothing that is said of this target is evidence.
    #[must_use]
    pub fn includes(&self, target: &str) -> bool {
        self.whole || self.targets.contains_key(target)
    }

    /// Whether there is no evidence at all.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// The targets whose answers came from elsewhere, and from where.
    #[must_use]
    pub fn targets(&self) -> &BTreeMap<String, BTreeSet<Rehearsed>> {
        &self.targets
    }

    /// The override by which a run with these routes says it: every target that has a route, or some of them.
    #[must_use]
    pub fn said(&self, routes: &[Route]) -> Option<Override> {
        if self.targets.is_empty() {
            return None;
        }
        let all = routes.iter().all(|route| self.targets.contains_key(&route.target));
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
}
