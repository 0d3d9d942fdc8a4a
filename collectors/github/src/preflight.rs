//! What may be read, found out by asking each thing once and little of it.

use futures_util::future::try_join_all;
use sdk::{GapReason, RightState, RightStatus, SinkError};
use serde_json::Value;

use crate::repository::is_unprotected;
use crate::routes;
use crate::session::{Answer, Call, Refusal, Session};
use crate::wire;

/// What the organisation as a whole is asked.
const OF_ORGANIZATION: [&str; 15] = [
    routes::MEMBERS,
    routes::MEMBERS_DISABLED,
    routes::MEMBERS_INSECURE,
    routes::COLLABORATORS,
    routes::COLLABORATORS_DISABLED,
    routes::COLLABORATORS_INSECURE,
    routes::INSTALLATIONS,
    routes::TOKENS,
    routes::TOKEN_REQUESTS,
    routes::AUTHORIZATIONS,
    routes::IDENTITIES,
    routes::AUDIT_LOG,
    routes::ORGANIZATION_ACTIONS,
    routes::ORGANIZATION_WORKFLOW,
    routes::ORGANIZATION_OIDC,
];

/// What each declared repository is asked without knowing more of it.
const OF_REPOSITORY: [&str; 6] =
    [routes::ENVIRONMENTS, routes::ACTIONS, routes::WORKFLOW, routes::OIDC, routes::HOOKS, routes::KEYS];

/// Everything that depends on a declared repository.
const WITH_REPOSITORY: [&str; 13] = [
    routes::REPOSITORY,
    routes::TEAMS,
    routes::TEAM_MEMBERS,
    routes::RULES,
    routes::RULESET,
    routes::PROTECTION,
    routes::ENVIRONMENTS,
    routes::ACTIONS,
    routes::SELECTED_ACTIONS,
    routes::WORKFLOW,
    routes::OIDC,
    routes::HOOKS,
    routes::KEYS,
];

/// One status for each right, and for those about repositories one for each of these.
pub async fn preflight(session: &Session, identified: &Answer) -> Result<Vec<RightStatus>, SinkError> {
    let name = &session.settings.organization;
    let required = identified.value.get("two_factor_requirement_enabled");
    let mut organization = granted(routes::ORGANIZATION, None, identified);
    if required.is_none_or(Value::is_null) {
        organization.state = RightState::Undecided;
        organization.detail = "answered, but not whether a second factor is required: only owners see that".to_owned();
    }
    let mut statuses = vec![organization];
    statuses.extend(
        try_join_all(OF_ORGANIZATION.map(|operation| async move {
            let call = one(Call::new(operation, &[name]), operation);
            Ok(status(operation, None, &session.get(&call).await?))
        }))
        .await?,
    );
    if session.settings.repositories.is_empty() {
        statuses.extend(WITH_REPOSITORY.map(|right| undecided(right, None, "the declaration names no repository")));
    }
    let of_repositories = session.settings.repositories.iter().map(|repository| of_repository(session, repository));
    statuses.extend(try_join_all(of_repositories).await?.into_iter().flatten());
    Ok(statuses)
}

/// As little as a list gives.
fn one(call: Call, operation: &str) -> Call {
    match operation {
        routes::IDENTITIES => call.with("count", "1"),
        routes::ORGANIZATION_ACTIONS | routes::ORGANIZATION_WORKFLOW | routes::ORGANIZATION_OIDC => call,
        routes::ACTIONS | routes::WORKFLOW | routes::OIDC => call,
        _ => call.with("per_page", "1"),
    }
}

async fn of_repository(session: &Session, name: &str) -> Result<Vec<RightStatus>, SinkError> {
    let organization = session.settings.organization.as_str();
    let scope = Some(name);
    let repository = session.get(&Call::new(routes::REPOSITORY, &[organization, name])).await?;
    let mut statuses = vec![status(routes::REPOSITORY, scope, &repository)];
    let teams = session.get(&Call::new(routes::TEAMS, &[organization, name]).with("per_page", "1")).await?;
    statuses.push(status(routes::TEAMS, scope, &teams));
    let slug = teams.ok().and_then(|answer| answer.value.pointer("/0/slug").and_then(Value::as_str).map(str::to_owned));
    statuses.push(match slug {
        None => undecided(routes::TEAM_MEMBERS, scope, "no team of this repository is known to ask about"),
        Some(slug) => {
            let call = Call::new(routes::TEAM_MEMBERS, &[organization, &slug]).with("per_page", "1");
            status(routes::TEAM_MEMBERS, scope, &session.get(&call).await?)
        }
    });
    let branch = repository
        .ok()
        .and_then(|answer| answer.value.get("default_branch").and_then(Value::as_str).map(str::to_owned));
    match branch {
        None => {
            for right in [routes::RULES, routes::RULESET, routes::PROTECTION] {
                statuses.push(undecided(right, scope, "the repository's default branch is not known"));
            }
        }
        Some(branch) => statuses.extend(of_branch(session, name, &branch).await?),
    }
    for operation in OF_REPOSITORY {
        let call = one(Call::new(operation, &[organization, name]), operation);
        let asked = session.get(&call).await?;
        statuses.push(status(operation, scope, &asked));
        if operation == routes::ACTIONS {
            let chosen = asked.is_ok_and(|answer| answer.value.get("allowed_actions") == Some(&"selected".into()));
            statuses.push(if chosen {
                let call = Call::new(routes::SELECTED_ACTIONS, &[organization, name]);
                status(routes::SELECTED_ACTIONS, scope, &session.get(&call).await?)
            } else {
                undecided(routes::SELECTED_ACTIONS, scope, "nothing says that Actions are chosen one by one")
            });
        }
    }
    Ok(statuses)
}

async fn of_branch(session: &Session, name: &str, branch: &str) -> Result<Vec<RightStatus>, SinkError> {
    let organization = session.settings.organization.as_str();
    let scope = Some(name);
    let rules = session.get(&Call::new(routes::RULES, &[organization, name, branch]).with("per_page", "1")).await?;
    let mut statuses = vec![status(routes::RULES, scope, &rules)];
    let id = rules.ok().and_then(|answer| answer.value.pointer("/0/ruleset_id").and_then(Value::as_u64));
    statuses.push(match id {
        None => undecided(routes::RULESET, scope, "no ruleset is known to ask about"),
        Some(id) => {
            let call =
                Call::new(routes::RULESET, &[organization, name, &id.to_string()]).with("includes_parents", "true");
            let asked = session.get(&call).await?;
            match &asked {
                Ok(answer) if answer.value.get("bypass_actors").is_none_or(Value::is_null) => undecided(
                    routes::RULESET,
                    scope,
                    "answered, but not who may bypass it: only those who may change it see that",
                ),
                _ => status(routes::RULESET, scope, &asked),
            }
        }
    });
    let asked = session.get(&Call::new(routes::PROTECTION, &[organization, name, branch])).await?;
    statuses.push(match &asked {
        Err(refusal) if is_unprotected(refusal) => RightStatus {
            state: RightState::Granted,
            ..undecided(routes::PROTECTION, scope, "the branch has no classic protection")
        },
        _ => status(routes::PROTECTION, scope, &asked),
    });
    Ok(statuses)
}

fn status(right: &str, scope: Option<&str>, asked: &Result<Answer, Refusal>) -> RightStatus {
    match asked {
        Ok(answer) => granted(right, scope, answer),
        Err(refusal) => {
            let state = match refusal.reason {
                GapReason::Denied | GapReason::ClosedByPolicy | GapReason::Unauthenticated => RightState::Denied,
                // Everything else says nothing about the right.
                _ => RightState::Undecided,
            };
            RightStatus { state, ..undecided(right, scope, &refusal.detail) }
        }
    }
}

/// With what GitHub itself says would do, where it does.
fn granted(right: &str, scope: Option<&str>, answer: &Answer) -> RightStatus {
    let said = [("x-accepted-github-permissions", "GitHub asks for"), ("x-oauth-scopes", "the token's scopes:")]
        .into_iter()
        .filter_map(|(name, words)| {
            Some(format!("{words} {}", wire::text(&answer.headers, name).filter(|text| !text.is_empty())?))
        })
        .collect::<Vec<_>>()
        .join("; ");
    RightStatus { state: RightState::Granted, ..undecided(right, scope, &said) }
}

fn undecided(right: &str, scope: Option<&str>, detail: &str) -> RightStatus {
    RightStatus {
        right: right.to_owned(),
        state: RightState::Undecided,
        scope: scope.map(str::to_owned),
        detail: detail.to_owned(),
    }
}
