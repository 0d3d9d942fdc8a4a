//! What holds when one operation fails: what came from it is missing and said to be missing; nothing else changes.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use sdk::GapReason;
use serde_json::Value;

use super::Suite;
use super::run::{How, Run};
use crate::{Fault, Rule, Server};

/// Runs under way at once: most of their time they wait for a retry.
const AT_ONCE: usize = 24;
/// More than any single answer may have, and little enough to be sent quickly.
const TOO_LARGE: u64 = 40 << 20;

impl Suite {
    /// No right: the gap says so and names the right.
    pub async fn denied(self) -> Vec<String> {
        self.lost(Fault::Deny, &[GapReason::Denied]).await
    }

    /// Closed by a policy of the organisation, which is another's move than the account's. Nothing to hold where the
    /// source knows no such thing.
    pub async fn refused_by_organization(self) -> Vec<String> {
        if !self.knows_organizations() {
            return Vec::new();
        }
        self.lost(Fault::DenyByOrganization, &[GapReason::ClosedByPolicy]).await
    }

    /// Credentials that end during the run.
    pub async fn credentials_expired(self) -> Vec<String> {
        self.lost(Fault::ExpiredToken, &[GapReason::Unauthenticated]).await
    }

    /// Throttled until the last attempt.
    pub async fn throttled_for_ever(self) -> Vec<String> {
        self.lost(Fault::Throttle { retry_after: None }, &[GapReason::Throttled]).await
    }

    /// Failing until the last attempt.
    pub async fn failing_for_ever(self) -> Vec<String> {
        self.lost(Fault::Internal, &[GapReason::SourceError]).await
    }

    /// A web framework's error page, and a log-in page with status 200.
    pub async fn html_instead_of_an_answer(self) -> Vec<String> {
        let mut wrong = self.clone().lost(Fault::Html500, &[GapReason::SourceError, GapReason::Malformed]).await;
        wrong.extend(self.lost(Fault::Html200, &[GapReason::Malformed]).await);
        wrong
    }

    /// An operation that the source does not know.
    pub async fn unknown_operation(self) -> Vec<String> {
        self.lost(Fault::Unknown, &[GapReason::Unsupported]).await
    }

    /// Sent elsewhere: nothing is asked there.
    pub async fn redirected(self) -> Vec<String> {
        let elsewhere = Server::http((self.source)());
        let mut wrong = self.lost(Fault::Redirect(elsewhere.url()), &[]).await;
        if !elsewhere.log().is_empty() {
            wrong.push("a redirect to another origin was followed".to_owned());
        }
        wrong
    }

    /// The right length, and not what it says it is.
    pub async fn malformed(self) -> Vec<String> {
        self.lost(Fault::Malformed, &[GapReason::Malformed]).await
    }

    /// Well-formed and not the documented answer: what an SDK reads as an empty one.
    pub async fn wrong_shape(self) -> Vec<String> {
        self.lost(Fault::WrongShape, &[GapReason::Malformed]).await
    }

    /// Every answer ends half-way.
    pub async fn cut_for_ever(self) -> Vec<String> {
        self.lost(Fault::Cut, &[GapReason::Unreachable]).await
    }

    /// Every connection is reset.
    pub async fn reset_for_ever(self) -> Vec<String> {
        // An attempt that is under way when the patience ends has timed out.
        self.lost(Fault::Reset, &[GapReason::Unreachable, GapReason::TimedOut]).await
    }

    /// An answer that no memory should hold.
    pub async fn too_large(self) -> Vec<String> {
        // One operation stands for all: the limit is the transport's.
        let run = self.undisturbed().await;
        let operations: Vec<String> = self.rights().intersection(&run.operations()).take(1).cloned().collect();
        self.lost_of(&run, operations, Fault::Oversized(TOO_LARGE), &[]).await
    }

    /// No answer, and no end of the connection: the deadline of the run holds.
    pub async fn never_answered(self) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let operations: Vec<String> = undisturbed.operations().into_iter().collect();
        let runs = stream::iter(operations)
            .map(|operation| {
                let suite = self.clone();
                async move {
                    let rules = vec![Rule::always(&operation, Fault::Never)];
                    let run = suite.run(How { rules, seconds: 3, ..How::default() }).await;
                    (operation, run)
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let late = [GapReason::TimedOut, GapReason::Deadline];
        runs.into_iter()
            .filter(|(_, run)| {
                !run.seen.gaps.iter().any(|gap| late.contains(&gap.reason))
                    && !run.ended_by().is_some_and(|reason| late.contains(&reason))
            })
            .map(|(operation, run)| format!("`{operation}` never answers, and no gap says so: {:?}", run.seen.gaps))
            .collect()
    }

    /// The list goes on, and the source does not say how.
    pub async fn truncated_without_marker(self) -> Vec<String> {
        self.endless(Fault::TruncatedWithoutMarker).await
    }

    /// The list goes round in a circle.
    pub async fn repeated_marker(self) -> Vec<String> {
        self.endless(Fault::RepeatedMarker).await
    }

    /// A source that lists items again: recorded as often as they are listed, counted as often, and nothing else is different. (The
    /// run makes one resource of them.)
    pub async fn listed_twice(self) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let lists = self.lists(&undisturbed);
        let (mut wrong, mut seen) = (Vec::new(), 0);
        for operation in &lists {
            let rules = vec![Rule::always(operation, Fault::ListedTwice)];
            let run = self.run(How { rules, ..How::default() }).await;
            let say = |what: String| format!("items of `{operation}` listed again: {what}");
            let (before, after) = (undisturbed.conclusions(), run.conclusions());
            for member in ["resources", "gaps", "ended"] {
                if before.get(member) != after.get(member) {
                    wrong.push(say(format!("other {member}: {:?}", run.seen.gaps)));
                }
            }
            let mut again = 0;
            for coverage in &run.seen.coverage {
                let repeated = run.repeated(&coverage.population);
                again += repeated;
                let known = undisturbed.seen.coverage.iter().find(|one| one.population == coverage.population);
                let same = known.is_some_and(|known| {
                    known.complete == coverage.complete && known.items + repeated == coverage.items
                });
                if !same {
                    wrong.push(say(format!("{coverage:?} in place of {known:?}, {repeated} recorded again")));
                }
            }
            if again == 0 {
                wrong.push(say("nothing was recorded again".to_owned()));
            }
            seen += again;
            wrong.extend(run.seen.lists_that_do_not_add_up().into_iter().map(say));
        }
        if seen == 0 && !lists.is_empty() {
            wrong.push("no list of this source shows what comes of an item that is listed again".to_owned());
        }
        wrong
    }

    /// A list with an item that says nothing, not even who it is: the list is not whole, and says so.
    pub async fn empty_item(self) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let mut wrong = Vec::new();
        for operation in self.lists(&undisturbed) {
            let rules = vec![Rule::times(&operation, 1, Fault::EmptyItem)];
            let run = self.run(How { rules, ..How::default() }).await;
            let say = |what: String| format!("an empty item of `{operation}`: {what}");
            wrong.extend(gone(&undisturbed, &run, &operation, Lost::Items).into_iter().map(say));
            if !run.says_something_is_missing() {
                wrong.push(say("no gap says that something is missing".to_owned()));
            }
        }
        wrong
    }

    /// The operations that list what is recorded: a list inside of the answer about one object is a fact.
    fn lists(&self, undisturbed: &Run) -> BTreeSet<String> {
        let rights = self.descriptor().rights;
        let feeds = |name: &str, population: Option<&str>| {
            let kind = population.map(sdk::kind_of_population);
            let listed = rights.iter().filter(|right| right.name == name).flat_map(|right| &right.feeds);
            listed.filter(|feed| feed.part.is_none()).any(|feed| kind.is_none_or(|kind| kind == feed.kind))
        };
        let asked = undisturbed.seen.exchanges.iter().map(|one| &one.exchange);
        asked
            .filter(|one| one.subject.is_none() && feeds(&one.operation, one.population.as_deref()))
            .map(|one| one.operation.clone())
            .collect()
    }

    /// One failure that a second attempt gets over changes no conclusion; both attempts are recorded.
    pub async fn passing_failures(self) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let cases = [Fault::Throttle { retry_after: None }, Fault::Internal, Fault::Reset, Fault::Cut];
        let cases = undisturbed
            .operations()
            .into_iter()
            .flat_map(|operation| cases.clone().map(|fault| (operation.clone(), fault)));
        let runs = stream::iter(cases.collect::<Vec<_>>())
            .map(|(operation, fault)| {
                let suite = self.clone();
                async move {
                    let rules = vec![Rule::times(&operation, 1, fault.clone())];
                    let run = suite.run(How { rules, ..How::default() }).await;
                    (operation, fault, run)
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let count = |run: &Run, operation: &str| {
            run.seen.exchanges.iter().filter(|one| one.exchange.operation == operation).count()
        };
        let mut wrong = Vec::new();
        for (operation, fault, run) in runs {
            if run.conclusions() != undisturbed.conclusions() {
                wrong.push(format!("one `{fault:?}` at `{operation}` changes conclusions: {:?}", run.seen.gaps));
            }
            if count(&run, &operation) != count(&undisturbed, &operation) + 1 {
                wrong.push(format!("one `{fault:?}` at `{operation}` is not recorded as an attempt of its own"));
            }
        }
        wrong
    }

    /// The source is gone for five attempts of whoever asks, at each phase of a run: nothing is lost.
    pub async fn outages(self) -> Vec<String> {
        const LONG: usize = 4;
        const MOST_PHASES: usize = 16;
        let undisturbed = self.undisturbed().await;
        let asked = undisturbed.seen.exchanges.len();
        let phases = (0..asked).step_by(asked.div_ceil(MOST_PHASES).max(1));
        let cases = phases.flat_map(|phase| [Fault::Reset, Fault::Internal].map(|fault| (phase, fault)));
        let runs = stream::iter(cases.collect::<Vec<_>>())
            .map(|(phase, fault)| {
                let suite = self.clone();
                async move {
                    let rules = vec![Rule::times("*", LONG, fault.clone()).after(phase)];
                    (phase, fault, suite.run(How { rules, ..How::default() }).await)
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let differs = |run: &Run| run.conclusions() != undisturbed.conclusions();
        let lost = runs.iter().filter(|(.., run)| differs(run)).map(|(phase, fault, run)| {
            format!("an outage (`{fault:?}`) from request {phase} on changes conclusions: {:?}", run.seen.gaps)
        });
        lost.collect()
    }

    /// Slow is not missing.
    pub async fn slow(self) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let wait = Fault::Slow(Duration::from_millis(1200));
        let mut wrong = Vec::new();
        for operation in undisturbed.operations().into_iter().take(3) {
            let rules = vec![Rule::times(&operation, 2, wait.clone())];
            let run = self.run(How { rules, ..How::default() }).await;
            if run.conclusions() != undisturbed.conclusions() {
                wrong.push(format!("a slow `{operation}` changes conclusions: {:?}", run.seen.gaps));
            }
        }
        wrong
    }

    /// Fails each operation in turn, for ever. `reasons`: what a gap may give as its reason; empty: any.
    async fn lost(self, fault: Fault, reasons: &[GapReason]) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let operations = undisturbed.operations().into_iter().collect();
        self.lost_of(&undisturbed, operations, fault, reasons).await
    }

    async fn lost_of(
        &self,
        undisturbed: &Run,
        operations: Vec<String>,
        fault: Fault,
        reasons: &[GapReason],
    ) -> Vec<String> {
        let runs = stream::iter(operations)
            .map(|operation| {
                let (suite, fault) = (self.clone(), fault.clone());
                async move {
                    let rules = vec![Rule::always(&operation, fault)];
                    let run = suite.run(How { rules, ..How::default() }).await;
                    (operation, run)
                }
            })
            .buffer_unordered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        let mut wrong = Vec::new();
        for (operation, run) in runs {
            let say = |what: String| format!("with `{operation}` {fault:?}: {what}");
            wrong.extend(gone(undisturbed, &run, &operation, Lost::Answers).into_iter().map(say));
            if run.hits.is_empty() {
                wrong.push(say("it was not attempted".to_owned()));
            }
            let gaps = run.gaps_of(&operation);
            let named = gaps.iter().any(|gap| reasons.is_empty() || reasons.contains(&gap.reason));
            let ended = run.ended_by().is_some_and(|reason| reasons.is_empty() || reasons.contains(&reason));
            if !named && !ended {
                wrong.push(say(format!(
                    "no gap names the right and one of {reasons:?}: {:?} {:?}",
                    run.seen.gaps, run.error
                )));
            }
        }
        wrong
    }

    /// Every list that says whether it goes on, and then is made not to end.
    async fn endless(self, fault: Fault) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let source = (self.source)();
        let says_more: BTreeSet<String> = undisturbed
            .seen
            .exchanges
            .iter()
            .filter(|one| match &one.exchange.body {
                sdk::NewBody::Received(body) => source.wording().is_page(body, fault == Fault::TruncatedWithoutMarker),
                _ => false,
            })
            .map(|one| one.exchange.operation.clone())
            .collect();
        let mut wrong = Vec::new();
        for operation in says_more {
            let rules = vec![Rule::always(&operation, fault.clone())];
            let run = self.run(How { rules, ..How::default() }).await;
            if !run.gaps_of(&operation).iter().any(|gap| gap.reason == GapReason::Truncated) {
                wrong.push(format!("`{operation}` with `{fault:?}`: no gap says `truncated`: {:?}", run.seen.gaps));
            }
            // A population fed by the list is not complete then. Where a kind is listed in several ways, only the one listed so.
            let listed: BTreeSet<&String> = run
                .seen
                .exchanges
                .iter()
                .filter(|one| one.exchange.operation == operation)
                .filter_map(|one| one.exchange.population.as_ref())
                .collect();
            for right in self.descriptor().rights.iter().filter(|right| right.name == operation) {
                for feed in right.feeds.iter().filter(|feed| feed.part.is_none()) {
                    let complete = run.seen.coverage.iter().any(|one| {
                        sdk::kind_of_population(&one.population) == feed.kind
                            && (listed.is_empty() || listed.contains(&one.population))
                            && one.complete
                            && one.items > 0
                    });
                    if complete {
                        wrong.push(format!("`{operation}` with `{fault:?}`: `{}` is called complete", feed.kind));
                    }
                }
            }
        }
        wrong
    }
}

/// What of an operation was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lost {
    /// All that it answers.
    Answers,
    /// Some of what it lists.
    Items,
}

/// Holds a run in which `operation` failed against the undisturbed one.
fn gone(undisturbed: &Run, run: &Run, operation: &str, lost: Lost) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    for before in &undisturbed.seen.resources {
        let name = format!("{} {}", before.kind, before.id);
        let after = run.resource(&before.kind, &before.id);
        for (part, sources) in &before.parts {
            // What another call also tells may stay, as long as it says that this is where it came from.
            let still =
                after.and_then(|after| after.parts.get(part)).is_some_and(|now| run.origins(now).contains(operation));
            let from_it = undisturbed.origins(sources).contains(operation);
            match after.and_then(|after| after.facts.get(part)) {
                Some(fact) if from_it && still && lost == Lost::Answers => {
                    wrong.insert(format!("`{part}` of `{name}` came from it and is still there: {fact}"));
                }
                // A list that lost an item is as long as it was read, beside its gap.
                Some(Value::Array(_) | Value::Object(_))
                    if lost == Lost::Items && run.says_unread(before, Some(part)) => {}
                Some(fact) if before.facts.get(part) != Some(fact) => {
                    wrong.insert(format!("`{part}` of `{name}` has another value: {fact}"));
                }
                Some(_) => {}
                None => {
                    let asked = if after.is_some() { Some(part.as_str()) } else { None };
                    if !run.says_unread(before, asked) && !run.says_unread(before, Some(part)) {
                        wrong.insert(format!("`{part}` of `{name}` is missing, and no gap says so"));
                    }
                }
            }
        }
    }
    // What is computed may change as soon as one of its grounds is gone, and must say so.
    for before in &undisturbed.seen.derived {
        let after = run.derived(&before.kind, &before.id);
        for (part, fact) in before.facts.as_object().into_iter().flatten() {
            let asked = if after.is_some() { Some(part.as_str()) } else { None };
            let same = after.and_then(|after| after.facts.get(part)) == Some(fact);
            if !same && !run.says_uncomputed(before, asked) && !run.says_uncomputed(before, Some(part)) {
                let name = format!("{} {}", before.kind, before.id);
                wrong.insert(format!("`{part}` of `{name}` was computed otherwise, and no gap says so"));
            }
        }
    }
    wrong.extend(run.inputs_from_nowhere());
    wrong.extend(run.seen.lists_that_do_not_add_up());
    for after in &run.seen.resources {
        if undisturbed.resource(&after.kind, &after.id).is_none() {
            wrong.insert(format!("`{} {}` appears from nowhere", after.kind, after.id));
        }
    }
    for coverage in &run.seen.coverage {
        let before = undisturbed.seen.coverage.iter().find(|one| one.population == coverage.population);
        if coverage.complete && before.is_none_or(|before| before.items != coverage.items) {
            wrong.insert(format!("`{}` is called complete with {} items", coverage.population, coverage.items));
        }
    }
    wrong.into_iter().take(8).collect()
}
