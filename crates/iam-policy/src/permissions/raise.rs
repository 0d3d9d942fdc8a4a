//! Who may do everything, or may come to it: directly, or by becoming somebody who may.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asks::{Ask, BECOME, CHANGE_PEOPLE, OF_KEYS, On, RAISE};
use super::holder::{Bar, Digest, Held, Holder, Loose};
use super::weigh::{Gift, To, Trusts, trusts, trusts_a_service};
use crate::document::Effect;

/// Whether they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum May {
    Undetermined,
    Yes,
}

/// One thing that somebody may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Power {
    /// `iam:PutUserPolicy`, `kms:Sign`; `*`: everything.
    pub action: String,
    pub may: May,
    /// The policy that gives it: an ARN, or the name of one that stands in its holder. Of a role that trusts them by name: that role's ARN.
    pub policy: String,
    /// The group by which they have the policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// The administrator whom they can become by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<String>,
    /// A sentence that is true of the policies.
    pub sentence: String,
}

/// What one holder may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raised {
    /// By which they are an administrator, or may become one.
    pub administers: Vec<Power>,
    /// What they may do to keys of the account.
    pub keys: Vec<Power>,
}

impl Holder {
    pub(super) fn unread(&self) -> Vec<&Held> {
        self.policies.iter().chain(&self.boundary).filter(|held| held.digest.is_none()).collect()
    }

    /// What their policies say, without those that are gone.
    pub(super) fn digests(&self, gone: &[Bar]) -> Vec<&Digest> {
        static NOTHING: Digest = Digest { statements: Vec::new(), variables: false };
        let all = self.policies.iter().enumerate();
        all.map(|(n, held)| match held.digest.as_deref() {
            Some(digest) if !gone.contains(&Bar::Policy(n)) => digest,
            _ => &NOTHING,
        })
        .collect()
    }

    /// What a policy that was not read may give: everything. A boundary that was not read gives nothing, and what it leaves is not known.
    fn perhaps_everything(&self) -> Vec<Power> {
        let unread = self.policies.iter().filter(|held| held.digest.is_none());
        unread
            .map(|held| {
                let sentence = "whether everything is allowed is not known".to_owned();
                finished("*", held, sentence, &[], &[format!("{}, which was not read", held.name)])
            })
            .collect()
    }

    fn may(&self, ask: &Ask, to: To<'_>) -> Option<Power> {
        let gift = self.given(ask.action, to)?;
        let held = self.policies.get(gift.policy)?;
        Some(power(ask, held, &gift))
    }

    /// The strongest gift of an action, within the boundary; or once that and what denies it is gone, where they can see to it.
    pub(crate) fn given(&self, action: &str, to: To<'_>) -> Option<Gift<'_>> {
        let now = self.strongest(&[], action, to);
        if self.loose.ways.is_empty() || now.as_ref().is_some_and(|now| now.unclear.is_empty()) {
            return now;
        }
        self.given_once_loosened(action, to, now.is_some()).or(now)
    }

    /// The strongest gift of an action, within the boundary, where these are gone.
    pub(super) fn strongest(&self, gone: &[Bar], action: &str, to: To<'_>) -> Option<Gift<'_>> {
        let digests = self.digests(gone);
        let mut gifts = self.gifts(&digests, &digests, action, to);
        let boundary = self.boundary.as_ref().filter(|_| !gone.contains(&Bar::Boundary));
        if let Some(digest) = boundary.and_then(|held| held.digest.as_deref()) {
            gifts.retain_mut(|gift| self.bounds(gift, digest, action, to));
            gifts.sort_by_key(|gift| !gift.unclear.is_empty());
        }
        let mut gift = gifts.into_iter().next()?;
        if let Some(held) = self.unread().first() {
            gift.unclear.push(format!("{}, which was not read", held.name));
        }
        Some(gift)
    }

    /// Whether a boundary leaves a gift.
    pub(super) fn bounds(&self, gift: &mut Gift<'_>, boundary: &Digest, action: &str, to: To<'_>) -> bool {
        let within = if let To::Some(_) = to { To::Some(&gift.to) } else { to };
        let Some(left) = self.gifts(&[boundary], &[boundary], action, within).into_iter().next() else {
            return false;
        };
        gift.to = left.to;
        gift.besides.extend(left.besides);
        gift.unless.extend(left.unless);
        gift.unclear.extend(left.unclear);
        true
    }
}

fn power(ask: &Ask, held: &Held, gift: &Gift<'_>) -> Power {
    let mut sentence = format!("{} is allowed", ask.action);
    if !gift.to.is_empty() {
        sentence.push_str(&format!(" on {}", gift.to.join(", ")));
    }
    sentence.push_str(&format!(" by statement {} of {}", gift.place, held.name));
    if let Some(group) = &held.group {
        sentence.push_str(&format!(" of the group {group}"));
    }
    finished(ask.action, held, sentence, &gift.besides, &gift.unclear)
}

fn finished(action: &str, held: &Held, mut sentence: String, besides: &[String], unclear: &[String]) -> Power {
    if !besides.is_empty() {
        sentence.push_str(&format!(", where {}", besides.join(" and ")));
    }
    if !unclear.is_empty() {
        sentence.push_str(&format!("; not understood: {}", unclear.join("; ")));
    }
    Power {
        action: action.to_owned(),
        may: if unclear.is_empty() { May::Yes } else { May::Undetermined },
        policy: held.name.clone(),
        group: held.group.clone(),
        over: None,
        sentence,
    }
}

/// The same holders, with what of that which holds them back each can take away. Their groups are among them.
fn with_loose(holders: &[Holder]) -> Vec<Holder> {
    let groups: BTreeMap<&str, &str> =
        holders.iter().filter(|one| one.is_group()).map(|one| (one.name.as_str(), one.arn.as_str())).collect();
    let each = |one: &Holder| {
        let is_managed: Vec<bool> = one.policies.iter().map(Held::is_managed).collect();
        let loose = Loose::of(one, &is_managed, |name| groups.get(name).copied());
        Holder { loose, ..one.clone() }
    };
    holders.iter().map(each).collect()
}

/// What each of these may do, in their order; `loose` of them is not asked for. `partition` and `account`: whose they are.
#[must_use]
pub fn raised(holders: &[Holder], partition: &str, account: &str) -> Vec<Raised> {
    let holders = with_loose(holders);
    let all = |ask: &Ask| [ask.on.all(partition, account)];
    let by_class = |holder: &Holder, asks: &[Ask]| -> Vec<Power> {
        asks.iter().filter_map(|ask| holder.may(ask, To::Some(&all(ask)))).collect()
    };
    let mut found: Vec<Raised> = holders
        .iter()
        .map(|holder| {
            let mut administers = everything(holder, by_class(holder, &RAISE));
            // Whoever can become them is as undetermined as they are.
            administers.extend(holder.perhaps_everything());
            Raised { administers, keys: if holder.is_group() { Vec::new() } else { by_class(holder, &OF_KEYS) } }
        })
        .collect();
    // Who can become an administrator is one, and others may become them in turn.
    let mut known: BTreeMap<usize, May> = BTreeMap::new();
    loop {
        let new: Vec<(usize, May)> = found
            .iter()
            .enumerate()
            .filter_map(|(n, one)| Some((n, one.administers.iter().map(|power| power.may).max()?)))
            .filter(|(n, may)| known.get(n).is_none_or(|known| known < may))
            .collect();
        if new.is_empty() {
            return found;
        }
        known.extend(new.iter().copied());
        for (holder, one) in holders.iter().zip(&mut found) {
            let strongest = one.administers.iter().map(|power| power.may).max();
            // A group too: whoever can join it comes to what it may.
            if strongest == Some(May::Yes) {
                continue;
            }
            // One that is known to be as likely an administrator already would not become one more surely by it.
            let could_tell = new.iter().filter(|(_, may)| strongest.is_none_or(|known| known < *may));
            for (target, as_sure_as) in could_tell.filter_map(|(n, may)| Some((holders.get(*n)?, *may))) {
                if target.arn != holder.arn {
                    one.administers.extend(becomes(holder, target, as_sure_as));
                }
            }
        }
    }
}

/// All ways to raise oneself at once, where one statement allows everything, are one.
fn everything(holder: &Holder, mut powers: Vec<Power>) -> Vec<Power> {
    let sure = powers.len() == RAISE.len() && powers.iter().all(|power| power.may == May::Yes);
    let whole = holder.policies.iter().any(|held| held.digest.iter().any(|digest| digest.allows_everything()));
    if let (true, true, Some(first)) = (sure, whole, powers.first_mut()) {
        let mut one = first.clone();
        "*".clone_into(&mut one.action);
        // On what the first of them is allowed says nothing here.
        if let Some((_, by)) = first.sentence.split_once(" by statement ") {
            one.sentence = format!("everything is allowed by statement {by}");
        }
        return vec![one];
    }
    powers
}

impl Digest {
    /// ARNs of the SAML providers whose people a role's trust policy lets in.
    fn saml_providers(&self) -> impl Iterator<Item = &str> {
        let allowing = self.statements.iter().filter(|(_, one)| one.effect == Effect::Allow);
        let named = allowing.flat_map(|(_, one)| one.principals.iter().flatten()).map(|one| one.value.as_str());
        named.filter(|value| value.contains(":saml-provider/"))
    }

    fn allows_everything(&self) -> bool {
        self.statements.iter().any(|(_, one)| {
            let is_all = |list: &Option<Vec<String>>| {
                list.iter().flatten().any(|one| !one.is_empty() && one.chars().all(|c| matches!(c, '*' | ':')))
            };
            one.effect == Effect::Allow && is_all(&one.actions) && is_all(&one.resources)
        })
    }
}

/// The ways in which a holder becomes this administrator.
fn becomes(holder: &Holder, target: &Holder, as_sure_as: May) -> Vec<Power> {
    let kind = match target {
        one if one.is_user() => On::Users,
        one if one.is_group() => On::Groups,
        _ => On::Roles,
    };
    let mut ways = Vec::new();
    for ask in BECOME.iter().filter(|ask| ask.on == kind) {
        let way = match (ask.action, &target.trust) {
            ("sts:AssumeRole", Some(trust)) => takes_on(holder, target, ask, trust),
            ("sts:AssumeRole", None) => Some(perhaps_takes_on(target, ask)),
            ("iam:PassRole", None) => holder.may(ask, To::One(&target.arn)).map(|way| unless_trusted(way, target)),
            ("iam:PassRole", Some(trust)) if !trusts_a_service(trust) => None,
            _ => holder.may(ask, To::One(&target.arn)),
        };
        ways.extend(way);
    }
    let providers: BTreeSet<&str> = target.trust.iter().flat_map(|trust| trust.saml_providers()).collect();
    for provider in providers {
        // One of both is enough.
        ways.extend(CHANGE_PEOPLE.iter().find_map(|ask| holder.may(ask, To::One(provider))));
    }
    for way in &mut ways {
        way.over = Some(target.arn.clone());
        if as_sure_as < way.may {
            way.may = as_sure_as;
            way.sentence.push_str("; not understood: whether that is an administrator");
        }
    }
    ways
}

/// A trust policy that was not read may name anybody of the account: their own policies then need not allow it.
fn perhaps_takes_on(target: &Holder, ask: &Ask) -> Power {
    let of_trust = Held { name: target.arn.clone(), group: None, digest: None };
    let sentence = format!("whether {} trusts them is not known", target.arn);
    finished(ask.action, &of_trust, sentence, &[], &["its trust policy, which was not read".to_owned()])
}

/// Of what may be passed on to a service if the role trusts one, whose trust policy was not read.
fn unless_trusted(mut way: Power, target: &Holder) -> Power {
    way.may = May::Undetermined;
    way.sentence.push_str(&format!("; not understood: the trust policy of {}, which was not read", target.arn));
    way
}

fn takes_on(holder: &Holder, target: &Holder, ask: &Ask, trust: &Digest) -> Option<Power> {
    let (how, besides, unclear) = trusts(trust, holder)?;
    let of_trust = Held { name: target.arn.clone(), group: None, digest: None };
    match how {
        Trusts::Them => {
            let digests = holder.digests(&[]);
            let denied = digests.iter().any(|digest| digest.of_effect(Effect::Deny, ask.action).next().is_some());
            let mut unclear = unclear;
            if denied {
                unclear.push("what their own Deny statements say of it".to_owned());
            }
            let sentence = format!("{} lets them in by its trust policy", target.arn);
            Some(finished(ask.action, &of_trust, sentence, &besides, &unclear))
        }
        Trusts::TheirAccount => {
            let mut way = holder.may(ask, To::One(&target.arn))?;
            if !besides.is_empty() {
                way.sentence.push_str(&format!(", where {}", besides.join(" and ")));
            }
            if !unclear.is_empty() {
                way.may = May::Undetermined;
                way.sentence.push_str(&format!("; not understood: {}", unclear.join("; ")));
            }
            Some(way)
        }
    }
}
