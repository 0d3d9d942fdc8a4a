//! Lists everything, records it, and computes who holds which sensitive right.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join;
use http::Method;
use sdk::{CoverageNote, ExchangeId, GapNote, GapReason, Recorder, ResourceNote, SinkError, Source};
use serde_json::json;
use transport::{Call, Refusal};

use crate::cluster::{Cluster, Identified};
use crate::eks::{self, Access};
use crate::known::{Answers, Beside, changed_meanwhile};
use crate::list::Listed;
use crate::lists::{Found, Lists, binding_of, missing_accounts};
use crate::subjects::Subjects;
use crate::{rights, wire};
use rbac::built_in::BuiltIn;
use rbac::effective::{Effective, Known};
use rbac::resource::{self, ACCESS_ENTRY, BINDING, CLUSTER, NAMESPACE, POD_IDENTITY, ROLE, SERVICE_ACCOUNT};
use rbac::rules::{self, Rbac, RoleKey};
use rbac::subject::Subject;
use rbac::ways::{self, Version};

pub(crate) async fn everything(
    cluster: &Cluster,
    recorder: &Recorder,
    identified: &Identified,
) -> Result<(), SinkError> {
    // Side by side: what AWS takes for its answers holds up nothing of the cluster's own.
    let (lists, beside) = try_join(Lists::read(cluster), Box::pin(beside(cluster, recorder))).await?;
    let answers = the_cluster(cluster, recorder, identified, beside.as_ref()).await?;
    let built_in = BuiltIn::of(answers.version).map_err(std::io::Error::other).map_err(SinkError)?;
    for found in lists.all() {
        found.close(recorder)?;
    }
    let Lists { namespaces, accounts, cluster_roles, roles, cluster_bindings, bindings, .. } = &lists;
    for (population, item) in namespaces.items() {
        let meta = &item.object.metadata;
        let facts = sdk::facts(&resource::Namespace { name: meta.name.clone(), uid: meta.uid.clone() })?;
        record(recorder, population, NAMESPACE, meta.name.clone(), item, facts, &[])?;
    }
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
        record(recorder, population, SERVICE_ACCOUNT, id, item, facts, &[])?;
    }
    let known_accounts = lists.known_accounts();
    let mut rbac = Rbac::default();
    let mut role_places: BTreeMap<RoleKey, Source> = BTreeMap::new();
    for (population, item) in cluster_roles.items().chain(roles.items()) {
        let meta = &item.object.metadata;
        let rules = item.object.rules.clone().unwrap_or_default();
        let key = (meta.namespace.clone(), meta.name.clone());
        let mut joined = Vec::new();
        if let Ok(version) = &answers.known {
            joined.push(("built_in", vec![place(item), version.clone()]));
        }
        let aggregates = aggregates(item, cluster_roles);
        match &aggregates {
            Some(Some(_)) => joined.push(("aggregates", [vec![place(item)], cluster_roles.ends()].concat())),
            None if cluster_roles.stopped().is_none() => {
                let call = Call::new(rights::CLUSTER_ROLES).population(population).subject(ROLE, &id_of(meta, "Role"));
                let why = "its selectors of ClusterRoles have an operator that is not known";
                recorder.gap(call.refused(GapReason::Unsupported, why).gap(Some("aggregates")))?;
            }
            _ => {}
        }
        let facts = sdk::facts(&resource::Role {
            kind: kind_in(meta, "Role"),
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            rules: rules.clone(),
            aggregated: item.object.aggregation_rule.is_some(),
            aggregates,
            built_in: answers.known.is_ok().then(|| built_in.has_role(&key, &rules)),
        })?;
        record(recorder, population, ROLE, id_of(meta, "Role"), item, facts, &joined)?;
        role_places.insert(key.clone(), place(item));
        rbac.roles.insert(key, rules);
    }
    let mut known_bindings = BTreeSet::new();
    for (population, item) in cluster_bindings.items().chain(bindings.items()) {
        let Some(binding) = binding_of(item) else {
            return Err(formless(item));
        };
        let key = binding.role_key();
        let list = lists.list_of(&key);
        let changed = lists.changed.contains(&binding.id());
        let mut joined = Vec::new();
        let role = role_places.get(&key);
        let role_exists = match role {
            Some(_) => Some(true),
            None if list.stopped().is_none() && !changed => Some(false),
            None => None,
        };
        let grounds = || role.map_or_else(|| list.ends(), |place| vec![place.clone()]);
        if role_exists.is_some() {
            joined.push(("role_exists", grounds()));
        }
        let missing = missing_accounts(&binding, &known_accounts);
        let missing = (accounts.stopped().is_none() && (missing.is_empty() || !changed)).then_some(missing);
        if missing.is_some() {
            joined.push(("missing_accounts", accounts.ends()));
        }
        let own = match (role_exists, &answers.known) {
            (Some(_), Ok(version)) => {
                let grounds = [vec![place(item), version.clone()], grounds()].concat();
                joined.push(("built_in", grounds));
                let rules = rbac.roles.get(&key);
                Some(rules.is_some_and(|rules| gives_all(&built_in, &binding, rules)))
            }
            _ => None,
        };
        if changed {
            for part in [
                ("role_exists", role_exists.is_none()),
                ("missing_accounts", missing.is_none()),
                ("built_in", own.is_none()),
            ] {
                if part.1 {
                    recorder.gap(changed_meanwhile(BINDING, &binding.id(), part.0))?;
                }
            }
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
            built_in: own,
        })?;
        let binding_id = binding.id();
        record(recorder, population, BINDING, binding_id.clone(), item, facts, &joined)?;
        // What is listed again grants nothing more.
        if known_bindings.insert(binding_id) {
            rbac.bindings.push(binding);
        }
    }
    let missed =
        [(roles, "role_exists"), (cluster_roles, "role_exists"), (roles, "built_in"), (cluster_roles, "built_in")];
    for (list, part) in missed.into_iter().chain([(accounts, "missing_accounts")]) {
        if let Some(refusal) = list.stopped() {
            recorder.gap(refusal.gap_of(BINDING, Some(part)))?;
        }
    }
    if let Some(refusal) = cluster_roles.stopped() {
        recorder.gap(refusal.gap_of(ROLE, Some("aggregates")))?;
    }
    if let Err(refusal) = &answers.known {
        recorder.gap(refusal.gap_of(ROLE, Some("built_in")))?;
        recorder.gap(refusal.gap_of(BINDING, Some("built_in")))?;
    }
    let claimed = cluster.settings.claimed();
    let known = Known {
        rbac: &rbac,
        accounts: &known_accounts,
        entries: beside.as_ref().map(|beside| beside.access.entries.as_slice()).unwrap_or_default(),
        described: beside.as_ref().and_then(|beside| Some(&beside.described.as_ref().ok()?.0)),
        version: answers.version,
        claimed: &claimed,
    };
    let effective = Effective::of(known, &built_in);
    Subjects { cluster, recorder, rbac: &rbac, lists: &lists, beside: beside.as_ref() }.record(&effective, &answers)
}

fn gives_all(built_in: &BuiltIn, binding: &rules::Binding, rules: &[rules::Rule]) -> bool {
    binding.subjects.iter().all(|named| {
        let subject = Subject::of(named, binding.namespace_of(named));
        subject.is_some_and(|subject| built_in.gives(binding.namespace.as_deref(), &subject, rules))
    })
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
    // Roles are given to pods whoever decides about access.
    match (&eks, &beside.described) {
        (Ok(eks), Ok(_)) => eks.pod_identities(recorder).await?,
        _ => recorder.coverage(CoverageNote {
            population: POD_IDENTITY.to_owned(),
            calls: 0,
            pages: 0,
            items: 0,
            complete: false,
            total: None,
        })?,
    }
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
        recorder.gap(GapNote { population: Some(ACCESS_ENTRY.to_owned()), ..gap.clone() })?;
        recorder.gap(GapNote { population: Some(POD_IDENTITY.to_owned()), ..gap })?;
        recorder.gap(eks::of_subjects(refusal))?;
    }
    Ok(Some(beside))
}

/// The cluster itself: identity, version, who we are.
async fn the_cluster(
    cluster: &Cluster,
    recorder: &Recorder,
    identified: &Identified,
    beside: Option<&Beside>,
) -> Result<Answers, SinkError> {
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
    let mut answers = version(cluster).await?;
    match answers.1.take() {
        Some((version, exchange)) => {
            facts.version = Some(version);
            parts.insert("version".to_owned(), at(exchange, "/gitVersion"));
        }
        None => {
            if let Err(refusal) = &answers.0.known {
                recorder.gap(refusal.gap_of(CLUSTER, Some("version")))?;
            }
        }
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
    })?;
    Ok(answers.0)
}

/// By which rules the server answers, and its version where it was read.
async fn version(cluster: &Cluster) -> Result<(Answers, Option<(String, ExchangeId)>), SinkError> {
    let call = Call::new(rights::VERSION);
    let unread = |refusal| (Answers { version: Version::UNKNOWN, known: Err(refusal) }, None);
    let answer = match cluster.client.call(&call, Method::GET, "/version", None).await? {
        Ok(answer) => answer,
        Err(refusal) => return Ok(unread(refusal)),
    };
    let said = match serde_json::from_slice::<wire::Version>(&answer.body) {
        Ok(version) => version.git_version,
        Err(error) => return Ok(unread(malformed(&call, &error, answer.exchange))),
    };
    let version = Version::of(&said);
    let known = match version.minor() {
        Some(_) => Ok(Source::json(answer.exchange, "/gitVersion")),
        None => {
            let detail = format!(
                "what each right gives in `{said}` is not known here, only up to 1.{}: update this program",
                ways::NEWEST
            );
            Err(Refusal { exchange: Some(answer.exchange), ..call.refused(GapReason::Unsupported, detail) })
        }
    };
    Ok((Answers { version, known }, Some((said, answer.exchange))))
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
        .flatten()
        .map(|(part, fact)| (part.clone(), vec![place_of(item, part, fact)]))
        .collect();
    for (part, sources) in joined {
        parts.insert((*part).to_owned(), sources.clone());
    }
    recorder.resource(ResourceNote { population: population.to_owned(), kind: kind.to_owned(), id, parts, facts })
}

fn place(item: &Listed) -> Source {
    Source::json(item.exchange, format!("/items/{}", item.index))
}

/// Where a part of an object stands: in a member of its own, where the fact is that member's value, so that anyone can compare them; in the object around
/// it otherwise.
fn place_of(item: &Listed, part: &str, fact: &serde_json::Value) -> Source {
    let member = match part {
        "name" | "namespace" | "uid" if fact.is_string() => format!("/metadata/{part}"),
        "automount_token" if fact.is_boolean() => "/automountServiceAccountToken".to_owned(),
        _ => return place(item),
    };
    Source::json(item.exchange, format!("/items/{}{member}", item.index))
}

/// The ClusterRoles that an aggregated one is made of; `None`: not all of them were read, or its selectors are not understood.
fn aggregates(item: &Listed, all: &Found) -> Option<Option<Vec<String>>> {
    let Some(rule) = &item.object.aggregation_rule else { return Some(None) };
    if all.stopped().is_some() {
        return None;
    }
    let own = &item.object.metadata.name;
    let mut names = Vec::new();
    for other in all.items().map(|(_, other)| &other.object.metadata).filter(|other| other.name != *own) {
        let labels = other.labels.clone().unwrap_or_default();
        if rule.selects(&labels)? {
            names.push(other.name.clone());
        }
    }
    names.sort_unstable();
    Some(Some(names))
}

/// A list lets no such object in (`list::Form`): this collector contradicts itself.
fn formless(item: &Listed) -> SinkError {
    SinkError(std::io::Error::other(format!("`{}` passed without its form", item.object.metadata.name)))
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
