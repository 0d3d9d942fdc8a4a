//! What gets in without being a person: Apps and tokens. And what the audit log says of changes.

use std::collections::BTreeMap;

use futures_util::future::{try_join_all, try_join3};
use sdk::{Recorder, SinkError, Timestamp, population};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::list::{Entry, Listing};
use crate::note::{Note, moment};
use crate::people::User;
use crate::resource::{APP_INSTALLATION, AUDIT_EVENT, AppInstallation, AuditEvent, Moment, TOKEN_GRANT, TokenGrant};
use crate::routes;
use crate::session::{Call, Session};

const DAY_MILLIS: i64 = 86_400_000;
const AUDIT_DAYS: u16 = 90;
/// Categories of the audit log that hold what this collector is after.
const CATEGORIES: [&str; 3] = ["org", "protected_branch", "repository_ruleset"];
/// Of the category `org`: those about membership and ownership. Everything named `two_factor` is read besides.
const MEMBERSHIP: [&str; 6] = [
    "org.add_member",
    "org.remove_member",
    "org.update_member",
    "org.add_outside_collaborator",
    "org.remove_outside_collaborator",
    "org.update_default_repository_permission",
];

#[derive(Debug, Deserialize)]
struct Installation {
    id: u64,
    app_id: u64,
    app_slug: String,
    permissions: BTreeMap<String, String>,
    events: Vec<String>,
    repository_selection: String,
    #[serde(default, deserialize_with = "time")]
    suspended_at: Option<Moment>,
    #[serde(default, deserialize_with = "time")]
    created_at: Option<Moment>,
}

/// A fine-grained token that was granted, or asks to be.
#[derive(Debug, Deserialize)]
struct Grant {
    id: u64,
    owner: User,
    repository_selection: String,
    permissions: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    token_name: Option<String>,
    #[serde(default, alias = "created_at", deserialize_with = "time")]
    access_granted_at: Option<Moment>,
    #[serde(default, deserialize_with = "time")]
    token_expires_at: Option<Moment>,
    #[serde(default, deserialize_with = "time")]
    token_last_used_at: Option<Moment>,
}

#[derive(Debug, Deserialize)]
struct Authorization {
    credential_id: u64,
    login: String,
    credential_type: String,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    #[serde(default)]
    authorized_credential_note: Option<String>,
    #[serde(default)]
    authorized_credential_title: Option<String>,
    #[serde(default, deserialize_with = "time")]
    credential_authorized_at: Option<Moment>,
    #[serde(default, deserialize_with = "time")]
    authorized_credential_expires_at: Option<Moment>,
    #[serde(default, deserialize_with = "time")]
    credential_accessed_at: Option<Moment>,
}

#[derive(Debug, Deserialize)]
struct Event {
    action: String,
    #[serde(rename = "_document_id")]
    id: String,
    #[serde(default)]
    actor: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    repo: Option<String>,
    #[serde(default, rename = "@timestamp")]
    millis: Option<i64>,
}

/// A time as GitHub writes it.
pub fn time<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Moment>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    moment(text.as_deref()).map_err(serde::de::Error::custom)
}

/// Apps, tokens and the audit log.
pub async fn read(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    try_join3(installations(session, recorder), tokens(session, recorder), audit_log(session, recorder)).await?;
    Ok(())
}

async fn installations(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let call = Call::new(routes::INSTALLATIONS, &[&session.settings.organization]).population(APP_INSTALLATION);
    let list = session.list::<Installation>(call, "/installations").await?;
    let mut ids = Vec::with_capacity(list.entries.len());
    for Entry { value, source } in &list.entries {
        let facts = AppInstallation {
            id: Some(value.id),
            app_id: Some(value.app_id),
            app: Some(value.app_slug.clone()),
            permissions: Some(value.permissions.clone()),
            events: Some(value.events.clone()),
            repository_selection: Some(value.repository_selection.clone()),
            suspended: Some(value.suspended_at.clone()),
            created: Some(value.created_at.clone()),
        };
        Note::new(APP_INSTALLATION, APP_INSTALLATION, value.id.to_string(), &facts, source)
            .members(&[
                ("id", "id"),
                ("app_id", "app_id"),
                ("app", "app_slug"),
                ("repository_selection", "repository_selection"),
            ])
            .write(recorder)?;
        ids.push(value.id.to_string());
    }
    list.close(recorder, APP_INSTALLATION, &ids)
}

async fn tokens(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    try_join3(
        granted(session, recorder, "fine-grained", routes::TOKENS, of_grant),
        granted(session, recorder, "requested", routes::TOKEN_REQUESTS, of_grant),
        granted(session, recorder, "authorized", routes::AUTHORIZATIONS, of_authorization),
    )
    .await?;
    Ok(())
}

/// One of the lists of tokens.
async fn granted<T: DeserializeOwned>(
    session: &Session,
    recorder: &Recorder,
    kind: &str,
    operation: &'static str,
    facts: impl Fn(&T) -> TokenGrant,
) -> Result<(), SinkError> {
    let name = population(TOKEN_GRANT, Some(kind));
    let call = Call::new(operation, &[&session.settings.organization]).population(&name);
    let list: Listing<T> = session.list(call, "").await?;
    let mut ids = Vec::with_capacity(list.entries.len());
    for Entry { value, source } in &list.entries {
        let facts = TokenGrant { kind: Some(kind.to_owned()), ..facts(value) };
        let id = format!("{kind}/{}", facts.id.unwrap_or_default());
        Note::new(&name, TOKEN_GRANT, id.clone(), &facts, source).write(recorder)?;
        ids.push(id);
    }
    list.close(recorder, &name, &ids)
}

fn of_grant(told: &Grant) -> TokenGrant {
    let permissions = told
        .permissions
        .iter()
        .flat_map(|(level, named)| named.iter().map(move |(name, access)| (format!("{level}/{name}"), access.clone())));
    TokenGrant {
        id: Some(told.id),
        owner: Some(told.owner.login.clone()),
        name: Some(told.token_name.clone()),
        credential: Some("fine-grained personal access token".to_owned()),
        permissions: Some(Some(permissions.collect())),
        scopes: Some(None),
        repository_selection: Some(Some(told.repository_selection.clone())),
        since: Some(told.access_granted_at.clone()),
        expires: Some(told.token_expires_at.clone()),
        last_used: Some(told.token_last_used_at.clone()),
        kind: None,
    }
}

fn of_authorization(told: &Authorization) -> TokenGrant {
    TokenGrant {
        id: Some(told.credential_id),
        owner: Some(told.login.clone()),
        name: Some(told.authorized_credential_note.clone().or_else(|| told.authorized_credential_title.clone())),
        credential: Some(told.credential_type.clone()),
        permissions: Some(None),
        scopes: Some(told.scopes.clone()),
        repository_selection: Some(None),
        since: Some(told.credential_authorized_at.clone()),
        expires: Some(told.authorized_credential_expires_at.clone()),
        last_used: Some(told.credential_accessed_at.clone()),
        kind: None,
    }
}

async fn audit_log(session: &Session, recorder: &Recorder) -> Result<(), SinkError> {
    let days = i64::from(session.settings.audit_log_days.unwrap_or(AUDIT_DAYS));
    let since = Timestamp::from_millis(session.now().as_millis() - days * DAY_MILLIS).map(|since| since.to_string());
    let since: String = since.unwrap_or_default().chars().take(10).collect();
    try_join_all(CATEGORIES.map(|category| events(session, recorder, category, since.clone()))).await?;
    Ok(())
}

/// Whether an event is about second factors, owners and members, or the protection of branches.
fn is_of_interest(action: &str) -> bool {
    !action.starts_with("org.") || action.contains("two_factor") || MEMBERSHIP.contains(&action)
}

async fn events(session: &Session, recorder: &Recorder, category: &str, since: String) -> Result<(), SinkError> {
    let name = population(AUDIT_EVENT, Some(category));
    let call = Call::new(routes::AUDIT_LOG, &[&session.settings.organization])
        .population(&name)
        .with("phrase", format!("action:{category} created:>={since}"));
    let mut list = session.list::<Event>(call, "").await?;
    list.entries.retain(|entry| is_of_interest(&entry.value.action));
    for Entry { value, source } in &list.entries {
        let when = value.millis.and_then(|millis| Timestamp::from_millis(millis).ok()).map(Moment::new);
        let facts = AuditEvent {
            action: Some(value.action.clone()),
            actor: Some(value.actor.clone()),
            user: Some(value.user.clone()),
            repository: Some(value.repo.clone()),
            when: Some(when),
        };
        Note::new(&name, AUDIT_EVENT, value.id.clone(), &facts, source)
            .members(&[("action", "action"), ("actor", "actor"), ("user", "user"), ("repository", "repo")])
            .write(recorder)?;
    }
    let ids: Vec<String> = list.entries.iter().map(|one| one.value.id.clone()).collect();
    list.close(recorder, &name, &ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_concerns_factors_owners_and_protection() {
        for action in [
            "org.disable_two_factor_requirement",
            "org.update_member",
            "protected_branch.policy_override",
            "repository_ruleset.destroy",
        ] {
            assert!(is_of_interest(action), "{action}");
        }
        for action in ["org.oauth_app_access_approved", "org.rename"] {
            assert!(!is_of_interest(action), "{action}");
        }
    }
}
