//! Key files: PKCS#8 version 1 in PEM, encrypted with scrypt and AES-256-CBC (PBES2), readable by
//! OpenSSL 3.
//!
//! Version 1 because OpenSSL 3.0 cannot read version 2, which carries the public key. A key file is
//! never overwritten, and neither written nor read where others than its owner could read it.
//!
//! Files that are made together, with one passphrase, have one salt: whoever opens them derives one key, not one for each. Whoever
//! guesses that passphrase has both files in any case; each has its own initialization vector.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aes::{Aes256Dec, Aes256Enc};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{ALGORITHM_OID, KeypairBytes};
use model::Secret;
use pkcs8::der::asn1::OctetStringRef;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::pkcs5::pbes2::{self, EncryptionScheme, Kdf, ScryptParams};
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
    #[error("`{path}` is neither an encrypted PKCS#8 key in PEM nor the name of a key that is held elsewhere")]
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

/// Key files that one passphrase opens. Deriving a key from it is what costs time and memory: what was derived for one file is
/// kept, and serves those that have the same salt and cost.
pub struct KeyFiles<'a> {
    passphrase: &'a Secret,
    derived: Option<Derived>,
}

impl std::fmt::Debug for KeyFiles<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFiles").finish_non_exhaustive()
    }
}

/// The key of AES-256 that scrypt made of a passphrase, with the salt and the cost that it was made with.
struct Derived {
    from: ScryptParams,
    key: Zeroizing<[u8; 32]>,
}

impl<'a> KeyFiles<'a> {
    #[must_use]
    pub const fn new(passphrase: &'a Secret) -> Self {
        Self { passphrase, derived: None }
    }

    /// Makes a new key and its encrypted file of mode 0600. The file appears whole or not at all, and
    /// only where nothing was. It has the salt of the file before it, if its cost is ours.
    ///
    /// # Errors
    /// Where something is already, or the file cannot be written; nothing is left then.
    pub fn create(&mut self, path: &Path) -> Result<Ed25519Signer, KeyFileError> {
        let mut seed = Zeroizing::new([0_u8; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| KeyFileError::NoRandomness)?;
        let pem = self.encrypt(&seed)?;
        write_new(path, pem.as_bytes())?;
        Ok(Ed25519Signer::from_seed(&seed))
    }

    /// Opens a key file. Mode and owner are checked before a byte is read.
    ///
    /// # Errors
    /// Says what is wrong with the file, or that the passphrase does not open it.
    pub fn open(&mut self, path: &Path) -> Result<Ed25519Signer, KeyFileError> {
        let pem = read_private(path)?;
        self.decrypt(path, &pem).map(Ed25519Signer::new)
    }

    /// Encrypts the key of a file with another passphrase. Whoever opens the file, or finds it after a crash, meets the old one or
    /// the new one, whole; when this has returned, the old one is gone.
    ///
    /// # Errors
    /// The file is as it was after every one of them.
    pub fn change(&mut self, path: &Path, new: &mut KeyFiles<'_>) -> Result<(), KeyFileError> {
        // A link stays one: what it leads to is replaced.
        let path = path.canonicalize().map_err(|source| KeyFileError::Read { path: path.to_owned(), source })?;
        let key = self.decrypt(&path, &read_private(&path)?)?;
        let pem = new.encrypt(&Zeroizing::new(key.to_bytes()))?;
        // What takes its place opens, from nothing but the passphrase: a key is not written over with what nobody has read back.
        if KeyFiles::new(new.passphrase).decrypt(&path, &pem)? != key {
            return Err(KeyFileError::Encode);
        }
        write_over(&path, pem.as_bytes())
    }

    fn encrypt(&mut self, seed: &Zeroizing<[u8; 32]>) -> Result<Zeroizing<String>, KeyFileError> {
        if self.passphrase.expose().is_empty() {
            return Err(KeyFileError::EmptyPassphrase);
        }
        let mut iv = [0_u8; 16];
        let mut salt = [0_u8; 16];
        for bytes in [&mut salt, &mut iv] {
            getrandom::fill(bytes).map_err(|_| KeyFileError::NoRandomness)?;
        }
        let plain =
            KeypairBytes { secret_key: **seed, public_key: None }.to_pkcs8_der().map_err(|_| KeyFileError::Encode)?;
        let cost = scrypt::Params::new(SCRYPT_LOG_N, SCRYPT_R, SCRYPT_P).map_err(|_| KeyFileError::Encode)?;
        let fresh = ScryptParams::from_params_and_salt(cost, &salt).map_err(|_| KeyFileError::Encode)?;
        let ours = |before: &ScryptParams| ScryptParams { salt: before.salt, ..fresh } == *before;
        let from = self.derived.as_ref().map(|derived| derived.from).filter(ours).unwrap_or(fresh);
        let parameters = pbes2::Parameters { kdf: Kdf::Scrypt(from), encryption: EncryptionScheme::Aes256Cbc { iv } };
        let cipher = cbc::Encryptor::<Aes256Enc>::new(self.key(&from)?.into(), &iv.into());
        // The padding is one byte at least, and one block at most.
        let mut sealed = vec![0_u8; plain.as_bytes().len() + iv.len()];
        let sealed =
            cipher.encrypt_padded_b2b::<Pkcs7>(plain.as_bytes(), &mut sealed).map_err(|_| KeyFileError::Encode)?;
        let encrypted_data = OctetStringRef::new(sealed).map_err(|_| KeyFileError::Encode)?;
        let info = EncryptedPrivateKeyInfoRef { encryption_algorithm: parameters.into(), encrypted_data };
        SecretDocument::try_from(&info)
            .ok()
            .and_then(|document| document.to_pem(EncryptedPrivateKeyInfoRef::PEM_LABEL, LineEnding::LF).ok())
            .ok_or(KeyFileError::Encode)
    }

    fn decrypt(&mut self, path: &Path, pem: &str) -> Result<SigningKey, KeyFileError> {
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
        let plain = self.plain(&encrypted, path)?;
        // One wrong passphrase in 256 passes the check of the padding and gives no DER.
        let key = PrivateKeyInfoRef::try_from(plain.as_slice())
            .map_err(|_| KeyFileError::WrongPassphrase { path: path() })?;
        if key.algorithm.oid != ALGORITHM_OID {
            return Err(KeyFileError::NotEd25519 { path: path() });
        }
        SigningKey::try_from(key).map_err(|_| KeyFileError::NotEd25519 { path: path() })
    }

    /// What is encrypted, with whatever padding was right.
    fn plain(
        &mut self,
        encrypted: &EncryptedPrivateKeyInfoRef<'_>,
        path: impl Fn() -> PathBuf,
    ) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
        let unsupported = || KeyFileError::UnsupportedEncryption { path: path() };
        let parameters = encrypted.encryption_algorithm.pbes2().ok_or_else(unsupported)?;
        if let (Kdf::Scrypt(from), EncryptionScheme::Aes256Cbc { iv }) = (&parameters.kdf, &parameters.encryption)
            && from.key_length.is_none_or(|length| length == 32)
        {
            let key = self.key(from).map_err(|_| unsupported())?;
            let mut bytes = Zeroizing::new(encrypted.encrypted_data.as_bytes().to_vec());
            let length = cbc::Decryptor::<Aes256Dec>::new(key.into(), iv.into())
                .decrypt_padded::<Pkcs7>(&mut bytes)
                .map_err(|_| KeyFileError::WrongPassphrase { path: path() })?
                .len();
            bytes.truncate(length);
            return Ok(bytes);
        }
        // What other programs made.
        parameters.decrypt(self.passphrase.expose(), encrypted.encrypted_data.as_bytes()).map(Zeroizing::new).map_err(
            |error| match error {
                pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. }
                | pkcs8::pkcs5::Error::AlgorithmParametersInvalid { .. }
                | pkcs8::pkcs5::Error::NoPbes1CryptSupport => unsupported(),
                _ => KeyFileError::WrongPassphrase { path: path() },
            },
        )
    }

    /// The key of AES-256 for a salt and a cost: the one at hand, or a new one, which takes its place.
    fn key(&mut self, from: &ScryptParams) -> Result<&[u8; 32], KeyFileError> {
        let derived = match self.derived.take().filter(|derived| derived.from == *from) {
            Some(derived) => derived,
            None => {
                let mut key = Zeroizing::new([0_u8; 32]);
                let cost = scrypt::Params::try_from(from).map_err(|_| KeyFileError::Encode)?;
                scrypt::scrypt(self.passphrase.expose().as_bytes(), from.salt.as_ref(), &cost, key.as_mut())
                    .map_err(|_| KeyFileError::Encode)?;
                Derived { from: *from, key }
            }
        };
        Ok(&self.derived.insert(derived).key)
    }
}

/// Puts a key file in the place of another one.
///
/// # Errors
/// When it cannot be renamed; both are as they were then.
pub fn replace_key_file(from: &Path, to: &Path) -> Result<(), KeyFileError> {
    rename(from, to).map_err(|source| KeyFileError::Write { path: to.to_owned(), source })
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

pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
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
pub(crate) fn write_new(path: &Path, content: &[u8]) -> Result<(), KeyFileError> {
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

    fn create_key_file(path: &Path, passphrase: &Secret) -> Result<Ed25519Signer, KeyFileError> {
        KeyFiles::new(passphrase).create(path)
    }

    fn open_key_file(path: &Path, passphrase: &Secret) -> Result<Ed25519Signer, KeyFileError> {
        KeyFiles::new(passphrase).open(path)
    }

    fn change_passphrase(path: &Path, old: &Secret, new: &Secret) -> Result<(), KeyFileError> {
        KeyFiles::new(old).change(path, &mut KeyFiles::new(new))
    }

    /// Salt and cost, and the initialization vector.
    fn encryption(path: &Path) -> (ScryptParams, EncryptionScheme) {
        let (_, document) = SecretDocument::from_pem(&fs::read_to_string(path).unwrap()).unwrap();
        let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).unwrap();
        let parameters = info.encryption_algorithm.pbes2().unwrap();
        (*parameters.kdf.scrypt().unwrap(), parameters.encryption)
    }

    #[test]
    fn files_made_together_have_one_salt_and_each_its_vector() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, alone] = ["a", "b", "c"].map(|name| folder.path().join(name));
        let pass = secret("correct horse");
        let mut together = KeyFiles::new(&pass);
        let made = [together.create(&first).unwrap(), together.create(&second).unwrap()];
        create_key_file(&alone, &pass).unwrap();
        let (salt, vector) = encryption(&first);
        assert_eq!(encryption(&second).0, salt);
        assert_ne!(encryption(&second).1, vector);
        assert_ne!(encryption(&alone).0, salt);
        // In any order, and with one of another salt between.
        let mut opening = KeyFiles::new(&pass);
        opening.open(&alone).unwrap();
        for (path, made) in [(&second, &made[1]), (&first, &made[0])] {
            assert_eq!(opening.open(path).unwrap().public_spki_der(), made.public_spki_der());
        }
        // What is made beside files that were opened has their salt; what has another passphrase has not.
        let beside = folder.path().join("d");
        opening.create(&beside).unwrap();
        assert_eq!(encryption(&beside).0, salt);
        let new = secret("battery staple");
        let mut new = KeyFiles::new(&new);
        for path in [&first, &second] {
            opening.change(path, &mut new).unwrap();
            assert_ne!(encryption(path).0, salt);
        }
        assert_eq!(encryption(&first).0, encryption(&second).0);
        assert_ne!(encryption(&first).1, encryption(&second).1);
        assert!(matches!(opening.open(&first), Err(KeyFileError::WrongPassphrase { .. })));
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
