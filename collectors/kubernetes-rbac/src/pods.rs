//! Which service accounts of a cluster of EKS have which roles of IAM by an association of pod identity. The roles that their annotations name
//! (IRSA) stand in no answer of AWS: those say themselves whom they trust.
//!
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html>

use std::collections::BTreeMap;

use aws::fact::{Fact, Parts};
use aws::{Bounded, Call, Refusal, json};
use sdk::{ExchangeId, GapReason, Recorder, RightStatus, SinkError, Source};

use crate::eks::{Eks, tried, vanished};
use rbac::access::PodIdentity;
use rbac::resource::POD_IDENTITY;

use crate::rights::{DESCRIBE_POD_IDENTITY, LIST_POD_IDENTITIES};

/// No association has this id: the right is tried on it, and nothing is told.
const NOBODY: &str = "a-00000000000000000";
/// What the description alone says.
const DESCRIBED: [&str; 4] = ["role", "target_role", "limited", "session_tags"];

impl Eks {
    pub(crate) async fn preflight_of_pods(&self) -> Result<Vec<RightStatus>, SinkError> {
        let name = &self.settings.cluster;
        let list = || self.client.list_pod_identity_associations().cluster_name(name).max_results(1).send();
        let listed = self.session.call(Call::new(LIST_POD_IDENTITIES), list).await?;
        let describe =
            || self.client.describe_pod_identity_association().cluster_name(name).association_id(NOBODY).send();
        let described = self.session.call(Call::new(DESCRIBE_POD_IDENTITY), describe).await?;
        Ok(vec![aws::right_status(LIST_POD_IDENTITIES, None, &listed), tried(DESCRIBE_POD_IDENTITY, &described)])
    }

    /// Records every association.
    pub(crate) async fn pod_identities(&self, recorder: &Recorder) -> Result<(), SinkError> {
        let info = Call::new(LIST_POD_IDENTITIES).population(POD_IDENTITY);
        let mut listed = json::read_list::<wire::Summary, _, _, _>(&self.session, info, "associations", |token| {
            let call = self.client.list_pod_identity_associations().cluster_name(&self.settings.cluster);
            call.set_next_token(token).send()
        })
        .await?;
        let mut all: BTreeMap<(String, String), Vec<(wire::Summary, Source)>> = BTreeMap::new();
        let mut items = 0u64;
        // What is listed again is one association, recorded again: the run holds both against each other.
        for (summary, place) in listed.take() {
            items = items.saturating_add(1);
            let names = (summary.association_arn.clone(), summary.association_id.clone());
            all.entry(names).or_default().push((summary, place));
        }
        let mut work = Bounded::new(self.session.concurrency());
        for (names, listed) in all {
            work.start(self.pod_identity(recorder, names, listed)).await?;
        }
        work.finish().await?;
        listed.close(recorder, POD_IDENTITY, items)?;
        Ok(())
    }

    async fn pod_identity(
        &self,
        recorder: &Recorder,
        (arn, id): (String, String),
        listed: Vec<(wire::Summary, Source)>,
    ) -> Result<(), SinkError> {
        let mut parts = Parts::new(POD_IDENTITY, &arn);
        let info = Call::new(DESCRIBE_POD_IDENTITY).population(POD_IDENTITY).subject(POD_IDENTITY, &arn);
        let mut facts = PodIdentity::default();
        match self.pod_identity_described(info, &arn, &id).await? {
            Ok((association, exchange)) => {
                let at = |member: &str| vec![Source::json(exchange, format!("/association{member}"))];
                facts.role = parts.take("role", Fact::read(association.role_arn, at("/roleArn")));
                // What is absent is said by the whole.
                facts.target_role = parts.take("target_role", Fact::read(there(association.target_role_arn), at("")));
                facts.limited = parts.take("limited", Fact::read(there(association.policy).is_some(), at("")));
                let tags = !association.disable_session_tags.unwrap_or(false);
                facts.session_tags = parts.take("session_tags", Fact::read(tags, at("")));
            }
            Err(refusal) => {
                for part in DESCRIBED {
                    parts.take::<()>(part, Fact::refused(&refusal, part));
                }
            }
        }
        for (index, (summary, place)) in listed.into_iter().enumerate() {
            let mut parts = if index == 0 { parts.clone() } else { parts.again() };
            facts.namespace = summary.namespace;
            facts.service_account = summary.service_account;
            facts.owner = there(summary.owner_arn);
            for part in ["namespace", "service_account", "owner"] {
                parts.place(part, vec![place.clone()]);
            }
            parts.record(recorder, &facts)?;
        }
        Ok(())
    }

    async fn pod_identity_described(
        &self,
        info: Call,
        arn: &str,
        id: &str,
    ) -> Result<Result<(wire::Association, ExchangeId), Refusal>, SinkError> {
        let call =
            self.client.describe_pod_identity_association().cluster_name(&self.settings.cluster).association_id(id);
        let answer = match self.session.call(info.clone(), || call.clone().send()).await? {
            Err(refusal) => return Ok(Err(vanished(refusal))),
            Ok(answer) => answer,
        };
        let read = json::whole::<wire::Described>(&answer.body).map(|whole| whole.association);
        Ok(match read.filter(|one| one.association_arn == arn) {
            Some(association) => Ok((association, answer.exchange)),
            None => {
                let detail = "the answer does not describe the association that was asked for";
                let mut refusal = info.refused(GapReason::Malformed, detail);
                refusal.exchange = Some(answer.exchange);
                Err(refusal)
            }
        })
    }
}

/// A text that says nothing is none.
fn there(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Answers of EKS, as far as they are read.
/// <https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html>
mod wire {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Summary {
        pub association_arn: String,
        pub association_id: String,
        pub namespace: String,
        pub service_account: String,
        #[serde(default)]
        pub owner_arn: Option<String>,
    }

    #[derive(Deserialize)]
    pub struct Described {
        pub association: Association,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Association {
        pub association_arn: String,
        pub role_arn: String,
        #[serde(default)]
        pub target_role_arn: Option<String>,
        #[serde(default)]
        pub policy: Option<String>,
        #[serde(default)]
        pub disable_session_tags: Option<bool>,
    }
}
