//! What the entity wrote down, and what it left out of the audit.

use diagnose::{Cadence, Id, Located, record};
use model::Date;

use crate::declared::SeenAs;
use crate::ids::Sha256;

record! {
    /// A policy, procedure or plan. An external text alone is not the entity's own policy.
    pub struct Document ("document") {
        required {
            /// Short name.
            id: Located<Id>,
            /// What it is called.
            title: Located<String>,
            /// `policy`, `procedure`, `plan`, any word.
            kind as "type": Located<Id>,
        }
        optional {
            /// The file, relative to this one. It is sealed with the declaration.
            path: Option<Located<String>>,
            /// SHA-256 of the file: alone where the document is private, beside `path` to pin it.
            sha256: Option<Located<Sha256>>,
            /// The entity's own version number.
            version: Option<Located<String>>,
            /// Whose it is.
            owner: Option<Located<String>>,
            /// Who approved this version.
            approved_by: Option<Located<String>>,
            /// When.
            approved: Option<Located<Date>>,
            /// How often it is reviewed.
            review_every: Option<Located<Cadence>>,
            /// When it was last reviewed.
            reviewed: Option<Located<Date>>,
            /// Whether somebody else wrote it: a vendor, a body that sets standards.
            external: Option<Located<bool>>,
        }
    }
}

record! {
    /// Something that could be taken for a part of the trusted environment, and is none.
    pub struct Exclusion ("exclusion") {
        required {
            /// Short name.
            id: Located<Id>,
            /// What is left out.
            what: Located<String>,
            /// Why it cannot affect key material.
            reason: Located<String>,
        }
        optional {
            /// Who approved that.
            approved_by: Option<Located<String>>,
            /// When.
            approved: Option<Located<Date>>,
            /// What it is called where it is found.
            seen_as: Option<SeenAs>,
        }
    }
}
