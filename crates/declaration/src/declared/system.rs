//! The system that is audited, and where its bundles are chained.

use diagnose::{Id, Located, Period, record, words};

use crate::ids::{Origin, StandardId};

record! {
    /// People, processes and technology around one set of keys.
    pub struct System ("system") {
        required {
            /// Short name, part of every bundle.
            id: Located<Id>,
        }
        optional {
            /// Name for people.
            name: Option<Located<String>>,
            /// What the entity is to the holders of the assets.
            designation: Option<Located<Designation>>,
            /// The standard whose requirements count, with its version.
            standard: Option<Located<StandardId>>,
            /// The level of the standard that is aimed at.
            level: Option<Located<u32>>,
        }
    }
}

record! {
    /// One of the systems of an entity that share files.
    pub struct NamedSystem ("system") {
        required {
            /// The `system.id` of its declaration.
            id: Located<Id>,
        }
        optional {
            /// Name for people.
            name: Option<Located<String>>,
        }
    }
}

words! {
    /// What the entity is to the holders of the assets.
    pub enum Designation {
        /// Keeps its own assets.
        SelfCustody = "self-custody",
        /// Qualified service provider: a part of others' systems.
        Qsp = "qsp",
        /// Keeps the assets of others.
        Full = "full",
    }
}

record! {
    /// Where bundles are chained.
    pub struct LedgerSettings ("ledger") {
        required {
            /// The name of the ledger. It cannot change later.
            origin: Located<Origin>,
        }
        optional {
            /// A bundle is due this often; a missing one shows. Without it the shortest `observe.every` of the controls counts.
            every: Option<Located<Period>>,
        }
    }
}
