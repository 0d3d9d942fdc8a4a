//! One call of the module, recorded.
//!
//! PKCS#11 has no bytes on a wire: what is kept as the answer is what the function gave back, written down as JSON.

use bytes::Bytes;
use cryptoki::error::{Error, RvError};
use sdk::{Clock, ExchangeId, GapReason, NewBody, NewExchange, Recorder, SinkError, Subject, Timestamp};
use serde_json::{Value, json};

use crate::rights::TOKEN_INFO;

/// Where the answers come from.
pub const ENDPOINT: &str = "local:pkcs11";

/// Asks and records.
#[derive(Clone, Debug)]
pub struct TokenAsker {
    pub recorder: Recorder,
    pub clock: Clock,
}

/// What a call is about.
#[derive(Clone, Debug, Default)]
pub struct About {
    pub population: Option<String>,
    pub subject: Option<Subject>,
    pub parameters: Value,
}

impl About {
    pub fn with(parameters: Value) -> Self {
        Self { parameters, ..Self::default() }
    }

    pub fn population(mut self, population: &str) -> Self {
        self.population = Some(population.to_owned());
        self
    }
}

/// An answer that was kept.
#[derive(Clone, Debug)]
pub struct TokenAnswer<T> {
    pub value: T,
    pub exchange: ExchangeId,
}

/// Why there is none.
#[derive(Clone, Debug)]
pub struct TokenRefusal {
    pub right: &'static str,
    pub reason: GapReason,
    pub detail: String,
    pub exchange: Option<ExchangeId>,
}

impl TokenRefusal {
    pub fn end(self) -> sdk::CollectError {
        sdk::CollectError::Refused {
            reason: self.reason,
            right: Some(self.right.to_owned()),
            detail: self.detail,
            exchange: self.exchange,
        }
    }
}

impl TokenAsker {
    /// Calls the module and keeps what came, also a refusal.
    ///
    /// # Errors
    /// When the evidence cannot be written.
    pub fn ask<T>(
        &self,
        right: &'static str,
        about: About,
        call: impl FnOnce() -> Result<T, Error>,
        written: impl FnOnce(&T) -> Value,
    ) -> Result<Result<TokenAnswer<T>, TokenRefusal>, SinkError> {
        let started = self.clock.now();
        let came = call();
        let (body, code) = match &came {
            Ok(value) => (NewBody::Received(Bytes::from(written(value).to_string())), None),
            Err(error) => (NewBody::None, Some(code(error))),
        };
        let captured = self.recorder.exchange(exchange(right, about, started, code, body))?;
        let exchange = captured.id;
        Ok(match came {
            Ok(_) if captured.withheld.is_some() => Err(TokenRefusal {
                right,
                reason: GapReason::WithheldSecret,
                detail: format!("what {right} gave seems to hold a secret and is not kept"),
                exchange: Some(exchange),
            }),
            Ok(value) => Ok(TokenAnswer { value, exchange }),
            Err(error) if right == TOKEN_INFO && is_clock(&error) => Err(TokenRefusal {
                right,
                reason: GapReason::Unsupported,
                detail: format!(
                    "{right}: the token's clock (utcTime) is not of the form YYYYMMDDhhmmss, and the PKCS#11 library of this program then \
                     gives nothing of the token: which one it is was not read"
                ),
                exchange: Some(exchange),
            }),
            Err(error) => Err(TokenRefusal {
                right,
                reason: reason(&error),
                detail: format!("{right}: {}", in_words(&error)),
                exchange: Some(exchange),
            }),
        })
    }
}

fn exchange(right: &str, about: About, started: Timestamp, error: Option<String>, body: NewBody) -> NewExchange {
    NewExchange {
        endpoint: ENDPOINT.to_owned(),
        peer: None,
        operation: right.to_owned(),
        population: about.population,
        subject: about.subject,
        page: 0,
        attempt: 1,
        started,
        status: None,
        error,
        failure: None,
        request_id: None,
        date: None,
        parameters: if about.parameters.is_null() { json!({}) } else { about.parameters },
        body,
    }
}

/// Of all that C_GetTokenInfo gives, only the time is parsed (`cryptoki` 0.12.1, `TokenInfo`).
const fn is_clock(error: &Error) -> bool {
    matches!(error, Error::ParseInt(_) | Error::Utf8(_))
}

/// `CKR_PIN_INCORRECT`, else what went wrong between the module and us.
#[must_use]
pub fn code(error: &Error) -> String {
    match error {
        Error::Pkcs11(value, _) => format!("CKR_{}", upper(&format!("{value:?}"))),
        other => upper(format!("{other:?}").split(['(', ' ', '{']).next().unwrap_or_default()),
    }
}

/// For a person: the code, and what the library says where it is no code of the standard.
#[must_use]
pub fn in_words(error: &Error) -> String {
    match error {
        Error::Pkcs11(..) => code(error),
        Error::NullFunctionPointer => "the module does not have this function".to_owned(),
        other => other.to_string(),
    }
}

#[must_use]
pub fn reason(error: &Error) -> GapReason {
    match error {
        Error::Pkcs11(value, _) => match value {
            RvError::UserNotLoggedIn
            | RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked
            | RvError::UserPinNotInitialized
            | RvError::UserTypeInvalid => GapReason::Unauthenticated,
            RvError::AttributeSensitive | RvError::ActionProhibited => GapReason::Denied,
            RvError::AttributeTypeInvalid | RvError::FunctionNotSupported => GapReason::Unsupported,
            RvError::TokenNotPresent
            | RvError::DeviceRemoved
            | RvError::TokenNotRecognized
            | RvError::SlotIdInvalid => GapReason::Unreachable,
            RvError::ObjectHandleInvalid => GapReason::Vanished,
            _ => GapReason::SourceError,
        },
        Error::NullFunctionPointer | Error::MissingSymbol(_) | Error::NotSupported => GapReason::Unsupported,
        Error::LibraryLoading(_) | Error::PinNotSet => GapReason::CollectorFailed,
        _ => GapReason::Malformed,
    }
}

/// `PinIncorrect` as `PIN_INCORRECT`.
fn upper(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars().take_while(|c| c.is_ascii_alphanumeric()) {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn return_values_bear_the_names_of_the_standard() {
        for (value, name, expected) in [
            (RvError::PinIncorrect, "CKR_PIN_INCORRECT", GapReason::Unauthenticated),
            (RvError::AttributeTypeInvalid, "CKR_ATTRIBUTE_TYPE_INVALID", GapReason::Unsupported),
            (RvError::GeneralError, "CKR_GENERAL_ERROR", GapReason::SourceError),
        ] {
            let error = Error::Pkcs11(value, Function::Login);
            assert_eq!((code(&error).as_str(), reason(&error)), (name, expected));
        }
        assert_eq!(reason(&Error::InvalidValue), GapReason::Malformed);
        assert_eq!(code(&Error::NullFunctionPointer), "NULL_FUNCTION_POINTER");
    }
}
