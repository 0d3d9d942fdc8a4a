//! The systems that `scripts/testenv` starts, as tests find them.

use std::env;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// What a variable that `scripts/testenv` sets says: an address, a program, a folder.
///
/// # Panics
/// When it is not set: a test that needs a system fails without it, and says what to do.
#[must_use]
pub fn system(variable: &str) -> String {
    match env::var(variable) {
        Ok(value) if !value.is_empty() => value,
        _ => panic!("`{variable}` is not set: run ./scripts/test, or ./scripts/testenv run <this command>"),
    }
}

/// An emulator of a test's own, on a port of its own, stopped when dropped.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    url: String,
}

impl Emulator {
    /// `http://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Of its process, to be stopped or killed by a test.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Starts what `command` makes for a port, and waits until it answers there. What it says goes to `NAME.log` in `scratch`.
    ///
    /// # Panics
    /// With that log, when it does not answer within a minute, three times.
    #[must_use]
    pub fn start(scratch: &Path, name: &str, command: impl Fn(&str) -> Command) -> Self {
        let log: PathBuf = scratch.join(format!("{name}.log"));
        // The port is free when it is chosen and may be taken when the emulator binds it.
        for _ in 0..3 {
            let port = free_port();
            let out = File::create(&log).expect("a log file");
            let mut child = command(&port.to_string())
                .current_dir(scratch)
                .stdin(Stdio::null())
                .stdout(out.try_clone().expect("a log file"))
                .stderr(out)
                .spawn()
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            let given_up = Instant::now() + Duration::from_secs(60);
            while Instant::now() < given_up && matches!(child.try_wait(), Ok(None)) {
                // It answered, and is not what somebody else bound to that port meanwhile.
                if answers(port) && matches!(child.try_wait(), Ok(None)) {
                    let url = format!("http://127.0.0.1:{port}");
                    return Self { child, url };
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        panic!("{name} does not start:\n{text}");
    }
}

/// The first of four loopback ports in a row that are given to nobody else here and of which nobody listens on the first; below those that the system gives out by itself (32768 on Linux): whoever asks for any port, as
/// server or client, would get it while an emulator is still starting, and would be taken for the emulator. Tests beside this one begin
/// elsewhere, by the number of their process.
///
/// # Panics
/// When every one of them is taken.
#[must_use]
pub fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const COUNT: u32 = 12_000;
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    let begin = std::process::id().wrapping_mul(64);
    let mut ports = std::iter::repeat_with(|| {
        let offset = begin.wrapping_add(GIVEN.fetch_add(4, Ordering::Relaxed)) % COUNT;
        u16::try_from(FIRST + offset).expect("below 32768")
    });
    let free = ports.by_ref().take(COUNT as usize).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.expect("a free loopback port")
}

/// Whether somebody speaks HTTP there. A connection alone shows nothing: to a port that nobody listens on, a client may be given that same
/// port for itself, and is then connected to itself.
fn answers(port: u16) -> bool {
    let asked = TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| {
        if stream.local_addr()? == stream.peer_addr()? {
            return Ok(false);
        }
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /is-it-there HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut start = [0; 5];
        stream.read_exact(&mut start)?;
        Ok(&start == b"HTTP/")
    });
    asked.unwrap_or(false)
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Gone already is as good as stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
