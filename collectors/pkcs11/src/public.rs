//! Public keys: curves by name, and the fingerprint that a key of an inventory is known by.

use pkcs8::der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef, UintRef};
use pkcs8::der::{Decode as _, Encode as _, Error, Tag, Tagged as _};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use sdk::Digest;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::resource::X509;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// A curve that is known here: its OID, its name, bytes of a coordinate, and whether its OID is the algorithm itself (RFC 8410).
struct Curve {
    oid: ObjectIdentifier,
    name: &'static str,
    coordinate: usize,
    own_algorithm: bool,
}

const fn weierstrass(oid: &str, name: &'static str, coordinate: usize) -> Curve {
    Curve { oid: ObjectIdentifier::new_unwrap(oid), name, coordinate, own_algorithm: false }
}

const fn edwards(oid: &str, name: &'static str, coordinate: usize) -> Curve {
    Curve { oid: ObjectIdentifier::new_unwrap(oid), name, coordinate, own_algorithm: true }
}

const CURVES: [Curve; 11] = [
    weierstrass("1.2.840.10045.3.1.7", "P-256", 32),
    weierstrass("1.3.132.0.33", "P-224", 28),
    weierstrass("1.3.132.0.34", "P-384", 48),
    weierstrass("1.3.132.0.35", "P-521", 66),
    weierstrass("1.3.132.0.10", "secp256k1", 32),
    weierstrass("1.3.36.3.3.2.8.1.1.7", "brainpoolP256r1", 32),
    weierstrass("1.3.36.3.3.2.8.1.1.11", "brainpoolP384r1", 48),
    edwards("1.3.101.112", "Ed25519", 32),
    edwards("1.3.101.113", "Ed448", 57),
    edwards("1.3.101.110", "X25519", 32),
    edwards("1.3.101.111", "X448", 56),
];

/// CKA_EC_PARAMS: an OID, or for Edwards and Montgomery curves a printable name (PKCS#11 3.0, 6.3.5).
fn curve(parameters: &[u8]) -> Option<&'static Curve> {
    if let Ok(oid) = ObjectIdentifier::from_der(parameters) {
        return CURVES.iter().find(|curve| curve.oid == oid);
    }
    let named = AnyRef::from_der(parameters).ok().filter(|any| any.tag() == Tag::PrintableString)?;
    let name = match named.value() {
        b"edwards25519" => "Ed25519",
        b"edwards448" => "Ed448",
        b"curve25519" => "X25519",
        b"curve448" => "X448",
        _ => return None,
    };
    CURVES.iter().find(|curve| curve.name == name)
}

/// The curve by name, else the parameters in hex.
#[must_use]
pub fn curve_name(parameters: &[u8]) -> String {
    curve(parameters).map_or_else(|| hex::encode(parameters), |curve| curve.name.to_owned())
}

/// SHA-256 over a SubjectPublicKeyInfo, in hex.
#[must_use]
pub fn fingerprint(info: &[u8]) -> String {
    hex::encode(Digest::of(info).as_bytes())
}

/// The SubjectPublicKeyInfo (RFC 3279) of an RSA key.
///
/// # Errors
/// When the numbers cannot be encoded.
pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Vec<u8>, Error> {
    let mut numbers = UintRef::new(modulus)?.to_der()?;
    numbers.extend(UintRef::new(exponent)?.to_der()?);
    let key = AnyRef::new(Tag::Sequence, &numbers)?.to_der()?;
    info(RSA, Some(AnyRef::NULL), &key)
}

/// The SubjectPublicKeyInfo of a key on a curve (RFC 5480, RFC 8410). `None`: the curve is not known here.
///
/// # Errors
/// When the point is not one of that curve.
pub fn on_curve(parameters: &[u8], point: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let Some(curve) = curve(parameters) else {
        return Ok(None);
    };
    let point = bare(point, curve).ok_or_else(|| format!("CKA_EC_POINT is not a point of {}", curve.name))?;
    let made = if curve.own_algorithm {
        info(curve.oid, None, point)
    } else {
        curve.oid.to_der().and_then(|oid| info(EC, Some(AnyRef::from_der(&oid)?), point))
    };
    made.map(Some).map_err(|error| error.to_string())
}

/// CKA_EC_POINT without the OCTET STRING that the standard wraps it in and some tokens leave away.
fn bare<'a>(point: &'a [u8], curve: &Curve) -> Option<&'a [u8]> {
    let inner = <&OctetStringRef>::from_der(point).ok().map(OctetStringRef::as_bytes);
    inner.into_iter().chain([point]).find(|bytes| {
        if curve.own_algorithm {
            bytes.len() == curve.coordinate
        } else {
            match bytes.first() {
                Some(4) => bytes.len() == 1 + 2 * curve.coordinate,
                Some(2 | 3) => bytes.len() == 1 + curve.coordinate,
                _ => false,
            }
        }
    })
}

fn info(algorithm: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<Vec<u8>, Error> {
    SubjectPublicKeyInfoRef {
        algorithm: AlgorithmIdentifierRef { oid: algorithm, parameters },
        subject_public_key: BitStringRef::from_bytes(key)?,
    }
    .to_der()
}

/// What is in a certificate.
///
/// # Errors
/// When it is no X.509 certificate, or something follows it.
pub fn x509(der: &[u8]) -> Result<X509, String> {
    let (rest, certificate) = X509Certificate::from_der(der).map_err(|error| error.to_string())?;
    if !rest.is_empty() {
        return Err(format!("{} bytes follow it", rest.len()));
    }
    Ok(X509 {
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        serial: certificate.raw_serial().iter().map(|byte| format!("{byte:02x}")).collect(),
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
        fingerprint: fingerprint(certificate.public_key().raw),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made with `openssl genpkey`, and `openssl pkey -pubout -outform DER`.
    const P256: &str = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";

    #[test]
    fn a_point_is_unwrapped_whichever_way_it_comes() {
        let oid = hex::decode("06082a8648ce3d030107").unwrap();
        // A point whose second byte makes it look like an OCTET STRING of 63 bytes.
        let mut point = vec![4u8, 63];
        point.extend([7u8; 63]);
        let mut wrapped = vec![4u8, 65];
        wrapped.extend(&point);
        let expected = format!("{P256}{}", hex::encode(&point[1..]));
        for given in [&point, &wrapped] {
            assert_eq!(hex::encode(on_curve(&oid, given).unwrap().unwrap()), expected);
        }
        assert!(on_curve(&oid, &point[..64]).unwrap_err().contains("P-256"));
        assert_eq!(on_curve(&[5, 0], &point), Ok(None));
    }

    #[test]
    fn curves_bear_their_names() {
        for (parameters, name) in [
            ("06082a8648ce3d030107", "P-256"),
            ("06052b8104000a", "secp256k1"),
            ("06032b6570", "Ed25519"),
            ("130c656477617264733235353139", "Ed25519"),
            ("0500", "0500"),
        ] {
            assert_eq!(curve_name(&hex::decode(parameters).unwrap()), name);
        }
    }

    #[test]
    fn ed25519_is_its_own_algorithm() {
        let named = hex::decode("130c656477617264733235353139").unwrap();
        let mut point = vec![4u8, 32];
        point.extend([9u8; 32]);
        let expected = format!("302a300506032b6570032100{}", hex::encode([9u8; 32]));
        assert_eq!(hex::encode(on_curve(&named, &point).unwrap().unwrap()), expected);
    }

    #[test]
    fn an_rsa_key_is_two_numbers() {
        // A leading one bit needs a zero byte before it.
        let made = rsa(&[0xc0, 1], &[1, 0, 1]).unwrap();
        assert_eq!(hex::encode(made), "301e300d06092a864886f70d0101010500030d00300a020300c0010203010001");
    }
}
