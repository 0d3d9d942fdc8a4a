//! What one condition says of who comes.

use crate::arn;
use crate::document::{Condition, ForValues, Principal};
use crate::federation::{self, Shape};
use crate::keys::{self, Key, Names};
use crate::operators::Operator;
use crate::parties::{Party, PartyKind};
use crate::text::Pattern;

/// Who comes, as far as the principal tells.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comer<'a> {
    Anyone,
    /// People and programs of accounts.
    Person,
    Service,
    /// The bearer of a token of this issuer.
    Bearer(&'a str),
}

/// What a condition says of those for whom it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    /// They are all among these. None: it holds for nobody.
    Only(Vec<Party>),
    /// It says nothing of whose they are.
    Nothing,
    /// What it says is not understood.
    Unclear,
}

/// A condition in the policy's words.
#[must_use]
pub fn words(condition: &Condition) -> String {
    let values: Vec<String> = condition.values.iter().map(|v| format!("{v:?}")).collect();
    let values = match values.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    format!("{} {} {values}", condition.operator, condition.key)
}

/// What a key says of this comer.
#[must_use]
pub fn meaning(condition: &Condition, comer: Comer<'_>) -> Key {
    keys::meaning(&condition.key, comer == Comer::Service)
}

/// What a condition of an allowing statement says of those whom it lets pass.
#[must_use]
pub fn says(condition: &Condition, comer: Comer<'_>, variables: bool) -> Says {
    let Some(operator) = Operator::named(&condition.base) else {
        return Says::Unclear;
    };
    // The grammar has no empty list of values: what AWS makes of one is not documented.
    if condition.values.is_empty() {
        return Says::Unclear;
    }
    if let Comer::Bearer(issuer) = comer
        && let Some(claim) = claim_of(condition, issuer)
    {
        return token(condition, operator, issuer, claim, variables);
    }
    let key = meaning(condition, comer);
    if is_ambiguous(condition) && !matches!(key, Key::Chosen | Key::Time) {
        return Says::Unclear;
    }
    let holds_without = condition.if_exists || condition.for_values == Some(ForValues::All);
    match (key, operator) {
        (Key::Chosen | Key::Time, _) => Says::Nothing,
        (Key::Unknown, _) => Says::Unclear,
        // Whoever has no organisation, say, passes `Null` true; whoever has any passes `Null` false.
        (Key::Caller(_), Operator::Null) => Says::Nothing,
        (Key::Source(_), Operator::Null) if comer == Comer::Service || one_bool(condition) == Some(true) => {
            Says::Nothing
        }
        (_, Operator::Null) => Says::Unclear,
        (Key::IsService, Operator::Bool) if !holds_without => is_service(condition, comer),
        (Key::IsService, _) => Says::Unclear,
        // It holds for all who do not have the key, and for all but some of those who do.
        _ if holds_without || operator.is_negated() => Says::Nothing,
        (Key::Caller(names), _) => parties(condition, operator, names, variables),
        // Nobody but a service has it. That it keeps others out rests on more than this policy where the principal is not the service.
        (Key::Source(_), _) if comer != Comer::Service => Says::Unclear,
        (Key::ServiceName, _) if !matches!(comer, Comer::Anyone | Comer::Service) => Says::Unclear,
        (Key::Source(names), _) => parties(condition, operator, names, variables),
        (Key::ServiceName, _) => services(condition, operator, variables),
    }
}

/// `ForAnyValue` does not hold without the key, `IfExists` does: which of both wins is not documented.
#[must_use]
pub fn is_ambiguous(condition: &Condition) -> bool {
    condition.if_exists && condition.for_values == Some(ForValues::Any)
}

/// The one value of a condition, as a truth value.
#[must_use]
pub fn one_bool(condition: &Condition) -> Option<bool> {
    match condition.values.as_slice() {
        [value] if value.eq_ignore_ascii_case("true") => Some(true),
        [value] if value.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn is_service(condition: &Condition, comer: Comer<'_>) -> Says {
    match (one_bool(condition), comer) {
        (None, _) => Says::Unclear,
        (Some(true), Comer::Anyone) => Says::Only(vec![Party::new(PartyKind::AnyService, "any service")]),
        (Some(true), Comer::Service) | (Some(false), Comer::Anyone | Comer::Person | Comer::Bearer(_)) => Says::Nothing,
        (Some(true), Comer::Person | Comer::Bearer(_)) | (Some(false), Comer::Service) => Says::Only(Vec::new()),
    }
}

fn services(condition: &Condition, operator: Operator, variables: bool) -> Says {
    let Operator::String { .. } = operator else {
        return Says::Unclear;
    };
    let mut found = Vec::new();
    for value in &condition.values {
        match Pattern::of(value, operator.has_wildcards(), variables).literal() {
            Some(name) => found.push(service(&name)),
            None => return Says::Unclear,
        }
    }
    Says::Only(found)
}

/// A service as a party.
#[must_use]
pub fn service(name: &str) -> Party {
    Party { kind: PartyKind::Service, names: arn::service_names(name), ignore_case: false, issuer: None, account: None }
}

/// The parties of whom one has such a value. For a negated operator: those for whom it does not hold, who all have the key.
#[must_use]
pub fn parties(condition: &Condition, operator: Operator, names: Names, variables: bool) -> Says {
    let mut found = Vec::new();
    let ignores_case = matches!(operator, Operator::String { ignore_case: true, .. });
    for value in &condition.values {
        // What it is compared with is in small letters.
        let value = &if ignores_case { value.to_lowercase() } else { value.clone() };
        // AWS documents that older versions know no variables: who writes one there means something else.
        if !variables && value.contains("${") {
            return Says::Unclear;
        }
        let pattern = Pattern::of(value, operator.has_wildcards(), variables);
        if pattern.has_variables() {
            // The owner's own account is the one variable that names a party whatever the caller.
            match (pattern.sole_variable(), names, operator) {
                (Some("aws:resourceaccount"), Names::Account, Operator::String { .. }) => {
                    found.push(Party::new(PartyKind::Owner, "owner"));
                    continue;
                }
                _ => return Says::Unclear,
            }
        }
        let party = match (operator, names) {
            (Operator::String { .. }, Names::Account) => account(&pattern, value),
            (Operator::String { .. }, Names::Arn) => arn_in_text(&pattern, value, &condition.key),
            (Operator::Arn { .. }, Names::Arn) => arn_by_fields(value),
            (Operator::String { .. }, Names::Organization) => organization(&pattern, value, false),
            (Operator::String { .. }, Names::OrganizationPath) => organization(&pattern, value, true),
            _ => return Says::Unclear,
        };
        match party {
            Named::One(party) => found.push(party),
            Named::Nobody => {}
            Named::Unclear => return Says::Unclear,
        }
    }
    found.sort();
    found.dedup();
    Says::Only(found)
}

/// Whom one value names.
enum Named {
    One(Party),
    Nobody,
    Unclear,
}

fn anyone(words: String) -> Named {
    Named::One(Party::new(PartyKind::Anyone, words))
}

fn account(pattern: &Pattern, value: &str) -> Named {
    match pattern.literal() {
        Some(id) if arn::is_account(&id) => Named::One(Party::new(PartyKind::Account, id)),
        Some(id) if id.eq_ignore_ascii_case("anonymous") => anyone("callers who do not sign".to_owned()),
        // Accounts are twelve digits, nothing else is ever compared with this.
        Some(_) => Named::Nobody,
        None => anyone(format!("accounts that match {value:?}")),
    }
}

/// As a text: `*` crosses colons, so that only what stands before the first wildcard is sure.
fn arn_in_text(pattern: &Pattern, value: &str, key: &str) -> Named {
    let start = pattern.literal_start();
    if let Some(fields) = arn::fields(&start)
        && arn::is_account(fields[4])
    {
        return Named::One(Party::new(PartyKind::Account, fields[4]));
    }
    if let Some(account) = of_trail(value) {
        return Named::One(Party::new(PartyKind::Account, account));
    }
    if pattern.has_wildcards() {
        return anyone(format!(
            "callers of any account whose ARN matches {value:?}, where a wildcard also stands for colons"
        ));
    }
    // As it stands: no principal's ARN is without an account, and none of a bucket has a star in it.
    if key == "aws:principalarn" || value.contains(['*', '?']) {
        return Named::Nobody;
    }
    without_account(value)
}

/// The account of trails, whatever their region: no trail's name has a colon, so that what begins so and has `:ACCOUNT:trail/` in it is of
/// that account, even where a wildcard also stands for colons. The condition that CloudTrail's guide puts into a key's policy:
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
fn of_trail(value: &str) -> Option<&str> {
    let [_, partition, service, _, account, resource] = arn::fields(value)?;
    let plain = !partition.contains(['*', '?', '$']) && service == "cloudtrail" && arn::is_account(account);
    (plain && resource.starts_with("trail/")).then_some(account)
}

/// By fields: a wildcard does not cross colons, so that the account's field is the account.
fn arn_by_fields(value: &str) -> Named {
    let Some(fields) = arn::fields(value) else {
        return Named::Unclear;
    };
    if arn::is_account(fields[4]) {
        return Named::One(Party::new(PartyKind::Account, fields[4]));
    }
    if fields[4].contains(['*', '?']) {
        return anyone(format!("callers of any account whose ARN matches {value:?}"));
    }
    without_account(value)
}

/// The ARN of a bucket, say: whose it is may change, and who made one of the name can come.
fn without_account(value: &str) -> Named {
    match arn::fields(value) {
        Some(_) => anyone(format!("whoever has {value:?}, which names no account")),
        None => Named::Nobody,
    }
}

fn organization(pattern: &Pattern, value: &str, is_path: bool) -> Named {
    let start = pattern.literal_start();
    let id = if is_path { start.split_once('/').map(|(id, _)| id.to_owned()) } else { pattern.literal() };
    match id {
        Some(id) if is_organization(&id) => Named::One(Party::new(PartyKind::Organization, id)),
        None if pattern.has_wildcards() => anyone(format!("accounts of any organisation that matches {value:?}")),
        // No organisation has such an id, and no path is without a slash.
        _ => Named::Nobody,
    }
}

/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html>
fn is_organization(id: &str) -> bool {
    id.strip_prefix("o-").is_some_and(|rest| {
        (10..=32).contains(&rest.len()) && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// The issuer of a principal's tokens: what follows `oidc-provider/`, or the whole value of a provider that AWS has built in.
#[must_use]
pub fn issuer(principal: &Principal) -> Option<&str> {
    match principal.value.split_once(":oidc-provider/") {
        Some((_, issuer)) => Some(issuer),
        None => (!principal.value.contains(':')).then_some(principal.value.as_str()),
    }
}

/// The claim of this issuer that a condition is about.
#[must_use]
pub fn claim_of<'a>(condition: &'a Condition, issuer: &str) -> Option<&'a str> {
    let issuer = issuer.trim_end_matches('/').to_lowercase();
    condition.key.strip_prefix(&issuer)?.trim_start_matches('/').strip_prefix(':')
}

/// Whether a condition demands that its key is there and matches.
#[must_use]
pub fn demands(condition: &Condition) -> bool {
    let negated = Operator::named(&condition.base).is_none_or(Operator::is_negated);
    !negated && !condition.if_exists && condition.for_values != Some(ForValues::All) && condition.base != "null"
}

fn token(condition: &Condition, operator: Operator, issuer: &str, claim: &str, variables: bool) -> Says {
    let known = federation::known(issuer);
    let is_place = |known: &federation::Known| match &known.row.shape {
        Shape::Claims(places) => places.iter().any(|p| p.claim == claim),
        Shape::Cluster | Shape::Subjects => claim == "sub",
        Shape::OfTenant | Shape::Cognito => false,
    };
    if federation::tells_nothing(claim) && !known.as_ref().is_some_and(is_place) {
        return Says::Nothing;
    }
    let Operator::String { ignore_case, .. } = operator else {
        return if operator == Operator::Null { Says::Nothing } else { Says::Unclear };
    };
    if is_ambiguous(condition) {
        return Says::Unclear;
    }
    if !demands(condition) {
        return Says::Nothing;
    }
    // Two tenants or subjects that differ in case alone would both match.
    if ignore_case && !known.as_ref().is_some_and(|known| known.row.ignore_case) {
        return Says::Unclear;
    }
    let mut found = Vec::new();
    for value in &condition.values {
        let pattern = Pattern::of(value, operator.has_wildcards(), variables);
        if pattern.has_variables() {
            return Says::Unclear;
        }
        let party = match &known {
            None => subject(issuer, issuer, claim, &pattern, value, &["sub"]),
            Some(known) => match &known.row.shape {
                // The issuer bounds already.
                Shape::OfTenant => return Says::Nothing,
                Shape::Subjects => {
                    subject(known.row.key, known.row.name, claim, &pattern, value, &["sub", "email", "user_id", "id"])
                }
                Shape::Cluster => workload(known, claim, &pattern, value),
                // What the audience and `amr` say, they say together: `cognito` looks at them.
                Shape::Cognito => return if claim == "sub" { Says::Unclear } else { Says::Nothing },
                Shape::Claims(places) => {
                    let of_claim: Vec<_> = places.iter().filter(|p| p.claim == claim).collect();
                    if of_claim.is_empty() {
                        return Says::Unclear;
                    }
                    match of_claim.into_iter().find_map(|p| Some((p, p.names(&pattern)?))) {
                        // Compared as it stands: no tenant has a star in its name.
                        Some((_, names)) if names.iter().any(|name| name.contains(['*', '?'])) => Named::Nobody,
                        Some((place, names)) => {
                            let kind = if place.of_code { PartyKind::Subject } else { PartyKind::Tenant };
                            tenant(kind, known.row.key, names, known.row.ignore_case)
                        }
                        None => {
                            anyone(format!("everyone to whom {} issues a token with {claim} {value:?}", known.row.name))
                        }
                    }
                }
            },
        };
        match party {
            Named::One(party) => found.push(party),
            Named::Nobody => {}
            Named::Unclear => return Says::Unclear,
        }
    }
    found.sort();
    found.dedup();
    Says::Only(found)
}

fn tenant(kind: PartyKind, key: &str, names: Vec<String>, ignore_case: bool) -> Named {
    Named::One(Party { kind, names, ignore_case, issuer: Some(key.to_owned()), account: None })
}

fn subject(key: &str, name: &str, claim: &str, pattern: &Pattern, value: &str, claims: &[&str]) -> Named {
    if !claims.contains(&claim) {
        return Named::Unclear;
    }
    match pattern.literal() {
        Some(exact) if !exact.is_empty() => Named::One(Party {
            kind: PartyKind::Subject,
            names: vec![exact],
            ignore_case: false,
            issuer: Some(key.to_owned()),
            account: None,
        }),
        Some(_) => Named::Nobody,
        None => anyone(format!("everyone to whom {name} issues a token with {claim} {value:?}")),
    }
}

/// A subject of a cluster's workloads must name the namespace.
fn workload(known: &federation::Known, claim: &str, pattern: &Pattern, value: &str) -> Named {
    if claim != "sub" {
        return Named::Unclear;
    }
    let start = pattern.literal_start();
    let namespace = start.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'));
    match (namespace, known.tenant.clone()) {
        (Some((namespace, _)), Some(cluster)) if !namespace.is_empty() => Named::One(Party {
            kind: PartyKind::Cluster,
            names: vec![cluster],
            ignore_case: false,
            issuer: Some(known.row.key.to_owned()),
            account: None,
        }),
        _ => anyone(format!("every workload of {} whose subject matches {value:?}", known.row.name)),
    }
}
