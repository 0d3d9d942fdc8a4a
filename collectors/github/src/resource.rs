//! What is known of each thing, as checks see it. Members that were not read are absent; those that hold nothing are `null` or empty.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sdk::Timestamp;
use serde::Serialize;

pub const ORGANIZATION: &str = "github/organization";
pub const MEMBER: &str = "github/member";
pub const OUTSIDE_COLLABORATOR: &str = "github/outside-collaborator";
pub const TEAM: &str = "github/team";
pub const SAML_IDENTITY: &str = "github/saml-identity";
pub const APP_INSTALLATION: &str = "github/app-installation";
pub const TOKEN_GRANT: &str = "github/token-grant";
pub const REPOSITORY: &str = "github/repository";
pub const ENVIRONMENT: &str = "github/environment";
pub const WEBHOOK: &str = "github/webhook";
pub const DEPLOY_KEY: &str = "github/deploy-key";
pub const AUDIT_EVENT: &str = "github/audit-event";

/// A moment: `at` for people, `epoch` to compute with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub epoch: i64,
}

impl Moment {
    pub fn new(moment: Timestamp) -> Self {
        Self { at: moment.to_string(), epoch: moment.as_seconds() }
    }
}

/// The organisation.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// Whether members, collaborators and owners must have a second factor. Absent where GitHub does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_factor_required: Option<bool>,
    /// What every member may do in every repository: `read`, `write`, `admin`, `none`; `null`: GitHub does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_repository_permission: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<OrganizationActions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_token: Option<WorkflowToken>,
    /// Claims that the subject of an OIDC token is made of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-ordered" = true))]
    pub oidc_subject: Option<Vec<String>>,
}

/// Which Actions the organisation's workflows may run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationActions {
    /// `all`, `none`, `selected`.
    pub enabled_repositories: String,
    /// `all`, `local_only`, `selected`; `null`: Actions are off.
    pub allowed_actions: Option<String>,
    /// Whether actions must be named by the full digest of a commit; `null`: the server does not know that.
    pub sha_pinning_required: Option<bool>,
}

/// What the token of a workflow may do where the workflow does not say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowToken {
    /// `read` or `write`.
    pub default_permissions: String,
    pub can_approve_reviews: bool,
}

/// A member of the organisation.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// `admin`: an owner; `member`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// `disabled`, `insecure` (by SMS alone), `secure`: in neither of GitHub's lists, which were read to their end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_factor: Option<String>,
}

/// Someone who is not a member and may enter some repository.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideCollaborator {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// `disabled`, `insecure` (by SMS alone), `secure`: in neither of GitHub's lists, which were read to their end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_factor: Option<String>,
}

/// A team that may enter a declared repository.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Declared repositories and what it may do there: `pull`, `triage`, `push`, `maintain`, `admin` or a role of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repositories: Option<BTreeMap<String, String>>,
    /// Logins, those of teams below it too, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members: Option<Vec<String>>,
}

/// A person as the organisation's identity provider made it known by SCIM.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SamlIdentity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// A GitHub App that is installed in the organisation.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppInstallation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// Name to `read`, `write` or `admin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// `all` or `selected`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_selection: Option<String>,
    /// `null`: it is not suspended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Option<Moment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Option<Moment>>,
}

/// A person's token that may, or would like to, enter the organisation.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenGrant {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    /// `fine-grained`, `requested` (fine-grained, not granted yet), `authorized` (a classic token or SSH key, for SAML).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// As its owner named it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<String>>,
    /// `personal access token`, `SSH key` and so on, as GitHub names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Of a fine-grained token, `organization/members` to `read`; `null`: it has scopes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<Option<BTreeMap<String, String>>>,
    /// Of a classic token; `null`: it has permissions, or is a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Option<Vec<String>>>,
    /// `none`, `all`, `subset`; `null`: as its owner may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository_selection: Option<Option<String>>,
    /// Since when it may, or asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Option<Moment>>,
    /// `null`: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Option<Moment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Option<Moment>>,
}

/// A declared repository.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_branch: Option<String>,
    /// `public`, `private`, `internal`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// Rules of all rulesets (the repository's and the organisation's) as they apply to the default branch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_rules: Option<Vec<BranchRule>>,
    /// The rulesets that those rules come from, and who may bypass them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rulesets: Option<Vec<Ruleset>>,
    /// Classic protection of the default branch; `null`: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protection: Option<Option<Protection>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions: Option<RepositoryActions>,
    /// `null`: they are not chosen one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected_actions: Option<Option<SelectedActions>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_token: Option<WorkflowToken>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oidc_subject: Option<OidcSubject>,
}

/// One rule that applies.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchRule {
    /// `pull_request`, `deletion`, `non_fast_forward`, `required_signatures`, `required_status_checks` and so on.
    #[serde(rename = "type")]
    pub kind: String,
    pub ruleset: u64,
    /// Of `pull_request`: approvals that are required; `null`: another rule.
    pub required_approvals: Option<u64>,
    /// Of `pull_request`: whether code owners must approve; `null`: another rule.
    pub code_owner_approval: Option<bool>,
    /// Of `pull_request`: whether a push takes approvals back; `null`: another rule.
    pub dismiss_stale: Option<bool>,
    /// Of `pull_request`: whether somebody else than who pushed last must have approved that; `null`: another rule.
    pub last_push_approval: Option<bool>,
}

/// A ruleset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    pub id: u64,
    pub name: String,
    /// `active`, `evaluate`, `disabled`.
    pub enforcement: String,
    /// `Repository`, `Organization`, `Enterprise`; `null`: GitHub does not say.
    pub source_type: Option<String>,
    pub bypass: Vec<BypassActor>,
}

/// Who may bypass a ruleset.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BypassActor {
    /// `Integration`, `OrganizationAdmin`, `RepositoryRole`, `Team`, `DeployKey`.
    pub actor_type: String,
    pub actor_id: Option<u64>,
    /// `always`, `pull_request`, `exempt`; `null`: GitHub does not say.
    pub mode: Option<String>,
}

/// Classic protection.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// Whether administrators are bound by it too.
    pub enforce_admins: bool,
    /// `null`: changes need no review.
    pub reviews: Option<Reviews>,
    pub allow_force_pushes: bool,
    pub allow_deletions: bool,
}

/// Reviews that a change needs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reviews {
    pub required_approvals: u64,
    pub code_owner_approval: bool,
    pub dismiss_stale: bool,
    /// Whether somebody else than who pushed last must have approved that; `null`: the server does not know that.
    pub last_push_approval: Option<bool>,
    /// Who may leave them out: `user:ada`, `team:custody`, `app:release-bot`.
    pub bypass: Vec<String>,
}

/// Which Actions a repository's workflows may run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepositoryActions {
    pub enabled: bool,
    /// `all`, `local_only`, `selected`; `null`: Actions are off.
    pub allowed_actions: Option<String>,
    pub sha_pinning_required: Option<bool>,
}

/// Which Actions may run where they are chosen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectedActions {
    /// Those of GitHub.
    pub github_owned: bool,
    /// Those of everyone whom GitHub's Marketplace has verified; `null`: GitHub does not say.
    pub verified: Option<bool>,
    /// `OWNER/REPOSITORY@TAG` with `*` for any characters; `!` before one blocks. `null`: GitHub does not say.
    pub patterns: Option<Vec<String>>,
}

/// What the subject of a repository's OIDC tokens is made of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OidcSubject {
    /// GitHub's own form, `repo:northbank/signer:…`.
    pub standard: bool,
    /// `null`: the default's.
    #[schemars(extend("x-ordered" = true))]
    pub claims: Option<Vec<String>>,
}

/// A deployment environment.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// `user:ada`, `team:custody`; one of them must approve. Empty: no one need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewers: Option<Vec<String>>,
    /// Whether who started a deployment may not approve it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevents_self_review: Option<bool>,
    /// `protected-branches`, `custom`, `any`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branches: Option<String>,
    /// `null`: GitHub does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admins_can_bypass: Option<Option<bool>>,
}

/// A webhook of a declared repository. Its secret is never read.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// Without the query, which may hold a secret; `null`: it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Whether the receiver can tell that a call comes from GitHub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_secret: Option<bool>,
    /// Whether the receiver's certificate is looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verifies_tls: Option<bool>,
}

/// A key that may enter one repository.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeployKey {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The public key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub added_by: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Option<Moment>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Option<Moment>>,
}

/// Something that changed who may get in, or what protects a branch.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditEvent {
    /// `org.disable_two_factor_requirement`, `protected_branch.policy_override` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<Option<String>>,
    /// Whom it was done to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Option<Moment>>,
}
