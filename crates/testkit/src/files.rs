//! Files that tests run.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a program that can be run at once.
///
/// Another process writes it: one that this process starts meanwhile, in another test, would hold the file open for writing until it has
/// become its own program, and what someone may write cannot be run ("text file busy").
///
/// # Panics
/// When it cannot be written.
pub fn executable(path: &Path, text: &str) {
    let mut writer = Command::new("/bin/sh")
        .args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a shell");
    writer.stdin.take().expect("its input").write_all(text.as_bytes()).expect("the shell reads");
    assert!(writer.wait().expect("its end").success(), "{} cannot be written", path.display());
}
