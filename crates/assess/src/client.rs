//! The parent's side of the child process: starts it, writes to it, reads from it with a deadline, ends it.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};

use crate::limits::Limits;
use crate::protocol::{MAX_LINE, ToChild};

/// How to start the child: the program's own file, and the hidden subcommand that runs [`crate::worker_main`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

impl WorkerCommand {
    /// `<program> __assess`
    #[must_use]
    pub fn of_program(program: PathBuf) -> Self {
        Self { program, arguments: vec!["__assess".to_owned()] }
    }
}

/// A running child. Dropped, it is ended.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    input: Option<BufWriter<ChildStdin>>,
    answers: Receiver<io::Result<Vec<u8>>>,
    limits: Limits,
}

/// The child is of no more use, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Died(pub String);

impl Worker {
    /// Starts a child and gives it its limits. It inherits nothing of our environment.
    pub(crate) fn start(command: &WorkerCommand, limits: Limits) -> io::Result<Self> {
        let mut child = Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C at a terminal is for the parent, which seals what was read: it still has to judge it.
            .process_group(0)
            .spawn()?;
        let missing = || io::Error::other("a pipe to the worker is missing");
        let input = child.stdin.take().ok_or_else(missing)?;
        let output = child.stdout.take().ok_or_else(missing)?;
        let (sender, answers) = sync_channel(256);
        std::thread::Builder::new()
            .name("assess-answers".to_owned())
            .stack_size(256 << 10)
            .spawn(move || forward(BufReader::with_capacity(64 << 10, output), &sender))?;
        let mut worker = Self { child, input: Some(BufWriter::with_capacity(64 << 10, input)), answers, limits };
        // A child that dies at once is found out when it does not answer.
        let _ = worker.say(&ToChild::Limits(limits));
        Ok(worker)
    }

    pub(crate) fn say(&mut self, message: &ToChild<'_>) -> Result<(), Died> {
        let line = serde_json::to_vec(message).map_err(|e| Died(e.to_string()))?;
        self.write(&[&line, b"\n"])
    }

    /// Writes pieces of one line. Nothing is sent before the buffer is full or [`Self::flush`].
    pub(crate) fn write(&mut self, pieces: &[&[u8]]) -> Result<(), Died> {
        let written = match &mut self.input {
            Some(input) => pieces.iter().try_for_each(|piece| input.write_all(piece)),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        written.map_err(|_| self.ended())
    }

    pub(crate) fn flush(&mut self) -> Result<(), Died> {
        let flushed = match &mut self.input {
            Some(input) => input.flush(),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        };
        flushed.map_err(|_| self.ended())
    }

    /// The next answer, if one comes within the limit.
    pub(crate) fn answer(&mut self) -> Result<Vec<u8>, Died> {
        self.flush()?;
        match self.answers.recv_timeout(self.limits.answer_within) {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(Died(format!("no answer within {} s", self.limits.answer_within.as_secs_f64())))
            }
        }
    }

    /// Says how the child ended. One that closed its output and lives is ended.
    fn ended(&mut self) -> Died {
        match self.end() {
            Some(status) => Died(format!("the worker ended: {}", in_words(status, &self.limits))),
            None => Died("the worker ended".to_owned()),
        }
    }

    fn end(&mut self) -> Option<ExitStatus> {
        // Closing the input lets a child that waits end by itself; one that does not is killed.
        if let Some(input) = self.input.take() {
            drop(input.into_parts());
        }
        for _ in 0..20 {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => std::thread::sleep(std::time::Duration::from_millis(5)),
                Err(_) => break,
            }
        }
        // A child that is gone already cannot be killed, which is as well.
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

fn forward(mut output: BufReader<impl Read>, sender: &SyncSender<io::Result<Vec<u8>>>) {
    loop {
        let mut line = Vec::new();
        let read = output.by_ref().take(MAX_LINE).read_until(b'\n', &mut line);
        let message = match read {
            Ok(0) => return,
            // A line without its end is what a dying child left.
            Ok(_) if line.last() != Some(&b'\n') => return,
            Ok(_) => Ok(line),
            Err(error) => Err(error),
        };
        let last = message.is_err();
        if sender.send(message).is_err() || last {
            return;
        }
    }
}

/// What ended the child, with the likely limit.
fn in_words(status: ExitStatus, limits: &Limits) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match status.signal() {
        Some(6 | 11) => format!("{status} (stack or memory exhausted; {} MiB were allowed)", limits.memory >> 20),
        Some(24) => format!("{status} ({} s of processor time used)", limits.cpu_seconds),
        _ => status.to_string(),
    }
}
