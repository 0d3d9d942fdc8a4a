//! Every operation that may be asked for, by the name that GitHub's own description gives it, with the permission that
//! lets an App or a fine-grained token ask.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub const ORGANIZATION: &str = "GET /orgs/{org}";
pub const MEMBERS: &str = "GET /orgs/{org}/members";
pub const MEMBERS_DISABLED: &str = "GET /orgs/{org}/members?filter=2fa_disabled";
pub const MEMBERS_INSECURE: &str = "GET /orgs/{org}/members?filter=2fa_insecure";
pub const COLLABORATORS: &str = "GET /orgs/{org}/outside_collaborators";
pub const COLLABORATORS_DISABLED: &str = "GET /orgs/{org}/outside_collaborators?filter=2fa_disabled";
pub const COLLABORATORS_INSECURE: &str = "GET /orgs/{org}/outside_collaborators?filter=2fa_insecure";
pub const INSTALLATIONS: &str = "GET /orgs/{org}/installations";
pub const TOKENS: &str = "GET /orgs/{org}/personal-access-tokens";
pub const TOKEN_REQUESTS: &str = "GET /orgs/{org}/personal-access-token-requests";
pub const AUTHORIZATIONS: &str = "GET /orgs/{org}/credential-authorizations";
pub const AUDIT_LOG: &str = "GET /orgs/{org}/audit-log";
pub const ORGANIZATION_ACTIONS: &str = "GET /orgs/{org}/actions/permissions";
pub const ORGANIZATION_WORKFLOW: &str = "GET /orgs/{org}/actions/permissions/workflow";
pub const ORGANIZATION_OIDC: &str = "GET /orgs/{org}/actions/oidc/customization/sub";
pub const TEAM_MEMBERS: &str = "GET /orgs/{org}/teams/{team_slug}/members";
pub const IDENTITIES: &str = "GET /scim/v2/organizations/{org}/Users";
pub const REPOSITORY: &str = "GET /repos/{owner}/{repo}";
pub const TEAMS: &str = "GET /repos/{owner}/{repo}/teams";
pub const RULES: &str = "GET /repos/{owner}/{repo}/rules/branches/{branch}";
pub const RULESET: &str = "GET /repos/{owner}/{repo}/rulesets/{ruleset_id}";
pub const PROTECTION: &str = "GET /repos/{owner}/{repo}/branches/{branch}/protection";
pub const ENVIRONMENTS: &str = "GET /repos/{owner}/{repo}/environments";
pub const ACTIONS: &str = "GET /repos/{owner}/{repo}/actions/permissions";
pub const SELECTED_ACTIONS: &str = "GET /repos/{owner}/{repo}/actions/permissions/selected-actions";
pub const WORKFLOW: &str = "GET /repos/{owner}/{repo}/actions/permissions/workflow";
pub const OIDC: &str = "GET /repos/{owner}/{repo}/actions/oidc/customization/sub";
pub const HOOKS: &str = "GET /repos/{owner}/{repo}/hooks";
pub const KEYS: &str = "GET /repos/{owner}/{repo}/keys";
/// For credentials alone; its answers are never kept.
pub const ACCESS_TOKENS: &str = "POST /app/installations/{installation_id}/access_tokens";

/// What GitHub asks of an App or a fine-grained token, always to read. `None`: nothing beyond seeing the target.
pub const PERMISSIONS: &[(&str, Option<(Level, &str)>)] = &[
    (ORGANIZATION, None),
    (MEMBERS, Some((Level::Organization, "members"))),
    (MEMBERS_DISABLED, Some((Level::Organization, "members"))),
    (MEMBERS_INSECURE, Some((Level::Organization, "members"))),
    (COLLABORATORS, Some((Level::Organization, "members"))),
    (COLLABORATORS_DISABLED, Some((Level::Organization, "members"))),
    (COLLABORATORS_INSECURE, Some((Level::Organization, "members"))),
    (INSTALLATIONS, Some((Level::Organization, "organization_administration"))),
    (TOKENS, Some((Level::Organization, "organization_personal_access_tokens"))),
    (TOKEN_REQUESTS, Some((Level::Organization, "organization_personal_access_token_requests"))),
    (AUTHORIZATIONS, Some((Level::Organization, "organization_administration"))),
    (AUDIT_LOG, Some((Level::Organization, "organization_administration"))),
    (ORGANIZATION_ACTIONS, Some((Level::Organization, "organization_administration"))),
    (ORGANIZATION_WORKFLOW, Some((Level::Organization, "organization_administration"))),
    (ORGANIZATION_OIDC, Some((Level::Organization, "organization_administration"))),
    (TEAM_MEMBERS, Some((Level::Organization, "members"))),
    (IDENTITIES, Some((Level::Organization, "members"))),
    (REPOSITORY, Some((Level::Repository, "metadata"))),
    (TEAMS, Some((Level::Repository, "administration"))),
    (RULES, Some((Level::Repository, "metadata"))),
    (RULESET, Some((Level::Repository, "metadata"))),
    (PROTECTION, Some((Level::Repository, "administration"))),
    (ENVIRONMENTS, Some((Level::Repository, "actions"))),
    (ACTIONS, Some((Level::Repository, "administration"))),
    (SELECTED_ACTIONS, Some((Level::Repository, "administration"))),
    (WORKFLOW, Some((Level::Repository, "administration"))),
    (OIDC, Some((Level::Repository, "actions"))),
    (HOOKS, Some((Level::Repository, "repository_hooks"))),
    (KEYS, Some((Level::Repository, "administration"))),
    (ACCESS_TOKENS, None),
];

/// Where a permission is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Organization,
    Repository,
}

/// What is in a path as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of an operation and the part of its query that belongs to its name; `arguments` in the template's order.
pub fn path(operation: &str, arguments: &[&str]) -> (String, Option<(String, String)>) {
    let template = operation.split_once(' ').map_or(operation, |(_, template)| template);
    let (template, filter) = match template.split_once('?') {
        Some((template, filter)) => (template, filter.split_once('=')),
        None => (template, None),
    };
    let mut arguments = arguments.iter();
    let segments: Vec<String> = template
        .split('/')
        .map(|segment| match segment.starts_with('{').then(|| arguments.next()).flatten() {
            Some(argument) => encoded(argument),
            None => segment.to_owned(),
        })
        .collect();
    (segments.join("/"), filter.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

/// As it may be in a path or a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

/// The operation of a request, from its own path: what is recorded does not rest on what it was announced as.
pub fn operation(method: &str, path: &str, query: &str) -> Option<&'static str> {
    let filter = query.split('&').find(|pair| pair.starts_with("filter=2fa_"));
    PERMISSIONS.iter().map(|(operation, _)| *operation).find(|operation| {
        let Some((own_method, template)) = operation.split_once(' ') else { return false };
        let (template, own_filter) = match template.split_once('?') {
            Some((template, filter)) => (template, Some(filter)),
            None => (template, None),
        };
        own_method == method
            && own_filter == filter
            && template.split('/').count() == path.split('/').count()
            && template.split('/').zip(path.split('/')).all(|(own, found)| own.starts_with('{') || own == found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_recognised_from_its_own_path() {
        for (name, _) in PERMISSIONS {
            let (path, filter) = path(name, &["north bank", "a/b", "main"]);
            let method = name.split(' ').next().unwrap();
            let query = filter.map(|(name, value)| format!("per_page=100&{name}={value}")).unwrap_or_default();
            assert_eq!(operation(method, &path, &query), Some(*name), "{path}");
            assert!(!path.contains('{') && !path.contains(' '), "{path}");
        }
        assert_eq!(operation("GET", "/user", ""), None);
        assert_eq!(operation("DELETE", "/orgs/northbank", ""), None);
    }
}
