//! Object Lock: how long the bucket wants its objects to stay. It is asked for with every object by name, since not every object
//! store gives its default to all of them, and read back.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{ObjectLockMode, ObjectLockRetentionMode};
use store::StoreError;

use crate::client::{Objects, Trouble, trouble};
use crate::retention::Retention;

const DAY: u64 = 24 * 60 * 60;
/// What S3 answers for a bucket without Object Lock.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
const NONE: &str = "ObjectLockConfigurationNotFoundError";

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
        let answer = match asked {
            Ok(answer) => answer,
            // By its name: of any other 404 nobody knows what it is about, and objects would be written without a date.
            Err(error) if error.code() == Some(NONE) => return Ok(None),
            Err(error) => match trouble(error) {
                // Of object stores that do not have it.
                Trouble::Refused(said) if said.starts_with("501 ") => return Ok(None),
                Trouble::Absent => {
                    return Err(Trouble::Refused(format!(
                        "it answers 404 and not `{NONE}`, which says that there is none"
                    )));
                }
                other => return Err(other),
            },
        };
        let rule = answer.object_lock_configuration().and_then(|found| found.rule()?.default_retention());
        let Some(rule) = rule else { return Ok(None) };
        let mode = match rule.mode() {
            Some(ObjectLockRetentionMode::Compliance) => ObjectLockMode::Compliance,
            Some(ObjectLockRetentionMode::Governance) => ObjectLockMode::Governance,
            other => return Err(Trouble::Refused(format!("a mode of Object Lock that is not known: {other:?}"))),
        };
        match days(rule.days(), rule.years()) {
            Some(days) => Ok(Some(Self { mode, days })),
            None => Err(Trouble::Refused("its default retention says for no number of days or years".to_owned())),
        }
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

/// How long a default retention is: one of the two is there. S3 counts a year as 365 days.
fn days(days: Option<i32>, years: Option<i32>) -> Option<u64> {
    let found = match (days, years) {
        (Some(days), None) => u64::try_from(days).ok()?,
        (None, Some(years)) => u64::try_from(years).ok()?.saturating_mul(365),
        _ => return None,
    };
    Some(found).filter(|days| *days > 0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_has_days_or_years() {
        assert_eq!((days(Some(1), None), days(None, Some(2))), (Some(1), Some(730)));
        for none in [(None, None), (Some(0), None), (Some(-1), None), (Some(1), Some(1))] {
            assert_eq!(days(none.0, none.1), None, "{none:?}");
        }
    }
}
