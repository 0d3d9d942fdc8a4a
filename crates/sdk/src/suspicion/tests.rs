use model::Secret;

use super::*;

fn none() -> KnownSecrets {
    KnownSecrets::default()
}

/// The text in base64 (RFC 4648), with `62` and `63` and lines of `width`.
fn base64(text: &str, last: [char; 2], width: usize) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(last).collect();
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_usize, |bits, n| bits << 8 | usize::from(three.get(n).copied().unwrap_or(0)));
        for n in 0..4 {
            out.push(if n > three.len() { '=' } else { alphabet[bits >> (18 - 6 * n) & 63] });
        }
    }
    let lines: Vec<String> = out.chars().collect::<Vec<_>>().chunks(width).map(|line| line.iter().collect()).collect();
    lines.join("\n")
}

fn percent(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn entities(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => "&quot;".to_owned(),
            '<' => "&lt;".to_owned(),
            '&' => "&amp;".to_owned(),
            '/' | '+' | '=' => format!("&#x{:x};", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

fn units(text: &str) -> String {
    text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()
}

fn in_json(text: &str) -> String {
    serde_json::to_string(&serde_json::json!({ "Description": text })).unwrap()
}

/// A name, and how it writes a text.
type Writing = (&'static str, fn(&str) -> String);

/// The ways in which an answer may write a text.
const WRITINGS: [Writing; 14] = [
    ("as it is", str::to_owned),
    ("in JSON", in_json),
    ("in JSON in JSON", |text| in_json(&in_json(text))),
    ("in JSON thrice", |text| in_json(&in_json(&in_json(text)))),
    ("in JSON, every letter escaped", |text| format!("{{\"Value\":\"{}\"}}", units(text))),
    ("percent-encoded", percent),
    ("percent-encoded in JSON", |text| in_json(&percent(text))),
    ("in XML", |text| format!("<Description>{}</Description>", entities(text))),
    ("in base64", |text| format!("data: {}", base64(text, ['+', '/'], 1 << 20))),
    ("in base64 for URLs, in a path", |text| format!("/v1/data/{}", base64(text, ['-', '_'], 1 << 20))),
    ("in base64 with lines", |text| base64(text, ['+', '/'], 76)),
    ("in base64 in JSON", |text| in_json(&base64(text, ['+', '/'], 64))),
    ("in JSON in base64", |text| base64(&in_json(text), ['+', '/'], 1 << 20)),
    ("in hex", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
];

/// Secrets of our own making, in the places in which people leave them.
fn places() -> Vec<String> {
    let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzzzzzzzzz";
    let line = "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
    let mut places: Vec<String> = [
        "PRIVATE KEY",
        "ENCRYPTED PRIVATE KEY",
        "RSA PRIVATE KEY",
        "EC PRIVATE KEY",
        "OPENSSH PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
    ]
    .iter()
    .map(|kind| format!("-----BEGIN {kind}-----\n{line}\n-----END {kind}-----\n"))
    .collect();
    places.push(format!("the key is {line}"));
    // RFC 5915 for each curve, RFC 8017 by length, RFC 8018, OpenSSH.
    for begin in [
        "MHcCAQEEI",
        "MHQCAQEEI",
        "MIGkAgEBBD",
        "MIHcAgEBBE",
        "MIIEowIBAAKC",
        "MIICXAIBAAKB",
        "MIIFLTBXBgkqhkiG9w0BBQ0w",
        "b3BlbnNzaC1rZXktdjEA",
    ] {
        places.push(format!("key {begin}{} end", "Z0".repeat(24)));
    }
    places.push(format!("{{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"x\",\"d\":\"{}\"}}", "z0".repeat(21)));
    places.extend([
        format!("[default]\naws_access_key_id = AKIAZZZZZZZZZZZZZZZZ\naws_secret_access_key = {key}\n"),
        format!("AWS_SECRET_ACCESS_KEY={key}"),
        format!("export AWS_SESSION_TOKEN=\"{key}{key}\""),
        format!("{{\"SecretAccessKey\":\"{key}\"}}"),
        format!("<SecretAccessKey>{key}</SecretAccessKey>"),
        format!("aws_secret_access_key: {key}"),
        "{\"password\":\"hunter2\"}".to_owned(),
        "{\"dbPassword\": \"hunter2-hunter2\"}".to_owned(),
        "{\"Key\":\"password\",\"Value\":\"hunter2\"}".to_owned(),
        "{\"Value\":\"hunter2-x\",\"Key\":\"db/password\"}".to_owned(),
        "{\"name\":\"DB_PASSWORD\",\"value\":\"hunter2\"}".to_owned(),
        "<Tag><Key>password</Key><Value>hunter2</Value></Tag>".to_owned(),
        "<MasterUserPassword>hunter2hunter2</MasterUserPassword>".to_owned(),
        "login with password=see-vault-path".to_owned(),
        "DB_PASSWORD=hunter2-hunter2".to_owned(),
        "password=hunter2".to_owned(),
        "db password: 4hunter".to_owned(),
        "pkcs11:token=hsm;object=sign?pin-value=7391".to_owned(),
        format!("{{\"mnemonic\":\"{}wrong\"}}", "zoo ".repeat(11)),
        format!("seed phrase: {}wrong", "zoo ".repeat(23)),
        "password = \"hunter2\"".to_owned(),
        "{'api_key': 'zzzz0000zzzz0000'}".to_owned(),
        "client_secret=zzzz0000zzzz0000".to_owned(),
        "postgres://app:hunter2@db.internal:5432/app".to_owned(),
        "redis://:hunter2@cache:6379".to_owned(),
        "Authorization: Basic YXBwOmh1bnRlcjI=".to_owned(),
        "curl -H \"authorization: Bearer zzzz0000zzzz0000\"".to_owned(),
        "mysql --password hunter2-x -u app".to_owned(),
        "machine db.internal login app password hunter2".to_owned(),
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=zzzz0000zzzz0000zzzz0000zzzz0000zzzz0000zzzz0000==;"
            .to_owned(),
    ]);
    let zeros = |n: usize| "z0".repeat(n / 2);
    places.extend([
        format!("ghp_{}", zeros(36)),
        format!("github_pat_{}", zeros(60)),
        format!("glpat-{}", zeros(20)),
        format!("npm_{}", zeros(36)),
        format!("xoxb-{}", zeros(20)),
        format!("sk_live_{}", zeros(24)),
        format!("SG.{}.{}", zeros(22), zeros(40)),
        format!("hvs.{}", zeros(24)),
        format!("AGE-SECRET-KEY-1{}", "Q0".repeat(29)),
        format!("ghs_4711_{}", zeros(36)),
        format!("glsoat-{}.01.z", zeros(20)),
        format!("dckr_pat_{}", zeros(27)),
        format!("hf_{}", zeros(34)),
        format!("shpat_{}", "a0".repeat(16)),
        format!("glsa_{}_z", zeros(32)),
        format!("ATATT3xFfG{}", zeros(60)),
        format!("dapi{}", "a0".repeat(16)),
        format!("tskey-auth-{}", zeros(20)),
        format!("dp.st.prd.{}", zeros(40)),
        format!("pul-{}", "a0".repeat(20)),
        format!("12345678:AA{}", "z".repeat(33)),
        format!("xprv9s21Z{}", "z9".repeat(52)),
        format!("eyJ{}.eyJ{}.{}", zeros(20), zeros(20), zeros(40)),
    ]);
    places
}

#[test]
fn no_secret_is_missed_in_any_place_and_writing() {
    let mut missed = Vec::new();
    let mut tried = 0;
    for place in places() {
        for (writing, write) in WRITINGS {
            tried += 1;
            let answer = format!("{{\"Items\":[\n{}\n],\"Marker\":null}}", write(&place));
            if !suspects_secret(answer.as_bytes(), &none()) {
                missed.push(format!("{writing}: {place}"));
            }
        }
    }
    assert!(tried >= 200, "{tried}");
    assert!(missed.is_empty(), "{} of {tried} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn finds_our_own_in_every_writing() {
    let known = none();
    for secret in ["canary/4711+x\"y\\z", "canary%2F4711&amp;=", "canary-pin-7391"] {
        let known = KnownSecrets::default();
        known.add(Secret::new(secret.into()));
        for (writing, write) in WRITINGS {
            let answer = write(&format!("it is {secret} indeed"));
            assert!(suspects_secret(answer.as_bytes(), &known), "{writing}: {answer}");
        }
        assert!(!suspects_secret(&secret.as_bytes()[..6], &known));
    }
    known.add(Secret::new("canary/4711".into()));
    assert_eq!(format!("{known:?}"), "KnownSecrets(**REDACTED**)");
}

#[test]
fn a_short_pin_is_found_as_a_word_of_its_own() {
    let known = none();
    known.add_pin(Secret::new("4096".into()));
    known.add_pin(Secret::new("123".into()));
    known.add(Secret::new("5555".into()));
    for text in [r#"{"label":"4096"}"#, "PIN: 4096.", "<v>4096</v>", "pin=4096", r#"{"a":"{\"pin\":\"4096\"}"}"#] {
        assert!(suspects_secret(text.as_bytes(), &known), "{text}");
    }
    for text in [
        r#"{"max":4096,"min":4096}"#,
        "14096",
        "4096a",
        "a4096",
        r#"{"bits": 4096}"#,
        "123",
        "5555",
        r#""RSA_4096""#,
        r#""4096-x""#,
        "1.4096",
        "host:22/4096",
        "1:4096",
    ] {
        assert!(!suspects_secret(text.as_bytes(), &known), "{text}");
    }
}

#[test]
fn leaves_ordinary_answers_alone() {
    for text in [
        r#"{"Keys":[{"KeyId":"1234abcd-12ab-34cd-56ef-1234567890ab"}],"Truncated":false}"#,
        "<AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId>",
        "<RequireSymbols>true</RequireSymbols><MaxPasswordAge>90</MaxPasswordAge>",
        r#"{"Clusters":[{"PreCoPassword":null}]}"#,
        "-----BEGIN CERTIFICATE-----\nMIIBszCCARygAwIBAgIUQ2VydGlmaWNhdGVOb0tleTAwDQYJKoZIhvcNAQELBQAw\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEA\\n-----END PUBLIC KEY-----",
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db-password-AbCdEf",
        r#"{"Action":["iam:ChangePassword","sts:GetSessionToken"],"Resource":"arn:aws:iam::*:user/${aws:username}"}"#,
        "user,arn,password_enabled,password_last_used",
        r#"{"password":"********","secret":"${DB_SECRET}","api_key":"<redacted>"}"#,
        r#"{"PasswordLastUsed":"2026-01-01T00:00:00Z","passwordPolicy":"strict-or-else"}"#,
        r#"{"message":"password: must have at least 14 characters and one digit"}"#,
        r#"{"kind":"Secret","resources":["secrets"],"secretName":"treasury-tls","tokenFile":"/var/run/token"}"#,
        r#"{"Key":"password-rotation","Value":"quarterly"}"#,
        "https://api.github.com/repos/octo-org/octo-repo/hooks?per_page=100",
        r#"{"Key":"encryption-key","Value":"alias/treasury"}"#,
        "the secret: none, its password=none and secret: stored away; password = true",
        "encryption_key=AES256, signing-key: RSA_4096, session_token=3600",
        "the recovery phrase: of this wallet is kept in two parts by two people whom nobody else knows by name",
        r#"{"keys":[{"kty":"EC","crv":"P-256","kid":"z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0","x":"z0","y":"z0"}]}"#,
        "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
        "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAz0z0z0z0",
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEz0z0z0z0z0z0z0z0z0z0z0z0z0z0z0z0",
        "pkcs11:token=hsm;object=sign?pin-source=file:/etc/pin",
    ] {
        assert!(!suspects_secret(text.as_bytes(), &none()), "{text}");
    }
}

/// What anybody may call a user hides no other one: the names in IAM's credential report are looked at nowhere else than in lists of users.
#[test]
fn a_name_in_the_credential_report_does_not_hide_it() {
    let head = "user,arn,user_creation_time,password_enabled,access_key_1_active";
    let row = |name: &str, last: &str| {
        format!("{name},arn:aws:iam::111122223333:user/{name},2026-01-01T00:00:00+00:00,true,{last}")
    };
    let answer = |rows: &[String]| {
        let text = base64(&format!("{head}\n{}", rows.join("\n")), ['+', '/'], usize::MAX);
        bytes::Bytes::from(format!("<R><Content>{text}</Content></R>"))
    };
    // A name may also be the writing of such a text.
    let written = base64("password=see-vault-path", ['+', '/'], usize::MAX);
    for name in ["password=see-vault-path", "a,password=see-vault-path", written.as_str()] {
        let named = answer(&[row("ann", "false"), row(name, "true"), row("bo", "false")]);
        assert!(!suspects_secret(&named, &none()), "{name}");
        // In another column, in a row that has none, or in another table it is one.
        for other in [row("ann", name), name.to_owned()] {
            assert!(suspects_secret(&answer(&[row("bo", "true"), other]), &none()), "{name}");
        }
        let table = base64(&format!("name,arn\n{}", row(name, "true")), ['+', '/'], usize::MAX);
        assert!(suspects_secret(table.as_bytes(), &none()), "{name}");
    }
    // One of ours is none that AWS may call a user: it is found there too.
    let known = KnownSecrets::default();
    known.add(Secret::new("correct-horse-battery".into()));
    let ours = "correct-horse-battery";
    let written = base64(ours, ['+', '/'], usize::MAX);
    for name in [ours, written.as_str()] {
        assert!(suspects_secret(&answer(&[row("ann", "false"), row(name, "true")]), &known), "{name}");
    }
}
