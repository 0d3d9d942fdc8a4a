//! Object Lock: how long the bucket wants its objects to stay. It is asked for with every object by name, since not every object
//! store gives its default to all of them, and read back.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetentionMode};
use store::StoreError;

use crate::client::{Objects, Trouble, trouble};
use crate::retention::Retention;

const DAY: u64 = 24 * 60 * 60;

/// What a bucket demands for each of its objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    mode: ObjectLockMode,
    days: u64,
}

impl Rule {
    /// The bucket's default; `None` where it has none, or knows no Object Lock.
    pub async fn of(objects: &Objects) -> Result<Option<Self>, Trouble> {
        let asked = objects.client.get_object_lock_configuration().bucket(&objects.bucket).send().await;
        let answer = match asked.map_err(trouble) {
            Ok(answer) => answer,
            Err(Trouble::Absent) => return Ok(None),
            // Of object stores that do not have it.
            Err(Trouble::Refused(said)) if said.starts_with("501 ") => return Ok(None),
            Err(other) => return Err(other),
        };
        let rule = answer.object_lock_configuration().and_then(|found| found.rule()?.default_retention());
        let Some(rule) = rule else { return Ok(None) };
        let mode = match rule.mode() {
            Some(ObjectLockRetentionMode::Compliance) => ObjectLockMode::Compliance,
            Some(ObjectLockRetentionMode::Governance) => ObjectLockMode::Governance,
            other => return Err(Trouble::Refused(format!("a mode of Object Lock that is not known: {other:?}"))),
        };
        // S3 counts a year as 365 days.
        let days = rule.days().unwrap_or(0).saturating_add(rule.years().unwrap_or(0).saturating_mul(365));
        Ok(u64::try_from(days).ok().filter(|days| *days > 0).map(|days| Self { mode, days }))
    }

    /// For an object that is written now.
    #[expect(
        clippy::disallowed_methods,
        reason = "the store counts by the clock of the world, whatever a rehearsal is told"
    )]
    pub fn starting_now(&self) -> Retention {
        let until = SystemTime::now() + Duration::from_secs(self.days.saturating_mul(DAY));
        // Whole seconds: what is read back has no others.
        let seconds = until.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Retention { mode: self.mode.clone(), until: DateTime::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)) }
    }
}

/// That an object stays at least as long as is wanted, and at least as strictly. `Ok(Err)`: it does not.
pub async fn holds(
    wanted: &Retention,
    objects: &Objects,
    key: &str,
    place: String,
) -> Result<Result<(), StoreError>, Trouble> {
    let answer = objects.client.head_object().bucket(&objects.bucket).key(key).send().await.map_err(trouble)?;
    let strict = |mode: &ObjectLockMode| *mode == ObjectLockMode::Compliance || *mode == wanted.mode;
    let (mode, until) = (answer.object_lock_mode(), answer.object_lock_retain_until_date());
    if mode.is_some_and(strict) && until.is_some_and(|until| until.secs() >= wanted.until.secs()) {
        return Ok(Ok(()));
    }
    let text = |at: &DateTime| at.fmt(DateTimeFormat::DateTime).unwrap_or_else(|_| format!("second {}", at.secs()));
    let found = match (mode, until) {
        (Some(mode), Some(until)) => format!("{} until {}", mode.as_str(), text(until)),
        _ => "it is not locked".to_owned(),
    };
    let demanded = format!("{} ({})", text(&wanted.until), wanted.mode.as_str());
    Ok(Err(StoreError::NotRetained { place, wanted: demanded, found }))
}
