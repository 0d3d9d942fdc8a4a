//! One call, and every way in which it can be refused.

use std::error::Error;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use bytes::Bytes;
use sdk::{ExchangeId, GapNote, GapReason, SinkError, Subject};
use transport::{Scope, Seen};

use crate::session::Session;

/// What a call is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallInfo {
    /// As it stands in requests: `kms:ListKeys`.
    pub operation: String,
    /// The right it needs; the operation's name unless said otherwise.
    pub right: String,
    pub population: Option<String>,
    pub subject: Option<Subject>,
    /// Counted from 1; 0 where the call has no pages.
    pub page: u64,
}

impl CallInfo {
    /// A call of `operation`, for nothing in particular.
    #[must_use]
    pub fn new(operation: &str) -> Self {
        Self { operation: operation.to_owned(), right: operation.to_owned(), population: None, subject: None, page: 0 }
    }

    /// What is being listed.
    #[must_use]
    pub fn population(mut self, population: &str) -> Self {
        self.population = Some(population.to_owned());
        self
    }

    /// What it asks about.
    #[must_use]
    pub fn subject(mut self, kind: &str, id: &str) -> Self {
        self.subject = Some(Subject { kind: kind.to_owned(), id: id.to_owned() });
        self
    }

    /// The right it needs, where that is not named as the operation.
    #[must_use]
    pub fn right(mut self, right: &str) -> Self {
        self.right = right.to_owned();
        self
    }

    /// The page it asks for.
    #[must_use]
    pub fn page(mut self, page: u64) -> Self {
        self.page = page;
        self
    }

    /// The call was not made, or led to nothing.
    #[must_use]
    pub fn refused(&self, reason: GapReason, detail: impl Into<String>) -> Refusal {
        Refusal {
            reason,
            detail: detail.into(),
            exchange: None,
            code: None,
            status: None,
            body: Bytes::new(),
            attempts: 0,
            info: self.clone(),
        }
    }
}

/// An answer, as the SDK reads it and as it came.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    pub value: T,
    /// The exchange it came in.
    pub exchange: ExchangeId,
    /// Exactly what came.
    pub body: Bytes,
    /// How many attempts it took.
    pub attempts: u32,
}

/// A call that brought nothing that can be used.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub reason: GapReason,
    /// What the source said, for a person.
    pub detail: String,
    /// The last attempt.
    pub exchange: Option<ExchangeId>,
    /// The source's own error code.
    pub code: Option<String>,
    pub status: Option<u16>,
    /// Exactly what came: a code is found in an answer that stops half-way too.
    pub body: Bytes,
    pub attempts: u32,
    /// The call it is about.
    pub info: CallInfo,
}

impl Refusal {
    /// What is missing for it: `part` of the call's subject, or of every member of its population;
    /// without `part` the subject itself, or the list.
    #[must_use]
    pub fn gap(&self, part: Option<&str>) -> GapNote {
        GapNote {
            population: self.info.population.clone(),
            subject: self.info.subject.clone(),
            part: part.map(str::to_owned),
            right: Some(self.info.right.clone()),
            reason: self.reason,
            detail: self.detail.clone(),
            exchange: self.exchange,
        }
    }

    /// Whether the source answered with this code.
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.info.operation, self.detail)
    }
}

impl Session {
    /// Makes one call of the SDK, its retries included, within the run's deadline.
    ///
    /// # Errors
    /// Outer: evidence can no longer be written. Inner: the call brought nothing, and why.
    pub async fn call<T, E>(
        &self,
        info: CallInfo,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
    ) -> Result<Result<Answer<T>, Refusal>, SinkError>
    where
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let _turn = self.turn().await;
        let Some(left) = self.time_left() else {
            return Ok(Err(info.refused(GapReason::Deadline, "the run's deadline was reached before this call")));
        };
        let scope = Scope::new(info.operation.clone(), info.population.clone(), info.subject.clone(), info.page);
        let outcome = tokio::time::timeout(left, scope.run(call)).await;
        if let Some(cause) = self.recording().take_sink_error() {
            return Err(cause);
        }
        let seen = scope.last();
        let attempts = scope.attempts();
        let refused = |reason, detail: String, code: Option<String>| Refusal {
            reason,
            detail,
            exchange: seen.as_ref().map(|seen| seen.exchange),
            code,
            status: seen.as_ref().and_then(|seen| seen.status),
            body: seen.as_ref().map(|seen| seen.body.clone()).unwrap_or_default(),
            attempts,
            info: info.clone(),
        };
        Ok(match outcome {
            Err(_) => Err(refused(
                GapReason::TimedOut,
                "the run's deadline was reached while waiting for the answer".to_owned(),
                None,
            )),
            Ok(Ok(value)) => match &seen {
                Some(seen) => Ok(Answer { value, exchange: seen.exchange, body: seen.body.clone(), attempts }),
                // A call under another name than the one it was announced by proves nothing.
                None => Err(refused(
                    GapReason::CollectorFailed,
                    format!("no request of `{}` was seen", info.operation),
                    None,
                )),
            },
            Ok(Err(error)) => {
                let (reason, detail) = explain(&error, seen.as_ref());
                let detail = readable(&detail);
                let code =
                    error.code().map(str::to_owned).or_else(|| seen.as_ref().and_then(|seen| seen.error.clone()));
                Err(refused(reason, detail, code))
            }
        })
    }
}

/// Reason and words for an error of the SDK. `seen` is the last attempt of the call itself.
fn explain<E>(error: &SdkError<E, HttpResponse>, seen: Option<&Seen>) -> (GapReason, String)
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let Some(seen) = seen else {
        // Whatever is sent is recorded first, so this request never left: what failed are the credentials for it,
        // or its own form.
        let reason = match error {
            SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) => GapReason::Unauthenticated,
            _ if finds::<CredentialsError>(error) => GapReason::Unauthenticated,
            _ => GapReason::CollectorFailed,
        };
        return (reason, causes(error));
    };
    if seen.withheld {
        return (GapReason::WithheldSecret, "the answer seems to hold a secret and was not kept".to_owned());
    }
    match seen.failure {
        Some("timeout") => return (GapReason::TimedOut, causes(error)),
        Some("too-large") => return (GapReason::Malformed, causes(error)),
        Some(_) => return (GapReason::Unreachable, causes(error)),
        None => {}
    }
    let status = seen.status.unwrap_or_default();
    let code = error.code().or(seen.error.as_deref());
    let message = error.message().unwrap_or_default();
    let Some(code) = code else {
        return without_code(status, error);
    };
    let reason = by_code(code, status, message);
    let detail = if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") };
    (reason, detail)
}

/// An answer that bears no error code of AWS: a proxy's page, a broken server, an undecodable body.
fn without_code<E>(status: u16, error: &SdkError<E, HttpResponse>) -> (GapReason, String)
where
    E: Error + Send + Sync + 'static,
{
    let detail = |what: &str| format!("HTTP status {status}: {what}");
    match status {
        200..=299 => (GapReason::Malformed, format!("the answer cannot be read: {}", causes(error))),
        401 | 407 => (GapReason::Unauthenticated, detail("not authenticated, without AWS' reason")),
        403 => (GapReason::Denied, detail("refused, without AWS' reason")),
        404 | 405 | 501 => (GapReason::Unsupported, detail("the source does not know this call")),
        408 => (GapReason::TimedOut, detail("the source gave up waiting")),
        429 => (GapReason::Throttled, detail("too many requests")),
        500..=599 => (GapReason::SourceError, detail("the source failed, without AWS' reason")),
        _ => (GapReason::Malformed, detail("an answer that AWS does not give")),
    }
}

fn by_code(code: &str, status: u16, message: &str) -> GapReason {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "NotAuthorized"
        | "CloudHsmAccessDeniedException"
        | "UnauthorizedException"
        | "UnauthorizedOperation" => {
            if closed_by_policy(message) {
                GapReason::ClosedByPolicy
            } else {
                GapReason::Denied
            }
        }
        "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidAccessKeyId"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "InvalidToken"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => GapReason::Unauthenticated,
        "BandwidthLimitExceeded"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException" => GapReason::Throttled,
        "InvalidAction"
        | "AWSOrganizationsNotInUseException"
        | "NotImplemented"
        | "NotImplementedException"
        | "OptInRequired"
        | "SubscriptionRequiredException"
        | "UnknownOperation"
        | "UnknownOperationException"
        | "UnsupportedOperation"
        | "UnsupportedOperationException"
        // The key is in a state in which this cannot be asked.
        | "KMSInvalidStateException" => GapReason::Unsupported,
        "RequestTimeout" | "RequestTimeoutException" => GapReason::TimedOut,
        "AccountNotFoundException"
        | "CloudHsmResourceNotFoundException"
        | "NoSuchBucket"
        | "NoSuchEntity"
        | "NoSuchEntityException"
        | "NotFoundException"
        | "OrganizationalUnitNotFoundException"
        | "PolicyNotFoundException"
        | "ResourceNotFoundException"
        | "TrailNotFoundException" => GapReason::Vanished,
        _ if status == 429 => GapReason::Throttled,
        _ if status >= 500 => GapReason::SourceError,
        _ if status == 403 => GapReason::Denied,
        _ if status == 401 => GapReason::Unauthenticated,
        _ => {
            let words = message.to_ascii_lowercase();
            if ["not supported", "not implemented", "unsupported", "unknown operation"]
                .iter()
                .any(|sign| words.contains(sign))
            {
                GapReason::Unsupported
            } else {
                GapReason::SourceError
            }
        }
    }
}

/// AWS names the kind of policy that refused: "with an explicit deny in a service control policy".
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>
fn closed_by_policy(message: &str) -> bool {
    ["service control policy", "resource control policy"].iter().any(|kind| message.contains(kind))
}

/// An error's causes as one line, without the SDK's own wrapping and without the answer's headers.
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !words.is_empty() && !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

/// A source's words as a gap may hold them: of bearable length, and without characters that a terminal obeys.
pub fn readable(words: &str) -> String {
    const LONGEST: usize = 1000;
    let mut text: String = words.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if words.chars().nth(LONGEST).is_some() {
        text.push('…');
    }
    text
}

fn finds<T: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    error.is::<T>() || error.source().is_some_and(finds::<T>)
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;

    use super::*;

    #[test]
    fn sorts_refusals() {
        use GapReason::{ClosedByPolicy, Denied, SourceError, Throttled, Unauthenticated, Unsupported, Vanished};
        for (code, status, message, reason) in [
            ("AccessDeniedException", 400, "User: x is not authorized to perform: kms:ListKeys", Denied),
            ("AccessDenied", 403, "… with an explicit deny in a service control policy", ClosedByPolicy),
            ("AccessDenied", 403, "… with an explicit deny in a resource control policy", ClosedByPolicy),
            ("AccessDenied", 403, "… with an explicit deny in an identity-based policy", Denied),
            ("ThrottlingException", 400, "Rate exceeded", Throttled),
            ("Throttling", 400, "Rate exceeded", Throttled),
            ("ExpiredTokenException", 400, "", Unauthenticated),
            ("InvalidClientTokenId", 403, "", Unauthenticated),
            ("UnrecognizedClientException", 400, "", Unauthenticated),
            ("SignatureDoesNotMatch", 403, "", Unauthenticated),
            ("NotFoundException", 400, "Key is gone", Vanished),
            ("NoSuchEntity", 404, "", Vanished),
            ("InvalidAction", 400, "", Unsupported),
            ("UnsupportedOperationException", 400, "", Unsupported),
            ("ValidationException", 400, "not supported for this key", Unsupported),
            ("ValidationException", 400, "1 error", SourceError),
            ("KMSInternalException", 500, "", SourceError),
            ("SomethingNew", 403, "", Denied),
            ("SomethingNew", 429, "", Throttled),
        ] {
            assert_eq!(by_code(code, status, message), reason, "{code} {status} {message}");
        }
    }

    #[test]
    fn a_request_that_never_left_is_about_credentials_or_about_us() {
        type Failed = SdkError<aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError, HttpResponse>;
        let connector = ConnectorError::other("the identity provider gave up".into(), None);
        let (reason, words) = explain(&Failed::dispatch_failure(connector), None);
        assert_eq!(reason, GapReason::Unauthenticated);
        assert!(words.contains("the identity provider gave up"), "{words}");
        assert_eq!(explain(&Failed::construction_failure("no"), None).0, GapReason::CollectorFailed);
        let none = CredentialsError::not_loaded("nothing found");
        assert_eq!(explain(&Failed::construction_failure(none), None).0, GapReason::Unauthenticated);
    }

    #[test]
    fn keeps_words_readable() {
        assert_eq!(readable("a\u{1b}[31m\nb"), "a [31m b");
        assert_eq!(readable(&"ä".repeat(2000)).chars().count(), 1001);
    }
}
