//! Who has access to an EKS cluster beside what RBAC objects show: access entries and the access policies associated with them.
//!
//! <https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html>

use std::collections::BTreeMap;
use std::time::Duration;

use aws::fact::{Fact, Parts};
use aws::{Answer, Bounded, Call, Refusal, Session, json};
use aws_sdk_eks::Client;
use base64::Engine as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use sdk::{
    CollectError, Digest, Environment, ExchangeId, GapNote, GapReason, Recorder, RightState, RightStatus, SinkError,
    Source, Subject, Target, Timestamp,
};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::rights::{DESCRIBE_CLUSTER, DESCRIBE_ENTRY, LIST_ENTRIES, LIST_POLICIES};
use crate::settings::EksSettings;
use rbac::access::{AccessEntry, AssociatedPolicy, Described};
use rbac::resource::{ACCESS_ENTRY, CLUSTER, SUBJECT};
use rbac::{access_policies, sensitive};

/// The name under which a test may put something in the place of AWS.
const SOURCE: &str = "aws-eks";

/// No principal has this name: a right is tried on it, and nothing is told.
fn nobody(settings: &aws::AccountSettings) -> String {
    let partition = settings.partition().map_or("aws", |partition| partition.name);
    format!("arn:{partition}:iam::000000000000:role/witnessmark-preflight-nobody")
}

/// What was read, for the computation of who may do what.
#[derive(Debug, Default)]
pub struct Access {
    pub entries: Vec<AccessEntry>,
    /// Every principal that is let in is known, and who it is in the cluster.
    pub complete: bool,
}

/// The way to the cluster's description at AWS.
#[derive(Debug)]
pub struct Eks {
    pub(crate) session: Session,
    pub(crate) client: Client,
    pub(crate) settings: EksSettings,
}

/// A cluster of EKS as its target names it, not yet asked for.
#[derive(Clone, Debug)]
pub struct NamedCluster {
    settings: EksSettings,
    target: String,
    environment: Environment,
}

impl NamedCluster {
    /// AWS gets three quarters of the time that is left: one that never answers must not cost what the cluster itself said.
    #[must_use]
    pub fn new(settings: &EksSettings, target: &str, environment: &Environment) -> Self {
        let mut environment = environment.clone();
        let now = environment.clock.now().as_millis();
        let left = environment.deadline.as_millis().saturating_sub(now);
        if let Ok(earlier) = Timestamp::from_millis(now.saturating_add(left / 4 * 3)) {
            environment.deadline = earlier;
        }
        Self { settings: settings.clone(), target: target.to_owned(), environment }
    }

    /// Finds credentials. Asks AWS nothing of the cluster. Inner: there is no way to it, and why.
    pub async fn connect(&self, recorder: &Recorder) -> Result<Result<Eks, Refusal>, SinkError> {
        let mut account = match serde_json::to_value(&self.settings) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        account.remove("cluster");
        account.remove("region");
        account.insert("regions".to_owned(), vec![self.settings.region.clone()].into());
        let target = Target { id: self.target.clone(), settings: account };
        let left = self.environment.deadline.as_millis() - self.environment.clock.now().as_millis();
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        let connecting = Session::connect_as(SOURCE, &target, &self.environment, recorder);
        let session = match tokio::time::timeout(left, Box::pin(connecting)).await {
            Ok(Ok(session)) => session,
            Ok(Err(error)) => return refusal_of(error).map(Err),
            Err(_) => {
                let detail = "credentials for AWS were not found in time";
                let info = Call::new(DESCRIBE_CLUSTER).population(CLUSTER);
                return Ok(Err(info.refused(GapReason::TimedOut, detail)));
            }
        };
        let config = aws_sdk_eks::config::Builder::from(&session.config_in(&self.settings.region)).build();
        Ok(Ok(Eks { session, client: Client::from_conf(config), settings: self.settings.clone() }))
    }
}

impl Eks {
    /// Tries every right on the cluster, or on a principal that does not exist.
    pub async fn preflight(&self) -> Result<Vec<RightStatus>, SinkError> {
        let name = &self.settings.cluster;
        let info = Call::new(DESCRIBE_CLUSTER);
        let described = self.session.call(info, || self.client.describe_cluster().name(name).send()).await?;
        let mut statuses = vec![aws::right_status(DESCRIBE_CLUSTER, None, &described)];
        let list = || self.client.list_access_entries().cluster_name(name).max_results(1).send();
        let listed = self.session.call(Call::new(LIST_ENTRIES), list).await?;
        statuses.push(aws::right_status(LIST_ENTRIES, None, &listed));
        let nobody = nobody(self.session.settings());
        let entry = self.client.describe_access_entry().cluster_name(name).principal_arn(&nobody);
        let entry = self.session.call(Call::new(DESCRIBE_ENTRY), || entry.clone().send()).await?;
        statuses.push(tried(DESCRIBE_ENTRY, &entry));
        let policies = self.client.list_associated_access_policies().cluster_name(name).principal_arn(nobody);
        let policies = || policies.clone().send();
        let policies = self.session.call(Call::new(LIST_POLICIES), policies).await?;
        statuses.push(tried(LIST_POLICIES, &policies));
        statuses.extend(self.preflight_of_pods().await?);
        Ok(statuses)
    }

    /// Whose account it is, and what AWS says of the cluster, which has to be the one that answers at `base` or is
    /// trusted by `authorities`.
    pub async fn describe(
        &self,
        base: &str,
        authorities: &[String],
    ) -> Result<Result<(Described, Source), Refusal>, SinkError> {
        let info = Call::new(DESCRIBE_CLUSTER).population(CLUSTER);
        if let Err(error) = self.session.identify().await {
            return refusal_of(error).map(Err);
        }
        let call = || self.client.describe_cluster().name(&self.settings.cluster).send();
        let answer = match self.session.call(info.clone(), call).await? {
            Ok(answer) => answer,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let refused = |reason, detail: String| {
            let mut refusal = info.refused(reason, detail);
            refusal.exchange = Some(answer.exchange);
            Ok(Err(refusal))
        };
        let read = json::whole::<wire::Described>(&answer.body).and_then(wire::Described::read);
        let Some((described, endpoint)) = read else {
            return refused(
                GapReason::Malformed,
                "the description has no name, address, authority or access configuration".to_owned(),
            );
        };
        // AWS writes the cluster's part of the name in capitals.
        let at_it = endpoint.trim_end_matches('/').eq_ignore_ascii_case(base);
        if !at_it && !described.authorities.iter().any(|one| authorities.contains(one)) {
            return refused(
                GapReason::WrongIdentity,
                format!(
                    "`{}` answers at {endpoint} and has a different certificate authority: it is not the cluster that was read",
                    described.arn
                ),
            );
        }
        Ok(Ok((described, Source::json(answer.exchange, "/cluster"))))
    }

    /// Records every access entry, and what of it is missing among the subjects.
    pub async fn entries(&self, recorder: &Recorder) -> Result<Access, SinkError> {
        let info = Call::new(LIST_ENTRIES).population(ACCESS_ENTRY);
        let mut listed = json::read_list::<String, _, _, _>(&self.session, info, "accessEntries", |token| {
            self.client.list_access_entries().cluster_name(&self.settings.cluster).set_next_token(token).send()
        })
        .await?;
        let mut principals: BTreeMap<String, Vec<Source>> = BTreeMap::new();
        let mut items = 0u64;
        // What is listed again is one principal, recorded again: the run holds both against each other.
        for (principal, place) in listed.take() {
            items = items.saturating_add(1);
            principals.entry(principal).or_default().push(place);
        }
        if let Some(refusal) = listed.stopped() {
            recorder.gap(of_subjects(refusal))?;
        }
        let found = Mutex::new(Access { complete: listed.stopped().is_none(), entries: Vec::new() });
        let mut work = Bounded::new(self.session.concurrency());
        for (principal, places) in principals {
            let found = &found;
            work.start(async move {
                let entry = self.entry(recorder, principal, places).await?;
                let mut found = found.lock().await;
                found.complete &= entry.username.is_some();
                found.entries.push(entry);
                Ok(())
            })
            .await?;
        }
        work.finish().await?;
        listed.close(recorder, ACCESS_ENTRY, items)?;
        let mut found = found.into_inner();
        found.entries.sort_by(|a, b| a.principal.cmp(&b.principal));
        Ok(found)
    }

    /// `places`: where the list names it.
    async fn entry(
        &self,
        recorder: &Recorder,
        principal: String,
        places: Vec<Source>,
    ) -> Result<AccessEntry, SinkError> {
        let mut parts = Parts::new(ACCESS_ENTRY, &principal);
        let about = |operation: &str| Call::new(operation).population(ACCESS_ENTRY).subject(ACCESS_ENTRY, &principal);
        let described = self.described(about(DESCRIBE_ENTRY), &principal).await?;
        let policies = self.policies(about(LIST_POLICIES), &principal).await?;
        let mut entry = AccessEntry { principal: principal.clone(), ..AccessEntry::default() };
        match described {
            Ok((described, exchange)) => {
                let at = |member: &str| vec![Source::json(exchange, format!("/accessEntry/{member}"))];
                entry.kind = parts.take("kind", Fact::read(described.kind, at("type")));
                entry.username = parts.take("username", Fact::read(described.username, at("username")));
                entry.groups = parts.take("groups", Fact::read(described.kubernetes_groups, at("kubernetesGroups")));
            }
            Err(refusal) => {
                for part in ["kind", "username", "groups"] {
                    parts.take::<()>(part, Fact::refused(&refusal, part));
                }
                // Who the principal is in the cluster is not known: a subject is missing.
                recorder.gap(of_subjects(&refusal))?;
            }
        }
        let mut unknown = Vec::new();
        match policies {
            Ok((policies, pages)) => {
                let strange = policies.iter().filter(|policy| access_policies::rules(policy.name()).is_none());
                unknown.extend(strange.map(|policy| {
                    let detail =
                        format!("`{principal}` has the access policy `{}`, whose rules are not known here", policy.arn);
                    about(LIST_POLICIES).refused(GapReason::Unsupported, detail)
                }));
                entry.policies = parts.take("policies", Fact::read(policies, pages));
            }
            Err(refusal) => {
                parts.take::<()>("policies", Fact::refused(&refusal, "policies"));
                unknown.push(refusal);
            }
        }
        for refusal in unknown {
            if let Some(subject) = entry.username.as_deref().and_then(sensitive::Subject::user) {
                recorder.gap(GapNote {
                    population: Some(SUBJECT.to_owned()),
                    subject: Some(Subject { kind: SUBJECT.to_owned(), id: subject.id() }),
                    ..refusal.gap(Some("grants"))
                })?;
            }
        }
        for (index, place) in places.into_iter().enumerate() {
            let mut parts = if index == 0 { parts.clone() } else { parts.again() };
            parts.place("principal", vec![place]);
            parts.record(recorder, &entry)?;
        }
        Ok(entry)
    }

    async fn described(
        &self,
        info: Call,
        principal: &str,
    ) -> Result<Result<(wire::AccessEntry, ExchangeId), Refusal>, SinkError> {
        let call = self.client.describe_access_entry().cluster_name(&self.settings.cluster).principal_arn(principal);
        let answer = match self.session.call(info.clone(), || call.clone().send()).await? {
            Err(refusal) => return Ok(Err(vanished(refusal))),
            Ok(answer) => answer,
        };
        let entry = json::whole::<wire::Entry>(&answer.body).map(|whole| whole.access_entry);
        Ok(match entry.filter(|entry| entry.principal_arn == principal && !entry.username.is_empty()) {
            Some(entry) => Ok((entry, answer.exchange)),
            None => {
                let detail = "the answer does not describe the entry that was asked for";
                let mut refusal = info.refused(GapReason::Malformed, detail);
                refusal.exchange = Some(answer.exchange);
                Err(refusal)
            }
        })
    }

    async fn policies(
        &self,
        info: Call,
        principal: &str,
    ) -> Result<Result<(Vec<AssociatedPolicy>, Vec<Source>), Refusal>, SinkError> {
        let list = "associatedAccessPolicies";
        let mut listed = json::read_list::<wire::Associated, _, _, _>(&self.session, info, list, |token| {
            let call = self.client.list_associated_access_policies().cluster_name(&self.settings.cluster);
            call.principal_arn(principal).set_next_token(token).send()
        })
        .await?;
        let policies = listed.take().into_iter().map(|(policy, _)| policy.read()).collect();
        Ok(match listed.stopped() {
            Some(refusal) => Err(vanished(refusal.clone())),
            None => Ok((policies, listed.pages)),
        })
    }
}

/// Someone is missing among the subjects.
pub fn of_subjects(refusal: &Refusal) -> GapNote {
    GapNote { population: Some(SUBJECT.to_owned()), subject: None, ..refusal.gap(None) }
}

/// As the reason why nothing of the cluster could be read at AWS.
pub fn refusal_of(error: CollectError) -> Result<Refusal, SinkError> {
    let info = Call::new(DESCRIBE_CLUSTER).population(CLUSTER);
    let detail = error.to_string();
    Ok(match error {
        CollectError::Sink(error) => return Err(error),
        CollectError::WrongIdentity { .. } => info.refused(GapReason::WrongIdentity, detail),
        CollectError::Credentials { .. } => info.refused(GapReason::Unauthenticated, detail),
        CollectError::Refused { reason, right, exchange, .. } => {
            let mut refusal = info.right(&right.unwrap_or_else(|| DESCRIBE_CLUSTER.to_owned())).refused(reason, detail);
            refusal.exchange = exchange;
            refusal
        }
        _ => info.refused(GapReason::CollectorFailed, detail),
    })
}

/// Listed, and not there any more.
pub(crate) fn vanished(mut refusal: Refusal) -> Refusal {
    if refusal.has_code("ResourceNotFoundException") {
        refusal.reason = GapReason::Vanished;
    }
    refusal
}

/// That something does not exist is only said to who may ask.
pub(crate) fn tried<T>(right: &str, asked: &Result<Answer<T>, Refusal>) -> RightStatus {
    match asked {
        Err(refusal) if refusal.has_code("ResourceNotFoundException") => RightStatus {
            right: right.to_owned(),
            state: RightState::Granted,
            scope: None,
            detail: "answered that there is no such thing".to_owned(),
        },
        asked => aws::right_status(right, None, asked),
    }
}

/// Answers of EKS, as far as they are read.
mod wire {
    use super::{AssociatedPolicy, Described as Read, authorities};
    use serde::Deserialize;

    #[derive(Deserialize)]
    pub struct Described {
        cluster: Cluster,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Cluster {
        arn: String,
        endpoint: String,
        certificate_authority: Certificate,
        access_config: AccessConfig,
        #[serde(default)]
        identity: Option<Identity>,
    }

    #[derive(Deserialize)]
    struct Identity {
        #[serde(default)]
        oidc: Option<Oidc>,
    }

    #[derive(Deserialize)]
    struct Oidc {
        #[serde(default)]
        issuer: Option<String>,
    }

    #[derive(Deserialize)]
    struct Certificate {
        data: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct AccessConfig {
        authentication_mode: String,
        bootstrap_cluster_creator_admin_permissions: Option<bool>,
    }

    impl Described {
        /// With the address of the API server; `None` where the authority is not a certificate.
        pub fn read(self) -> Option<(Read, String)> {
            let Cluster { arn, endpoint, certificate_authority, access_config, identity } = self.cluster;
            let read = Read {
                arn,
                authorities: authorities(&certificate_authority.data)?,
                authentication_mode: access_config.authentication_mode,
                issuer: identity.and_then(|identity| identity.oidc).and_then(|oidc| oidc.issuer),
                creator_is_admin: access_config.bootstrap_cluster_creator_admin_permissions,
            };
            Some((read, endpoint))
        }
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Entry {
        pub access_entry: AccessEntry,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct AccessEntry {
        pub principal_arn: String,
        pub kubernetes_groups: Vec<String>,
        pub username: String,
        #[serde(rename = "type")]
        pub kind: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Associated {
        policy_arn: String,
        access_scope: Scope,
    }

    /// What is none of these forms makes the list one that cannot be read.
    #[derive(Deserialize)]
    #[serde(tag = "type", rename_all = "lowercase")]
    enum Scope {
        Cluster,
        Namespace { namespaces: Vec<String> },
    }

    impl Associated {
        pub fn read(self) -> AssociatedPolicy {
            let namespaces = match self.access_scope {
                Scope::Cluster => None,
                Scope::Namespace { namespaces } => Some(namespaces),
            };
            AssociatedPolicy { arn: self.policy_arn, namespaces }
        }
    }
}

/// SHA-256 of each certificate in base64 of PEM; `None` where there is none.
fn authorities(data: &str) -> Option<Vec<String>> {
    let pem = base64::engine::general_purpose::STANDARD.decode(data).ok()?;
    let found: Result<Vec<String>, _> =
        CertificateDer::pem_slice_iter(&pem).map(|one| one.map(|der| Digest::of(&der).to_string())).collect();
    found.ok().filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // A19
    #[test]
    fn nobody_is_of_the_clusters_own_partition() {
        for (region, arn) in [
            ("eu-west-1", "arn:aws:iam::"),
            ("us-gov-west-1", "arn:aws-us-gov:iam::"),
            ("cn-north-1", "arn:aws-cn:iam::"),
            ("eusc-de-east-1", "arn:aws-eusc:iam::"),
        ] {
            let Value::Object(settings) = json!({"account": "111122223333", "regions": [region]}) else { panic!() };
            let settings = aws::AccountSettings::of(&Target { id: "t".to_owned(), settings }).unwrap();
            assert!(nobody(&settings).starts_with(arn), "{region}");
        }
    }
}
