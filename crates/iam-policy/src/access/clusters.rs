//! Who comes to be a service account of a cluster of EKS by what AWS says of it, and which roles EKS gives to its pods.

use std::collections::BTreeSet;

use super::answer::{Given, Holds, Terms, Who, WhoKind, unread as step_unread};
use super::asks::LET_IN;
use super::becoming::{ASSUME, Becoming, assumes, trust_of};
use super::direct::unread;
use super::facts::{Cluster, PodIdentity, Principal, place};
use super::outside::administrators;
use crate::arn;
use crate::document::Statement;
use crate::permissions::{To, named};
use crate::wildcard::wildcard_matches;

const ASSOCIATION: &str = "kubernetes-rbac/pod-identity";

/// What the trust policy asks of the cluster, patterns of ARNs. `None`: nothing that is understood.
/// <https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html>
fn asked_of_cluster(statement: &Statement) -> Option<&[String]> {
    let positive = |base: &str| matches!(base, "arnequals" | "arnlike" | "stringequals" | "stringlike");
    let mut all =
        statement.conditions.iter().filter(|one| positive(&one.base) && !one.if_exists && one.for_values.is_none());
    let asked = all.find(|one| matches!(one.key.as_str(), "aws:sourcearn" | "aws:requesttag/eks-cluster-arn"))?;
    Some(&asked.values)
}

impl<'w> Becoming<'_, 'w> {
    /// Pods that get a role which trusts EKS' agent by this statement. What is left open by what was read of clusters, if something is.
    pub(super) fn of_pods(&mut self, role: &Principal, statement: usize, terms: &Terms) -> Option<String> {
        let account = arn::account(&role.holder.arn).unwrap_or_default();
        let trust = role.holder.trust.as_deref()?;
        let asked = trust.all().find(|(place, _)| *place == statement).and_then(|(_, one)| asked_of_cluster(one));
        let fits = |cluster: &&Cluster| {
            let meant = |pattern: &String| wildcard_matches(pattern, &cluster.arn);
            // The role of an association is of the cluster's own account.
            arn::account(&cluster.arn) == Some(account) && asked.is_none_or(|all| all.iter().any(meant))
        };
        let clusters: Vec<&'w Cluster> = self.world.clusters.iter().filter(fits).collect();
        let mut open: Vec<String> = clusters.iter().filter_map(|cluster| cluster.unread.clone()).collect();
        for cluster in &clusters {
            for one in &cluster.pod_identities {
                match &one.role {
                    Some(of) if *of == role.holder.arn => self.pod(cluster, one, role, statement, terms),
                    Some(_) => {}
                    None => {
                        let by = vec![trust_of(&role.holder.arn, Some(statement)), association(one)];
                        let words = unread(&format!("which role {} gives", one.id));
                        self.add(&role.who, step_unread(&cluster.pod(one), ASSUME, &role.who.name, by, words));
                    }
                }
            }
        }
        let read = |arn: &String| clusters.iter().any(|cluster| cluster.arn == *arn);
        if !asked.is_some_and(|all| !all.is_empty() && all.iter().all(read)) {
            open.push(format!(
                "clusters of account {account} that no target reads: to which of their pods EKS gives the role"
            ));
        }
        (!open.is_empty()).then(|| open.join("; "))
    }

    fn pod(&mut self, cluster: &Cluster, one: &PodIdentity, role: &Principal, statement: usize, terms: &Terms) {
        let pod = cluster.pod(one);
        let by = vec![trust_of(&role.holder.arn, Some(statement)), association(one)];
        let Some(target) = &one.target_role else {
            self.add(&role.who, terms.clone().step(&pod, ASSUME, &role.who.name, by));
            return;
        };
        let to = Who::of_arn(target);
        let known = self.arns.get(target.as_str()).and_then(|(account, at)| {
            self.world.accounts.get(*account).and_then(|account| account.principals.get(*at))
        });
        let Some(known) = known else {
            let words = unread(&format!("the trust policy of {target}"));
            self.add(&to, step_unread(&pod, ASSUME, target, by, words));
            return;
        };
        let Some(trust) = known.holder.trust.as_deref() else { return };
        let foreign = arn::account(&role.holder.arn) != arn::account(target);
        for way in named(trust, &role.holder, ASSUME, To::Itself) {
            let Some(mut step) = assumes(role, known, &way, foreign) else { continue };
            let first = terms.clone().step(&pod, ASSUME, target, by.clone());
            step.who = pod.clone();
            step.may = step.may.min(first.may);
            step.by.splice(0..0, first.by);
            step.conditions.extend(first.conditions.into_iter().filter(|one| one.holds != Holds::Met));
            self.add(&known.who, step);
        }
    }

    /// Whoever lets themselves into a cluster by an access entry comes to be any of its service accounts.
    pub(super) fn of_clusters(&mut self) {
        let bearers = self.world.bearers();
        for cluster in &self.world.clusters {
            let accounts: BTreeSet<&Who> = bearers.iter().filter(|who| cluster.has(who)).collect();
            let number = arn::account(&cluster.arn).unwrap_or_default();
            for to in accounts {
                self.lets_themselves_in(cluster, number, to);
            }
        }
    }

    fn lets_themselves_in(&mut self, cluster: &Cluster, number: &str, to: &Who) {
        if !self.world.accounts.contains_key(number) {
            let words = unread(&format!("who may change the access entries of {}", cluster.arn));
            self.add(to, step_unread(&Who::new(WhoKind::Account, number), "*", &to.name, Vec::new(), words));
            return;
        }
        let mighty = administrators(number);
        let step = Terms::default().step(&mighty, "*", &to.name, Vec::new());
        self.add(to, step);
        // `arn:aws:eks:eu-west-1:111122223333:access-entry/signing/role/111122223333/ada/UUID`
        let entries = cluster.arn.replacen(":cluster/", ":access-entry/", 1) + "/*";
        for action in LET_IN {
            let on = if action == "eks:CreateAccessEntry" { cluster.arn.clone() } else { entries.clone() };
            for one in self.others(number, action) {
                let Some(gift) = one.holder.given(action, To::Some(std::slice::from_ref(&on))) else { continue };
                let by = one.at(&gift).into_iter().collect();
                let mut step = Terms::of(&gift).step(&one.who, action, &to.name, by);
                // A policy, or groups that some binding names: which of them there are is the cluster's to say.
                let words = format!("by an access entry of {} that they make or change", cluster.arn);
                step.conditions.push(Given { words, holds: Holds::Unmet });
                self.add(to, step);
            }
        }
    }
}

fn association(one: &PodIdentity) -> super::answer::Place {
    place(ASSOCIATION, &one.id, "role", None)
}
