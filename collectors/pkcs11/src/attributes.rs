//! Attributes of one object: what was asked, what came, and in which form it is written down.

use std::collections::BTreeMap;

use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectHandle};
use cryptoki::session::Session;
use sdk::GapReason;
use serde_json::{Map, Value, json};

use crate::ask;

/// One attribute.
#[derive(Clone, Debug)]
pub enum Got {
    Value(Attribute),
    /// The object has no such attribute, or the token does not know it.
    NotThere,
    Refused {
        reason: GapReason,
        code: String,
        /// Twice in a row, while the object answers otherwise: it will be so the next time too.
        lasting: bool,
    },
}

impl Got {
    const fn refused(reason: GapReason, code: String) -> Self {
        Self::Refused { reason, code, lasting: false }
    }
}

/// Why an attribute was refused, for a person.
#[must_use]
pub fn why(attribute: AttributeType, code: &str, lasting: bool) -> String {
    if lasting {
        format!("{attribute}: {code}, each time it is asked for: the module does not answer it for this object")
    } else {
        format!("{attribute}: {code}")
    }
}

pub type Attributes = BTreeMap<AttributeType, Got>;

/// Reads them. One call where the token answers as the standard wants; one by one where a single odd value would hide all.
///
/// # Errors
/// When the object itself cannot be asked.
pub fn read(session: &Session, object: ObjectHandle, wanted: &[AttributeType]) -> Result<Attributes, Error> {
    let mut found: Attributes = BTreeMap::new();
    match session.get_attributes(object, wanted) {
        Ok(values) => {
            for value in values {
                found.insert(value.attribute_type(), Got::Value(value));
            }
        }
        // Whether there is such an object at all.
        Err(_) => {
            session.get_attribute_info(object, &[AttributeType::Class])?;
        }
    }
    for attribute in wanted {
        if !found.contains_key(attribute) {
            found.insert(*attribute, lastingly(|| alone(session, object, *attribute)));
        }
    }
    Ok(found)
}

/// Asks again where the module failed, which may pass. What it answers the second time counts; the same failure is no accident, as the
/// object is answered for otherwise.
fn lastingly(ask: impl Fn() -> Got) -> Got {
    let first = ask();
    let Got::Refused { reason: GapReason::SourceError, code: before, .. } = &first else {
        return first;
    };
    match ask() {
        Got::Refused { reason: GapReason::SourceError, code, .. } if code == *before => {
            Got::Refused { reason: GapReason::Unsupported, code, lasting: true }
        }
        other => other,
    }
}

/// Why an attribute did not come with the others, or its value after all.
fn alone(session: &Session, object: ObjectHandle, attribute: AttributeType) -> Got {
    match session.get_attribute_info(object, &[attribute]).map(|info| info.into_iter().next()) {
        Ok(Some(AttributeInfo::TypeInvalid)) => Got::NotThere,
        // Neither that there is none, nor what it is (CK_UNAVAILABLE_INFORMATION).
        Ok(Some(AttributeInfo::Unavailable) | None) => {
            Got::refused(GapReason::Unsupported, "CK_UNAVAILABLE_INFORMATION".to_owned())
        }
        Ok(Some(AttributeInfo::Sensitive)) => Got::refused(GapReason::Denied, "CKR_ATTRIBUTE_SENSITIVE".to_owned()),
        Ok(Some(AttributeInfo::Available(_))) => match session.get_attributes(object, &[attribute]) {
            Ok(values) => match values.into_iter().next() {
                Some(value) => Got::Value(value),
                None => Got::refused(GapReason::Malformed, "announced with a size, and not given".to_owned()),
            },
            Err(error) => Got::refused(ask::reason(&error), ask::code(&error)),
        },
        Err(error) => Got::refused(ask::reason(&error), ask::code(&error)),
    }
}

/// The answer as it is kept.
pub fn written(object: ObjectHandle, attributes: &Attributes) -> Value {
    json!({"object": object.handle(), "attributes": members(attributes)})
}

/// All that is known of an object, but for its handle.
pub fn members(attributes: &Attributes) -> Map<String, Value> {
    attributes
        .iter()
        .map(|(attribute, got)| {
            let written = match got {
                Got::Value(value) => value_of(value),
                Got::NotThere => json!({"error": "CKR_ATTRIBUTE_TYPE_INVALID"}),
                Got::Refused { code, .. } => json!({"error": code}),
            };
            (attribute.to_string(), written)
        })
        .collect()
}

/// Booleans and numbers as such, names by name, bytes in hex.
fn value_of(attribute: &Attribute) -> Value {
    if let Some(flag) = flag(attribute) {
        return json!(flag);
    }
    if let Some(bytes) = bytes(attribute) {
        return match std::str::from_utf8(bytes) {
            Ok(text) if matches!(attribute, Attribute::Label(_) | Attribute::UniqueId(_)) => {
                json!({"hex": hex::encode(bytes), "text": text})
            }
            _ => json!({"hex": hex::encode(bytes)}),
        };
    }
    match attribute {
        Attribute::Class(class) => json!(class.to_string()),
        Attribute::KeyType(kind) => json!(kind.to_string()),
        Attribute::CertificateType(kind) => json!(kind.to_string()),
        Attribute::KeyGenMechanism(mechanism) => json!(mechanism.to_string()),
        Attribute::AllowedMechanisms(all) => json!(all.iter().map(ToString::to_string).collect::<Vec<_>>()),
        Attribute::ModulusBits(number) | Attribute::ValueLen(number) => json!(**number),
        Attribute::StartDate(date) | Attribute::EndDate(date) => json!(day(*date)),
        other => json!({"unreadable": format!("{:?}", other.attribute_type())}),
    }
}

/// `2026-11-28`; `None`: empty.
#[must_use]
pub fn day(date: cryptoki::types::Date) -> Option<String> {
    let part = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (!date.is_empty()).then(|| format!("{}-{}-{}", part(&date.year), part(&date.month), part(&date.day)))
}

#[must_use]
pub const fn flag(attribute: &Attribute) -> Option<bool> {
    match attribute {
        Attribute::AlwaysAuthenticate(is)
        | Attribute::AlwaysSensitive(is)
        | Attribute::Copyable(is)
        | Attribute::Decrypt(is)
        | Attribute::Derive(is)
        | Attribute::Destroyable(is)
        | Attribute::Encrypt(is)
        | Attribute::Extractable(is)
        | Attribute::Local(is)
        | Attribute::Modifiable(is)
        | Attribute::NeverExtractable(is)
        | Attribute::Private(is)
        | Attribute::Sensitive(is)
        | Attribute::Sign(is)
        | Attribute::SignRecover(is)
        | Attribute::Trusted(is)
        | Attribute::Unwrap(is)
        | Attribute::Verify(is)
        | Attribute::Wrap(is)
        | Attribute::WrapWithTrusted(is) => Some(*is),
        _ => None,
    }
}

#[must_use]
pub fn bytes(attribute: &Attribute) -> Option<&[u8]> {
    match attribute {
        Attribute::EcParams(bytes)
        | Attribute::EcPoint(bytes)
        | Attribute::Id(bytes)
        | Attribute::Label(bytes)
        | Attribute::Modulus(bytes)
        | Attribute::PublicExponent(bytes)
        | Attribute::PublicKeyInfo(bytes)
        | Attribute::UniqueId(bytes)
        | Attribute::Value(bytes) => Some(bytes),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_fails_twice_in_the_same_way_will_not_be_answered() {
        let failed = |code: &str| Got::refused(GapReason::SourceError, code.to_owned());
        let told = |answers: [Got; 2]| {
            let asked = Cell::new(0);
            let got = lastingly(|| {
                asked.set(asked.get() + 1);
                answers[asked.get() - 1].clone()
            });
            (got, asked.get())
        };
        let (got, asked) = told([failed("CKR_GENERAL_ERROR"), failed("CKR_GENERAL_ERROR")]);
        assert!(matches!(got, Got::Refused { reason: GapReason::Unsupported, lasting: true, .. }), "{got:?}");
        assert_eq!(asked, 2);
        // What passes is no property of the module.
        let (got, _) = told([failed("CKR_GENERAL_ERROR"), Got::NotThere]);
        assert!(matches!(got, Got::NotThere), "{got:?}");
        let (got, _) = told([failed("CKR_GENERAL_ERROR"), failed("CKR_DEVICE_ERROR")]);
        assert!(matches!(got, Got::Refused { reason: GapReason::SourceError, lasting: false, .. }), "{got:?}");
        let denied = Got::refused(GapReason::Denied, "CKR_ATTRIBUTE_SENSITIVE".to_owned());
        assert_eq!(told([denied.clone(), denied]).1, 1);
    }

    #[test]
    fn a_refusal_says_whether_it_is_worth_asking_again() {
        assert_eq!(why(AttributeType::Label, "CKR_X", false), "CKA_LABEL: CKR_X");
        assert!(why(AttributeType::StartDate, "CKR_X", true).contains("does not answer it for this object"));
    }
}
