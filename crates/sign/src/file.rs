//! Key files: PKCS#8 version 1 in PEM, encrypted with scrypt and AES-256-CBC (PBES2), readable by
//! OpenSSL 3.
//!
//! Version 1 because OpenSSL 3.0 cannot read version 2, which carries the public key. A key file is
//! never overwritten, and neither written nor read where others than its owner could read it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{ALGORITHM_OID, KeypairBytes};
use model::Secret;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::pkcs5::pbes2::{self, Kdf};
use pkcs8::{EncodePrivateKey as _, EncryptedPrivateKeyInfoRef, LineEnding, PrivateKeyInfoRef, SecretDocument};
use zeroize::Zeroizing;

use crate::signer::Ed25519Signer;

/// scrypt's cost: N = 2^14, r = 8, p = 1: 16 MiB for a moment. OpenSSL refuses more by default.
const SCRYPT_LOG_N: u8 = 14;
const SCRYPT_R: u32 = 8;
const SCRYPT_P: u32 = 1;
/// The dearest scrypt that is tried on reading, in bytes of memory (128 · N · r).
const SCRYPT_MEMORY_MAX: u64 = 256 * 1024 * 1024;
const FILE_MAX: u64 = 64 * 1024;
const MODE: u32 = 0o600;

/// Why a key file was not made or not opened. No message contains key material or a passphrase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    #[error("cannot read the key file `{path}`")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot write the key file `{path}`")]
    Write {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("`{path}` already exists; a key file is never overwritten")]
    Exists { path: PathBuf },
    #[error("`{path}` is not a regular file of at most 65536 bytes")]
    NotAFile { path: PathBuf },
    #[error("the key file `{path}` has mode {mode:04o}: other users have access to it")]
    Mode { path: PathBuf, mode: u32 },
    #[error("the key file `{path}` belongs to user {owner}, not to the user {user} of this process")]
    Owner { path: PathBuf, owner: u32, user: u32 },
    #[error("the key in `{path}` is not encrypted")]
    NotEncrypted { path: PathBuf },
    #[error("`{path}` is not an encrypted PKCS#8 key in PEM")]
    NotAKey { path: PathBuf },
    #[error("the key in `{path}` is encrypted in a way that is not supported")]
    UnsupportedEncryption { path: PathBuf },
    #[error("the passphrase does not open the key file `{path}`")]
    WrongPassphrase { path: PathBuf },
    #[error("the key in `{path}` is not an Ed25519 key")]
    NotEd25519 { path: PathBuf },
    #[error("the passphrase for a new key file is empty")]
    EmptyPassphrase,
    #[error("the operating system gave no randomness")]
    NoRandomness,
    #[error("the new key could not be encoded")]
    Encode,
}

/// Makes a new key and its encrypted file of mode 0600. The file appears whole or not at all, and
/// only where nothing was.
pub fn create_key_file(path: &Path, passphrase: &Secret) -> Result<Ed25519Signer, KeyFileError> {
    if passphrase.expose().is_empty() {
        return Err(KeyFileError::EmptyPassphrase);
    }
    let mut seed = Zeroizing::new([0_u8; 32]);
    getrandom::fill(seed.as_mut()).map_err(|_| KeyFileError::NoRandomness)?;
    let pem = encrypt(&seed, passphrase)?;
    write_new(path, pem.as_bytes())?;
    Ok(Ed25519Signer::from_seed(&seed))
}

/// Opens a key file. Mode and owner are checked before a byte is read.
pub fn open_key_file(path: &Path, passphrase: &Secret) -> Result<Ed25519Signer, KeyFileError> {
    let pem = read_private(path)?;
    decrypt(path, &pem, passphrase).map(Ed25519Signer::new)
}

/// Encrypts the key of a file with another passphrase. Whoever opens the file, or finds it after a crash, meets the old one or
/// the new one, whole; when this has returned, the old one is gone.
///
/// # Errors
/// The file is as it was after every one of them.
pub fn change_passphrase(path: &Path, old: &Secret, new: &Secret) -> Result<(), KeyFileError> {
    if new.expose().is_empty() {
        return Err(KeyFileError::EmptyPassphrase);
    }
    // A link stays one: what it leads to is replaced.
    let path = path.canonicalize().map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
    let key = decrypt(&path, &read_private(&path)?, old)?;
    let pem = encrypt(&Zeroizing::new(key.to_bytes()), new)?;
    // What takes its place opens: a key is not written over with what nobody has read back.
    if decrypt(&path, &pem, new)? != key {
        return Err(KeyFileError::Encode);
    }
    write_over(&path, pem.as_bytes())
}

/// Puts a key file in the place of another one.
///
/// # Errors
/// When it cannot be renamed; both are as they were then.
pub fn replace_key_file(from: &Path, to: &Path) -> Result<(), KeyFileError> {
    rename(from, to).map_err(|source| KeyFileError::Write { path: to.to_owned(), source })
}

fn encrypt(seed: &Zeroizing<[u8; 32]>, passphrase: &Secret) -> Result<Zeroizing<String>, KeyFileError> {
    let mut salt = [0_u8; 16];
    let mut iv = [0_u8; 16];
    for bytes in [&mut salt, &mut iv] {
        getrandom::fill(bytes).map_err(|_| KeyFileError::NoRandomness)?;
    }
    let plain =
        KeypairBytes { secret_key: **seed, public_key: None }.to_pkcs8_der().map_err(|_| KeyFileError::Encode)?;
    let key = PrivateKeyInfoRef::try_from(plain.as_bytes()).map_err(|_| KeyFileError::Encode)?;
    let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(|_| KeyFileError::Encode)?;
    let parameters = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, iv).map_err(|_| KeyFileError::Encode)?;
    key.encrypt_with_params(parameters, passphrase.expose())
        .and_then(|document| Ok(document.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF)?))
        .map_err(|_| KeyFileError::Encode)
}

fn decrypt(path: &Path, pem: &str, passphrase: &Secret) -> Result<SigningKey, KeyFileError> {
    let path = || path.to_owned();
    let (label, document) = SecretDocument::from_pem(pem).map_err(|_| KeyFileError::NotAKey { path: path() })?;
    if label == PrivateKeyInfoRef::PEM_LABEL {
        return Err(KeyFileError::NotEncrypted { path: path() });
    }
    if label != EncryptedPrivateKeyInfoRef::PEM_LABEL {
        return Err(KeyFileError::NotAKey { path: path() });
    }
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes())
        .map_err(|_| KeyFileError::NotAKey { path: path() })?;
    if !affordable(&encrypted) {
        return Err(KeyFileError::UnsupportedEncryption { path: path() });
    }
    let plain = encrypted.decrypt(passphrase.expose()).map_err(|error| match error {
        pkcs8::Error::EncryptedPrivateKey(
            pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
            | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }
            | pkcs8::pkcs5::Error::NoPbes1CryptSupport,
        ) => KeyFileError::UnsupportedEncryption { path: path() },
        // One wrong passphrase in 256 passes the check of the padding and gives no DER.
        _ => KeyFileError::WrongPassphrase { path: path() },
    })?;
    let key =
        PrivateKeyInfoRef::try_from(plain.as_bytes()).map_err(|_| KeyFileError::WrongPassphrase { path: path() })?;
    if key.algorithm.oid != ALGORITHM_OID {
        return Err(KeyFileError::NotEd25519 { path: path() });
    }
    SigningKey::try_from(key).map_err(|_| KeyFileError::NotEd25519 { path: path() })
}

/// Whether deriving the key asks for a sane amount of memory.
fn affordable(encrypted: &EncryptedPrivateKeyInfoRef<'_>) -> bool {
    let Some(parameters) = encrypted.encryption_algorithm.pbes2() else {
        return false;
    };
    match &parameters.kdf {
        Kdf::Scrypt(scrypt) => {
            let memory = scrypt.cost_parameter.saturating_mul(u64::from(scrypt.block_size)).saturating_mul(128);
            memory <= SCRYPT_MEMORY_MAX && scrypt.parallelization <= 16
        }
        _ => true,
    }
}

fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let failed = |source| KeyFileError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    // Of the file that was opened, not of the name: no one can exchange it in between.
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() || metadata.len() > FILE_MAX {
        return Err(KeyFileError::NotAFile { path: path.to_owned() });
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Mode { path: path.to_owned(), mode });
    }
    let user = rustix::process::geteuid().as_raw();
    if metadata.uid() != user {
        return Err(KeyFileError::Owner { path: path.to_owned(), owner: metadata.uid(), user });
    }
    let mut text = Zeroizing::new(String::with_capacity(FILE_MAX as usize));
    file.read_to_string(&mut text).map_err(|source| match source.kind() {
        io::ErrorKind::InvalidData => KeyFileError::NotAKey { path: path.to_owned() },
        _ => failed(source),
    })?;
    Ok(text)
}

/// Writes a file that appears whole, with its mode, and only where nothing was: a temporary file
/// beside it is synced and then linked to the name, which fails where the name exists.
fn write_new(path: &Path, content: &[u8]) -> Result<(), KeyFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists { path: path.to_owned() },
        _ => KeyFileError::Write { path: path.to_owned(), source },
    };
    if path.symlink_metadata().is_ok() {
        return Err(failed(io::ErrorKind::AlreadyExists.into()));
    }
    let temporary = temporary_beside(path)?;
    let written = write_private(&temporary, content).and_then(|()| fs::hard_link(&temporary, path)).map_err(failed);
    let removed = fs::remove_file(&temporary);
    written?;
    removed.and_then(|()| File::open(folder_of(path))?.sync_all()).map_err(failed)
}

/// Writes a file that appears whole, with its mode, in the place of the one that is there.
fn write_over(path: &Path, content: &[u8]) -> Result<(), KeyFileError> {
    let temporary = temporary_beside(path)?;
    write_private(&temporary, content).and_then(|()| rename(&temporary, path)).map_err(|source| {
        // Where nothing was written there is nothing to remove.
        fs::remove_file(&temporary).ok();
        KeyFileError::Write { path: path.to_owned(), source }
    })
}

/// Renames a file that is synced, for ever.
#[expect(clippy::disallowed_methods, reason = "the file is synced before, and its folder here")]
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    File::open(folder_of(to))?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn temporary_beside(path: &Path) -> Result<PathBuf, KeyFileError> {
    let mut suffix = [0_u8; 8];
    getrandom::fill(&mut suffix).map_err(|_| KeyFileError::NoRandomness)?;
    Ok(folder_of(path).join(format!(".key-{:016x}", u64::from_le_bytes(suffix))))
}

fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    // The process's umask may have taken rights away.
    file.set_permissions(fs::Permissions::from_mode(MODE))?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "files of a test")]
mod tests {
    use super::*;
    use crate::signer::{Signer as _, public_pem};
    use std::process::{Command, Output};

    fn secret(text: &str) -> Secret {
        Secret::new(text.to_owned())
    }

    fn openssl(args: &[&str]) -> Output {
        Command::new("openssl").args(args).output().expect("this test needs openssl: install the package `openssl`")
    }

    #[test]
    fn a_new_file_is_private_and_opens_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pem");
        let made = create_key_file(&path, &secret("correct horse")).unwrap();
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        let opened = open_key_file(&path, &secret("correct horse")).unwrap();
        assert_eq!(made.public_spki_der(), opened.public_spki_der());
        assert_eq!(made.sign(b"m").unwrap(), opened.sign(b"m").unwrap());
        // Nothing else was left behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn openssl_reads_it_and_verifies_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pem");
        let signer = create_key_file(&path, &secret("p\u{e4}ss phrase")).unwrap();
        let public = openssl(&["pkey", "-in", path.to_str().unwrap(), "-passin", "pass:p\u{e4}ss phrase", "-pubout"]);
        assert!(public.status.success(), "{public:?}");
        assert_eq!(String::from_utf8(public.stdout).unwrap(), public_pem(&signer));

        let file = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let verified = openssl(&[
            "pkeyutl",
            "-verify",
            "-pubin",
            "-inkey",
            &file("public.pem", public_pem(&signer).as_bytes()),
            "-rawin",
            "-in",
            &file("message", b"message"),
            "-sigfile",
            &file("signature", &signer.sign(b"message").unwrap()),
        ]);
        assert!(verified.status.success(), "{verified:?}");
    }

    #[test]
    fn reads_what_openssl_encrypts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("k.pem");
        let name = path.to_str().unwrap();
        let made = openssl(&["genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass", "pass:x", "-out", name]);
        assert!(made.status.success(), "{made:?}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
        assert!(open_key_file(&path, &secret("x")).is_ok());
    }

    #[test]
    fn each_trouble_has_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pem");
        let pass = secret("x");
        assert!(matches!(open_key_file(&path, &pass), Err(KeyFileError::Read { .. })));
        create_key_file(&path, &pass).unwrap();
        let before = fs::read(&path).unwrap();
        assert!(matches!(create_key_file(&path, &pass), Err(KeyFileError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), before);
        for number in 0..4 {
            assert!(matches!(
                open_key_file(&path, &secret(&format!("wrong {number}"))),
                Err(KeyFileError::WrongPassphrase { .. })
            ));
        }
        assert!(matches!(create_key_file(&folder.path().join("b"), &secret("")), Err(KeyFileError::EmptyPassphrase)));
        assert!(matches!(create_key_file(&folder.path().join("none/b"), &pass), Err(KeyFileError::Write { .. })));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(open_key_file(&path, &pass), Err(KeyFileError::Mode { mode: 0o640, .. })));
        assert!(matches!(open_key_file(folder.path(), &pass), Err(KeyFileError::NotAFile { .. })));
        // A dangling link is something, too.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        assert!(matches!(create_key_file(&link, &pass), Err(KeyFileError::Exists { .. })));
    }

    #[test]
    fn a_passphrase_is_changed_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.pem");
        let (old, new) = (secret("correct horse"), secret("battery staple"));
        let made = create_key_file(&path, &old).unwrap();
        let before = fs::read(&path).unwrap();
        for (from, to) in [(&new, &old), (&old, &secret(""))] {
            change_passphrase(&path, from, to).unwrap_err();
            assert_eq!(fs::read(&path).unwrap(), before);
        }
        // A link stays one.
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("run.pem", &link).unwrap();
        change_passphrase(&link, &old, &new).unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o600);
        let opened = open_key_file(&path, &new).unwrap();
        assert_eq!(made.public_spki_der(), opened.public_spki_der());
        assert!(matches!(open_key_file(&path, &old), Err(KeyFileError::WrongPassphrase { .. })));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        let public = openssl(&["pkey", "-in", path.to_str().unwrap(), "-passin", "pass:battery staple", "-pubout"]);
        assert_eq!(String::from_utf8(public.stdout).unwrap(), public_pem(&made));
    }

    #[test]
    fn other_contents_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            write_private(&path, content).unwrap();
            open_key_file(&path, &secret("x")).map(|_| ()).unwrap_err()
        };
        let plain = openssl(&["genpkey", "-algorithm", "ed25519"]).stdout;
        assert!(matches!(open("plain", &plain), KeyFileError::NotEncrypted { .. }));
        let rsa = openssl(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-aes-256-cbc",
            "-pass",
            "pass:x",
        ])
        .stdout;
        assert!(matches!(open("p256", &rsa), KeyFileError::NotEd25519 { .. }));
        assert!(matches!(open("text", b"hello"), KeyFileError::NotAKey { .. }));
        assert!(matches!(open("binary", &[0xff, 0xfe]), KeyFileError::NotAKey { .. }));
        let public = public_pem(&Ed25519Signer::from_seed(&[1; 32]));
        assert!(matches!(open("public", public.as_bytes()), KeyFileError::NotAKey { .. }));
    }
}
