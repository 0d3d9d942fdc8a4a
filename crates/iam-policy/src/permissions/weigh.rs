//! Which statements of a holder's policies give an action, and which of them others take back.

use std::collections::BTreeMap;

use crate::arn;
use crate::ask::{Caller, Request, holds, is_not_principal, is_principal, on_resource};
use crate::document::{Condition, Effect, Principal, PrincipalForm, Statement};
use crate::keys::{self, Key};
use crate::reach::{Comer, Says, escape, is_of_resource, words};
use crate::text::{self, Pattern};
use crate::wildcard::wildcard_matches;

use super::holder::{Bar, Digest, Holder};

/// To what an action is done.
#[derive(Clone, Copy, Debug)]
pub enum To<'a> {
    /// Some thing that matches one of these patterns.
    Some(&'a [String]),
    /// This one.
    One(&'a str),
    /// This one, of which what conditions can ask of it is known, by lower-case key.
    Known(&'a str, &'a BTreeMap<String, Vec<String>>),
    /// The statements name none, as in trust policies.
    Itself,
}

impl<'a> To<'a> {
    fn one(self) -> Option<&'a str> {
        match self {
            Self::One(arn) | Self::Known(arn, _) => Some(arn),
            Self::Some(_) | Self::Itself => None,
        }
    }
}

/// A statement that gives the permission.
#[derive(Clone, Debug)]
pub struct Gift<'a> {
    pub policy: usize,
    pub place: usize,
    statement: &'a Statement,
    /// To what it is given, of what was asked.
    pub to: Vec<String>,
    /// Conditions that hold, whatever the holder does.
    pub met: Vec<String>,
    /// Conditions that the holder can meet.
    pub besides: Vec<String>,
    /// Conditions of denying statements that the holder gets around by how they call.
    pub unless: Vec<String>,
    /// What is not understood. Empty: it is given.
    pub unclear: Vec<String>,
}

/// What a denying statement does to somebody who is given what it denies.
pub(super) enum Denial {
    Nothing,
    /// They get around it by how they call.
    Unless(String),
    /// Whether it does is not understood.
    Perhaps(Vec<String>),
    Takes,
}

impl Holder {
    pub(super) fn request(&self, action: &str, to: To<'_>) -> Request {
        let one = |value: &str| vec![value.to_owned()];
        let mut context = BTreeMap::from([("aws:principalisawsservice".to_owned(), one("false"))]);
        // Nobody calls as a group: of its members, other things are true.
        if !self.is_group() {
            context.insert("aws:principalarn".to_owned(), one(&self.arn));
            context.insert("aws:principaltype".to_owned(), one(if self.is_user() { "User" } else { "AssumedRole" }));
        }
        if let Some(account) = arn::account(&self.arn) {
            context.insert("aws:principalaccount".to_owned(), one(account));
            // Other services do not have it: a negated condition on it holds there.
            if action.starts_with("kms:") {
                context.insert("kms:calleraccount".to_owned(), one(account));
            }
        }
        if self.is_user() {
            context.insert("aws:username".to_owned(), one(&self.name));
        }
        if let Some(owner) = to.one().and_then(arn::account) {
            context.insert("aws:resourceaccount".to_owned(), one(owner));
        }
        if let To::Known(_, of_resource) = to {
            context.extend(of_resource.iter().map(|(key, values)| (key.clone(), values.clone())));
        }
        Request {
            caller: Caller::Principal { arn: self.arn.clone(), session: None },
            action: action.to_owned(),
            resource: to.one().map(str::to_owned),
            context,
            complete: false,
        }
    }

    /// The statements by which these policies give an action, without those that are taken back.
    pub(super) fn gifts<'a>(
        &self,
        policies: &[&'a Digest],
        denying: &[&'a Digest],
        action: &str,
        to: To<'_>,
    ) -> Vec<Gift<'a>> {
        // Most policies say nothing of it: then the request need not be made up.
        if !policies.iter().any(|digest| may_give(digest, action, to)) {
            return Vec::new();
        }
        let request = self.request(action, to);
        let mut gifts = Vec::new();
        for (policy, digest) in policies.iter().enumerate() {
            for (place, statement) in digest.of_effect(Effect::Allow, action) {
                let mut unclear = Vec::new();
                let Some(to) = reached(statement, to, &request, digest.variables, &mut unclear) else { continue };
                let (met, besides, unless) = (Vec::new(), Vec::new(), Vec::new());
                let mut gift = Gift { policy, place, statement, to, met, besides, unless, unclear };
                if statement.conditions.iter().all(|one| gift.meets(one, &request, digest.variables)) {
                    gifts.push(gift);
                }
            }
        }
        for denial in denying {
            for (_, statement) in denial.of_effect(Effect::Deny, action) {
                gifts.retain_mut(|gift| !gift.is_taken(statement, to, &request, denial.variables));
            }
        }
        gifts.sort_by_key(|gift| !gift.unclear.is_empty());
        gifts
    }
}

/// Whether a policy may give an action, by the plain texts of its statements.
fn may_give(digest: &Digest, action: &str, to: To<'_>) -> bool {
    digest.of_effect(Effect::Allow, action).any(|(_, one)| may_reach(one, to))
}

/// Whether a statement may reach what is asked, by the plain texts of its resources.
fn may_reach(statement: &Statement, to: To<'_>) -> bool {
    match (to.one(), &statement.resources) {
        (Some(arn), Some(patterns)) => patterns.iter().any(|one| one.contains("${") || wildcard_matches(one, arn)),
        _ => true,
    }
}

/// What of that which is asked a statement reaches; `None`: nothing.
fn reached(
    statement: &Statement,
    to: To<'_>,
    request: &Request,
    variables: bool,
    unclear: &mut Vec<String>,
) -> Option<Vec<String>> {
    match to {
        To::Itself => Some(Vec::new()),
        To::One(arn) | To::Known(arn, _) => {
            match matches_one(statement, request, variables) {
                Some(true) => {}
                Some(false) => return None,
                None => unclear.push(format!("whether its resources hold {arn}")),
            }
            Some(vec![arn.to_owned()])
        }
        To::Some(wanted) => {
            let found: Vec<String> = match (&statement.resources, &statement.not_resources) {
                (Some(given), _) => wanted
                    .iter()
                    .flat_map(|w| given.iter().filter(|g| meet(g, w, variables)).map(|g| narrower(g, w)))
                    .collect(),
                (None, Some(spared)) => {
                    wanted.iter().filter(|w| !spared.iter().any(|s| text::contains(s, w))).cloned().collect()
                }
                (None, None) => Vec::new(),
            };
            (!found.is_empty()).then_some(found)
        }
    }
}

/// Whether some ARN matches both patterns. As texts, a wildcard of one may stand for the account of the other; no ARN has two of them.
fn meet(a: &str, b: &str, variables: bool) -> bool {
    let overlap = |a: &str, b: &str| Pattern::of(a, true, variables).overlaps(&Pattern::of(b, true, variables));
    let plain = |pattern: &str| pattern.split("${").next().is_some_and(|start| start.matches(':').count() >= 5);
    match (arn::fields(a), arn::fields(b)) {
        (Some(of_a), Some(of_b)) if plain(a) && plain(b) => of_a.iter().zip(&of_b).all(|(a, b)| overlap(a, b)),
        _ => overlap(a, b),
    }
}

/// The one of two patterns that holds less, where that is plain.
fn narrower(given: &str, wanted: &str) -> String {
    if text::contains(given, wanted) { wanted.to_owned() } else { given.to_owned() }
}

fn matches_one(statement: &Statement, request: &Request, variables: bool) -> Option<bool> {
    let any = |patterns: &[String]| {
        let mut unknown = false;
        for pattern in patterns {
            match on_resource(pattern, request, variables) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        (!unknown).then_some(false)
    };
    match (&statement.resources, &statement.not_resources) {
        (Some(patterns), _) => any(patterns),
        (None, Some(spared)) => any(spared).map(|spared| !spared),
        (None, None) => None,
    }
}

/// Whether the holder can meet a condition by what they do: by when, from where, how and with which second factor they call. Tags of
/// principals and what describes the resource are not theirs to choose.
fn can_be_met(condition: &Condition) -> bool {
    keys::meaning(&condition.key, false) == Key::Chosen
        && !is_of_resource(condition)
        && !is_given(condition)
        && !condition.values.is_empty()
}

/// Whether others say what a key of the holder holds.
fn is_given(condition: &Condition) -> bool {
    const GIVEN: [&str; 4] = ["aws:principaltag/", "aws:principaltype", "aws:username", "aws:tokenissuetime"];
    GIVEN.iter().any(|given| condition.key.starts_with(given))
}

impl Gift<'_> {
    /// Whether a condition of its own statement may hold.
    fn meets(&mut self, condition: &Condition, request: &Request, variables: bool) -> bool {
        match holds(condition, request, variables) {
            Some(true) => self.met.push(words(condition)),
            Some(false) => return false,
            None if can_be_met(condition) => self.besides.push(words(condition)),
            None => self.unclear.push(words(condition)),
        }
        true
    }

    /// Whether a denying statement takes it back from this holder.
    fn is_taken(&mut self, denial: &Statement, to: To<'_>, request: &Request, variables: bool) -> bool {
        match self.denial(denial, to, request, variables) {
            Denial::Nothing => {}
            Denial::Unless(words) => self.unless.push(words),
            Denial::Perhaps(unclear) => self.unclear.extend(unclear),
            Denial::Takes => return true,
        }
        false
    }

    /// What a denying statement does to it.
    pub(super) fn denial(&self, denial: &Statement, to: To<'_>, request: &Request, variables: bool) -> Denial {
        let covered = match to {
            To::Itself => Some(true),
            To::One(_) | To::Known(..) => matches_one(denial, request, variables),
            To::Some(_) if self.to.iter().all(|to| covers(denial, to)) => Some(true),
            // What is left of all but some, without all but others, is not counted up.
            To::Some(_) if self.statement.not_resources.is_some() && spares_some(denial, &self.to) => None,
            To::Some(_) => Some(false),
        };
        weighed(denial, covered, request, variables)
    }
}

/// What a denying statement does to somebody, whatever else gives them what it denies.
pub(super) fn denial(statement: &Statement, to: To<'_>, request: &Request, variables: bool) -> Denial {
    let covered = if to.one().is_some() { matches_one(statement, request, variables) } else { Some(true) };
    weighed(statement, covered, request, variables)
}

/// What a denying statement that has these resources takes from who asks. Whom it names is not asked.
fn weighed(denial: &Statement, covered: Option<bool>, request: &Request, variables: bool) -> Denial {
    let mut unclear = Vec::new();
    match covered {
        Some(true) => {}
        Some(false) => return Denial::Nothing,
        None => unclear.push("which resources a Deny statement has".to_owned()),
    }
    let mut unless = None;
    for condition in &denial.conditions {
        match holds(condition, request, variables) {
            Some(true) => continue,
            Some(false) => return Denial::Nothing,
            None => {}
        }
        match escape(condition, Comer::Person, arn::account(principal(request)), variables) {
            Says::Nothing if !is_of_resource(condition) && !is_given(condition) => unless = Some(words(condition)),
            Says::Only(parties) if parties.is_empty() => {}
            _ => unclear.push(format!("a Deny statement if {}", words(condition))),
        }
    }
    match unless {
        // One condition that does not hold is enough.
        Some(words) => Denial::Unless(format!("not denied by {words}")),
        None if unclear.is_empty() => Denial::Takes,
        None => Denial::Perhaps(unclear),
    }
}

/// Whether a statement denies all but some, and those some are not all of these.
fn spares_some(denial: &Statement, to: &[String]) -> bool {
    denial
        .not_resources
        .as_ref()
        .is_some_and(|spared| !to.iter().all(|to| spared.iter().any(|s| text::contains(s, to))))
}

fn principal(request: &Request) -> &str {
    match &request.caller {
        Caller::Principal { arn, .. } => arn,
        _ => "",
    }
}

fn covers(denial: &Statement, to: &str) -> bool {
    match (&denial.resources, &denial.not_resources) {
        (Some(denied), _) => denied.iter().any(|d| text::contains(d, to)),
        (None, Some(spared)) => !spared.iter().any(|s| meet(s, to, false)),
        (None, None) => true,
    }
}

/// How a role's trust policy lets somebody take it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trusts {
    /// It names them: their own policies need not allow it.
    Them,
    /// It names their account, whose policies say who may.
    TheirAccount,
}

/// A statement of a resource's policy that lets a holder in.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its place in the policy.
    pub place: usize,
    pub how: Trusts,
    /// Whether it names their ARN, in place of everyone or of one session.
    pub by_arn: bool,
    pub met: Vec<String>,
    pub besides: Vec<String>,
    pub unclear: Vec<String>,
}

/// The statements by which the policy of a resource lets this holder do something, without those that it takes back.
#[must_use]
pub fn named(policy: &Digest, holder: &Holder, action: &str, to: To<'_>) -> Vec<Named> {
    let mut found = Vec::new();
    for mut gift in holder.gifts(&[policy], &[], action, to) {
        let Some((how, by_arn)) = gift.names(holder) else { continue };
        let Some((unless, unclear)) = holder.denied_in(policy, action, to) else { continue };
        gift.besides.extend(unless);
        gift.unclear.extend(unclear);
        let Gift { place, met, besides, unclear, .. } = gift;
        found.push(Named { place, how, by_arn, met, besides, unclear });
    }
    found
}

impl Gift<'_> {
    /// How the statement names a holder, with what is not plain of it.
    fn names(&mut self, holder: &Holder) -> Option<(Trusts, bool)> {
        let caller = Caller::Principal { arn: holder.arn.clone(), session: None };
        let Some(principals) = &self.statement.principals else {
            if holder.is_group() {
                return None;
            }
            match is_not_principal(self.statement.not_principals.as_ref()?, &caller) {
                Some(true) => {}
                Some(false) => return None,
                None => self.unclear.push("whom its NotPrincipal leaves".to_owned()),
            }
            return Some((Trusts::Them, false));
        };
        let mut best: Option<(Trusts, bool, Option<String>, Option<String>)> = None;
        for one in principals {
            let way = match is_principal(one, &caller) {
                // A group is nobody that could be named.
                Some(true) if holder.is_group() && one.form != PrincipalForm::Account => None,
                Some(true) if one.form == PrincipalForm::Account => Some((Trusts::TheirAccount, false, None, None)),
                Some(true) => Some((Trusts::Them, one.form != PrincipalForm::Everyone, None, None)),
                Some(false) => session_of(holder, &one.value)
                    .map(|name| (Trusts::Them, false, Some(format!("the session is named {name:?}")), None)),
                None => Some((Trusts::Them, false, None, Some(format!("whose {} is", one.value)))),
            };
            let rank = |way: &(Trusts, bool, Option<String>, Option<String>)| {
                (way.3.is_none(), way.0 == Trusts::Them, !way.1, way.2.is_none())
            };
            if let Some(way) = way
                && best.as_ref().is_none_or(|best| rank(best) < rank(&way))
            {
                best = Some(way);
            }
        }
        let (how, by_arn, besides, unclear) = best?;
        self.besides.extend(besides);
        self.unclear.extend(unclear);
        Some((how, by_arn))
    }
}

/// The name of the session that this ARN is of the holder's role; it leaves out the role's path.
pub fn session_of<'p>(holder: &Holder, principal: &'p str) -> Option<&'p str> {
    let [_, _, service, _, account, resource] = arn::fields(principal)?;
    let (role, session) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
    let same = arn::account(&holder.arn) == Some(account) && holder.arn.rsplit('/').next() == Some(role);
    (service == "sts" && same && holder.arn.contains(":role/")).then_some(session)
}

/// What is got around, and what is not understood.
pub type Denied = (Vec<String>, Vec<String>);

impl Holder {
    /// Whether their own policies may give an action, by the plain texts of these. Where one was not read, they may.
    pub(crate) fn may_be_given(&self, action: &str, to: To<'_>) -> bool {
        self.policies.iter().any(|held| held.digest.as_deref().is_none_or(|digest| may_give(digest, action, to)))
    }

    /// What a policy of a resource denies this holder, which is not surely denied; `None`: it is.
    pub(crate) fn denied_in(&self, policy: &Digest, action: &str, to: To<'_>) -> Option<Denied> {
        let mut denied = Denied::default();
        // Most policies deny nothing: then the request need not be made up.
        let mut denials = policy.of_effect(Effect::Deny, action).peekable();
        if denials.peek().is_none() {
            return Some(denied);
        }
        let request = self.request(action, to);
        for (_, denial) in denials {
            let names = match (&denial.principals, &denial.not_principals) {
                (Some(principals), _) => {
                    let answers: Vec<_> = principals.iter().map(|one| is_principal(one, &request.caller)).collect();
                    if answers.contains(&Some(true)) {
                        Some(true)
                    } else if answers.contains(&None) {
                        None
                    } else {
                        Some(false)
                    }
                }
                (None, Some(spared)) => is_not_principal(spared, &request.caller),
                (None, None) => None,
            };
            if names == Some(false) {
                continue;
            }
            let covered = if to.one().is_some() { matches_one(denial, &request, policy.variables) } else { Some(true) };
            match weighed(denial, covered, &request, policy.variables) {
                Denial::Nothing => {}
                Denial::Unless(words) => denied.0.push(words),
                Denial::Perhaps(unclear) => denied.1.extend(unclear),
                Denial::Takes if names.is_none() => denied.1.push("whether a Deny statement names them".to_owned()),
                Denial::Takes => return None,
            }
        }
        Some(denied)
    }

    /// What their own policies and their boundary deny, which is not surely denied; `None`: it is, and they cannot see to it. `within`: of
    /// their boundary also what it asks for beside what another policy gives, and whether it allows it.
    pub(crate) fn denied(&self, action: &str, to: To<'_>, within: bool) -> Option<Denied> {
        let now = self.denied_now(&[], action, to, within);
        if self.loose.ways.is_empty() || now.as_ref().is_some_and(|now| now.1.is_empty()) {
            return now;
        }
        self.denied_once_loosened(action, to, within, now.is_some()).or(now)
    }

    /// The same where these are gone, and nothing else is.
    pub(super) fn denied_now(&self, gone: &[Bar], action: &str, to: To<'_>, within: bool) -> Option<Denied> {
        let request = self.request(action, to);
        let mut denied = Denied::default();
        for (bar, held) in self.bars().filter(|(bar, _)| !gone.contains(bar)) {
            let Some(digest) = held.digest.as_deref() else {
                denied.1.push(format!("{}, which was not read", held.name));
                continue;
            };
            for (_, statement) in digest.of_effect(Effect::Deny, action) {
                match denial(statement, to, &request, digest.variables) {
                    Denial::Nothing => {}
                    Denial::Unless(words) => denied.0.push(words),
                    Denial::Perhaps(unclear) => denied.1.extend(unclear),
                    Denial::Takes => return None,
                }
            }
            if within && bar == Bar::Boundary {
                let edge = self.edge(digest, action, to)?;
                denied.0.extend(edge.0);
                denied.1.extend(edge.1);
            }
        }
        Some(denied)
    }

    /// What a boundary asks for beside what another policy gives, and what of it is not understood; `None`: it does not allow it.
    pub(super) fn edge(&self, boundary: &Digest, action: &str, to: To<'_>) -> Option<Denied> {
        let gift = self.gifts(&[boundary], &[boundary], action, to).into_iter().next()?;
        Some(([gift.besides, gift.unless].concat(), gift.unclear))
    }
}

/// Whether a trust policy lets this holder in, and how; with the conditions that they can meet, and what is not understood.
#[must_use]
pub fn trusts(trust: &Digest, holder: &Holder) -> Option<(Trusts, Vec<String>, Vec<String>)> {
    let rank = |way: &Named| (way.unclear.is_empty(), way.how == Trusts::Them);
    let ways = named(trust, holder, "sts:AssumeRole", To::Itself).into_iter();
    // Of two that are alike, the first.
    let best = ways.reduce(|best, way| if rank(&way) > rank(&best) { way } else { best })?;
    Some((best.how, best.besides, best.unclear))
}

/// Whether a service of AWS may take a role on.
#[must_use]
pub fn trusts_a_service(trust: &Digest) -> bool {
    trust.statements.iter().any(|(_, one)| {
        let service = |p: &Principal| matches!(p.form, PrincipalForm::Service | PrincipalForm::Everyone);
        one.effect == Effect::Allow && (one.not_principals.is_some() || one.principals.iter().flatten().any(service))
    })
}
