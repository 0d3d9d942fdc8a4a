//! The organisation itself.

use sdk::{CoverageNote, GapReason, Recorder, SinkError};
use serde::Deserialize;

use crate::note::Note;
use crate::resource::{ORGANIZATION, Organization, OrganizationActions, WorkflowToken};
use crate::routes;
use crate::session::{Answer, Call, Session};

/// What `GET /orgs/{org}` tells.
#[derive(Debug, Deserialize)]
pub struct Told {
    pub id: u64,
    pub login: String,
    #[serde(default)]
    pub two_factor_requirement_enabled: Option<bool>,
    #[serde(default)]
    default_repository_permission: Option<String>,
    #[serde(default)]
    plan: Option<Plan>,
}

#[derive(Debug, Deserialize)]
struct Plan {
    name: String,
}

#[derive(Debug, Deserialize)]
struct Actions {
    enabled_repositories: String,
    #[serde(default)]
    allowed_actions: Option<String>,
    #[serde(default)]
    sha_pinning_required: Option<bool>,
}

/// The answer of both `…/actions/permissions/workflow`.
#[derive(Debug, Deserialize)]
pub struct Workflow {
    default_workflow_permissions: String,
    can_approve_pull_request_reviews: bool,
}

impl From<Workflow> for WorkflowToken {
    fn from(told: Workflow) -> Self {
        Self {
            default_permissions: told.default_workflow_permissions,
            can_approve_reviews: told.can_approve_pull_request_reviews,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Claims {
    include_claim_keys: Vec<String>,
}

pub fn call(session: &Session) -> Call {
    let name = &session.settings.organization;
    Call::new(routes::ORGANIZATION, &[name]).population(ORGANIZATION).subject(ORGANIZATION, name)
}

/// Records the organisation. `answer` is the one that it was identified by.
pub async fn read(session: &Session, recorder: &Recorder, answer: &Answer) -> Result<(), SinkError> {
    let organization = call(session);
    let told: Told = match answer.read(&organization) {
        Ok(told) => told,
        Err(refusal) => return recorder.gap(refusal.gap(None)),
    };
    let facts = Organization {
        id: Some(told.id),
        login: Some(told.login),
        two_factor_required: told.two_factor_requirement_enabled,
        default_repository_permission: Some(told.default_repository_permission),
        plan: Some(told.plan.map(|plan| plan.name)),
        ..Organization::default()
    };
    let name = &session.settings.organization;
    let mut note = Note::new(ORGANIZATION, ORGANIZATION, name.clone(), &facts, &answer.source(""));
    if told.two_factor_requirement_enabled.is_none() {
        let mut refusal = organization.refused(
            GapReason::Denied,
            "`two_factor_requirement_enabled` is null: GitHub shows it only to owners of the organisation",
        );
        refusal.exchange = Some(answer.exchange);
        recorder.gap(refusal.gap(Some("two_factor_required")))?;
    }
    let about = |operation| Call::new(operation, &[name]).population(ORGANIZATION).subject(ORGANIZATION, name);
    part(session, recorder, &mut note, "actions", about(routes::ORGANIZATION_ACTIONS), |told: Actions| {
        OrganizationActions {
            enabled_repositories: told.enabled_repositories,
            allowed_actions: told.allowed_actions,
            sha_pinning_required: told.sha_pinning_required,
        }
    })
    .await?;
    part(session, recorder, &mut note, "workflow_token", about(routes::ORGANIZATION_WORKFLOW), |told: Workflow| {
        WorkflowToken::from(told)
    })
    .await?;
    part(session, recorder, &mut note, "oidc_subject", about(routes::ORGANIZATION_OIDC), |told: Claims| {
        told.include_claim_keys
    })
    .await?;
    note.write(recorder)?;
    recorder.coverage(CoverageNote {
        population: ORGANIZATION.to_owned(),
        calls: u64::from(answer.attempts),
        pages: 0,
        items: 1,
        complete: true,
        total: None,
    })
}

/// One part that is a call of its own: the fact, or the gap.
pub async fn part<A, F>(
    session: &Session,
    recorder: &Recorder,
    note: &mut Note,
    name: &str,
    call: Call,
    fact: impl FnOnce(A) -> F,
) -> Result<(), SinkError>
where
    A: serde::de::DeserializeOwned,
    F: serde::Serialize,
{
    let told = match session.get(&call).await? {
        Ok(answer) => answer.read(&call).map(|told| (told, answer.source(""))),
        Err(refusal) => Err(refusal),
    };
    match told {
        Ok((told, source)) => note.part(name, &fact(told), vec![source]),
        Err(refusal) => recorder.gap(refusal.gap(Some(name)))?,
    }
    Ok(())
}
