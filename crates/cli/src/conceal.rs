//! What the programs that a run starts must not see: the passphrase in our environment, descriptors that our caller opened for us, our memory.
//!
//! An AWS `credential_process`, a kubeconfig's plugin, a collector of somebody else's: some are started by libraries, with our environment
//! and with every descriptor that is not closed on exec. So both are put in order once, before anything is started. A variable cannot be
//! taken out of a running program's environment (`/proc/<pid>/environ` keeps it in any case): the program starts itself anew without
//! it, in the same process, and is handed the passphrase through a pipe.

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, anyhow};
use model::Secret;
use rustix::io::FdFlags;

use crate::failure::Failure;

pub const VALUE: &str = "WITNESSMARK_PASSPHRASE";
/// Bytes of a passphrase.
pub const MOST_BYTES: usize = 4096;
/// The number of the descriptor from which the passphrase is read.
const HANDED: &str = "WITNESSMARK_PASSPHRASE_DESCRIPTOR";

/// It is this one or the next that is free. Most systems allow a process 1,024 of them.
const HIGH: RawFd = 900;

/// Puts environment, descriptors and memory in order. First of all: what is opened later is closed on exec by itself.
///
/// # Errors
/// When the program cannot be started anew, or the passphrase is longer than one may be.
#[expect(clippy::disallowed_methods, reason = "the command line program reads the environment")]
pub fn settle() -> Result<(), Failure> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(|error| Failure::tool(anyhow!(error).context("memory cannot be kept out of dumps")))?;
    if let Some(passphrase) = std::env::var_os(VALUE) {
        return Err(start_anew(&passphrase));
    }
    close_fds::set_fds_cloexec(3, &[]);
    Ok(())
}

/// Returns only if it fails.
fn start_anew(passphrase: &OsString) -> Failure {
    if passphrase.len() > MOST_BYTES {
        return Failure::input(anyhow!("{VALUE} has more than {MOST_BYTES} bytes"));
    }
    let exec = || -> std::io::Result<std::convert::Infallible> {
        let (reader, mut writer) = std::io::pipe()?;
        // It has room for this much before anybody reads.
        writer.write_all(passphrase.as_bytes())?;
        // A low number may be the one that a PIN is to be read from.
        let reader = rustix::io::fcntl_dupfd_cloexec(&reader, HIGH)?;
        rustix::io::fcntl_setfd(&reader, FdFlags::empty())?;
        let mut words = std::env::args_os();
        let mut command = Command::new(std::env::current_exe()?);
        if let Some(name) = words.next() {
            command.arg0(name);
        }
        command.args(words).env_remove(VALUE).env(HANDED, reader.as_raw_fd().to_string());
        Err(command.exec())
    };
    let Err(error) = exec();
    Failure::tool(anyhow!(error).context(format!("cannot start anew without {VALUE} in the environment")))
}

/// The passphrase that was handed over, if one was. It can be read once, and is kept.
///
/// # Errors
/// When the descriptor cannot be read, or what stands there is no text.
#[expect(clippy::disallowed_methods, reason = "the command line program reads the environment")]
pub fn passphrase() -> Result<Option<Secret>, Failure> {
    static READ: OnceLock<Secret> = OnceLock::new();
    if let Some(read) = READ.get() {
        return Ok(Some(read.clone()));
    }
    let Some(number) = std::env::var(HANDED).ok().and_then(|number| number.parse::<u32>().ok()) else {
        return Ok(None);
    };
    let mut text = String::new();
    std::fs::File::open(format!("/dev/fd/{number}"))
        .and_then(|file| file.take(MOST_BYTES as u64 + 1).read_to_string(&mut text))
        .with_context(|| format!("cannot read the passphrase that {VALUE} held"))
        .map_err(Failure::input)?;
    Ok(Some(READ.get_or_init(|| Secret::new(text)).clone()))
}
