//! What is known of a cluster beside its lists, and what is said where those contradict each other.

use sdk::{GapNote, GapReason, Source};
use transport::Refusal;

use crate::eks::Access;
use rbac::access::Described;
use rbac::ways::Version;

/// What is known of the version that answers.
pub(crate) struct Answers {
    pub version: Version,
    /// Where it stands; or why it does not tell by which rules the server answers.
    pub known: Result<Source, Refusal>,
}

/// What AWS says of a cluster of EKS.
pub(crate) struct Beside {
    /// The description, and where it stands; or why it was not read.
    pub described: Result<(Described, Source), Refusal>,
    pub access: Access,
}

impl Beside {
    /// EKS decides too, beside Node and RBAC.
    pub fn decides(&self) -> bool {
        self.described.as_ref().is_ok_and(|(described, _)| described.lets_in())
    }
}

/// What one list names and another does not have was made or deleted between them, again and again.
pub(crate) fn changed_meanwhile(kind: &str, id: &str, part: &str) -> GapNote {
    GapNote {
        population: Some(kind.to_owned()),
        subject: Some(sdk::Subject { kind: kind.to_owned(), id: id.to_owned() }),
        part: Some(part.to_owned()),
        right: None,
        reason: GapReason::Vanished,
        detail: "it was changed while the cluster was read, each time that it was: run again".to_owned(),
        exchange: None,
    }
}
