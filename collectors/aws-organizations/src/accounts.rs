//! The accounts, each with the policies that bind it.

use std::collections::BTreeMap;

use aws::fact::{Fact, Parts};
use aws::policy_document::{Effect, Guard, Statement, guard, unallowed};
use aws::{Call, Refusal, json};
use futures_util::future::try_join_all;
use sdk::{Recorder, SinkError, Source};

use crate::collecting::{Collecting, PAGE};
use crate::organization::Management;
use crate::policies::{Known, Policies};
use crate::resource::{ACCOUNT, Account, Attached, Denial, Unallowed};
use crate::rights::{ACCOUNTS, CHILDREN, DELEGATED, SERVICES};
use crate::tree::Tree;
use crate::wire;

const SCP: &str = "SERVICE_CONTROL_POLICY";
const RCP: &str = "RESOURCE_CONTROL_POLICY";

pub async fn read(
    collecting: &Collecting,
    recorder: &Recorder,
    management: &Management,
    tree: &Tree,
    policies: &Policies,
) -> Result<(), SinkError> {
    let delegated = delegated(collecting).await?;
    let info = Call::new(ACCOUNTS).population(ACCOUNT);
    let client = &collecting.client;
    let mut listed = json::read_list::<wire::Account, _, _, _>(&collecting.session, info, "Accounts", |token| {
        client.list_accounts().max_results(PAGE).set_next_token(token).send()
    })
    .await?;
    let entries = listed.take();
    let items = entries.len() as u64;
    for (entry, source) in entries {
        let mut parts = Parts::new(ACCOUNT, &entry.id);
        for part in ["id", "arn", "name", "status", "joined"] {
            if part != "name" || entry.name.is_some() {
                parts.place(part, vec![source.clone()]);
            }
        }
        if entry.name.is_none() {
            let words = "the answer has no name for this account".to_owned();
            let mut refusal = Call::new(ACCOUNTS).refused(sdk::GapReason::Malformed, words);
            refusal.exchange = Some(source.exchange);
            parts.take::<String>("name", Fact::unread(refusal.gap(None)));
        }
        let path = tree.path(&entry.id);
        let bound = Bound::of(&entry.id, path.as_ref(), tree, policies);
        let account = Account {
            management: parts.take("management", is_management(&entry.id, management)),
            path: parts.take("path", bound.path()),
            denials: parts.take("denials", bound.denials(&entry.arn)),
            unallowed: parts.take("unallowed", bound.unallowed(&entry.arn)),
            policies: parts.take("policies", bound.policies()),
            delegated_services: parts.take("delegated_services", delegated.of(&entry.id)),
            id: Some(entry.id),
            arn: Some(entry.arn),
            name: entry.name,
            status: Some(entry.status),
            joined: Some(entry.joined_timestamp),
        };
        parts.record(recorder, &account)?;
    }
    listed.close(recorder, ACCOUNT, items)?;
    Ok(())
}

fn is_management(account: &str, management: &Management) -> Fact<bool> {
    match management {
        Ok((management, source)) => Fact::read(account == management, vec![source.clone()]),
        Err(refusal) => Fact::unread(refusal.gap(None)),
    }
}

/// What binds one account, and what is not known of that.
struct Bound<'a> {
    path: Option<&'a (Vec<String>, Vec<Source>)>,
    tree: &'a Tree,
    /// Policies with the place they are attached at, and where that stands.
    attached: Vec<(&'a Known, String, Source)>,
    /// Where the lists of policies stand: that a policy is not attached is told by all of them.
    pages: Vec<Source>,
    /// Why a policy more may be attached.
    unknown: Vec<&'a Refusal>,
    /// Every unit was looked into, and none has the account.
    nowhere: Option<Refusal>,
}

impl<'a> Bound<'a> {
    fn of(account: &str, path: Option<&'a (Vec<String>, Vec<Source>)>, tree: &'a Tree, policies: &'a Policies) -> Self {
        let mut bound = Self {
            path,
            tree,
            attached: Vec::new(),
            pages: policies.pages.clone(),
            unknown: policies.stopped.iter().collect(),
            nowhere: (path.is_none() && tree.stopped.is_empty())
                .then(|| Call::new(CHILDREN).refused(sdk::GapReason::Vanished, "no unit lists this account")),
        };
        let above = path.map(|(path, _)| path.as_slice()).unwrap_or_default();
        for policy in &policies.known {
            bound.unknown.extend(&policy.stopped);
            bound.pages.extend(policy.pages.iter().cloned());
            for (target, source) in &policy.targets {
                if target.id == account || above.contains(&target.id) {
                    bound.attached.push((policy, target.id.clone(), source.clone()));
                }
            }
        }
        bound.attached.sort_by(|(a, x, _), (b, y, _)| (&a.kind, &a.id, x).cmp(&(&b.kind, &b.id, y)));
        bound
    }

    /// Why the path is not known; empty where it is.
    fn lost(&self) -> Vec<&Refusal> {
        if self.path.is_some() { Vec::new() } else { self.tree.stopped.iter().chain(&self.nowhere).collect() }
    }

    fn path(&self) -> Fact<Vec<String>> {
        match self.path {
            Some((path, sources)) => Fact::read(path.clone(), sources.clone()),
            None => of_all(None, Vec::new(), &self.lost()),
        }
    }

    fn sources(&self) -> Vec<Source> {
        let mut sources = self.path.map(|(_, sources)| sources.clone()).unwrap_or_default();
        sources.extend(self.pages.iter().cloned());
        sources.extend(self.attached.iter().map(|(_, _, source)| source.clone()));
        sources
    }

    fn policies(&self) -> Fact<Vec<Attached>> {
        let mut failed = self.lost();
        failed.extend(&self.unknown);
        let policies = self.attached.iter().map(|(policy, to, _)| Attached {
            policy: policy.id.clone(),
            kind: policy.kind.clone(),
            to: to.clone(),
        });
        of_all(self.path.map(|_| policies.collect()), self.sources(), &failed)
    }

    fn denials(&self, account: &str) -> Fact<Vec<Denial>> {
        // The keys are of the account's own partition.
        let partition = account.split(':').nth(1).unwrap_or("aws");
        let mut failed = self.lost();
        failed.extend(&self.unknown);
        let (mut denials, mut sources) = (Vec::new(), self.sources());
        for (policy, to, _) in &self.attached {
            let (document, source) = match &policy.document {
                Ok(read) => read,
                Err(refusal) => {
                    failed.push(refusal);
                    continue;
                }
            };
            sources.push(source.clone());
            denials.extend(document.statements.iter().filter(|statement| statement.effect == Effect::Deny).map(
                |statement| {
                    Denial {
                        policy: policy.id.clone(),
                        kind: policy.kind.clone(),
                        to: to.clone(),
                        statement: statement.clone(),
                        guard: guard(statement, partition)
                            .and_then(|found| if policy.kind == RCP { found.of_resources() } else { Some(found) }),
                    }
                },
            ));
        }
        of_all(self.path.map(|_| denials), sources, &failed)
    }

    /// What each level does not allow. One without a service control policy has none switched on: every level has at least one otherwise.
    fn unallowed(&self, account: &str) -> Fact<Vec<Unallowed>> {
        let partition = account.split(':').nth(1).unwrap_or("aws");
        let mut failed = self.lost();
        failed.extend(&self.unknown);
        let mut sources = self.sources();
        let mut levels: BTreeMap<&String, (Vec<String>, Vec<&Statement>)> = BTreeMap::new();
        for (policy, to, _) in self.attached.iter().filter(|(policy, ..)| policy.kind == SCP) {
            match &policy.document {
                Ok((document, source)) => {
                    sources.push(source.clone());
                    let (policies, statements) = levels.entry(to).or_default();
                    policies.push(policy.id.clone());
                    statements.extend(&document.statements);
                }
                Err(refusal) => failed.push(refusal),
            }
        }
        let found = levels.into_iter().flat_map(|(to, (policies, statements))| {
            let of_level = move |guard: Guard| Unallowed { to: to.clone(), policies: policies.clone(), guard };
            unallowed(&statements, partition).into_iter().map(of_level)
        });
        of_all(self.path.map(|_| found.collect()), sources, &failed)
    }
}

/// Names of services with the places of their lists, or why they were not read.
type Services = Result<(Vec<String>, Vec<Source>), Refusal>;

/// Which accounts administer the organisation, and for which services.
struct Delegated {
    services: BTreeMap<String, Services>,
    pages: Vec<Source>,
    stopped: Option<Refusal>,
}

impl Delegated {
    fn of(&self, account: &str) -> Fact<Vec<String>> {
        match self.services.get(account) {
            Some(Ok((services, sources))) => {
                Fact::read(services.clone(), self.pages.iter().chain(sources).cloned().collect())
            }
            Some(Err(refusal)) => Fact::unread(refusal.gap(None)),
            // That an account is none of them is told by the whole list.
            None => match &self.stopped {
                Some(refusal) => Fact::unread(refusal.gap(None)),
                None => Fact::read(Vec::new(), self.pages.clone()),
            },
        }
    }
}

async fn delegated(collecting: &Collecting) -> Result<Delegated, SinkError> {
    let (session, client) = (&collecting.session, &collecting.client);
    let info = Call::new(DELEGATED).population(ACCOUNT);
    let mut listed = json::read_list::<wire::Id, _, _, _>(session, info, "DelegatedAdministrators", |token| {
        client.list_delegated_administrators().max_results(PAGE).set_next_token(token).send()
    })
    .await?;
    let accounts = listed.take();
    let read = accounts.into_iter().map(|(account, _)| async move {
        let info = Call::new(SERVICES).population(ACCOUNT).subject(ACCOUNT, &account.id);
        let mut services =
            json::read_list::<wire::DelegatedService, _, _, _>(session, info, "DelegatedServices", |token| {
                let call = client.list_delegated_services_for_account().account_id(&account.id);
                call.max_results(PAGE).set_next_token(token).send()
            })
            .await?;
        let found = match services.stopped() {
            Some(refusal) => Err(refusal.clone()),
            None => {
                let mut names: Vec<String> =
                    services.take().into_iter().map(|(service, _)| service.service_principal).collect();
                names.sort();
                Ok((names, services.pages.clone()))
            }
        };
        Ok::<_, SinkError>((account.id, found))
    });
    let services = try_join_all(read).await?.into_iter().collect();
    Ok(Delegated { services, pages: listed.pages.clone(), stopped: listed.stopped().cloned() })
}

/// A part that rests on several reads: absent if one of them failed, which is then named.
fn of_all<T>(value: Option<T>, sources: Vec<Source>, failed: &[&Refusal]) -> Fact<T> {
    Fact {
        value: value.filter(|_| failed.is_empty()),
        sources,
        gaps: failed.iter().map(|refusal| refusal.gap(None)).collect(),
    }
}
