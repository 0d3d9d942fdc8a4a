//! All lists of one cluster, in an order in which what belongs together fits.

use std::collections::BTreeSet;

use futures_util::future::{try_join, try_join4};
use sdk::{CoverageNote, GapReason, Input, Recorder, SinkError, Source, SourceTotal, population};
use transport::Refusal;

use crate::cluster::Cluster;
use crate::list::{Form, List, Listed};
use crate::rights;
use rbac::resource::{BINDING, NAMESPACE, ROLE, SERVICE_ACCOUNT};
use rbac::rules::{Binding, RoleKey};

const RBAC_PATH: &str = "/apis/rbac.authorization.k8s.io/v1";
/// How often all is listed at most, until what was listed fits.
const ROUNDS: usize = 3;

/// What is listed: for the whole cluster, or for one namespace where that was refused.
struct Wanted {
    right: &'static str,
    kind: &'static str,
    /// Of the population that the list of the whole cluster is.
    scope: Option<&'static str>,
    path: &'static str,
    resource: &'static str,
    namespaced: bool,
}

const fn wanted(
    right: &'static str,
    kind: &'static str,
    scope: Option<&'static str>,
    path: &'static str,
    resource: &'static str,
    namespaced: bool,
) -> Wanted {
    Wanted { right, kind, scope, path, resource, namespaced }
}

const CLUSTER_BINDINGS: Wanted =
    wanted(rights::CLUSTER_ROLE_BINDINGS, BINDING, Some("cluster"), RBAC_PATH, "clusterrolebindings", false);
const BINDINGS: Wanted = wanted(rights::ROLE_BINDINGS, BINDING, Some("namespaces"), RBAC_PATH, "rolebindings", true);
const NAMESPACES: Wanted = wanted(rights::NAMESPACES, NAMESPACE, None, "/api/v1", "namespaces", false);
const ACCOUNTS: Wanted = wanted(rights::SERVICE_ACCOUNTS, SERVICE_ACCOUNT, None, "/api/v1", "serviceaccounts", true);
const CLUSTER_ROLES: Wanted = wanted(rights::CLUSTER_ROLES, ROLE, Some("cluster"), RBAC_PATH, "clusterroles", false);
const ROLES: Wanted = wanted(rights::ROLES, ROLE, Some("namespaces"), RBAC_PATH, "roles", true);

/// A list under the name of its population.
struct Population {
    name: String,
    list: List,
}

/// All lists of one thing.
#[derive(Default)]
pub struct Found {
    populations: Vec<Population>,
}

impl Found {
    pub fn items(&self) -> impl Iterator<Item = (&str, &Listed)> {
        self.populations.iter().flat_map(|one| one.list.items.iter().map(move |item| (one.name.as_str(), item)))
    }

    /// Why something of it was not read.
    pub fn stopped(&self) -> Option<&Refusal> {
        self.populations.iter().find_map(|one| one.list.stopped.as_ref())
    }

    /// The last pages: what an absence rests on.
    pub fn ends(&self) -> Vec<Source> {
        self.populations.iter().filter_map(|one| one.list.last).map(|last| Source::json(last, "/metadata")).collect()
    }

    pub fn inputs(&self) -> impl Iterator<Item = Input> + '_ {
        self.populations.iter().map(|one| Input::Population(one.name.clone()))
    }

    /// Calls that a population of this name took so far.
    fn calls(&self, name: &str) -> u64 {
        self.populations.iter().find(|one| one.name == name).map_or(0, |one| one.list.calls)
    }

    /// How completely each list was read.
    pub fn close(&self, recorder: &Recorder) -> Result<(), SinkError> {
        for one in &self.populations {
            if let Some(refusal) = &one.list.stopped {
                recorder.gap(refusal.gap_of(&one.name, None))?;
            }
            recorder.coverage(CoverageNote {
                population: one.name.clone(),
                calls: one.list.calls,
                pages: one.list.pages,
                items: u64::try_from(one.list.items.len()).unwrap_or(u64::MAX),
                complete: one.list.stopped.is_none(),
                total: one.list.total.map(|(count, exchange)| SourceTotal {
                    count,
                    from: Source::json(exchange, "/metadata/remainingItemCount"),
                }),
            })?;
        }
        Ok(())
    }

    /// Where every namespace there is was read by itself, the list of the whole is not missed.
    fn whole_is_not_missed(&mut self, namespaces: &Self, declared: &[String]) {
        let all_known = namespaces.stopped().is_none();
        let all_named = namespaces.items().all(|(_, item)| declared.contains(&item.object.metadata.name));
        let [_whole, each @ ..] = self.populations.as_slice() else {
            return;
        };
        if all_known && all_named && !each.is_empty() && each.iter().all(|one| one.list.stopped.is_none()) {
            self.populations.remove(0);
        }
    }
}

/// Everything that is listed.
#[derive(Default)]
pub struct Lists {
    pub namespaces: Found,
    pub accounts: Found,
    pub cluster_roles: Found,
    pub roles: Found,
    pub cluster_bindings: Found,
    pub bindings: Found,
    /// Bindings that did not fit, and did not in the round before: they were changed while everything was read.
    pub changed: BTreeSet<String>,
}

impl Lists {
    /// Bindings first: a role or an account that was made together with its binding is there when its list is read. Where something
    /// is missing all the same, everything is asked again: it may have been deleted in between, with its binding.
    pub async fn read(cluster: &Cluster) -> Result<Self, SinkError> {
        let mut lists = Self::round(cluster, &Self::default()).await?;
        let mut missing = lists.missing();
        for _ in 1..ROUNDS {
            if missing.is_empty() {
                break;
            }
            lists = Self::round(cluster, &lists).await?;
            let still = lists.missing();
            lists.changed = still.difference(&missing).map(|(binding, _)| binding.clone()).collect();
            missing = still;
            if lists.changed.is_empty() {
                break;
            }
        }
        Ok(lists)
    }

    async fn round(cluster: &Cluster, before: &Self) -> Result<Self, SinkError> {
        let (cluster_bindings, bindings) = try_join(
            find(cluster, &CLUSTER_BINDINGS, &before.cluster_bindings),
            find(cluster, &BINDINGS, &before.bindings),
        )
        .await?;
        let (namespaces, accounts, cluster_roles, roles) = try_join4(
            find(cluster, &NAMESPACES, &before.namespaces),
            find(cluster, &ACCOUNTS, &before.accounts),
            find(cluster, &CLUSTER_ROLES, &before.cluster_roles),
            find(cluster, &ROLES, &before.roles),
        )
        .await?;
        let mut lists =
            Self { namespaces, accounts, cluster_roles, roles, cluster_bindings, bindings, changed: BTreeSet::new() };
        for found in [&mut lists.bindings, &mut lists.accounts, &mut lists.roles] {
            found.whole_is_not_missed(&lists.namespaces, &cluster.settings.namespaces);
        }
        Ok(lists)
    }

    /// What bindings name and no list has, as far as the lists were read: the binding, and what it misses.
    fn missing(&self) -> BTreeSet<(String, String)> {
        let roles: BTreeSet<RoleKey> = self.cluster_roles.items().chain(self.roles.items()).map(key_of).collect();
        let accounts = self.known_accounts();
        let mut missing = BTreeSet::new();
        for (_, item) in self.cluster_bindings.items().chain(self.bindings.items()) {
            let Some(binding) = binding_of(item) else { continue };
            let key = binding.role_key();
            if self.list_of(&key).stopped().is_none() && !roles.contains(&key) {
                missing.insert((binding.id(), format!("role {}", key.1)));
            }
            if self.accounts.stopped().is_none() {
                missing.extend(missing_accounts(&binding, &accounts).into_iter().map(|one| (binding.id(), one)));
            }
        }
        missing
    }

    /// The list in which a role stands.
    pub const fn list_of(&self, key: &RoleKey) -> &Found {
        if key.0.is_some() { &self.roles } else { &self.cluster_roles }
    }

    /// `namespace/name` of every service account.
    pub fn known_accounts(&self) -> BTreeSet<String> {
        let named = |item: &Listed| {
            let meta = &item.object.metadata;
            Some(format!("{}/{}", meta.namespace.as_ref()?, meta.name))
        };
        self.accounts.items().filter_map(|(_, item)| named(item)).collect()
    }

    pub const fn all(&self) -> [&Found; 6] {
        [&self.namespaces, &self.accounts, &self.cluster_roles, &self.roles, &self.cluster_bindings, &self.bindings]
    }
}

fn key_of((_, item): (&str, &Listed)) -> RoleKey {
    (item.object.metadata.namespace.clone(), item.object.metadata.name.clone())
}

/// `None`: it names no role. A binding without subjects grants nothing, and the API server leaves the empty list out.
pub fn binding_of(item: &Listed) -> Option<Binding> {
    Some(Binding {
        namespace: item.object.metadata.namespace.clone(),
        name: item.object.metadata.name.clone(),
        role: item.object.role_ref.clone()?,
        subjects: item.object.subjects.clone().unwrap_or_default(),
    })
}

pub fn missing_accounts(binding: &Binding, known: &BTreeSet<String>) -> Vec<String> {
    let named = binding.subjects.iter().filter(|subject| subject.kind == "ServiceAccount");
    named
        .filter_map(|subject| Some(format!("{}/{}", binding.namespace_of(subject)?, subject.name)))
        .filter(|account| !known.contains(account))
        .collect()
}

/// Lists for the whole cluster; where that is refused, each declared namespace by itself.
async fn find(cluster: &Cluster, wanted: &Wanted, before: &Found) -> Result<Found, SinkError> {
    let name = population(wanted.kind, wanted.scope);
    let path = format!("{}/{}", wanted.path, wanted.resource);
    let form = Form { namespaced: wanted.namespaced, binding: wanted.kind == BINDING };
    let list = cluster.client.list(wanted.right, &path, &name, form, before.calls(&name)).await?;
    let refused = list.stopped.as_ref().is_some_and(|refusal| refusal.reason == GapReason::Denied);
    let mut populations = vec![Population { name, list }];
    if refused && wanted.namespaced {
        for namespace in &cluster.settings.namespaces {
            let name = population(wanted.kind, Some(&format!("namespace:{namespace}")));
            let path = format!("{}/namespaces/{namespace}/{}", wanted.path, wanted.resource);
            let list = cluster.client.list(wanted.right, &path, &name, form, before.calls(&name)).await?;
            populations.push(Population { name, list });
        }
    }
    Ok(Found { populations })
}
