//! The resources of IAM of one account, from which follows who may do what (`aws-iam/permissions`).

use iam_policy::PolicyDocument;
use iam_policy::account::{AttachedPolicy, Book, Entry, InlinePolicy, Parts, PermissionsBoundary, Who};
use serde::Deserialize;

pub const KIND: &str = "aws-iam/permissions";
const USER: &str = "aws-iam/user";
const ROLE: &str = "aws-iam/role";
const GROUP: &str = "aws-iam/group";
const POLICY: &str = "aws-iam/policy";
pub const INPUTS: [&str; 4] = [USER, GROUP, ROLE, POLICY];
/// The part of which a gap says that some of it was not read.
pub const INLINE: &str = "inline_policies";

/// What was read of an account.
#[derive(Default)]
pub struct Account {
    book: Book,
    /// Partition and number, as they are in ARNs.
    named: Option<(String, String)>,
    /// What could not be taken.
    pub unread: Vec<String>,
}

#[derive(Deserialize)]
struct Identity {
    arn: String,
    name: String,
    #[serde(default)]
    path: Option<String>,
}

#[derive(Deserialize)]
struct Entity {
    identity: Identity,
    #[serde(default)]
    groups: Option<Vec<String>>,
    #[serde(default)]
    inline_policies: Option<Vec<InlinePolicy>>,
    #[serde(default)]
    attached_policies: Option<Vec<AttachedPolicy>>,
    #[serde(default)]
    permissions_boundary: Option<PermissionsBoundary>,
    #[serde(default)]
    trust_policy: Option<PolicyDocument>,
}

#[derive(Deserialize)]
struct Managed {
    identity: Identity,
    #[serde(default)]
    document: Option<PolicyDocument>,
}

impl Account {
    /// A resource. `cut`: a gap says that some of its inline policies were not read.
    pub fn take(&mut self, kind: &str, id: &str, facts: &str, cut: bool) {
        if let Err(problem) = self.taken(kind, facts, cut) {
            self.unread.push(format!("{kind} `{id}`: {problem}"));
        }
    }

    fn taken(&mut self, kind: &str, facts: &str, cut: bool) -> serde_json::Result<()> {
        if kind == POLICY {
            let Managed { identity, document } = serde_json::from_str(facts)?;
            self.book.policy(&identity.arn, document.as_ref());
            return Ok(());
        }
        let entity: Entity = serde_json::from_str(facts)?;
        let Identity { arn, name, path } = &entity.identity;
        // Groups have no boundary, and only users are in groups.
        let none = PermissionsBoundary { exists: false, arn: None };
        let boundary = if kind == GROUP { Some(&none) } else { entity.permissions_boundary.as_ref() };
        let groups = if kind == USER { entity.groups.as_deref() } else { Some([].as_slice()) };
        let parts = Parts {
            inline: entity.inline_policies.as_deref(),
            inline_cut: cut,
            attached: entity.attached_policies.as_deref(),
            boundary,
            groups,
            trust: entity.trust_policy.as_ref(),
        };
        let entry = Entry::new(Who { arn, name, path: path.as_deref() }, parts);
        match kind {
            USER => self.book.user(entry),
            ROLE => self.book.role(entry),
            _ => self.book.group(entry),
        }
        if self.named.is_none() {
            let mut fields = arn.split(':').skip(1);
            self.named = fields.next().zip(fields.nth(2)).map(|(one, other)| (one.to_owned(), other.to_owned()));
        }
        Ok(())
    }

    /// What each user and role may do: id and facts.
    pub fn compute(&self) -> serde_json::Result<Vec<(String, serde_json::Value)>> {
        let Some((partition, account)) = &self.named else { return Ok(Vec::new()) };
        let answers = self.book.answers(partition, account);
        answers.iter().map(|one| Ok((one.arn().to_owned(), serde_json::to_value(one.facts())?))).collect()
    }
}
