//! One run of a collector against a source, for tests of its own edges.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sdk::{
    Clock, CollectorKind, Environment, GapReason, KnownSecrets, Overrides, RightStatus, Secret, StaticCredentials,
    Target, Timestamp,
};
use serde_json::Value;

use crate::{Handler, Memory, Seen, Server};

/// What sources with bearer tokens are asked with in [`collect`].
pub const TOKEN: &str = "a-token-of-nobody";

fn now(later: Duration) -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970") + later;
    Timestamp::from_millis(i64::try_from(since.as_millis()).expect("a clock within range")).expect("within range")
}

/// Identifies and collects; `settings` is the declaration's target without `id` and `collector`.
///
/// # Panics
/// When the settings are no object, nothing at all can be read, or lists do not add up.
#[must_use]
pub fn collect(kind: &dyn CollectorKind, source: impl Handler + 'static, settings: Value) -> Seen {
    let (server, memory) = (Server::http(source), Memory::default());
    let recorder = memory.recorder("prod", &kind.descriptor().name, KnownSecrets::default());
    let (target, environment) = (target(settings), environment(&server));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a run time");
    runtime.block_on(async {
        let collector = kind.connect(&target, &environment, &recorder).await.expect("settings and credentials");
        collector.identify(&recorder).await.expect("the pinned identity");
        collector.collect(&recorder).await.expect("something that can be read");
    });
    let seen = memory.seen();
    assert_eq!(seen.lists_that_do_not_add_up(), BTreeSet::new());
    seen
}

/// What a source says of the rights that are needed.
///
/// # Panics
/// When the settings are of another form, or the source cannot be asked at all.
pub fn preflight(kind: &dyn CollectorKind, source: impl Handler + 'static, settings: Value) -> Vec<RightStatus> {
    let (server, memory) = (Server::http(source), Memory::default());
    let recorder = memory.recorder("prod", &kind.descriptor().name, KnownSecrets::default());
    let (target, environment) = (target(settings), environment(&server));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a run time");
    runtime.block_on(async {
        let collector = kind.connect(&target, &environment, &recorder).await.expect("settings and credentials");
        collector.identify(&recorder).await.expect("the pinned identity");
        collector.preflight(&recorder).await.expect("something that can be asked")
    })
}

fn target(settings: Value) -> Target {
    let Value::Object(settings) = settings else { panic!("settings are a JSON object") };
    Target { id: "prod".to_owned(), settings }
}

fn environment(server: &Server) -> Environment {
    Environment {
        run_id: "run".to_owned(),
        user_agent: "witnessmark/0.1.0".to_owned(),
        concurrency: 4,
        clock: Clock::new(|| now(Duration::ZERO)),
        deadline: now(Duration::from_secs(300)),
        patience: crate::HASTY,
        stop: sdk::Stop::default(),
        pins: std::collections::BTreeMap::new(),
        overrides: Overrides {
            endpoint_url: Some(server.url()),
            token: Some(Secret::new(TOKEN.to_owned())),
            credentials: Some(StaticCredentials {
                access_key_id: "AKIA0000000000000000".to_owned(),
                secret_access_key: Secret::new("a-secret-access-key".to_owned()),
            }),
            ..Overrides::default()
        },
    }
}

impl Seen {
    /// The facts of the resource of this kind whose id ends so.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn facts(&self, kind: &str, id: &str) -> &Value {
        let found = self.resources.iter().find(|one| one.kind == kind && one.id.ends_with(id));
        &found.unwrap_or_else(|| panic!("no `{kind}` `{id}`")).facts
    }

    /// Part and reason of the gaps of one subject, sorted.
    #[must_use]
    pub fn gaps_of(&self, id: &str) -> Vec<(Option<&str>, GapReason)> {
        let mut found: Vec<_> = self
            .gaps
            .iter()
            .filter(|gap| gap.subject.as_ref().is_some_and(|subject| subject.id.ends_with(id)))
            .map(|gap| (gap.part.as_deref(), gap.reason))
            .collect();
        found.sort_unstable();
        found
    }
}
