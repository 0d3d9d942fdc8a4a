//! Colours. A meaning is never carried by colour alone.

use anstyle::{AnsiColor, Style};
use model::Outcome;

pub const PLAIN: Style = Style::new();
pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();

/// The colour of an outcome.
pub fn of(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Conforms => AnsiColor::Green.on_default(),
        Outcome::Deviates => AnsiColor::Red.on_default().bold(),
        Outcome::Undetermined => AnsiColor::Yellow.on_default().bold(),
        Outcome::NotApplicable => DIM,
    }
}
