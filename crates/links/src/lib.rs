//! What stands for what: threats, controls, requirements, checks, findings, in both directions, and what is missing between them.
//!
//! Pure: a declaration, catalogues and what a bundle found come in, tables come out. No outcome per requirement is among
//! them, and no status that a standard's publisher defines: those are an auditor's words.
//!
//! ```text
//! Loaded + Standards ─ Links ─┬─ gaps(level)  ─ Gaps      requirement by requirement
//!                Found ───────┘
//!                             ├─ trace(id)    ─ Trace     from one thing to all that hangs on it
//!                             └─ inventory()  ─ Inventory all that is declared, as tables
//! ```

mod aliases;
mod found;
mod gaps;
mod inventory;
mod links;
mod records;
mod roster;
mod seen;
mod trace;

pub use aliases::{AliasReader, Aliases};
pub use declaration::{ControlStatus, Method, Wanted};
pub use found::{AcceptedBy, ExchangeNode, FindingNode, Found, GapNode, UseFound, sum};
pub use gaps::{
    ControlRow, Declined, Gaps, MethodState, MethodTotals, Missing, RequirementGaps, State, ThirdPartyRow, Totals,
};
pub use inventory::{
    CertificateRow, HolderRow, Inventory, KeyRow, OtherRow, PartyRow, ReviewRow, ReviewedRow, RiskRow, ToleranceRow,
    WalletRow,
};
pub use links::{Links, Place, Rule, Unanswerable};
pub use records::{
    Contradiction, HolderOf, NotBelieved, PersonRecord, RecordRow, RecordTotals, Records, Weight, about_words,
};
pub use roster::{CommonReach, Counted, FoundReach, KeyRoster, Line, Person, Roster, Way};
pub use trace::{
    AcceptanceNode, ControlNode, DocumentNode, DoneNode, KeptAt, KeyNode, Kind, RequirementNode, RiskNode, TaskNode,
    ThreatNode, Trace, UseNode, UseOf, UsePlace,
};
