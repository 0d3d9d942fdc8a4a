//! The declaration as types: everything of `docs/spec/declaration.md`, judged yet or not.

mod acceptances;
mod applicability;
mod controls;
mod documents;
mod keys;
mod people;
mod registers;
mod system;
mod targets;
mod threats;

pub use acceptances::Acceptance;
pub use applicability::NotApplicable;
pub use controls::{CheckUse, Control, ControlStatus, DocumentUse, Done, Expect, Observe, Parameters, Task};
use diagnose::{Located, record};
pub use documents::{Document, Exclusion};
pub use keys::{CompromisePlan, Key, KeyInventory, KeyPlace, Signatures, Step, Wallet};
pub use people::{Certificate, Identities, KeyHolder, Role, SeenAs, ThirdParty};
pub use registers::{Columns, Import, Rows, Separator, Values};
pub use system::{Designation, LedgerSettings, NamedSystem, System};
pub use targets::{Component, Settings, Target};
pub(crate) use threats::CATEGORIES;
pub use threats::{Affects, Declined, Residual, Review, Risk, RiskRegister, Threat, ThreatModel, Tolerance, Treatment};

record! {
    /// What an entity declares about one system: what is in scope, what is done, and what is to be looked at.
    pub struct Declaration ("declaration") {
        required {
            /// Version of this schema: 1.
            witnessmark: Located<u32>,
            /// The organisation.
            entity: Located<String>,
            /// What is audited.
            system: System,
        }
        optional {
            /// All systems of the entity, where they share files. A thing that says `systems` belongs to these only.
            systems: Vec<NamedSystem>,
            /// Other files of the declaration, relative to this one. Their lists are added to these.
            include: Vec<Located<String>>,
            /// Folders with checks of your own, relative to this file.
            policies: Vec<Located<String>>,
            /// Folders with catalogues of standards of your own, relative to this file.
            catalogues: Vec<Located<String>>,
            /// Where bundles are chained.
            ledger: Option<LedgerSettings>,
            /// The technical part of the trusted environment: what is read.
            targets: Vec<Target>,
            /// Parts of the trusted environment that no collector reads.
            components: Vec<Component>,
            /// What could be taken for a part of it, and why it is none.
            exclusions: Vec<Exclusion>,
            /// Others who can affect key material.
            third_parties: Vec<ThirdParty>,
            /// People who hold or use keys.
            key_holders: Vec<KeyHolder>,
            /// Roles of people.
            roles: Vec<Role>,
            /// The key inventory.
            keys: Vec<Key>,
            /// How the key inventory is reviewed.
            key_inventory: Option<KeyInventory>,
            /// What is done when key material may have been compromised.
            compromise_plan: Option<CompromisePlan>,
            /// What the keys sign for.
            wallets: Vec<Wallet>,
            /// Policies, procedures and plans.
            documents: Vec<Document>,
            /// The threat model and its reviews.
            threat_model: Option<ThreatModel>,
            /// What controls answer, or the register that holds it.
            threats: Rows<Threat>,
            /// The rows of the risk register, or where it is.
            risks: Rows<Risk>,
            /// Requirements that do not apply to this system, each with a reason.
            not_applicable: Vec<NotApplicable>,
            /// How the risk register is kept.
            risk_register: Option<RiskRegister>,
            /// What the entity says it does.
            controls: Vec<Control>,
            /// Deviations and gaps that someone accepted, with a reason and an end.
            acceptances: Vec<Acceptance>,
        }
    }
}
