//! Whether answers came from the source itself, target by target. What came from elsewhere makes a rehearsal of its target.

use std::collections::{BTreeMap, BTreeSet};

use model::origin::{self, Unproven};
use model::record::Rehearsed;
use sdk::{AlsoAsks, Descriptor};

use crate::collect::Job;
use crate::spool::{Asked, Recorded};

/// What a collector says of its source: host names that are its own, and the calls whose answers are evidence.
pub(crate) struct Own {
    names: Vec<String>,
    also: Vec<AlsoAsks>,
    operations: BTreeSet<String>,
}

/// What the collectors of these jobs say of their sources, by the collectors' names.
pub(crate) fn own_endpoints(jobs: &[Job]) -> BTreeMap<String, Own> {
    jobs.iter()
        .map(|job| job.kind.descriptor())
        .map(|descriptor| (descriptor.name.clone(), Own::of(descriptor)))
        .collect()
}

/// A target and a collector.
type Place = (String, String);

/// Marks each route over which an answer came that proves nothing about its source.
pub(crate) fn mark(recorded: &mut Recorded, own: &BTreeMap<String, Own>) {
    let pinned: BTreeSet<Place> = recorded
        .routes()
        .iter()
        .filter(|route| !route.pinned.is_empty())
        .map(|route| (route.target.clone(), route.collector.clone()))
        .collect();
    let asked = recorded.asked().map(|asked| {
        let is_pinned = pinned.contains(&(asked.target.to_owned(), asked.collector.to_owned()));
        (asked, own.get(asked.collector), is_pinned)
    });
    let mut found = rehearsed(asked);
    for route in recorded.routes_mut() {
        route.rehearsal = found.remove(&(route.target.clone(), route.collector.clone())).unwrap_or_default();
    }
}

/// Of each target and collector the endpoints from which answers came that prove nothing, ascending. With each answer what its
/// collector says of its source, and whether the declaration pins an authority.
pub(crate) fn rehearsed<'a>(
    answers: impl Iterator<Item = (Asked<'a>, Option<&'a Own>, bool)>,
) -> BTreeMap<Place, Vec<Rehearsed>> {
    let mut found: BTreeMap<Place, BTreeMap<String, Unproven>> = BTreeMap::new();
    for (asked, own, pinned) in answers {
        let Some(because) = unproven(&asked, own, pinned) else { continue };
        let of_route = found.entry((asked.target.to_owned(), asked.collector.to_owned())).or_default();
        // Of one endpoint the reason that stands first: it holds whatever else was asked there.
        let known = of_route.entry(asked.endpoint.to_owned()).or_insert(because);
        *known = because.min(*known);
    }
    let named = |(endpoint, because)| Rehearsed { endpoint, because };
    found.into_iter().map(|(place, from)| (place, from.into_iter().map(named).collect())).collect()
}

/// Why what came from there is no evidence. An exchange without an answer proves nothing about the source and vouches for nothing.
fn unproven(asked: &Asked<'_>, own: Option<&Own>, pinned: bool) -> Option<Unproven> {
    if !asked.answered {
        return None;
    }
    let Some(own) = own else {
        return Some(Unproven::OtherName);
    };
    if own.operations.contains(asked.operation) {
        return match own.beside(asked.operation) {
            // What the declaration pins is the collector's own source.
            Some(names) => origin::foreign(asked.endpoint, asked.certificates, false, names),
            None => origin::foreign(asked.endpoint, asked.certificates, pinned, &own.names),
        };
    }
    // Where credentials come from (a metadata service over plain HTTP, single sign-on) says nothing of the target; their answers are not
    // kept. Of any other that is kept, every reader looks at what can be seen without names.
    if asked.kept { origin::unproven(asked.endpoint, asked.certificates, pinned) } else { None }
}

impl Own {
    pub(crate) fn of(descriptor: Descriptor) -> Self {
        let operations = descriptor.rights.into_iter().map(|right| right.name).collect();
        Self { names: descriptor.endpoints, also: descriptor.also, operations }
    }

    /// The names of the source beside its own that is asked this, if one is.
    fn beside(&self, operation: &str) -> Option<&[String]> {
        self.also.iter().find(|also| operation.starts_with(&also.operations)).map(|also| also.endpoints.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Own {
        let also = AlsoAsks {
            setting: "eks".to_owned(),
            operations: "eks:".to_owned(),
            endpoints: vec!["eks.{region}.{aws}".to_owned()],
        };
        let operations = ["eks:ListAccessEntries", "list namespaces"].map(str::to_owned).into();
        Own { names: vec!["*".to_owned()], also: vec![also], operations }
    }

    fn asked<'a>(operation: &'a str, endpoint: &'a str) -> Asked<'a> {
        let certificates = endpoint.starts_with("https://");
        Asked { target: "t", collector: "c", operation, endpoint, certificates, answered: true, kept: true }
    }

    #[test]
    fn what_is_asked_of_another_source_is_answered_under_its_names() {
        let own = own();
        let why = |operation: &str, endpoint: &str, pinned| unproven(&asked(operation, endpoint), Some(&own), pinned);
        assert_eq!(why("list namespaces", "https://10.0.0.1:6443", false), None);
        assert_eq!(why("list namespaces", "https://127.0.0.1:6443", false), Some(Unproven::ThisMachine));
        assert_eq!(why("list namespaces", "https://127.0.0.1:6443", true), None);
        assert_eq!(why("eks:ListAccessEntries", "https://eks.eu-west-1.amazonaws.com", false), None);
        // The pinned authority is the cluster's, not AWS'.
        assert_eq!(why("eks:ListAccessEntries", "https://10.0.0.1:6443", true), Some(Unproven::OtherName));
    }

    #[test]
    fn what_says_nothing_of_the_target_makes_no_rehearsal() {
        let own = own();
        let imds = asked("imds:GET", "http://169.254.169.254");
        assert_eq!(unproven(&Asked { kept: false, ..imds }, Some(&own), false), None);
        assert_eq!(unproven(&imds, Some(&own), false), Some(Unproven::PlainHttp), "readers would refuse it otherwise");
        let nobody = Asked { answered: false, ..asked("list namespaces", "http://10.0.0.1") };
        assert_eq!(unproven(&nobody, Some(&own), false), None);
        assert_eq!(unproven(&asked("list namespaces", "https://10.0.0.1"), None, false), Some(Unproven::OtherName));
    }
}
