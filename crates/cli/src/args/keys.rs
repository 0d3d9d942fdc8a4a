//! The arguments of `witnessmark keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use sign::HeldKey;

use super::folders::{KeyFolder, StoreFolder};

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Create the collector's key and the ledger's key (Ed25519, encrypted, mode 0600) and `trust.json` for the
    /// auditor.
    New {
        /// Folder to create; must not exist, or be empty.
        #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        out: PathBuf,
        /// Name (origin) of the ledger, for example `northbank.example/hot-wallet`: part of every signature, and never changed.
        #[arg(long, value_name = "NAME")]
        origin: String,
        /// Who holds the collector's key: `ssh-agent:SHA256:…`, one of those that `ssh-add -l` lists. Default: a new key file.
        #[arg(long, value_name = "HOLDER")]
        collector: Option<HeldKey>,
        /// The same for the ledger's key. It can never be replaced: it must outlive the ledger.
        #[arg(long, value_name = "HOLDER")]
        ledger: Option<HeldKey>,
        /// File with the passphrase. Default: WITNESSMARK_PASSPHRASE_FILE, else WITNESSMARK_PASSPHRASE, else a prompt.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        passphrase_file: Option<PathBuf>,
    },
    /// Print the trust file (`trust.json`), or `trusted_root.json` for cosign.
    Trust {
        /// Folder of key files, as `keys new` creates it.
        #[arg(long, value_name = "FOLDER", default_value = "keys", env = "WITNESSMARK_KEYS", hide_env_values = true, value_hint = ValueHint::DirPath)]
        keys: PathBuf,
        /// Print cosign's `trusted_root.json` instead of `trust.json`.
        #[arg(long)]
        cosign: bool,
        /// Add this public key (PEM file) as an approver's, valid from the first bundle on; repeatable.
        #[arg(long, value_name = "FILE", conflicts_with = "cosign", value_hint = ValueHint::FilePath)]
        approver: Vec<PathBuf>,
        /// Add this public key (PEM file) as that of a person who seals records, valid from the first bundle on.
        #[arg(long, value_name = "FILE", conflicts_with = "cosign", requires_all = ["holder", "acts_for"], value_hint = ValueHint::FilePath)]
        recorder: Option<PathBuf>,
        /// Name of that person.
        #[arg(long, value_name = "NAME", requires = "recorder")]
        holder: Option<String>,
        /// For whom that person acts: makes somebody an auditor.
        #[arg(long = "as", value_name = "WHO", requires = "recorder", value_enum)]
        acts_for: Option<ActsForArgument>,
    },
    /// Create the key with which a person signs their records. They keep it, apart from the collector's key.
    Recorder {
        /// Key file to create (Ed25519, encrypted, mode 0600); the public key is written to `<FILE>.pub`.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: PathBuf,
        /// Who holds the key: `ssh-agent:SHA256:…`, one of those that `ssh-add -l` lists; the file names it. Default: a new key.
        #[arg(long, value_name = "HOLDER")]
        held_by: Option<HeldKey>,
        /// File with the passphrase. Default: WITNESSMARK_PASSPHRASE_FILE, else WITNESSMARK_PASSPHRASE, else a prompt.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        passphrase_file: Option<PathBuf>,
    },
    /// Create the key with which a person approves acceptances. They keep it, apart from the collector's key.
    Approver {
        /// Key file to create (Ed25519, encrypted, mode 0600); the public key is written to `<FILE>.pub`.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        out: PathBuf,
        /// Who holds the key: `ssh-agent:SHA256:…`, one of those that `ssh-add -l` lists; the file names it. Default: a new key.
        #[arg(long, value_name = "HOLDER")]
        held_by: Option<HeldKey>,
        /// File with the passphrase. Default: WITNESSMARK_PASSPHRASE_FILE, else WITNESSMARK_PASSPHRASE, else a prompt.
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        passphrase_file: Option<PathBuf>,
    },
    /// Put a new key in the place of the collector's key, or of an approver's, from the next bundle on.
    ///
    /// What the old key signed stays trusted. The old collector's key file is removed. Whoever has `trust.json` needs the new one,
    /// over a channel they trust.
    Rotate(Rotate),
    /// Change the passphrase of the key files, or of one.
    ///
    /// The keys stay the same: where somebody else may have copied a key file, rotate the key.
    Passphrase(ChangePassphrase),
    /// End a ledger in `trust.json`: nothing that is signed for it later is trusted. For a ledger whose key leaked, or was lost.
    Close(Close),
}

#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    pub store: StoreFolder,
    #[command(flatten)]
    pub keys: KeyFolder,
    /// Who holds the key that follows: `ssh-agent:SHA256:…`, one of those that `ssh-add -l` lists. Default: a new key file.
    #[arg(long, value_name = "HOLDER", conflicts_with_all = ["approver", "recorder"])]
    pub to: Option<HeldKey>,
    /// Instead of the collector's key: the public keys (PEM files) of an approver, the one that ends and the one that follows it.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], value_hint = ValueHint::FilePath)]
    pub approver: Vec<PathBuf>,
    /// The same of a person who seals records; the key that follows has the same holder.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "approver", value_hint = ValueHint::FilePath)]
    pub recorder: Vec<PathBuf>,
}

/// For whom the holder of a key acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ActsForArgument {
    /// Whose system it is.
    Entity,
    /// Who helps the entity to build or document it.
    Implementer,
    /// Who judges it.
    Auditor,
}

#[derive(Debug, Args)]
pub struct ChangePassphrase {
    /// Folder of key files, as `keys new` creates it; all of them are changed.
    #[arg(long, value_name = "FOLDER", default_value = "keys", env = "WITNESSMARK_KEYS", hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub keys: PathBuf,
    /// Only this key file, such as an approver's.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// File with the passphrase until now. Default: WITNESSMARK_PASSPHRASE_FILE, else WITNESSMARK_PASSPHRASE, else a prompt.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub passphrase_file: Option<PathBuf>,
    /// File with the new passphrase. Default: a prompt.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub new_passphrase_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Close {
    /// Folder of the evidence store, or `s3://BUCKET/PREFIX`. Default: what the last head seen says, for a store that was lost.
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub store: Option<PathBuf>,
    /// Folder of key files, as `keys new` creates it. No passphrase is needed.
    #[arg(long, value_name = "FOLDER", default_value = "keys", env = "WITNESSMARK_KEYS", hide_env_values = true, value_hint = ValueHint::DirPath)]
    pub keys: PathBuf,
    /// File that remembers the last head of the ledger. Default: `last-head` in the folder of keys.
    #[arg(long, value_name = "FILE", env = "WITNESSMARK_HEAD", hide_env_values = true, value_hint = ValueHint::FilePath)]
    pub head: Option<PathBuf>,
}
