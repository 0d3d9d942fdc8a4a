//! How a command prints data.

use clap::{Args, ValueEnum};

/// How data is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for a person.
    #[default]
    Human,
    /// JSON for a program.
    Json,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct Printed {
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Human, value_name = "FORMAT")]
    pub format: Format,
}
