//! Groups, roles and managed policies as `GetAccountAuthorizationDetails` gives them, and the parts that they share with users.

use aws::Call;
use aws::policy_document::account::{self, Book, Entry};
use aws::policy_document::{MalformedPolicy, PolicyDocument, is_percent_encoded};
use sdk::{Decode, GapNote, SinkError, Source, Syntax};

use crate::descriptor::DETAILS;
use crate::iam::Iam;
use crate::resource::{
    AttachedPolicy, GROUP, Group, Identity, InlinePolicy, POLICY, PermissionsBoundary, Policy, PolicyUsage, ROLE, Role,
    RoleUse, Tag, USER,
};
use aws::fact::{Fact, Parts, malformed};
use aws::xml::{MalformedAnswer, Node};

/// Why a policy document is not readable.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Answer(#[from] MalformedAnswer),
    #[error(transparent)]
    Policy(#[from] MalformedPolicy),
}

/// Who an entity is; `name` and `id` are what its kind calls its name and its unique id.
pub fn identity(node: &Node<'_>, name: &str, id: &str) -> Result<Identity, MalformedAnswer> {
    let arn = node.required("Arn")?;
    // Some sources leave the name of a policy out; it is the last word of the ARN.
    let name = match node.value(name) {
        Some(name) => name,
        None => arn.rsplit('/').next().unwrap_or(arn),
    };
    Ok(Identity {
        arn: arn.to_owned(),
        name: name.to_owned(),
        unique_id: node.value(id).map(str::to_owned),
        path: node.value("Path").map(str::to_owned),
        created: node.moment("CreateDate")?,
    })
}

/// The managed policies that an entity uses.
pub fn references(node: &Node<'_>) -> Vec<String> {
    let attached = node.list("AttachedManagedPolicies").into_iter().filter_map(|policy| policy.value("PolicyArn"));
    let boundary = node.child("PermissionsBoundary").and_then(|boundary| boundary.value("PermissionsBoundaryArn"));
    attached.chain(boundary).map(str::to_owned).collect()
}

/// Whether AWS wrote the policy of this ARN.
pub fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

/// Whether a policy is attached anywhere; `None`: the source does not say.
pub fn in_use(node: &Node<'_>) -> Option<bool> {
    let count = |name| node.integer(name).ok().flatten();
    let attached = count("AttachmentCount")?;
    Some(attached > 0 || count("PermissionsBoundaryUsageCount").is_some_and(|n| n > 0))
}

pub fn group(iam: &Iam, identity: Identity, node: &Node<'_>, book: &mut Book) -> Result<(), SinkError> {
    let mut parts = Parts::new(GROUP, &identity.arn);
    let inline = inline_policies(node, "GroupPolicyList");
    let attached = attached_policies(node);
    const NONE: PermissionsBoundary = PermissionsBoundary { exists: false, arn: None };
    book.group(Entry::new(
        identity.who(),
        account::Parts {
            inline: inline.value.as_deref(),
            inline_cut: !inline.gaps.is_empty(),
            attached: attached.value.as_deref(),
            boundary: Some(&NONE),
            groups: Some(&[]),
            ..account::Parts::default()
        },
    ));
    let group = Group {
        identity: parts.take("identity", Fact::read(identity, vec![node.source()])),
        inline_policies: parts.take("inline_policies", inline),
        attached_policies: parts.take("attached_policies", attached),
    };
    parts.record(&iam.recorder, &group)
}

pub fn role(iam: &Iam, identity: Identity, node: &Node<'_>, book: &mut Book) -> Result<(), SinkError> {
    let mut parts = Parts::new(ROLE, &identity.arn);
    let inline = inline_policies(node, "RolePolicyList");
    let attached = attached_policies(node);
    let boundary = permissions_boundary(node);
    let trust = document(node, "AssumeRolePolicyDocument").map(|(d, source)| (d, vec![source]));
    let trust = fact(node, trust);
    book.role(Entry::new(
        identity.who(),
        account::Parts {
            inline: inline.value.as_deref(),
            inline_cut: !inline.gaps.is_empty(),
            attached: attached.value.as_deref(),
            boundary: boundary.value.as_ref(),
            groups: Some(&[]),
            trust: trust.value.as_ref(),
        },
    ));
    let role = Role {
        identity: parts.take("identity", Fact::read(identity, vec![node.source()])),
        trust_policy: parts.take("trust_policy", trust),
        inline_policies: parts.take("inline_policies", inline),
        attached_policies: parts.take("attached_policies", attached),
        permissions_boundary: parts.take("permissions_boundary", boundary),
        tags: parts.take("tags", tags(node)),
        instance_profiles: parts.take("instance_profiles", instance_profiles(node)),
        last_use: parts.take("last_use", last_use(node)),
    };
    parts.record(&iam.recorder, &role)
}

pub fn policy(iam: &Iam, identity: Identity, foreign: bool, node: &Node<'_>, book: &mut Book) -> Result<(), SinkError> {
    let mut parts = Parts::new(POLICY, &identity.arn);
    let document = fact(node, document_in_force(node));
    book.policy(&identity.arn, document.value.as_ref());
    let policy = Policy {
        identity: parts.take("identity", Fact::read(identity, vec![node.source()])),
        aws_managed: parts.take("aws_managed", Fact::read(foreign, vec![node.source()])),
        usage: parts.take("usage", fact(node, usage(node))),
        document: parts.take("document", document),
    };
    parts.record(&iam.recorder, &policy)
}

/// A part read from an entity of this list, or the gap for it.
fn fact<T, E: std::error::Error>(node: &Node<'_>, read: Result<(T, Vec<Source>), E>) -> Fact<T> {
    match read {
        Ok((value, sources)) => Fact::read(value, sources),
        Err(problem) => Fact::unread(unreadable(node, &problem)),
    }
}

fn unreadable(node: &Node<'_>, problem: &dyn std::error::Error) -> GapNote {
    malformed(&Call::new(DETAILS), &node.source(), problem).gap(None)
}

pub fn inline_policies(node: &Node<'_>, list: &str) -> Fact<Vec<InlinePolicy>> {
    let mut fact = Fact::read(Vec::new(), vec![node.child_or_self(list).source()]);
    let mut policies = Vec::new();
    for member in node.list(list) {
        let name = member.required("PolicyName").map(str::to_owned);
        let document = document(&member, "PolicyDocument");
        let (name, document) = match (name, document) {
            (Ok(name), Ok((document, source))) => {
                fact.sources.push(source);
                (name, Some(document))
            }
            (Ok(name), Err(problem)) => {
                fact.gaps.push(unreadable(&member, &problem));
                (name, None)
            }
            (Err(problem), _) => {
                fact.gaps.push(unreadable(&member, &problem));
                continue;
            }
        };
        policies.push(InlinePolicy { name, document });
    }
    fact.value = Some(policies);
    fact
}

pub fn attached_policies(node: &Node<'_>) -> Fact<Vec<AttachedPolicy>> {
    const LIST: &str = "AttachedManagedPolicies";
    let read = || {
        node.list(LIST)
            .iter()
            .map(|member| {
                Ok(AttachedPolicy {
                    arn: member.required("PolicyArn")?.to_owned(),
                    name: member.required("PolicyName")?.to_owned(),
                })
            })
            .collect::<Result<Vec<_>, MalformedAnswer>>()
    };
    fact(node, read().map(|list| (list, vec![node.child_or_self(LIST).source()])))
}

pub fn permissions_boundary(node: &Node<'_>) -> Fact<PermissionsBoundary> {
    let place = vec![node.child_or_self("PermissionsBoundary").source()];
    let read = || -> Result<PermissionsBoundary, MalformedAnswer> {
        Ok(match node.child("PermissionsBoundary") {
            Some(boundary) => {
                PermissionsBoundary { exists: true, arn: Some(boundary.required("PermissionsBoundaryArn")?.to_owned()) }
            }
            None => PermissionsBoundary { exists: false, arn: None },
        })
    };
    fact(node, read().map(|boundary| (boundary, place)))
}

pub fn tags(node: &Node<'_>) -> Fact<Vec<Tag>> {
    let read = || {
        node.list("Tags")
            .iter()
            .map(|member| {
                Ok(Tag { key: member.required("Key")?.to_owned(), value: member.text_of("Value")?.to_owned() })
            })
            .collect::<Result<Vec<_>, MalformedAnswer>>()
    };
    fact(node, read().map(|tags| (tags, vec![node.child_or_self("Tags").source()])))
}

/// The texts of a list, sorted: their order has no meaning.
pub fn names(node: &Node<'_>, list: &str) -> Fact<Vec<String>> {
    let mut names: Vec<String> = node.list(list).iter().map(|m| m.text().to_owned()).collect();
    names.sort_unstable();
    Fact::read(names, vec![node.child_or_self(list).source()])
}

fn instance_profiles(node: &Node<'_>) -> Fact<Vec<String>> {
    const LIST: &str = "InstanceProfileList";
    let read = || {
        node.list(LIST)
            .iter()
            .map(|member| Ok(member.required("Arn")?.to_owned()))
            .collect::<Result<Vec<_>, MalformedAnswer>>()
    };
    fact(node, read().map(|list| (list, vec![node.child_or_self(LIST).source()])))
}

fn last_use(node: &Node<'_>) -> Fact<RoleUse> {
    let place = node.child_or_self("RoleLastUsed");
    let read = || -> Result<RoleUse, MalformedAnswer> {
        let Some(used) = node.child("RoleLastUsed") else {
            return Ok(RoleUse { used: false, last: None, region: None });
        };
        let last = used.moment("LastUsedDate")?;
        Ok(RoleUse { used: last.is_some(), last, region: used.value("Region").map(str::to_owned) })
    };
    fact(node, read().map(|last_use| (last_use, vec![place.source()])))
}

fn usage(node: &Node<'_>) -> Result<(PolicyUsage, Vec<Source>), MalformedAnswer> {
    let usage = PolicyUsage {
        version: node.required("DefaultVersionId")?.to_owned(),
        attachments: node.integer("AttachmentCount")?,
        boundaries: node.integer("PermissionsBoundaryUsageCount")?,
        updated: node.moment("UpdateDate")?,
    };
    Ok((usage, vec![node.source()]))
}

fn document_in_force(node: &Node<'_>) -> Result<(PolicyDocument, Vec<Source>), Unreadable> {
    let version = node.required("DefaultVersionId")?;
    let versions = node.list("PolicyVersionList");
    let in_force = versions
        .iter()
        .find(|v| v.value("VersionId") == Some(version))
        .ok_or_else(|| MalformedAnswer::Missing(format!("{}/PolicyVersionList, version `{version}`", node.path())))?;
    let (document, source) = document(in_force, "Document")?;
    Ok((document, vec![source]))
}

/// A policy document, and where its text stands.
fn document(node: &Node<'_>, name: &str) -> Result<(PolicyDocument, Source), Unreadable> {
    let text = node.required(name)?;
    let document = PolicyDocument::parse(text)?;
    let source = node.child_or_self(name).source();
    // AWS encodes it; where a server does not, the text stands there as it is.
    let source =
        if is_percent_encoded(text) { source.decoded(Decode::Percent).inside(Syntax::Json, "") } else { source };
    Ok((document, source))
}

/// A call about one user.
pub fn about_user(operation: &str, user: &Identity) -> Call {
    Call::new(operation).population(USER).subject(USER, &user.arn)
}

/// Whether a credential can be used, by its `Status`.
pub fn is_active(member: &Node<'_>) -> Result<bool, MalformedAnswer> {
    match member.required("Status")? {
        "Active" => Ok(true),
        // AWS ends credentials on its own: access keys after a time under quarantine, others at their expiry.
        "Inactive" | "Expired" => Ok(false),
        _ => Err(MalformedAnswer::Value {
            path: format!("{}/Status", member.path()),
            expected: "status of a credential",
        }),
    }
}
