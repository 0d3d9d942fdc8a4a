//! Reads who may do what in a Kubernetes cluster: roles, bindings, service accounts, namespaces, and computes who holds
//! which sensitive right. Secrets are never read; nothing is ever changed.
//!
//! What RBAC objects cannot show: who is in `system:masters` (a group of certificates, let through before RBAC is asked),
//! and what other authorizers decide.

mod client;
mod cluster;
mod collect;
mod credentials;
mod dialect;
pub mod eks;
mod known;
mod kubeconfig;
mod list;
mod lists;
mod manifest;
mod plugin;
mod pods;
mod rights;
pub mod selector;
mod settings;
mod subjects;
pub mod wire;

use std::sync::Mutex;

use async_trait::async_trait;
use http::Method;
use sdk::{
    AlsoAsks, CallerIdentity, CollectError, Collector, CollectorKind, DeclaredCollector, Descriptor, Environment,
    FoundTarget, GapReason, Recorder, ResourceKind, RightState, RightStatus, RightsForm, Target,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use transport::ask::readable;
use transport::{Answer, Call, Refusal};

use crate::client::Client;
use crate::cluster::{Cluster, Identified};
use crate::eks::NamedCluster;
use crate::settings::ClusterSettings;
use rbac::access;
use rbac::resource::{self, ACCESS_ENTRY, BINDING, CLUSTER, NAMESPACE, POD_IDENTITY, ROLE, SERVICE_ACCOUNT, SUBJECT};

const NAME: &str = "kubernetes-rbac";

/// The collector `kubernetes-rbac`.
#[derive(Clone, Copy, Debug, Default)]
pub struct KubernetesRbac;

#[async_trait]
impl CollectorKind for KubernetesRbac {
    fn descriptor(&self) -> Descriptor {
        Descriptor {
            name: NAME.to_owned(),
            summary: "Who may do what in a Kubernetes cluster: roles, bindings, and every holder of a sensitive right."
                .to_owned(),
            resources: vec![
                ResourceKind::of::<resource::Cluster>(CLUSTER),
                ResourceKind::of::<resource::Namespace>(NAMESPACE),
                ResourceKind::of::<resource::ServiceAccount>(SERVICE_ACCOUNT),
                ResourceKind::of::<resource::Role>(ROLE),
                ResourceKind::of::<resource::Binding>(BINDING),
                ResourceKind::of::<resource::Subject>(SUBJECT),
                ResourceKind::of::<access::AccessEntry>(ACCESS_ENTRY),
                ResourceKind::of::<access::PodIdentity>(POD_IDENTITY),
            ],
            rights: rights::rights().into_iter().chain(rights::of_eks()).collect(),
            settings: schemars::schema_for!(ClusterSettings).to_value(),
            // A cluster's address is its owner's choice. What makes it the source's own is the pinned identity.
            endpoints: vec!["*".to_owned()],
            also: ["eks", "sts"].map(of_aws).to_vec(),
            thief:
                "Learn every role, binding, service account and namespace: a map of whom to attack for which right. It cannot read secrets, pods or logs, and changes nothing."
                    .to_owned(),
        }
    }

    fn pinned_by(&self) -> &'static str {
        "uid"
    }

    fn rights_forms(&self) -> Vec<RightsForm> {
        let mut forms = aws::rights_forms();
        forms.push(manifest::FORM);
        forms
    }

    fn rights_in(&self, form: &str, declared: &[DeclaredCollector]) -> Option<Value> {
        if form == manifest::FORM.name {
            let mine = declared.iter().filter(|one| one.descriptor.name == NAME).flat_map(|one| &one.targets);
            Some(manifest::manifest(&manifest::namespaces(mine)).into())
        } else {
            aws::rights_in(form, declared)
        }
    }

    fn template(&self) -> Option<&'static str> {
        Some(include_str!("../../../policies/templates/kubernetes.yaml"))
    }

    async fn connect(
        &self,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Box<dyn Collector>, CollectError> {
        let settings = ClusterSettings::of(target)?;
        let client = Client::connect(target, &settings, environment, recorder).await?;
        if let Some(pinned) = &settings.ca {
            let strange = client.authorities.iter().find(|one| !pinned.contains(one));
            if client.authorities.is_empty() || strange.is_some() {
                return Err(CollectError::WrongIdentity {
                    expected: format!("certificate authority {}", pinned.join(", ")),
                    found: strange.cloned().unwrap_or_else(|| "none of its own".to_owned()),
                });
            }
        }
        let eks = settings.eks.as_ref().map(|named| NamedCluster::new(named, &target.id, environment));
        Ok(Box::new(Cluster { client, settings, eks, identity: Mutex::new(None) }))
    }

    async fn discover(&self, environment: &Environment, recorder: &Recorder) -> Result<Vec<FoundTarget>, CollectError> {
        // Which cluster it is, is what is asked: this one is none.
        let none = Map::from_iter([("uid".to_owned(), Value::from(""))]);
        let target = Target { id: recorder.target().to_owned(), settings: none };
        let client = Client::connect(&target, &ClusterSettings::of(&target)?, environment, recorder).await?;
        let found = kube_system(&client).await?.0;
        let mut settings = Map::from_iter([("uid".to_owned(), Value::from(found.uid.as_str()))]);
        if !client.authorities.is_empty() {
            settings.insert("ca".to_owned(), Value::from(client.authorities.clone()));
        }
        let id: String = found.uid.chars().take(8).filter(char::is_ascii_alphanumeric).collect();
        Ok(vec![FoundTarget {
            id: format!("cluster-{id}"),
            settings,
            note: "the cluster of the kubeconfig's current context; name another under `context`. What decides besides RBAC cannot be read: list under `authorizers` what --authorization-mode has, or \"nobody can\" stays undetermined"
                .to_owned(),
        }])
    }
}

/// Asked of this service of AWS for an EKS cluster.
fn of_aws(service: &str) -> AlsoAsks {
    let endpoints = aws::own_endpoints(&[service]);
    AlsoAsks { setting: "eks".to_owned(), operations: format!("{service}:"), endpoints }
}

/// The namespace by whose UID a cluster is known.
async fn kube_system(client: &Client) -> Result<(wire::Meta, sdk::ExchangeId), CollectError> {
    let call = Call::new(rights::GET_KUBE_SYSTEM);
    let answer = client.call(&call, Method::GET, "/api/v1/namespaces/kube-system", None).await?;
    let answer = answer.map_err(fatal)?;
    Ok((parsed::<wire::Object>(&call, &answer)?.metadata, answer.exchange))
}

#[async_trait]
impl Collector for Cluster {
    async fn identify(&self, _: &Recorder) -> Result<CallerIdentity, CollectError> {
        let (found, namespace) = kube_system(&self.client).await?;
        if found.name != "kube-system" || found.uid != self.settings.uid {
            return Err(CollectError::WrongIdentity { expected: self.settings.uid.clone(), found: found.uid });
        }
        let call = Call::new(rights::WHO_AM_I);
        let body = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"});
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let review = self.client.call(&call, Method::POST, path, Some(&body)).await?.map_err(fatal)?;
        let caller = parsed::<wire::Reviewed<wire::SelfStatus>>(&call, &review)?.status.user_info;
        let identity = CallerIdentity { caller: caller.username.clone(), found: found.uid };
        *self.identity.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some(Identified { namespace, caller, review: review.exchange });
        Ok(identity)
    }

    async fn preflight(&self, recorder: &Recorder) -> Result<Vec<RightStatus>, CollectError> {
        // As whom all of this is asked: the API server said who that is.
        let mut statuses = vec![RightStatus {
            right: rights::WHO_AM_I.to_owned(),
            state: RightState::Granted,
            scope: None,
            detail: format!("asked with {}", self.client.credentials.said),
        }];
        for right in rights::rights().into_iter().filter(|right| right.deniable) {
            let Some(parts) = rights::parts_of(&right.name) else {
                continue;
            };
            let name = if right.name == rights::GET_KUBE_SYSTEM { "kube-system" } else { "" };
            let (mut state, mut detail) = self.may_i(parts, name, "").await?;
            // Where the whole is refused, each declared namespace is read by itself: what is refused there is what is missing.
            let each = &self.settings.namespaces;
            if state == RightState::Denied && !each.is_empty() && rights::NAMESPACED.contains(&right.name.as_str()) {
                let mut lacking = Vec::new();
                for namespace in each {
                    let (inside, said) = self.may_i(parts, name, namespace).await?;
                    if inside != RightState::Granted {
                        lacking.push(format!("{namespace} ({said})"));
                        state = inside;
                    }
                }
                detail = match lacking.as_slice() {
                    [] => {
                        state = RightState::Granted;
                        format!("in each declared namespace: {}", each.join(", "))
                    }
                    lacking => format!("refused for the whole cluster, and in {}", lacking.join(", ")),
                };
            }
            statuses.push(RightStatus { right: right.name, state, scope: None, detail });
        }
        // The version is public and no access review asks for it as it is read: it is read.
        let answer = self.client.call(&Call::new(rights::VERSION), Method::GET, "/version", None).await?;
        let (state, detail) = match answer {
            Ok(_) => (RightState::Granted, "answered".to_owned()),
            Err(refusal) if refusal.reason == GapReason::Denied => (RightState::Denied, refusal.detail),
            Err(refusal) => (RightState::Undecided, refusal.detail),
        };
        statuses.push(RightStatus { right: rights::VERSION.to_owned(), state, scope: None, detail });
        let Some(named) = &self.eks else {
            return Ok(statuses);
        };
        match named.connect(recorder).await? {
            Ok(eks) => statuses.extend(eks.preflight().await?),
            Err(refusal) => {
                let unasked = rights::of_eks().into_iter().filter(|right| right.deniable);
                statuses.extend(unasked.map(|right| RightStatus {
                    right: right.name,
                    state: RightState::Undecided,
                    scope: None,
                    detail: refusal.detail.clone(),
                }));
            }
        }
        Ok(statuses)
    }

    async fn collect(&self, recorder: &Recorder) -> Result<(), CollectError> {
        let known = self.identity.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let identified = match known {
            Some(identified) => identified,
            None => {
                self.identify(recorder).await?;
                let known = self.identity.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
                known.ok_or_else(|| CollectError::Credentials { problem: "the caller is not known".to_owned() })?
            }
        };
        Ok(collect::everything(self, recorder, &identified).await?)
    }
}

impl Cluster {
    /// Whether the caller may do it, in this namespace or in all; with what the server says of it.
    async fn may_i(
        &self,
        (verb, resource, group): (&str, &str, &str),
        name: &str,
        namespace: &str,
    ) -> Result<(RightState, String), CollectError> {
        let call = Call::new(rights::MAY_I);
        let body = client::access_review(verb, group, resource, name, namespace);
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let answer = self.client.call(&call, Method::POST, path, Some(&body)).await?;
        Ok(match answer {
            Err(refusal) => (RightState::Undecided, refusal.detail),
            Ok(answer) => match parsed::<wire::Reviewed<wire::AccessStatus>>(&call, &answer) {
                Err(error) => (RightState::Undecided, error.to_string()),
                Ok(reviewed) => decided(reviewed.status),
            },
        })
    }
}

/// What an access review says.
fn decided(status: wire::AccessStatus) -> (RightState, String) {
    let wire::AccessStatus { allowed, denied, reason, evaluation_error } = status;
    if allowed {
        return (RightState::Granted, reason);
    }
    // An authorizer that is down answers nothing, whatever is concluded from that: it may allow it again in a minute.
    if !evaluation_error.is_empty() {
        return (RightState::Undecided, format!("an authorizer could not be asked: {}", readable(&evaluation_error)));
    }
    // "No opinion" of every authorizer is a refusal when the call is made.
    let said = if denied { reason } else { format!("no authorizer allows it {reason}") };
    (RightState::Denied, said)
}

/// The reason why nothing at all can be read, with the call that was refused.
fn fatal(refusal: Refusal) -> CollectError {
    let detail = refusal.to_string();
    Refusal { detail, ..refusal }.fatal()
}

/// An answer in the documented form.
fn parsed<T: for<'de> Deserialize<'de>>(call: &Call, answer: &Answer) -> Result<T, CollectError> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let detail = format!("the answer does not have the documented form: {error}");
        fatal(Refusal { exchange: Some(answer.exchange), ..call.refused(GapReason::Malformed, detail) })
    })
}
