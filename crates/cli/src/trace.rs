//! `-v`: what a run does, on stderr, for whoever waits for it.
//!
//! Only names, hosts, numbers and durations are said, never a header, a parameter or a body: what is not written cannot leak. Of the
//! libraries below us, whose words no one here has read, warnings come through at `-vv`, and nothing else ever.

use std::io::{self, Write};

use model::printable;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;

/// What our own crates begin with. A collector outside this workspace speaks through the transport.
const OURS: [&str; 2] = ["witnessmark", "collector_"];

/// Starts to say what is done: nothing at 0, phases and targets at 1, each call as well from 2 on.
pub fn start(verbose: u8) {
    let Some(wanted) = wanted(verbose) else { return };
    let lines =
        tracing_subscriber::fmt::layer().with_writer(|| Clean(io::stderr())).with_ansi(false).with_filter(wanted);
    // No one else sets one; if someone did, theirs stays.
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines)).ok();
}

/// Puts each event, which comes whole, on one line that steers nothing: a name or a host in it may be anybody's.
struct Clean<W>(W);

impl<W: Write> Write for Clean<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        writeln!(self.0, "{}", printable::line(text.trim_end_matches('\n')))?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn wanted(verbose: u8) -> Option<Targets> {
    let (ours, below) = match verbose {
        0 => return None,
        1 => (LevelFilter::INFO, LevelFilter::OFF),
        _ => (LevelFilter::DEBUG, LevelFilter::WARN),
    };
    Some(OURS.into_iter().fold(Targets::new().with_default(below), |targets, name| targets.with_target(name, ours)))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn an_event_is_one_line_that_steers_nothing() {
        let mut out = Vec::new();
        let event = "WARN hyper: a\u{1b}[2J\n::error::b ##[error]c\n";
        Clean(&mut out).write_all(event.as_bytes()).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "WARN hyper: a\u{fffd}[2J\u{fffd}\u{fffd}:error::b \u{fffd}#[error]c\n"
        );
    }

    #[test]
    fn libraries_say_warnings_at_most() {
        assert!(wanted(0).is_none());
        let one = wanted(1).unwrap();
        assert!(one.would_enable("witnessmark_transport::record", &Level::INFO));
        assert!(one.would_enable("collector_aws_kms", &Level::INFO));
        assert!(!one.would_enable("witnessmark_transport::record", &Level::DEBUG));
        for verbose in [2, 3, u8::MAX] {
            let most = wanted(verbose).unwrap();
            assert!(most.would_enable("witnessmark_agent", &Level::DEBUG));
            assert!(!most.would_enable("witnessmark_agent", &Level::TRACE));
            for library in ["hyper_util::client", "aws_config", "aws_smithy_runtime", "h2", "rustls", "kube_client"] {
                assert!(!one.would_enable(library, &Level::ERROR));
                assert!(most.would_enable(library, &Level::WARN));
                assert!(!most.would_enable(library, &Level::INFO), "{library}");
            }
        }
    }
}
