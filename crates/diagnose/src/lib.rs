//! Texts that people write, read with positions: YAML as a tree with spans, types decoded from it, faults shown with a caret.
//!
//! Pure: no clock, network, environment or file system. Who reads a file gives its text.
//!
//! ```text
//! text ─ SourceMap::add ─ yaml::parse ─ Node ─ Decode ─ types
//!             │                │                  │
//!             └──────────── Reporter ─────────────┴─ diagnostics ─ render
//! ```

pub mod decode;
mod diagnostic;
mod form;
mod json;
mod source;
pub mod yaml;

pub use decode::{Decode, OneOrMany, entries, missing_key, unknown_key};
pub use diagnostic::{
    Code, Diagnostic, Pending, Related, Reporter, Severity, has_errors, help_known, render, suggestion,
};
pub use form::{BadText, Cadence, Form, FromText, Id, Period, is_word};
pub use json::{Fault, to_json};
pub use source::{Located, Place, SourceMap, Span};
pub use yaml::Node;
