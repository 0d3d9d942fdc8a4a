//! From the text of a policy document to its normal form.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::arn;
use crate::document::{
    Condition, Effect, ForValues, MalformedPolicy, PolicyDocument, Principal, PrincipalForm, PrincipalKind, Statement,
};
use crate::reach;

type Members = Vec<(String, Json)>;

impl PolicyDocument {
    /// Reads a policy document, raw or percent-encoded as in IAM's XML answers.
    ///
    /// # Errors
    /// When the text has no form that AWS documents, or is ambiguous: a member twice, both of `Action` and `NotAction`.
    pub fn parse(source: &str) -> Result<Self, MalformedPolicy> {
        document(&decoded(source)?)
    }
}

/// Whether a source has percent-encoded this policy document. A document starts with `{`, which the encoding never leaves as it is.
#[must_use]
pub fn is_percent_encoded(source: &str) -> bool {
    source.trim_start().starts_with('%')
}

/// The document's text, percent-decoded where it is encoded.
fn decoded(source: &str) -> Result<Cow<'_, str>, MalformedPolicy> {
    if is_percent_encoded(source) {
        percent_decode_str(source).decode_utf8().map_err(|_| MalformedPolicy::NotText)
    } else {
        Ok(Cow::Borrowed(source))
    }
}

fn document(text: &str) -> Result<PolicyDocument, MalformedPolicy> {
    let json: Json = serde_json::from_str(text).map_err(MalformedPolicy::NotJson)?;
    let mut version = None;
    let mut statements = None;
    for (name, value) in elements(json, "")? {
        match name.to_lowercase().as_str() {
            "version" => version = Some(one_text(value, &name)?),
            "id" => {
                one_text(value, &name)?;
            }
            "statement" => statements = Some(read_statements(value, &name)?),
            _ => return Err(shape(name, "an element that AWS does not document")),
        }
    }
    let mut document = PolicyDocument {
        text: text.to_owned(),
        version,
        statements: statements.ok_or_else(|| shape("Statement".to_owned(), "is missing"))?,
    };
    let answers: Vec<_> = (0..document.statements.len()).map(|place| reach::lets_in(&document, place)).collect();
    for (statement, answer) in document.statements.iter_mut().zip(answers) {
        statement.lets_in = answer;
    }
    Ok(document)
}

fn read_statements(value: Json, path: &str) -> Result<Vec<Statement>, MalformedPolicy> {
    match value {
        Json::List(list) => {
            list.into_iter().enumerate().map(|(n, one)| read_statement(one, &format!("{path}[{n}]"))).collect()
        }
        one => Ok(vec![read_statement(one, path)?]),
    }
}

fn read_statement(value: Json, path: &str) -> Result<Statement, MalformedPolicy> {
    let mut effect = None;
    let mut statement = Statement {
        sid: None,
        effect: Effect::Deny,
        actions: None,
        not_actions: None,
        resources: None,
        not_resources: None,
        principals: None,
        not_principals: None,
        conditions: Vec::new(),
        lets_in: None,
    };
    for (name, value) in elements(value, path)? {
        let at = format!("{path}.{name}");
        match name.to_lowercase().as_str() {
            "sid" => statement.sid = Some(one_text(value, &at)?),
            "effect" => effect = Some(read_effect(value, &at)?),
            "action" => statement.actions = Some(actions(value, &at)?),
            "notaction" => statement.not_actions = Some(actions(value, &at)?),
            "resource" => statement.resources = Some(texts(value, &at)?),
            "notresource" => statement.not_resources = Some(texts(value, &at)?),
            "principal" => statement.principals = Some(principals(value, &at)?),
            "notprincipal" => statement.not_principals = Some(principals(value, &at)?),
            "condition" => statement.conditions = conditions(value, &at)?,
            _ => return Err(shape(at, "an element that AWS does not document")),
        }
    }
    statement.effect = effect.ok_or_else(|| shape(format!("{path}.Effect"), "is missing"))?;
    let pairs = [
        ("Action", statement.actions.is_some(), statement.not_actions.is_some()),
        ("Resource", statement.resources.is_some(), statement.not_resources.is_some()),
        ("Principal", statement.principals.is_some(), statement.not_principals.is_some()),
    ];
    for (name, plain, negated) in pairs {
        if plain && negated {
            return Err(shape(format!("{path}.{name}"), "stands beside its `Not…` form"));
        }
    }
    if statement.actions.is_none() && statement.not_actions.is_none() {
        return Err(shape(format!("{path}.Action"), "is missing"));
    }
    Ok(statement)
}

fn read_effect(value: Json, path: &str) -> Result<Effect, MalformedPolicy> {
    match one_text(value, path)?.to_lowercase().as_str() {
        "allow" => Ok(Effect::Allow),
        "deny" => Ok(Effect::Deny),
        _ => Err(shape(path.to_owned(), "is neither `Allow` nor `Deny`")),
    }
}

fn actions(value: Json, path: &str) -> Result<Vec<String>, MalformedPolicy> {
    let mut actions = texts(value, path)?;
    for action in &mut actions {
        *action = action.to_lowercase();
    }
    Ok(as_set(actions))
}

fn principals(value: Json, path: &str) -> Result<Vec<Principal>, MalformedPolicy> {
    if let Json::Text(text) = &value {
        return if text == "*" {
            Ok(vec![principal(PrincipalKind::Any, text.clone())])
        } else {
            Err(shape(path.to_owned(), "is a text other than `*`"))
        };
    }
    let mut principals = Vec::new();
    for (name, values) in elements(value, path)? {
        let at = format!("{path}.{name}");
        let kind = match name.to_lowercase().as_str() {
            "aws" => PrincipalKind::Aws,
            "service" => PrincipalKind::Service,
            "federated" => PrincipalKind::Federated,
            "canonicaluser" => PrincipalKind::CanonicalUser,
            _ => return Err(shape(at, "a type of principal that AWS does not document")),
        };
        for text in texts(values, &at)? {
            principals.push(principal(kind, text));
        }
    }
    Ok(as_set(principals))
}

fn principal(kind: PrincipalKind, value: String) -> Principal {
    let (form, account) = match kind {
        PrincipalKind::Any => (PrincipalForm::Everyone, None),
        PrincipalKind::Aws => aws_principal(&value),
        PrincipalKind::Service => (PrincipalForm::Service, None),
        PrincipalKind::Federated => (PrincipalForm::IdentityProvider, account_of_arn(&value)),
        PrincipalKind::CanonicalUser => (PrincipalForm::CanonicalUser, None),
    };
    let value = match (form, &account) {
        // The number and the root's ARN mean the same; AWS itself answers now one, now the other.
        (PrincipalForm::Account, Some(account)) => account.clone(),
        _ => value,
    };
    Principal { kind, form, value, account }
}

fn aws_principal(value: &str) -> (PrincipalForm, Option<String>) {
    if value == "*" {
        return (PrincipalForm::Everyone, None);
    }
    if arn::is_account(value) {
        return (PrincipalForm::Account, Some(value.to_owned()));
    }
    let Some(resource) = value.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4)) else {
        let form = if arn::is_unique_id(value) { PrincipalForm::UniqueId } else { PrincipalForm::Other };
        return (form, None);
    };
    let account = account_of_arn(value);
    let form = match (resource.split('/').next().unwrap_or_default(), &account) {
        ("root", Some(_)) if resource == "root" => PrincipalForm::Account,
        ("user", _) => PrincipalForm::User,
        ("role", _) => PrincipalForm::Role,
        ("assumed-role", _) => PrincipalForm::AssumedRole,
        ("federated-user", _) => PrincipalForm::FederatedUser,
        _ => PrincipalForm::Other,
    };
    (form, account)
}

/// The account that an ARN names.
fn account_of_arn(value: &str) -> Option<String> {
    arn::account(value).map(str::to_owned)
}

/// What the text of a principal denotes where the source gives no type beside it, as in grants of KMS.
#[must_use]
pub fn principal_form(value: &str) -> PrincipalForm {
    if arn::is_service(value) { PrincipalForm::Service } else { aws_principal(value).0 }
}

fn conditions(value: Json, path: &str) -> Result<Vec<Condition>, MalformedPolicy> {
    let Json::Object(operators) = value else {
        return Err(shape(path.to_owned(), "is not an object"));
    };
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let at = format!("{path}.{operator}");
        let lower = operator.to_lowercase();
        let (for_values, rest) = if let Some(rest) = lower.strip_prefix("forallvalues:") {
            (Some(ForValues::All), rest)
        } else if let Some(rest) = lower.strip_prefix("foranyvalue:") {
            (Some(ForValues::Any), rest)
        } else {
            (None, lower.as_str())
        };
        let (base, if_exists) = rest.strip_suffix("ifexists").map_or((rest, false), |base| (base, true));
        if base.is_empty() {
            return Err(shape(at, "is no operator"));
        }
        for (key, values) in elements(keys, &at)? {
            let values = condition_values(values, &format!("{at}.{key}"))?;
            conditions.push(Condition {
                operator: operator.clone(),
                base: base.to_owned(),
                if_exists,
                for_values,
                key: key.to_lowercase(),
                values,
            });
        }
    }
    Ok(as_set(conditions))
}

fn condition_values(value: Json, path: &str) -> Result<Vec<String>, MalformedPolicy> {
    let list = match value {
        Json::List(list) => list,
        one => vec![one],
    };
    let values = list
        .into_iter()
        .map(|value| match value {
            Json::Text(text) | Json::Number(text) => Ok(text),
            Json::Bool(value) => Ok(value.to_string()),
            Json::Null | Json::List(_) | Json::Object(_) => {
                Err(shape(path.to_owned(), "holds something other than texts, numbers and booleans"))
            }
        })
        .collect::<Result<_, _>>()?;
    Ok(as_set(values))
}

/// A text or a list of texts.
fn texts(value: Json, path: &str) -> Result<Vec<String>, MalformedPolicy> {
    match value {
        Json::List(list) => {
            let texts = list.into_iter().map(|one| one_text(one, path)).collect::<Result<_, _>>()?;
            Ok(as_set(texts))
        }
        one => Ok(vec![one_text(one, path)?]),
    }
}

fn one_text(value: Json, path: &str) -> Result<String, MalformedPolicy> {
    match value {
        Json::Text(text) => Ok(text),
        _ => Err(shape(path.to_owned(), "is not a text")),
    }
}

/// The members of an object whose names AWS compares without regard to case. Two that differ in case alone are ambiguous.
fn elements(value: Json, path: &str) -> Result<Members, MalformedPolicy> {
    let Json::Object(members) = value else {
        let path = if path.is_empty() { "." } else { path };
        return Err(shape(path.to_owned(), "is not an object"));
    };
    let mut names: Vec<_> = members.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(shape(path.to_owned(), "holds a member twice"));
    }
    Ok(members)
}

fn as_set<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort_unstable();
    list.dedup();
    list
}

fn shape(path: String, problem: &'static str) -> MalformedPolicy {
    MalformedPolicy::Shape { path, problem }
}

/// JSON that refuses a member given twice; `serde_json::Value` would keep the last and forget the first.
#[derive(Debug)]
enum Json {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Members),
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = seq.next_element()? {
            list.push(value);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Members::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some((name, value)) = map.next_entry::<String, Json>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!("duplicate member `{name}`")));
            }
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}
