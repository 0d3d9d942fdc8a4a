//! Why a store did not do what it was asked: what happened, where, and whose move it is.

use std::io;
use std::path::Path;

use rustix::io::Errno;

/// Why a store operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("`{place}` holds no ledger")]
    NotInitialised { place: String },
    #[error("`{place}` is neither empty nor a store: it holds `{found}`")]
    NotAStore { place: String, found: String },
    #[error("`{place}` belongs to user {owner}, not to user {user} of this process")]
    OtherOwner { place: String, owner: u32, user: u32 },
    #[error("`{place}` can be read or written by other users (mode {mode:04o})")]
    TooOpen { place: String, mode: u32 },
    #[error("`{place}` is not a plain file or folder")]
    NotPlain { place: String },
    #[error("the disk is full: cannot {action} `{place}`")]
    Full { action: &'static str, place: String, source: io::Error },
    #[error("the file system is read-only: cannot {action} `{place}`")]
    ReadOnly { action: &'static str, place: String, source: io::Error },
    #[error("cannot create `{place}`: the file system makes no hard links")]
    NoLinks { place: String, source: io::Error },
    #[error("not permitted to {action} `{place}`")]
    Denied { action: &'static str, place: String, source: io::Error },
    #[error("cannot {action} `{place}`")]
    Io { action: &'static str, place: String, source: io::Error },
    #[error("{what} is locked by {holder} (`{place}`)")]
    Locked { what: &'static str, holder: String, place: String },
    #[error("run `{run}` is already in the store")]
    RunExists { run: String },
    #[error("`{place}` exists with other content")]
    Differs { place: String },
    #[error("the head of the ledger was moved by someone else (`{place}`)")]
    HeadMoved { place: String },
    #[error("`{place}` has more than {limit} bytes")]
    TooLarge { place: String, limit: u64 },
    #[error("`{path}` is not a path inside a store")]
    BadPath { path: String },
    #[error("`{kind}://` is not a kind of store that this version knows")]
    UnknownKind { kind: String },
    #[error("`{location}` is not the name of a store: {problem}")]
    BadLocation { location: String, problem: String },
    #[error("`{place}` cannot hold a ledger: {found}")]
    NoConditions { place: String, found: String },
    #[error("`{place}` is not locked until {wanted}, as its bucket demands: {found}")]
    NotRetained { place: String, wanted: String, found: String },
    #[error("the object store refuses to {action} `{place}`: {said}")]
    Refused { action: &'static str, place: String, said: String },
    #[error("the object store did not answer as it should when asked to {action} `{place}`: {said}")]
    NoAnswer { action: &'static str, place: String, said: String },
    #[error("nothing was prepared in `{place}`")]
    NothingStaged { place: String },
}

impl StoreError {
    /// How a store in a folder calls one of its places.
    pub(crate) fn place(path: &Path) -> String {
        path.display().to_string()
    }

    /// Files the system's error under what a person can do about it.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let place = Self::place(path);
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { action, place, source },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { action, place, source },
            io::ErrorKind::PermissionDenied => Self::Denied { action, place, source },
            _ => Self::Io { action, place, source },
        }
    }

    /// That of giving a file its name. A file system that has no hard links answers as if it were forbidden: the file could
    /// be written beside, so it is not the right to write that is missing.
    pub(crate) fn link(path: &Path, source: io::Error) -> Self {
        // EACCES is about the folder, these are about the file system.
        let of_the_file_system = [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS].map(Errno::raw_os_error);
        if source.raw_os_error().is_some_and(|number| of_the_file_system.contains(&number)) {
            Self::NoLinks { place: Self::place(path), source }
        } else {
            Self::io("create", path, source)
        }
    }

    /// Whose move it is, and which; for the line after the error.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        let text = match self {
            Self::NotInitialised { place } => {
                format!("create it once with `witnessmark ledger init --store {place}`")
            }
            Self::NotAStore { .. } => "name an empty or a new folder".to_owned(),
            Self::OtherOwner { owner, .. } => {
                format!("run as user {owner}, or let the owner hand the store over with chown")
            }
            Self::TooOpen { place, .. } => {
                format!("a store is a map for attackers; its owner closes it with `chmod -R go= {place}`")
            }
            Self::NotPlain { .. } => {
                "a store has no links or devices; find out who put it there".to_owned()
            }
            Self::Full { .. } => {
                "make room and run again: what was sealed before is untouched, what was begun is completed or recorded by the next run".to_owned()
            }
            Self::ReadOnly { .. } => "mount it writable and run again".to_owned(),
            Self::NoLinks { .. } => {
                "put the store on a file system that supports them (FAT, some FUSE file systems and some network shares do not): a link never replaces a file, so nothing is overwritten"
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
            Self::UnknownKind { .. } => "name a folder, or `s3://BUCKET/PREFIX` to a program that was built with `object-store`".to_owned(),
            Self::BadLocation { .. } => {
                "`s3://BUCKET/PREFIX`, with `?endpoint=URL`, `region=NAME` and `profile=NAME` behind it where they are needed, joined by `&`"
                    .to_owned()
            }
            Self::NoConditions { .. } => {
                "use a store with conditional writes (`If-None-Match` and `If-Match`), as Amazon S3 and MinIO have them: without them two runs at once would overwrite each other"
                    .to_owned()
            }
            Self::NotRetained { .. } => {
                "whoever keeps the bucket finds out why; what was written is there, and nothing after it was written".to_owned()
            }
            Self::Refused { .. } => {
                "whoever keeps the bucket has to grant it, or the credentials have to be renewed; then run again: what was begun is completed or recorded"
                    .to_owned()
            }
            Self::NoAnswer { .. } => "run again: what was begun is completed or recorded".to_owned(),
            Self::Io { .. }
            | Self::RunExists { .. }
            | Self::TooLarge { .. }
            | Self::BadPath { .. }
            | Self::NothingStaged { .. } => return None,
        };
        Some(text)
    }
}
