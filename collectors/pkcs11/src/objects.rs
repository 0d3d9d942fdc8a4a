//! Keys, public keys and certificates of the pinned token.

use std::collections::{BTreeMap, BTreeSet};

use cryptoki::error::Error;
use cryptoki::object::{Attribute, AttributeType as A, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use sdk::{CoverageNote, ExchangeId, GapNote, GapReason, ResourceNote, SinkError, Source, Subject};
use serde::Serialize;
use serde_json::{Value, json};

use crate::ask::{About, TokenAnswer, TokenAsker, TokenRefusal};
use crate::attributes::{self, Attributes, Got};
use crate::public;
use crate::resource::{CERTIFICATE, Certificate, KEY, Key, Maker, PUBLIC_KEY, PublicKey, X509};
use crate::rights::{ATTRIBUTES, FIND_OBJECTS};

/// Objects of one class that are read. A module that lists more does not come to an end.
const MOST_OBJECTS: usize = 100_000;

/// Objects in a row that were listed and cannot be asked. Then the list is no list of objects.
const MOST_IN_VAIN: usize = 1000;

const OF_KEYS: [A; 33] = [
    A::Class,
    A::KeyType,
    A::Label,
    A::Id,
    A::Private,
    A::Modifiable,
    A::Copyable,
    A::Destroyable,
    A::Sensitive,
    A::AlwaysSensitive,
    A::Extractable,
    A::NeverExtractable,
    A::Local,
    A::KeyGenMechanism,
    A::Encrypt,
    A::Decrypt,
    A::Sign,
    A::SignRecover,
    A::Verify,
    A::Wrap,
    A::Unwrap,
    A::Derive,
    A::WrapWithTrusted,
    A::Trusted,
    A::AlwaysAuthenticate,
    A::StartDate,
    A::EndDate,
    A::EcParams,
    A::Modulus,
    A::PublicExponent,
    A::PublicKeyInfo,
    A::ValueLen,
    A::AllowedMechanisms,
];

const OF_PUBLIC_KEYS: [A; 16] = [
    A::Class,
    A::KeyType,
    A::Label,
    A::Id,
    A::Private,
    A::Local,
    A::Encrypt,
    A::Verify,
    A::Wrap,
    A::Trusted,
    A::EcParams,
    A::EcPoint,
    A::Modulus,
    A::ModulusBits,
    A::PublicExponent,
    A::PublicKeyInfo,
];

const OF_CERTIFICATES: [A; 7] = [A::Class, A::CertificateType, A::Label, A::Id, A::Private, A::Trusted, A::Value];

/// Whose words the attributes are, and where that was read.
type By = Result<(Maker, Vec<Source>), TokenRefusal>;

/// Reads all objects of one session. `hidden`: why private objects do not show in it.
///
/// # Errors
/// When the evidence cannot be written.
pub fn read(asker: &TokenAsker, session: &Session, by: &By, hidden: Option<&GapNote>) -> Result<(), SinkError> {
    let keys = [(ObjectClass::PRIVATE_KEY, "private"), (ObjectClass::SECRET_KEY, "secret")];
    let mut of_keys = Listed::new(KEY);
    for (class, word) in keys {
        of_keys.list(asker, session, class, word, &OF_KEYS)?;
    }
    of_keys.record(asker, hidden, |read| key(read, by))?;
    let mut of_public = Listed::new(PUBLIC_KEY);
    of_public.list(asker, session, ObjectClass::PUBLIC_KEY, "public", &OF_PUBLIC_KEYS)?;
    of_public.record(asker, hidden, public_key)?;
    let mut of_certificates = Listed::new(CERTIFICATE);
    of_certificates.list(asker, session, ObjectClass::CERTIFICATE, "certificate", &OF_CERTIFICATES)?;
    of_certificates.record(asker, hidden, certificate)
}

/// One object as it was read.
struct Object {
    class: &'static str,
    attributes: Attributes,
    exchange: ExchangeId,
}

/// One population on its way.
struct Listed {
    kind: &'static str,
    objects: Vec<Object>,
    calls: u64,
    items: u64,
    complete: bool,
}

impl Listed {
    const fn new(kind: &'static str) -> Self {
        Self { kind, objects: Vec::new(), calls: 0, items: 0, complete: true }
    }

    /// Lists one class and reads each object.
    fn list(
        &mut self,
        asker: &TokenAsker,
        session: &Session,
        class: ObjectClass,
        word: &'static str,
        wanted: &[A],
    ) -> Result<(), SinkError> {
        let about = About::with(json!({"CKA_CLASS": class.to_string()})).population(self.kind);
        let handles =
            |found: &Vec<ObjectHandle>| json!({"objects": found.iter().map(ObjectHandle::handle).collect::<Vec<_>>()});
        let found = asker.ask(FIND_OBJECTS, about, || find(session, class), handles)?;
        self.calls += 1;
        let handles = match found {
            Ok(answer) => self.distinct(asker, &answer)?,
            Err(refusal) => {
                self.complete = false;
                return asker.recorder.gap(of_population(self.kind, &refusal));
            }
        };
        let mut in_vain = 0;
        for handle in handles {
            if in_vain == MOST_IN_VAIN {
                let detail =
                    format!("{MOST_IN_VAIN} objects in a row cannot be asked: the rest of the list is not read");
                let (reason, exchange) = (GapReason::Truncated, None);
                let refusal = TokenRefusal { right: ATTRIBUTES, reason, detail, exchange };
                return asker.recorder.gap(of_population(self.kind, &refusal));
            }
            let about = About::with(json!({"object": handle.handle()})).population(self.kind);
            let read = asker.ask(
                ATTRIBUTES,
                about,
                || attributes::read(session, handle, wanted),
                |found| attributes::written(handle, found),
            )?;
            match read {
                Ok(answer) if is_of(&answer.value, class) => {
                    in_vain = 0;
                    self.objects.push(Object { class: word, attributes: answer.value, exchange: answer.exchange });
                }
                Ok(answer) => {
                    let detail =
                        format!("object {} was listed as {class} and does not say that it is one", handle.handle());
                    let (reason, exchange) = (GapReason::Malformed, Some(answer.exchange));
                    self.complete = false;
                    asker
                        .recorder
                        .gap(of_population(self.kind, &TokenRefusal { right: ATTRIBUTES, reason, detail, exchange }))?;
                }
                // Which object it is stands in its attributes: without them there is nothing to name.
                Err(refusal) => {
                    self.complete = false;
                    in_vain += 1;
                    let detail = format!("object {}: {}", handle.handle(), refusal.detail);
                    asker.recorder.gap(of_population(self.kind, &TokenRefusal { detail, ..refusal }))?;
                }
            }
        }
        Ok(())
    }

    /// The handles once each, as far as they are read.
    fn distinct(
        &mut self,
        asker: &TokenAsker,
        found: &TokenAnswer<Vec<ObjectHandle>>,
    ) -> Result<Vec<ObjectHandle>, SinkError> {
        self.items += found.value.len() as u64;
        let mut gap = |reason, detail| {
            self.complete = false;
            let refusal = TokenRefusal { right: FIND_OBJECTS, reason, detail, exchange: Some(found.exchange) };
            asker.recorder.gap(of_population(self.kind, &refusal))
        };
        if found.value.len() >= MOST_OBJECTS {
            gap(GapReason::Truncated, format!("the list does not end within {MOST_OBJECTS} objects"))?;
        }
        let mut seen = BTreeSet::new();
        let handles: Vec<ObjectHandle> =
            found.value.iter().copied().filter(|handle| seen.insert(handle.handle())).collect();
        if handles.len() < found.value.len() {
            gap(GapReason::Malformed, "the list names an object twice".to_owned())?;
        }
        Ok(handles)
    }

    /// Records every object under a name of its own, and how completely they were listed.
    fn record<T: Serialize>(
        self,
        asker: &TokenAsker,
        hidden: Option<&GapNote>,
        facts_of: impl Fn(&mut Read<'_>) -> T,
    ) -> Result<(), SinkError> {
        let mut named: BTreeMap<String, Vec<Object>> = BTreeMap::new();
        for object in self.objects {
            named.entry(name(&object)).or_default().push(object);
        }
        for (name, mut same) in named {
            // Handles differ from session to session: what tells objects of one name apart is what stands in them.
            same.sort_by_cached_key(|object| Value::Object(attributes::members(&object.attributes)).to_string());
            for (n, object) in same.iter().enumerate() {
                let id = if n == 0 { name.clone() } else { format!("{name}#{}", n + 1) };
                let mut read = Read { object, parts: BTreeMap::new(), gaps: Vec::new() };
                let facts = facts_of(&mut read);
                read.finish(asker, self.kind, id, &facts)?;
            }
        }
        if let Some(gap) = hidden {
            asker.recorder.gap(GapNote { population: Some(self.kind.to_owned()), ..gap.clone() })?;
        }
        asker.recorder.coverage(CoverageNote {
            population: self.kind.to_owned(),
            calls: self.calls,
            pages: self.calls,
            items: self.items,
            complete: self.complete && hidden.is_none(),
            total: None,
        })
    }
}

fn find(session: &Session, class: ObjectClass) -> Result<Vec<ObjectHandle>, Error> {
    session.iter_objects(&[Attribute::Class(class)])?.take(MOST_OBJECTS).collect()
}

fn is_of(attributes: &Attributes, class: ObjectClass) -> bool {
    matches!(attributes.get(&A::Class), Some(Got::Value(Attribute::Class(said))) if *said == class)
}

/// Class, CKA_ID and label: what people know it by, and the same in every session.
fn name(object: &Object) -> String {
    let id = match object.attributes.get(&A::Id) {
        Some(Got::Value(Attribute::Id(bytes))) if !bytes.is_empty() => hex::encode(bytes),
        _ => "-".to_owned(),
    };
    let label = match object.attributes.get(&A::Label) {
        Some(Got::Value(Attribute::Label(bytes))) if !bytes.is_empty() => text(bytes),
        _ => "-".to_owned(),
    };
    format!("{}/{id}/{label}", object.class)
}

/// A label as text. Bytes that are none, and control characters, are written as `\x07`, a backslash as `\\`.
fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' => text.push_str("\\\\"),
                c if c.is_control() => text.extend(c.to_string().bytes().map(|byte| format!("\\x{byte:02x}"))),
                c => text.push(c),
            }
        }
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

fn of_population(kind: &str, refusal: &TokenRefusal) -> GapNote {
    GapNote {
        population: Some(kind.to_owned()),
        subject: None,
        part: None,
        right: Some(refusal.right.to_owned()),
        reason: refusal.reason,
        detail: refusal.detail.clone(),
        exchange: refusal.exchange,
    }
}

/// An object whose parts are taken from its attributes.
struct Read<'a> {
    object: &'a Object,
    parts: BTreeMap<String, Vec<Source>>,
    gaps: Vec<Missing>,
}

/// A part that was not read.
struct Missing {
    part: String,
    right: &'static str,
    reason: GapReason,
    detail: String,
    exchange: Option<ExchangeId>,
}

impl Read<'_> {
    fn got(&self, attribute: A) -> Option<&Got> {
        self.object.attributes.get(&attribute)
    }

    fn value(&self, attribute: A) -> Option<&Attribute> {
        match self.got(attribute) {
            Some(Got::Value(value)) => Some(value),
            _ => None,
        }
    }

    fn bytes(&self, attribute: A) -> Option<&[u8]> {
        self.value(attribute).and_then(attributes::bytes).filter(|bytes| !bytes.is_empty())
    }

    fn place(&mut self, part: &str, attributes: &[A]) {
        let at = |attribute: &A| Source::json(self.object.exchange, format!("/attributes/{attribute}"));
        self.parts.insert(part.to_owned(), attributes.iter().map(at).collect());
    }

    fn gap(&mut self, part: &str, reason: GapReason, detail: String) {
        let exchange = Some(self.object.exchange);
        self.gaps.push(Missing { part: part.to_owned(), right: ATTRIBUTES, reason, detail, exchange });
    }

    /// A part that every object of the kind has; one that the token refuses is a gap.
    fn must<T>(&mut self, part: &str, attribute: A, of: impl FnOnce(&Attribute) -> Option<T>) -> Option<T> {
        match self.may(part, attribute, of) {
            Some(None) => {
                self.parts.remove(part);
                self.gap(part, GapReason::Unsupported, format!("the token has no {attribute} for it"));
                None
            }
            Some(value) => value,
            None => None,
        }
    }

    /// A part that only some objects have.
    fn may<T>(&mut self, part: &str, attribute: A, of: impl FnOnce(&Attribute) -> Option<T>) -> Option<Option<T>> {
        let problem = match self.got(attribute) {
            Some(Got::Value(value)) => match of(value) {
                Some(value) => {
                    self.place(part, &[attribute]);
                    return Some(Some(value));
                }
                None => (GapReason::Malformed, format!("{attribute} does not have the form that it should have")),
            },
            Some(Got::NotThere) | None => {
                self.place(part, &[attribute]);
                return Some(None);
            }
            Some(Got::Refused { reason, code, lasting }) => (*reason, attributes::why(attribute, code, *lasting)),
        };
        self.gap(part, problem.0, problem.1);
        None
    }

    fn flag(&mut self, part: &str, attribute: A) -> Option<bool> {
        self.must(part, attribute, attributes::flag)
    }

    /// A flag that only some classes have: one that the class has must be there, and where it has none it is `null`.
    fn flag_of(&mut self, classes: &[&str], part: &str, attribute: A) -> Option<Option<bool>> {
        if classes.contains(&self.object.class) {
            return self.flag(part, attribute).map(Some);
        }
        self.may(part, attribute, attributes::flag)
    }

    /// Whether one of these was there and was not given, which is then a gap of the part.
    fn withheld(&mut self, part: &str, attributes: &[A]) -> bool {
        let refused = attributes.iter().find_map(|attribute| match self.got(*attribute) {
            Some(Got::Refused { reason, code, lasting }) => {
                Some((*reason, attributes::why(*attribute, code, *lasting)))
            }
            _ => None,
        });
        match refused {
            Some((reason, detail)) => {
                self.gap(part, reason, detail);
                true
            }
            None => false,
        }
    }

    /// The class, the label and the id, which stand in the name too.
    fn label(&mut self) -> Option<String> {
        self.must("label", A::Label, |value| attributes::bytes(value).map(text))
    }

    fn key_id(&mut self) -> Option<String> {
        self.must("key_id", A::Id, |value| attributes::bytes(value).map(hex::encode))
    }

    fn curve(&mut self) -> Option<Option<String>> {
        self.may("curve", A::EcParams, |value| attributes::bytes(value).map(public::curve_name))
    }

    /// The fingerprint of the public half, out of whatever the token shows of it. `null`: it shows nothing, or the type or curve is
    /// not known here.
    fn fingerprint(&mut self) -> Option<Option<String>> {
        let (made, from): (Result<Option<Vec<u8>>, String>, &[A]) = if let Some(info) = self.bytes(A::PublicKeyInfo) {
            (Ok(Some(info.to_vec())), &[A::PublicKeyInfo])
        } else if let (Some(modulus), Some(exponent)) = (self.bytes(A::Modulus), self.bytes(A::PublicExponent)) {
            let made = public::rsa(modulus, exponent).map(Some).map_err(|error| error.to_string());
            (made, &[A::Modulus, A::PublicExponent])
        } else if let (Some(parameters), Some(point)) = (self.bytes(A::EcParams), self.bytes(A::EcPoint)) {
            (public::on_curve(parameters, point), &[A::EcParams, A::EcPoint])
        } else if self
            .withheld("fingerprint", &[A::PublicKeyInfo, A::Modulus, A::PublicExponent, A::EcParams, A::EcPoint])
        {
            return None;
        } else {
            (Ok(None), &[A::PublicKeyInfo])
        };
        match made {
            Ok(made) => {
                self.place("fingerprint", from);
                Some(made.as_deref().map(public::fingerprint))
            }
            Err(problem) => {
                self.gap("fingerprint", GapReason::Malformed, format!("no public key can be made of it: {problem}"));
                None
            }
        }
    }

    fn finish<T: Serialize>(self, asker: &TokenAsker, kind: &str, id: String, facts: &T) -> Result<(), SinkError> {
        let facts = sdk::facts(facts)?;
        let subject = Subject { kind: kind.to_owned(), id: id.clone() };
        for Missing { part, right, reason, detail, exchange } in self.gaps {
            asker.recorder.gap(GapNote {
                population: Some(kind.to_owned()),
                subject: Some(subject.clone()),
                part: Some(part),
                right: Some(right.to_owned()),
                reason,
                detail,
                exchange,
            })?;
        }
        asker.recorder.resource(ResourceNote {
            population: kind.to_owned(),
            kind: kind.to_owned(),
            id,
            parts: self.parts,
            facts,
        })
    }
}

/// Classes that have a flag (PKCS#11 3.1, 4.8 to 4.10). Of `trusted` tokens may know nothing, and public keys are judged by no check.
const NONE: [&str; 0] = [];
const BOTH: [&str; 2] = ["private", "secret"];
const PRIVATE: [&str; 1] = ["private"];
const SECRET: [&str; 1] = ["secret"];

fn key(read: &mut Read<'_>, by: &By) -> Key {
    read.place("class", &[A::Class]);
    let maker = match by {
        Ok((maker, places)) => {
            read.parts.insert("maker".to_owned(), places.clone());
            Some(maker.clone())
        }
        Err(refusal) => {
            let TokenRefusal { right, reason, detail, exchange } = refusal.clone();
            read.gaps.push(Missing { part: "maker".to_owned(), right, reason, detail, exchange });
            None
        }
    };
    let key_type = read.must("key_type", A::KeyType, |value| match value {
        Attribute::KeyType(kind) => Some(kind.to_string()),
        _ => None,
    });
    let bits = bits(read);
    Key {
        class: read.object.class.to_owned(),
        maker,
        key_type,
        label: read.label(),
        key_id: read.key_id(),
        private: read.flag("private", A::Private),
        modifiable: read.flag("modifiable", A::Modifiable),
        copyable: read.flag("copyable", A::Copyable),
        destroyable: read.flag("destroyable", A::Destroyable),
        sensitive: read.flag("sensitive", A::Sensitive),
        always_sensitive: read.flag("always_sensitive", A::AlwaysSensitive),
        extractable: read.flag("extractable", A::Extractable),
        never_extractable: read.flag("never_extractable", A::NeverExtractable),
        local: read.flag("local", A::Local),
        key_gen_mechanism: key_gen_mechanism(read),
        encrypt: read.flag_of(&SECRET, "encrypt", A::Encrypt),
        decrypt: read.flag_of(&BOTH, "decrypt", A::Decrypt),
        sign: read.flag_of(&BOTH, "sign", A::Sign),
        sign_recover: read.flag_of(&PRIVATE, "sign_recover", A::SignRecover),
        verify: read.flag_of(&SECRET, "verify", A::Verify),
        wrap: read.flag_of(&SECRET, "wrap", A::Wrap),
        unwrap: read.flag_of(&BOTH, "unwrap", A::Unwrap),
        derive: read.flag_of(&BOTH, "derive", A::Derive),
        wrap_with_trusted: read.flag("wrap_with_trusted", A::WrapWithTrusted),
        trusted: read.flag_of(&NONE, "trusted", A::Trusted),
        always_authenticate: read.flag_of(&PRIVATE, "always_authenticate", A::AlwaysAuthenticate),
        start_date: date(read, "start_date", A::StartDate),
        end_date: date(read, "end_date", A::EndDate),
        curve: read.curve(),
        bits,
        allowed_mechanisms: read.may("allowed_mechanisms", A::AllowedMechanisms, |value| match value {
            Attribute::AllowedMechanisms(all) => Some(all.iter().map(ToString::to_string).collect()),
            _ => None,
        }),
        fingerprint: read.fingerprint(),
    }
}

/// Of the modulus, else of the value.
fn bits(read: &mut Read<'_>) -> Option<Option<u64>> {
    if let Some(bits) = read.bytes(A::Modulus).map(significant_bits) {
        read.place("bits", &[A::Modulus]);
        return Some(Some(bits));
    }
    let length = match read.value(A::ValueLen) {
        Some(Attribute::ValueLen(bytes)) => Some(**bytes),
        _ => None,
    };
    if length == Some(0) {
        // No key has that length; SoftHSM 2.6.1 says it of every key that was unwrapped (`findings/`).
        read.gap("bits", GapReason::Malformed, format!("{} is 0", A::ValueLen));
        return None;
    }
    let bits = length.and_then(|bytes| bytes.checked_mul(8));
    if bits.is_none() && read.withheld("bits", &[A::Modulus, A::ValueLen]) {
        return None;
    }
    read.place("bits", &[A::ValueLen]);
    Some(bits)
}

/// One that was not generated on the token has no mechanism, and says so by a number that is none (PKCS#11 3.1, 4.7.2).
fn key_gen_mechanism(read: &mut Read<'_>) -> Option<Option<String>> {
    let came_from_outside = matches!(read.value(A::Local), Some(Attribute::Local(false)));
    let no_name = matches!(read.got(A::KeyGenMechanism), Some(Got::Refused { reason: GapReason::Unsupported, .. }));
    if came_from_outside && no_name {
        read.place("key_gen_mechanism", &[A::KeyGenMechanism, A::Local]);
        return Some(None);
    }
    read.may("key_gen_mechanism", A::KeyGenMechanism, |value| match value {
        Attribute::KeyGenMechanism(mechanism) => Some(mechanism.to_string()),
        _ => None,
    })
}

fn public_key(read: &mut Read<'_>) -> PublicKey {
    PublicKey {
        key_type: read.must("key_type", A::KeyType, |value| match value {
            Attribute::KeyType(kind) => Some(kind.to_string()),
            _ => None,
        }),
        label: read.label(),
        key_id: read.key_id(),
        private: read.flag("private", A::Private),
        local: read.flag("local", A::Local),
        curve: read.curve(),
        bits: read.may("bits", A::ModulusBits, |value| match value {
            Attribute::ModulusBits(bits) => Some(**bits),
            _ => None,
        }),
        encrypt: read.flag_of(&NONE, "encrypt", A::Encrypt),
        verify: read.flag_of(&NONE, "verify", A::Verify),
        wrap: read.flag_of(&NONE, "wrap", A::Wrap),
        trusted: read.flag_of(&NONE, "trusted", A::Trusted),
        fingerprint: read.fingerprint(),
    }
}

fn certificate(read: &mut Read<'_>) -> Certificate {
    let certificate_type = read.must("certificate_type", A::CertificateType, |value| match value {
        Attribute::CertificateType(kind) => Some(kind.to_string()),
        _ => None,
    });
    let held = read.bytes(A::Value).map(|der| (public::fingerprint(der), public::x509(der)));
    let (sha256, x509) = match held {
        Some((sha256, parsed)) => {
            read.place("sha256", &[A::Value]);
            (Some(sha256), x509(read, parsed))
        }
        None if read.withheld("sha256", &[A::Value]) => {
            read.withheld("x509", &[A::Value]);
            (None, None)
        }
        None => {
            read.gap("sha256", GapReason::Unsupported, "the token does not hold the certificate itself".to_owned());
            read.place("x509", &[A::Value]);
            (None, Some(None))
        }
    };
    Certificate {
        certificate_type,
        label: read.label(),
        key_id: read.key_id(),
        private: read.flag("private", A::Private),
        trusted: read.flag_of(&NONE, "trusted", A::Trusted),
        sha256,
        x509,
    }
}

fn x509(read: &mut Read<'_>, parsed: Result<X509, String>) -> Option<Option<X509>> {
    let of_x509 = match read.value(A::CertificateType) {
        Some(Attribute::CertificateType(kind)) => *kind == cryptoki::object::CertificateType::X_509,
        _ => {
            read.gap("x509", GapReason::Unsupported, "of which type the certificate is was not read".to_owned());
            return None;
        }
    };
    match parsed {
        _ if !of_x509 => {
            read.place("x509", &[A::CertificateType]);
            Some(None)
        }
        Ok(x509) => {
            read.place("x509", &[A::Value]);
            Some(Some(x509))
        }
        Err(problem) => {
            read.gap("x509", GapReason::Malformed, format!("CKA_VALUE is not an X.509 certificate: {problem}"));
            None
        }
    }
}

/// A date; one that is not set is `null`.
fn date(read: &mut Read<'_>, part: &str, attribute: A) -> Option<Option<String>> {
    let found = read.may(part, attribute, |value| match value {
        Attribute::StartDate(date) | Attribute::EndDate(date) => Some(attributes::day(*date)),
        _ => None,
    });
    found.map(Option::flatten)
}

/// Bits of a number, big-endian, without leading zeros.
fn significant_bits(number: &[u8]) -> u64 {
    let digits: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    let first = digits.first().map_or(0, |byte| byte.leading_zeros());
    (digits.len() as u64).saturating_mul(8).saturating_sub(u64::from(first))
}

/// Nothing of an object's facts is lost on the way to JSON.
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_apart() {
        assert_eq!(text(b"hot \xff\\x07\x07"), "hot \\xff\\\\x07\\x07");
        assert_eq!(text("Schlüssel".as_bytes()), "Schlüssel");
    }

    #[test]
    fn bits_are_counted_from_the_first_one() {
        assert_eq!(significant_bits(&[0, 0x80, 0]), 16);
        assert_eq!(significant_bits(&[1, 0]), 9);
        assert_eq!(significant_bits(&[]), 0);
    }

    #[test]
    fn every_part_has_a_name_of_its_own() {
        let value: Value = serde_json::to_value(Key::default()).unwrap();
        assert_eq!(value, json!({"class": ""}));
    }
}
