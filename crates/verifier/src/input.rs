//! Opens what the command line names: bundles, trust files, what was seen of the ledger before.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use bundle::limits;
use bundle::read::{OpenError, Source, open_stream};
use bundle::trust::{Trust, TrustError};
use verify::Seen;

use crate::args::TrustArgs;
use crate::stop::Stop;

/// The command line or a file it names is wrong: exit code 2.
#[derive(Debug)]
pub struct Wrong(pub anyhow::Error);

impl From<Wrong> for Stop {
    fn from(wrong: Wrong) -> Self {
        Self::Wrong(wrong.0)
    }
}

/// Opens a bundle: a tar, packed or not, a folder, or `-` for a tar on standard input. At most `max` bytes come out of a
/// packed one.
pub fn bundle(path: &Path, max: u64) -> Result<Box<dyn Source>, OpenError> {
    if path == Path::new("-") { open_stream(io::stdin().lock(), "-", max) } else { bundle::read::open(path, max) }
}

/// Reads the trust file. One of a later version is not wrong: this program cannot decide by it.
pub fn trust(path: &Path) -> Result<Trust, Stop> {
    let context = || format!("the trust file `{}` is not usable", path.display());
    let bytes = read_small(path, limits::TRUST_MAX).with_context(context).map_err(Stop::Wrong)?;
    Trust::parse(&bytes).map_err(|error| {
        let undecided = matches!(error, TrustError::Version { .. });
        let error = anyhow::Error::new(error).context(context());
        if undecided { Stop::Undecided(error) } else { Stop::Wrong(error) }
    })
}

/// Largest file of what was seen: 200,000 entries and more.
const SEEN_MAX: u64 = 64 * 1024 * 1024;

/// Where is kept what was proven of the ledger, and what that is, if anything was.
#[derive(Debug)]
pub struct Memory {
    pub path: PathBuf,
    pub seen: Option<Seen>,
}

/// The file that remembers what was proven of the ledger.
pub fn memory(args: &TrustArgs) -> PathBuf {
    args.last_seen.clone().unwrap_or_else(|| {
        let mut name = args.trust.clone().into_os_string();
        name.push(".seen");
        name.into()
    })
}

impl Memory {
    pub fn read(args: &TrustArgs) -> Result<Self, Wrong> {
        let path = memory(args);
        let seen = read_seen(&path)
            .with_context(|| format!("what was seen of the ledger before, `{}`, is not usable", path.display()))
            .map_err(Wrong)?;
        Ok(Self { path, seen })
    }

    /// Keeps what is known now, where it is more than before.
    #[expect(clippy::disallowed_methods, reason = "what is lost here is seen again; none is half written")]
    pub fn keep(&self, seen: &Seen) -> Result<()> {
        if self.seen.as_ref() == Some(seen) {
            return Ok(());
        }
        // Beside it and then in its place: it is never half written.
        let mut beside = self.path.clone().into_os_string();
        beside.push(".new");
        let beside = PathBuf::from(beside);
        let write = || -> io::Result<()> {
            let mut file = anew(&beside)?;
            file.write_all(seen.render().as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, &self.path)
        };
        write().with_context(|| format!("cannot keep what was seen of the ledger in `{}`", self.path.display()))
    }
}

/// A new file. What a run that was killed left there, or somebody planted, is removed and never followed or written to.
fn anew(path: &Path) -> io::Result<File> {
    let create = || File::options().write(true).create_new(true).open(path);
    match create() {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            fs::remove_file(path)?;
            create()
        }
        created => created,
    }
}

fn read_seen(path: &Path) -> Result<Option<Seen>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
        // A pipe would wait for a writer.
        Ok(metadata) if !metadata.is_file() => bail!("it is no regular file"),
        Ok(_) => {}
    }
    let text = String::from_utf8(read_small(path, SEEN_MAX)?).map_err(|_| anyhow!("it is not UTF-8 text"))?;
    Ok(Some(Seen::parse(&text)?))
}

fn read_small(path: &Path, max: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max {
        bail!("it is longer than {max} bytes");
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_planted_link_is_not_written_through() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        File::options().write(true).create_new(true).open(at("precious")).unwrap().write_all(b"precious").unwrap();
        symlink(at("precious"), at("seen.new")).unwrap();
        anew(&at("seen.new")).unwrap().write_all(b"head").unwrap();
        assert_eq!(fs::read(at("precious")).unwrap(), b"precious");
        assert_eq!(fs::read(at("seen.new")).unwrap(), b"head");
        assert!(fs::symlink_metadata(at("seen.new")).unwrap().is_file());
    }

    #[test]
    fn what_was_seen_is_a_regular_file() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_seen(&folder.path().join("none")).unwrap().is_none());
        assert!(read_seen(folder.path()).unwrap_err().to_string().contains("no regular file"));
    }
}
