//! A person's record: the form and its attachments among the declared files, and what it says of them.

use std::collections::BTreeMap;

use model::record::{Declaration, Recorded};
use model::{Date, RecordRef, RecordType, Timestamp};

use super::frame::Frame;
use super::hold::hold;
use crate::problem::Problem;

/// The declared files of a person's record that are shown. There are as many as the record has attachments, and the form.
#[derive(Debug)]
pub(super) struct OfPerson {
    day: Date,
    files: BTreeMap<u64, Declaration>,
}

impl OfPerson {
    pub(super) fn new(started: Timestamp) -> Self {
        Self { day: Date::of(started), files: BTreeMap::new() }
    }

    pub(super) fn declaration(&mut self, at: RecordRef, file: &Declaration) {
        self.files.insert(at.ordinal, file.clone());
    }

    pub(super) fn recorded(&self, at: RecordRef, recorded: &Recorded, frame: &Frame) -> Result<(), Problem> {
        let holds = recorded.on <= self.day && self.day <= recorded.expires;
        hold(holds, at, "it was not seen by the day on which it was signed, or had expired")?;
        let mut next = 1;
        for attachment in &recorded.attachments {
            let Some(to) = attachment.declaration else { continue };
            frame.refer(at, to, &[RecordType::Declaration])?;
            hold(to.ordinal == next, at, "its attachments are not the declared files after the form, in their order")?;
            next += 1;
            let same = self.files.get(&to.ordinal).is_none_or(|file| {
                file.path == attachment.name && file.size == attachment.size && file.sha256 == attachment.sha256
            });
            hold(same, at, "an attachment is not the file that it names")?;
        }
        let all = frame.count_of(RecordType::Declaration) == next;
        hold(all, at, "its attachments are not the declared files after the form, in their order")
    }
}
