//! A session with one AWS account: credentials, clients' configuration, identity, time limit.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::app_name::AppName;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use aws_types::service_config::ServiceConfigKey;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use http::Uri;
use sdk::{CallerIdentity, CollectError, Environment, FoundTarget, Recorder, RouteNote, SinkError, Target, Timestamp};
use serde_json::{Map, Value};
use transport::ask::readable;
use transport::{Asker, Call, Recording, Refusal, Transport, causes};

use crate::credentials::Registering;
use crate::http_client::RecordingClient;
use crate::mfa::MfaRole;
use crate::partition::Partition;
use crate::permits;
use crate::profile::{Named, Role};
use crate::rights::GET_CALLER_IDENTITY;
use crate::settings::AccountSettings;
use crate::wire::Aws;

/// For credentials, which the SDK asks for by itself. It counts attempts and knows no time; its pauses are between nothing and the whole, so
/// that these last a minute, and half a minute with all but a probability of one in two thousand.
const MOST_ATTEMPTS: u32 = 20;

/// The services that are asked: the ids by which `AWS_ENDPOINT_URL_<SERVICE>` and profiles name their endpoints
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html>), and how their hosts begin.
const SERVICES: [(&str, &str); 13] = [
    ("Account", "account"),
    ("CloudHSM V2", "cloudhsmv2"),
    ("CloudTrail", "cloudtrail"),
    ("EKS", "eks"),
    ("IAM", "iam"),
    ("KMS", "kms"),
    ("Organizations", "organizations"),
    ("S3", "s3"),
    ("S3 Control", "s3-control"),
    ("SSO", "portal.sso"),
    ("SSO OIDC", "oidc"),
    ("STS", "sts"),
    ("signin", "signin"),
];

/// A session with one account. Clones are the same session.
#[derive(Clone, Debug)]
pub struct Session {
    settings: AccountSettings,
    config: SdkConfig,
    asker: Asker,
    concurrency: usize,
}

impl Session {
    /// Finds credentials and takes on the declared role. Reads nothing of the account.
    ///
    /// # Errors
    /// When settings or environment cannot be used, or no credentials are found.
    pub async fn connect(
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Self, CollectError> {
        Self::connect_as(recorder.collector(), target, environment, recorder).await
    }

    /// The same for a collector whose own source is another one. `source`: the name under which a test or the demonstration
    /// may put something in the place of AWS.
    ///
    /// # Errors
    /// When settings or environment cannot be used, or no credentials are found.
    pub async fn connect_as(
        source: &str,
        target: &Target,
        environment: &Environment,
        recorder: &Recorder,
    ) -> Result<Self, CollectError> {
        let settings = AccountSettings::of(target)?;
        // Every AWS tool reads additional authorities from here; company proxies need it.
        let profile = match &environment.overrides.credentials {
            Some(_) => None,
            None => Named::find(target, &settings).await?,
        };
        let of_profile = || profile.as_ref().and_then(Named::ca_bundle).map(str::to_owned);
        let authorities = sdk::variable(&["AWS_CA_BUNDLE"]).or_else(of_profile);
        let given = environment.overrides.extra_roots.as_ref();
        let transport = Transport::to_target(target, given, "AWS_CA_BUNDLE", authorities.as_deref(), &BTreeSet::new())?;
        let recording = Recording::new(transport.clone(), Arc::new(Aws), recorder.clone(), environment.clock.clone());
        let config = base_config(&settings, environment, &recording, source).await?;
        recorder.route(route(&transport, &config)?)?;
        let (config, roles) =
            match profile.as_ref().map(|named| named.credentials(&config, &recording)).transpose()?.flatten() {
                Some((provider, roles)) => (config.into_builder().credentials_provider(provider).build(), roles),
                None => (config, Vec::new()),
            };
        let (config, credentials) = with_credentials(config, &roles, &settings, environment, recorder).await?;
        let prepared = credentials.prepare().await;
        if let Some(cause) = recording.take_sink_error() {
            return Err(CollectError::Sink(cause));
        }
        prepared.map_err(|error| CollectError::Credentials { problem: readable(&causes(&error)) })?;
        // What is asked for by us is tried again by us: see `Session::call`.
        let config = config.into_builder().retry_config(RetryConfig::disabled()).build();
        let permits = permits::of(&settings.account, environment);
        Ok(Self {
            settings,
            config,
            asker: Asker::new(recording, environment, permits),
            concurrency: environment.concurrency.max(1),
        })
    }

    /// The target's settings.
    #[must_use]
    pub fn settings(&self) -> &AccountSettings {
        &self.settings
    }

    /// Configuration for clients of services that are the same in every region, such as IAM.
    #[must_use]
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Configuration for clients of one region.
    #[must_use]
    pub fn config_in(&self, region: &str) -> SdkConfig {
        self.config.to_builder().region(Region::new(region.to_owned())).build()
    }

    /// Whether both wait for the same permits: they ask the same account in the same run.
    #[must_use]
    pub fn shares_permits_with(&self, other: &Self) -> bool {
        self.asker.shares_permits_with(&other.asker)
    }

    /// Requests under way at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// The moment now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.asker.now()
    }

    /// What is left until the run's deadline; `None` once it has passed.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.asker.time_left()
    }

    pub(crate) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Asks the account who we are, and whether it is the declared one.
    ///
    /// # Errors
    /// [`CollectError::WrongIdentity`] when it is another account; nothing of it may be read then.
    pub async fn identify(&self) -> Result<CallerIdentity, CollectError> {
        let identity = self.who().await?;
        if identity.found != self.settings.account {
            return Err(CollectError::WrongIdentity { expected: self.settings.account.clone(), found: identity.found });
        }
        Ok(identity)
    }

    /// Who the credentials at hand are, and in which account, whichever it is.
    async fn who(&self) -> Result<CallerIdentity, CollectError> {
        let config = aws_sdk_sts::config::Builder::from(&self.config).build();
        let client = aws_sdk_sts::Client::from_conf(config);
        let asked = self.call(Call::new(GET_CALLER_IDENTITY), || client.get_caller_identity().send()).await?;
        let answer = asked.map_err(Refusal::fatal)?;
        let (Some(found), Some(caller)) = (answer.value.account(), answer.value.arn()) else {
            return Err(CollectError::Refused {
                reason: sdk::GapReason::Malformed,
                right: Some(GET_CALLER_IDENTITY.to_owned()),
                detail: "the answer names no account or no caller".to_owned(),
                exchange: Some(answer.exchange),
            });
        };
        Ok(CallerIdentity { caller: caller.to_owned(), found: found.to_owned() })
    }
}

/// The account that the credentials at hand lead to, as a target for a first declaration.
///
/// # Errors
/// When no credentials are found, or the source does not say who we are.
pub async fn discover(environment: &Environment, recorder: &Recorder) -> Result<Vec<FoundTarget>, CollectError> {
    // Which account it is, is what is asked: this one is no one's.
    let nobody = Map::from_iter([("account".to_owned(), Value::from("000000000000"))]);
    let target = Target { id: recorder.target().to_owned(), settings: nobody };
    let identity = Session::connect(&target, environment, recorder).await?.who().await?;
    let settings = Map::from_iter([("account".to_owned(), Value::from(identity.found.as_str()))]);
    Ok(vec![FoundTarget {
        id: format!("aws-{}", identity.found),
        settings,
        note: "all enabled regions are read; list some under `regions`, and the others become gaps".to_owned(),
    }])
}

/// A piece of work that writes to the recorder.
type Work<'a> = Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send + 'a>>;

/// Work of which only so much is under way at once.
pub struct Bounded<'a> {
    limit: usize,
    // Boxed as trait objects: what starts them need not know their types, and what waits takes no room.
    running: FuturesUnordered<Work<'a>>,
}

impl<'a> Bounded<'a> {
    /// At most `limit` pieces of work at once, at least one.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), running: FuturesUnordered::new() }
    }

    /// Starts a piece of work as soon as there is room for it.
    ///
    /// # Errors
    /// The error of a piece of work that ended in the meantime.
    pub async fn start(
        &mut self,
        work: impl Future<Output = Result<(), SinkError>> + Send + 'a,
    ) -> Result<(), SinkError> {
        while self.running.len() >= self.limit {
            if let Some(ended) = self.running.next().await {
                ended?;
            }
        }
        self.running.push(Box::pin(work));
        Ok(())
    }

    /// Waits for all that was started.
    ///
    /// # Errors
    /// The first error of a piece of work.
    pub async fn finish(mut self) -> Result<(), SinkError> {
        while let Some(ended) = self.running.next().await {
            ended?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Bounded<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bounded").field("limit", &self.limit).field("running", &self.running.len()).finish()
    }
}

/// What of the way to the account is not AWS' own.
///
/// # Errors
/// When an endpoint is configured that is not a URL: nothing is asked over a way that cannot be sealed.
fn route(transport: &Transport, config: &SdkConfig) -> Result<RouteNote, CollectError> {
    let url = |text: &str| {
        text.parse::<Uri>().map_err(|error| CollectError::Credentials {
            problem: format!(
                "the endpoint `{text}` (`AWS_ENDPOINT_URL…` or `endpoint_url` of a profile) is not a URL: {error}"
            ),
        })
    };
    let of_service = |service: &str| {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        config.service_config()?.load_config(key)
    };
    let of_all = config.endpoint_url().map(str::to_owned);
    let region = config.region().map_or(Partition::of_region("").home, Region::as_ref);
    let suffix = Partition::of_region(region).suffix;
    let mut hosts: Vec<Uri> = Vec::new();
    let mut endpoints: BTreeSet<String> = of_all.iter().cloned().collect();
    for (service, host) in SERVICES {
        let of_it = of_service(service);
        // Proxies are chosen by host, and of what has another endpoint no host of AWS is asked.
        if of_it.is_none() && of_all.is_none() {
            hosts.push(url(&format!("https://{host}.{region}.{suffix}"))?);
        }
        endpoints.extend(of_it);
    }
    let endpoints: Vec<Uri> = endpoints.iter().map(|text| url(text)).collect::<Result<_, _>>()?;
    Ok(transport.route(&endpoints, &hosts))
}

async fn base_config(
    settings: &AccountSettings,
    environment: &Environment,
    recording: &Recording,
    collector: &str,
) -> Result<SdkConfig, CollectError> {
    let declared = settings.regions.as_ref().and_then(|regions| regions.first().cloned()).map(Region::new);
    let mut profile_region = ProfileFileRegionProvider::builder();
    if let Some(profile) = &settings.profile {
        profile_region = profile_region.profile_name(profile);
    }
    // The instance metadata service is not asked for a region: elsewhere than on EC2 that costs seconds.
    let found = RegionProviderChain::first_try(declared)
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile_region.build())
        .region()
        .await;
    // A role can be taken on within its own partition only: what is declared counts more than the environment.
    let partition = settings.partition();
    let region = match found {
        Some(found) if partition.is_none_or(|own| own == Partition::of_region(found.as_ref())) => found,
        _ => Region::new(partition.unwrap_or_else(|| Partition::of_region("")).home),
    };
    let wrong = |problem: String| CollectError::Credentials { problem };
    let app = AppName::new(label(&environment.run_id, 50)).map_err(|e| wrong(e.to_string()))?;
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(RecordingClient(recording.clone()))
        .region(region)
        .app_name(app)
        .retry_config(
            // Of credentials: how often and how far apart is said for all sources in one place.
            // Not `adaptive`: its pace is set by one operation's throttling for all operations of a service, also for
            // those that are answered; and it waits without an end. Here it is the concurrency that bounds the pace.
            RetryConfig::standard()
                .with_max_attempts(environment.patience.attempts.min(MOST_ATTEMPTS))
                .with_initial_backoff(environment.patience.first)
                .with_max_backoff(environment.patience.longest),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(5))
                .read_timeout(Duration::from_secs(30))
                .build(),
        )
        // The transport has its own limits on silence and records what had come until then.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some((name, version)) = environment.user_agent.split_once('/') {
        let framework = FrameworkMetadata::new(name.to_owned(), Some(version.to_owned()))
            .map_err(|error| wrong(error.to_string()))?;
        loader = loader.framework_metadata(framework);
    }
    if let Some(profile) = &settings.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = environment.overrides.endpoint_for(collector) {
        // A recording's dates are in the past: the SDK would take every refusal for a sign that our clock is wrong, and ask again.
        loader = loader.endpoint_url(endpoint).disable_clock_skew_correction(true);
    }
    if let Some(given) = &environment.overrides.credentials {
        loader = loader.credentials_provider(Credentials::new(
            given.access_key_id.clone(),
            given.secret_access_key.expose(),
            None,
            None,
            "witnessmark-override",
        ));
    }
    Ok(loader.load().await)
}

/// `of_profile`: the roles that the profile takes on, before those of the target.
async fn with_credentials(
    config: SdkConfig,
    of_profile: &[Role],
    settings: &AccountSettings,
    environment: &Environment,
    recorder: &Recorder,
) -> Result<(SdkConfig, Registering), CollectError> {
    let found = config
        .credentials_provider()
        .ok_or_else(|| CollectError::Credentials { problem: "no provider of credentials is set up".to_owned() })?;
    let (mut config, mut credentials) = registered(config, found, recorder);
    for role in of_profile {
        let provider = taken_on(&config, role, environment, recorder).await;
        (config, credentials) = registered(config, provider, recorder);
    }
    // Each role is taken on with the credentials of the one before, under the name of this run.
    for (setting, role) in settings.roles() {
        let mut provider =
            AssumeRoleProvider::builder(role).session_name(label(&environment.run_id, 64)).configure(&config);
        if let (Some(id), "assume_role") = (&settings.external_id, setting) {
            provider = provider.external_id(id);
        }
        let provider = SharedCredentialsProvider::new(provider.build().await);
        (config, credentials) = registered(config, provider, recorder);
    }
    Ok((config, credentials))
}

/// The credentials of a role that a profile takes on.
async fn taken_on(
    config: &SdkConfig,
    role: &Role,
    environment: &Environment,
    recorder: &Recorder,
) -> SharedCredentialsProvider {
    let session_name = role.session_name.clone().unwrap_or_else(|| label(&environment.run_id, 64));
    if let Some(serial) = &role.mfa_serial {
        let left = environment.deadline.as_millis() - environment.clock.now().as_millis();
        return SharedCredentialsProvider::new(MfaRole {
            config: config.clone(),
            role: role.clone(),
            serial: serial.clone(),
            run_id: environment.run_id.clone(),
            session_name,
            clock: environment.clock.clone(),
            secrets: recorder.secrets().clone(),
            patience: Duration::from_millis(u64::try_from(left).unwrap_or(0)),
        });
    }
    let mut provider = AssumeRoleProvider::builder(&role.arn).session_name(session_name).configure(config);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    if let Some(seconds) = role.seconds.and_then(|seconds| u64::try_from(seconds).ok()) {
        provider = provider.session_length(Duration::from_secs(seconds));
    }
    SharedCredentialsProvider::new(provider.build().await)
}

/// A configuration whose credentials are made known to the recorder.
fn registered(config: SdkConfig, provider: SharedCredentialsProvider, recorder: &Recorder) -> (SdkConfig, Registering) {
    let provider = Registering::new(provider, recorder.secrets().clone());
    let config = config.into_builder().credentials_provider(SharedCredentialsProvider::new(provider.clone())).build();
    (config, provider)
}

/// The run's id as session names and user agents may hold it.
fn label(run_id: &str, longest: usize) -> String {
    let mut text = format!("witnessmark-{run_id}");
    text.retain(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
    text.truncate(longest);
    text
}
