//! Service and resource control policies: what they say and what they are attached to.

use std::collections::BTreeSet;

use aws::fact::{Fact, Parts, malformed};
use aws::policy_document::PolicyDocument;
use aws::xml::MalformedAnswer;
use aws::{Call, Refusal, json};
use aws_sdk_organizations::types::PolicyType;
use futures_util::future::{try_join, try_join_all};
use sdk::{Recorder, SinkError, Source, population};

use crate::collecting::{Collecting, PAGE};
use crate::resource::{POLICY, Policy, PolicyTarget};
use crate::rights::{DOCUMENT, POLICIES, TARGETS};
use crate::wire;

/// The types of policies that deny.
const TYPES: [PolicyType; 2] = [PolicyType::ServiceControlPolicy, PolicyType::ResourceControlPolicy];

/// A policy and what was read of it.
#[derive(Debug)]
pub struct Known {
    pub id: String,
    pub kind: String,
    pub document: Result<(PolicyDocument, Source), Refusal>,
    pub targets: Vec<(PolicyTarget, Source)>,
    /// Where its list of targets stands.
    pub pages: Vec<Source>,
    /// Why its targets were not read, or not all of them.
    pub stopped: Option<Refusal>,
}

/// All policies, as far as they could be listed.
#[derive(Debug, Default)]
pub struct Policies {
    pub known: Vec<Known>,
    /// Where the lists stand.
    pub pages: Vec<Source>,
    pub stopped: Vec<Refusal>,
}

pub async fn read(collecting: &Collecting, recorder: &Recorder) -> Result<Policies, SinkError> {
    let mut policies = Policies::default();
    for kind in TYPES {
        let name = population(POLICY, Some(kind.as_str()));
        let info = Call::new(POLICIES).population(&name);
        let mut listed =
            json::read_list::<wire::PolicySummary, _, _, _>(&collecting.session, info, "Policies", |token| {
                let call = collecting.client.list_policies().filter(kind.clone());
                call.max_results(PAGE).set_next_token(token).send()
            })
            .await?;
        let entries = listed.take();
        let items = entries.len() as u64;
        policies.pages.extend(listed.pages.iter().cloned());
        policies.stopped.extend(listed.stopped().cloned());
        let read = entries.into_iter().map(|(summary, source)| one(collecting, recorder, &name, summary, source));
        let known = try_join_all(read).await?;
        // A policy that is listed again is one: the run holds what was recorded of it against each other.
        let mut seen = BTreeSet::new();
        policies.known.extend(known.into_iter().filter(|one| seen.insert(one.id.clone())));
        listed.close(recorder, &name, items)?;
    }
    Ok(policies)
}

async fn one(
    collecting: &Collecting,
    recorder: &Recorder,
    population: &str,
    summary: wire::PolicySummary,
    source: Source,
) -> Result<Known, SinkError> {
    let (session, client) = (&collecting.session, &collecting.client);
    let info = |right: &str| Call::new(right).population(population).subject(POLICY, &summary.id);
    let document = async {
        let call = || client.describe_policy().policy_id(&summary.id).send();
        let answer = match session.call(info(DOCUMENT), call).await? {
            Ok(answer) => answer,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let place = Source::json(answer.exchange, "/Policy/Content");
        let Some(described) = json::whole::<wire::DescribedPolicy>(&answer.body) else {
            let problem = MalformedAnswer::Missing("/Policy/Content".to_owned());
            return Ok(Err(malformed(&info(DOCUMENT), &place, &problem)));
        };
        let parsed = PolicyDocument::parse(&described.policy.content);
        Ok::<_, SinkError>(
            parsed
                .map(|parsed| (parsed, place.clone()))
                .map_err(|problem| malformed(&info(DOCUMENT), &place, &problem)),
        )
    };
    let targets = json::read_list::<wire::Target, _, _, _>(session, info(TARGETS), "Targets", |token| {
        client.list_targets_for_policy().policy_id(&summary.id).max_results(PAGE).set_next_token(token).send()
    });
    let (document, mut targets) = try_join(document, targets).await?;
    let known = Known {
        id: summary.id.clone(),
        kind: summary.kind.clone(),
        document,
        pages: targets.pages.clone(),
        stopped: targets.stopped().cloned(),
        targets: targets
            .take()
            .into_iter()
            .map(|(target, source)| (PolicyTarget { id: target.target_id, kind: target.kind }, source))
            .collect(),
    };

    let mut parts = Parts::of(population, POLICY, &summary.id);
    for part in ["id", "arn", "name", "type", "aws_managed"] {
        parts.place(part, vec![source.clone()]);
    }
    let written = match &known.document {
        Ok((document, source)) => Fact::read(document.clone(), vec![source.clone()]),
        Err(refusal) => Fact::unread(refusal.gap(None)),
    };
    let attached = Fact {
        value: (!known.pages.is_empty()).then(|| known.targets.iter().map(|(target, _)| target.clone()).collect()),
        sources: known.pages.clone(),
        gaps: known.stopped.iter().map(|refusal| refusal.gap(None)).collect(),
    };
    let facts = Policy {
        document: parts.take("document", written),
        targets: parts.take("targets", attached),
        id: Some(summary.id),
        arn: Some(summary.arn),
        name: Some(summary.name),
        kind: Some(summary.kind),
        aws_managed: Some(summary.aws_managed),
    };
    parts.record(recorder, &facts)?;
    Ok(known)
}
