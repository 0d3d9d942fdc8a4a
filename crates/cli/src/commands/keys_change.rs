//! `witnessmark keys`, and what becomes of keys in the course of years: a new one in the place of an old one, another passphrase, a ledger that ends.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use agent::seal::{self, SealError, Sealer};
use anyhow::{Context as _, anyhow};
use bundle::trust::{Role, Trust};
use model::{ExitStatus, Secret};
use sign::{HeldKey, KeyFileError, KeyFiles, Signer};
use store::HeadFile;

use crate::args::{ChangePassphrase, Close, Keys as Command, Rotate};
use crate::commands::keys::{self, COLLECTOR, COLLECTOR_PUBLIC, HEAD, Holders, LEDGER, NEXT, REDACTOR, TRUST};
use crate::commands::ledger;
use crate::failure::{CommandResult, Failure};
use crate::{output, passphrase, stores};

pub fn run(command: Command) -> CommandResult {
    match command {
        Command::Rotate(arguments) => rotate(&arguments)?,
        Command::Passphrase(arguments) => passphrase(&arguments)?,
        Command::Close(arguments) => close(&arguments)?,
        Command::New { out, origin, collector, ledger, passphrase_file } => {
            let holders = Holders { collector: collector.as_ref(), ledger: ledger.as_ref() };
            keys::new(&out, &origin, holders, passphrase_file.as_deref())?;
        }
        Command::Approver { out, held_by, passphrase_file } => {
            keys::approver(&out, held_by.as_ref(), passphrase_file.as_deref())?;
        }
        Command::Recorder { out, held_by, passphrase_file } => {
            keys::recorder(&out, held_by.as_ref(), passphrase_file.as_deref())?;
        }
        Command::Trust { keys, cosign, approver, recorder, holder, acts_for } => {
            keys::trust(&keys, cosign, &approver, recorder.as_deref().zip(holder).zip(acts_for))?;
        }
    }
    Ok(ExitStatus::Success)
}

fn rotate(arguments: &Rotate) -> Result<(), Failure> {
    let folder = &arguments.keys.keys;
    let file = folder.join(TRUST);
    let trust = keys::read_trust(&file)?;
    let person = !arguments.approver.is_empty() || !arguments.recorder.is_empty();
    let secret = opens_all(folder, person || arguments.to.is_some(), arguments.keys.passphrase_file.as_deref())?;
    let head = arguments.keys.head.clone().unwrap_or_else(|| folder.join(HEAD));
    let desk = Keys { folder, file: &file, trust, secret: &secret };
    let text = match (arguments.approver.as_slice(), arguments.recorder.as_slice()) {
        ([old, new], _) => desk.person(Role::Approve, &arguments.store.store, &head, old, new)?,
        (_, [old, new]) => desk.person(Role::Record, &arguments.store.store, &head, old, new)?,
        _ => desk.collector(&arguments.store.store, &head, arguments.to.as_ref())?,
    };
    output::text(&text)
}

/// What opens the key files of a folder; nothing where none of them holds a key and none is made.
fn opens_all(folder: &Path, makes_none: bool, file: Option<&Path>) -> Result<Secret, Failure> {
    let held = [COLLECTOR, LEDGER, NEXT].map(|name| folder.join(name));
    for key in held.iter().filter(|key| key.exists()) {
        if keys::holder_in(key)?.is_none() {
            return passphrase::ask(file);
        }
    }
    match makes_none {
        true => Ok(keys::none()),
        false => passphrase::ask_twice(file),
    }
}

/// The keys of a folder, and what opens them.
struct Keys<'a> {
    folder: &'a Path,
    file: &'a Path,
    trust: Trust,
    secret: &'a Secret,
}

impl Keys<'_> {
    /// Each step is whole on the disk before the next one: the next key, the trust file that names it, the key in its place. What an
    /// interrupted rotation left is finished, or, where nobody could know the key yet, thrown away.
    fn collector(self, store: &Path, head: &Path, to: Option<&HeldKey>) -> Result<String, Failure> {
        let (next, now) = (self.folder.join(NEXT), self.folder.join(COLLECTOR));
        let mut files = KeyFiles::new(self.secret);
        if next.exists() {
            let waiting = keys::open_key(&next, &mut files)?;
            let key = keys::public(&*waiting)?;
            if let Some(known) = self.trust.keys.iter().find(|known| known.role == Role::Run && known.spki.0 == key) {
                self.put(&next, &now, &*waiting)?;
                return Ok(self.told(known.indices.from));
            }
            std::fs::remove_file(&next)
                .with_context(|| format!("cannot remove `{}`", next.display()))
                .map_err(Failure::tool)?;
        }
        // The passphrase has to open what a run opens.
        let ledger_key = keys::open_key(&self.folder.join(LEDGER), &mut files)?;
        let following = keys::make(&next, to, &mut files)?;
        // A key file that is lost needs no passphrase: only what was reserved and not signed waits for the one that follows.
        let before: Box<dyn Signer> = match now.exists() {
            true => keys::open_key(&now, &mut files)?,
            false => keys::open_key(&next, &mut files)?,
        };
        let place = stores::open(store)?;
        let memory = HeadFile::new(head);
        let sealer = Sealer {
            store: &*place.store,
            workshop: &place.workshop,
            memory: &memory,
            trust: &self.trust,
            collector: &*before,
            ledger: &*ledger_key,
            holder: ledger::holder()?,
            wait: ledger::WAIT_FOR_LEDGER,
            texts: None,
        };
        let index = sealer.between_bundles(|index| {
            let mut trust = self.trust.clone();
            trust.succeed(Role::Run, None, keys::public(&*following).map_err(Stopped::Other)?, index)?;
            self.write(&trust).map_err(Stopped::Other)?;
            self.put(&next, &now, &*following).map_err(Stopped::Other)?;
            Ok::<_, Stopped>(index)
        })?;
        Ok(self.told(index))
    }

    fn person(self, role: Role, store: &Path, head: &Path, old: &Path, new: &Path) -> Result<String, Failure> {
        let (ended, follows) = (keys::read_public(old)?, keys::read_public(new)?);
        let named = self.trust.keys.iter().any(|key| key.role == role && key.spki.0 == ended);
        let (who, option) = match role {
            Role::Record => ("person who seals records", "--recorder FILE --holder NAME --as WHO"),
            Role::Approve | Role::Run => ("approver", "--approver FILE"),
        };
        if !named {
            return Err(Failure::input(anyhow!(
                "`{}` names no {who} with the key in `{}`",
                self.file.display(),
                old.display()
            ))
            .with_help(format!("`witnessmark keys trust {option}` adds one")));
        }
        let opened = keys::open_with(self.folder, self.secret)?;
        let place = stores::open(store)?;
        let memory = HeadFile::new(head);
        let sealer = Sealer {
            store: &*place.store,
            workshop: &place.workshop,
            memory: &memory,
            trust: &self.trust,
            collector: &*opened.collector,
            ledger: &*opened.ledger,
            holder: ledger::holder()?,
            wait: ledger::WAIT_FOR_LEDGER,
            texts: None,
        };
        let index = sealer.between_bundles(|index| {
            let mut trust = self.trust.clone();
            trust.succeed(role, Some(&ended), follows, index)?;
            self.write(&trust).map_err(Stopped::Other)?;
            Ok::<_, Stopped>(index)
        })?;
        let (does, again) = match role {
            Role::Record => ("signs records", ""),
            Role::Approve | Role::Run => {
                ("approves", "sign again what the old key signed (witnessmark acceptances sign), and ")
            }
        };
        Ok(format!(
            "From bundle {index} on, key {} {does} in the place of key {}.\n\n\
             Next: {again}give {} to your auditor, over a channel they trust\n",
            follows.id(),
            ended.id(),
            self.file.display()
        ))
    }

    fn write(&self, trust: &Trust) -> Result<(), Failure> {
        replace(self.file, trust.render().map_err(Failure::tool)?.as_bytes())
    }

    /// Puts the next key in its place, with its public key beside it. The public key of the one before is kept: cosign verifies
    /// with it what it signed.
    fn put(&self, next: &Path, now: &Path, following: &dyn Signer) -> Result<(), Failure> {
        let public = self.folder.join(COLLECTOR_PUBLIC);
        let text = sign::public_pem(following);
        let before = std::fs::read_to_string(&public).ok().filter(|before| *before != text);
        if let Some(before) = before {
            let id = keys::read_public(&public)?.id().to_string();
            let kept = self.folder.join(format!("collector-{id:.16}.pub.pem"));
            replace(&kept, before.as_bytes())?;
        }
        replace(&public, text.as_bytes())?;
        sign::replace_key_file(next, now).map_err(keys::explain)
    }

    fn told(&self, index: u64) -> String {
        format!(
            "From bundle {index} on, a new key signs: {}. The key file before it is removed.\n\n\
             Next: give {} to your auditor, over a channel they trust; with the one they have, they cannot verify bundle {index}\n",
            self.folder.join(COLLECTOR).display(),
            self.file.display()
        )
    }
}

/// Why a rotation stopped under the ledger's lock.
enum Stopped {
    Seal(SealError),
    Other(Failure),
}

impl From<SealError> for Stopped {
    fn from(error: SealError) -> Self {
        Self::Seal(error)
    }
}

impl From<bundle::trust::TrustError> for Stopped {
    fn from(error: bundle::trust::TrustError) -> Self {
        Self::Other(Failure::input(error))
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Seal(error) => ledger::seal_failure(error),
            Stopped::Other(failure) => failure,
        }
    }
}

fn passphrase(arguments: &ChangePassphrase) -> Result<(), Failure> {
    let named: Vec<PathBuf> = match &arguments.key {
        Some(file) => vec![file.clone()],
        None => [COLLECTOR, LEDGER, NEXT, REDACTOR]
            .into_iter()
            .map(|name| arguments.keys.join(name))
            .filter(|file| file.exists() || file.ends_with(COLLECTOR) || file.ends_with(LEDGER))
            .collect(),
    };
    let (mut files, mut text) = (Vec::new(), String::new());
    for file in named {
        match keys::holder_in(&file)? {
            Some(holder) => {
                text.push_str(&format!("{} names {holder}, which has no passphrase here.\n", file.display()));
            }
            None => files.push(file),
        }
    }
    if files.is_empty() {
        return Err(Failure::input(anyhow!("no key file here has a passphrase: {}", text.trim_end())));
    }
    let old = passphrase::ask(arguments.passphrase_file.as_deref())?;
    // Before a new one is asked for: nobody types one twice to learn that the old one was wrong.
    let mut opened = KeyFiles::new(&old);
    let still_old: Vec<bool> = files.iter().map(|file| opens(file, &mut opened)).collect::<Result<_, _>>()?;
    if !still_old.contains(&true) {
        let path = files.into_iter().next().unwrap_or_default();
        return Err(keys::explain(KeyFileError::WrongPassphrase { path }));
    }
    let new = passphrase::new(arguments.new_passphrase_file.as_deref())?;
    let mut following = KeyFiles::new(&new);
    for (file, still_old) in files.iter().zip(still_old) {
        // Where an earlier change was interrupted between two files, one of them has the new passphrase already.
        if still_old {
            opened.change(file, &mut following).map_err(keys::explain)?;
        } else if !opens(file, &mut following)? {
            return Err(keys::explain(KeyFileError::WrongPassphrase { path: file.clone() }));
        }
        text.push_str(&format!("{} has the new passphrase.\n", file.display()));
    }
    text.push_str(
        "\nNext: change it where runs take it from. Copies of the files in backups still open with the old one\n",
    );
    output::text(&text)
}

/// Whether a passphrase opens a key file.
fn opens(file: &Path, files: &mut KeyFiles<'_>) -> Result<bool, Failure> {
    match files.open(file) {
        Ok(_) => Ok(true),
        Err(KeyFileError::WrongPassphrase { .. }) => Ok(false),
        Err(error) => Err(keys::explain(error)),
    }
}

fn close(arguments: &Close) -> Result<(), Failure> {
    let file = arguments.keys.join(TRUST);
    let mut trust = keys::read_trust(&file)?;
    let memory = HeadFile::new(&arguments.head.clone().unwrap_or_else(|| arguments.keys.join(HEAD)));
    let place = arguments.store.as_deref().map(stores::open).transpose()?;
    // Nobody appends while the end is written down.
    let holder = ledger::holder()?;
    let lock = place.as_ref().map(|place| place.workshop.lock_ledger(&holder, ledger::WAIT_FOR_LEDGER));
    let _lock = lock.transpose().map_err(stores::failed)?;
    let size = match &place {
        Some(place) => seal::ledger_size(&*place.store, &memory, &trust).map_err(ledger::seal_failure)?,
        None => seal::last_size_seen(&memory, &trust).map_err(ledger::seal_failure)?.ok_or_else(|| {
            Failure::input(anyhow!("no head of the ledger `{}` was ever seen here", trust.ledger.origin))
                .with_help("name the file that remembers it with `--head`, or the store with `--store`")
        })?,
    };
    if size == 0 {
        return Err(Failure::input(anyhow!(
            "the ledger `{}` has no bundle: there is nothing to close",
            trust.ledger.origin
        )));
    }
    trust.end(size).map_err(Failure::input)?;
    replace(&file, trust.render().map_err(Failure::tool)?.as_bytes())?;
    output::text(&format!(
        "The ledger {} ends with bundle {}. What it holds verifies as before; what is signed for it later does not.\n\n\
         Next: give {} to your auditor, over a channel they trust, and begin a new ledger under another name (witnessmark keys new)\n",
        trust.ledger.origin,
        size - 1,
        file.display()
    ))
}

/// Replaces a file of ours whole.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        File::open(folder)?.sync_all()
    };
    written().with_context(|| format!("cannot write `{}`", path.display())).map_err(Failure::tool)
}
