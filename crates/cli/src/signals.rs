//! Ctrl-C, and the SIGTERM of systemd, Kubernetes and CI: the first ends the reading, and what was read is sealed; the second ends
//! the program at once, as if it had been killed, from which the next run recovers.

use anyhow::anyhow;
use sdk::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::failure::{Failure, warn};

/// Listens from now on, in a thread of its own: judging and sealing leave no time to an async runtime.
///
/// # Errors
/// When the operating system refuses it.
pub fn listen(stop: Stop) -> Result<(), Failure> {
    heed(stop, true, |name| {
        warn(format!(
            "told to stop ({name}): nothing more is read, and what was read is sealed; the same again ends at once, with nothing sealed"
        ));
    })
}

/// The same in a process that reads one target for a run: to whom it belongs says the rest.
///
/// # Errors
/// As [`listen`].
pub fn listen_quietly(stop: Stop) -> Result<(), Failure> {
    // A service manager tells every process of a service at once, and our parent tells us too: the second word is the same one. Who does not
    // end in time is killed by the parent.
    heed(stop, false, |_| {})
}

fn heed(stop: Stop, ends_at_the_second: bool, say: impl Fn(&str) + Send + 'static) -> Result<(), Failure> {
    let refused = |error: std::io::Error| Failure::tool(anyhow!(error).context("cannot listen for signals"));
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(refused)?;
    let listening = move || {
        for signal in signals.forever() {
            if stop.told().is_some() && !ends_at_the_second {
                continue;
            }
            if stop.told().is_some() {
                // As if nobody had listened: who waits for us sees by which signal we ended.
                emulate_default_handler(signal).ok();
            }
            let name = if signal == SIGTERM { "SIGTERM" } else { "SIGINT" };
            stop.tell(name);
            say(name);
        }
    };
    std::thread::Builder::new().name("signals".to_owned()).stack_size(256 << 10).spawn(listening).map_err(refused)?;
    Ok(())
}
