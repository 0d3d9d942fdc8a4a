//! What a run tells while it works: a bar on a terminal, one line per phase elsewhere. All of it on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use agent::collect::Progress;
use indicatif::{ProgressBar, ProgressStyle};

struct Told {
    bar: Option<ProgressBar>,
}

/// A bar where stderr is a terminal, lines elsewhere, nothing when quiet.
pub fn told(quiet: bool) -> Box<dyn Progress> {
    if quiet { Box::new(agent::collect::Silent) } else { Box::new(Told::new()) }
}

impl Told {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar }
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
