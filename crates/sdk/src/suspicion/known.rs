//! What is looked for: secrets of our own, and what looks like one.

use std::fmt;
use std::sync::{Arc, RwLock};

use model::Secret;

use super::{decode, signs};

/// Bytes from which on a secret of ours is searched for anywhere; a shorter one, a PIN, only as a word of its own.
const LONG: usize = 8;
/// Bytes of the shortest that is searched for. PKCS#11 leaves the shortest PIN to the token; four digits are usual.
const SHORTEST: usize = 4;

/// Secrets of our own (credentials in use), which must appear in no output whatever they look like.
#[derive(Clone, Default)]
pub struct KnownSecrets(Arc<RwLock<Vec<Secret>>>);

impl KnownSecrets {
    /// Adds one. Texts under eight bytes are not searched for: they would be found everywhere.
    pub fn add(&self, secret: Secret) {
        self.add_from(LONG, secret);
    }

    /// Adds a PIN, which may be short: one under eight bytes is searched for as a word of its own. For recorders of that token alone: what
    /// other sources answer has such words.
    pub fn add_pin(&self, pin: Secret) {
        self.add_from(SHORTEST, pin);
    }

    fn add_from(&self, shortest: usize, secret: Secret) {
        if secret.expose().len() < shortest {
            return;
        }
        let mut known = self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !known.iter().any(|k| k.expose() == secret.expose()) {
            known.push(secret);
        }
    }

    pub(super) fn appear_in(&self, bytes: &[u8]) -> bool {
        let known = self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.iter().any(|secret| appears(bytes, secret.expose().as_bytes()))
    }
}

fn appears(bytes: &[u8], secret: &[u8]) -> bool {
    if secret.len() >= LONG {
        return memchr::memmem::find(bytes, secret).is_some();
    }
    memchr::memmem::find_iter(bytes, secret).any(|at| {
        let (before, from) = bytes.split_at(at);
        let after = from.get(secret.len()..).unwrap_or_default();
        stands_alone(before, after) && !is_number(before.last().copied(), after.first().copied())
    })
}

/// Between what goes on neither as a word (`RSA_4096`, `1234-abcd`) nor as a number (`12.4096`, `10:4096`).
fn stands_alone(before: &[u8], after: &[u8]) -> bool {
    let word =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-') || *b >= 0x80);
    let point = |byte: Option<&u8>| matches!(byte, Some(b'.' | b':' | b'/'));
    let digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let goes_on = |one, two| word(one) || (point(one) && digit(two));
    let mut back = before.iter().rev();
    !goes_on(back.next(), back.next()) && !goes_on(after.first(), after.get(1))
}

/// A number of JSON, of which any may look like a PIN: `"max": 4096`.
const fn is_number(before: Option<u8>, after: Option<u8>) -> bool {
    matches!(before, Some(b':' | b'[' | b',' | b' ')) && matches!(after, Some(b',' | b'}' | b']' | b'\n'))
}

impl fmt::Debug for KnownSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownSecrets(**REDACTED**)")
    }
}

/// Whether these bytes seem to hold a secret: one of ours, or something that looks like one. Looks through JSON escapes, percent-encoding,
/// entities, base64 and hex, also inside each other.
#[must_use]
pub fn suspects_secret(bytes: &[u8], known: &KnownSecrets) -> bool {
    decode::any_and_names(bytes, &mut |view, names| (!names && signs::found_in(view)) || known.appear_in(view))
}
