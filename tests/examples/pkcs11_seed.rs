//! Makes a token with keys of every kind that checks tell apart, for the tests of the collector `pkcs11`.
//!
//! `pkcs11_seed MODULE LABEL SO-PIN PIN [more|company]` initialises the first token without a label and prints its serial number. With
//! `more` there are 200 further keys; with `company` only two, which are as they should be. `… PIN intrude` adds a key that can leave to
//! a token that is there.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "what a test is built from stops at the first surprise, and says what it made"
)]

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::elliptic_curve::{EcKdf, Ecdh1DeriveParams};
use cryptoki::object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];
const SECP256K1: [u8; 7] = [0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, label, so_pin, pin, what @ ..] = arguments.as_slice() else {
        panic!("usage: pkcs11_seed MODULE LABEL SO-PIN PIN [more|company|intrude]");
    };
    if let Err(error) = seed(module, label, so_pin, pin, what.first().map_or("", String::as_str)) {
        panic!("{error}");
    }
}

fn seed(module: &str, label: &str, so_pin: &str, pin: &str, what: &str) -> cryptoki::error::Result<()> {
    let pkcs11 = Pkcs11::new(module)?;
    pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    if what == "intrude" {
        return intrude(&pkcs11, label, &AuthPin::new(pin.into()));
    }
    let blank = |slot: &cryptoki::slot::Slot| pkcs11.get_token_info(*slot).is_ok_and(|info| !info.token_initialized());
    let Some(slot) = pkcs11.get_slots_with_token()?.into_iter().find(blank) else {
        panic!("no token is left to be initialised");
    };
    let (so_pin, pin) = (AuthPin::new(so_pin.into()), AuthPin::new(pin.into()));
    pkcs11.init_token(slot, &so_pin, label)?;
    let slot = named(&pkcs11, label)?;
    let session = pkcs11.open_rw_session(slot)?;
    session.login(UserType::So, Some(&so_pin))?;
    session.init_pin(&pin)?;
    session.logout()?;
    session.login(UserType::User, Some(&pin))?;
    match what {
        "company" => as_they_should_be(&session)?,
        "more" => {
            keys(&session)?;
            for n in 0..200u32 {
                secret(&session, &format!("many-{n}"), &n.to_be_bytes(), &[])?;
            }
        }
        _ => keys(&session)?,
    }
    println!("{}", pkcs11.get_token_info(slot)?.serial_number());
    Ok(())
}

/// The token of this label. A module may give one that was initialised another slot.
fn named(pkcs11: &Pkcs11, label: &str) -> cryptoki::error::Result<cryptoki::slot::Slot> {
    let named = |slot: &cryptoki::slot::Slot| pkcs11.get_token_info(*slot).is_ok_and(|info| info.label() == label);
    match pkcs11.get_slots_with_token()?.into_iter().find(named) {
        Some(slot) => Ok(slot),
        None => panic!("there is no token `{label}`"),
    }
}

fn intrude(pkcs11: &Pkcs11, label: &str, pin: &AuthPin) -> cryptoki::error::Result<()> {
    let session = pkcs11.open_rw_session(named(pkcs11, label)?)?;
    session.login(UserType::User, Some(pin))?;
    pair(&session, "leaves", &[0x04], &P256, &[Attribute::Extractable(true)])?;
    Ok(())
}

fn as_they_should_be(session: &Session) -> cryptoki::error::Result<()> {
    pair(session, "treasury", &[0x01], &P256, &[])?;
    // Not every token knows that curve.
    if pair(session, "hot", &[0x02], &SECP256K1, &[]).is_err() {
        pair(session, "hot", &[0x02], &P384, &[])?;
    }
    Ok(())
}

fn keys(session: &Session) -> cryptoki::error::Result<()> {
    use Attribute as A;
    as_they_should_be(session)?;
    // Each with one thing that is not.
    pair(session, "open", &[0x03], &P256, &[A::Extractable(true), A::Sensitive(false)])?;
    pair(session, "leaves", &[0x04], &P256, &[A::Extractable(true)])?;
    pair(session, "guarded", &[0x05], &P256, &[A::Extractable(true), A::WrapWithTrusted(true)])?;
    pair(session, "both", &[0x06], &P256, &[A::Derive(true)])?;
    rsa(session, "decrypts", &[0x07])?;
    secret(session, "data", &[0x08], &[A::Encrypt(true), A::Decrypt(true)])?;
    secret(session, "wraps", &[0x09], &[A::Wrap(true), A::Unwrap(true), A::Decrypt(true)])?;
    imported(session, "imported", &[0x0a])?;
    // Two that only their handles tell apart by name.
    secret(session, "twin", &[0x0b], &[A::Encrypt(true)])?;
    secret(session, "twin", &[0x0b], &[A::Sign(true)])?;
    // What once could leave and now cannot.
    let was = pair(session, "was-open", &[0x0c], &P256, &[A::Extractable(true)])?;
    session.update_attributes(was, &[A::Extractable(false)])?;
    derived(session, "derived", &[0x0d])?;
    certificate(session, "treasury", &[0x01])
}

/// A key that follows from two others (ECDH), one half of which may lie anywhere.
fn derived(session: &Session, label: &str, id: &[u8]) -> cryptoki::error::Result<()> {
    let with_id = |class, id: u8| session.find_objects(&[Attribute::Class(class), Attribute::Id(vec![id])]);
    let (own, other) = (with_id(ObjectClass::PRIVATE_KEY, 0x06)?, with_id(ObjectClass::PUBLIC_KEY, 0x01)?);
    let ([own], [other]) = (own.as_slice(), other.as_slice()) else { panic!("two keys to derive from") };
    let point = match session.get_attributes(*other, &[AttributeType::EcPoint])?.as_slice() {
        // Without the OCTET STRING around it.
        [Attribute::EcPoint(point)] => point.iter().copied().skip(2).collect::<Vec<u8>>(),
        _ => panic!("a point"),
    };
    let parameters = Ecdh1DeriveParams::new(EcKdf::null(), &point);
    let template = with(aes(label, id), &[Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(KeyType::AES)]);
    session.derive_key(&Mechanism::Ecdh1Derive(parameters), *own, &template)?;
    Ok(())
}

/// One that its own key has signed, and no key of the token.
fn certificate(session: &Session, label: &str, id: &[u8]) -> cryptoki::error::Result<()> {
    let made = || -> Result<Vec<u8>, rcgen::Error> {
        let mut about = CertificateParams::default();
        about.distinguished_name = DistinguishedName::new();
        about.distinguished_name.push(DnType::CommonName, label);
        Ok(about.self_signed(&KeyPair::generate()?)?.der().to_vec())
    };
    let der = made().unwrap_or_else(|error| panic!("a certificate: {error}"));
    // Its subject once more (X.501): a sequence of sets of pairs, here one of 2.5.4.3 and the label.
    let tagged = |tag: u8, content: &[u8]| {
        let size = u8::try_from(content.len()).unwrap_or_else(|_| panic!("a short label"));
        [&[tag, size], content].concat()
    };
    let pair = [tagged(0x06, &[0x55, 0x04, 0x03]), tagged(0x0c, label.as_bytes())].concat();
    session.create_object(&[
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Subject(tagged(0x30, &tagged(0x31, &tagged(0x30, &pair)))),
        Attribute::Value(der),
        Attribute::Label(label.into()),
        Attribute::Id(id.to_vec()),
    ])?;
    Ok(())
}

fn pair(
    session: &Session,
    label: &str,
    id: &[u8],
    curve: &[u8],
    changed: &[Attribute],
) -> cryptoki::error::Result<cryptoki::object::ObjectHandle> {
    let public = [
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Verify(true),
        Attribute::EcParams(curve.to_vec()),
        Attribute::Label(label.into()),
        Attribute::Id(id.to_vec()),
    ];
    let private = with(
        vec![
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::Label(label.into()),
            Attribute::Id(id.to_vec()),
        ],
        changed,
    );
    Ok(session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?.1)
}

fn rsa(session: &Session, label: &str, id: &[u8]) -> cryptoki::error::Result<()> {
    let public = [
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Encrypt(true),
        Attribute::ModulusBits(2048.into()),
        Attribute::PublicExponent(vec![1, 0, 1]),
        Attribute::Label(label.into()),
        Attribute::Id(id.to_vec()),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Decrypt(true),
        Attribute::Sign(false),
        // SoftHSM gives what is not named.
        Attribute::SignRecover(false),
        Attribute::Unwrap(false),
        Attribute::Label(label.into()),
        Attribute::Id(id.to_vec()),
    ];
    session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
    Ok(())
}

fn secret(session: &Session, label: &str, id: &[u8], uses: &[Attribute]) -> cryptoki::error::Result<()> {
    session.generate_key(&Mechanism::AesKeyGen, &with(aes(label, id), uses))?;
    Ok(())
}

/// A key whose value lies elsewhere too: it stands here.
fn imported(session: &Session, label: &str, id: &[u8]) -> cryptoki::error::Result<()> {
    let own = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Encrypt(true),
        Attribute::Value(vec![7; 32]),
    ];
    let mut template = with(aes(label, id), &own);
    template.retain(|attribute| !matches!(attribute, Attribute::ValueLen(_)));
    session.create_object(&template)?;
    Ok(())
}

fn aes(label: &str, id: &[u8]) -> Vec<Attribute> {
    vec![
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::ValueLen(32.into()),
        Attribute::Encrypt(false),
        Attribute::Decrypt(false),
        Attribute::Sign(false),
        Attribute::Verify(false),
        Attribute::Wrap(false),
        Attribute::Unwrap(false),
        Attribute::Derive(false),
        Attribute::Label(label.into()),
        Attribute::Id(id.to_vec()),
    ]
}

/// A template in which some attributes have other values.
fn with(mut template: Vec<Attribute>, changed: &[Attribute]) -> Vec<Attribute> {
    for change in changed {
        template.retain(|attribute| attribute.attribute_type() != change.attribute_type());
        template.push(change.clone());
    }
    template
}
