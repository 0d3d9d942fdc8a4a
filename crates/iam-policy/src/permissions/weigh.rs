//! Which statements of a holder's policies give an action, and which of them others take back.

use std::collections::BTreeMap;

use crate::arn;
use crate::ask::{Caller, Request, holds, is_principal, on_resource};
use crate::document::{Condition, Effect, Principal, PrincipalForm, Statement};
use crate::keys::{self, Key};
use crate::reach::{Comer, Says, escape, is_of_resource, words};
use crate::text::{self, Pattern};

use super::holder::{Digest, Holder};

/// To what an action is done.
#[derive(Clone, Copy, Debug)]
pub enum To<'a> {
    /// Some thing that matches one of these patterns.
    Some(&'a [String]),
    /// This one.
    One(&'a str),
    /// The statements name none, as in trust policies.
    Itself,
}

/// A statement that gives the permission.
#[derive(Clone, Debug)]
pub struct Gift<'a> {
    pub policy: usize,
    pub place: usize,
    statement: &'a Statement,
    /// To what it is given, of what was asked.
    pub to: Vec<String>,
    /// Conditions that the holder can meet.
    pub besides: Vec<String>,
    /// What is not understood. Empty: it is given.
    pub unclear: Vec<String>,
}

impl Holder {
    fn request(&self, action: &str, resource: Option<&str>) -> Request {
        let one = |value: &str| vec![value.to_owned()];
        let mut context = BTreeMap::from([
            ("aws:principalarn".to_owned(), one(&self.arn)),
            ("aws:principalisawsservice".to_owned(), one("false")),
            ("aws:principaltype".to_owned(), one(if self.is_user() { "User" } else { "AssumedRole" })),
        ]);
        if let Some(account) = arn::account(&self.arn) {
            context.insert("aws:principalaccount".to_owned(), one(account));
        }
        if self.is_user() {
            context.insert("aws:username".to_owned(), one(&self.name));
        }
        Request {
            caller: Caller::Principal { arn: self.arn.clone(), session: None },
            action: action.to_owned(),
            resource: resource.map(str::to_owned),
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
        let request = self.request(action, if let To::One(arn) = to { Some(arn) } else { None });
        let mut gifts = Vec::new();
        for (policy, digest) in policies.iter().enumerate() {
            for (place, statement) in digest.of_effect(Effect::Allow, action) {
                let mut unclear = Vec::new();
                let Some(to) = reached(statement, to, &request, digest.variables, &mut unclear) else { continue };
                let mut gift = Gift { policy, place, statement, to, besides: Vec::new(), unclear };
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
        To::One(arn) => {
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
            Some(true) => {}
            Some(false) => return false,
            None if can_be_met(condition) => self.besides.push(words(condition)),
            None => self.unclear.push(words(condition)),
        }
        true
    }

    /// Whether a denying statement takes it back from this holder.
    fn is_taken(&mut self, denial: &Statement, to: To<'_>, request: &Request, variables: bool) -> bool {
        let mut unclear = Vec::new();
        let covered = match to {
            To::Itself => Some(true),
            To::One(_) => matches_one(denial, request, variables),
            To::Some(_) if self.to.iter().all(|to| covers(denial, to)) => Some(true),
            // What is left of all but some, without all but others, is not counted up.
            To::Some(_) if self.statement.not_resources.is_some() && spares_some(denial, &self.to) => None,
            To::Some(_) => Some(false),
        };
        match covered {
            Some(true) => {}
            Some(false) => return false,
            None => unclear.push("which resources a Deny statement has".to_owned()),
        }
        for condition in &denial.conditions {
            match holds(condition, request, variables) {
                Some(true) => continue,
                Some(false) => return false,
                None => {}
            }
            match escape(condition, Comer::Person, arn::account(principal(request)), variables) {
                Says::Nothing if !is_of_resource(condition) && !is_given(condition) => return false,
                Says::Only(parties) if parties.is_empty() => {}
                _ => unclear.push(format!("a Deny statement if {}", words(condition))),
            }
        }
        let taken = unclear.is_empty();
        self.unclear.extend(unclear);
        taken
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

/// Whether a trust policy lets this holder in, and how; with the conditions that they can meet, and what is not understood.
#[must_use]
pub fn trusts(trust: &Digest, holder: &Holder) -> Option<(Trusts, Vec<String>, Vec<String>)> {
    const ACTION: &str = "sts:AssumeRole";
    let request = holder.request(ACTION, None);
    let mut best: Option<(Trusts, Vec<String>, Vec<String>)> = None;
    for gift in holder.gifts(&[trust], &[], ACTION, To::Itself) {
        let mut unclear = gift.unclear;
        let named = match (&gift.statement.principals, &gift.statement.not_principals) {
            (Some(principals), _) => {
                let mut named = None;
                for one in principals {
                    match is_principal(one, &request.caller) {
                        Some(true) if matches!(one.form, PrincipalForm::Account | PrincipalForm::Everyone) => {
                            named = named.or(Some(Trusts::TheirAccount));
                        }
                        Some(true) => named = Some(Trusts::Them),
                        Some(false) => {}
                        None => {
                            unclear.push(format!("whose {} is", one.value));
                            named = named.or(Some(Trusts::TheirAccount));
                        }
                    }
                }
                named
            }
            (None, Some(_)) => {
                unclear.push("whom its NotPrincipal leaves".to_owned());
                Some(Trusts::TheirAccount)
            }
            (None, None) => None,
        };
        let Some(named) = named else { continue };
        let better = best.as_ref().is_none_or(|(how, _, why)| {
            (unclear.is_empty(), named == Trusts::Them) > (why.is_empty(), *how == Trusts::Them)
        });
        if better {
            best = Some((named, gift.besides, unclear));
        }
    }
    // What its Deny statements take back.
    let (how, besides, mut unclear) = best?;
    for (_, denial) in trust.of_effect(Effect::Deny, ACTION) {
        let denied = denial.principals.as_ref().map(|all| all.iter().map(|one| is_principal(one, &request.caller)));
        match denied {
            Some(answers) => {
                let answers: Vec<_> = answers.collect();
                if answers.iter().all(|one| *one == Some(false)) {
                    continue;
                }
                if answers.contains(&Some(true)) && denial.conditions.is_empty() {
                    return None;
                }
                unclear.push("a Deny statement of its trust policy".to_owned());
            }
            None => unclear.push("a Deny statement of its trust policy".to_owned()),
        }
    }
    Some((how, besides, unclear))
}

/// Whether a service of AWS may take a role on.
#[must_use]
pub fn trusts_a_service(trust: &Digest) -> bool {
    trust.statements.iter().any(|(_, one)| {
        let service = |p: &Principal| matches!(p.form, PrincipalForm::Service | PrincipalForm::Everyone);
        one.effect == Effect::Allow && (one.not_principals.is_some() || one.principals.iter().flatten().any(service))
    })
}
