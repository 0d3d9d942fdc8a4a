//! What is asked with: a token as it was given, or tokens of an App's installation, which live for an hour.

use std::fmt;

use octocrab::auth::{AppAuth, EncodingKey};
use octocrab::models::AppId;
use octocrab::{AuthState, Octocrab};
use sdk::{CollectError, Environment, KnownSecrets, Secret, Target, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::settings::{App, Settings};

/// An installation's token is requested again when it lives for less than this.
const SPARE_MILLIS: i64 = 5 * 60 * 1000;

/// Where tokens come from.
pub enum Credentials {
    Token { secret: Secret, from: String },
    App { app: App, key: EncodingKey },
}

/// octocrab with a token of an installation.
#[derive(Debug)]
pub struct Minted {
    pub octocrab: Octocrab,
    pub expires: Timestamp,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.caller())
    }
}

impl Credentials {
    /// Finds what the target says is asked with, and makes it known as a secret.
    pub fn find(
        target: &Target,
        settings: &Settings,
        environment: &Environment,
        secrets: &KnownSecrets,
    ) -> Result<Self, CollectError> {
        if let Some(secret) = &environment.overrides.token {
            secrets.add(secret.clone());
            return Ok(Self::Token { secret: secret.clone(), from: "a given token".to_owned() });
        }
        if let Some(app) = &settings.app {
            return Self::of_app(target, app, secrets);
        }
        let variable = settings.token_variable.as_deref().unwrap_or("GITHUB_TOKEN");
        let token = sdk::variable(&[variable]).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        let Some(token) = token else {
            return Err(CollectError::Credentials {
                problem: format!("the environment variable `{variable}` is empty"),
            });
        };
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem = format!("the environment variable `{variable}` does not hold a token");
            return Err(CollectError::Credentials { problem });
        }
        let secret = Secret::new(token);
        secrets.add(secret.clone());
        Ok(Self::Token { secret, from: format!("the token in `{variable}`") })
    }

    fn of_app(target: &Target, app: &App, secrets: &KnownSecrets) -> Result<Self, CollectError> {
        let wrong = |problem: String| CollectError::Settings {
            target: target.id.clone(),
            setting: "app.private_key_file".to_owned(),
            problem,
        };
        let pem = std::fs::read_to_string(&app.private_key_file)
            .map_err(|error| wrong(format!("`{}` cannot be read: {error}", app.private_key_file)))?;
        let pem = Secret::new(pem);
        let key = EncodingKey::from_rsa_pem(pem.expose().as_bytes())
            .map_err(|error| wrong(format!("`{}` is not an RSA private key in PEM: {error}", app.private_key_file)))?;
        for line in pem.expose().lines().filter(|line| !line.starts_with("-----")) {
            secrets.add(Secret::new(line.to_owned()));
        }
        Ok(Self::App { app: app.clone(), key })
    }

    /// As octocrab takes them: a token, or an App that signs for itself.
    pub fn for_octocrab(&self) -> AuthState {
        match self {
            Self::Token { secret, .. } => AuthState::AccessToken { token: secret.expose().into() },
            Self::App { app, key } => AuthState::App(AppAuth { app_id: AppId(app.id), key: key.clone() }),
        }
    }

    /// As a person names who asks.
    pub fn caller(&self) -> String {
        match self {
            Self::Token { from, .. } => from.clone(),
            Self::App { app, .. } => format!("app {} in installation {}", app.id, app.installation),
        }
    }
}

impl Minted {
    pub fn lasts(&self, now: Timestamp) -> bool {
        self.expires.as_millis() - now.as_millis() > SPARE_MILLIS
    }
}

#[derive(Deserialize)]
struct Answer {
    token: String,
    expires_at: String,
}

/// The token in GitHub's answer, and when it ends.
pub fn token(answer: &Value) -> Option<(Secret, Timestamp)> {
    let answer = Answer::deserialize(answer).ok()?;
    let expires = Timestamp::from_rfc3339(&answer.expires_at).ok()?;
    Some((Secret::new(answer.token), expires))
}
