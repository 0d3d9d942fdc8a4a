//! `witnessmark keys`: key files, and what is handed to an auditor.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use ::ledger::PublicKey;
use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle::trust::{Holder, Role, Trust, TrustError, TrustedKey};
use model::Secret;
use model::record::ActsFor;
use sign::{HeldKey, KeyFiles, Signer};

use crate::args::{ActsForArgument, KeyFolder};
use crate::failure::Failure;
use crate::unrotated::Unrotated;
use crate::{output, passphrase};

pub const COLLECTOR: &str = "collector.key.pem";
pub const COLLECTOR_PUBLIC: &str = "collector.pub.pem";
pub const LEDGER: &str = "ledger.key.pem";
pub const TRUST: &str = "trust.json";
/// The collector's next key, until it takes the place of the one before.
pub const NEXT: &str = "collector.next.key.pem";
/// Signs for what is withheld, where somebody made it.
pub const REDACTOR: &str = "redactor.key.pem";
/// Beside the keys, unless `--head` says otherwise.
pub const HEAD: &str = "last-head";

/// Key files and trust material, opened.
pub struct Opened {
    pub collector: Box<dyn Signer>,
    pub ledger: Box<dyn Signer>,
    pub trust: Trust,
    /// Where the last head seen is kept.
    pub head: PathBuf,
}

/// Who holds the two keys of a folder, where that is not a file of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Holders<'a> {
    pub collector: Option<&'a HeldKey>,
    pub ledger: Option<&'a HeldKey>,
}

/// `keys new`
pub fn new(out: &Path, origin: &str, holders: Holders<'_>, passphrase_file: Option<&Path>) -> Result<(), Failure> {
    let passphrase = match holders {
        Holders { collector: Some(_), ledger: Some(_) } => none(),
        _ => passphrase::ask_twice(passphrase_file)?,
    };
    let trust = create(out, origin, holders, &passphrase)?;
    output::text(&rendered(out, holders, &trust))
}

/// `keys approver`
pub fn approver(out: &Path, holder: Option<&HeldKey>, passphrase_file: Option<&Path>) -> Result<(), Failure> {
    person(out, holder, passphrase_file, "--approver", "")
}

/// `keys recorder`
pub fn recorder(out: &Path, holder: Option<&HeldKey>, passphrase_file: Option<&Path>) -> Result<(), Failure> {
    person(out, holder, passphrase_file, "--recorder", " --holder NAME --as entity")
}

fn person(
    out: &Path,
    holder: Option<&HeldKey>,
    passphrase_file: Option<&Path>,
    option: &str,
    more: &str,
) -> Result<(), Failure> {
    let passphrase = holder.map_or_else(|| passphrase::ask_twice(passphrase_file), |_| Ok(none()))?;
    let signer = make(out, holder, &mut KeyFiles::new(&passphrase))?;
    let beside = PathBuf::from(format!("{}.pub", out.display()));
    write_new(&beside, sign::public_pem(&*signer).as_bytes())?;
    output::text(&format!(
        "Created {} and {}.\n\nNext: witnessmark keys trust {option} {}{more} > trust.new, put it in the place of keys/trust.json, and hand it to your auditor\n",
        out.display(),
        beside.display(),
        beside.display()
    ))
}

/// `keys trust`
pub fn trust(
    keys: &Path,
    cosign: bool,
    approvers: &[PathBuf],
    recorder: Option<((&Path, String), ActsForArgument)>,
) -> Result<(), Failure> {
    let mut trust = read_trust(&keys.join(TRUST))?;
    for file in approvers {
        trust.keys.push(TrustedKey::from_now_on(read_public(file)?, Role::Approve, 0));
    }
    if let Some(((file, name), acts_for)) = recorder {
        let acts_for = match acts_for {
            ActsForArgument::Entity => ActsFor::Entity,
            ActsForArgument::Implementer => ActsFor::Implementer,
            ActsForArgument::Auditor => ActsFor::Auditor,
        };
        let holder = Some(Holder { name, acts_for });
        trust.keys.push(TrustedKey { holder, ..TrustedKey::from_now_on(read_public(file)?, Role::Record, 0) });
    }
    let text = if cosign { trust.trusted_root() } else { trust.render() }.map_err(Failure::tool)?;
    if !cosign {
        // A key that is named already, or is the ledger's own, is not handed out as another one.
        Trust::parse(text.as_bytes()).map_err(Failure::input)?;
    }
    // A file for others, byte by byte: a name in it stays as it is written.
    output::exact(&text)
}

/// Makes a folder with two new keys and `trust.json`.
///
/// # Errors
/// When anything is there already, or cannot be written. Nothing is ever overwritten.
pub fn create(folder: &Path, origin: &str, holders: Holders<'_>, passphrase: &Secret) -> Result<Trust, Failure> {
    // Before a key is made: with a name that no ledger can have the folder would be of no use, and in the way.
    if !::ledger::valid_origin(origin) {
        return Err(Failure::input(TrustError::Origin { origin: origin.to_owned() }));
    }
    // And before a folder is made for keys that nobody has, or for one key twice.
    let held = [holders.collector, holders.ledger].map(|holder| holder.map(held_elsewhere).transpose());
    let [collector, ledger] = held;
    if let (Some(collector), Some(ledger)) = (&collector?, &ledger?) {
        Trust::new(origin, public(&**ledger)?, public(&**collector)?).map_err(Failure::input)?;
    }
    make_folder(folder)?;
    let mut files = KeyFiles::new(passphrase);
    let collector = make(&folder.join(COLLECTOR), holders.collector, &mut files)?;
    let ledger = make(&folder.join(LEDGER), holders.ledger, &mut files)?;
    let trust = Trust::new(origin, public(&*ledger)?, public(&*collector)?).map_err(Failure::input)?;
    write_new(&folder.join(COLLECTOR_PUBLIC), sign::public_pem(&*collector).as_bytes())?;
    write_new(&folder.join("ledger.pub.pem"), sign::public_pem(&*ledger).as_bytes())?;
    write_new(&folder.join(TRUST), trust.render().map_err(Failure::tool)?.as_bytes())?;
    write_new(&folder.join("trusted_root.json"), trust.trusted_root().map_err(Failure::tool)?.as_bytes())?;
    Ok(trust)
}

/// Opens the keys of a folder that [`create`] made.
///
/// # Errors
/// Names the file, what is wrong with it and whose move it is.
pub fn open(folder: &KeyFolder) -> Result<Opened, Failure> {
    let keys = &folder.keys;
    if !keys.join(TRUST).exists() {
        return Err(Failure::input(anyhow!("there are no keys in `{}`", keys.display()))
            .with_help("create them with `witnessmark keys new --out FOLDER`, or name the folder with `--keys`"));
    }
    let passphrase = match all_elsewhere(keys)? {
        true => none(),
        false => passphrase::ask(folder.passphrase_file.as_deref())?,
    };
    open_for(folder, &passphrase)
}

/// As [`open`], where that needs nobody at a terminal; nothing where it does, or where there are no keys.
///
/// For what is done before anything else is read: deriving a key takes 16 MiB for a moment, which then come on top of nothing. Where
/// a person is asked, faults of what they wrote come first: nobody types a passphrase to learn of those.
///
/// # Errors
/// As [`open`].
pub fn open_unasked(folder: &KeyFolder) -> Result<Option<Opened>, Failure> {
    if !folder.keys.join(TRUST).exists() {
        return Ok(None);
    }
    let given = match all_elsewhere(&folder.keys)? {
        true => Some(none()),
        false => passphrase::given(folder.passphrase_file.as_deref())?,
    };
    given.map(|passphrase| open_for(folder, &passphrase)).transpose()
}

fn open_for(folder: &KeyFolder, passphrase: &Secret) -> Result<Opened, Failure> {
    let opened = open_with(&folder.keys, passphrase)?;
    Ok(match &folder.head {
        Some(head) => Opened { head: head.clone(), ..opened },
        None => opened,
    })
}

/// As [`open`], with the passphrase at hand.
///
/// # Errors
/// As [`open`].
pub fn open_with(keys: &Path, passphrase: &Secret) -> Result<Opened, Failure> {
    let file = keys.join(TRUST);
    let trust = read_trust(&file)?;
    let mut files = KeyFiles::new(passphrase);
    let mut open = |name: &str| open_key(&keys.join(name), &mut files);
    let collector = open(COLLECTOR)?;
    no_rotation_under_way(keys, &trust, &*collector)?;
    let collector = Box::new(Unrotated::new(collector, &file)?);
    Ok(Opened { collector, ledger: open(LEDGER)?, trust, head: keys.join(HEAD) })
}

/// Refuses a key that the trust file has ended, where the one that follows is still waiting beside it.
fn no_rotation_under_way(folder: &Path, trust: &Trust, collector: &dyn Signer) -> Result<(), Failure> {
    let signs = trust.allows(&public(collector)?, Role::Run, u64::MAX);
    if signs || !folder.join(NEXT).exists() {
        return Ok(());
    }
    Err(Failure::input(anyhow!("the rotation of the keys in `{}` was interrupted", folder.display()))
        .with_help("`witnessmark keys rotate` finishes it"))
}

/// Opens one key file, or finds the key that it names.
///
/// # Errors
/// As [`open`].
pub fn open_key(file: &Path, files: &mut KeyFiles<'_>) -> Result<Box<dyn Signer>, Failure> {
    match holder_in(file)? {
        Some(holder) => held_elsewhere(&holder),
        None => Ok(Box::new(files.open(file).map_err(explain)?)),
    }
}

/// As [`open_key`], and the passphrase is asked for only where there is one.
///
/// # Errors
/// As [`open`].
pub fn open_asking(file: &Path, ask: impl FnOnce() -> Result<Secret, Failure>) -> Result<Box<dyn Signer>, Failure> {
    match holder_in(file)? {
        Some(holder) => held_elsewhere(&holder),
        None => open_key(file, &mut KeyFiles::new(&ask()?)),
    }
}

/// Makes a key file, or one that names a key which is held elsewhere and was found there.
///
/// # Errors
/// As [`create`].
pub fn make(file: &Path, holder: Option<&HeldKey>, files: &mut KeyFiles<'_>) -> Result<Box<dyn Signer>, Failure> {
    let Some(holder) = holder else { return Ok(Box::new(files.create(file).map_err(Failure::input)?)) };
    let signer = held_elsewhere(holder)?;
    holder.name_in(file).map_err(Failure::input)?;
    Ok(signer)
}

/// Who holds the key that a file names; nothing where the file holds it.
///
/// # Errors
/// When the file cannot be read, or is neither.
pub fn holder_in(file: &Path) -> Result<Option<HeldKey>, Failure> {
    HeldKey::named_in(file).map_err(explain)
}

/// Whether no file of a folder that a run opens needs a passphrase.
fn all_elsewhere(folder: &Path) -> Result<bool, Failure> {
    for name in [COLLECTOR, LEDGER] {
        if holder_in(&folder.join(name))?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[expect(clippy::disallowed_methods, reason = "the command line program reads the environment")]
fn held_elsewhere(holder: &HeldKey) -> Result<Box<dyn Signer>, Failure> {
    let socket = std::env::var_os("SSH_AUTH_SOCK").filter(|socket| !socket.is_empty()).map(PathBuf::from);
    match holder.open(socket.as_deref()) {
        Ok(signer) => Ok(Box::new(signer)),
        Err(error) => Err(Failure::input(error).with_help("`ssh-add -l` lists what the agent of SSH_AUTH_SOCK holds")),
    }
}

/// In the place of a passphrase where no file has one.
pub fn none() -> Secret {
    Secret::new(String::new())
}

/// A public key out of its PEM file.
pub fn read_public(file: &Path) -> Result<PublicKey, Failure> {
    let wrong = || format!("`{}` is not a PEM file of an Ed25519 public key", file.display());
    let text = fs::read_to_string(file)
        .with_context(|| format!("cannot read `{}`", file.display()))
        .map_err(Failure::input)?;
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    let der = STANDARD.decode(body).with_context(wrong).map_err(Failure::input)?;
    PublicKey::from_spki_der(&der).with_context(wrong).map_err(Failure::input)
}

/// Reads `trust.json`.
///
/// # Errors
/// When it cannot be read or is not what it should be.
pub fn read_trust(path: &Path) -> Result<Trust, Failure> {
    let bytes =
        fs::read(path).with_context(|| format!("cannot read the trust file `{}`", path.display())).map_err(|e| {
            Failure::input(e)
                .with_help("`witnessmark keys new` creates it; an auditor gets it from the custodian, out of band")
        })?;
    Trust::parse(&bytes).with_context(|| format!("`{}` is not a trust file", path.display())).map_err(Failure::input)
}

pub fn explain(error: sign::KeyFileError) -> Failure {
    use sign::KeyFileError as E;
    let help = match &error {
        E::WrongPassphrase { .. } => "give the passphrase that `keys new` was given; it cannot be recovered",
        E::Mode { .. } => "restrict it with `chmod 600 FILE`, and create new keys if others may have read it",
        E::Owner { .. } => "run as the user who owns the keys",
        E::Read { .. } => "check that the file is there and that this user may read it",
        _ => return Failure::input(error),
    };
    Failure::input(error).with_help(help)
}

pub fn public(signer: &dyn Signer) -> Result<PublicKey, Failure> {
    PublicKey::from_spki_der(&signer.public_spki_der()).map_err(Failure::tool)
}

fn make_folder(folder: &Path) -> Result<(), Failure> {
    let what = || format!("cannot create the folder `{}`", folder.display());
    match DirBuilder::new().recursive(false).mode(0o700).create(folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let mut entries = fs::read_dir(folder).with_context(what).map_err(Failure::input)?;
            match entries.next() {
                None => Ok(()),
                Some(_) => {
                    Err(Failure::input(anyhow!("`{}` is not empty; keys are never overwritten", folder.display())))
                }
            }
        }
        Err(error) => Err(Failure::input(anyhow!(error).context(what()))),
    }
}

pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .with_context(|| format!("cannot write `{}`", path.display()))
        .map_err(Failure::input)
}

fn rendered(folder: &Path, holders: Holders<'_>, trust: &Trust) -> String {
    let mut text = String::new();
    let folder = folder.display().to_string();
    let folder = folder.trim_end_matches('/');
    writeln!(text, "Created in {folder}/, for ledger {}:", trust.ledger.origin).ok();
    let kept = |holder: Option<&HeldKey>| match holder {
        Some(_) => "names the key: see that its holder keeps it",
        None => "keep, back up",
    };
    writeln!(text, "  {COLLECTOR:<20} signs bundles                    ({})", kept(holders.collector)).ok();
    writeln!(text, "  {LEDGER:<20} signs the heads of the ledger    ({})", kept(holders.ledger)).ok();
    writeln!(text, "  {TRUST:<20} give this to your auditor, over a channel they trust").ok();
    writeln!(text, "  {:<20} the same for cosign", "trusted_root.json").ok();
    writeln!(text, "\nNext: witnessmark ledger init --store evidence --keys {folder}").ok();
    text
}
