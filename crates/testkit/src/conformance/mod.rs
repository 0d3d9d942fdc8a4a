//! The suite every collector has to pass.
//!
//! It knows nothing of the collector but its contract: the descriptor, what it records, and a source that answers.
//! What is expected of a disturbed run follows from the undisturbed one: which calls there were, and which facts came
//! from which call. So a right that is added, or a call that is made in a new place, is covered at once.
//!
//! ```text
//! testkit::conformance!(collector_aws_kms::Kms, AwsFake::new(World::new(Size::SMALL).paged(2)), {"account": "111122223333"});
//! ```

mod cases;
mod disturbed;
mod run;

pub use run::CANARY;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use sdk::{CollectorKind, Descriptor};
use serde_json::{Map, Value};

use crate::Handler;

pub use run::Run;

/// A collector under test, with a source that answers it.
#[derive(Clone)]
pub struct Suite {
    kind: Arc<dyn CollectorKind>,
    /// Makes a source as it is before the first request.
    source: Arc<dyn Fn() -> Arc<dyn Handler> + Send + Sync>,
    settings: Map<String, Value>,
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Suite({})", self.descriptor().name)
    }
}

impl Suite {
    /// `source` is called for every run; `settings` is the declaration's target without `id` and `collector`.
    ///
    /// # Panics
    /// When `settings` is not a JSON object.
    #[must_use]
    pub fn new<H: Handler + 'static>(
        kind: impl CollectorKind + 'static,
        source: impl Fn() -> H + Send + Sync + 'static,
        settings: Value,
    ) -> Self {
        let Value::Object(settings) = settings else {
            panic!("settings are a JSON object");
        };
        Self { kind: Arc::new(kind), source: Arc::new(move || Arc::new(source())), settings }
    }

    fn descriptor(&self) -> Descriptor {
        self.kind.descriptor()
    }

    /// Whether the source can refuse by a policy of an organisation above it.
    fn knows_organizations(&self) -> bool {
        let (head, ()) = http::Request::new(()).into_parts();
        let source = (self.source)();
        let request =
            crate::Request::new(&head, bytes::Bytes::new(), |head, body| source.wording().understand(head, body));
        source.wording().denied_by_organization(&request).is_some()
    }

    fn rights(&self) -> BTreeSet<String> {
        self.descriptor().rights.into_iter().map(|right| right.name).collect()
    }

    /// Runs one case of the suite on a run time of its own.
    ///
    /// # Panics
    /// With everything the collector did wrong.
    pub fn hold<F>(&self, case: impl FnOnce(Self) -> F)
    where
        F: Future<Output = Vec<String>>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a run time");
        let wrong = runtime.block_on(case(self.clone()));
        let shown: Vec<&String> = wrong.iter().take(40).collect();
        assert!(
            wrong.is_empty(),
            "`{}` does not conform in {} points:\n{shown:#?}",
            self.descriptor().name,
            wrong.len()
        );
    }
}

/// The whole suite for one collector, one `#[test]` per case.
#[macro_export]
macro_rules! conformance {
    ($kind:expr, $source:expr, $settings:tt) => {
        $crate::conformance!(@cases $kind, $source, $settings;
            says_what_it_is, uses_exactly_its_rights, facts_come_from_declared_rights, is_complete_when_undisturbed,
            says_its_way, order_of_answers_does_not_matter, secrets_stay_out, speaks_https, stops_at_another_identity,
            preflight_answers_for_every_right, denied, refused_by_organization, credentials_expired, throttled_for_ever,
            failing_for_ever, html_instead_of_an_answer, unknown_operation, redirected, malformed, wrong_shape, cut_for_ever,
            reset_for_ever, truncated_without_marker, repeated_marker, listed_twice, empty_item, too_large, never_answered,
            passing_failures, outages, slow
        );
    };
    (@cases $kind:expr, $source:expr, $settings:tt; $($case:ident),* $(,)?) => {
        mod conformance {
            #[allow(unused_imports, reason = "what the arguments name may stand outside")]
            use super::*;
            $(
                #[test]
                fn $case() {
                    $crate::conformance::Suite::new($kind, || $source, $crate::json!($settings)).hold(|suite| suite.$case());
                }
            )*
        }
    };
}
