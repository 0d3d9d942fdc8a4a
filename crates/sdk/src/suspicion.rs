//! Signs of a secret in what a source answered.
//!
//! A false alarm costs one gap, a miss puts a secret into evidence that is handed around: in doubt, withhold.

use std::fmt;
use std::sync::{Arc, LazyLock, RwLock};

use model::Secret;
use regex::bytes::RegexSet;

/// Secrets of our own (credentials in use), which must appear in no output whatever they look like.
#[derive(Clone, Default)]
pub struct KnownSecrets(Arc<RwLock<Vec<Secret>>>);

impl KnownSecrets {
    /// Adds one. Texts under eight bytes are not searched for: they would be found everywhere.
    pub fn add(&self, secret: Secret) {
        if secret.expose().len() < 8 {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !known.iter().any(|k| k.expose() == secret.expose()) {
            known.push(secret);
        }
    }

    fn appear_in(&self, bytes: &[u8]) -> bool {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.iter().any(|secret| memchr::memmem::find(bytes, secret.expose().as_bytes()).is_some())
    }
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownSecrets(**REDACTED**)")
    }
}

/// What a secret looks like in the answers of the sources we read. Public identifiers (AKIA…, key ids, certificates) are none.
static SIGNS: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    RegexSet::new([
        // PEM private keys, also inside JSON or XML text.
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----",
        // AWS secret keys and session tokens as members of an answer.
        r#"(?i)["<]secret_?access_?key[">]"#,
        r#"(?i)["<]session_?token[">]"#,
        // The shared secret of a virtual MFA device, as text and as the picture to scan. AWS shows them once; emulators in every list.
        r#"["<](Base32StringSeed|QRCodePNG)[">]"#,
        // The first password of a CloudHSM cluster, which is shown until the cluster is initialised.
        r#""PreCoPassword"\s*:\s*"[^"]"#,
        // GitHub: classic, OAuth, server, refresh, fine-grained.
        r"\bgh[pousr]_[A-Za-z0-9]{30,}",
        r"\bgithub_pat_[A-Za-z0-9_]{40,}",
        // Slack, Stripe, Google API keys: found in tags and descriptions of real accounts.
        r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
        r"\bsk_live_[A-Za-z0-9]{16,}",
        r"\bAIza[A-Za-z0-9_-]{35}",
        // age and SSH private keys.
        r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
        // JSON web tokens with a signature.
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
        // Webhook secrets and private key members.
        r#"(?i)"(webhook_?secret|private_?key|client_?secret)"\s*:\s*"[^"*]{8,}""#,
        // A setting that names itself a password and holds a value, as in tags and environment texts.
        r#"(?i)\b(password|passwd|secret)\s*=\s*[^\s"'<>&]{8,}"#,
    ])
    .ok()
});

/// Whether these bytes seem to hold a secret: one of ours, or something that looks like one. Looks through percent-encoding.
#[must_use]
pub fn suspects_secret(bytes: &[u8], known: &KnownSecrets) -> bool {
    if looks_secret(bytes, known) {
        return true;
    }
    // IAM answers policy documents percent-encoded: look at the decoded text too.
    bytes.contains(&b'%') && {
        let decoded: Vec<u8> = percent_encoding::percent_decode(bytes).collect();
        looks_secret(&decoded, known)
    }
}

fn looks_secret(bytes: &[u8], known: &KnownSecrets) -> bool {
    // Without the patterns nothing can be cleared.
    SIGNS.as_ref().is_none_or(|signs| signs.is_match(bytes)) || known.appear_in(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_looks_like_a_secret() {
        let none = KnownSecrets::default();
        for text in [
            "x -----BEGIN EC PRIVATE KEY-----\\nMHc",
            "<SecretAccessKey>abc</SecretAccessKey>",
            r#"{"SessionToken":"x"}"#,
            "<Base32StringSeed>ABCDEFGH</Base32StringSeed>",
            r#"{"Clusters":[{"PreCoPassword":"first4711"}]}"#,
            "ghp_0123456789012345678901234567890123456",
            "%2D%2D%2D%2D%2DBEGIN%20PRIVATE%20KEY%2D%2D%2D%2D%2D",
            r#"{"TagValue":"password=hunter2hunter2"}"#,
        ] {
            assert!(suspects_secret(text.as_bytes(), &none), "{text}");
        }
    }

    #[test]
    fn leaves_ordinary_answers_alone() {
        let none = KnownSecrets::default();
        for text in [
            r#"{"Keys":[{"KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab"}],"Truncated":false}"#,
            "<AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId>",
            "<RequireSymbols>true</RequireSymbols><MaxPasswordAge>90</MaxPasswordAge>",
            r#"{"Clusters":[{"PreCoPassword":null}]}"#,
            "-----BEGIN CERTIFICATE-----",
            "secretsmanager:GetSecretValue",
            "user,arn,password_enabled,password_last_used",
        ] {
            assert!(!suspects_secret(text.as_bytes(), &none), "{text}");
        }
    }

    #[test]
    fn finds_our_own() {
        let known = KnownSecrets::default();
        known.add(Secret::new("canary/4711".into()));
        assert!(suspects_secret(b"x canary/4711 y", &known));
        assert!(suspects_secret(b"canary%2F4711", &known));
        assert!(!suspects_secret(b"canary", &known));
        assert_eq!(format!("{known:?}"), "KnownSecrets(**REDACTED**)");
    }
}
