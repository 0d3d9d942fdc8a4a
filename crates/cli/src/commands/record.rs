//! `witnessmark record`: what a person saw, signed with their key, put into the ledger.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use agent::record::{Attached, RecordError, RecordSetup};
use agent::run::ASSESSMENT_VERSION;
use agent::seal::{Intent, Sealer};
use anyhow::{Context as _, anyhow};
use bundle::limits;
use bundle::statement::Kind;
use bundle::trust::Role;
use declaration::{FormAgainst, ReadForm};
use model::record::{ClockSource, Host, Purpose, Recorded};
use model::{Date, Digest, ExitStatus, Timestamp};
use store::{HeadFile, Store};

use crate::args::Record;
use crate::commands::run::{asked, run_id, same_ledger, tool};
use crate::commands::{keys, ledger};
use crate::context::{self, Context};
use crate::failure::{CommandResult, Failure, warn};
use crate::salts::Salts;
use crate::{clock, output, passphrase, records, stores, summary};

pub fn run(arguments: &Record) -> CommandResult {
    let (Some(file), Some(key)) = (&arguments.form, &arguments.key) else {
        // The command line lets nothing else through.
        output::text(declaration::RECORD_TEMPLATE)?;
        return Ok(ExitStatus::Success);
    };
    let started = clock::now()?;
    let context = context::usable(&arguments.declaration.declaration, started)?;
    let plan = context.plan()?;
    let (read, bytes, attached) = form(file, &context, started)?;
    let name = file_name(file)?;

    // Whose key it is comes first: nobody types two passphrases to learn that the first one was of no use.
    let ask = || passphrase::ask_for(arguments.key_passphrase_file.as_deref(), &key.display().to_string());
    let person = keys::open_asking(key, ask)?;
    let opened = keys::open(&arguments.keys)?;
    same_ledger(&plan, &opened)?;
    named(&opened, keys::public(&*person)?, key)?;

    let place = stores::open(&arguments.store.store)?;
    let memory = HeadFile::new(&opened.head);
    let sealer = ledger::sealer(&place, &opened, &memory)?;
    // What an interrupted run had reserved, its own key signs.
    sealer.between_bundles(|_| Ok(())).map_err(ledger::seal_failure)?;
    let sealer = Sealer { collector: &*person, holder: ledger::holder()?, ..sealer };
    // And what this person had begun to seal, this key.
    sealer.between_bundles(|_| Ok(())).map_err(ledger::seal_failure)?;

    let form = &read.form;
    let people =
        records::Asked { trust: &opened.trust, entity: &plan.entity, system: &plan.system.id, day: Date::of(started) };
    not_used_before(&*place.store, form.id.as_str(), &people)?;
    let program = std::env::current_exe()
        .map_err(|e| Failure::tool(anyhow!(e).context("cannot find this program's own executable")))?;
    let (user, machine, os) = asked();
    let mut salts = Salts::new();
    let setup = RecordSetup {
        sealer: &sealer,
        intent: Intent {
            kind: Kind::Record,
            run: run_id(started)?,
            entity: plan.entity.clone(),
            system: plan.system.id.clone(),
            tool: tool(&program)?,
            clock: ClockSource::System,
            started,
            plan: Digest::of(&bytes),
            purpose: Purpose::Readiness,
            overrides: Vec::new(),
            challenge: arguments.challenge.clone(),
            every_seconds: None,
            until: None,
            despite_clock: false,
        },
        assessment: ASSESSMENT_VERSION,
        host: &Host { user, name: machine, os, identities: Vec::new() },
        form: (&name, &bytes),
        recorded: Recorded {
            id: form.id.to_string(),
            method: form.method.value.sealed(),
            about: form.about(),
            by: form.by.value.clone(),
            role: form.role.value.sealed(),
            on: form.on.value,
            done_on: form.done_on.as_ref().map(|day| day.value),
            expires: form.expires.value,
            says: form.says.value.sealed(),
            text: form.text.value.clone(),
            attachments: Vec::new(),
        },
        attached,
        // A clock that is set back meanwhile does not make it end before it began.
        finished: clock::now()?.max(started),
        randomness: &mut |salt| salts.fill(salt),
    };
    let done = agent::record::seal(setup).map_err(failure)?;
    for completed in &done.completed {
        warn(format!("bundle {} had been interrupted: it is sealed now", completed.index));
    }
    for intent in &done.dropped {
        warn(summary::dropped(intent));
    }
    told(&done.sealed, form, &opened)
}

fn failure(error: RecordError) -> Failure {
    match error {
        RecordError::Seal(error) => ledger::seal_failure(error),
        other => Failure::tool(other).with_help("nothing was signed; record it again"),
    }
}

fn told(sealed: &agent::seal::Sealed, form: &declaration::RecordForm, opened: &keys::Opened) -> CommandResult {
    output::text(&format!(
        "Sealed record {} as bundle {} of ledger {}: {} by {}, {}, until {}.\n",
        form.id,
        sealed.index,
        opened.trust.ledger.origin,
        form.method.value.sealed().as_str(),
        form.by,
        form.says.value.sealed().as_str(),
        form.expires
    ))?;
    Ok(ExitStatus::Success)
}

/// Refuses a key that the trust file does not name for records, before anything is touched.
fn named(opened: &keys::Opened, key: ::ledger::PublicKey, file: &Path) -> Result<(), Failure> {
    let named = opened.trust.keys.iter().any(|one| one.role == Role::Record && one.spki.0 == key);
    if named {
        return Ok(());
    }
    Err(Failure::input(anyhow!("the trust file names no holder of the key `{}` for records of persons", file.display()))
        .with_help(format!(
            "`witnessmark keys trust --recorder {}.pub --holder NAME --as entity` adds it; whoever keeps the trust file puts the result in its place",
            file.display()
        )))
}

/// A record is named by its id: two of one name could not be told apart.
fn not_used_before(store: &dyn Store, id: &str, asked: &records::Asked<'_>) -> Result<(), Failure> {
    let known = records::of_store(store, asked)?;
    match known.all.iter().find(|record| record.id == id) {
        Some(record) => {
            Err(Failure::input(anyhow!("bundle {} of this ledger has the record `{id}` already", record.bundle))
                .with_help("nothing is taken back from a ledger: give this one an id of its own"))
        }
        None => Ok(()),
    }
}

fn file_name(file: &Path) -> Result<String, Failure> {
    let name = file.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned)
        .ok_or_else(|| Failure::input(anyhow!("`{}` has no name that can be sealed", file.display())))
}

/// The form without errors, its bytes, and what it attaches; or all that is wrong, printed.
fn form(file: &Path, context: &Context, now: Timestamp) -> Result<(ReadForm, Vec<u8>, Vec<Attached>), Failure> {
    let bytes = read_bounded(file)?;
    let against = FormAgainst {
        declaration: &context.loaded.declaration,
        standards: &context.environment.standards,
        today: Date::of(now),
    };
    let mut read = declaration::read_form(&file_name(file)?, &bytes, &against);
    let mut attached = Vec::new();
    if !read.has_errors() {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        for one in read.form.attachments.clone() {
            match attach(folder, &one.name(), one.is_private()) {
                Ok(found) => attached.push(found),
                Err(why) => read.fault(one.path.at, format!("`{}` {why}", one.path)),
            }
        }
    }
    if read.has_errors() {
        let text = read.render(context::colour());
        anstream::eprint!("{text}");
        return Err(Failure::input(anyhow!("the record `{}` cannot be sealed", file.display()))
            .with_help("correct what is shown above; `witnessmark record --template` prints a form with comments"));
    }
    Ok((read, bytes, attached))
}

/// The form's bytes; one more than it may have says that it is too long.
fn read_bounded(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let most = diagnose::yaml::MAX_FILE as u64 + 1;
    File::open(file)
        .and_then(|opened| opened.take(most).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read `{}`", file.display()))
        .map_err(|error| Failure::input(error).with_help("`witnessmark record --template` prints a form to fill in"))?;
    Ok(bytes)
}

/// Opens an attachment and takes its digest. What is wrong is said for a person.
fn attach(folder: &Path, name: &str, private: bool) -> Result<Attached, String> {
    let path = folder.join(name);
    // A link would seal a file that nobody named, and a device has no end.
    let real = |path: &Path| path.canonicalize().map_err(|error| format!("cannot be read: {error}"));
    if real(&path)? != real(folder)?.join(name) {
        return Err("is a link, or lies behind one; attach the file itself".to_owned());
    }
    let kind = std::fs::symlink_metadata(&path).map_err(|error| format!("cannot be read: {error}"))?;
    if !kind.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(&path)
        .map_err(|error| format!("cannot be read: {error}"))?;
    let size = file.metadata().map_err(|error| format!("cannot be read: {error}"))?.len();
    if size > limits::RAW_MAX {
        return Err(format!("has {size} bytes, and an attachment at most {}", limits::RAW_MAX));
    }
    let sha256 =
        Digest::of_reader((&mut file).take(limits::RAW_MAX)).map_err(|error| format!("cannot be read: {error}"))?;
    if file.stream_position().ok() != Some(size) {
        return Err("changed while it was read".to_owned());
    }
    Ok(Attached { name: name.to_owned(), size, sha256, file: (!private).then_some(file) })
}
