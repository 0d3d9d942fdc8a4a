//! What a principal that was read may do to a key: by the key's policy, by a grant, or by their own policies where the key's policy leaves it to
//! those.

use std::collections::BTreeMap;

use super::answer::{Holds, Place, Step, Terms, WhoKind};
use super::asks::{KEY_ACTIONS, KeyAction, of_grant, takes_context};
use super::facts::{Grant, Key, Principal, place};
use crate::arn;
use crate::document::PrincipalForm;
use crate::parse::principal_form;
use crate::permissions::{Gift, Named, To, Trusts, named, session_of};

const KEY: &str = "aws-kms/key";

/// The steps by which somebody acts on a key themselves: of each action the surest.
pub type Acts = BTreeMap<&'static str, Step>;

/// Keeps the surer of two steps for one action.
pub fn keep(acts: &mut Acts, action: &KeyAction, step: Step) {
    match acts.get(action.name) {
        Some(known) if known.may >= step.may => {}
        _ => {
            acts.insert(action.name, step);
        }
    }
}

/// A statement of the key's policy.
pub fn in_policy(key: &Key, statement: usize) -> Place {
    Place { statement: Some(statement), ..place(KEY, &key.arn, "policy", None) }
}

/// A grant of the key.
pub fn in_grants(key: &Key, grant: &Grant) -> Place {
    place(KEY, &key.arn, "grants", Some(&grant.id))
}

impl Principal {
    /// Where the statement of one of their policies stands.
    pub(crate) fn at(&self, gift: &Gift<'_>) -> Option<Place> {
        let place = self.places.get(gift.policy)?;
        Some(Place { statement: Some(gift.place), ..place.clone() })
    }

    /// What they may do to the key.
    pub(crate) fn acts(&self, key: &Key) -> Acts {
        let mut acts = Acts::new();
        let to = To::Known(&key.arn, &key.fixed);
        if let Some(policy) = &key.policy {
            for action in &KEY_ACTIONS {
                // A group is nobody: only what its members have by it counts.
                let ways = named(policy, &self.holder, action.name, to).into_iter();
                for way in ways.filter(|way| !self.is_group() || way.how == Trusts::TheirAccount) {
                    if let Some(step) = self.by_policy(key, action, to, &way) {
                        keep(&mut acts, action, step);
                    }
                }
            }
        }
        if !self.is_group() {
            for grant in key.known_grants() {
                self.by_grant(key, grant, to, &mut acts);
            }
        }
        acts
    }

    fn by_policy(&self, key: &Key, action: &KeyAction, to: To<'_>, way: &Named) -> Option<Step> {
        let mut terms = Terms::default()
            .all(Holds::Met, &way.met)
            .all(Holds::Unmet, &way.besides)
            .all(Holds::NotUnderstood, &way.unclear);
        let mut by = vec![in_policy(key, way.place)];
        let foreign = arn::account(&self.holder.arn) != Some(key.account.as_str());
        if foreign || way.how == Trusts::TheirAccount {
            let own;
            (terms, own) = self.own(action.name, to, terms)?;
            by.extend(own);
            return Some(terms.step(&self.who, action.name, &key.arn, by));
        }
        let (unless, unclear) = self.holder.denied(action.name, to)?;
        terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
        // What a boundary does not allow is taken from a role that is named by its ARN, and not from a user.
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
        if self.who.kind == WhoKind::Role && way.by_arn {
            let (besides, unclear) = self.holder.edge(action.name, to)?;
            terms = terms.all(Holds::Unmet, &besides).all(Holds::NotUnderstood, &unclear);
        }
        Some(terms.step(&self.who, action.name, &key.arn, by))
    }

    /// Whether their own policies allow it, with what these ask for beside `terms`.
    pub(crate) fn own(&self, action: &str, to: To<'_>, terms: Terms) -> Option<(Terms, Vec<Place>)> {
        let missing = self.holder.policies.iter().zip(&self.places).filter(|(held, _)| held.digest.is_none());
        let Some(gift) = self.holder.given(action, to) else {
            let (names, places): (Vec<String>, Vec<Place>) =
                missing.map(|(held, place)| (unread(&held.name), place.clone())).unzip();
            let perhaps = !names.is_empty();
            return perhaps.then(|| (terms.all(Holds::NotUnderstood, &names), places));
        };
        let terms = terms
            .all(Holds::Met, &gift.met)
            .all(Holds::Unmet, &gift.besides)
            .all(Holds::Unmet, &gift.unless)
            .all(Holds::NotUnderstood, &gift.unclear);
        Some((terms, self.at(&gift).into_iter().collect()))
    }

    fn by_grant(&self, key: &Key, grant: &Grant, to: To<'_>, acts: &mut Acts) {
        let Some(grantee) = &grant.grantee else { return };
        let session = session_of(&self.holder, grantee);
        let account = account_named(grantee);
        let theirs = account.is_some() && account == arn::account(&self.holder.arn);
        if *grantee != self.holder.arn && session.is_none() && !theirs {
            return;
        }
        for action in grant.operations.iter().filter_map(|operation| of_grant(operation)) {
            let Some(mut terms) = constrained(grant, action) else { continue };
            if let Some(name) = session {
                terms = terms.all(Holds::Unmet, &[format!("the session is named {name:?}")]);
            }
            let mut by = vec![in_grants(key, grant)];
            if theirs {
                let Some((more, own)) = self.own(action.name, to, terms) else { continue };
                terms = more;
                by.extend(own);
            } else {
                let Some((unless, unclear)) = self.holder.denied(action.name, to) else { continue };
                terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
            }
            // What the key's policy denies, it denies to grantees too.
            let denied = match &key.policy {
                Some(policy) => self.holder.denied_in(policy, action.name, to),
                None => Some((Vec::new(), vec![unread(&format!("the policy of {}", key.arn))])),
            };
            let Some((unless, unclear)) = denied else { continue };
            terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
            keep(acts, action, terms.step(&self.who, action.name, &key.arn, by));
        }
    }
}

/// Something that was not read, in the words of a condition.
pub fn unread(name: &str) -> String {
    format!("{name}, which was not read")
}

/// The account that a principal stands for as a whole: `arn:aws:iam::111122223333:root`, or its bare number.
pub fn account_named(principal: &str) -> Option<&str> {
    match principal_form(principal) {
        PrincipalForm::Account if arn::is_account(principal) => Some(principal),
        PrincipalForm::Account => arn::account(principal),
        _ => None,
    }
}

/// What the constraints of a grant ask for; `None`: this action cannot meet them. Who creates a grant by one with constraints must repeat them:
/// it gives no more than itself.
pub fn constrained(grant: &Grant, action: &KeyAction) -> Option<Terms> {
    let Some(constraints) = &grant.constraints else { return Some(Terms::default()) };
    let mut terms = Terms::default();
    for (name, pairs) in [
        ("EncryptionContextSubset", &constraints.encryption_context_subset),
        ("EncryptionContextEquals", &constraints.encryption_context_equals),
    ] {
        let Some(pairs) = pairs else { continue };
        if !takes_context(action.name) {
            return None;
        }
        let words: Vec<String> = pairs.iter().map(|(key, value)| format!("{key:?}: {value:?}")).collect();
        terms = terms.all(Holds::Unmet, &[format!("{name} {{{}}}", words.join(", "))]);
    }
    if let Some(source) = &constraints.source_arn {
        terms = terms.all(Holds::NotUnderstood, &[format!("SourceArn {source:?}")]);
    }
    Some(terms)
}
