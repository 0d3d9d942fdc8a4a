//! A process that answers lines with lines: started, bounded, listened to, ended with all that it started itself.

use std::ffi::OsString;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, kill_process, kill_process_group, prlimit};
use sdk::Stop;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::{Instant, timeout, timeout_at};

use crate::Limits;
use crate::protocol::Request;

/// Bytes of stderr that are kept, from its end.
const STDERR_KEPT: usize = 4096;

/// Time for a process to end by itself once its input has ended.
const GRACE: Duration = Duration::from_secs(2);

/// What is started.
#[derive(Clone, Debug)]
pub(crate) struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    /// `None`: our own environment is inherited.
    pub environment: Option<Vec<(OsString, OsString)>>,
    pub folder: Option<PathBuf>,
    pub limits: Limits,
}

/// Why a process is of no more use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(pub String);

/// A running process. Dropped, it and everything in its process group is killed.
#[derive(Debug)]
pub(crate) struct Child {
    process: tokio::process::Child,
    group: Option<Pid>,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    stderr: Arc<Mutex<Tail>>,
    limits: Limits,
    until: Instant,
    heard: u64,
    /// How it ended, once known.
    ended: Option<ExitStatus>,
    /// When our run is told to stop, it is told so too.
    stop: Stop,
    /// It was told, and by what we were.
    told: Option<&'static str>,
    /// It ended by itself before it was done.
    gone: bool,
}

impl Child {
    /// Starts it in a process group of its own, with its limits.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(launch: &Launch, wall: Duration) -> Result<Self, Fault> {
        let mut command = Command::new(&launch.program);
        command
            .args(&launch.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        if let Some(variables) = &launch.environment {
            command.env_clear().envs(variables.iter().map(|(name, value)| (name, value)));
        }
        if let Some(folder) = &launch.folder {
            command.current_dir(folder);
        }
        let mut process = command.spawn().map_err(|error| Fault(format!("it cannot be started: {error}")))?;
        let group = process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let pipes = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(Fault("a pipe to it is missing".to_owned()));
        };
        let child = Self {
            process,
            group,
            input: Some(input),
            output: BufReader::with_capacity(64 << 10, output),
            stderr: Arc::default(),
            limits: launch.limits,
            until: Instant::now() + wall,
            heard: 0,
            ended: None,
            stop: Stop::default(),
            told: None,
            gone: false,
        };
        child.bound()?;
        tokio::spawn(drain(errors, Arc::clone(&child.stderr)));
        Ok(child)
    }

    /// Sets its limits. It waits for its first line then, so it has done nothing that matters yet.
    fn bound(&self) -> Result<(), Fault> {
        let at = |value: u64| Rlimit { current: Some(value), maximum: Some(value) };
        let cpu = self.limits.wall.as_secs().saturating_add(1);
        for (resource, value) in [(Resource::As, self.limits.memory), (Resource::Cpu, cpu), (Resource::Core, 0)] {
            match prlimit(self.group, resource, at(value)) {
                // One that is gone already needs none; reading its answer says how it ended.
                Ok(_) | Err(rustix::io::Errno::SRCH) => {}
                Err(error) => return Err(Fault(format!("its limits cannot be set: {error}"))),
            }
        }
        Ok(())
    }

    /// Passes on the word that ends the run's reading, as SIGTERM to the process itself: what it started is its own to end.
    pub(crate) fn obey(&mut self, stop: Stop) {
        self.stop = stop;
    }

    /// By what our run was told to stop, if the process was told so and ended of it before it was done.
    pub(crate) fn stopped(&self) -> Option<&'static str> {
        self.told.filter(|_| self.gone)
    }

    /// Asks.
    ///
    /// # Errors
    /// When it no longer listens.
    pub(crate) async fn ask(&mut self, request: &Request) -> Result<(), Fault> {
        let mut line = serde_json::to_vec(request).map_err(|error| Fault(error.to_string()))?;
        line.push(b'\n');
        let until = self.until;
        let written = match &mut self.input {
            Some(input) => {
                timeout_at(until, async {
                    input.write_all(&line).await?;
                    input.flush().await
                })
                .await
            }
            None => return Err(Fault("its input was closed already".to_owned())),
        };
        match written {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.died().await),
            Err(_elapsed) => Err(self.late().await),
        }
    }

    /// The next line of its stdout, without its end.
    ///
    /// # Errors
    /// When none comes in time, it is too long, or the process ended.
    pub(crate) async fn line(&mut self) -> Result<Vec<u8>, Fault> {
        // One that never stops talking is told too.
        if let (None, Some(by)) = (self.told, self.stop.told()) {
            terminate(self.group);
            self.told = Some(by);
        }
        let mut line = Vec::new();
        let mut bounded = (&mut self.output).take(self.limits.line.saturating_add(1));
        let mut reading = pin!(timeout_at(self.until, bounded.read_until(b'\n', &mut line)));
        let read = loop {
            tokio::select! {
                // What it has said already counts.
                biased;
                read = &mut reading => break read,
                by = self.stop.wait(), if self.told.is_none() => {
                    terminate(self.group);
                    self.told = Some(by);
                }
                // What it started may hold its output open, and ends with it.
                status = self.process.wait(), if self.told.is_some() && self.ended.is_none() => {
                    if let Some(group) = self.group {
                        let _ = kill_process_group(group, Signal::KILL);
                    }
                    match status {
                        Ok(status) => self.ended = Some(status),
                        Err(_) => break reading.await,
                    }
                }
            }
        };
        match read {
            Err(_elapsed) => return Err(self.late().await),
            Ok(Err(error)) => return Err(Fault(format!("its output cannot be read: {error}"))),
            Ok(Ok(_)) => {}
        }
        self.heard = self.heard.saturating_add(line.len() as u64);
        if self.heard > self.limits.output {
            self.kill().await;
            return Err(Fault(format!("it wrote more than the {} bytes that it may in all", self.limits.output)));
        }
        if line.last() == Some(&b'\n') {
            line.pop();
            return Ok(line);
        }
        if line.len() as u64 > self.limits.line {
            self.kill().await;
            return Err(Fault(format!("it wrote a line of more than the {} bytes that it may", self.limits.line)));
        }
        // A line without its end is what a dying process left.
        Err(self.died().await)
    }

    /// Closes its input and waits until it has ended and said nothing more.
    ///
    /// # Errors
    /// When it says something, does not end, or ends badly.
    pub(crate) async fn finish(&mut self) -> Result<(), Fault> {
        self.input = None;
        let mut rest = [0u8; 1];
        match timeout(GRACE, self.output.read(&mut rest)).await {
            Ok(Ok(0)) => {}
            Ok(Ok(_)) => {
                self.kill().await;
                return Err(Fault("it went on after it had said that it was done".to_owned()));
            }
            Ok(Err(error)) => return Err(Fault(format!("its output cannot be read: {error}"))),
            Err(_elapsed) => {
                self.kill().await;
                return Err(Fault("it does not end when its input ends".to_owned()));
            }
        }
        match timeout(GRACE, self.process.wait()).await {
            Ok(Ok(status)) if status.success() => {
                self.ended = Some(status);
                self.kill().await;
                Ok(())
            }
            Ok(Ok(status)) => {
                self.ended = Some(status);
                Err(Fault(format!("it ended badly after it was done: {}", in_words(status, &self.limits))))
            }
            _ => {
                self.kill().await;
                Err(Fault("it does not end when its input ends".to_owned()))
            }
        }
    }

    /// The end of what it wrote to stderr.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).text()
    }

    async fn late(&mut self) -> Fault {
        self.kill().await;
        Fault(format!("it did not answer within the {} s that it may take in all", self.limits.wall.as_secs()))
    }

    /// Says how it ended. One that closed its output and lives is killed.
    async fn died(&mut self) -> Fault {
        self.input = None;
        let status = match self.ended {
            Some(status) => Some(status),
            None => match timeout(GRACE, self.process.wait()).await {
                Ok(Ok(status)) => Some(status),
                _ => None,
            },
        };
        self.ended = status;
        self.gone = status.is_some();
        self.kill().await;
        match status {
            Some(status) => Fault(format!("it ended before it was done: {}", in_words(status, &self.limits))),
            None => Fault("it closed its output before it was done".to_owned()),
        }
    }

    /// Ends the whole process group, and waits for the process itself.
    pub(crate) async fn kill(&mut self) {
        self.kill_group();
        if self.ended.is_none() {
            self.ended = self.process.wait().await.ok();
        }
        // The task that reads stderr comes to its end.
        tokio::task::yield_now().await;
    }

    fn kill_group(&self) {
        if let Some(group) = self.group {
            // A group that is gone cannot be killed, which is as well.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// The end of a text that may be long.
#[derive(Debug, Default)]
struct Tail {
    bytes: Vec<u8>,
    left_out: u64,
}

impl Tail {
    fn push(&mut self, more: &[u8]) {
        self.bytes.extend_from_slice(more);
        let over = self.bytes.len().saturating_sub(STDERR_KEPT);
        self.bytes.drain(..over);
        self.left_out = self.left_out.saturating_add(over as u64);
    }

    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.trim();
        if self.left_out > 0 { format!("[{} bytes left out] {text}", self.left_out) } else { text.to_owned() }
    }
}

async fn drain(mut errors: ChildStderr, kept: Arc<Mutex<Tail>>) {
    let mut buffer = [0u8; 1024];
    while let Ok(read) = errors.read(&mut buffer).await {
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        kept.lock().unwrap_or_else(PoisonError::into_inner).push(bytes);
    }
}

/// How a process ended, with the name of the signal and the limit that it may have met.
fn in_words(status: ExitStatus, limits: &Limits) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    let Some(signal) = status.signal() else {
        return match status.code() {
            Some(code) => format!("exit code {code}"),
            None => status.to_string(),
        };
    };
    let name = match signal {
        2 => "SIGINT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => return format!("signal 24 (SIGXCPU: {} s of processor time used)", limits.wall.as_secs()),
        _ => return format!("signal {signal}"),
    };
    format!("signal {signal} ({name})")
}

fn terminate(process: Option<Pid>) {
    if let Some(process) = process {
        // One that is gone need not be told.
        let _ = kill_process(process, Signal::TERM);
    }
}
