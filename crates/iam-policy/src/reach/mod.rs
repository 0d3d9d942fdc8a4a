//! Whom each allowing statement of a policy lets in.

mod deny;
mod narrow;

use crate::document::{Condition, Effect, ForValues, PolicyDocument, Principal, PrincipalForm, Statement};
use crate::federation::{self, Shape};
use crate::keys::{Key, Names};
use crate::operators::{Operator, Order, seconds};
use crate::parties::{Bound, LetIn, Party, PartyKind};
use crate::text::{Pattern, knows_variables};

pub use deny::{escape, is_of_resource};
pub use narrow::{Comer, Says, says, words};
use narrow::{claim_of, demands, issuer, meaning, one_bool};

/// Whom the statement at this place lets in, with what the policy's other statements deny. `None` for what denies and for what names no
/// principal, as in policies of users and roles.
#[must_use]
pub fn lets_in(document: &PolicyDocument, place: usize) -> Option<Vec<LetIn>> {
    let statement = document.statements.get(place)?;
    if statement.effect != Effect::Allow {
        return None;
    }
    let variables = knows_variables(document);
    match (&statement.principals, &statement.not_principals) {
        (Some(principals), _) => Some(
            principals
                .iter()
                .enumerate()
                .map(|(n, principal)| Weighing::of(document, statement, Some((n, principal)), variables))
                .collect(),
        ),
        (None, Some(_)) => Some(vec![Weighing::of(document, statement, None, variables)]),
        (None, None) => None,
    }
}

struct Weighing<'a> {
    who: String,
    comer: Comer<'a>,
    /// The statement names everyone, whatever its conditions make of that.
    everyone: bool,
    /// The account in which the identity provider is registered.
    provider: Option<&'a str>,
    bounds: Vec<Bound>,
    unclear: Vec<String>,
    nobody: Option<String>,
    until: Option<i64>,
    /// Conditions that say nothing of who comes, in words.
    besides: Vec<String>,
    /// Sets of accounts of which a person must be, each in all of them.
    accounts: Vec<Vec<String>>,
}

const BY_PRINCIPAL: &str = "the principal";

impl<'a> Weighing<'a> {
    fn of(
        document: &PolicyDocument,
        statement: &'a Statement,
        named: Option<(usize, &'a Principal)>,
        variables: bool,
    ) -> LetIn {
        let mut weighing = Self {
            who: "everyone except the principals named".to_owned(),
            comer: Comer::Anyone,
            everyone: named.is_none_or(|(_, principal)| principal.form == PrincipalForm::Everyone),
            provider: None,
            bounds: Vec::new(),
            unclear: Vec::new(),
            nobody: None,
            until: None,
            besides: Vec::new(),
            accounts: Vec::new(),
        };
        if let Some((_, principal)) = named {
            weighing.principal(principal, statement, variables);
        }
        weighing.statement(statement, variables);
        for denial in document.statements.iter().filter(|s| s.effect == Effect::Deny) {
            let taken = deny::taken(statement, named.map(|(_, p)| p), weighing.comer, denial, variables);
            weighing.take(taken, denial);
        }
        if deny::many_take_all(document, statement) {
            weighing.unclear.push("what several Deny statements take back together".to_owned());
        }
        weighing.finish(named.map(|(n, _)| n), statement, variables)
    }

    fn bound(&mut self, by: &str, mut parties: Vec<Party>) {
        for party in parties.iter_mut().filter(|p| p.issuer.is_some()) {
            party.account = self.provider.map(str::to_owned);
        }
        self.bounds.push(Bound { by: by.to_owned(), parties });
    }

    fn principal(&mut self, principal: &'a Principal, statement: &'a Statement, variables: bool) {
        let value = &principal.value;
        self.who.clone_from(value);
        match (principal.form, &principal.account) {
            (PrincipalForm::Everyone, _) => "everyone".clone_into(&mut self.who),
            (
                PrincipalForm::Account
                | PrincipalForm::User
                | PrincipalForm::Role
                | PrincipalForm::AssumedRole
                | PrincipalForm::FederatedUser,
                Some(account),
            ) => {
                if principal.form == PrincipalForm::Account {
                    self.who = format!("account {account}");
                }
                self.comer = Comer::Person;
                self.accounts.push(vec![account.clone()]);
                self.bound(BY_PRINCIPAL, vec![Party::new(PartyKind::Account, account)]);
            }
            (PrincipalForm::UniqueId, _) => {
                self.comer = Comer::Person;
                self.nobody =
                    Some(format!("AWS shows {value} in place of a principal that was deleted: nobody can come as it"));
            }
            (PrincipalForm::Service, _) => {
                self.comer = Comer::Service;
                self.bound(BY_PRINCIPAL, vec![narrow::service(value)]);
            }
            // An ARN of no account names no provider; those that AWS has built in have none.
            (PrincipalForm::IdentityProvider, None) if value.contains(':') => {
                self.unclear.push(format!("whose {value} is cannot be determined from the policy"));
            }
            (PrincipalForm::IdentityProvider, account) if value.contains(":saml-provider/") => {
                self.who = format!("the people of {value}");
                self.comer = Comer::Person;
                let party = Party {
                    kind: PartyKind::SamlProvider,
                    names: vec![value.clone()],
                    ignore_case: false,
                    issuer: None,
                    account: account.clone(),
                };
                self.bound(BY_PRINCIPAL, vec![party]);
            }
            (PrincipalForm::IdentityProvider, _) if issuer(principal).is_some() => {
                self.bearers(principal, statement, variables);
            }
            _ => self.unclear.push(format!("whose {value} is cannot be determined from the policy")),
        }
    }

    /// Those to whom an issuer gives tokens.
    fn bearers(&mut self, principal: &'a Principal, statement: &'a Statement, variables: bool) {
        let Some(issuer) = issuer(principal) else { return };
        self.comer = Comer::Bearer(issuer);
        self.provider = principal.account.as_deref();
        let known = federation::known(issuer);
        let name = known.as_ref().map_or(issuer, |known| known.row.name);
        self.who = format!("everyone to whom {name} issues a token");
        let party = |kind, name: &str, key: &str| Party {
            kind,
            names: vec![name.to_owned()],
            ignore_case: false,
            issuer: Some(key.to_owned()),
            account: None,
        };
        match known {
            // An issuer that is nobody else's can be declared as a whole.
            None => self.bound(BY_PRINCIPAL, vec![party(PartyKind::Issuer, issuer, issuer)]),
            Some(federation::Known { row, tenant: Some(tenant) }) if matches!(row.shape, Shape::OfTenant) => {
                self.who = format!("everyone to whom {name} issues a token for `{tenant}`");
                self.bound(BY_PRINCIPAL, vec![party(PartyKind::Tenant, &tenant, row.key)]);
            }
            Some(federation::Known { row, .. }) if matches!(row.shape, Shape::Cognito) => {
                self.pool(issuer, statement, variables, row.key);
            }
            Some(_) => {}
        }
    }

    /// Cognito: the audience is the pool, and every pool may have guests, who are everyone.
    fn pool(&mut self, issuer: &str, statement: &'a Statement, variables: bool, key: &str) {
        let about = |claim: &'static str| {
            statement.conditions.iter().filter(move |c| claim_of(c, issuer) == Some(claim) && demands(c))
        };
        let signed_in = about("amr").any(|condition| {
            let wildcards = Operator::named(&condition.base).is_some_and(Operator::has_wildcards);
            matches!(Operator::named(&condition.base), Some(Operator::String { .. }))
                && condition.values.iter().all(|value| {
                    let pattern = Pattern::of(&value.to_lowercase(), wildcards, variables);
                    !pattern.has_variables() && !pattern.matches("unauthenticated")
                })
        });
        for condition in about("aud") {
            let wildcards = Operator::named(&condition.base).is_some_and(Operator::has_wildcards);
            let pools: Option<Vec<String>> =
                condition.values.iter().map(|v| Pattern::of(v, wildcards, variables).literal()).collect();
            let parties = match pools {
                Some(pools) if signed_in => pools
                    .into_iter()
                    .map(|pool| Party {
                        kind: PartyKind::Subject,
                        names: vec![pool],
                        ignore_case: false,
                        issuer: Some(key.to_owned()),
                        account: None,
                    })
                    .collect(),
                Some(pools) => {
                    vec![Party::new(
                        PartyKind::Anyone,
                        format!("guests of the pool {}, who are everyone", pools.join(", ")),
                    )]
                }
                None => vec![Party::new(PartyKind::Anyone, "those whom any pool of anybody knows")],
            };
            self.bound(&words(condition), parties);
        }
    }

    fn statement(&mut self, statement: &Statement, variables: bool) {
        match deny::actions(statement) {
            Some(listed) if listed.is_empty() => {
                self.nobody = Some("the statement allows nothing by which somebody comes in".to_owned());
            }
            _ => {}
        }
        // A condition may tell that the caller is a service; then its own keys count for it.
        if self.comer == Comer::Anyone && statement.conditions.iter().any(|c| only_services(c, variables)) {
            self.comer = Comer::Service;
        }
        for condition in &statement.conditions {
            self.condition(condition, statement, variables);
        }
        self.contradictions();
    }

    fn condition(&mut self, condition: &Condition, statement: &Statement, variables: bool) {
        let by = words(condition);
        let firm = if is_there(statement, &condition.key) { firm(condition) } else { None };
        let condition = firm.as_ref().unwrap_or(condition);
        if let Comer::Bearer(issuer) = self.comer
            && claim_of(condition, issuer).is_some_and(|claim| claim != "sub")
            && federation::known(issuer).is_some_and(|known| matches!(known.row.shape, Shape::Cognito))
        {
            // `pool` has looked at them together.
            self.besides.push(by);
            return;
        }
        let key = meaning(condition, self.comer);
        if key == Key::Time {
            self.time(condition, by);
            return;
        }
        if condition.base == "null"
            && one_bool(condition) == Some(true)
            && statement.conditions.iter().any(|other| other.key == condition.key && demands(other))
        {
            self.nobody = Some(format!("{by} contradicts what the statement demands of the same key"));
        }
        // What told that the caller is a service bounds to services, of whom it does not count as said already.
        let comer =
            if self.everyone && matches!(key, Key::IsService | Key::ServiceName) { Comer::Anyone } else { self.comer };
        match says(condition, comer, variables) {
            Says::Only(parties) if parties.is_empty() => self.nobody = Some(format!("{by} holds for nobody")),
            Says::Only(parties) => {
                if let Key::Caller(Names::Account | Names::Arn) = key
                    && parties.iter().all(|p| p.kind == PartyKind::Account)
                {
                    self.accounts.push(parties.iter().flat_map(|p| p.names.clone()).collect());
                }
                self.bound(&by, parties);
            }
            Says::Nothing => self.besides.push(by),
            Says::Unclear => self.unclear.push(by),
        }
    }

    fn time(&mut self, condition: &Condition, by: String) {
        let order = match Operator::named(&condition.base) {
            Some(Operator::Date(order) | Operator::Numeric(order))
                if condition.for_values.is_none() && !condition.values.is_empty() =>
            {
                order
            }
            _ => return self.unclear.push(by),
        };
        let moments: Option<Vec<f64>> = condition.values.iter().map(|v| seconds(v)).collect();
        match (order, moments) {
            (_, None) => self.unclear.push(by),
            (Order::Less | Order::LessOrEqual, Some(moments)) => {
                let last = moments.into_iter().fold(f64::NEG_INFINITY, f64::max);
                #[expect(clippy::cast_possible_truncation, reason = "saturates, and only its order against now counts")]
                let last = last.ceil() as i64 + 1;
                self.until = Some(self.until.map_or(last, |until| until.min(last)));
                self.besides.push(by);
            }
            // It will hold, or holds all the time but for moments.
            (Order::Greater | Order::GreaterOrEqual | Order::NotEquals, Some(_)) => self.besides.push(by),
            (Order::Equals, Some(_)) => self.unclear.push(by),
        }
    }

    /// Nobody is of two accounts.
    fn contradictions(&mut self) {
        if self.comer == Comer::Service {
            return;
        }
        let mut sets = self.accounts.iter();
        let Some(first) = sets.next() else { return };
        let common = sets.fold(first.clone(), |common, set| common.into_iter().filter(|a| set.contains(a)).collect());
        if common.is_empty() {
            self.nobody = Some("no caller is of all the accounts that the statement demands".to_owned());
        }
    }

    fn take(&mut self, taken: deny::Taken, denial: &Statement) {
        let by = deny::named(denial);
        match taken {
            deny::Taken::Nothing => {}
            deny::Taken::AllBut(parties) if parties.is_empty() => self.nobody = Some(format!("{by} takes it back")),
            deny::Taken::AllBut(parties) => self.bound(&by, parties),
            deny::Taken::Unclear(why) => self.unclear.push(format!("{by}: {why}")),
        }
    }

    fn finish(self, principal: Option<usize>, statement: &Statement, variables: bool) -> LetIn {
        let mut sentence = format!("{} is allowed", self.who);
        for bound in self.bounds.iter().filter(|b| b.by != BY_PRINCIPAL) {
            let parties: Vec<String> = bound.parties.iter().map(Party::words).collect();
            sentence.push_str(&format!(", narrowed by {} to {}", bound.by, parties.join(" or ")));
        }
        if !self.besides.is_empty() {
            sentence.push_str(&format!(", where {}", self.besides.join(" and ")));
        }
        LetIn {
            principal,
            sentence,
            nobody: self.nobody,
            bounds: self.bounds,
            unclear: self.unclear,
            external_id: statement.conditions.iter().any(|c| is_exact_external_id(c, variables)),
            until: self.until,
        }
    }
}

/// Whether a statement demands that this key is there and not empty.
fn is_there(statement: &Statement, key: &str) -> bool {
    statement.conditions.iter().any(|other| {
        other.key == key && other.base == "null" && other.for_values.is_none() && one_bool(other) == Some(false)
    })
}

/// What a condition demands of a key that is there: what would hold without the key holds only by a value that matches. `None`: the same.
fn firm(condition: &Condition) -> Option<Condition> {
    let loose = condition.if_exists || condition.for_values == Some(ForValues::All);
    loose.then(|| Condition {
        if_exists: false,
        // All of the values match, and there is one.
        for_values: condition.for_values.map(|_| ForValues::Any),
        ..condition.clone()
    })
}

fn only_services(condition: &Condition, variables: bool) -> bool {
    let services = |p: &Party| matches!(p.kind, PartyKind::Service | PartyKind::AnyService);
    match says(condition, Comer::Anyone, variables) {
        Says::Only(parties) => !parties.is_empty() && parties.iter().all(services),
        _ => false,
    }
}

/// A value that must be there, without wildcards and variables.
fn is_exact_external_id(condition: &Condition, variables: bool) -> bool {
    let Some(operator @ Operator::String { .. }) = Operator::named(&condition.base) else {
        return false;
    };
    condition.key == "sts:externalid"
        && demands(condition)
        && condition.for_values != Some(ForValues::All)
        && !condition.values.is_empty()
        && condition.values.iter().all(|value| {
            // A `*` in `StringEquals` is a character; who writes it means something else.
            !value.contains(['*', '?'])
                && Pattern::of(value, operator.has_wildcards(), variables).literal().is_some_and(|v| !v.is_empty())
        })
}
