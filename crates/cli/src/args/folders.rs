//! Folders and bundles that many commands take.

use std::path::PathBuf;

use clap::{Args, ValueHint};

#[derive(Clone, Debug, Args)]
pub struct KeyFolder {
    /// Folder of key files, as `keys new` creates it.
    #[arg(long, value_name = "FOLDER", default_value = "keys", env = "WITNESSMARK_KEYS", hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub keys: PathBuf,
    /// File with the passphrase of the key files. Default: WITNESSMARK_PASSPHRASE_FILE, else WITNESSMARK_PASSPHRASE,
    /// else a prompt.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// File that remembers the last head of the ledger, to detect a store that was rolled back. Default: `last-head`
    /// in the folder of keys. Every run writes it: name another place where the keys are mounted read-only.
    #[arg(long, value_name = "FILE", env = "WITNESSMARK_HEAD", hide_env_values = true, value_hint = ValueHint::FilePath)]
    pub head: Option<PathBuf>,
}

#[derive(Clone, Debug, Args)]
pub struct StoreFolder {
    /// Folder of the evidence store, or `s3://BUCKET/PREFIX` in an S3-compatible object store (`?endpoint=URL&region=NAME&profile=NAME`).
    #[arg(long, value_name = "STORE", default_value = "evidence", value_hint = ValueHint::DirPath)]
    pub store: PathBuf,
}

/// A bundle to read: one of the store, or one that lies by itself.
#[derive(Clone, Debug, Args)]
pub struct BundleNamed {
    #[command(flatten)]
    pub store: StoreFolder,
    /// Index of the bundle in the store. Default: that of the newest run.
    #[arg(long, value_name = "INDEX")]
    pub bundle: Option<u64>,
    /// Instead of one in the store: a bundle's own file, plain or packed, or a folder it was unpacked to.
    #[arg(value_name = "FILE", conflicts_with_all = ["store", "bundle"], value_hint = ValueHint::AnyPath)]
    pub file: Option<PathBuf>,
}
