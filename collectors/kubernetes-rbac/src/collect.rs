//! Lists everything, records it, and computes who holds which sensitive right.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{try_join, try_join_all};
use http::Method;
use sdk::{
    CoverageNote, DerivedNote, GapNote, GapReason, Input, Recorder, ResourceNote, SinkError, Source, SourceTotal,
    population,
};
use serde_json::json;
use transport::{Call, Refusal};

use crate::access::Described;
use crate::cluster::{Cluster, Identified};
use crate::eks::{self, Access};
use crate::list::{Form, List, Listed};
use crate::rbac::{self, Rbac};
use crate::resource::{self, ACCESS_ENTRY, BINDING, CLUSTER, NAMESPACE, ROLE, SERVICE_ACCOUNT, SUBJECT};
use crate::sensitive::{Holders, POLICY, Subject};
use crate::{rights, wire};

const RBAC_PATH: &str = "/apis/rbac.authorization.k8s.io/v1";

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

/// A list under the name of its population.
struct Population {
    name: String,
    list: List,
}

/// All lists of one thing.
struct Found {
    populations: Vec<Population>,
}

impl Found {
    fn items(&self) -> impl Iterator<Item = (&str, &Listed)> {
        self.populations.iter().flat_map(|one| one.list.items.iter().map(move |item| (one.name.as_str(), item)))
    }

    /// Why something of it was not read.
    fn stopped(&self) -> Option<&Refusal> {
        self.populations.iter().find_map(|one| one.list.stopped.as_ref())
    }

    /// The last pages: what an absence rests on.
    fn ends(&self) -> Vec<Source> {
        self.populations.iter().filter_map(|one| one.list.last).map(|last| Source::json(last, "/metadata")).collect()
    }

    fn inputs(&self) -> impl Iterator<Item = Input> + '_ {
        self.populations.iter().map(|one| Input::Population(one.name.clone()))
    }
}

pub(crate) async fn everything(
    cluster: &Cluster,
    recorder: &Recorder,
    identified: &Identified,
) -> Result<(), SinkError> {
    let wanted = [
        Wanted {
            right: rights::NAMESPACES,
            kind: NAMESPACE,
            scope: None,
            path: "/api/v1",
            resource: "namespaces",
            namespaced: false,
        },
        Wanted {
            right: rights::SERVICE_ACCOUNTS,
            kind: SERVICE_ACCOUNT,
            scope: None,
            path: "/api/v1",
            resource: "serviceaccounts",
            namespaced: true,
        },
        Wanted {
            right: rights::CLUSTER_ROLES,
            kind: ROLE,
            scope: Some("cluster"),
            path: RBAC_PATH,
            resource: "clusterroles",
            namespaced: false,
        },
        Wanted {
            right: rights::ROLES,
            kind: ROLE,
            scope: Some("namespaces"),
            path: RBAC_PATH,
            resource: "roles",
            namespaced: true,
        },
        Wanted {
            right: rights::CLUSTER_ROLE_BINDINGS,
            kind: BINDING,
            scope: Some("cluster"),
            path: RBAC_PATH,
            resource: "clusterrolebindings",
            namespaced: false,
        },
        Wanted {
            right: rights::ROLE_BINDINGS,
            kind: BINDING,
            scope: Some("namespaces"),
            path: RBAC_PATH,
            resource: "rolebindings",
            namespaced: true,
        },
    ];
    // Side by side: what AWS takes for its answers holds up nothing of the cluster's own.
    let lists = try_join_all(wanted.iter().map(|wanted| find(cluster, wanted)));
    let (found, beside) = try_join(lists, Box::pin(beside(cluster, recorder))).await?;
    the_cluster(cluster, recorder, identified, beside.as_ref()).await?;
    let [namespaces, accounts, cluster_roles, roles, cluster_bindings, bindings] = found.as_slice() else {
        return Ok(());
    };
    for found in &found {
        close(recorder, found)?;
    }
    for (population, item) in namespaces.items() {
        let meta = &item.object.metadata;
        let facts = sdk::facts(&resource::Namespace { name: meta.name.clone(), uid: meta.uid.clone() })?;
        record(recorder, population, NAMESPACE, meta.name.clone(), item, facts, &[])?;
    }
    let mut known_accounts = BTreeSet::new();
    for (population, item) in accounts.items() {
        let meta = &item.object.metadata;
        let Some(namespace) = meta.namespace.clone() else {
            return Err(formless(item));
        };
        let id = format!("{namespace}/{}", meta.name);
        let facts = sdk::facts(&resource::ServiceAccount {
            namespace,
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            automount_token: item.object.automount_service_account_token,
        })?;
        record(recorder, population, SERVICE_ACCOUNT, id.clone(), item, facts, &[])?;
        known_accounts.insert(id);
    }
    let mut rbac = Rbac::default();
    let mut role_places: BTreeMap<rbac::RoleKey, Source> = BTreeMap::new();
    for (population, item) in cluster_roles.items().chain(roles.items()) {
        let meta = &item.object.metadata;
        let rules = item.object.rules.clone().unwrap_or_default();
        let facts = sdk::facts(&resource::Role {
            kind: kind_in(meta, "Role"),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            rules: rules.clone(),
            aggregated: item.object.aggregation_rule.is_some(),
        })?;
        record(recorder, population, ROLE, id_of(meta, "Role"), item, facts, &[])?;
        let key = (meta.namespace.clone(), meta.name.clone());
        role_places.insert(key.clone(), place(item));
        rbac.roles.insert(key, rules);
    }
    let mut known_bindings = BTreeSet::new();
    for (population, item) in cluster_bindings.items().chain(bindings.items()) {
        let Some(binding) = binding_of(item) else {
            return Err(formless(item));
        };
        let key = binding.role_key();
        let list = if key.0.is_some() { roles } else { cluster_roles };
        let mut joined = Vec::new();
        let role_exists = match role_places.get(&key) {
            Some(place) => {
                joined.push(("role_exists", vec![place.clone()]));
                Some(true)
            }
            None if list.stopped().is_none() => {
                joined.push(("role_exists", list.ends()));
                Some(false)
            }
            None => None,
        };
        let missing = (accounts.stopped().is_none()).then(|| missing_accounts(&binding, &known_accounts));
        if missing.is_some() {
            joined.push(("missing_accounts", accounts.ends()));
        }
        let facts = sdk::facts(&resource::Binding {
            kind: kind_in(&item.object.metadata, "RoleBinding"),
            namespace: binding.namespace.clone(),
            name: binding.name.clone(),
            uid: item.object.metadata.uid.clone(),
            role: binding.role.clone(),
            subjects: binding.subjects.clone(),
            role_exists,
            missing_accounts: missing,
        })?;
        let binding_id = binding.id();
        record(recorder, population, BINDING, binding_id.clone(), item, facts, &joined)?;
        // What is listed again grants nothing more.
        if known_bindings.insert(binding_id) {
            rbac.bindings.push(binding);
        }
    }
    for (list, part) in [(roles, "role_exists"), (cluster_roles, "role_exists"), (accounts, "missing_accounts")] {
        if let Some(refusal) = list.stopped() {
            recorder.gap(refusal.gap_of(BINDING, Some(part)))?;
        }
    }
    let sources = [accounts, cluster_roles, roles, cluster_bindings, bindings];
    subjects(cluster, recorder, &rbac, &known_accounts, sources, beside.as_ref())
}

/// What AWS says of a cluster of EKS.
struct Beside {
    /// The description, and where it stands; or why it was not read.
    described: Result<(Described, Source), Refusal>,
    access: Access,
}

impl Beside {
    /// EKS decides too, beside Node and RBAC.
    fn decides(&self) -> bool {
        self.described.as_ref().is_ok_and(|(described, _)| described.authentication_mode != "CONFIG_MAP")
    }
}

/// Reads whom EKS lets in; `None` where the target names no cluster of EKS.
async fn beside(cluster: &Cluster, recorder: &Recorder) -> Result<Option<Beside>, SinkError> {
    let Some(named) = &cluster.eks else {
        return Ok(None);
    };
    let eks = named.connect(recorder).await?;
    let described = match &eks {
        Err(refusal) => Err(refusal.clone()),
        Ok(eks) => eks.describe(&cluster.client.base, &cluster.client.authorities).await?,
    };
    let mut beside = Beside { described, access: Access::default() };
    match (&eks, beside.decides()) {
        (Ok(eks), true) => beside.access = eks.entries(recorder).await?,
        _ => {
            // Without access entries in use there is none, and that is known.
            beside.access.complete = beside.described.is_ok();
            recorder.coverage(CoverageNote {
                population: ACCESS_ENTRY.to_owned(),
                calls: 0,
                pages: 0,
                items: 0,
                complete: beside.access.complete,
                total: None,
            })?;
        }
    }
    if let Err(refusal) = &beside.described {
        let gap = refusal.gap(None);
        recorder.gap(GapNote {
            population: Some(CLUSTER.to_owned()),
            part: Some(resource::EKS.to_owned()),
            ..gap.clone()
        })?;
        recorder.gap(GapNote { population: Some(ACCESS_ENTRY.to_owned()), ..gap })?;
        recorder.gap(eks::of_subjects(refusal))?;
    }
    Ok(Some(beside))
}

/// Lists for the whole cluster; where that is refused, each declared namespace by itself.
async fn find(cluster: &Cluster, wanted: &Wanted) -> Result<Found, SinkError> {
    let name = population(wanted.kind, wanted.scope);
    let path = format!("{}/{}", wanted.path, wanted.resource);
    let form = Form { namespaced: wanted.namespaced, binding: wanted.kind == BINDING };
    let list = cluster.client.list(wanted.right, &path, &name, form).await?;
    let refused = list.stopped.as_ref().is_some_and(|refusal| refusal.reason == GapReason::Denied);
    let mut populations = vec![Population { name, list }];
    if refused && wanted.namespaced {
        for namespace in &cluster.settings.namespaces {
            let name = population(wanted.kind, Some(&format!("namespace:{namespace}")));
            let path = format!("{}/namespaces/{namespace}/{}", wanted.path, wanted.resource);
            let list = cluster.client.list(wanted.right, &path, &name, form).await?;
            populations.push(Population { name, list });
        }
    }
    Ok(Found { populations })
}

/// How completely each list was read.
fn close(recorder: &Recorder, found: &Found) -> Result<(), SinkError> {
    for one in &found.populations {
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

/// Who holds which sensitive right, subject by subject.
fn subjects(
    cluster: &Cluster,
    recorder: &Recorder,
    rbac: &Rbac,
    accounts: &BTreeSet<String>,
    sources: [&Found; 5],
    beside: Option<&Beside>,
) -> Result<(), SinkError> {
    let mut holders = Holders::of(rbac);
    if let Some(beside) = beside {
        holders.let_in(&beside.access.entries);
    }
    let authorizers = authorizers(cluster, beside);
    let mut all: BTreeSet<Subject> = holders.subjects().cloned().collect();
    for account in accounts {
        if let Some((namespace, name)) = account.split_once('/') {
            all.insert(Subject::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() });
        }
    }
    let mut inputs: Vec<Input> = sources.iter().flat_map(|found| found.inputs()).collect();
    if beside.is_some() {
        inputs.push(Input::Population(ACCESS_ENTRY.to_owned()));
        inputs.push(Input::Resource { kind: CLUSTER.to_owned(), id: cluster.settings.uid.clone() });
    }
    for subject in &all {
        let (kind, namespace, name) = match subject {
            Subject::User(name) => ("User", None, name),
            Subject::Group(name) => ("Group", None, name),
            Subject::ServiceAccount { namespace, name } => ("ServiceAccount", Some(namespace.clone()), name),
        };
        let grants = holders.grants(subject);
        let mut bases = inputs.clone();
        for binding in holders.bindings(subject) {
            bases.push(Input::Resource { kind: BINDING.to_owned(), id: binding.clone() });
        }
        for principal in holders.entries(subject) {
            bases.push(Input::Resource { kind: ACCESS_ENTRY.to_owned(), id: principal.clone() });
        }
        for grant in grants.iter().filter(|grant| grant.role.kind != POLICY) {
            bases.push(Input::Resource { kind: BINDING.to_owned(), id: grant.binding.clone() });
            bases.push(Input::Resource { kind: ROLE.to_owned(), id: role_id(grant) });
        }
        recorder.derived(DerivedNote {
            population: SUBJECT.to_owned(),
            kind: SUBJECT.to_owned(),
            id: subject.id(),
            inputs: bases,
            facts: sdk::facts(&resource::Subject {
                id: subject.id(),
                kind: kind.to_owned(),
                namespace,
                name: name.clone(),
                groups: holders.groups(subject),
                access_entries: holders.entries(subject).to_vec(),
                bindings: holders.bindings(subject).to_vec(),
                grants,
                authorizers: authorizers.clone(),
            })?,
        })?;
    }
    let [known, cluster_roles, roles, cluster_bindings, bindings] = sources;
    // Whoever is named only where nothing was read is missing here.
    for list in [known, cluster_bindings, bindings] {
        if let Some(refusal) = list.stopped() {
            recorder.gap(refusal.gap_of(SUBJECT, None))?;
        }
    }
    for list in [cluster_roles, roles] {
        if let Some(refusal) = list.stopped() {
            recorder.gap(refusal.gap_of(SUBJECT, Some("grants")))?;
        }
    }
    for list in [cluster_bindings, bindings] {
        if let Some(refusal) = list.stopped() {
            recorder.gap(refusal.gap_of(SUBJECT, Some("grants")))?;
            recorder.gap(refusal.gap_of(SUBJECT, Some("bindings")))?;
        }
    }
    if let Some(Err(refusal)) = beside.map(|beside| &beside.described) {
        recorder.gap(GapNote { part: Some("authorizers".to_owned()), ..eks::of_subjects(refusal) })?;
    } else if let Some(detail) = unseen_authorizers(cluster) {
        recorder.gap(GapNote {
            population: Some(SUBJECT.to_owned()),
            subject: None,
            part: Some("authorizers".to_owned()),
            right: None,
            reason: GapReason::Unsupported,
            detail,
            exchange: None,
        })?;
    }
    recorder.coverage(CoverageNote {
        population: SUBJECT.to_owned(),
        calls: 0,
        pages: 0,
        items: u64::try_from(all.len()).unwrap_or(u64::MAX),
        complete: [known, cluster_bindings, bindings].iter().all(|list| list.stopped().is_none())
            && beside.is_none_or(|beside| beside.access.complete),
        total: None,
    })
}

/// What decides, as the declaration claims it; of a cluster of EKS, which no one else can set up, AWS has said it.
fn authorizers(cluster: &Cluster, beside: Option<&Beside>) -> Option<Vec<String>> {
    let claimed = cluster.settings.authorizers.clone();
    let Some(beside) = beside else {
        return claimed;
    };
    beside.described.as_ref().ok()?;
    let mut all = claimed.unwrap_or_else(|| vec!["Node".to_owned(), "RBAC".to_owned()]);
    if beside.decides() && !all.iter().any(|one| one.eq_ignore_ascii_case("EKS")) {
        all.push("EKS".to_owned());
    }
    Some(all)
}

/// Why it is not known that nothing decides but what was read.
fn unseen_authorizers(cluster: &Cluster) -> Option<String> {
    if cluster.settings.authorizers.is_none() && cluster.settings.eks.is_none() {
        return Some(
            "no object of the cluster shows which authorizers decide besides RBAC: declare `authorizers`".to_owned(),
        );
    }
    let others = cluster.settings.others();
    (!others.is_empty()).then(|| format!("declared to decide besides RBAC, but not read: {}", others.join(", ")))
}

/// The cluster itself: identity, version, who we are.
async fn the_cluster(
    cluster: &Cluster,
    recorder: &Recorder,
    identified: &Identified,
    beside: Option<&Beside>,
) -> Result<(), SinkError> {
    let client = &cluster.client;
    let mut facts = resource::Cluster {
        uid: cluster.settings.uid.clone(),
        caller: Some(resource::Caller {
            username: identified.caller.username.clone(),
            groups: identified.caller.groups.clone(),
        }),
        ..resource::Cluster::default()
    };
    let at = |exchange, path: &str| vec![Source::json(exchange, path)];
    let mut parts = BTreeMap::from([
        ("uid".to_owned(), at(identified.namespace, "/metadata/uid")),
        ("caller".to_owned(), at(identified.review, "/status/userInfo")),
    ]);
    if let Some(Ok((described, place))) = beside.map(|beside| &beside.described) {
        facts.eks = Some(described.clone());
        parts.insert(resource::EKS.to_owned(), vec![place.clone()]);
    }
    let call = Call::new(rights::VERSION);
    match client.call(&call, Method::GET, "/version", None).await? {
        Err(refusal) => recorder.gap(refusal.gap_of(CLUSTER, Some("version")))?,
        Ok(answer) => match serde_json::from_slice::<wire::Version>(&answer.body) {
            Ok(version) => {
                facts.version = Some(version.git_version);
                parts.insert("version".to_owned(), at(answer.exchange, "/gitVersion"));
            }
            Err(error) => recorder.gap(malformed(&call, &error, answer.exchange).gap_of(CLUSTER, Some("version")))?,
        },
    }
    let call = Call::new(rights::MY_RULES);
    let body = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "default"}});
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let part = "rules_review_incomplete";
    match client.call(&call, Method::POST, path, Some(&body)).await? {
        Err(refusal) => recorder.gap(refusal.gap_of(CLUSTER, Some(part)))?,
        Ok(answer) => match serde_json::from_slice::<wire::Reviewed<wire::RulesStatus>>(&answer.body) {
            Ok(reviewed) => {
                facts.rules_review_incomplete = Some(reviewed.status.incomplete);
                parts.insert(part.to_owned(), at(answer.exchange, "/status/incomplete"));
            }
            Err(error) => recorder.gap(malformed(&call, &error, answer.exchange).gap_of(CLUSTER, Some(part)))?,
        },
    }
    recorder.resource(ResourceNote {
        population: CLUSTER.to_owned(),
        kind: CLUSTER.to_owned(),
        id: cluster.settings.uid.clone(),
        parts,
        facts: sdk::facts(&facts)?,
    })?;
    recorder.coverage(CoverageNote {
        population: CLUSTER.to_owned(),
        calls: 1,
        pages: 1,
        items: 1,
        complete: true,
        total: None,
    })
}

fn malformed(call: &Call, error: &serde_json::Error, exchange: sdk::ExchangeId) -> Refusal {
    let detail = format!("the answer does not have the documented form: {error}");
    Refusal { exchange: Some(exchange), ..call.refused(GapReason::Malformed, detail) }
}

/// Records one object of a list. `joined`: parts that come from elsewhere.
fn record(
    recorder: &Recorder,
    population: &str,
    kind: &str,
    id: String,
    item: &Listed,
    facts: serde_json::Value,
    joined: &[(&str, Vec<Source>)],
) -> Result<(), SinkError> {
    let mut parts: BTreeMap<String, Vec<Source>> = facts
        .as_object()
        .into_iter()
        .flat_map(|facts| facts.keys())
        .map(|part| (part.clone(), vec![place(item)]))
        .collect();
    for (part, sources) in joined {
        parts.insert((*part).to_owned(), sources.clone());
    }
    recorder.resource(ResourceNote { population: population.to_owned(), kind: kind.to_owned(), id, parts, facts })
}

fn place(item: &Listed) -> Source {
    Source::json(item.exchange, format!("/items/{}", item.index))
}

/// `None`: it names no role. A binding without subjects grants nothing, and the API server leaves the empty list out.
fn binding_of(item: &Listed) -> Option<rbac::Binding> {
    Some(rbac::Binding {
        namespace: item.object.metadata.namespace.clone(),
        name: item.object.metadata.name.clone(),
        role: item.object.role_ref.clone()?,
        subjects: item.object.subjects.clone().unwrap_or_default(),
    })
}

/// A list lets no such object in (`list::Form`): this collector contradicts itself.
fn formless(item: &Listed) -> SinkError {
    SinkError(std::io::Error::other(format!("`{}` passed without its form", item.object.metadata.name)))
}

fn missing_accounts(binding: &rbac::Binding, known: &BTreeSet<String>) -> Vec<String> {
    let named = binding.subjects.iter().filter(|subject| subject.kind == "ServiceAccount");
    named
        .filter_map(|subject| Some(format!("{}/{}", binding.namespace_of(subject)?, subject.name)))
        .filter(|account| !known.contains(account))
        .collect()
}

fn kind_in(meta: &wire::Meta, kind: &str) -> String {
    if meta.namespace.is_some() { kind.to_owned() } else { format!("Cluster{kind}") }
}

fn id_of(meta: &wire::Meta, kind: &str) -> String {
    match &meta.namespace {
        Some(namespace) => format!("{kind}/{namespace}/{}", meta.name),
        None => format!("Cluster{kind}/{}", meta.name),
    }
}

/// The resource that a grant's role is.
fn role_id(grant: &crate::sensitive::Grant) -> String {
    match &grant.namespace {
        Some(namespace) if grant.role.kind == "Role" => format!("Role/{namespace}/{}", grant.role.name),
        _ => format!("ClusterRole/{}", grant.role.name),
    }
}
