//! What holds somebody back and what they can take away themselves: a policy of theirs, or of their group, that denies, or their boundary.

use std::collections::BTreeSet;

use crate::document::{Effect, Statement};

use super::asks::{Ask, LEAVE_GROUP, LOOSEN, LOOSEN_GROUPS, On};
use super::holder::{Bar, Barred, Digest, Held, Holder, Loose, Way};
use super::plan::Plan;
use super::weigh::{Denial, Denied, Gift, To, denial};

/// Of what it was given up to look how it could be done.
const UNKNOWN: &str = "whether they can first take away what holds them back, which there are too many ways to try";

impl Loose {
    /// `is_managed`: of each policy, whether it is one that is attached. `group`: the ARN of a group by its name.
    pub(crate) fn of<'g>(holder: &Holder, is_managed: &[bool], group: impl Fn(&str) -> Option<&'g str>) -> Self {
        let denies =
            |held: &Held| held.digest.iter().any(|digest| digest.all().any(|(_, one)| one.effect == Effect::Deny));
        if holder.is_group() || holder.boundary.is_none() && !holder.policies.iter().any(denies) {
            return Self::default();
        }
        let mut ways = Vec::new();
        let mut add = |ask: &Ask, on: &str, takes: Vec<Vec<Bar>>| {
            let Some(way) = (!takes.is_empty()).then(|| holder.way(ask, on)).flatten() else { return };
            ways.extend(takes.into_iter().map(|takes| Way { takes, ..way.clone() }));
        };
        // Each policy that denies, of one group or of their own, by whether it is attached.
        let held = || holder.policies.iter().zip(is_managed).enumerate();
        let denying = |group: Option<&str>, managed: bool| -> Vec<Vec<Bar>> {
            let these = held().filter(|(_, (held, is_managed))| {
                held.group.as_deref() == group && **is_managed == managed && denies(held)
            });
            these.map(|(n, _)| vec![Bar::Policy(n)]).collect()
        };
        let kind = if holder.is_user() { On::Users } else { On::Roles };
        for ask in LOOSEN.iter().filter(|ask| ask.on == kind) {
            let takes = match ask.action {
                action if action.ends_with("PermissionsBoundary") => {
                    holder.boundary.iter().map(|_| vec![Bar::Boundary]).collect()
                }
                action => denying(None, action.starts_with("iam:Detach")),
            };
            add(ask, &holder.arn, takes);
        }
        let groups: BTreeSet<&str> =
            holder.policies.iter().filter(|held| denies(held)).filter_map(|held| held.group.as_deref()).collect();
        for (name, arn) in groups.into_iter().filter_map(|name| Some((name, group(name)?))) {
            for ask in &LOOSEN_GROUPS {
                let takes = if ask.action == LEAVE_GROUP {
                    // Whoever leaves a group has nothing by it any more.
                    let all = held().filter(|(_, (held, _))| held.group.as_deref() == Some(name));
                    vec![all.map(|(n, _)| Bar::Policy(n)).collect()]
                } else {
                    denying(Some(name), ask.action == "iam:DetachGroupPolicy")
                };
                add(ask, arn, takes);
            }
        }
        Self { ways }
    }
}

impl Holder {
    /// Their policies and their boundary.
    pub(super) fn bars(&self) -> impl Iterator<Item = (Bar, &Held)> {
        let policies = self.policies.iter().enumerate().map(|(n, held)| (Bar::Policy(n), held));
        policies.chain(self.boundary.iter().map(|held| (Bar::Boundary, held)))
    }

    /// How they may do something that takes away what holds them back, if some policy of theirs allows it.
    fn way(&self, ask: &Ask, on: &str) -> Option<Way> {
        let to = To::One(on);
        let gifts = self.gifts(&self.digests(&[]), &[], ask.action, to);
        // What holds them back from doing it to one thing does not depend on what allows it.
        let bars = self.barring(gifts.first()?, ask.action, to);
        let givers = gifts.iter().map(|gift| (gift.policy, gift.unclear.is_empty())).collect();
        Some(Way { action: ask.action, on: on.to_owned(), takes: Vec::new(), givers, bars })
    }

    /// What holds them back from what is given them.
    fn barring(&self, gift: &Gift<'_>, action: &str, to: To<'_>) -> Vec<Barred> {
        let request = self.request(action, to);
        let barred = |(bar, held): (Bar, &Held)| {
            let digest = held.digest.as_deref()?;
            if bar == Bar::Boundary {
                let mut within = gift.clone();
                within.unclear.clear();
                return match self.bounds(&mut within, digest, action, to) {
                    false => Some((bar, true)),
                    true => (!within.unclear.is_empty()).then_some((bar, false)),
                };
            }
            denies(digest, action, |one| gift.denial(one, to, &request, digest.variables)).map(|surely| (bar, surely))
        };
        self.bars().filter_map(barred).collect()
    }

    /// What holds them back from something that a policy of somebody else's allows.
    fn barring_all(&self, action: &str, to: To<'_>, within: bool) -> Vec<Barred> {
        let request = self.request(action, to);
        let barred = |(bar, held): (Bar, &Held)| {
            let digest = held.digest.as_deref()?;
            let denied = denies(digest, action, |one| denial(one, to, &request, digest.variables));
            let edge = match self.edge(digest, action, to) {
                _ if bar != Bar::Boundary || !within => None,
                None => Some(true),
                Some((_, unclear)) => (!unclear.is_empty()).then_some(false),
            };
            denied.max(edge).map(|surely| (bar, surely))
        };
        self.bars().filter_map(barred).collect()
    }

    /// The strongest gift of an action, once what holds them back is gone. `surely`: only if it surely is given then.
    pub(super) fn given_once_loosened(&self, action: &str, to: To<'_>, surely: bool) -> Option<Gift<'_>> {
        let gifts = self.gifts(&self.digests(&[]), &[], action, to);
        let barred: Vec<(&Gift<'_>, Vec<Barred>)> =
            gifts.iter().map(|gift| (gift, self.barring(gift, action, to))).collect();
        let mut unknown = None;
        for sure in self.certainties(surely) {
            for (gift, bars) in barred.iter().filter(|(gift, _)| !sure || gift.unclear.is_empty()) {
                match self.loose.plan(bars, Some(gift.policy), sure) {
                    Plan::Ways(ways) => {
                        let (gone, (besides, unclear)) = self.told(&ways);
                        let mut gift = self.strongest(&gone, action, to)?;
                        gift.besides.extend(besides);
                        gift.unclear.extend(unclear);
                        return Some(gift);
                    }
                    Plan::Unknown => unknown = unknown.or(Some(*gift)),
                    Plan::Never => {}
                }
            }
        }
        let mut gift = unknown.filter(|_| !surely)?.clone();
        gift.unclear.push(UNKNOWN.to_owned());
        Some(gift)
    }

    /// What still denies an action, once what can be taken away is gone; `None`: something does. `surely`: only if nothing perhaps does.
    pub(super) fn denied_once_loosened(&self, action: &str, to: To<'_>, within: bool, surely: bool) -> Option<Denied> {
        let bars = self.barring_all(action, to, within);
        let mut unknown = false;
        for sure in self.certainties(surely) {
            match self.loose.plan(&bars, None, sure) {
                Plan::Ways(ways) => {
                    let (gone, (besides, unclear)) = self.told(&ways);
                    let mut denied = self.denied_now(&gone, action, to, within)?;
                    denied.0.extend(besides);
                    denied.1.extend(unclear);
                    return Some(denied);
                }
                Plan::Unknown => unknown = true,
                Plan::Never => {}
            }
        }
        (unknown && !surely).then(|| (Vec::new(), vec![UNKNOWN.to_owned()]))
    }

    /// What is to be looked for: what is sure before what is not. Where something was not read, which may deny anything, nothing is sure.
    fn certainties(&self, surely: bool) -> impl Iterator<Item = bool> {
        let sure = self.unread().is_empty().then_some(true);
        sure.into_iter().chain((!surely).then_some(false))
    }

    /// What is gone when they have gone these ways, and the ways as conditions that are met by doing so, and as what is not understood. What a way
    /// asks for is said with it: who has gone it need not meet that any more.
    fn told(&self, ways: &[&Way]) -> (Vec<Bar>, Denied) {
        let mut gone: Vec<Bar> = Vec::new();
        let mut told = Denied::default();
        for way in ways {
            let mut words = format!("they first take away what holds them back, by {}", way.action);
            let gift = self.strongest(&gone, way.action, To::One(&way.on));
            let asked: Vec<&String> = gift.iter().flat_map(|gift| gift.besides.iter().chain(&gift.unless)).collect();
            if !asked.is_empty() {
                let asked: Vec<&str> = asked.into_iter().map(String::as_str).collect();
                words.push_str(&format!(", where {}", asked.join(" and ")));
            }
            let surely = gift.as_ref().is_some_and(|gift| gift.unclear.is_empty());
            let of = if surely { &mut told.0 } else { &mut told.1 };
            if !of.contains(&words) {
                of.push(words);
            }
            gone.extend(&way.takes);
        }
        (gone, told)
    }
}

/// Whether a policy denies an action, and whether it surely does. `None`: it does not, or they get around it by how they call.
fn denies(digest: &Digest, action: &str, weighed: impl Fn(&Statement) -> Denial) -> Option<bool> {
    let denials = digest.of_effect(Effect::Deny, action).map(|(_, statement)| match weighed(statement) {
        Denial::Nothing | Denial::Unless(_) => None,
        Denial::Perhaps(_) => Some(false),
        Denial::Takes => Some(true),
    });
    denials.max().flatten()
}
