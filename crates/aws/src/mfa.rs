//! A role that is taken on with a code of an MFA device, which a person types.

use std::collections::HashMap;
use std::fmt;
use std::io::{IsTerminal as _, Write as _};
use std::sync::LazyLock;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use sdk::{Clock, KnownSecrets, Secret, Timestamp};
use tokio::sync::{Mutex, oneshot};

use crate::profile::Role;

/// A session that ends within this time is as good as ended.
const ABOUT_TO_END_MILLIS: i64 = 10_000;

/// A code is taken once: what it opened is shared by all that take on the same role in the same run.
static SESSIONS: LazyLock<Mutex<HashMap<Key, Session>>> = LazyLock::new(Mutex::default);

/// Run, role, device.
type Key = (String, String, String);

#[derive(Clone)]
struct Session {
    credentials: Credentials,
    ends: Option<Timestamp>,
}

/// Credentials of such a role.
pub struct MfaRole {
    pub config: SdkConfig,
    pub role: Role,
    /// The device's ARN or serial number.
    pub serial: String,
    pub run_id: String,
    pub session_name: String,
    pub clock: Clock,
    pub secrets: KnownSecrets,
    /// How long a person has to type.
    pub patience: Duration,
}

impl fmt::Debug for MfaRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MfaRole").field("role", &self.role).finish_non_exhaustive()
    }
}

impl ProvideCredentials for MfaRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }
}

impl MfaRole {
    async fn provide(&self) -> Result<Credentials, CredentialsError> {
        // Held while the person types: whoever else needs the same session waits for this one.
        let mut sessions = SESSIONS.lock().await;
        let key = (self.run_id.clone(), self.role.arn.clone(), self.serial.clone());
        if let Some(known) = sessions.get(&key).filter(|known| known.lasts(self.clock.now())) {
            return Ok(known.credentials.clone());
        }
        let code = self.code().await.map_err(CredentialsError::invalid_configuration)?;
        self.secrets.add(code.clone());
        let config = aws_sdk_sts::config::Builder::from(&self.config).build();
        let call = aws_sdk_sts::Client::from_conf(config)
            .assume_role()
            .role_arn(&self.role.arn)
            .role_session_name(&self.session_name)
            .serial_number(&self.serial)
            .token_code(code.expose())
            .set_external_id(self.role.external_id.clone())
            .set_duration_seconds(self.role.seconds);
        let answer = call.send().await.map_err(CredentialsError::provider_error)?;
        let given =
            answer.credentials().ok_or_else(|| CredentialsError::unhandled("the answer holds no credentials"))?;
        let ends = Timestamp::from_millis(given.expiration().secs().saturating_mul(1000)).ok();
        let expiry = std::time::SystemTime::try_from(*given.expiration()).ok();
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            expiry,
            "assume-role-with-mfa",
        );
        sessions.insert(key, Session { credentials: credentials.clone(), ends });
        Ok(credentials)
    }

    async fn code(&self) -> Result<Secret, String> {
        let (serial, profile) = (&self.serial, &self.role.profile);
        if !std::io::stdin().is_terminal() {
            return Err(format!(
                "the profile `{profile}` asks for a code of the MFA device `{serial}`, and there is no terminal to prompt on: name a profile without `mfa_serial`, or hand over credentials that were made with it"
            ));
        }
        let (sender, receiver) = oneshot::channel();
        let question = format!("Code of the MFA device {serial} (profile {profile}): ");
        // A thread of its own: reading from a terminal cannot be given up, and nothing is to wait for it in the end.
        std::thread::spawn(move || sender.send(ask(&question)));
        match tokio::time::timeout(self.patience, receiver).await {
            Ok(Ok(Ok(code))) if !code.is_empty() => Ok(Secret::new(code)),
            Ok(Ok(Err(error))) => Err(format!("the code of the MFA device `{serial}` cannot be read: {error}")),
            _ => Err(format!("no code of the MFA device `{serial}` was given")),
        }
    }
}

fn ask(question: &str) -> std::io::Result<String> {
    let mut out = std::io::stderr().lock();
    out.write_all(question.as_bytes())?;
    out.flush()?;
    drop(out);
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

impl Session {
    fn lasts(&self, now: Timestamp) -> bool {
        self.ends.is_none_or(|ends| ends.as_millis() - now.as_millis() > ABOUT_TO_END_MILLIS)
    }
}
