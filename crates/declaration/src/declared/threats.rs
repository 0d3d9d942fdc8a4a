//! The threat model, the threats in it, and the risk register.

use diagnose::{Cadence, Id, Located, record, words};
use model::Date;

record! {
    /// The threat model and its reviews.
    pub struct ThreatModel ("threat model") {
        required {
            /// The entity's own version number.
            version: Located<String>,
        }
        optional {
            /// How often it is reviewed.
            review_every: Option<Located<Cadence>>,
            /// The reviews that were made.
            reviews: Vec<Review>,
            /// Categories of threats that this system does not have, with the reason.
            declined: Vec<Declined>,
        }
    }
}

record! {
    /// A category of threats that a system does not have.
    pub struct Declined ("declined category") {
        required {
            /// The category.
            category: Located<Id>,
            /// Why this system does not have it.
            reason: Located<String>,
        }
        optional {
        }
    }
}

record! {
    /// One review: of the threat model, a register, an inventory, a plan, a third party.
    pub struct Review ("review") {
        required {
            /// The day.
            on: Located<Date>,
            /// Who made it.
            by: Located<String>,
        }
        optional {
            /// What was looked at.
            looked_at: Option<Located<String>>,
            /// What was changed.
            changed: Option<Located<String>>,
        }
    }
}

/// Categories of threats that a custodian is expected to have thought of.
pub(crate) const CATEGORIES: &[&str] =
    &["signing-infrastructure", "supply-chain", "insider", "workforce-infiltration", "key-compromise", "physical"];

record! {
    /// What a control answers.
    pub struct Threat ("threat") {
        required {
            /// Short name.
            id: Located<Id>,
            /// One sentence.
            title: Located<String>,
        }
        optional {
            /// Any word; known ones: `signing-infrastructure`, `supply-chain`, `insider`, `workforce-infiltration`, `key-compromise`, `physical`.
            category: Option<Located<Id>>,
            /// What it can hurt.
            affects: Option<Affects>,
        }
    }
}

record! {
    /// What a threat can hurt.
    pub struct Affects ("list of what a threat affects") {
        required {
        }
        optional {
            /// Keys of the inventory.
            keys: Vec<Located<Id>>,
            /// Targets.
            targets: Vec<Located<Id>>,
            /// Components.
            components: Vec<Located<Id>>,
            /// Third parties.
            third_parties: Vec<Located<Id>>,
            /// Wallets.
            wallets: Vec<Located<Id>>,
            /// Classes of keys.
            classes: Vec<Located<Id>>,
        }
    }
}

record! {
    /// How the risk register as a whole is kept.
    pub struct RiskRegister ("risk register") {
        required {
        }
        optional {
            /// The framework it follows: `ISO/IEC 27005`, `NIST SP 800-37`.
            framework: Option<Located<String>>,
            /// What residual risk is borne.
            tolerances: Vec<Tolerance>,
            /// How often it is reviewed.
            review_every: Option<Located<Cadence>>,
            /// The reviews that were made.
            reviews: Vec<Review>,
        }
    }
}

record! {
    /// A rule that says what residual risk is borne.
    pub struct Tolerance ("rule of tolerance") {
        required {
            /// Short name.
            id: Located<Id>,
            /// Levels of residual risk that are within it, in the entity's own scale.
            levels: Vec<Located<String>>,
        }
        optional {
            /// One sentence.
            title: Option<Located<String>>,
        }
    }
}

record! {
    /// One row of the risk register.
    pub struct Risk ("risk") {
        required {
            /// The threat.
            threat: Located<Id>,
            /// How likely, in the entity's own scale.
            likelihood: Located<String>,
            /// How bad, in the entity's own scale.
            impact: Located<String>,
            /// What is done about it.
            treatment: Located<Treatment>,
            /// Whose it is.
            owner: Located<String>,
        }
        optional {
            /// Short name; without it the threat's. Needed where a threat has several rows.
            id: Option<Located<Id>>,
            /// What remains.
            residual: Option<Residual>,
            /// When it was last looked at.
            monitored: Option<Located<Date>>,
        }
    }
}

words! {
    /// What is done about a risk.
    pub enum Treatment {
        /// Controls make it smaller.
        Reduce = "reduce",
        /// Someone else bears it.
        Transfer = "transfer",
        /// What causes it is not done.
        Avoid = "avoid",
        /// It is borne.
        Accept = "accept",
    }
}

record! {
    /// What remains of a risk.
    pub struct Residual ("residual risk") {
        required {
            /// How much, in the entity's own scale.
            level: Located<String>,
        }
        optional {
            /// The rule of tolerance that it is within.
            within_tolerance: Option<Located<String>>,
            /// Who accepted it.
            accepted_by: Option<Located<String>>,
            /// When.
            accepted: Option<Located<Date>>,
        }
    }
}
