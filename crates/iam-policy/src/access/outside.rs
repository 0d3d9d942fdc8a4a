//! Whom a policy of a resource lets in beside the principals that were read: other accounts, services, bearers of tokens, anybody.

use std::collections::BTreeMap;

use super::answer::{Given, Holds, Terms, Who, WhoKind};
use super::facts::World;
use crate::document::{Condition, PrincipalForm, Statement};
use crate::parties::{LetIn, Party, PartyKind};
use crate::permissions::Digest;
use crate::reach::words;

/// Somebody whom a statement lets in.
#[derive(Clone, Debug)]
pub struct Outsider {
    pub who: Who,
    pub statement: usize,
    pub terms: Terms,
}

impl World {
    /// Whom the statements of a policy let in, of those who are not principals that were read. `owner`: the account of the resource.
    pub(crate) fn outsiders(&self, policy: &Digest, owner: &str) -> Vec<Outsider> {
        let mut found = Vec::new();
        for (place, statement) in policy.allows() {
            for one in statement.lets_in.iter().flatten() {
                let ended = one.until.is_some_and(|until| until <= self.now);
                if one.nobody.is_some() || ended {
                    continue;
                }
                for who in self.whom(statement, one, owner) {
                    let mut terms = terms(statement, one);
                    let named = one.principal.and_then(|n| statement.principals.as_ref()?.get(n));
                    let named = named.filter(|one| one.form != PrincipalForm::Account && one.account.is_some());
                    if let (WhoKind::Administrators, Some(named)) = (who.kind, named) {
                        terms = terms.all(Holds::Unmet, &[format!("as {}", named.value)]);
                    }
                    found.push(Outsider { who, statement: place, terms });
                }
            }
        }
        found
    }

    fn whom(&self, statement: &Statement, one: &LetIn, owner: &str) -> Vec<Who> {
        let principal = one.principal.and_then(|n| statement.principals.as_ref()?.get(n));
        if let Some(principal) = principal {
            match (principal.form, &principal.account) {
                (PrincipalForm::Account, Some(account)) => return self.account(account),
                (PrincipalForm::User | PrincipalForm::Role, Some(account)) => {
                    let known = self.knows(account, &principal.value);
                    return self.named(account, (!known).then(|| Who::of_arn(&principal.value)));
                }
                (PrincipalForm::AssumedRole | PrincipalForm::FederatedUser, Some(account)) => {
                    let known = self.has_session(account, &principal.value);
                    return self.named(account, (!known).then(|| Who::new(WhoKind::Other, &principal.value)));
                }
                (PrincipalForm::CanonicalUser | PrincipalForm::Other, _) => {
                    return vec![Who::new(WhoKind::Other, &principal.value)];
                }
                _ => {}
            }
        }
        // Everyone let in is one of each of these: the smallest of them says most.
        let everybody = || vec![Party::new(PartyKind::Anyone, "anyone")];
        let widest =
            |party: &Party| matches!(party.kind, PartyKind::Anyone | PartyKind::AnyService | PartyKind::Issuer);
        let parties = one
            .bounds
            .iter()
            .map(|bound| bound.parties.clone())
            .min_by_key(|parties| (parties.iter().any(widest), parties.len()))
            .unwrap_or_else(everybody);
        let mut found: Vec<Who> = parties.iter().flat_map(|party| self.party(party, statement, owner)).collect();
        let of_accounts = |party: &Party| matches!(party.kind, PartyKind::Anyone | PartyKind::Organization);
        if principal.is_none_or(|one| one.form == PrincipalForm::Everyone) && parties.iter().any(of_accounts) {
            found.extend(self.accounts.keys().map(|account| administrators(account)));
        }
        found.sort();
        found.dedup();
        found
    }

    /// Whoever the policies of an account let. Of one that was read whole, they are asked one by one.
    pub(crate) fn account(&self, account: &str) -> Vec<Who> {
        let Some(known) = self.accounts.get(account) else { return vec![Who::new(WhoKind::Account, account)] };
        let rest = (!known.whole).then(|| Who::new(WhoKind::Account, account));
        [root(account, &known.partition), administrators(account)].into_iter().chain(rest).collect()
    }

    /// Somebody of an account who is named, and not among those that were read; and whoever can give those that were what they lack, or take away
    /// what holds them back.
    fn named(&self, account: &str, other: Option<Who>) -> Vec<Who> {
        let mighty = self.accounts.contains_key(account).then(|| administrators(account));
        mighty.into_iter().chain(other).collect()
    }

    pub(crate) fn knows(&self, account: &str, arn: &str) -> bool {
        self.accounts.get(account).is_some_and(|known| known.arns.contains(arn))
    }

    pub(crate) fn has_session(&self, account: &str, principal: &str) -> bool {
        let known = self.accounts.get(account).into_iter().flat_map(|known| &known.principals);
        known.into_iter().any(|one| crate::permissions::session_of(&one.holder, principal).is_some())
    }

    fn party(&self, party: &Party, statement: &Statement, owner: &str) -> Vec<Who> {
        let name = party.names.first().map_or("", String::as_str);
        let issuer = party.issuer.as_deref().unwrap_or_default();
        let of = |kind, name: String| vec![Who::new(kind, name)];
        match party.kind {
            PartyKind::Account => self.account(name),
            PartyKind::Owner => self.account(owner),
            PartyKind::Organization => of(WhoKind::Organization, name.to_owned()),
            PartyKind::Service => of(WhoKind::Service, name.to_owned()),
            PartyKind::AnyService => of(WhoKind::Service, "any".to_owned()),
            PartyKind::SamlProvider => of(WhoKind::People, name.to_owned()),
            PartyKind::Tenant => {
                // The narrowest that the statement names, `northbank/signer` in place of `northbank`; ids say nothing to a person.
                let is_id = |name: &&String| name.bytes().all(|b| b.is_ascii_digit());
                let narrowest = party.names.iter().rev().find(|name| !is_id(name)).map_or(name, String::as_str);
                of(WhoKind::Tenant, format!("{issuer} {narrowest}"))
            }
            PartyKind::Subject => of(WhoKind::Subject, format!("{issuer} {name}")),
            PartyKind::Issuer => of(WhoKind::Issuer, name.to_owned()),
            PartyKind::Anyone => of(WhoKind::Anyone, name.to_owned()),
            PartyKind::Cluster => {
                let subjects: Vec<Who> = statement
                    .conditions
                    .iter()
                    .filter_map(|condition| subjects(statement, condition))
                    .flat_map(|(issuer, values)| values.iter().map(move |value| format!("{issuer}:{value}")))
                    .map(|name| Who::new(WhoKind::ServiceAccount, name))
                    .collect();
                if subjects.is_empty() { of(WhoKind::Cluster, name.to_owned()) } else { subjects }
            }
        }
    }
}

/// Whoever can give themselves every permission of an account.
pub fn administrators(account: &str) -> Who {
    Who::new(WhoKind::Administrators, account)
}

/// The root user of an account.
pub fn root(account: &str, partition: &str) -> Who {
    Who::new(WhoKind::Root, format!("arn:{partition}:iam::{account}:root"))
}

/// The issuer, as the statement's principal writes it, and the subjects that a condition demands of its tokens.
fn subjects<'s>(statement: &'s Statement, condition: &'s Condition) -> Option<(&'s str, &'s [String])> {
    let positive = matches!(condition.base.as_str(), "stringequals" | "stringlike");
    let lower = condition.key.strip_suffix(":sub")?;
    let providers = statement.principals.iter().flatten().filter_map(|one| one.value.split_once(":oidc-provider/"));
    let issuer = providers.map(|(_, issuer)| issuer).find(|issuer| issuer.eq_ignore_ascii_case(lower))?;
    (positive && !condition.if_exists && condition.for_values.is_none()).then_some((issuer, &condition.values))
}

/// The conditions of a statement as they stand for those whom it lets in: what bounds them is what they are.
fn terms(statement: &Statement, one: &LetIn) -> Terms {
    let mut by_words: BTreeMap<String, Holds> = BTreeMap::new();
    for condition in &statement.conditions {
        let words = words(condition);
        let bounds = one.bounds.iter().any(|bound| bound.by == words);
        by_words.insert(words, if bounds { Holds::Met } else { Holds::Unmet });
    }
    for unclear in &one.unclear {
        by_words.insert(unclear.clone(), Holds::NotUnderstood);
    }
    Terms { conditions: by_words.into_iter().map(|(words, holds)| Given { words, holds }).collect() }
}
