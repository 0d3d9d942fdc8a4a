//! What a run tells while it works: a bar on a terminal, one line per phase elsewhere. All of it on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use agent::collect::Progress;
use indicatif::{ProgressBar, ProgressStyle};

struct Terminal {
    bar: Option<ProgressBar>,
}

/// How much a command says while it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    Quiet,
    Usual,
    /// As events beside all the others that `-v` shows: a bar would be torn by them.
    Events,
}

impl Speech {
    pub const fn of(quiet: bool, verbose: u8) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (false, 0) => Self::Usual,
            (false, _) => Self::Events,
        }
    }
}

/// Reports to a person: by a bar where stderr is a terminal, by lines elsewhere.
pub fn reporter(speech: Speech) -> Box<dyn Progress> {
    match speech {
        Speech::Quiet => Box::new(agent::collect::Silent),
        Speech::Usual => Box::new(Terminal::new()),
        Speech::Events => Box::new(Events),
    }
}

struct Events;

impl Progress for Events {
    fn phase(&self, what: &str) {
        tracing::info!("{what}");
    }

    fn collected(&self, target: &str, collector: &str, failure: Option<&str>) {
        match failure {
            Some(failure) => tracing::info!(target_id = target, collector, failure, "not read"),
            None => tracing::info!(target_id = target, collector, "read"),
        }
    }
}

impl Terminal {
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
        let text = &*model::printable::line(text);
        match &self.bar {
            Some(bar) => bar.println(text),
            None => {
                writeln!(std::io::stderr().lock(), "{text}").ok();
            }
        }
    }
}

impl Progress for Terminal {
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

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
