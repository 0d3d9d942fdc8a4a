//! What a person reads of a bundle: the overview of a run, one finding down to the bytes it rests on, all of it as one page.
//!
//! Everything is gathered while the bundle is verified ([`verify::Observer`]) and rendered only with the proof that it was
//! accepted ([`verify::VerifiedBundle`]). Texts carry colour codes; a caller without a terminal strips them.

mod ask_read;
mod ask_text;
mod declared;
mod drift_markdown;
mod drift_text;
mod equal;
mod evidence;
mod evidence_text;
mod exports;
mod gaps_text;
mod grounds;
mod html;
mod lines;
mod locate;
pub mod outputs;
mod overview;
mod recorded;
mod requests;
mod room;
mod roster_read;
mod roster_text;
mod style;
mod terminal;
mod trace_text;
mod traced;
mod words;
mod wrap;

pub use ask_read::{Ask, AskReader, Place, Reply, Said, claimed};
pub use ask_text::render_ask;
pub use declared::{Declared, DeclaredReader};
pub use drift_markdown::markdown_drift;
pub use drift_text::{render_drift, summary as drift_summary};
pub use evidence::{DeclarationView, Evidence, EvidenceReader, ExchangeView, PlaceText, Selection};
pub use evidence_text::render_evidence;
pub use exports::{Export, ExportReader, render_export};
pub use gaps_text::{Basis, render_gaps};
pub use grounds::{Ground, ReadAt};
pub use html::{Page, PageError, Since, render_page};
pub use overview::{GapGroup, MarkedControl, MarkedFinding, Overview, OverviewReader, Shown};
pub use rbac::answer::Verdict;
pub use recorded::RecordReader;
pub use requests::{Request, Requests, RequestsReader, render_requests};
pub use roster_read::RosterReader;
pub use roster_text::render_roster;
pub use terminal::{acceptance_name, finding_words, render_overview};
pub use trace_text::render_trace;
pub use traced::TraceReader;
pub use words::{first_words, gap_move, gap_words, marks_line};
pub use wrap::{columns, fit, wrapped};
