//! Single requests to an object store, with their answers filed under what can be done about them.

use std::future::Future;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use store::StoreError;
use transport::{Proxies, Settings, Transport, causes};

use crate::http_client::PlainClient;
use crate::location::Location;
use crate::retention::Retention;

/// How often a request is sent whose answer says nothing about it.
const ATTEMPTS: u32 = 7;
/// Before the second attempt; twice as long before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Largest body of an answer.
const LARGEST: usize = 64 * 1024 * 1024;

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing has this name.
    Absent,
    /// A condition did not hold; or it did, and this is the answer to our second attempt.
    Condition,
    /// It may have been done, and may be tried again.
    Again(String),
    /// It was not done, and would not be if it were tried again.
    Refused(String),
}

/// An object's bytes, or a range of them.
#[derive(Debug)]
pub struct Got {
    pub bytes: Bytes,
    pub e_tag: String,
    /// Of the whole object.
    pub size: u64,
}

/// On what a write depends.
#[derive(Clone, Copy, Debug)]
pub enum Condition<'c> {
    /// Nothing has this name yet.
    Nothing,
    /// What has this name is what has this tag.
    Tag(&'c str),
}

impl<'c> Condition<'c> {
    pub fn if_none_match(self) -> Option<String> {
        matches!(self, Self::Nothing).then(|| "*".to_owned())
    }

    pub fn if_match(self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Tag(tag) => Some(tag.to_owned()),
        }
    }
}

/// The object store, asked about one bucket.
#[derive(Debug)]
pub struct Objects {
    pub client: Client,
    pub bucket: String,
}

impl Objects {
    /// Finds credentials and region as every AWS tool does. Asks the object store nothing yet.
    #[expect(
        clippy::disallowed_methods,
        reason = "where a ledger is kept is no part of a run, and found as credentials are"
    )]
    pub async fn new(location: &Location) -> Result<Self, StoreError> {
        let wrong = |problem: String| StoreError::BadLocation { location: location.text.clone(), problem };
        let mut extra_roots = Vec::new();
        if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
            let pem = std::fs::read_to_string(&path)
                .map_err(|error| wrong(format!("`{}` of `AWS_CA_BUNDLE` cannot be read: {error}", path.display())))?;
            extra_roots.push(pem);
        }
        let settings = Settings {
            proxies: Proxies::from_environment(Some("ALL_PROXY")),
            extra_roots,
            largest_body: LARGEST,
            ..Settings::default()
        };
        let transport = Transport::new(&settings).map_err(|error| wrong(error.to_string()))?;
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(PlainClient(transport))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(Duration::from_secs(5))
                    .read_timeout(Duration::from_secs(30))
                    .build(),
            )
            // The transport has its own limits on silence.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(profile) = &location.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = &location.region {
            loader = loader.region(Region::new(region.clone()));
        }
        let config = loader.load().await;
        let mut builder = aws_sdk_s3::config::Builder::from(&config)
            // In path style: a name with a dot in it fits no certificate, and other object stores know no other style.
            .force_path_style(true)
            // What is tried again, and what is read back before, is said in `bucket`.
            .retry_config(RetryConfig::disabled());
        if config.region().is_none() {
            // Where objects lie elsewhere Amazon says so; other object stores do not care.
            builder = builder.region(aws_sdk_s3::config::Region::new("us-east-1"));
        }
        if let Some(endpoint) = &location.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Ok(Self { client: Client::from_conf(builder.build()), bucket: location.bucket.clone() })
    }

    /// An object, or the bytes of it from `range.0` to `range.1`, both included. `tag`: only if it still has this one.
    pub async fn get(&self, key: &str, range: Option<(u64, u64)>, tag: Option<&str>) -> Result<Got, Trouble> {
        let answer = self
            .client
            .get_object()
            .bucket(&self.bucket)
            .key(key)
            .set_range(range.map(|(first, last)| format!("bytes={first}-{last}")))
            .set_if_match(tag.map(str::to_owned))
            .send()
            .await
            .map_err(trouble)?;
        let e_tag = answer.e_tag().unwrap_or_default().to_owned();
        let said = answer.content_length().and_then(|length| u64::try_from(length).ok());
        let whole = answer.content_range().and_then(|range| range.rsplit_once('/')?.1.parse().ok());
        let bytes = answer.body.collect().await.map_err(|error| Trouble::Again(causes(&error)))?.into_bytes();
        let length = bytes.len() as u64;
        if said.is_some_and(|said| said != length) {
            return Err(Trouble::Again(format!("{length} bytes came where the answer says {}", said.unwrap_or(0))));
        }
        Ok(Got { bytes, e_tag, size: whole.unwrap_or(length) })
    }

    /// The first bytes of an object, up to and with number `last`.
    pub async fn beginning(&self, key: &str, last: u64) -> Result<Got, Trouble> {
        match self.get(key, Some((0, last)), None).await {
            // An empty object has no first byte.
            Err(Trouble::Refused(said)) if said.starts_with("416 ") => self.get(key, None, None).await,
            other => other,
        }
    }

    /// That an object is there.
    pub async fn look(&self, key: &str) -> Result<(), Trouble> {
        self.client.head_object().bucket(&self.bucket).key(key).send().await.map_err(trouble).map(drop)
    }

    /// Writes an object in one request.
    pub async fn put(
        &self,
        key: &str,
        bytes: Bytes,
        condition: Condition<'_>,
        retention: Option<&Retention>,
    ) -> Result<(), Trouble> {
        let mut request = self
            .client
            .put_object()
            .bucket(&self.bucket)
            .key(key)
            .set_if_none_match(condition.if_none_match())
            .set_if_match(condition.if_match())
            .body(ByteStream::from(bytes));
        if let Some(retention) = retention {
            request = request.object_lock_mode(retention.mode.clone()).object_lock_retain_until_date(retention.until);
        }
        request.send().await.map_err(trouble).map(drop)
    }

    /// Removes an object; in a bucket with versions, its name.
    pub async fn delete(&self, key: &str) -> Result<(), Trouble> {
        match self.client.delete_object().bucket(&self.bucket).key(key).send().await.map_err(trouble) {
            Ok(_) | Err(Trouble::Absent) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// What comes next in the names that begin with `prefix`, up to the next `/`, from after `from` on; and where to go on.
    pub async fn page(&self, prefix: &str, from: Option<String>) -> Result<(Vec<String>, Option<String>), Trouble> {
        let answer = self
            .client
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .delimiter("/")
            .set_continuation_token(from)
            .send()
            .await
            .map_err(trouble)?;
        let files = answer.contents().iter().map(|object| object.key());
        let folders = answer.common_prefixes().iter().map(|folder| folder.prefix());
        let mut names = Vec::new();
        for key in files.chain(folders) {
            // What cannot be named is not left out.
            let name = key.and_then(|key| key.strip_prefix(prefix)).ok_or_else(|| {
                Trouble::Again(format!(
                    "the list of `{prefix}` has `{}`, which is not below it",
                    key.unwrap_or_default()
                ))
            })?;
            let name = name.strip_suffix('/').unwrap_or(name);
            // Some tools write an object with the name of the folder itself.
            if !name.is_empty() {
                names.push(name.to_owned());
            }
        }
        let next = answer.next_continuation_token().map(str::to_owned);
        if answer.is_truncated() == Some(true) && next.is_none() {
            return Err(Trouble::Again("a list was cut short and does not say where it goes on".to_owned()));
        }
        Ok((names, next))
    }
}

/// Sends what can be sent twice until it is answered.
pub async fn again<T, F: Future<Output = Result<T, Trouble>>>(ask: impl Fn() -> F) -> Result<T, Trouble> {
    let mut attempt = 1;
    loop {
        match ask().await {
            Err(Trouble::Again(_)) if attempt < ATTEMPTS => pause(attempt).await,
            other => return other,
        }
        attempt += 1;
    }
}

/// Whether there is an attempt after so many; waits for its time.
pub async fn may_try_after(attempt: u32) -> bool {
    if attempt >= ATTEMPTS {
        return false;
    }
    pause(attempt).await;
    true
}

async fn pause(attempt: u32) {
    let longest = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(10));
    // Between a half and the whole, so that two who met do not meet again.
    let mut byte = [0_u8; 1];
    let part = getrandom::fill(&mut byte).map_or(128, |()| u32::from(byte[0] / 2) + 128);
    tokio::time::sleep(longest.saturating_mul(part) / 255).await;
}

/// What can be done about a request that gave no result.
#[expect(clippy::needless_pass_by_value, reason = "given to `map_err`")]
pub fn trouble<E>(error: SdkError<E, HttpResponse>) -> Trouble
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let code = error.code().unwrap_or_default().to_owned();
    let said = || match error.message() {
        Some(message) => format!("{} {code}: {message}", status.unwrap_or(0)),
        None => format!("{} {code}", status.unwrap_or(0)),
    };
    match (&error, status) {
        (SdkError::TimeoutError(_), _) => Trouble::Again(causes(&error)),
        (SdkError::DispatchFailure(failure), _) if failure.is_timeout() || failure.is_io() => {
            Trouble::Again(causes(&error))
        }
        (_, Some(404)) if code != "NoSuchBucket" => Trouble::Absent,
        (_, Some(412 | 409)) => Trouble::Condition,
        // Of stores that do not have what is asked for.
        (_, Some(501)) => Trouble::Refused(said()),
        (_, Some(408 | 429 | 500..)) => Trouble::Again(said()),
        (_, Some(400)) if code == "RequestTimeout" => Trouble::Again(said()),
        (SdkError::ServiceError(_), _) => Trouble::Refused(said()),
        // An answer that makes no sense.
        (SdkError::ResponseError(_), _) => Trouble::Again(causes(&error)),
        _ => Trouble::Refused(causes(&error)),
    }
}
