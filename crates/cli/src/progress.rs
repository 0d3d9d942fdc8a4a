//! What a run tells while it works: a bar on a terminal, one line per phase elsewhere. All of it on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use agent::collect::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// Progress on stderr.
pub struct Told {
    bar: Option<ProgressBar>,
}

impl Told {
    /// A bar where stderr is a terminal.
    pub fn new(quiet: bool) -> Arc<dyn Progress> {
        if quiet {
            return Arc::new(agent::collect::Silent);
        }
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Arc::new(Self { bar })
    }

    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => {
                writeln!(std::io::stderr().lock(), "{text}").ok();
            }
        }
    }
}

impl Progress for Told {
    fn phase(&self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => self.line(what),
        }
    }

    fn collected(&self, target: &str, collector: &str, failure: Option<&str>) {
        match failure {
            Some(failure) => self.line(&format!("  {target} {collector}: not read: {failure}")),
            None => self.line(&format!("  {target} {collector}: read")),
        }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
