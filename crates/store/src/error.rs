//! Why a store did not do what it was asked: what happened, where, and whose move it is.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("`{}` holds no ledger", path.display())]
    NotInitialised { path: PathBuf },
    #[error("`{}` is neither empty nor a store: it holds `{found}`", path.display())]
    NotAStore { path: PathBuf, found: String },
    #[error("`{}` belongs to user {owner}, not to user {user} who runs this", path.display())]
    OtherOwner { path: PathBuf, owner: u32, user: u32 },
    #[error("`{}` can be read or written by other users (mode {mode:04o})", path.display())]
    TooOpen { path: PathBuf, mode: u32 },
    #[error("`{}` is not a plain file or folder", path.display())]
    NotPlain { path: PathBuf },
    #[error("the disk is full: cannot {action} `{}`", path.display())]
    Full { action: &'static str, path: PathBuf, source: io::Error },
    #[error("the file system is read-only: cannot {action} `{}`", path.display())]
    ReadOnly { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot create `{}`: the file system makes no hard links", path.display())]
    NoLinks { path: PathBuf, source: io::Error },
    #[error("not permitted to {action} `{}`", path.display())]
    Denied { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot {action} `{}`", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{what} is locked by {holder} (`{}`)", path.display())]
    Locked { what: &'static str, holder: String, path: PathBuf },
    #[error("run `{run}` is already in the store")]
    RunExists { run: String },
    #[error("`{}` exists with other content", path.display())]
    Differs { path: PathBuf },
    #[error("the head of the ledger was moved by someone else (`{}`)", path.display())]
    HeadMoved { path: PathBuf },
    #[error("`{}` has more than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
    #[error("`{path}` is no path inside a store")]
    BadPath { path: String },
    #[error("nothing was prepared in `{}`", path.display())]
    NothingStaged { path: PathBuf },
}

impl StoreError {
    /// Files the system's error under what a person can do about it.
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        let path = path.into();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { action, path, source },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { action, path, source },
            io::ErrorKind::PermissionDenied => Self::Denied { action, path, source },
            _ => Self::Io { action, path, source },
        }
    }

    /// That of giving a file its name. A file system that has no hard links answers as if it were forbidden: the file could
    /// be written beside, so it is not the right to write that is missing.
    pub(crate) fn link(path: impl Into<PathBuf>, source: io::Error) -> Self {
        // EACCES is about the folder, these are about the file system.
        let of_the_file_system = [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS].map(Errno::raw_os_error);
        if source.raw_os_error().is_some_and(|number| of_the_file_system.contains(&number)) {
            Self::NoLinks { path: path.into(), source }
        } else {
            Self::io("create", path, source)
        }
    }

    /// Whose move it is, and which; for the line after the error.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::NotInitialised { path } => {
                format!("make it once with `witnessmark ledger init --store {}`", path.display())
            }
            Self::NotAStore { .. } => "name an empty or a new folder".to_owned(),
            Self::OtherOwner { owner, .. } => {
                format!("run as user {owner}, or let the owner hand the store over with chown")
            }
            Self::TooOpen { path, .. } => format!(
                "a store is a map for attackers; its owner closes it with `chmod -R go= {}`",
                path.display()
            ),
            Self::NotPlain { .. } => {
                "a store has no links or devices; find out who put it there".to_owned()
            }
            Self::Full { .. } => {
                "make room and run again: what was sealed before is untouched, what was begun is completed or recorded by the next run".to_owned()
            }
            Self::ReadOnly { .. } => "mount it writable and run again".to_owned(),
            Self::NoLinks { .. } => {
                "put the store on a file system that makes them (most of FAT, some of FUSE and network shares do not): a new name that \
                 replaces nothing is what keeps an earlier file from being overwritten"
                    .to_owned()
            }
            Self::Denied { .. } => "the owner of the store has to grant it, or run this".to_owned(),
            Self::Locked { .. } => {
                "wait for it to end, or end it; a lock ends with its process, no file need be removed".to_owned()
            }
            Self::Differs { .. } => {
                "something else wrote here; nothing was overwritten. Find out what before the next run".to_owned()
            }
            Self::HeadMoved { .. } => "run again".to_owned(),
            Self::Io { .. }
            | Self::RunExists { .. }
            | Self::TooLarge { .. }
            | Self::BadPath { .. }
            | Self::NothingStaged { .. } => return None,
        };
        Some(text)
    }
}
