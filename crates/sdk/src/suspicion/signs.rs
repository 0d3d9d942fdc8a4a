//! What a secret looks like in the answers of the sources we read. Public identifiers (AKIA…, key ids, certificates) are none.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Match, Regex, RegexBuilder};

/// So many of the first signs are those of private keys.
const KEYS: usize = 9;

/// Whatever matches is a secret.
const SIGNS: &[&str] = &[
    // PEM private keys, and those of PGP and PuTTY.
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----",
    r"PuTTY-User-Key-File-[0-9]",
    // Private keys as base64 of DER (RFC 5208, RFC 8410, RFC 5915, RFC 8017, RFC 8018), without the lines around them.
    r"MII[A-Za-z0-9+/]{3}IBADANBgkqhkiG9w0BAQEF",
    r"M[A-Za-z0-9+/]{2,5}CAQAw(BQYDK2Vw|BQYDK2Vu|EwYHKoZIzj0CAQ|EAYHKoZIzj0CAQ)",
    r"MI[A-Za-z0-9+/]{2,4}AgEAMB[A-Za-z0-9+/]GByqGSM49AgE",
    r"M(HcCAQEEI|HQCAQEEI|IGkAgEBBD|IHcAgEBBE)[A-Za-z0-9+/]{20,}",
    r"MII[A-Za-z0-9+/]{3}IBAAK[BC]",
    r"MI[A-Za-z0-9+/]{2,8}BgkqhkiG9w0BBQ0w",
    // The same in the form of OpenSSH.
    r"b3BlbnNzaC1rZXktdjEA",
    // AWS secret keys and session tokens as members of an answer.
    r#"(?i)["<]secret_?access_?key[">]"#,
    r#"(?i)["<]session_?token[">]"#,
    // The shared secret of a virtual MFA device, as text and as the picture to scan. AWS shows them once; emulators in every list.
    r#"["<](Base32StringSeed|QRCodePNG)[">]"#,
    // The first password of a CloudHSM cluster, which is shown until the cluster is initialised.
    r#""PreCoPassword"\s*:\s*"[^"*]"#,
    // GitHub: classic, OAuth, server, refresh, fine-grained. GitLab, npm, PyPI.
    r"\bgh[pousr]_[A-Za-z0-9_]{30,}",
    r"\bgithub_pat_[A-Za-z0-9_]{40,}",
    r"\bgl(pat|rt|dt|cbt|ptt|ft|oas|soat|imt|agent|ffct)-[A-Za-z0-9_.-]{20,}",
    r"\bnpm_[A-Za-z0-9]{36}",
    r"\bpypi-AgE[A-Za-z0-9_-]{50,}",
    // Slack, Stripe, SendGrid, Google, DigitalOcean, HashiCorp Vault and Terraform Cloud, OpenAI, Anthropic: found in tags and
    // descriptions of real accounts.
    r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"\bxapp-[0-9]-[A-Za-z0-9-]{10,}",
    r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{16,}",
    r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    r"\bwhsec_[A-Za-z0-9+/]{24,}",
    r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"\bAIza[A-Za-z0-9_-]{35}",
    r"\bya29\.[A-Za-z0-9_-]{20,}",
    r"\bdo[oprt]_v1_[a-f0-9]{64}",
    r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}",
    r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,}",
    r"\bsk-(ant-|proj-|svcacct-)[A-Za-z0-9_-]{20,}",
    // Docker, Hugging Face, Shopify, Grafana, Atlassian, Databricks, Tailscale, 1Password, Doppler, Pulumi, Telegram, Bedrock.
    r"\bdckr_[po]at_[A-Za-z0-9_-]{20,}",
    r"\bhf_[A-Za-z0-9]{30,}",
    r"\bshp(at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"\bgl(sa|c)_[A-Za-z0-9+/=_]{30,}",
    r"\bATATT3[A-Za-z0-9_=-]{40,}",
    r"\bdapi[a-f0-9]{32}",
    r"\btskey-[a-z]+-[A-Za-z0-9-]{16,}",
    r"\bops_eyJ[A-Za-z0-9_-]{40,}",
    r"\bdp\.(pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{30,}",
    r"\bpul-[a-f0-9]{40}",
    r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
    r"\bABSK[A-Za-z0-9+/]{60,}",
    // age private keys.
    r"AGE-SECRET-KEY-1[A-Z0-9]{50,}",
    // Extended private keys of wallets (BIP 32, SLIP 132).
    r"\b[tuvxyzUVYZ]prv[1-9A-HJ-NP-Za-km-z]{100,}",
    // The words of a wallet (BIP 39): 12 to 24, each of three to eight letters.
    r#"(?i)(?:mnemonic|(?:seed|recovery)[ _-]?phrase)["']?\s*[=:>]\s*["']?(?:[a-z]{3,8}\s+){11,23}[a-z]{3,8}\b"#,
    // The private member of a JSON web key (RFC 7518, 6.2.2, 6.3.2; RFC 8037, 2).
    r#""d"\s*:\s*"[A-Za-z0-9_-]{40,}""#,
    // JSON web tokens with a signature.
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    // The key of a storage account in a connection string.
    r"(?i)\b(Account|SharedAccess)Key=[A-Za-z0-9+/]{40,}",
];

/// The last word of a name that says of its value that it is a secret.
const NAMES: &str = "password|passwd|passphrase|pwd|secret|secret[_-]?key|secret[_-]?access[_-]?key|session[_-]?token|api[_-]?key|\
                     access[_-]?token|refresh[_-]?token|auth[_-]?token|bearer[_-]?token|private[_-]?key|client[_-]?secret|webhook[_-]?secret|\
                     account[_-]?key|signing[_-]?key|encryption[_-]?key";

/// Where a value `v` stands that is a secret unless it is a reference to one, or none at all. `NAMES` stands for those. No pattern begins
/// with what may be long: the search would take many times as long.
const VALUES: &[&str] = &[
    // A setting: `aws_secret_access_key = …`, `DB_PASSWORD=…`, `password: …`; without blanks only by `=`, as ARNs have colons. A short one
    // is a secret where it is no word.
    r#"(?i)(?:^|[^a-z0-9])(?:NAMES)(?:\s*=\s*|\s*:[ \t]+)(?P<v>[^\s"'<>&,;]{8,})"#,
    r#"(?i)(?:^|[^a-z0-9])(?:NAMES)(?:\s*=\s*|\s*:[ \t]+)(?P<v>[a-z][^\s"'<>&,;0-9]{2,5}[0-9][^\s"'<>&,;]{0,6})"#,
    r#"(?i)(?:^|[^a-z0-9])(?:NAMES)(?:\s*=\s*|\s*:[ \t]+)(?P<v>[0-9][^\s"'<>&,;]{0,5}[a-z][^\s"'<>&,;]{2,6})"#,
    // The same in quotes: `password = "…"`, `'password': '…'`, and as a member of JSON.
    r#"(?i)(?:NAMES)["']?\s*[=:]\s*"(?P<v>(?:[^"\\]|\\.){4,})""#,
    r"(?i)(?:NAMES)'?\s*[=:]\s*'(?P<v>[^']{4,})'",
    // A pair of name and value, in JSON and XML: tags, variables of an environment.
    r#"(?i)(?:NAMES)"\s*,\s*"(?:tag|parameter|attribute)?value"\s*:\s*"(?P<v>(?:[^"\\]|\\.){4,})""#,
    r#"(?i)value"\s*:\s*"(?P<v>(?:[^"\\]|\\.){4,})"\s*,\s*"(?:tag|parameter|attribute)?(?:key|name)"\s*:\s*"[^"]*(?:NAMES)""#,
    r"(?i)(?:NAMES)</(?:key|name)>\s*<value>(?P<v>[^<]{4,})</value>",
    r"(?i)(?:NAMES)>(?P<v>[^<]{4,})</",
    // An argument of a program.
    r#"(?i)(?:^|\s)--?(?:NAMES|token)(?:\s+|=)(?P<v>[^\s"'<>-][^\s"'<>]{5,})"#,
];

/// The same where `v` is known by other words.
const OTHER_VALUES: &[&str] = &[
    // A password in an address.
    r#"://[^\s/:@"'<>]{0,64}:(?P<v>[^\s/@"'<>]{3,})@"#,
    // A header of HTTP, a line of netrc.
    r#"(?i)\bauthorization["']?\s*[:=]\s*["']?(?:basic|bearer|token)\s+(?P<v>[a-z0-9+/=._~-]{8,})"#,
    r"\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?P<v>\S{3,})",
    // A PIN in the URI of a token (RFC 7512, 2.4).
    r#"(?i)\bpin-value=(?P<v>[^\s"'<>&,;]{4,})"#,
];

/// Words that stand where a secret would and are none.
const NO_SECRETS: &[&str] = &[
    "change",
    "changeme",
    "disabled",
    "enabled",
    "example",
    "false",
    "hidden",
    "masked",
    "none",
    "null",
    "optional",
    "redacted",
    "removed",
    "required",
    "string",
    "true",
    "undefined",
    "unset",
];

/// Beginnings of what leads to a secret and is none.
const LEADS: &[&str] = &[
    "alias/",
    "arn:",
    "aws-sm:",
    "env:",
    "file:",
    "http:",
    "https:",
    "keyvault:",
    "op://",
    "ref:",
    "secretsmanager:",
    "secretref:",
    "ssm:",
    "vault:",
    "<",
    "${",
    "{{",
    "$(",
    "%(",
    "[",
];

/// Beginnings of what says how something is encrypted or signed: `aes256`, `RSA_4096`, `sha-512`.
const ALGORITHMS: &[&str] = &["aes", "bcrypt", "ecc", "ecdsa", "ed25519", "hmac", "md5", "rsa", "scrypt", "sha"];

struct Patterns {
    signs: Vec<Regex>,
    names: Regex,
    named: Vec<Regex>,
    others: Vec<Regex>,
}

// One by one, as each is searched for by the letters that it begins with: together they take five times as long. Without Unicode, as the
// letters of a secret are ASCII.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let one = |pattern: &str| RegexBuilder::new(&pattern.replace("NAMES", NAMES)).unicode(false).build();
    let all = |patterns: &[&str]| patterns.iter().map(|pattern| one(pattern)).collect::<Result<Vec<_>, _>>();
    let (signs, named, others) = (all(SIGNS).ok()?, all(VALUES).ok()?, all(OTHER_VALUES).ok()?);
    Some(Patterns { signs, names: one("(?i)NAMES|-token").ok()?, named, others })
});

/// Whether a text looks as if it held a secret.
pub(super) fn found_in(bytes: &[u8]) -> bool {
    // Without the patterns nothing can be cleared.
    let Some(patterns) = &*PATTERNS else { return true };
    patterns.signs.iter().any(|sign| sign.is_match(bytes)) || patterns.values_in(bytes).next().is_some()
}

impl Patterns {
    fn values_in<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Match<'a>> {
        let named = if self.names.is_match(bytes) { self.named.as_slice() } else { &[] };
        let values = named.iter().chain(&self.others).flat_map(|pattern| pattern.captures_iter(bytes));
        values.filter_map(|found| found.name("v")).filter(|value| is_secret(&String::from_utf8_lossy(value.as_bytes())))
    }
}

/// Where values stand that are secrets because of what they are called.
pub(super) fn values_in(bytes: &[u8]) -> Vec<Range<usize>> {
    PATTERNS.iter().flat_map(|patterns| patterns.values_in(bytes)).map(|value| value.range()).collect()
}

/// Whether a private key begins here, of which more may follow.
pub(super) fn begins_key(bytes: &[u8]) -> bool {
    PATTERNS.as_ref().is_none_or(|patterns| patterns.signs.iter().take(KEYS).any(|sign| sign.is_match(bytes)))
}

fn is_secret(value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let masked = value.chars().all(|c| matches!(c, '*' | 'x' | '.' | '•' | '#' | '-' | '_'));
    let path = value.starts_with('/') && value.get(1..).is_some_and(|rest| rest.contains('/'));
    let algorithm = value.len() < 12 && ALGORITHMS.iter().any(|name| value.starts_with(name));
    // A passphrase has words, a sentence about passwords has more.
    let sentence = value.split_whitespace().count() > 6;
    !(masked
        || path
        || sentence
        || algorithm
        || NO_SECRETS.contains(&value.as_str())
        || LEADS.iter().any(|lead| value.starts_with(lead)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_can_be_compiled() {
        assert!(PATTERNS.is_some());
    }

    #[test]
    fn references_and_masks_are_no_secrets() {
        for value in [
            "********",
            "XXXX-XXXX",
            "arn:aws:secretsmanager:eu-west-1:1:secret:x",
            "${DB_PASSWORD}",
            "True",
            "/run/secrets/db",
        ] {
            assert!(!is_secret(value), "{value}");
        }
        for value in ["hunter2", "/x9!a", "correct horse battery staple", "see-vault-path"] {
            assert!(is_secret(value), "{value}");
        }
    }
}
