//! What holds somebody back and what they can take away themselves: a policy of theirs, or of their group, that denies, or their boundary.

use std::collections::BTreeSet;

use crate::document::Effect;

use super::asks::{Ask, LEAVE_GROUP, LOOSEN, LOOSEN_GROUPS, On};
use super::holder::{Digest, Held, Holder, Loose, Way};
use super::weigh::{Denied, Gift, To};

static NOTHING: Digest = Digest { statements: Vec::new(), variables: false };

impl Loose {
    /// `is_managed`: of each policy, whether it is one that is attached. `group`: the ARN of a group by its name.
    pub(crate) fn of<'g>(holder: &Holder, is_managed: &[bool], group: impl Fn(&str) -> Option<&'g str>) -> Self {
        let denies =
            |held: &Held| held.digest.iter().any(|digest| digest.all().any(|(_, one)| one.effect == Effect::Deny));
        if holder.is_group() || holder.boundary.is_none() && !holder.policies.iter().any(denies) {
            return Self::default();
        }
        let way = |ask: &Ask, to: To<'_>| Some((ask.action, holder.given(ask.action, to)?.unclear.is_empty()));
        // Of several that do the same, one that is sure.
        let surest = |best: Way, other: Way| if other.1 && !best.1 { other } else { best };
        let own = To::One(&holder.arn);
        let kind = if holder.is_user() { On::Users } else { On::Roles };
        let of = |suffix: &str| {
            let asks = LOOSEN.iter().filter(|ask| ask.on == kind && ask.action.ends_with(suffix));
            asks.filter_map(|ask| way(ask, own)).reduce(surest)
        };
        let of_own = |verb: &str| {
            let mut asks = LOOSEN
                .iter()
                .filter(|ask| ask.on == kind && ask.action.starts_with(verb) && ask.action.ends_with("Policy"));
            asks.find_map(|ask| way(ask, own))
        };
        let (inline, attached) = (of_own("iam:Delete"), of_own("iam:Detach"));
        // By the policy alone if they may: who leaves a group leaves all that it allows.
        let of_group = |name: &str, managed: bool| {
            let to = To::One(group(name)?);
            let kept = if managed { "iam:DeleteGroupPolicy" } else { "iam:DetachGroupPolicy" };
            LOOSEN_GROUPS.iter().filter(|ask| ask.action != kept).find_map(|ask| way(ask, to))
        };
        let each = |(held, managed): (&Held, &bool)| match (&held.group, managed) {
            _ if !denies(held) => None,
            (Some(name), managed) => of_group(name, *managed),
            (None, true) => attached,
            (None, false) => inline,
        };
        let policies: Vec<Option<Way>> = holder.policies.iter().zip(is_managed).map(each).collect();
        let boundary = holder.boundary.as_ref().and_then(|_| of("PermissionsBoundary"));
        if boundary.is_none() && policies.iter().all(Option::is_none) {
            return Self::default();
        }
        Self { policies, boundary }
    }
}

impl Holder {
    /// The ways by which what denies an action is taken away; `None`: nothing of it can be. With what of their policies is left then.
    fn loosened(&self, action: &str) -> Option<(Vec<Way>, Vec<&Digest>)> {
        let mut ways = Vec::new();
        let mut left = Vec::new();
        let mut groups: BTreeSet<&str> = BTreeSet::new();
        let known = self.loose.policies.iter().copied().chain(std::iter::repeat(None));
        for (held, way) in self.policies.iter().zip(known) {
            let digest = held.digest.as_deref().unwrap_or(&NOTHING);
            match way.filter(|_| digest.of_effect(Effect::Deny, action).next().is_some()) {
                // What it allows goes with it.
                Some(way) => {
                    groups.extend(held.group.as_deref().filter(|_| way.0 == LEAVE_GROUP));
                    ways.push(way);
                    left.push(&NOTHING);
                }
                None => left.push(digest),
            }
        }
        // Whoever leaves a group has nothing by it any more.
        for (held, digest) in self.policies.iter().zip(&mut left) {
            if held.group.as_deref().is_some_and(|group| groups.contains(group)) {
                *digest = &NOTHING;
            }
        }
        ways.extend(self.loose.boundary);
        (!ways.is_empty()).then_some((ways, left))
    }

    /// The strongest gift of an action, once what holds them back is gone.
    pub(super) fn given_once_loosened(&self, action: &str, to: To<'_>) -> Option<Gift<'_>> {
        let (ways, left) = self.loosened(action)?;
        let mut gifts = self.gifts(&left, &left, action, to);
        if self.loose.boundary.is_none()
            && let Some(digest) = self.boundary.as_ref().and_then(|held| held.digest.as_deref())
        {
            gifts.retain_mut(|gift| self.bounds(gift, digest, action, to));
            gifts.sort_by_key(|gift| !gift.unclear.is_empty());
        }
        let mut gift = gifts.into_iter().next()?;
        let (besides, unclear) = told(&ways);
        gift.besides.extend(besides);
        gift.unclear.extend(unclear);
        gift.unclear.extend(self.unread().first().map(|held| format!("{}, which was not read", held.name)));
        Some(gift)
    }

    /// What still denies an action, once what can be taken away is gone; `None`: something does.
    pub(super) fn denied_once_loosened(&self, action: &str, to: To<'_>) -> Option<Denied> {
        let (ways, left) = self.loosened(action)?;
        let policies = left
            .into_iter()
            .map(|digest| Held { digest: Some(std::sync::Arc::new(digest.clone())), ..Held::default() });
        let boundary = self.boundary.clone().filter(|_| self.loose.boundary.is_none());
        let loose = Self {
            arn: self.arn.clone(),
            name: self.name.clone(),
            policies: policies.collect(),
            boundary,
            ..Self::default()
        };
        let mut denied = loose.denied(action, to)?;
        let (besides, unclear) = told(&ways);
        denied.0.extend(besides);
        denied.1.extend(unclear);
        Some(denied)
    }

    /// What a boundary asks for that can be taken away.
    pub(super) fn edge_once_loosened(&self) -> Option<Denied> {
        Some(told(&[self.loose.boundary?]))
    }
}

/// As conditions that are met by doing so, and as what is not understood.
fn told(ways: &[Way]) -> Denied {
    let words = |(action, _): &Way| format!("they first take away what holds them back, by {action}");
    let (sure, unsure): (Vec<&Way>, Vec<&Way>) = ways.iter().partition(|(_, sure)| *sure);
    let mut all = (sure.into_iter().map(words).collect::<Vec<_>>(), unsure.into_iter().map(words).collect::<Vec<_>>());
    all.0.dedup();
    all.1.dedup();
    all
}
