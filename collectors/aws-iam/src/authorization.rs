//! Users, groups, roles and managed policies, from `GetAccountAuthorizationDetails`, page by page.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws::policy_document::account::Book;
use aws::{Bounded, Call, Pager, Refusal, Turn};
use aws_sdk_iam::types::EntityType;
use sdk::{CoverageNote, ExchangeId, GapNote, GapReason, SinkError, SourceTotal};

use crate::account::Counts;
use crate::descriptor::DETAILS;
use crate::iam::{Iam, Page};
use crate::permissions::{self, Ending};
use crate::report::CredentialReport;
use crate::resource::{GROUP, Identity, PERMISSIONS, POLICY, ROLE, USER};
use crate::{entities, users};
use aws::xml::Node;

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
    /// Items among them that were listed before, without policies of AWS.
    again: [u64; 4],
    foreign_policies: u64,
    broken: [bool; 4],
    /// The account's root user.
    root: &'a str,
    book: Mutex<Book>,
}

impl<'a> Details<'a> {
    pub fn new(iam: &'a Iam, root: &'a str) -> Self {
        Self {
            iam,
            pager: Pager::new(&iam.session, Call::new(DETAILS)),
            listed: BTreeSet::new(),
            referenced: BTreeSet::new(),
            items: [0; 4],
            again: [0; 4],
            foreign_policies: 0,
            broken: [false; 4],
            root,
            book: Mutex::default(),
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
                    let mut refusal = Call::new(DETAILS).refused(GapReason::Malformed, problem);
                    refusal.exchange = Some(current.exchange);
                    self.pager.stop(refusal);
                    break;
                }
            };
            let users = self.sift(&result)?;
            let iam = self.iam;
            let book = std::mem::take(&mut self.book);
            let looked_at = async {
                let mut work = Bounded::new(iam.session.concurrency());
                for (identity, node) in users {
                    work.start(users::record(iam, report, identity, node, &book)).await?;
                }
                work.finish().await
            };
            // The next page is under way while the users of this one are looked at.
            let (next, ()) = tokio::try_join!(self.next(), looked_at)?;
            self.book = book;
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
                entities::group(self.iam, identity, &node, self.book())?;
            }
        }
        for node in result.list("RoleDetailList") {
            if let Some(identity) = self.admit(&node, 2, "RoleName", "RoleId")? {
                entities::role(self.iam, identity, &node, self.book())?;
            }
        }
        for node in result.list("Policies") {
            let foreign = node.value("Arn").is_some_and(entities::is_aws_managed);
            // Some sources list every policy that AWS offers.
            if foreign && entities::in_use(&node) == Some(false) {
                continue;
            }
            let again = self.again;
            if let Some(identity) = self.admit(&node, 3, "PolicyName", "PolicyId")? {
                if foreign {
                    self.foreign_policies += 1;
                    self.again = again;
                }
                entities::policy(self.iam, identity, foreign, &node, self.book())?;
            }
        }
        Ok(users)
    }

    /// Reads who an entity is, and refuses what names no one. What was there before is recorded again: the run holds both against
    /// each other.
    fn admit(&mut self, node: &Node<'_>, kind: usize, name: &str, id: &str) -> Result<Option<Identity>, SinkError> {
        let problem = match entities::identity(node, name, id) {
            Ok(identity) => {
                let first = self.listed.insert(identity.arn.clone());
                if let (Some(items), Some(again)) = (self.items.get_mut(kind), self.again.get_mut(kind)) {
                    *items += 1;
                    *again += u64::from(!first);
                }
                self.referenced.extend(entities::references(node));
                return Ok(Some(identity));
            }
            Err(problem) => problem.to_string(),
        };
        if let Some(broken) = self.broken.get_mut(kind) {
            *broken = true;
        }
        let population = KINDS.get(kind).map_or("", |(kind, _)| kind);
        self.iam.recorder.gap(gap(population, GapReason::Malformed, problem, Some(node.exchange())))?;
        Ok(None)
    }

    fn book(&mut self) -> &mut Book {
        self.book.get_mut().unwrap_or_else(PoisonError::into_inner)
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
                    format!("`{arn}` is attached but is not in the list of policies"),
                    None,
                );
                gap.subject = Some(sdk::Subject { kind: POLICY.to_owned(), id: arn.clone() });
                recorder.gap(gap)?;
            }
        }
        let (mut complete, mut everybody) = (ended, ended);
        for ((((kind, name), items), again), broken) in
            KINDS.into_iter().zip(self.items).zip(self.again).zip(self.broken)
        {
            if let Some(refusal) = self.pager.stopped() {
                let mut gap = refusal.gap(None);
                gap.population = Some(kind.to_owned());
                recorder.gap(gap)?;
            }
            // IAM counts the account's own policies alone.
            let foreign = if kind == POLICY { self.foreign_policies } else { 0 };
            let own = items - foreign - again;
            let total = counts.total(name);
            let mismatch = total.as_ref().filter(|total| ended && total.count != own);
            if let Some(SourceTotal { count, from }) = mismatch {
                recorder.gap(gap(
                    kind,
                    GapReason::TotalMismatch,
                    format!("{own} listed, but IAM counts {count}"),
                    Some(from.exchange),
                ))?;
            }
            let whole = ended && mismatch.is_none() && !broken && !(kind == POLICY && lost);
            complete &= whole;
            everybody &= whole || kind == POLICY;
            recorder.coverage(CoverageNote {
                population: kind.to_owned(),
                calls: self.pager.calls(),
                pages: self.pager.pages(),
                items,
                complete: whole,
                total: total.filter(|_| foreign == 0),
            })?;
        }
        let stopped = self.pager.stopped().map(|refusal| refusal.gap(None)).or_else(|| {
            let words =
                "not all users, groups, roles and policies were read: what they give and take back is not known";
            (!complete).then(|| gap(PERMISSIONS, GapReason::TotalMismatch, words.to_owned(), None))
        });
        let book = self.book.into_inner().unwrap_or_else(PoisonError::into_inner);
        permissions::record(&book, recorder, self.root, Ending { stopped, complete, everybody })
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
