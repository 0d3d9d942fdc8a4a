//! Declared repositories: what protects their default branch as it applies, who may get round it, what their workflows
//! may do, and what else gets in.

use std::collections::BTreeSet;

use futures_util::future::{try_join_all, try_join4};
use sdk::{CoverageNote, GapReason, Recorder, SinkError, population};
use serde::Deserialize;

use crate::grants::time;
use crate::list::Entry;
use crate::note::{Note, left_out};
use crate::organization::{Workflow, part};
use crate::people::User;
use crate::resource::{
    BranchRule, BypassActor, DEPLOY_KEY, DeployKey, ENVIRONMENT, Environment, Moment, OidcSubject, Protection,
    REPOSITORY, Repository, RepositoryActions, Reviews, Ruleset, SelectedActions, WEBHOOK, Webhook, WorkflowToken,
};
use crate::routes;
use crate::session::{Call, Refusal, Session};

#[derive(Debug, Deserialize)]
struct Told {
    id: u64,
    full_name: String,
    default_branch: String,
    visibility: String,
    archived: bool,
}

#[derive(Debug, Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    ruleset_id: u64,
    #[serde(default)]
    parameters: RuleParameters,
}

#[derive(Debug, Default, Deserialize)]
struct RuleParameters {
    #[serde(default)]
    required_approving_review_count: Option<u64>,
    #[serde(default)]
    require_code_owner_review: Option<bool>,
    #[serde(default)]
    dismiss_stale_reviews_on_push: Option<bool>,
    #[serde(default)]
    require_last_push_approval: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct RulesetTold {
    id: u64,
    name: String,
    enforcement: String,
    #[serde(default)]
    source_type: Option<String>,
    /// GitHub leaves it out for those who may not change the ruleset.
    bypass_actors: Option<Vec<Actor>>,
}

#[derive(Debug, Deserialize)]
struct Actor {
    actor_type: String,
    #[serde(default)]
    actor_id: Option<u64>,
    #[serde(default)]
    bypass_mode: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Enabled {
    enabled: bool,
}

#[derive(Debug, Deserialize)]
struct Protected {
    enforce_admins: Enabled,
    #[serde(default)]
    required_pull_request_reviews: Option<ReviewsTold>,
    allow_force_pushes: Enabled,
    allow_deletions: Enabled,
}

#[derive(Debug, Deserialize)]
struct ReviewsTold {
    dismiss_stale_reviews: bool,
    require_code_owner_reviews: bool,
    #[serde(default)]
    require_last_push_approval: Option<bool>,
    #[serde(default)]
    required_approving_review_count: u64,
    #[serde(default)]
    bypass_pull_request_allowances: Allowed,
}

#[derive(Debug, Default, Deserialize)]
struct Allowed {
    #[serde(default)]
    users: Vec<User>,
    #[serde(default)]
    teams: Vec<Slug>,
    #[serde(default)]
    apps: Vec<Slug>,
}

#[derive(Debug, Deserialize)]
struct Slug {
    slug: String,
}

#[derive(Debug, Deserialize)]
struct ActionsTold {
    enabled: bool,
    #[serde(default)]
    allowed_actions: Option<String>,
    #[serde(default)]
    sha_pinning_required: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct SelectedTold {
    github_owned_allowed: bool,
    #[serde(default)]
    verified_allowed: Option<bool>,
    #[serde(default)]
    patterns_allowed: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct OidcTold {
    use_default: bool,
    #[serde(default)]
    include_claim_keys: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct EnvironmentTold {
    name: String,
    #[serde(default)]
    protection_rules: Vec<EnvironmentRule>,
    #[serde(default)]
    deployment_branch_policy: Option<BranchPolicy>,
    #[serde(default)]
    can_admins_bypass: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct EnvironmentRule {
    #[serde(default)]
    reviewers: Vec<Reviewer>,
    #[serde(default)]
    prevent_self_review: bool,
}

#[derive(Debug, Deserialize)]
struct Reviewer {
    reviewer: ReviewerTold,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ReviewerTold {
    User { login: String },
    Team { slug: String },
}

#[derive(Debug, Deserialize)]
struct BranchPolicy {
    protected_branches: bool,
    custom_branch_policies: bool,
}

#[derive(Debug, Deserialize)]
struct Hook {
    id: u64,
    active: bool,
    events: Vec<String>,
    config: HookConfig,
}

#[derive(Debug, Deserialize)]
struct HookConfig {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    secret: Option<String>,
    /// `"0"` or `0`: certificates are looked at.
    #[serde(default)]
    insecure_ssl: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct Key {
    id: u64,
    key: String,
    title: String,
    read_only: bool,
    #[serde(default)]
    added_by: Option<String>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<Moment>,
    #[serde(default, deserialize_with = "time")]
    last_used: Option<Moment>,
}

/// Every declared repository.
pub async fn read(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let names = &session.settings.repositories;
    if names.is_empty() {
        for kind in [REPOSITORY, ENVIRONMENT, WEBHOOK, DEPLOY_KEY] {
            left_out(recorder, kind, GapReason::Skipped, "the declaration names no repository")?;
        }
        return Ok(());
    }
    try_join_all(names.iter().map(|name| async move {
        try_join4(
            repository(session, recorder, name),
            environments(session, recorder, name),
            hooks(session, recorder, name),
            keys(session, recorder, name),
        )
        .await
    }))
    .await?;
    // The list is the declaration's: what of it cannot be read is a gap of that repository.
    recorder.coverage(CoverageNote {
        population: REPOSITORY.to_owned(),
        calls: names.len() as u64,
        pages: 0,
        items: names.len() as u64,
        complete: true,
        total: None,
    })
}

/// A call about one repository.
fn about(session: &Session, operation: &'static str, name: &str, last: &[&str]) -> Call {
    let arguments: Vec<&str> =
        [session.settings.organization.as_str(), name].into_iter().chain(last.iter().copied()).collect();
    Call::new(operation, &arguments).population(REPOSITORY).subject(REPOSITORY, &session.settings.full_name(name))
}

/// A call that lists what belongs to one repository.
fn list_of(session: &Session, operation: &'static str, name: &str, population: &str) -> Call {
    Call::new(operation, &[&session.settings.organization, name]).population(population)
}

async fn repository(session: &Session, recorder: &Recorder, name: &str) -> Result<(), SinkError> {
    let call = about(session, routes::REPOSITORY, name, &[]);
    let told = match session.get(&call).await? {
        Ok(answer) => answer.read::<Told>(&call).map(|told| (told, answer.source(""))),
        Err(refusal) => Err(refusal),
    };
    let (told, source) = match told {
        Ok(told) => told,
        Err(refusal) => return recorder.gap(refusal.gap(None)),
    };
    let branch = told.default_branch.clone();
    let facts = Repository {
        id: Some(told.id),
        full_name: Some(told.full_name),
        default_branch: Some(told.default_branch),
        visibility: Some(told.visibility),
        archived: Some(told.archived),
        ..Repository::default()
    };
    let mut note = Note::new(REPOSITORY, REPOSITORY, session.settings.full_name(name), &facts, &source);
    rules(session, recorder, &mut note, name, &branch).await?;
    protection(session, recorder, &mut note, about(session, routes::PROTECTION, name, &[&branch])).await?;
    actions(session, recorder, &mut note, name).await?;
    part(
        session,
        recorder,
        &mut note,
        "workflow_token",
        about(session, routes::WORKFLOW, name, &[]),
        |told: Workflow| WorkflowToken::from(told),
    )
    .await?;
    part(session, recorder, &mut note, "oidc_subject", about(session, routes::OIDC, name, &[]), |told: OidcTold| {
        OidcSubject { standard: told.use_default, claims: told.include_claim_keys }
    })
    .await?;
    note.write(recorder)
}

/// Which Actions may run; where they are chosen, which ones.
async fn actions(session: &Session, recorder: &Recorder, note: &mut Note, name: &str) -> Result<(), SinkError> {
    let call = about(session, routes::ACTIONS, name, &[]);
    let told = match session.get(&call).await? {
        Ok(answer) => answer.read::<ActionsTold>(&call).map(|told| (told, answer.source(""))),
        Err(refusal) => Err(refusal),
    };
    let (told, source) = match told {
        Ok(told) => told,
        Err(refusal) => {
            recorder.gap(refusal.gap(Some("actions")))?;
            return recorder.gap(refusal.gap(Some("selected_actions")));
        }
    };
    let chosen = told.allowed_actions.as_deref() == Some("selected");
    let facts = RepositoryActions {
        enabled: told.enabled,
        allowed_actions: told.allowed_actions,
        sha_pinning_required: told.sha_pinning_required,
    };
    note.part("actions", &facts, vec![source.clone()]);
    if !chosen {
        note.part("selected_actions", &None::<SelectedActions>, vec![source]);
        return Ok(());
    }
    let call = about(session, routes::SELECTED_ACTIONS, name, &[]);
    part(session, recorder, note, "selected_actions", call, |told: SelectedTold| SelectedActions {
        github_owned: told.github_owned_allowed,
        verified: told.verified_allowed,
        patterns: told.patterns_allowed,
    })
    .await
}

/// The rules that apply, and the rulesets behind them.
async fn rules(
    session: &Session,
    recorder: &Recorder,
    note: &mut Note,
    name: &str,
    branch: &str,
) -> Result<(), SinkError> {
    let list = session.list::<Rule>(about(session, routes::RULES, name, &[branch]), "").await?;
    if let Some(stopped) = &list.stopped {
        recorder.gap(stopped.gap(Some("branch_rules")))?;
        // Another ruleset may be behind the rules that were not read.
        recorder.gap(stopped.gap(Some("rulesets")))?;
    }
    if list.pages == 0 {
        return Ok(());
    }
    let facts: Vec<BranchRule> = list
        .entries
        .iter()
        .map(|Entry { value, .. }| BranchRule {
            kind: value.kind.clone(),
            ruleset: value.ruleset_id,
            required_approvals: value.parameters.required_approving_review_count,
            code_owner_approval: value.parameters.require_code_owner_review,
            dismiss_stale: value.parameters.dismiss_stale_reviews_on_push,
            last_push_approval: value.parameters.require_last_push_approval,
        })
        .collect();
    let of_list: Vec<_> = list.end.into_iter().collect();
    note.part("branch_rules", &facts, of_list.clone());
    let ids: BTreeSet<u64> = list.entries.iter().map(|one| one.value.ruleset_id).collect();
    let asked = try_join_all(ids.into_iter().map(|id| async move {
        let call = about(session, routes::RULESET, name, &[&id.to_string()]).with("includes_parents", "true");
        let told = match session.get(&call).await? {
            Ok(answer) => match answer.read::<RulesetTold>(&call) {
                Ok(told) => ruleset(&call, answer.exchange, told).map(|set| (set, answer.source(""))),
                Err(refusal) => Err(refusal),
            },
            Err(refusal) => Err(refusal),
        };
        Ok(told)
    }))
    .await?;
    let mut sets = Vec::new();
    let mut sources = of_list;
    let mut unread = false;
    for one in asked {
        match one {
            Ok((set, source)) => {
                sets.push(set);
                sources.push(source);
            }
            // One that nothing is known of may be the one that everyone bypasses. What another one demands, it cannot take back.
            Err(refusal) => {
                unread = true;
                recorder.gap(refusal.gap(Some("rulesets")))?;
            }
        }
    }
    if !sets.is_empty() || !unread {
        note.part("rulesets", &sets, sources);
    }
    Ok(())
}

#[expect(clippy::result_large_err, reason = "made once for each request over a network")]
fn ruleset(call: &Call, exchange: sdk::ExchangeId, told: RulesetTold) -> Result<Ruleset, Refusal> {
    let Some(actors) = told.bypass_actors else {
        let detail = format!(
            "ruleset {} came without `bypass_actors`: GitHub shows who may bypass a ruleset only to those who may change it",
            told.id
        );
        let mut refusal = call.refused(GapReason::Denied, detail);
        refusal.exchange = Some(exchange);
        return Err(refusal);
    };
    let bypass = actors
        .into_iter()
        .map(|actor| BypassActor { actor_type: actor.actor_type, actor_id: actor.actor_id, mode: actor.bypass_mode })
        .collect();
    Ok(Ruleset { id: told.id, name: told.name, enforcement: told.enforcement, source_type: told.source_type, bypass })
}

/// Whether a refusal says that there is no classic protection, which is an answer.
pub fn is_unprotected(refusal: &Refusal) -> bool {
    refusal.status == Some(404) && refusal.detail.contains("Branch not protected")
}

async fn protection(session: &Session, recorder: &Recorder, note: &mut Note, call: Call) -> Result<(), SinkError> {
    let told = match session.get(&call).await? {
        Ok(answer) => answer.read::<Protected>(&call).map(|told| (told, answer.source(""))),
        Err(refusal) => match (is_unprotected(&refusal), refusal.exchange) {
            (true, Some(exchange)) => {
                note.part("protection", &None::<Protection>, vec![sdk::Source::json(exchange, "/message")]);
                return Ok(());
            }
            _ => Err(refusal),
        },
    };
    let (told, source) = match told {
        Ok(told) => told,
        Err(refusal) => return recorder.gap(refusal.gap(Some("protection"))),
    };
    let reviews = told.required_pull_request_reviews.map(|told| {
        let allowed = told.bypass_pull_request_allowances;
        let users = allowed.users.into_iter().map(|user| format!("user:{}", user.login));
        let teams = allowed.teams.into_iter().map(|team| format!("team:{}", team.slug));
        let apps = allowed.apps.into_iter().map(|app| format!("app:{}", app.slug));
        Reviews {
            required_approvals: told.required_approving_review_count,
            code_owner_approval: told.require_code_owner_reviews,
            dismiss_stale: told.dismiss_stale_reviews,
            last_push_approval: told.require_last_push_approval,
            bypass: users.chain(teams).chain(apps).collect(),
        }
    });
    let facts = Protection {
        enforce_admins: told.enforce_admins.enabled,
        reviews,
        allow_force_pushes: told.allow_force_pushes.enabled,
        allow_deletions: told.allow_deletions.enabled,
    };
    note.part("protection", &facts, vec![source]);
    Ok(())
}

async fn environments(session: &Session, recorder: &Recorder, name: &str) -> Result<(), SinkError> {
    let of = population(ENVIRONMENT, Some(name));
    let call = list_of(session, routes::ENVIRONMENTS, name, &of);
    let list = session.list::<EnvironmentTold>(call, "/environments").await?;
    let full_name = session.settings.full_name(name);
    let mut ids = Vec::with_capacity(list.entries.len());
    for Entry { value, source } in &list.entries {
        let reviewers = value.protection_rules.iter().flat_map(|rule| &rule.reviewers).map(|one| match &one.reviewer {
            ReviewerTold::User { login } => format!("user:{login}"),
            ReviewerTold::Team { slug } => format!("team:{slug}"),
        });
        let branches = match &value.deployment_branch_policy {
            Some(policy) if policy.protected_branches => "protected-branches",
            Some(policy) if policy.custom_branch_policies => "custom",
            _ => "any",
        };
        let facts = Environment {
            name: Some(value.name.clone()),
            repository: Some(full_name.clone()),
            reviewers: Some(reviewers.collect()),
            prevents_self_review: Some(value.protection_rules.iter().any(|rule| rule.prevent_self_review)),
            branches: Some(branches.to_owned()),
            admins_can_bypass: Some(value.can_admins_bypass),
        };
        let id = format!("{full_name}/{}", value.name);
        Note::new(&of, ENVIRONMENT, id.clone(), &facts, source)
            .members(&[("name", "name"), ("admins_can_bypass", "can_admins_bypass")])
            .write(recorder)?;
        ids.push(id);
    }
    list.close(recorder, &of, &ids)
}

async fn hooks(session: &Session, recorder: &Recorder, name: &str) -> Result<(), SinkError> {
    let of = population(WEBHOOK, Some(name));
    let call = list_of(session, routes::HOOKS, name, &of);
    let list = session.list::<Hook>(call, "").await?;
    let full_name = session.settings.full_name(name);
    let mut ids = Vec::with_capacity(list.entries.len());
    for Entry { value, source } in &list.entries {
        let verifies = match &value.config.insecure_ssl {
            None => true,
            Some(set) => set.as_str() == Some("0") || set.as_u64() == Some(0),
        };
        let url = value.config.url.as_deref().and_then(|url| url.split(['?', '#']).next()).map(str::to_owned);
        let facts = Webhook {
            id: Some(value.id),
            repository: Some(full_name.clone()),
            url: Some(url),
            active: Some(value.active),
            events: Some(value.events.clone()),
            has_secret: Some(value.config.secret.as_ref().is_some_and(|secret| !secret.is_empty())),
            verifies_tls: Some(verifies),
        };
        let id = format!("{full_name}/{}", value.id);
        Note::new(&of, WEBHOOK, id.clone(), &facts, source)
            .members(&[("id", "id"), ("active", "active")])
            .write(recorder)?;
        ids.push(id);
    }
    list.close(recorder, &of, &ids)
}

async fn keys(session: &Session, recorder: &Recorder, name: &str) -> Result<(), SinkError> {
    let of = population(DEPLOY_KEY, Some(name));
    let call = list_of(session, routes::KEYS, name, &of);
    let list = session.list::<Key>(call, "").await?;
    let full_name = session.settings.full_name(name);
    let mut ids = Vec::with_capacity(list.entries.len());
    for Entry { value, source } in &list.entries {
        let facts = DeployKey {
            id: Some(value.id),
            repository: Some(full_name.clone()),
            title: Some(value.title.clone()),
            key: Some(value.key.clone()),
            read_only: Some(value.read_only),
            added_by: Some(value.added_by.clone()),
            created: Some(value.created_at.clone()),
            last_used: Some(value.last_used.clone()),
        };
        let id = format!("{full_name}/{}", value.id);
        Note::new(&of, DEPLOY_KEY, id.clone(), &facts, source)
            .members(&[
                ("id", "id"),
                ("title", "title"),
                ("key", "key"),
                ("read_only", "read_only"),
                ("added_by", "added_by"),
            ])
            .write(recorder)?;
        ids.push(id);
    }
    list.close(recorder, &of, &ids)
}
