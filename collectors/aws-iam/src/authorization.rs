//! Users, groups, roles and managed policies, from `GetAccountAuthorizationDetails`, page by page.

use std::collections::BTreeSet;

use aws::policy_document::{MalformedPolicy, PolicyDocument, is_percent_encoded};
use aws::{Bounded, CallInfo, Pager, Refusal, Turn};
use aws_sdk_iam::types::EntityType;
use sdk::{CoverageNote, Decode, ExchangeId, GapNote, GapReason, SinkError, Source, SourceTotal, Syntax};

use crate::account::Counts;
use crate::descriptor::DETAILS;
use crate::fact::{Fact, Parts, malformed};
use crate::iam::{Iam, Page};
use crate::report::CredentialReport;
use crate::resource::{
    AttachedPolicy, GROUP, Group, Identity, InlinePolicy, POLICY, PermissionsBoundary, Policy, PolicyUsage, ROLE, Role,
    RoleUse, Tag, USER,
};
use crate::users;
use crate::xml::{MalformedAnswer, Node};

/// Entities asked for at once. AWS gives at most 1000; fewer keep an answer small.
const PAGE: i32 = 300;
pub const RESULT: &str = "/GetAccountAuthorizationDetailsResponse/GetAccountAuthorizationDetailsResult";
/// The kinds of this list, with IAM's own names for their counts.
const KINDS: [(&str, &str); 4] = [(USER, "Users"), (GROUP, "Groups"), (ROLE, "Roles"), (POLICY, "Policies")];

/// The list being read.
#[derive(Debug)]
pub struct Details<'a> {
    iam: &'a Iam,
    pager: Pager<'a>,
    /// ARNs that were recorded.
    listed: BTreeSet<String>,
    /// Managed policies in use by a user, group or role.
    referenced: BTreeSet<String>,
    /// In the order of [`KINDS`]; policies of AWS are not counted by IAM.
    items: [u64; 4],
    foreign_policies: u64,
    broken: [bool; 4],
}

/// Why a policy document is not readable.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error(transparent)]
    Answer(#[from] MalformedAnswer),
    #[error(transparent)]
    Policy(#[from] MalformedPolicy),
}

impl<'a> Details<'a> {
    pub fn new(iam: &'a Iam) -> Self {
        Self {
            iam,
            pager: Pager::new(&iam.session, CallInfo::new(DETAILS)),
            listed: BTreeSet::new(),
            referenced: BTreeSet::new(),
            items: [0; 4],
            foreign_policies: 0,
            broken: [false; 4],
        }
    }

    /// The next page; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Page>, SinkError> {
        let client = &self.iam.client;
        self.iam
            .turn(
                &mut self.pager,
                |marker| {
                    client
                        .get_account_authorization_details()
                        .set_filter(Some(vec![
                            EntityType::User,
                            EntityType::Group,
                            EntityType::Role,
                            EntityType::LocalManagedPolicy,
                            EntityType::AwsManagedPolicy,
                        ]))
                        .max_items(PAGE)
                        .set_marker(marker)
                        .send()
                },
                |answer| Turn {
                    more: answer.value.is_truncated,
                    marker: answer.value.marker.clone(),
                    missing: says_whether_truncated(&answer.body),
                },
            )
            .await
    }

    /// Records all entities of all pages.
    pub async fn record(
        mut self,
        first: Option<Page>,
        counts: &Counts,
        report: &Result<CredentialReport, Refusal>,
    ) -> Result<(), SinkError> {
        let mut page = first;
        while let Some(current) = page {
            let document = current.document();
            let result = document.as_ref().map_err(ToString::to_string);
            let result = result.and_then(|d| d.at(RESULT).map_err(|e| e.to_string()));
            let result = match result {
                Ok(result) => result,
                Err(problem) => {
                    let mut refusal = CallInfo::new(DETAILS).refused(GapReason::Malformed, problem);
                    refusal.exchange = Some(current.exchange);
                    self.pager.stop(refusal);
                    break;
                }
            };
            let users = self.sift(&result)?;
            let iam = self.iam;
            let looked_at = async {
                let mut work = Bounded::new(iam.session.concurrency());
                for (identity, node) in users {
                    work.start(users::record(iam, report, identity, node)).await?;
                }
                work.finish().await
            };
            // The next page is under way while the users of this one are looked at.
            let (next, ()) = tokio::try_join!(self.next(), looked_at)?;
            page = next;
        }
        self.close(counts)
    }

    /// Records groups, roles and policies of a page, and gives its users.
    fn sift<'d>(&mut self, result: &Node<'d>) -> Result<Vec<(Identity, Node<'d>)>, SinkError> {
        let mut users = Vec::new();
        for node in result.list("UserDetailList") {
            if let Some(identity) = self.admit(&node, 0, "UserName", "UserId")? {
                users.push((identity, node));
            }
        }
        for node in result.list("GroupDetailList") {
            if let Some(identity) = self.admit(&node, 1, "GroupName", "GroupId")? {
                group(self.iam, identity, &node)?;
            }
        }
        for node in result.list("RoleDetailList") {
            if let Some(identity) = self.admit(&node, 2, "RoleName", "RoleId")? {
                role(self.iam, identity, &node)?;
            }
        }
        for node in result.list("Policies") {
            let foreign = node.value("Arn").is_some_and(is_aws_managed);
            // Some sources list every policy that AWS offers.
            if foreign && in_use(&node) == Some(false) {
                continue;
            }
            if let Some(identity) = self.admit(&node, 3, "PolicyName", "PolicyId")? {
                self.foreign_policies += u64::from(foreign);
                policy(self.iam, identity, foreign, &node)?;
            }
        }
        Ok(users)
    }

    /// Reads who an entity is, and refuses what names nobody or was there before.
    fn admit(&mut self, node: &Node<'_>, kind: usize, name: &str, id: &str) -> Result<Option<Identity>, SinkError> {
        let problem = match identity(node, name, id) {
            Ok(identity) if self.listed.insert(identity.arn.clone()) => {
                if let Some(items) = self.items.get_mut(kind) {
                    *items += 1;
                }
                self.referenced.extend(references(node));
                return Ok(Some(identity));
            }
            Ok(identity) => format!("`{}` is listed twice", identity.arn),
            Err(problem) => problem.to_string(),
        };
        if let Some(broken) = self.broken.get_mut(kind) {
            *broken = true;
        }
        let population = KINDS.get(kind).map_or("", |(kind, _)| kind);
        self.iam.recorder.gap(gap(population, GapReason::Malformed, problem, Some(node.exchange())))?;
        Ok(None)
    }

    fn close(self, counts: &Counts) -> Result<(), SinkError> {
        let recorder = &self.iam.recorder;
        let ended = self.pager.is_complete();
        let mut lost = false;
        if ended {
            for arn in self.referenced.difference(&self.listed) {
                lost = true;
                let mut gap = gap(
                    POLICY,
                    GapReason::TotalMismatch,
                    format!("`{arn}` is attached and stands not in the list of policies"),
                    None,
                );
                gap.subject = Some(sdk::Subject { kind: POLICY.to_owned(), id: arn.clone() });
                recorder.gap(gap)?;
            }
        }
        for (((kind, name), items), broken) in KINDS.into_iter().zip(self.items).zip(self.broken) {
            if let Some(refusal) = self.pager.stopped() {
                let mut gap = refusal.gap(None);
                gap.population = Some(kind.to_owned());
                recorder.gap(gap)?;
            }
            // IAM counts the account's own policies alone.
            let own = if kind == POLICY { items - self.foreign_policies } else { items };
            let total = counts.total(name);
            let mismatch = total.as_ref().filter(|total| ended && total.count != own);
            if let Some(SourceTotal { count, from }) = mismatch {
                recorder.gap(gap(
                    kind,
                    GapReason::TotalMismatch,
                    format!("{own} listed, and IAM itself counts {count}"),
                    Some(from.exchange),
                ))?;
            }
            recorder.coverage(CoverageNote {
                population: kind.to_owned(),
                calls: self.pager.calls(),
                pages: self.pager.pages(),
                items,
                complete: ended && mismatch.is_none() && !broken && !(kind == POLICY && lost),
                total: total.filter(|_| own == items),
            })?;
        }
        Ok(())
    }
}

/// The SDK reads an answer that does not say whether the list goes on as one that ends.
fn says_whether_truncated(body: &[u8]) -> Option<&'static str> {
    const NAME: &str = "IsTruncated";
    let said = body.windows(NAME.len()).rev().any(|window| window == NAME.as_bytes());
    (!said).then_some(NAME)
}

fn gap(population: &str, reason: GapReason, detail: String, exchange: Option<ExchangeId>) -> GapNote {
    GapNote {
        population: Some(population.to_owned()),
        subject: None,
        part: None,
        right: Some(DETAILS.to_owned()),
        reason,
        detail,
        exchange,
    }
}

fn identity(node: &Node<'_>, name: &str, id: &str) -> Result<Identity, MalformedAnswer> {
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

fn references(node: &Node<'_>) -> Vec<String> {
    let attached = node.list("AttachedManagedPolicies").into_iter().filter_map(|policy| policy.value("PolicyArn"));
    let boundary = node.child("PermissionsBoundary").and_then(|boundary| boundary.value("PermissionsBoundaryArn"));
    attached.chain(boundary).map(str::to_owned).collect()
}

fn is_aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

/// Whether a policy is attached anywhere; `None`: the source does not say.
fn in_use(node: &Node<'_>) -> Option<bool> {
    let count = |name| node.integer(name).ok().flatten();
    let attached = count("AttachmentCount")?;
    Some(attached > 0 || count("PermissionsBoundaryUsageCount").is_some_and(|n| n > 0))
}

fn group(iam: &Iam, identity: Identity, node: &Node<'_>) -> Result<(), SinkError> {
    let mut parts = Parts::new(GROUP, &identity.arn);
    let group = Group {
        identity: parts.take("identity", Fact::read(identity, vec![node.source()])),
        inline_policies: parts.take("inline_policies", inline_policies(node, "GroupPolicyList")),
        attached_policies: parts.take("attached_policies", attached_policies(node)),
    };
    parts.record(&iam.recorder, &group)
}

fn role(iam: &Iam, identity: Identity, node: &Node<'_>) -> Result<(), SinkError> {
    let mut parts = Parts::new(ROLE, &identity.arn);
    let trust = document(node, "AssumeRolePolicyDocument").map(|(d, source)| (d, vec![source]));
    let role = Role {
        identity: parts.take("identity", Fact::read(identity, vec![node.source()])),
        trust_policy: parts.take("trust_policy", fact(node, trust)),
        inline_policies: parts.take("inline_policies", inline_policies(node, "RolePolicyList")),
        attached_policies: parts.take("attached_policies", attached_policies(node)),
        permissions_boundary: parts.take("permissions_boundary", permissions_boundary(node)),
        tags: parts.take("tags", tags(node)),
        instance_profiles: parts.take("instance_profiles", instance_profiles(node)),
        last_use: parts.take("last_use", last_use(node)),
    };
    parts.record(&iam.recorder, &role)
}

fn policy(iam: &Iam, identity: Identity, foreign: bool, node: &Node<'_>) -> Result<(), SinkError> {
    let mut parts = Parts::new(POLICY, &identity.arn);
    let policy = Policy {
        identity: parts.take("identity", Fact::read(identity, vec![node.source()])),
        aws_managed: parts.take("aws_managed", Fact::read(foreign, vec![node.source()])),
        usage: parts.take("usage", fact(node, usage(node))),
        document: parts.take("document", fact(node, document_in_force(node))),
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
    malformed(&CallInfo::new(DETAILS), &node.source(), problem).gap(None)
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
                Ok(Tag {
                    key: member.required("Key")?.to_owned(),
                    value: member.value("Value").unwrap_or_default().to_owned(),
                })
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
    let mut source = node.child_or_self(name).source();
    if is_percent_encoded(text) {
        source = source.decoded(Decode::Percent);
    }
    Ok((document, source.inside(Syntax::Json, "")))
}
