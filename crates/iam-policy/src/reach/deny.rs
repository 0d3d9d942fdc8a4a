//! What a denying statement takes back from an allowing one.

use crate::document::{
    Condition, Effect, ForValues, PolicyDocument, Principal, PrincipalForm, PrincipalKind, Statement,
};
use crate::keys::{self, Key, Names};
use crate::operators::Operator;
use crate::parties::{Party, PartyKind};
use crate::text;

use super::narrow::{Comer, Says, claim_of, is_ambiguous, meaning, one_bool, says, words};

/// Actions that a trust policy allows beside the one that lets somebody in. Alone they let nobody in.
const BESIDE: [&str; 3] = ["sts:tagsession", "sts:setsourceidentity", "sts:setcontext"];

/// What is taken back.
pub enum Taken {
    /// Somebody keeps it whoever they are; or what is taken is not all of what was given.
    Nothing,
    /// Everyone but these.
    AllBut(Vec<Party>),
    Unclear(String),
}

fn unsigned() -> Party {
    Party::new(PartyKind::Anyone, "callers who do not sign")
}

/// The actions that count.
#[must_use]
pub fn actions(statement: &Statement) -> Option<Vec<&str>> {
    let listed = statement.actions.as_ref()?;
    Some(listed.iter().map(String::as_str).filter(|a| !BESIDE.contains(a)).collect())
}

/// A denying statement in words.
#[must_use]
pub fn named(denial: &Statement) -> String {
    let conditions: Vec<String> = denial.conditions.iter().map(words).collect();
    let of = denial.sid.as_ref().filter(|sid| !sid.is_empty()).map(|sid| format!(" {sid:?}")).unwrap_or_default();
    match conditions.as_slice() {
        [] => format!("the Deny statement{of}"),
        _ => format!("the Deny statement{of} if {}", conditions.join(" and ")),
    }
}

/// What `denial` takes back of what `allowed` gives to this principal; `None`: to everyone except some.
#[must_use]
pub fn taken(
    allowed: &Statement,
    principal: Option<&Principal>,
    comer: Comer<'_>,
    denial: &Statement,
    variables: bool,
) -> Taken {
    if !covers_actions(denial, allowed) || !covers_resources(denial, allowed) {
        return Taken::Nothing;
    }
    // Those whom the statement does not name keep it.
    let mut keep = match (&denial.principals, &denial.not_principals) {
        (Some(denied), _) => match principal {
            Some(principal) => {
                let answers: Vec<_> =
                    denied.iter().filter(|d| !is_one_of(d, principal)).map(|d| same(principal, d)).collect();
                if answers.contains(&Some(true)) {
                    Vec::new()
                } else if answers.contains(&None) {
                    return Taken::Unclear("whether it denies the same principal is not plain".to_owned());
                } else {
                    return Taken::Nothing;
                }
            }
            None if denied.iter().any(|d| d.form == PrincipalForm::Everyone) => Vec::new(),
            None => return Taken::Nothing,
        },
        (None, Some(spared)) => match spared_parties(spared, principal) {
            Some(parties) => parties,
            None => return Taken::Unclear("whom its NotPrincipal spares is not plain".to_owned()),
        },
        (None, None) => return Taken::Unclear("it names no principal".to_owned()),
    };
    let account = principal.and_then(|p| p.account.as_deref());
    let mut unclear = None;
    for condition in &denial.conditions {
        match escape(condition, comer, account, variables) {
            Says::Nothing => return Taken::Nothing,
            Says::Only(parties) => keep.extend(parties),
            Says::Unclear => unclear = Some(format!("{} is not understood", words(condition))),
        }
    }
    if let Some(why) = unclear {
        return Taken::Unclear(why);
    }
    // KMS takes no call that is not signed.
    if actions(allowed).is_some_and(|given| given.iter().all(|one| one.starts_with("kms:"))) {
        keep.retain(|party| *party != unsigned());
    }
    keep.sort();
    keep.dedup();
    Taken::AllBut(keep)
}

/// Whether several denying statements, none of which takes all actions back, may do so together.
#[must_use]
pub fn many_take_all(document: &PolicyDocument, allowed: &Statement) -> bool {
    let denials: Vec<&Statement> = document
        .statements
        .iter()
        .filter(|s| s.effect == Effect::Deny && covers_resources(s, allowed) && !covers_actions(s, allowed))
        // What anybody may get around takes nothing back, alone or together with others.
        .filter(|s| !s.conditions.iter().any(|c| matches!(escape(c, Comer::Anyone, None, false), Says::Nothing)))
        .collect();
    let Some(given) = actions(allowed) else {
        return false;
    };
    !given.is_empty() && given.iter().all(|action| denials.iter().any(|d| covers_action(d, action)))
}

fn covers_action(denial: &Statement, action: &str) -> bool {
    match (&denial.actions, &denial.not_actions) {
        (Some(denied), _) => denied.iter().any(|d| text::contains(d, action)),
        (None, Some(spared)) => !spared.iter().any(|s| text::overlap(s, action)),
        (None, None) => false,
    }
}

fn covers_actions(denial: &Statement, allowed: &Statement) -> bool {
    match (actions(allowed), &allowed.not_actions) {
        (Some(given), _) => given.iter().all(|action| covers_action(denial, action)),
        (None, Some(spared)) => match (&denial.actions, &denial.not_actions) {
            (Some(denied), _) => denied.iter().any(|d| d == "*"),
            // It spares no more than what was not given.
            (None, Some(kept)) => kept.iter().all(|k| spared.iter().any(|s| text::contains(s, k))),
            (None, None) => false,
        },
        (None, None) => false,
    }
}

fn covers_resources(denial: &Statement, allowed: &Statement) -> bool {
    match (&denial.resources, &denial.not_resources) {
        (Some(denied), _) => {
            denied.iter().any(|d| d == "*")
                || allowed
                    .resources
                    .as_ref()
                    .is_some_and(|given| given.iter().all(|g| denied.iter().any(|d| text::contains(d, g))))
        }
        (None, Some(spared)) => {
            spared.is_empty()
                || allowed
                    .resources
                    .as_ref()
                    .is_some_and(|given| !given.iter().any(|g| spared.iter().any(|s| text::overlap(s, g))))
        }
        // A trust policy's statements have none.
        (None, None) => true,
    }
}

/// Who keeps what is given to this principal, for all that `NotPrincipal` denies.
fn spared_parties(spared: &[Principal], principal: Option<&Principal>) -> Option<Vec<Party>> {
    let mut parties = Vec::new();
    for one in spared {
        match principal.map(|p| (p.form, same(p, one))) {
            // Everyone was given it: the spared ones keep it.
            None | Some((PrincipalForm::Everyone, _)) => {
                parties.push(Party::new(PartyKind::Account, one.account.as_ref()?));
            }
            // Not this one.
            Some((_, Some(false))) => {}
            Some(_) => return None,
        }
    }
    Some(parties)
}

/// Keys that describe the resource: whether they hold is no caller's choice.
const OF_RESOURCE: [&str; 8] = [
    "aws:resource",
    "kms:customermaster",
    "kms:keyorigin",
    "kms:keyspec",
    "kms:keyusage",
    "kms:multiregion",
    "kms:resourcealiases",
    "s3:existingobjecttag/",
];

/// What the condition of a denying statement says of those for whom it does not hold.
pub fn escape(condition: &Condition, comer: Comer<'_>, account: Option<&str>, variables: bool) -> Says {
    let Some(operator) = Operator::named(&condition.base) else {
        return Says::Unclear;
    };
    if condition.values.is_empty() {
        return Says::Unclear;
    }
    // What a denying statement does not surely deny is not taken back.
    let several = keys::is_list(&condition.key) && condition.for_values.is_none() && operator != Operator::Null;
    if is_ambiguous(condition) || several {
        return Says::Unclear;
    }
    if let Some(positive) = complement(condition, operator) {
        return match positive.for_values {
            // `ForAnyValue` of a negated operator does not hold without the key: who has none escapes.
            Some(ForValues::All) if meaning(condition, comer) != Key::Unknown => Says::Nothing,
            Some(ForValues::All) => Says::Unclear,
            _ if is_of_resource(condition) => Says::Unclear,
            _ => says(&positive, comer, variables),
        };
    }
    if let Comer::Bearer(issuer) = comer
        && claim_of(condition, issuer).is_some()
    {
        return Says::Unclear;
    }
    let loose = condition.if_exists || condition.for_values == Some(ForValues::All);
    match meaning(condition, comer) {
        Key::Unknown | Key::Time | Key::ServiceName => Says::Unclear,
        Key::Chosen if is_of_resource(condition) || holds_for_all(condition, operator) => Says::Unclear,
        Key::Chosen => Says::Nothing,
        Key::IsService => match (one_bool(condition), operator, comer) {
            (Some(true), Operator::Bool, Comer::Service) => Says::Only(Vec::new()),
            (Some(false), Operator::Bool, Comer::Person | Comer::Bearer(_)) => Says::Only(Vec::new()),
            (Some(false), Operator::Bool, Comer::Anyone) => {
                let services = Party::new(PartyKind::AnyService, "any service");
                // The key comes with every request that is signed, and with no other one.
                Says::Only(if loose { vec![services] } else { vec![services, unsigned()] })
            }
            (Some(_), Operator::Bool, _) => Says::Nothing,
            _ => Says::Unclear,
        },
        Key::Source(_) if comer == Comer::Person || matches!(comer, Comer::Bearer(_)) => {
            match (operator, one_bool(condition)) {
                (Operator::Null, Some(true)) => Says::Only(Vec::new()),
                (Operator::Null, Some(false)) => Says::Nothing,
                (Operator::Null, None) => Says::Unclear,
                _ if loose => Says::Only(Vec::new()),
                _ => Says::Nothing,
            }
        }
        Key::Source(_) if loose || operator == Operator::Null => Says::Unclear,
        Key::Source(_) => Says::Nothing,
        Key::Caller(_) if loose => Says::Unclear,
        Key::Caller(names) => caller(condition, operator, names, comer, account, variables),
    }
}

fn caller(
    condition: &Condition,
    operator: Operator,
    names: Names,
    comer: Comer<'_>,
    account: Option<&str>,
    variables: bool,
) -> Says {
    if comer == Comer::Anyone && operator != Operator::Null {
        // It denies some: the others keep it, unless it denies all.
        return match says(condition, comer, variables) {
            Says::Only(parties) if parties.iter().all(|p| p.kind != PartyKind::Anyone) => Says::Nothing,
            _ => Says::Unclear,
        };
    }
    let (Some(account), Says::Only(parties)) = (account, says(condition, comer, variables)) else {
        return Says::Unclear;
    };
    let plain = parties.iter().all(|p| p.kind == PartyKind::Account);
    let denied = parties.iter().any(|p| p.names.iter().any(|n| n == account));
    match names {
        Names::Account if plain && denied => Says::Only(Vec::new()),
        Names::Account | Names::Arn if plain && !denied => Says::Nothing,
        _ => Says::Unclear,
    }
}

/// Whether a condition describes the resource.
pub fn is_of_resource(condition: &Condition) -> bool {
    OF_RESOURCE.iter().any(|p| condition.key.starts_with(p))
}

/// A condition on what the caller chooses that no choice gets around.
fn holds_for_all(condition: &Condition, operator: Operator) -> bool {
    let all = condition.values.iter().any(|v| !v.is_empty() && v.chars().all(|c| c == '*') || v.ends_with("/0"));
    all && !matches!(operator, Operator::String { like: false, .. })
        || condition.for_values.is_some()
        || condition.values.iter().any(|v| v.contains("${"))
        || (operator == Operator::Bool || operator == Operator::Null) && condition.values.len() > 1
        || matches!(operator, Operator::Numeric(_) | Operator::Date(_) | Operator::Binary)
}

/// For a negated operator, the condition that holds for those for whom it does not: they have the key, and it matches.
/// With `ForAnyValue` it comes back as `All`, which also holds for those without the key.
fn complement(condition: &Condition, operator: Operator) -> Option<Condition> {
    if !operator.is_negated() {
        return None;
    }
    let strip = |name: &str| name.replacen("Not", "", 1).replacen("not", "", 1);
    Some(Condition {
        operator: strip(&condition.operator),
        base: condition.base.replacen("not", "", 1),
        if_exists: false,
        for_values: match condition.for_values {
            None => None,
            Some(ForValues::All) => Some(ForValues::Any),
            Some(ForValues::Any) => Some(ForValues::All),
        },
        key: condition.key.clone(),
        values: condition.values.clone(),
    })
}

/// Whether a principal of a denying statement is one of an account that was named as a whole: the others of it keep what they were given.
fn is_one_of(denied: &Principal, named: &Principal) -> bool {
    let one = matches!(
        denied.form,
        PrincipalForm::User | PrincipalForm::Role | PrincipalForm::AssumedRole | PrincipalForm::FederatedUser
    );
    one && named.form == PrincipalForm::Account && named.account == denied.account
}

/// Whether a principal of a denying statement is this one, or holds it.
fn same(named: &Principal, denied: &Principal) -> Option<bool> {
    if denied.form == PrincipalForm::Everyone || named == denied {
        return Some(true);
    }
    if named.form == PrincipalForm::Everyone || denied.kind == PrincipalKind::CanonicalUser {
        return Some(false);
    }
    // A whole account, and somebody of it: which of both a session counts as is not for this to say.
    if named.account.is_some() && named.account == denied.account { None } else { Some(false) }
}
