//! Who may do what by identity policies: computed from all of them once they were read, and recorded.

use std::collections::BTreeSet;

use aws::policy_document::Power;
use aws::policy_document::account::{Answered, Book, PrincipalKind};
use sdk::{CoverageNote, DerivedNote, GapNote, GapReason, Input, Recorder, SinkError, Subject};

use crate::descriptor::DETAILS;
use crate::resource::{GROUP, PERMISSIONS, POLICY, ROLE, USER};

/// Why something of the lists was not read.
pub struct Ending {
    /// The gap of the list itself. `None`: it reached its end.
    pub stopped: Option<GapNote>,
    /// Whether all users, groups, roles and policies are there.
    pub complete: bool,
    /// Whether all whom somebody could become are there: users, groups and roles.
    pub everybody: bool,
}

/// Records what each user and role may do. `root`: the ARN of the account's root user.
pub fn record(book: &Book, recorder: &Recorder, root: &str, ending: Ending) -> Result<(), SinkError> {
    let mut fields = root.split(':').skip(1);
    let (partition, account) = (fields.next().unwrap_or("aws"), fields.nth(2).unwrap_or_default());
    let answers = book.answers(partition, account);
    for answer in &answers {
        for what in answer.unread() {
            for part in ["administers", "keys"] {
                recorder.gap(unread(answer.arn(), part, what))?;
            }
        }
        recorder.derived(DerivedNote {
            population: PERMISSIONS.to_owned(),
            kind: PERMISSIONS.to_owned(),
            id: answer.arn().to_owned(),
            inputs: inputs(book, answer),
            facts: sdk::facts(&answer.facts())?,
        })?;
    }
    if !ending.everybody && !answers.is_empty() {
        recorder.gap(somebody_unread())?;
    }
    if let Some(mut gap) = ending.stopped {
        gap.population = Some(PERMISSIONS.to_owned());
        recorder.gap(gap)?;
    }
    recorder.coverage(CoverageNote {
        population: PERMISSIONS.to_owned(),
        calls: 0,
        pages: 0,
        items: u64::try_from(answers.len()).unwrap_or(u64::MAX),
        complete: ending.complete,
        total: None,
    })
}

/// All that the answer about one principal rests on.
fn inputs(book: &Book, answer: &Answered<'_>) -> Vec<Input> {
    let own = if answer.kind == PrincipalKind::User { USER } else { ROLE };
    let resource = |kind: &str, id: &str| Input::Resource { kind: kind.to_owned(), id: id.to_owned() };
    let mut inputs: BTreeSet<Input> =
        [USER, GROUP, ROLE, POLICY].into_iter().map(|kind| Input::Population(kind.to_owned())).collect();
    inputs.insert(resource(own, answer.arn()));
    inputs.extend(book.groups_of(answer.entry).map(|arn| resource(GROUP, arn)));
    inputs.extend(book.policies_of(answer.entry).map(|arn| resource(POLICY, arn)));
    for arn in answer.found.administers.iter().filter_map(|power: &Power| power.over.as_deref()) {
        let kind = if book.is_user(arn) {
            USER
        } else if book.is_role(arn) {
            ROLE
        } else {
            GROUP
        };
        inputs.insert(resource(kind, arn));
    }
    inputs.into_iter().collect()
}

/// A role that was not read may trust anybody and be an administrator: nobody's part is whole without it.
fn somebody_unread() -> GapNote {
    GapNote {
        population: Some(PERMISSIONS.to_owned()),
        subject: None,
        part: Some("administers".to_owned()),
        right: Some(DETAILS.to_owned()),
        reason: GapReason::TotalMismatch,
        detail: "not all users, groups and roles were read: who becomes an administrator by one of them is not known"
            .to_owned(),
        exchange: None,
    }
}

fn unread(arn: &str, part: &str, what: &str) -> GapNote {
    GapNote {
        population: Some(PERMISSIONS.to_owned()),
        subject: Some(Subject { kind: PERMISSIONS.to_owned(), id: arn.to_owned() }),
        part: Some(part.to_owned()),
        right: Some(DETAILS.to_owned()),
        reason: GapReason::Malformed,
        detail: format!("{what} was not read, and may give or take back anything"),
        exchange: None,
    }
}
