//! A bucket and what is done with single objects in it: each operation is made of requests that can be lost, answered twice, or
//! not at all.

use bytes::Bytes;
use store::{CHECKPOINT, StoreError};
use tokio::runtime::Runtime;

use crate::client::{Condition, Objects, Trouble, again, may_try_after};
use crate::location::{Location, is_plain};
use crate::retention::Retention;
use crate::rule::{Rule, holds};

/// What may be below a prefix that becomes a store: left by an `init` that did not end.
const OWN: [&str; 4] = ["ledger", "bundles", "pending", "anchors"];
/// What is of no use once it is done with is not kept for years.
pub(crate) const PASSING: &str = "pending/";

/// A store in a bucket.
#[derive(Debug)]
pub struct Bucket {
    pub(crate) runtime: Runtime,
    pub(crate) objects: Objects,
    pub(crate) location: Location,
    rule: Option<Rule>,
}

impl Bucket {
    /// Finds credentials, and asks whether the bucket keeps its objects for some time.
    pub(crate) fn connect(location: &Location) -> Result<Self, StoreError> {
        let no_answer = |said: String| StoreError::NoAnswer { action: "reach", place: location.text.clone(), said };
        // Its own thread, so that connections are looked after between two operations.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| no_answer(error.to_string()))?;
        let objects = runtime.block_on(Objects::new(location))?;
        let rule = runtime
            .block_on(again(|| Rule::of(&objects)))
            .map_err(|trouble| failed("ask for the Object Lock of", location.text.clone(), trouble))?;
        Ok(Self { runtime, objects, location: location.clone(), rule })
    }

    /// Whether nothing at all is below the prefix.
    pub(crate) fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.below("")?.is_empty())
    }

    /// That nothing but a store is below the prefix.
    pub(crate) fn only_ours(&self) -> Result<(), StoreError> {
        match self.below("")?.into_iter().find(|name| !OWN.contains(&name.as_str())) {
            Some(found) => Err(StoreError::NotAStore { place: self.location.text.clone(), found }),
            None => Ok(()),
        }
    }

    pub(crate) fn key(&self, path: &str) -> Result<String, StoreError> {
        if !path.split('/').all(is_plain) {
            return Err(StoreError::BadPath { path: path.to_owned() });
        }
        Ok(match self.location.prefix.as_str() {
            "" => path.to_owned(),
            prefix => format!("{prefix}/{path}"),
        })
    }

    pub(crate) fn place(&self, path: &str) -> String {
        let Location { bucket, prefix, .. } = &self.location;
        let parts = [bucket.as_str(), prefix, path];
        format!("s3://{}", parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
    }

    /// Sorted names that come next after `path`, the whole prefix where it is empty.
    pub(crate) fn below(&self, path: &str) -> Result<Vec<String>, StoreError> {
        let prefix = match (path, self.location.prefix.as_str()) {
            ("", "") => String::new(),
            ("", prefix) => format!("{prefix}/"),
            (path, _) => format!("{}/", self.key(path)?),
        };
        let list = async {
            let (mut found, mut from) = (Vec::new(), None);
            loop {
                let (names, next) = again(|| self.objects.page(&prefix, from.clone())).await?;
                found.extend(names);
                match next {
                    // A list that goes round in circles is none.
                    Some(next) if from.as_ref() == Some(&next) => {
                        return Err(Trouble::Refused("the list goes on where it went on before".to_owned()));
                    }
                    Some(next) => from = Some(next),
                    None => return Ok(found),
                }
            }
        };
        let mut found = self.runtime.block_on(list).map_err(|trouble| failed("list", self.place(path), trouble))?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// How long an object that is written now has to stay.
    pub(crate) fn retention(&self, path: &str) -> Option<Retention> {
        self.rule.as_ref().filter(|_| !path.starts_with(PASSING)).map(Rule::starting_now)
    }

    pub(crate) async fn check_retention(&self, key: &str, path: &str, wanted: &Retention) -> Result<(), StoreError> {
        again(|| holds(wanted, &self.objects, key, self.place(path)))
            .await
            .map_err(|trouble| failed("look at the Object Lock of", self.place(path), trouble))?
    }

    /// Creates one object of bytes. Whatever the answer is, what is there then decides.
    pub(crate) async fn create_one(&self, path: &str, bytes: &Bytes) -> Result<(), StoreError> {
        let (key, retention) = (self.key(path)?, self.retention(path));
        let mut attempt = 1;
        loop {
            let put = self.objects.put(&key, bytes.clone(), Condition::Nothing, retention.as_ref()).await;
            let trouble = match put {
                Ok(()) => break,
                Err(Trouble::Refused(said)) => {
                    return Err(StoreError::Refused { action: "create", place: self.place(path), said });
                }
                Err(trouble) => trouble,
            };
            match again(|| self.objects.get(&key, None, None)).await {
                Ok(got) if got.bytes == bytes => break,
                Ok(_) => return Err(StoreError::Differs { place: self.place(path) }),
                // Nothing of it is left: a conflict that nobody won, or a request that never arrived.
                Err(Trouble::Absent) => {}
                Err(other) => return Err(failed("read", self.place(path), other)),
            }
            if !may_try_after(attempt).await {
                return Err(failed("create", self.place(path), trouble));
            }
            attempt += 1;
        }
        match retention {
            Some(wanted) => self.check_retention(&key, path, &wanted).await,
            None => Ok(()),
        }
    }

    pub(crate) async fn move_head(&self, expected: &[u8], new: &[u8]) -> Result<(), StoreError> {
        let (key, place) = (self.key(CHECKPOINT)?, || self.place(CHECKPOINT));
        let retention = self.retention(CHECKPOINT);
        let mut attempt = 1;
        loop {
            let found = match again(|| self.objects.get(&key, None, None)).await {
                Ok(found) => found,
                Err(Trouble::Absent) => return Err(StoreError::HeadMoved { place: place() }),
                Err(trouble) => return Err(failed("read", place(), trouble)),
            };
            // Heads are never alike: this is ours, whose answer was lost, or of whoever completed the same bundle.
            if found.bytes == new {
                break;
            }
            if found.bytes != expected {
                return Err(StoreError::HeadMoved { place: place() });
            }
            let bytes = Bytes::copy_from_slice(new);
            let trouble = match self.objects.put(&key, bytes, Condition::Tag(&found.e_tag), retention.as_ref()).await {
                Ok(()) => break,
                Err(Trouble::Refused(said)) => {
                    return Err(StoreError::Refused { action: "replace", place: place(), said });
                }
                Err(trouble) => trouble,
            };
            if !may_try_after(attempt).await {
                return Err(failed("replace", place(), trouble));
            }
            attempt += 1;
        }
        match retention {
            Some(wanted) => self.check_retention(&key, CHECKPOINT, &wanted).await,
            None => Ok(()),
        }
    }
}

/// A trouble that nothing could be done about.
pub(crate) fn failed(action: &'static str, place: String, trouble: Trouble) -> StoreError {
    match trouble {
        Trouble::Refused(said) => StoreError::Refused { action, place, said },
        Trouble::Again(said) => StoreError::NoAnswer { action, place, said },
        Trouble::Absent => StoreError::NoAnswer { action, place, said: "it is gone".to_owned() },
        Trouble::Condition => {
            StoreError::NoAnswer { action, place, said: "other writers were in the way each time".to_owned() }
        }
    }
}
