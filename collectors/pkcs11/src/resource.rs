//! The resources of this collector. Their JSON Schemas are what checks are written against.
//!
//! The members of a resource are its parts. A part that was not read is absent and named by a gap; `null` is a part that does
//! not apply to such an object, or about which the token says that it has nothing to say. Names of values are PKCS#11's own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub const SLOT: &str = "pkcs11/slot";
pub const TOKEN: &str = "pkcs11/token";
pub const KEY: &str = "pkcs11/key";
pub const PUBLIC_KEY: &str = "pkcs11/public-key";
pub const CERTIFICATE: &str = "pkcs11/certificate";

/// A slot of the module. The target is one token; the others are named, so that it shows which there are.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The slot's number. Modules may number anew at each start.
    pub id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// In hardware, by the module's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removable: Option<bool>,
    /// The token in it; `null`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<Option<TokenName>>,
}

/// A token by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenName {
    pub label: String,
    pub serial: String,
    pub initialized: bool,
}

/// The pinned token.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub label: String,
    pub serial: String,
    pub manufacturer: String,
    pub model: String,
    pub hardware_version: String,
    pub firmware_version: String,
    /// In hardware, by the words of its slot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<Module>,
    pub write_protected: bool,
    pub login_required: bool,
    /// The PIN is typed at the token itself.
    pub protected_authentication_path: bool,
    pub error_state: bool,
    pub user_pin: Pin,
    /// The security officer's.
    pub so_pin: Pin,
    /// Lengths of PINs in bytes: the token's bounds.
    pub pin_length: Bounds,
    /// The mechanisms by name that this program knows by name. One that is newer than it, or the vendor's own, is not among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mechanisms: Option<BTreeMap<String, Bounds>>,
    /// As whom the objects were read: what this caller does not see is in no list.
    pub caller: Caller,
}

/// The library that was loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub path: String,
    /// SHA-256 of its file in hex.
    pub sha256: String,
    pub manufacturer: String,
    pub description: String,
    pub version: String,
    /// Of PKCS#11: `2.40`.
    pub cryptoki: String,
}

/// The state of a PIN, as the token's flags tell it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// It was set at all. `null`: PKCS#11 has no flag for that.
    pub initialized: Option<bool>,
    /// A wrong one was given since the last right one.
    pub count_low: bool,
    /// The next wrong one locks it.
    pub final_try: bool,
    pub locked: bool,
    /// It is the first one or has expired.
    pub to_be_changed: bool,
}

/// From and to, both included. For mechanisms in the unit that PKCS#11 has for each (bits or bytes); 0: it has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    pub min: u64,
    pub max: u64,
}

/// Who read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// `public` or `user`.
    pub user: String,
    /// `declared`: the PIN lay where the target says. `attended`: a person gave it for this run. `null`: nobody logged in.
    pub login: Option<String>,
    /// Who approved that the PIN lies there.
    pub approved_by: Option<String>,
    pub reason: Option<String>,
}

/// Whose words the attributes of a key are: what they mean differs from maker to maker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// Of the token.
    pub manufacturer: String,
    pub model: String,
    /// The library's manufacturer; a library between us and the token's own names itself here.
    pub library: String,
    pub library_description: String,
    pub library_version: String,
}

/// A private or secret key. Attributes that its class does not have are `null`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// `private` or `secret`.
    pub class: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<Maker>,
    /// `CKK_RSA`, `CKK_EC`, `CKK_AES`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// CKA_ID in hex; by custom the same for both halves of a pair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// CKA_PRIVATE: it shows to a logged-in user only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modifiable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copyable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destroyable: Option<bool>,
    /// Its value cannot be read now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<bool>,
    /// And never could be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub always_sensitive: Option<bool>,
    /// It can be wrapped out now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extractable: Option<bool>,
    /// And never could be. `extractable: false` alone does not say that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never_extractable: Option<bool>,
    /// Made on the token, or copied from one that was, by the token's words. What its maker means by that is not always the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<bool>,
    /// `CKM_EC_KEY_PAIR_GEN`; `null`: it was not generated on a token, or the token does not say how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_gen_mechanism: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decrypt: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_recover: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unwrap: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub derive: Option<Option<bool>>,
    /// It can be wrapped only by a key with CKA_TRUSTED, which only the security officer sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_with_trusted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted: Option<Option<bool>>,
    /// Each use asks for the PIN again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub always_authenticate: Option<Option<bool>>,
    /// `2026-11-28`; `null`: none is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Option<String>>,
    /// The curve by name (`P-256`, `secp256k1`, `Ed25519`), else CKA_EC_PARAMS in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve: Option<Option<String>>,
    /// Bits: of the modulus for RSA, of the value for secret keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<Option<u64>>,
    /// Mechanisms it may be used with; `null`: any, or the token does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_mechanisms: Option<Option<Vec<String>>>,
    /// SHA-256 over the public key's SubjectPublicKeyInfo, in hex, where the private key shows its public half; else `null`: see the
    /// public key with the same `key_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Option<String>>,
}

/// A public key.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub curve: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap: Option<Option<bool>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted: Option<Option<bool>>,
    /// SHA-256 over its SubjectPublicKeyInfo (RFC 5280), in hex: `openssl pkey -pubin -outform DER | sha256sum`. `null`: of a type
    /// whose form is not known here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Option<String>>,
}

/// A certificate.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// `CKC_X_509`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted: Option<Option<bool>>,
    /// SHA-256 of the whole certificate in hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// What stands in it; `null`: not of X.509, or the token holds only its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x509: Option<Option<X509>>,
}

/// Members of an X.509 certificate (RFC 5280).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct X509 {
    pub subject: String,
    pub issuer: String,
    /// Hex.
    pub serial: String,
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    /// Of the key in it, as in `pkcs11/public-key`.
    pub fingerprint: String,
}
