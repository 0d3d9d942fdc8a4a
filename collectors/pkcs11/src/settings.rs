//! The settings of a target.

use std::path::Path;

use schemars::JsonSchema;
use sdk::{CollectError, Secret, Target};
use serde::Deserialize;
use serde_json::Value;

/// Bytes of a PIN; PKCS#11 leaves the longest to the token, and none is near this.
const MOST_PIN_BYTES: usize = 1024;

/// One token behind a PKCS#11 module.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The module, an absolute path: `/usr/lib/softhsm/libsofthsm2.so`. It is the vendor's code and runs in a process of its own.
    #[schemars(regex(pattern = "^/"))]
    pub module: String,
    /// The token's label.
    #[schemars(length(min = 1))]
    pub token: String,
    /// The token's serial number: `pkcs11-tool --list-slots`. Another one is another token, and nothing is read.
    #[schemars(length(min = 1))]
    pub serial: String,
    /// Log in as the normal user. Without it only what the token shows to everyone is read; private keys are not.
    pub login: Option<Login>,
    /// Who approved that a PIN which can sign is where an unattended program reads it. Needed for `login`.
    pub accepts_signing_credential: Option<Acceptance>,
    /// A file with the PIN. One line feed at its end is not part of it.
    pub pin_file: Option<String>,
    /// The variable of our environment that holds the PIN.
    pub pin_environment: Option<String>,
    /// Names of variables of our environment that the module is given: `SOFTHSM2_CONF`. It gets `PATH`, `HOME`, `LANG`, `TZ` and `TMPDIR` anyway, and no others.
    #[serde(default)]
    pub environment: Vec<String>,
    /// Wall time in seconds for everything the module does, 300 without it.
    #[schemars(range(min = 1, max = 86400))]
    pub seconds: Option<u64>,
}

/// As whom to log in. PKCS#11 has one normal user; the security officer is never logged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Login {
    User,
}

/// A person's word that the risk is known.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    #[schemars(length(min = 1))]
    pub approved_by: String,
    #[schemars(length(min = 1))]
    pub reason: String,
}

impl Settings {
    /// # Errors
    /// When a setting is missing, unknown or not of its form, or a login is asked for without what it takes.
    pub fn of(target: &Target) -> Result<Self, CollectError> {
        let wrong = |setting: &str, problem: &str| CollectError::Settings {
            target: target.id.clone(),
            setting: setting.to_owned(),
            problem: problem.to_owned(),
        };
        let settings: Self = serde_json::from_value(Value::Object(target.settings.clone()))
            .map_err(|error| wrong("module", &error.to_string()))?;
        if !Path::new(&settings.module).is_absolute() {
            return Err(wrong(
                "module",
                "a module needs an absolute path: which one is loaded must not depend on the working directory",
            ));
        }
        let sources = usize::from(settings.pin_file.is_some()) + usize::from(settings.pin_environment.is_some());
        match (&settings.login, &settings.accepts_signing_credential) {
            (Some(Login::User), None) => Err(wrong(
                "accepts_signing_credential",
                "the PIN that logs in can also sign: `login` needs `accepts_signing_credential` with who approved that and why; or a person gives the PIN for one run with `--pin`",
            )),
            (None, _) if sources > 0 => Err(wrong("login", "a source of the PIN is given without `login: user`")),
            (Some(Login::User), Some(_)) if sources != 1 => Err(wrong(
                "pin_file",
                "`login` needs a source of the PIN: `pin_file` or `pin_environment`, one of them",
            )),
            _ => Ok(settings),
        }
    }

    /// The PIN that is where the settings say; `None`: they name no place.
    ///
    /// # Errors
    /// With what is wrong there. The text names the place and never its content.
    pub fn pin(&self) -> Result<Option<Secret>, String> {
        use std::io::Read as _;
        let text = if let Some(path) = &self.pin_file {
            let mut text = String::new();
            std::fs::File::open(path)
                .and_then(|file| file.take(MOST_PIN_BYTES as u64 + 2).read_to_string(&mut text))
                .map_err(|error| format!("the PIN file `{path}` cannot be read: {error}"))?;
            if text.ends_with('\n') {
                text.pop();
            }
            text
        } else if let Some(name) = &self.pin_environment {
            sdk::variable(&[name])
                .ok_or_else(|| format!("the variable `{name}`, which should hold the PIN, is not set or empty"))?
        } else {
            return Ok(None);
        };
        if text.is_empty() {
            return Err("the PIN is empty: no login is attempted".to_owned());
        }
        if text.len() > MOST_PIN_BYTES {
            return Err(format!("the PIN has more than {MOST_PIN_BYTES} bytes: no login is tried with a part of it"));
        }
        Ok(Some(Secret::new(text)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(more: &Value) -> Result<Settings, String> {
        let mut settings = json!({"module": "/lib/m.so", "token": "treasury", "serial": "a1"});
        for (name, value) in more.as_object().unwrap() {
            settings[name] = value.clone();
        }
        let target = Target { id: "hsm".to_owned(), settings: settings.as_object().unwrap().clone() };
        Settings::of(&target).map_err(|error| error.to_string())
    }

    #[test]
    fn a_pin_is_taken_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pin");
        let accepted = json!({"approved_by": "R. Ossa", "reason": "no other user on this token"});
        let settings = problem(&json!({
            "login": "user", "accepts_signing_credential": accepted, "pin_file": file.display().to_string()
        }));
        let settings = settings.unwrap();
        for (size, end, whole) in
            [(1024, "\n", true), (1024, "", true), (1025, "", false), (1025, "\n", false), (4096, "", false)]
        {
            std::fs::File::create(&file)
                .and_then(|mut made| std::io::Write::write_all(&mut made, ("7".repeat(size) + end).as_bytes()))
                .unwrap();
            let pin = settings.pin().map(|pin| pin.unwrap().expose().len());
            assert_eq!(pin.ok(), whole.then_some(size), "{size}");
        }
    }

    #[test]
    fn no_pin_lies_about_unasked() {
        let accepted = json!({"approved_by": "R. Ossa", "reason": "no other user on this token"});
        assert!(problem(&json!({})).is_ok());
        assert!(
            problem(&json!({"login": "user", "pin_file": "/run/pin", "accepts_signing_credential": accepted})).is_ok()
        );
        for (more, expected) in [
            (json!({"login": "user", "pin_file": "/run/pin"}), "`accepts_signing_credential`"),
            (json!({"login": "so", "pin_file": "/run/pin"}), "unknown variant `so`"),
            (json!({"pin_file": "/run/pin"}), "without `login: user`"),
            (json!({"login": "user", "accepts_signing_credential": accepted}), "one of them"),
            (
                json!({"login": "user", "accepts_signing_credential": accepted, "pin_file": "/a", "pin_environment": "B"}),
                "one of them",
            ),
            (json!({"module": "m.so"}), "absolute"),
            (json!({"pin": "1234"}), "unknown field `pin`"),
        ] {
            let said = problem(&more).unwrap_err();
            assert!(said.contains(expected), "{said}");
        }
    }
}
