//! The normal form of a policy document.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::parties::LetIn;
use crate::wildcard::action_matches;

/// A policy document in normal form. Lists that AWS reads as sets are sorted and without repetitions.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PolicyDocument {
    /// The source's own text, percent-decoded where the source encodes it, otherwise untouched.
    pub text: String,
    /// `2012-10-17` or `2008-10-17`. Absent as in the source: AWS then reads it as `2008-10-17`, without policy variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// In the order of the source.
    pub statements: Vec<Statement>,
}

/// One statement. Of each pair (`actions`, `not_actions` and so on) that member is present which the source has, even if its list is empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    pub effect: Effect,
    /// Lower-case: AWS compares actions without regard to case. `*` and `?` are wildcards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Vec<String>>,
    /// Every action except these, lower-case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_actions: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Vec<String>>,
    /// Every resource except these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_resources: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principals: Option<Vec<Principal>>,
    /// Everyone except these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_principals: Option<Vec<Principal>>,
    /// All of them must hold; empty where the source has none.
    pub conditions: Vec<Condition>,
    /// Whom the statement lets in, one answer for each of `principals`, or one for all whom `not_principals` leaves; the policy's denying
    /// statements are weighed. Absent where the statement denies or names no principal. Computed from the policy's text alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lets_in: Option<Vec<LetIn>>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Effect {
    Allow,
    Deny,
}

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Principal {
    /// The member of the source's `Principal`; `*` where the source has the bare text `"*"`.
    #[serde(rename = "type")]
    pub kind: PrincipalKind,
    /// What the value denotes.
    pub form: PrincipalForm,
    /// As in the source, except that a whole account is always its twelve digits, never `arn:…:root`.
    pub value: String,
    /// The account that the value names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// The types of principals that AWS knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum PrincipalKind {
    #[serde(rename = "*")]
    Any,
    #[serde(rename = "AWS")]
    Aws,
    Service,
    Federated,
    CanonicalUser,
}

/// What a principal's value denotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PrincipalForm {
    /// `*`: everyone, also people of no account.
    Everyone,
    /// An account, that is everyone whom it lets.
    Account,
    User,
    Role,
    /// One session of a role.
    AssumedRole,
    FederatedUser,
    /// What AWS shows in place of the ARN of a user or role that was deleted: `AIDA…`, `AROA…`.
    UniqueId,
    Service,
    IdentityProvider,
    CanonicalUser,
    /// None of these.
    Other,
}

/// One condition: the operator, one key, and the values of which one (for negated operators: none) must match.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// As in the source: `ForAnyValue:StringLikeIfExists`.
    pub operator: String,
    /// The operator itself, lower-case: `stringlike`.
    pub base: String,
    /// Whether the condition also holds when the key is missing.
    pub if_exists: bool,
    /// For keys with several values: whether all or any of them must match. `all` also holds when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_values: Option<ForValues>,
    /// Lower-case: AWS compares names of keys without regard to case.
    pub key: String,
    /// Texts; booleans and numbers as JSON writes them.
    pub values: Vec<String>,
}

/// The set qualifier of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ForValues {
    All,
    Any,
}

/// Why a text is no policy document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedPolicy {
    #[error("the policy document is not UTF-8 once percent-decoded")]
    NotText,
    #[error("the policy document is not the JSON that AWS accepts: {0}")]
    NotJson(serde_json::Error),
    #[error("`{path}` of the policy document: {problem}")]
    Shape {
        /// `Statement[2].Principal`, counted from 0.
        path: String,
        problem: &'static str,
    },
}

impl PolicyDocument {
    /// The statements that allow something.
    pub fn allows(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Allow)
    }
}

impl Statement {
    /// Whether the statement speaks of this action (`kms:Decrypt`), whatever its effect.
    #[must_use]
    pub fn covers_action(&self, action: &str) -> bool {
        let among = |patterns: &[String]| patterns.iter().any(|p| action_matches(p, action));
        match (&self.actions, &self.not_actions) {
            (Some(patterns), _) => among(patterns),
            (None, Some(patterns)) => !among(patterns),
            (None, None) => false,
        }
    }
}
