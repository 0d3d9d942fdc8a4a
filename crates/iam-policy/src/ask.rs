//! One question: whether a policy lets this caller do this. Three-valued, as not all of a request may be known.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::arn;
use crate::document::{Condition, Effect, ForValues, PolicyDocument, Principal, PrincipalForm, Statement};
use crate::keys;
use crate::operators::{Operator, Order, seconds};
use crate::scope::Answer;
use crate::text::{Pattern, Piece, knows_variables};
use crate::wildcard::action_matches;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Without a signature.
    Anonymous,
    /// A user, a role, or a session of a role: its own ARN, and that of the role.
    Principal {
        arn: String,
        session: Option<String>,
    },
    Service(String),
    /// By a token of this provider: its ARN, or the name of one that AWS has built in.
    Federated(String),
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    pub caller: Caller,
    /// `kms:Decrypt`
    pub action: String,
    /// An ARN; absent for roles' trust policies, whose statements name none.
    pub resource: Option<String>,
    /// By lower-case key. An empty list: the key is not there.
    pub context: BTreeMap<String, Vec<String>>,
    /// Whether keys that `context` does not have are missing. Otherwise they are not known.
    pub complete: bool,
}

/// `None`: it cannot be told.
pub type Truth = Option<bool>;

impl PolicyDocument {
    /// Whether the policy, as one that is attached to a resource, lets the request pass. What the caller's own policies say is not asked.
    #[must_use]
    pub fn lets(&self, request: &Request) -> Answer {
        let variables = knows_variables(self);
        let applies = |effect: Effect| {
            self.statements
                .iter()
                .enumerate()
                .filter(move |(_, s)| s.effect == effect)
                .map(|(n, s)| (n, s.applies(request, variables)))
                .collect::<Vec<_>>()
        };
        let first = |found: &[(usize, Truth)], truth: Truth| found.iter().find(|(_, t)| *t == truth).map(|(n, _)| *n);
        let (denied, allowed) = (applies(Effect::Deny), applies(Effect::Allow));
        if let Some(n) = first(&denied, Some(true)) {
            return Answer::No(format!("statement {n} denies it"));
        }
        match (first(&allowed, Some(true)), first(&allowed, None), first(&denied, None)) {
            (None, None, _) => Answer::No("no statement allows it".to_owned()),
            (_, _, Some(n)) => Answer::Undetermined(format!("whether statement {n} denies it cannot be determined")),
            (Some(n), _, None) => Answer::Yes(format!("statement {n} allows it")),
            (None, Some(n), None) => {
                Answer::Undetermined(format!("whether statement {n} allows it cannot be determined"))
            }
        }
    }
}

fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut known = true;
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            None => known = false,
            Some(true) => {}
        }
    }
    known.then_some(true)
}

fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    not(all(truths.map(not)))
}

fn not(truth: Truth) -> Truth {
    truth.map(|t| !t)
}

impl Statement {
    fn applies(&self, request: &Request, variables: bool) -> Truth {
        let action = |patterns: &[String]| patterns.iter().any(|p| action_matches(p, &request.action));
        let acts = match (&self.actions, &self.not_actions) {
            (Some(patterns), _) => Some(action(patterns)),
            (None, Some(patterns)) => Some(!action(patterns)),
            (None, None) => None,
        };
        let on = match (&self.resources, &self.not_resources) {
            (Some(patterns), _) => any(patterns.iter().map(|p| on_resource(p, request, variables))),
            (None, Some(patterns)) => not(any(patterns.iter().map(|p| on_resource(p, request, variables)))),
            (None, None) => request.resource.is_none().then_some(true),
        };
        let by = match (&self.principals, &self.not_principals) {
            (Some(principals), _) => any(principals.iter().map(|p| is_principal(p, &request.caller))),
            (None, Some(spared)) => is_not_principal(spared, &request.caller),
            (None, None) => None,
        };
        let conditions = self.conditions.iter().map(|c| holds(c, request, variables));
        all([acts, on, by].into_iter().chain(conditions))
    }
}

/// Whether a resource of a statement holds the request's.
pub fn on_resource(pattern: &str, request: &Request, variables: bool) -> Truth {
    let Some(resource) = &request.resource else { return None };
    let pattern = filled(&Pattern::of(pattern, true, variables), request)?;
    let as_text = pattern.matches(resource);
    // Whether a wildcard of a resource crosses colons is documented in neither way for all services: both must agree.
    (as_text == by_fields(&pattern, resource).unwrap_or(as_text)).then_some(as_text)
}

/// Field by field, where both are ARNs.
fn by_fields(pattern: &Pattern, text: &str) -> Option<bool> {
    let given = arn::fields(text)?;
    let mut wanted: Vec<Vec<Piece>> = vec![Vec::new()];
    for piece in &pattern.0 {
        if *piece == Piece::Char(':') && wanted.len() < 6 {
            wanted.push(Vec::new());
        } else if let Some(last) = wanted.last_mut() {
            last.push(piece.clone());
        }
    }
    (wanted.len() == 6).then(|| wanted.into_iter().zip(given).all(|(w, g)| Pattern(w).matches(g)))
}

/// Whether the caller is this principal, or one of the account that it is.
pub fn is_principal(principal: &Principal, caller: &Caller) -> Truth {
    match (principal.form, caller) {
        (PrincipalForm::Everyone, _) => Some(true),
        // A deleted one is nobody any more.
        (PrincipalForm::UniqueId, _) => Some(false),
        (PrincipalForm::CanonicalUser | PrincipalForm::Other, Caller::Principal { .. }) => None,
        (PrincipalForm::Account, Caller::Principal { arn, .. }) => {
            Some(arn::account(arn) == principal.account.as_deref())
        }
        (
            PrincipalForm::User | PrincipalForm::Role | PrincipalForm::AssumedRole | PrincipalForm::FederatedUser,
            Caller::Principal { arn, session },
        ) => Some(*arn == principal.value || session.as_ref() == Some(&principal.value)),
        (PrincipalForm::Service, Caller::Service(name)) => Some(*name == principal.value),
        (PrincipalForm::IdentityProvider, Caller::Federated(provider)) => Some(*provider == principal.value),
        _ => Some(false),
    }
}

/// Whether the caller is none of these, nor of an account that is.
pub fn is_not_principal(spared: &[Principal], caller: &Caller) -> Truth {
    match any(spared.iter().map(|p| is_principal(p, caller))) {
        Some(false) => match caller {
            // A role of an account that is named itself: which of both counts, AWS documents for some cases only.
            Caller::Principal { arn, .. } if spared.iter().any(|p| p.account.as_deref() == arn::account(arn)) => None,
            _ => Some(true),
        },
        Some(true)
            if matches!(caller, Caller::Principal { .. })
                && spared.iter().all(|p| p.form != PrincipalForm::Everyone) =>
        {
            None
        }
        truth => not(truth),
    }
}

/// A value with its variables put in. `None`: one of them is not known, or holds what might be read as a wildcard.
fn filled(pattern: &Pattern, request: &Request) -> Option<Pattern> {
    let mut pieces = Vec::new();
    for piece in &pattern.0 {
        let Piece::Variable { key, default } = piece else {
            pieces.push(piece.clone());
            continue;
        };
        let value = match request.context.get(key).map(Vec::as_slice) {
            Some([one]) if !one.contains(['*', '?', '$']) => one,
            Some([]) => default.as_ref()?,
            None if request.complete => default.as_ref()?,
            _ => return None,
        };
        pieces.extend(value.chars().map(Piece::Char));
    }
    Some(Pattern(pieces))
}

/// Whether a condition holds for a request.
pub fn holds(condition: &Condition, request: &Request, variables: bool) -> Truth {
    let operator = Operator::named(&condition.base)?;
    // The grammar has no empty list of values: what AWS makes of one is not documented.
    if condition.values.is_empty() {
        return None;
    }
    let given = match request.context.get(&condition.key) {
        Some(values) => values.as_slice(),
        None if request.complete => &[],
        None => return None,
    };
    if operator == Operator::Null {
        return any(condition.values.iter().map(|v| bool_of(v).map(|absent| absent == given.is_empty())));
    }
    let matches_any = |value: &String| {
        any(condition.values.iter().map(|wanted| compare(operator, value, wanted, request, variables)))
    };
    let fits = |value: &String| if operator.is_negated() { not(matches_any(value)) } else { matches_any(value) };
    match (condition.for_values, given) {
        (Some(ForValues::All), values) => all(values.iter().map(fits)),
        // `ForAnyValue` does not hold without the key, `IfExists` does; which of both wins is not documented.
        (Some(ForValues::Any), []) => (!condition.if_exists).then_some(false),
        (Some(ForValues::Any), values) => any(values.iter().map(fits)),
        (None, []) => Some(condition.if_exists || operator.is_negated()),
        (None, [_]) if keys::is_list(&condition.key) => None,
        (None, [one]) => fits(one),
        // How AWS compares several values without being told how is not documented.
        (None, _) => None,
    }
}

fn bool_of(text: &str) -> Truth {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Whether one value that is there matches one that is wanted; negation comes later.
fn compare(operator: Operator, given: &str, wanted: &str, request: &Request, variables: bool) -> Truth {
    // AWS documents that older versions know no variables; others put them in all the same.
    if !variables && wanted.contains("${") {
        return None;
    }
    let pattern = filled(&Pattern::of(wanted, operator.has_wildcards(), variables), request)?;
    let literal = || pattern.literal();
    match operator {
        Operator::String { ignore_case: true, .. } => Some(literal()?.to_lowercase() == given.to_lowercase()),
        Operator::String { .. } => Some(pattern.matches(given)),
        Operator::Arn { .. } => by_fields(&pattern, given),
        Operator::Numeric(order) => numbers(order, given.parse().ok()?, literal()?.parse().ok()?),
        Operator::Date(order) => numbers(order, seconds(given)?, seconds(&literal()?)?),
        Operator::Bool => Some(bool_of(given)? == bool_of(&literal()?)?),
        // The same bytes have several spellings in base64.
        Operator::Binary => (given == literal()?).then_some(true),
        Operator::Ip { .. } => in_network(given, &literal()?),
        Operator::Null => None,
    }
}

fn numbers(order: Order, given: f64, wanted: f64) -> Truth {
    (given.is_finite() && wanted.is_finite()).then(|| order.compare(&given, &wanted))
}

fn in_network(address: &str, network: &str) -> Truth {
    let address: IpAddr = address.parse().ok()?;
    let (base, length) = network.split_once('/').map_or((network, None), |(base, length)| (base, Some(length)));
    let base: IpAddr = base.parse().ok()?;
    let (a, b, width) = match (address, base) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return Some(false),
    };
    let length: u32 = length.map_or(Some(width), |l| l.parse().ok()).filter(|l| *l <= width)?;
    let shift = width - length;
    Some(a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0))
}
