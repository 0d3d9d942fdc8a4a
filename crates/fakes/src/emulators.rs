//! Emulators by others, that `scripts/testenv` installs.

use std::path::Path;
use std::process::Command;

use testkit::{Emulator, system};

/// moto: broad, answers every list in one page.
#[must_use]
pub fn moto(scratch: &Path) -> Emulator {
    let python = system("WITNESSMARK_TEST_MOTO_PYTHON");
    Emulator::start(scratch, "moto", |port| {
        let mut command = Command::new(&python);
        command
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", port])
            .env("MOTO_IAM_LOAD_MANAGED_POLICIES", "false");
        command
    })
}

/// ministack: evaluates policies when `enforce` is set, and keeps a trail of the calls it let through; a twelve-digit access key id is
/// that account's root.
#[must_use]
pub fn ministack(scratch: &Path, enforce: bool) -> Emulator {
    let python = system("WITNESSMARK_TEST_MINISTACK_PYTHON");
    Emulator::start(scratch, "ministack", |port| {
        let mut command = Command::new(&python);
        command
            .args(["-m", "ministack"])
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port)
            .env("MINISTACK_ACCOUNT_ID", "123456789012")
            .env("IOT_MTLS_ENABLED", "false")
            .env("SERVICES", "iam,sts,kms,account,s3,cloudtrail,organizations,eks")
            .env("CLOUDTRAIL_RECORDING", "1")
            .env("AUTH", if enforce { "true" } else { "false" });
        command
    })
}

/// MinIO, an object store: conditional writes and Object Lock hold in it. `access`: its one user's key and secret.
#[must_use]
pub fn minio(scratch: &Path, access: (&str, &str)) -> Emulator {
    let minio = system("WITNESSMARK_TEST_MINIO");
    Emulator::start(scratch, "minio", |port| {
        let mut command = Command::new(&minio);
        command
            .args(["server", "minio-data", "--quiet", "--address", &format!("127.0.0.1:{port}")])
            .env_clear()
            .env("HOME", scratch)
            .env("MINIO_BROWSER", "off")
            .env("MINIO_ROOT_USER", access.0)
            .env("MINIO_ROOT_PASSWORD", access.1);
        command
    })
}

/// Prism between a client and a server that speaks as `description` says: what does not becomes a failure.
#[must_use]
pub fn prism(scratch: &Path, description: &Path, upstream: &str) -> Emulator {
    let prism = Path::new(&system("WITNESSMARK_TEST_GITHUB")).join("node_modules/.bin/prism");
    Emulator::start(scratch, "prism", |port| {
        let mut command = Command::new(&prism);
        command.arg("proxy").arg(description).arg(upstream).args(["--errors", "-h", "127.0.0.1", "-p", port]);
        command
    })
}
