//! What is answered: who reaches a key, by which steps.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::permissions::{Gift, May};

/// Somebody who reaches a key, or stands on the way to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Who {
    pub kind: WhoKind,
    /// An ARN, an account's number, the name of a service, or what the kind says; of service accounts `ISSUER:system:serviceaccount:NAMESPACE:NAME` or, by an
    /// association of pod identity, `CLUSTER:system:serviceaccount:NAMESPACE:NAME`; of tenants the issuer's name, a space, and the tenant.
    pub name: String,
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WhoKind {
    User,
    Group,
    Role,
    /// The root user of an account.
    Root,
    /// Whoever can give themselves every permission of an account.
    Administrators,
    /// Whoever the policies of an account let: an account that was not read, or not whole.
    Account,
    Organization,
    Service,
    ServiceAccount,
    /// The people of a SAML provider.
    People,
    /// A tenant of an issuer that many share, such as a repository of GitHub.
    Tenant,
    /// An exact subject of an issuer.
    Subject,
    /// The workloads of a cluster.
    Cluster,
    /// Everyone to whom an issuer gives tokens.
    Issuer,
    /// A user, group or service account of a cluster's RBAC: the cluster's target, a space, `User/ada`.
    ClusterSubject,
    /// Somebody who may change a repository: the repository's target, a space, and a login, an App or a deploy key.
    Contributor,
    Anyone,
    /// A principal that is none of these, in the policy's words.
    Other,
}

/// What somebody can do to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Does {
    Use,
    Administer,
    Destroy,
}

/// A condition on a step, in the policy's words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    pub words: String,
    pub holds: Holds,
}

/// How a condition stands for the one who takes the step. A step whose condition fails is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// It holds, whatever they do.
    Met,
    /// It holds if they call in a certain way: with a second factor, from an address, through a service.
    Unmet,
    /// It may hold or not.
    NotUnderstood,
}

/// Where a step was read: a part of a resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// `aws-kms/key`, `aws-iam/role`
    pub kind: String,
    pub id: String,
    /// `policy`, `trust_policy`, `grants`, `inline_policies`
    pub part: String,
    /// The name of an inline policy, the id of a grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its place in the policy, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<usize>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub who: Who,
    /// By what they take it: `sts:AssumeRole`, `kms:Decrypt`; `*`: everything.
    pub action: String,
    /// Whom they become, or the key.
    pub to: String,
    /// All of these together allow it.
    pub by: Vec<Place>,
    pub may: May,
    pub conditions: Vec<Given>,
}

/// Somebody who reaches a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reacher {
    pub who: Who,
    pub does: Does,
    pub may: May,
    /// The actions by which the last one on the path does it.
    pub actions: Vec<String>,
    /// The surest path, and of those the shortest: from them to the key.
    pub path: Vec<Step>,
}

/// One who reaches a key, or comes to be an administrator of an account, by the step that they take. Whomever that leads to has an entry of
/// their own beside it; administrators of an account have one as a whole, and who they are is said once, of the account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub who: Who,
    /// What they can do to the key in this way. Empty, where it is an account's administrators that they come to be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub does: Vec<Does>,
    /// Whether they surely can, on the whole way.
    pub may: May,
    /// Whom they become. Absent: they act on the key themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<Who>,
    /// The key on which they act, where it is not the one that is asked about: a copy of it in another region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<String>,
    /// By what they take this step: `sts:AssumeRole`, `kms:Decrypt`; `*`: everything.
    pub action: String,
    /// Where they act on the key: all actions that count by which they can; `kms:*`: all there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Whether this one step can surely be taken.
    pub step: May,
    /// All of these together allow it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<Place>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Given>,
}

/// Who reaches a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The key's ARN.
    pub key: String,
    /// By who they are, then by what they do.
    pub reachers: Vec<Reacher>,
}

impl Who {
    #[must_use]
    pub fn new(kind: WhoKind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into() }
    }

    /// The user, group or role of this ARN.
    #[must_use]
    pub fn of_arn(arn: &str) -> Self {
        let kind = match arn.splitn(6, ':').nth(5).and_then(|resource| resource.split('/').next()) {
            Some("user") => WhoKind::User,
            Some("group") => WhoKind::Group,
            Some("role") => WhoKind::Role,
            Some("root") => WhoKind::Root,
            _ => WhoKind::Other,
        };
        Self::new(kind, arn)
    }
}

/// A step that may be taken or not, as not all was read.
#[must_use]
pub fn unread(who: &Who, action: &str, to: &str, by: Vec<Place>, words: impl Into<String>) -> Step {
    Step {
        who: who.clone(),
        action: action.to_owned(),
        to: to.to_owned(),
        by,
        may: May::Undetermined,
        conditions: vec![Given { words: words.into(), holds: Holds::NotUnderstood }],
    }
}

/// The conditions of a step, and whether it may be taken.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub conditions: Vec<Given>,
}

impl Terms {
    /// Those of a statement of somebody's own policies.
    pub fn of(gift: &Gift<'_>) -> Self {
        Self::default()
            .all(Holds::Met, &gift.met)
            .all(Holds::Unmet, &gift.besides)
            .all(Holds::Unmet, &gift.unless)
            .all(Holds::NotUnderstood, &gift.unclear)
    }

    pub fn all(mut self, holds: Holds, words: &[String]) -> Self {
        for one in words {
            let given = Given { words: one.clone(), holds };
            if !self.conditions.contains(&given) {
                self.conditions.push(given);
            }
        }
        self
    }

    pub fn may(&self) -> May {
        let sure = self.conditions.iter().all(|one| one.holds != Holds::NotUnderstood);
        if sure { May::Yes } else { May::Undetermined }
    }

    pub fn step(self, who: &Who, action: &str, to: &str, by: Vec<Place>) -> Step {
        let may = self.may();
        Step { who: who.clone(), action: action.to_owned(), to: to.to_owned(), by, may, conditions: self.conditions }
    }
}
