//! What a request is asked with: the value of its `Authorization`.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use sdk::{Clock, GapReason, KnownSecrets, Secret, Timestamp};

use crate::kubeconfig::Credential;
use crate::plugin::{Failure, Tokens};

/// How long the token of a file is taken for the file's: kubelets write a new one well before the old one ends.
const LASTS_MILLIS: i64 = 60_000;

/// As whom the cluster is asked.
pub struct Credentials {
    kind: Kind,
    /// For a person: `the token in the file …`.
    pub said: String,
}

enum Kind {
    /// No header: a client certificate, or nobody.
    Bare,
    Fixed(Secret),
    File(FileToken),
    Plugin(Box<Tokens>),
}

/// A token that stands in a file, which others write anew.
struct FileToken {
    path: PathBuf,
    /// Where the file holds none.
    otherwise: Option<Secret>,
    /// What it held, and when it was read; without a time it is to be read again.
    last: Mutex<Option<(Secret, Option<Timestamp>)>>,
}

impl Credentials {
    /// `plugin`: what it gave, where the credential is one.
    pub fn new(credential: Credential, plugin: Option<Tokens>, secrets: &KnownSecrets) -> Self {
        let said = credential.said();
        let kind = match (credential, plugin) {
            (_, Some(tokens)) => Kind::Plugin(Box::new(tokens)),
            (Credential::Token(token, _), None) => Kind::Fixed(bearer(&token)),
            (Credential::File(path, otherwise), None) => {
                Kind::File(FileToken { path, otherwise, last: Mutex::default() })
            }
            (Credential::Password(name, password, _), None) => {
                secrets.add(password.clone());
                Kind::Fixed(Secret::new(format!("Basic {}", STANDARD.encode(format!("{name}:{}", password.expose())))))
            }
            // A plugin that gave a certificate is asked with that.
            (Credential::None(_) | Credential::Plugin(_), None) => Kind::Bare,
        };
        Self { kind, said }
    }

    /// The value of `Authorization`, if there is to be one, and the number of the token among those that a plugin gave.
    ///
    /// # Errors
    /// When there is no token where one should be, or none that a header can hold.
    pub async fn authorization(&self, clock: &Clock, left: Duration) -> Result<Option<(HeaderValue, u64)>, Failure> {
        let text = match &self.kind {
            Kind::Bare => return Ok(None),
            Kind::Plugin(tokens) => return tokens.authorization(clock, Some(left)).await.map(Some),
            Kind::Fixed(text) => text.clone(),
            Kind::File(file) => bearer(&file.token(clock.now()).map_err(|problem| self.unusable(&problem))?),
        };
        let mut value = HeaderValue::try_from(text.expose())
            .map_err(|_| self.unusable("it has characters that a request header cannot hold"))?;
        value.set_sensitive(true);
        Ok(Some((value, 0)))
    }

    /// The server did not take what an attempt was made with, the token of this number: whether there may be another one now.
    pub fn refused(&self, number: u64) -> bool {
        match &self.kind {
            Kind::Bare | Kind::Fixed(_) => false,
            Kind::File(file) => {
                file.forget();
                true
            }
            Kind::Plugin(tokens) => {
                tokens.refused(number);
                true
            }
        }
    }

    fn unusable(&self, problem: &str) -> Failure {
        Failure { reason: GapReason::Unauthenticated, detail: format!("{} cannot be used: {problem}", self.said) }
    }
}

impl FileToken {
    /// The file is read again at once.
    fn forget(&self) {
        if let Some((_, read)) = &mut *self.last.lock().unwrap_or_else(PoisonError::into_inner) {
            *read = None;
        }
    }

    /// What the file holds, without blanks and line ends around it; where it can no longer be read, what it held.
    fn token(&self, now: Timestamp) -> Result<Secret, String> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, Some(read))) = &*last
            && now.as_millis() - read.as_millis() < LASTS_MILLIS
        {
            return Ok(token.clone());
        }
        let problem = match read(&self.path) {
            Ok(token) => {
                *last = Some((token.clone(), Some(now)));
                return Ok(token);
            }
            Err(problem) => problem,
        };
        let held = last.as_ref().map(|(token, _)| token.clone());
        held.or_else(|| self.otherwise.clone()).ok_or(problem)
    }
}

fn read(path: &Path) -> Result<Secret, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    match text.trim() {
        "" => Err("the file is empty".to_owned()),
        token => Ok(Secret::new(token.to_owned())),
    }
}

fn bearer(token: &Secret) -> Secret {
    Secret::new(format!("Bearer {}", token.expose()))
}
