//! A person's record: the form and its attachments among the declared files, and what it says of them.

use std::collections::BTreeMap;

use bundle::limits;
use model::record::{Declaration, Recorded};
use model::{Date, Digest, RecordRef, RecordType, Timestamp};

use super::frame::Frame;
use super::hold::hold;
use crate::problem::Problem;

/// The declared files of a person's record that are shown. There are as many as the record has attachments, and the form.
#[derive(Debug)]
pub(super) struct OfPerson {
    day: Date,
    files: BTreeMap<u64, File>,
}

/// What is kept of a file, whatever its path is long.
#[derive(Debug)]
struct File {
    path: Digest,
    size: u64,
    sha256: Digest,
}

impl OfPerson {
    pub(super) fn new(started: Timestamp) -> Self {
        Self { day: Date::of(started), files: BTreeMap::new() }
    }

    pub(super) fn declaration(&mut self, at: RecordRef, file: &Declaration) {
        if self.files.len() <= limits::OF_RECORDED_MAX {
            let path = Digest::of(file.path.as_bytes());
            self.files.insert(at.ordinal, File { path, size: file.size, sha256: file.sha256 });
        }
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
                file.path == Digest::of(attachment.name.as_bytes())
                    && file.size == attachment.size
                    && file.sha256 == attachment.sha256
            });
            hold(same, at, "an attachment is not the file that it names")?;
        }
        let all = frame.count_of(RecordType::Declaration) == next;
        hold(all, at, "its attachments are not the declared files after the form, in their order")
    }
}
