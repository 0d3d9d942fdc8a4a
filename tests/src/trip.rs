//! Something that happens to a server while it is being read.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What becomes of connections afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Whatever the server behind makes of them.
    Passed,
    /// Nothing comes any more.
    Silent,
    /// They end, and no new one is taken.
    Cut,
}

/// Stands before a server on loopback, passes on what it and its callers say, and acts once, when so many bytes have come from it.
/// Ends when dropped.
#[derive(Debug)]
pub struct Trip {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    at: usize,
    after: After,
    came: AtomicUsize,
    over: AtomicBool,
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("upstream", &self.upstream).field("came", &self.came).finish_non_exhaustive()
    }
}

impl Trip {
    /// `upstream`: host and port.
    ///
    /// # Errors
    /// When there is no free port on loopback.
    pub fn before(upstream: &str, at: usize, after: After, act: impl FnOnce() + Send + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let shared = Arc::new(Shared {
            upstream: upstream.to_owned(),
            at,
            after,
            came: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            act: Mutex::new(Some(Box::new(act))),
        });
        let trip = Self { address: listener.local_addr()?, shared: Arc::clone(&shared) };
        std::thread::spawn(move || {
            for caller in listener.incoming() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(caller) = caller else { continue };
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(&caller));
            }
        });
        Ok(trip)
    }

    /// Host and port.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Whether it has acted.
    #[must_use]
    pub fn has_tripped(&self) -> bool {
        self.shared.act.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }
}

impl Drop for Trip {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // So that it looks.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    /// One connection, to its end.
    fn serve(&self, caller: &TcpStream) {
        let Ok(server) = TcpStream::connect(&self.upstream) else { return };
        let (Ok(mut up_from), Ok(mut up_to)) = (caller.try_clone(), server.try_clone()) else { return };
        let up = std::thread::spawn(move || {
            drop(io::copy(&mut up_from, &mut up_to));
            drop(up_to.shutdown(Shutdown::Write));
        });
        drop(self.down(&server, caller));
        for end in [&server, caller] {
            drop(end.shutdown(Shutdown::Both));
        }
        drop(up.join());
    }

    fn down(&self, mut server: &TcpStream, mut caller: &TcpStream) -> io::Result<()> {
        let mut piece = [0; 4096];
        loop {
            let size = server.read(&mut piece)?;
            if size == 0 {
                return Ok(());
            }
            if self.came.fetch_add(size, Ordering::SeqCst) + size >= self.at {
                let act = self.act.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(act) = act {
                    act();
                }
                match self.after {
                    After::Passed => {}
                    After::Cut => return Ok(()),
                    After::Silent => {
                        while !self.over.load(Ordering::SeqCst) {
                            std::thread::sleep(std::time::Duration::from_millis(50));
                        }
                        return Ok(());
                    }
                }
            }
            caller.write_all(piece.get(..size).unwrap_or_default())?;
        }
    }
}
