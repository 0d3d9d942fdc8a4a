//! What may be asked, what is lost without it, and how GitHub words the permission for it.

use std::collections::BTreeMap;

use sdk::{Feed, Right, RightsForm};
use serde_json::{Value, json};

use crate::resource::{
    APP_INSTALLATION, AUDIT_EVENT, DEPLOY_KEY, ENVIRONMENT, MEMBER, ORGANIZATION, OUTSIDE_COLLABORATOR, REPOSITORY,
    SAML_IDENTITY, TEAM, TOKEN_GRANT, WEBHOOK,
};
use crate::routes::{self, Level, PERMISSIONS};

pub const FORM: RightsForm =
    RightsForm { name: "github-permissions", help: "Permissions of a GitHub App or a fine-grained token" };

/// Every call, and what is lost without it.
pub fn rights() -> Vec<Right> {
    let right = |name: &str, feeds: Vec<Feed>, note: &str| {
        let permission = match permission_of(name) {
            Some((Level::Organization, permission)) => format!("Organisation permission `{permission}`, to read."),
            Some((Level::Repository, permission)) => format!("Repository permission `{permission}`, to read."),
            None => "No permission beyond membership or installation.".to_owned(),
        };
        let note = if note.is_empty() { permission } else { format!("{permission} {note}") };
        Right { name: name.to_owned(), feeds, deniable: true, note }
    };
    let list = |kind| vec![Feed::list(kind)];
    let part = |kind, part| vec![Feed::part(kind, part)];
    const OWNERS: &str =
        "GitHub shows it to owners of the organisation; its documentation does not say whether an App counts as one.";
    const PLAN: &str = "Not on every plan.";
    vec![
        right(routes::ORGANIZATION, list(ORGANIZATION), "Only owners see whether a second factor is required."),
        right(routes::MEMBERS, list(MEMBER), "Owners and other members, each in a list of its own."),
        right(routes::MEMBERS_DISABLED, part(MEMBER, "two_factor"), OWNERS),
        right(routes::MEMBERS_INSECURE, part(MEMBER, "two_factor"), OWNERS),
        right(routes::COLLABORATORS, list(OUTSIDE_COLLABORATOR), ""),
        right(routes::COLLABORATORS_DISABLED, part(OUTSIDE_COLLABORATOR, "two_factor"), OWNERS),
        right(routes::COLLABORATORS_INSECURE, part(OUTSIDE_COLLABORATOR, "two_factor"), OWNERS),
        right(routes::INSTALLATIONS, list(APP_INSTALLATION), ""),
        right(routes::TOKENS, list(TOKEN_GRANT), "GitHub shows it only to Apps."),
        right(routes::TOKEN_REQUESTS, list(TOKEN_GRANT), "GitHub shows it only to Apps."),
        right(routes::AUTHORIZATIONS, list(TOKEN_GRANT), "Classic tokens and keys, where the organisation has SAML."),
        right(routes::IDENTITIES, list(SAML_IDENTITY), "Where the organisation has SCIM."),
        right(routes::AUDIT_LOG, list(AUDIT_EVENT), PLAN),
        right(routes::ORGANIZATION_ACTIONS, part(ORGANIZATION, "actions"), ""),
        right(routes::ORGANIZATION_WORKFLOW, part(ORGANIZATION, "workflow_token"), ""),
        right(routes::ORGANIZATION_OIDC, part(ORGANIZATION, "oidc_subject"), ""),
        right(routes::TEAMS, list(TEAM), "Teams with access to a declared repository."),
        right(routes::TEAM_MEMBERS, part(TEAM, "members"), ""),
        right(routes::REPOSITORY, list(REPOSITORY), ""),
        right(
            routes::RULES,
            vec![Feed::part(REPOSITORY, "branch_rules"), Feed::part(REPOSITORY, "rulesets")],
            "The rules of all rulesets as they apply to the default branch.",
        ),
        right(
            routes::RULESET,
            part(REPOSITORY, "rulesets"),
            "Only those who may change a ruleset see who may bypass it; that permission is not requested.",
        ),
        right(routes::PROTECTION, part(REPOSITORY, "protection"), ""),
        right(routes::ACTIONS, part(REPOSITORY, "actions"), ""),
        right(
            routes::SELECTED_ACTIONS,
            part(REPOSITORY, "selected_actions"),
            "Where a repository has chosen which Actions may run.",
        ),
        right(routes::WORKFLOW, part(REPOSITORY, "workflow_token"), ""),
        right(routes::OIDC, part(REPOSITORY, "oidc_subject"), ""),
        right(routes::ENVIRONMENTS, list(ENVIRONMENT), ""),
        right(routes::HOOKS, list(WEBHOOK), "Their secrets are masked by GitHub."),
        right(routes::KEYS, list(DEPLOY_KEY), ""),
    ]
}

fn permission_of(name: &str) -> Option<(Level, &'static str)> {
    PERMISSIONS.iter().find(|(operation, _)| *operation == name).and_then(|(_, permission)| *permission)
}

/// Permissions as an App's manifest and GitHub's forms for Apps and fine-grained tokens name them.
pub fn permissions() -> Value {
    let mut levels: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for right in rights() {
        if let Some((level, permission)) = permission_of(&right.name) {
            let level = match level {
                Level::Organization => "organization",
                Level::Repository => "repository",
            };
            levels.entry(level).or_default().insert(permission, "read");
        }
    }
    json!(levels)
}
