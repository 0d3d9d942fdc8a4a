//! One call, and every way in which it can be refused.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use sdk::{GapReason, SinkError};
use transport::{Again, Answer, Call, Refusal, Seen, Trouble, causes};

use crate::session::Session;

impl Session {
    /// Makes one call of the SDK, again where that may help (`transport::Asker`). `request` makes one attempt, of which the SDK makes no
    /// other by itself: it would count attempts, where an outage is a matter of time.
    ///
    /// # Errors
    /// Outer: evidence can no longer be written. Inner: the call brought nothing, and why.
    pub async fn call<T, E, F>(
        &self,
        call: Call,
        mut request: impl FnMut() -> F + Send,
    ) -> Result<Result<Answer<T>, Refusal>, SinkError>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    {
        let mut skewed = false;
        let read = |brought: F::Output, seen: Option<&Seen>| {
            brought.map_err(|error| {
                let mut trouble = explain(&error, seen);
                // The client has taken the time from this answer, and signs the next attempt with it.
                if trouble.code.as_deref().is_some_and(|code| OF_A_WRONG_CLOCK.contains(&code)) && !skewed {
                    skewed = true;
                    trouble.again = Again::Later;
                }
                trouble
            })
        };
        // The SDK's futures are large, and every layer below would hold one: without the box a thread's stack is not enough for a few.
        self.asker().ask(&call, |_| Box::pin(request()), read).await
    }
}

/// What AWS answers where our clock is wrong, and where something else is; as `aws-runtime` 1.10 has it (`CLOCK_SKEW_ERROR_CODES`).
const OF_A_WRONG_CLOCK: [&str; 6] = [
    "AuthFailure",
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
];

/// Reason and words for an error of the SDK. `seen` is the last attempt of the call itself.
fn explain<E>(error: &SdkError<E, HttpResponse>, seen: Option<&Seen>) -> Trouble
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
        return Trouble::lasting(reason, causes(error));
    };
    if let Some(trouble) = Trouble::on_the_way(seen, &causes(error)) {
        return trouble;
    }
    let status = seen.status.unwrap_or_default();
    let code = error.code().or(seen.error.as_deref());
    let message = error.message().unwrap_or_default();
    let Some(code) = code else {
        return without_code(status, error);
    };
    let detail = if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") };
    let reason = by_code(code, status, message);
    // As the SDK has it: too many requests, no answer in time and a server's failure pass.
    let again = match reason {
        GapReason::Throttled | GapReason::TimedOut => Again::Later,
        GapReason::SourceError if status >= 500 => Again::Later,
        _ => Again::Never,
    };
    Trouble { code: Some(code.to_owned()), again, ..Trouble::lasting(reason, detail) }
}

/// An answer that bears no error code of AWS: a proxy's page, a broken server, an undecodable body.
fn without_code<E>(status: u16, error: &SdkError<E, HttpResponse>) -> Trouble
where
    E: Error + Send + Sync + 'static,
{
    let said = match status {
        200..=299 => {
            return Trouble::lasting(GapReason::Malformed, format!("the answer cannot be read: {}", causes(error)));
        }
        401 | 407 => "not authenticated; AWS gave no reason",
        403 => "access denied; AWS gave no reason",
        404 | 405 | 501 => "the source does not know this call",
        408 => "the source timed out",
        429 => "too many requests",
        500..=599 => "the source failed; AWS gave no reason",
        _ => "not an answer that AWS gives",
    };
    Trouble::by_status(status, format!("HTTP status {status}: {said}"))
}

fn by_code(code: &str, status: u16, message: &str) -> GapReason {
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "AccessDeniedForDependencyException"
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
        | "RequestTimeTooSkewed"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => GapReason::Unauthenticated,
        "BandwidthLimitExceeded"
        | "EC2ThrottledException"
        | "LimitExceededException"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "SlowDown"
        | "ThrottledException"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException"
        | "TransactionInProgressException" => GapReason::Throttled,
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
        // Each service spells it in its own way: `ThrottledRequestException`, `SlowDownRead`. No denial is called so.
        _ if status == 429 || code.contains("Throttl") || code.starts_with("SlowDown") => GapReason::Throttled,
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
            ("EC2ThrottledException", 503, "", Throttled),
            ("LimitExceededException", 400, "", Throttled),
            ("TransactionInProgressException", 400, "", Throttled),
            ("ThrottledRequestException", 400, "", Throttled),
            ("SlowDownRead", 503, "", Throttled),
            ("AccessDenied", 403, "Rate exceeded is not what was said", Denied),
            ("AccessDeniedForDependencyException", 400, "", Denied),
            ("RequestTimeTooSkewed", 403, "", Unauthenticated),
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
        let trouble = explain(&Failed::dispatch_failure(connector), None);
        assert_eq!(trouble.reason, GapReason::Unauthenticated);
        assert!(trouble.detail.contains("the identity provider gave up"), "{trouble:?}");
        assert_eq!(explain(&Failed::construction_failure("no"), None).reason, GapReason::CollectorFailed);
        let none = CredentialsError::not_loaded("nothing found");
        assert_eq!(explain(&Failed::construction_failure(none), None).reason, GapReason::Unauthenticated);
    }
}
