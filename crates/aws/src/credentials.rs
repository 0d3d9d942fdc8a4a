//! Credentials that pass by are made known to the recorder, which then finds them in any answer.

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use sdk::{KnownSecrets, Secret};

/// A provider whose secrets are searched for in all that is recorded.
#[derive(Debug)]
pub struct Registering {
    inner: SharedCredentialsProvider,
    known: KnownSecrets,
}

impl Registering {
    pub fn new(inner: SharedCredentialsProvider, known: KnownSecrets) -> Self {
        Self { inner, known }
    }
}

impl ProvideCredentials for Registering {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let credentials = self.inner.provide_credentials().await?;
            self.known
                .add(Secret::new(credentials.secret_access_key().to_owned()));
            if let Some(token) = credentials.session_token() {
                self.known.add(Secret::new(token.to_owned()));
            }
            Ok(credentials)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<aws_credential_types::Credentials> {
        self.inner.fallback_on_interrupt()
    }
}
