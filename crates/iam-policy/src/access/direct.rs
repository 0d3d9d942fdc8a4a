//! What a principal that was read may do to a key: by the key's policy, by a grant, or by their own policies where the key's policy leaves it to
//! those.

use super::answer::{Given, Holds, Place, Terms, WhoKind};
use super::asks::{KEY_ACTIONS, KeyAction, of_grant};
use super::facts::{Grant, Key, Principal, place};
use super::powers::{OF_KEYS, Power, bit, parts};
use crate::arn;
use crate::document::{Effect, PrincipalForm};
use crate::parse::principal_form;
use crate::permissions::{Digest, Gift, May, Named, To, Trusts, named, session_of};

const KEY: &str = "aws-kms/key";

/// One way in which somebody acts on a key themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The actions, as bits of their table.
    pub mask: u64,
    pub may: May,
    pub by: Vec<Place>,
    pub conditions: Vec<Given>,
}

/// All of them.
pub type Acts = Vec<Act>;

/// Adds a way: to one that is the same but for the actions, if there is one.
pub fn add(acts: &mut Acts, act: Act) {
    match acts.iter_mut().find(|one| (one.may, &one.by, &one.conditions) == (act.may, &act.by, &act.conditions)) {
        Some(known) => known.mask |= act.mask,
        None => acts.push(act),
    }
}

impl Act {
    pub fn of(mask: u64, terms: Terms, by: Vec<Place>) -> Self {
        Self { mask, may: terms.may(), by, conditions: terms.conditions }
    }
}

/// The actions of a set, in the order of their table.
pub fn actions(mask: u64) -> impl Iterator<Item = (u64, &'static KeyAction)> {
    KEY_ACTIONS.iter().enumerate().map(|(at, action)| (1 << at, action)).filter(move |(bit, _)| mask & bit != 0)
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

    /// What they may do to the key by its policy, or a part of it. `power`: what their own policies speak of; `speaks`: the same of the key's.
    pub(crate) fn acts_by_policy(&self, key: &Key, policy: &Digest, power: &Power, speaks: &[(Effect, u64)]) -> Acts {
        let mut acts = Acts::new();
        let to = To::Known(&key.arn, &key.fixed);
        let allows = speaks.iter().filter(|(effect, _)| *effect == Effect::Allow).fold(0, |all, (_, mask)| all | mask);
        let masks = speaks.iter().map(|(_, mask)| *mask).chain(power.of_keys.iter().copied());
        for part in parts(allows & OF_KEYS, masks) {
            let Some((_, action)) = actions(part).next() else { continue };
            // A group is nobody: only what its members have by it counts.
            let ways = named(policy, &self.holder, action.name, to).into_iter();
            let ways = ways.filter(|way| !self.is_group() || way.how == Trusts::TheirAccount);
            let steps = ways.filter_map(|way| self.by_policy(key, action, to, &way));
            // Of several that are as sure, the first.
            let best = steps.reduce(|best, one| if one.0.may() > best.0.may() { one } else { best });
            if let Some((terms, by)) = best {
                add(&mut acts, Act::of(part, terms, by));
            }
        }
        acts
    }

    fn by_policy(&self, key: &Key, action: &KeyAction, to: To<'_>, way: &Named) -> Option<(Terms, Vec<Place>)> {
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
            return Some((terms, by));
        }
        // What a boundary does not allow is taken from a role that is named by its ARN, and not from a user.
        // <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
        let within = self.who.kind == WhoKind::Role && way.by_arn;
        let (unless, unclear) = self.holder.denied(action.name, to, within)?;
        terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
        Some((terms, by))
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

    /// What they may do to the key by a grant. `power`, `speaks`: as above.
    pub(crate) fn acts_by_grant(
        &self,
        key: &Key,
        grant: &Grant,
        (power, speaks): (&Power, &[(Effect, u64)]),
        acts: &mut Acts,
    ) {
        if self.is_group() {
            return;
        }
        let to = To::Known(&key.arn, &key.fixed);
        let Some(grantee) = &grant.grantee else { return };
        let session = session_of(&self.holder, grantee);
        let account = account_named(grantee);
        let theirs = account.is_some() && account == arn::account(&self.holder.arn);
        if *grantee != self.holder.arn && session.is_none() && !theirs {
            return;
        }
        let masks = speaks.iter().map(|(_, mask)| *mask).chain(power.of_keys.iter().copied());
        for part in parts(given(grant), masks.chain([WITH_CONTEXT])) {
            let Some((_, action)) = actions(part).next() else { continue };
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
                let Some((unless, unclear)) = self.holder.denied(action.name, to, false) else { continue };
                terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
            }
            // What the key's policy denies, it denies to grantees too.
            let denied = match &key.policy {
                Some(policy) => self.holder.denied_in(policy, action.name, to),
                None => Some((Vec::new(), vec![unread(&format!("the policy of {}", key.arn))])),
            };
            let Some((unless, unclear)) = denied else { continue };
            terms = terms.all(Holds::Unmet, &unless).all(Holds::NotUnderstood, &unclear);
            add(acts, Act::of(part, terms, by));
        }
    }
}

/// The actions that a grant gives, of those that count.
pub fn given(grant: &Grant) -> u64 {
    grant.operations.iter().filter_map(|operation| of_grant(operation)).fold(0, |all, action| all | bit(action.name))
}

/// Whether an action carries an encryption context, as bits: a grant's constraints part these from the others.
const WITH_CONTEXT: u64 = {
    let (mut mask, mut at) = (0, 0);
    while at < KEY_ACTIONS.len() {
        #[expect(clippy::indexing_slicing, reason = "within bounds, and checked by the compiler")]
        if KEY_ACTIONS[at].takes_context {
            mask |= 1 << at;
        }
        at += 1;
    }
    mask
};

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
        if !action.takes_context {
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
