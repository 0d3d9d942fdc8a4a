//! Credentials that pass by are made known to the recorder, which then finds them in any answer.

use std::sync::{Arc, Mutex, PoisonError};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use sdk::{KnownSecrets, Secret};

/// A provider whose secrets are searched for in all that is recorded. Clones are the same provider.
#[derive(Clone, Debug)]
pub struct Registering {
    inner: SharedCredentialsProvider,
    known: KnownSecrets,
    /// Looked up beforehand, for the first who asks.
    ready: Arc<Mutex<Option<Credentials>>>,
}

impl Registering {
    pub fn new(inner: SharedCredentialsProvider, known: KnownSecrets) -> Self {
        Self { inner, known, ready: Arc::default() }
    }

    /// Looks the credentials up now, so that their absence is one error and not a gap for every call.
    pub async fn prepare(&self) -> Result<(), CredentialsError> {
        let credentials = self.look_up().await?;
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = Some(credentials);
        Ok(())
    }

    async fn look_up(&self) -> Result<Credentials, CredentialsError> {
        let credentials = self.inner.provide_credentials().await?;
        self.known.add(Secret::new(credentials.secret_access_key().to_owned()));
        if let Some(token) = credentials.session_token() {
            self.known.add(Secret::new(token.to_owned()));
        }
        Ok(credentials)
    }

    fn take_ready(&self) -> Option<Credentials> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ProvideCredentials for Registering {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            match self.take_ready() {
                Some(credentials) => Ok(credentials),
                None => self.look_up().await,
            }
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.inner.fallback_on_interrupt()
    }
}
