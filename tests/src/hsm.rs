//! Tokens of real PKCS#11 modules, with keys of every kind that checks tell apart.
#![expect(clippy::expect_used, reason = "what a test is built from stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use testkit::system;

use crate::desk::{Desk, program};

/// Long enough to be searched for in everything that is written.
pub const PIN: &str = "canary-pin-7391";
const SO_PIN: &str = "officer-pin-2684";

/// The label of the token.
pub const TOKEN: &str = "treasury";

/// An initialised token in a folder that goes away.
#[derive(Debug)]
pub struct Hsm {
    folder: TempDir,
    /// Its serial number.
    pub serial: String,
    module: PathBuf,
    /// The variable by which the module finds its token.
    pub variable: (&'static str, String),
}

/// A file of the component that `scripts/testenv` installs.
#[must_use]
pub fn component(name: &str) -> PathBuf {
    Path::new(&system("WITNESSMARK_TEST_PKCS11")).join(name)
}

impl Hsm {
    /// A token of SoftHSM. `more`: with 200 keys beside those of every kind.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn soft(more: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("tokens")).expect("a folder of tokens");
        let variable = ("SOFTHSM2_CONF", configure_soft(folder.path()));
        Self::seeded(folder, component("softhsm.so"), variable, more)
    }

    /// A copy of the token, in a folder, and the value of the variable by which SoftHSM finds it there. It writes to a token at each login,
    /// and whoever reads just then is told CKR_GENERAL_ERROR: runs beside each other need one each.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn copy_to(&self, folder: &Path) -> String {
        let copied = Command::new("cp").arg("-r").arg(self.path("tokens")).arg(folder.join("tokens")).status();
        assert!(copied.expect("cp").success(), "the token cannot be copied");
        configure_soft(folder)
    }

    /// A token of Kryoptic, another implementation.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn kryoptic() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let configuration = folder.path().join("kryoptic.toml");
        let database = folder.path().join("token.sql");
        fs::write(
            &configuration,
            format!("[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n", database.display()),
        )
        .expect("a configuration");
        let module = Path::new(&system("WITNESSMARK_TEST_KRYOPTIC")).join("kryoptic.so");
        let variable = ("KRYOPTIC_CONF", configuration.display().to_string());
        Self::seeded(folder, module, variable, false)
    }

    fn seeded(folder: TempDir, module: PathBuf, variable: (&'static str, String), more: bool) -> Self {
        let mut command = Command::new(program("examples/pkcs11_seed"));
        command.arg(&module).args([TOKEN, SO_PIN, PIN]).env(variable.0, &variable.1);
        if more {
            command.arg("more");
        }
        let made = command.output().expect("the program that makes tokens");
        assert!(made.status.success(), "{made:?}");
        let serial = String::from_utf8(made.stdout).expect("a serial number").trim().to_owned();
        Self { folder, serial, module, variable }
    }

    #[must_use]
    pub fn module(&self) -> &Path {
        &self.module
    }

    /// A file in its folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The target of a declaration, read through `module`, with further settings.
    #[must_use]
    pub fn target(&self, id: &str, module: &Path, more: &str) -> String {
        format!(
            "  - id: {id}\n    collector: pkcs11\n    module: {}\n    token: {TOKEN}\n    serial: \"{}\"\n{more}",
            module.display(),
            self.serial
        )
    }

    /// Settings for a login with the PIN in a file.
    #[must_use]
    pub fn login(&self, pin: &str) -> String {
        fs::write(self.path("pin"), format!("{pin}\n")).expect("a PIN file");
        format!(
            "    login: user\n    accepts_signing_credential: {{approved_by: R. Ossa, reason: this token knows no auditor}}\n    pin_file: {}\n",
            self.path("pin").display()
        )
    }

    /// A desk with this declaration of targets, all checks of PKCS#11, and the variable that the module needs.
    #[must_use]
    pub fn desk(&self, targets: &str) -> Desk {
        let mut desk = Desk::new(&declaration(targets));
        desk.set(self.variable.0, &self.variable.1);
        desk
    }
}

/// The configuration of SoftHSM for `tokens` in a folder.
fn configure_soft(folder: &Path) -> String {
    let configuration = folder.join("softhsm2.conf");
    let text = format!("directories.tokendir = {}\nlog.level = ERROR\n", folder.join("tokens").display());
    fs::write(&configuration, text).expect("a configuration");
    configuration.display().to_string()
}

/// A declaration with all checks of PKCS#11.
#[must_use]
pub fn declaration(targets: &str) -> String {
    let checks: Vec<String> = [
        "keys-never-extractable",
        "keys-always-sensitive",
        "keys-made-inside",
        "wrapping-needs-trusted",
        "key-use-is-separated",
        "token-login-is-healthy",
    ]
    .map(|name| format!("{{use: pkcs11/{name}}}"))
    .to_vec();
    format!(
        "witnessmark: 1\nentity: Northbank Custody Ltd\nsystem: {{id: hot-wallet}}\ntargets:\n{targets}controls:\n  - {{id: KS-HSM, title: Keys do not leave the token, checks: [{}]}}\n",
        checks.join(", ")
    )
}
