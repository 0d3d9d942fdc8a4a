//! Which operation a request is, by GitHub's own templates, and what GitHub's documentation says is needed for it.

use super::world::{Access, Kind};

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// As GitHub's description spells it; a filter that is a right of its own stands behind it.
    pub name: &'static str,
    pub needs: Needs,
}

/// What a caller needs.
#[derive(Clone, Copy, Debug)]
pub struct Needs {
    /// Permission of an App or a fine-grained token; `None`: any that sees the organisation or repository.
    pub permission: Option<&'static str>,
    /// Scope of a classic token.
    pub scope: &'static str,
    /// Organisation owners, or administrators of the repository.
    pub owner: bool,
    /// Apps alone.
    pub app: bool,
}

const fn route(name: &'static str, permission: Option<&'static str>, scope: &'static str) -> Route {
    Route { name, needs: Needs { permission, scope, owner: false, app: false } }
}

const fn owners(name: &'static str, permission: Option<&'static str>, scope: &'static str) -> Route {
    Route { name, needs: Needs { permission, scope, owner: true, app: false } }
}

const fn apps(name: &'static str, permission: &'static str) -> Route {
    Route { name, needs: Needs { permission: Some(permission), scope: "", owner: false, app: true } }
}

const ORGANIZATION_ADMINISTRATION: Option<&str> = Some("organization_administration");
const ADMINISTRATION: Option<&str> = Some("administration");

/// Permissions: the reference "Permissions required for GitHub Apps"; scopes: the reference of each operation.
pub const ROUTES: &[Route] = &[
    route("GET /orgs/{org}", None, ""),
    route("GET /orgs/{org}/members", Some("members"), "read:org"),
    owners("GET /orgs/{org}/members?filter=2fa_disabled", Some("members"), "read:org"),
    owners("GET /orgs/{org}/members?filter=2fa_insecure", Some("members"), "read:org"),
    owners("GET /orgs/{org}/outside_collaborators", Some("members"), "read:org"),
    owners("GET /orgs/{org}/outside_collaborators?filter=2fa_disabled", Some("members"), "read:org"),
    owners("GET /orgs/{org}/outside_collaborators?filter=2fa_insecure", Some("members"), "read:org"),
    owners("GET /orgs/{org}/installations", ORGANIZATION_ADMINISTRATION, "read:org"),
    apps("GET /orgs/{org}/personal-access-tokens", "organization_personal_access_tokens"),
    apps("GET /orgs/{org}/personal-access-token-requests", "organization_personal_access_token_requests"),
    owners("GET /orgs/{org}/credential-authorizations", ORGANIZATION_ADMINISTRATION, "read:org"),
    owners("GET /orgs/{org}/audit-log", ORGANIZATION_ADMINISTRATION, "read:audit_log"),
    owners("GET /orgs/{org}/actions/permissions", ORGANIZATION_ADMINISTRATION, "admin:org"),
    owners("GET /orgs/{org}/actions/permissions/workflow", ORGANIZATION_ADMINISTRATION, "admin:org"),
    owners("GET /orgs/{org}/actions/oidc/customization/sub", ORGANIZATION_ADMINISTRATION, "read:org"),
    route("GET /orgs/{org}/teams/{team_slug}/members", Some("members"), "read:org"),
    owners("GET /scim/v2/organizations/{org}/Users", Some("members"), "admin:org"),
    route("GET /repos/{owner}/{repo}", Some("metadata"), "repo"),
    owners("GET /repos/{owner}/{repo}/teams", ADMINISTRATION, "repo"),
    route("GET /repos/{owner}/{repo}/rules/branches/{branch}", Some("metadata"), "repo"),
    route("GET /repos/{owner}/{repo}/rulesets/{ruleset_id}", Some("metadata"), "repo"),
    owners("GET /repos/{owner}/{repo}/branches/{branch}/protection", ADMINISTRATION, "repo"),
    route("GET /repos/{owner}/{repo}/environments", Some("actions"), "repo"),
    owners("GET /repos/{owner}/{repo}/actions/permissions", ADMINISTRATION, "repo"),
    owners("GET /repos/{owner}/{repo}/actions/permissions/selected-actions", ADMINISTRATION, "repo"),
    owners("GET /repos/{owner}/{repo}/actions/permissions/workflow", ADMINISTRATION, "repo"),
    route("GET /repos/{owner}/{repo}/actions/oidc/customization/sub", Some("actions"), "repo"),
    owners("GET /repos/{owner}/{repo}/hooks", Some("repository_hooks"), "repo"),
    owners("GET /repos/{owner}/{repo}/keys", ADMINISTRATION, "repo"),
    route("POST /app/installations/{installation_id}/access_tokens", None, ""),
];

impl Needs {
    /// Whether this caller may, by GitHub's documentation.
    #[must_use]
    pub fn met_by(&self, access: &Access) -> bool {
        let holds = |wanted: &str| access.permissions.iter().any(|held| held == wanted);
        match access.kind {
            Kind::Classic => {
                // An `admin:` scope holds the `read:` one of the same name.
                let scope = self.scope.is_empty() || holds(self.scope) || holds(&self.scope.replace("read:", "admin:"));
                !self.app && scope && (!self.owner || access.owner)
            }
            Kind::FineGrained => !self.app && self.permission.is_none_or(holds) && (!self.owner || access.owner),
            Kind::Installation => self.permission.is_none_or(holds),
        }
    }
}

/// The operation of a request and what stands in place of the template's names; GHES's prefix is seen through.
#[must_use]
pub fn find(method: &str, path_and_query: &str) -> Option<(Route, Vec<String>)> {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let path = path.strip_prefix("/api/v3").unwrap_or(path);
    let filter = query.split('&').find(|pair| pair.starts_with("filter=2fa_"));
    ROUTES.iter().find_map(|route| {
        let (own_method, template) = route.name.split_once(' ')?;
        let (template, own_filter) = match template.split_once('?') {
            Some((template, filter)) => (template, Some(filter)),
            None => (template, None),
        };
        if own_method != method || own_filter != filter {
            return None;
        }
        let (wanted, found) = (template.split('/'), path.split('/'));
        if wanted.clone().count() != found.clone().count() {
            return None;
        }
        let mut arguments = Vec::new();
        for (wanted, found) in wanted.zip(found) {
            if wanted.starts_with('{') {
                arguments.push(percent_encoding::percent_decode_str(found).decode_utf8_lossy().into_owned());
            } else if wanted != found {
                return None;
            }
        }
        Some((*route, arguments))
    })
}

/// The name of a request's operation.
#[must_use]
pub fn operation(method: &str, path_and_query: &str) -> Option<String> {
    find(method, path_and_query).map(|(route, _)| route.name.to_owned())
}
