//! What every program has to pass: `witnessmark collectors test`.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use model::record::Syntax;
use model::{Form, Formed, Timestamp};
use schemars::JsonSchema;
use sdk::{
    Clock, CoverageNote, DerivedNote, Descriptor, ExchangeId, GapNote, KnownSecrets, NewBody, NewExchange, Place,
    Recorder, ResourceNote, RightStatus, RouteNote, Sink, SinkError, WithheldReason, kind_of_population,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Limits;
use crate::child::{Child, Launch};
use crate::intake::Intake;
use crate::limits::DESCRIBE_WITHIN;
use crate::protocol::{Describe, Identify, Request};
use crate::session::{Session, describe};

/// A value in the program's environment that no output of it may hold.
const CANARY: &str = "canary-7c1f0b52-must-not-come-out";

/// Whose move it is when a point does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Move {
    /// The program has to be changed.
    Author,
    /// It was called in another way than it needs: path, rights of the file, settings.
    Caller,
}

/// One thing that is demanded.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Point {
    pub name: &'static str,
    /// Everything that is wrong; empty: it holds.
    pub wrong: Vec<String>,
    pub whose: Move,
}

/// What came of all points. A point that could not be looked at because an earlier one failed is not in it.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    pub points: Vec<Point>,
    /// What the program said it found, for the `identity` of the declaration.
    pub identity: Option<String>,
    /// The end of what it wrote to stderr.
    pub stderr: String,
}

impl Formed for Report {
    const FORM: Form = Form::CollectorTest;
}

impl Report {
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.points.iter().all(|point| point.wrong.is_empty())
    }

    fn point(&mut self, name: &'static str, wrong: Vec<String>) -> bool {
        let good = wrong.is_empty();
        self.points.push(Point { name, wrong, whose: Move::Author });
        good
    }
}

/// Runs the suite against a program. It is read from for real: with the settings of a target that may be read.
pub async fn test(
    program: &Path,
    arguments: &[String],
    settings: Map<String, Value>,
    environment: &[String],
    limits: Limits,
    clock: Clock,
) -> Report {
    let usual = ["PATH", "HOME", "LANG", "TZ", "TMPDIR"];
    let mut variables = sdk::variables(usual.into_iter().chain(environment.iter().map(String::as_str)));
    variables.push((OsString::from("WITNESSMARK_CANARY"), OsString::from(CANARY)));
    let launch = Launch {
        program: program.to_owned(),
        arguments: arguments.iter().map(OsString::from).collect(),
        environment: Some(variables),
        folder: None,
        limits,
    };
    let suite = Suite { launch, settings, clock };
    let mut report = Report::default();
    suite.run(&mut report).await;
    report
}

struct Suite {
    launch: Launch,
    settings: Map<String, Value>,
    clock: Clock,
}

impl Suite {
    async fn run(&self, report: &mut Report) {
        let Some(descriptor) = self.describes(report).await else {
            return;
        };
        report.point("refuses-another-version", self.refuses_another_version().await);
        if !self.takes_settings(&descriptor, report) {
            return;
        }
        let preflight = self.read(&descriptor, true).await;
        let Some(identity) = preflight.identity.clone() else {
            report.stderr = preflight.stderr;
            report.point("identifies", vec![preflight.failure.unwrap_or_default()]);
            return;
        };
        report.point("identifies", Vec::new());
        report.identity = Some(identity.clone());
        report.point("preflight-answers-for-every-right", unanswered(&descriptor, &preflight));
        let first = self.read(&descriptor, false).await;
        report.stderr.clone_from(&first.stderr);
        if !report.point("collects", first.failure.iter().cloned().collect()) {
            return;
        }
        report.point("says-something-of-every-kind", unheard(&descriptor, &first.seen));
        report.point("uses-the-rights-it-declares", unused(&descriptor, &first.seen, &preflight.seen));
        report.point("sources-lead-somewhere", astray(&first.seen));
        report.point("facts-come-from-rights-that-feed-them", unfed(&descriptor, &first.seen));
        let second = self.read(&descriptor, false).await;
        let mut wrong: Vec<String> = second.failure.iter().cloned().collect();
        if second.identity.as_deref() != Some(identity.as_str()) {
            wrong.push("another identity was found the second time".to_owned());
        }
        wrong.extend(differences(&first.seen, &second.seen));
        report.point("says-the-same-twice", wrong);
        let leaked = [&preflight, &first, &second].iter().any(|read| read.everything().contains(CANARY));
        let wrong =
            leaked.then(|| "the value of a variable of its environment (`WITNESSMARK_CANARY`) came out".to_owned());
        report.point("keeps-its-environment-to-itself", wrong.into_iter().collect());
    }

    async fn describes(&self, report: &mut Report) -> Option<Descriptor> {
        let first = match describe(&self.launch, DESCRIBE_WITHIN).await {
            Ok(described) => described,
            Err((fault, stderr)) => {
                report.stderr = stderr;
                // What cannot be started at all is not the program's doing.
                let whose = if fault.0.contains("cannot be started") { Move::Caller } else { Move::Author };
                report.points.push(Point { name: "describes-itself", wrong: vec![fault.0], whose });
                return None;
            }
        };
        let mut child = first.child;
        let ended = child.finish().await;
        let mut wrong = crate::describe::faults(&first.descriptor);
        match describe(&self.launch, DESCRIBE_WITHIN).await {
            Ok(mut again) => {
                if again.descriptor != first.descriptor {
                    wrong.push("it describes itself in another way the second time".to_owned());
                }
                again.child.kill().await;
            }
            Err((fault, _)) => wrong.push(format!("the second time, {}", fault.0)),
        }
        let good = report.point("describes-itself", wrong);
        report.point("ends-when-its-input-ends", ended.err().map(|fault| fault.0).into_iter().collect());
        good.then_some(first.descriptor)
    }

    async fn refuses_another_version(&self) -> Vec<String> {
        let asked = async {
            let mut child = Child::start(&self.launch, DESCRIBE_WITHIN)?;
            child.ask(&Request::Describe(Describe { version: 999 })).await?;
            let line = child.line().await;
            child.kill().await;
            line
        };
        // One that ends instead of answering has refused too.
        match asked.await {
            Ok(line) if !line.starts_with(b"{\"error\"") && !is_error(&line) => {
                vec!["asked for version 999 of the protocol, it answers as if it spoke it".to_owned()]
            }
            _ => Vec::new(),
        }
    }

    fn takes_settings(&self, descriptor: &Descriptor, report: &mut Report) -> bool {
        let validator = match jsonschema::validator_for(&descriptor.settings) {
            Ok(validator) => validator,
            Err(error) => return report.point("takes-its-settings", vec![error.to_string()]),
        };
        let value = Value::Object(self.settings.clone());
        let wrong: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("at `{}`: {error}", error.instance_path())).collect();
        let good = wrong.is_empty();
        report.points.push(Point { name: "takes-its-settings", wrong, whose: Move::Caller });
        good
    }

    async fn read(&self, descriptor: &Descriptor, preflight: bool) -> Read {
        let memory = Arc::new(Memory::default());
        let secrets = KnownSecrets::default();
        let recorder = Recorder::new(Arc::clone(&memory) as Arc<dyn Sink>, "test", &descriptor.name, secrets);
        let mut read = Read::default();
        let described = match describe(&self.launch, self.launch.limits.wall).await {
            Ok(described) => described,
            Err((fault, stderr)) => {
                read.failure = Some(fault.0);
                read.stderr = stderr;
                return read;
            }
        };
        let mut session = Session::new(
            described.child,
            Intake::new(descriptor, true, self.clock.now()),
            self.clock.clone(),
            sdk::Stop::default(),
        );
        let done = async {
            let found = session.identify(self.identify(), &recorder).await?;
            read.identity = Some(found.found);
            if preflight {
                read.rights = session.preflight(&recorder).await?;
                Ok(())
            } else {
                session.collect(&recorder).await
            }
        }
        .await;
        read.failure = done.err().map(|error: sdk::CollectError| error.to_string());
        read.stderr = session.stderr();
        drop(session);
        read.seen = std::mem::take(&mut *memory.0.lock().unwrap_or_else(PoisonError::into_inner));
        // What the intake only notes as a gap is the author's to mend.
        let own = read.seen.gaps.iter().find(|gap| gap.reason == sdk::GapReason::CollectorFailed);
        if read.failure.is_none() {
            read.failure = own.map(|gap| gap.detail.clone());
        }
        read
    }

    fn identify(&self) -> Identify {
        let now = self.clock.now();
        let wall = i64::try_from(self.launch.limits.wall.as_millis()).unwrap_or(i64::MAX);
        Identify {
            target: "test".to_owned(),
            settings: self.settings.clone(),
            run_id: "00000000t000000-test".to_owned(),
            user_agent: concat!("witnessmark/", env!("CARGO_PKG_VERSION")).to_owned(),
            concurrency: 4,
            now,
            deadline: Timestamp::from_millis(now.as_millis().saturating_add(wall)).unwrap_or(now),
            overrides: None,
            pin: None,
        }
    }
}

fn is_error(line: &[u8]) -> bool {
    serde_json::from_slice::<Value>(line).is_ok_and(|value| value.get("error").is_some())
}

/// One reading of a program.
#[derive(Debug, Default)]
struct Read {
    identity: Option<String>,
    rights: Vec<RightStatus>,
    seen: Seen,
    failure: Option<String>,
    stderr: String,
}

impl Read {
    fn everything(&self) -> String {
        let mut text = format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {}",
            self.identity,
            self.rights,
            self.failure,
            self.seen.resources,
            self.seen.derived,
            self.seen.coverage,
            self.seen.gaps,
            self.stderr
        );
        for exchange in &self.seen.exchanges {
            text.push_str(&exchange.parameters.to_string());
            if let NewBody::Received(bytes) | NewBody::Masked { bytes, .. } = &exchange.body {
                text.push_str(&String::from_utf8_lossy(bytes));
            }
        }
        text
    }
}

fn unanswered(descriptor: &Descriptor, read: &Read) -> Vec<String> {
    let mut wrong: Vec<String> = read.failure.iter().cloned().collect();
    for right in descriptor.rights.iter().filter(|right| right.deniable) {
        if !read.rights.iter().any(|status| status.right == right.name) {
            wrong.push(format!("nothing was said of `{}`; what is not known is `undecided`", right.name));
        }
    }
    wrong
}

fn unheard(descriptor: &Descriptor, seen: &Seen) -> Vec<String> {
    let whole = seen.gaps.iter().any(|gap| gap.population.is_none() && gap.subject.is_none() && gap.part.is_none());
    let of = |kind: &str, population: &str| kind_of_population(population) == kind;
    descriptor
        .resources
        .iter()
        .map(|resource| resource.kind.as_str())
        .filter(|kind| {
            let covered = seen.coverage.iter().any(|one| of(kind, &one.population));
            !whole && !covered && !seen.gaps.iter().any(|gap| gap.population.as_deref().is_some_and(|p| of(kind, p)))
        })
        .map(|kind| format!("neither coverage nor a gap was given for `{kind}`"))
        .collect()
}

fn unused(descriptor: &Descriptor, seen: &Seen, preflight: &Seen) -> Vec<String> {
    let used: BTreeSet<&str> =
        seen.exchanges.iter().chain(&preflight.exchanges).map(|exchange| exchange.operation.as_str()).collect();
    descriptor
        .rights
        .iter()
        .filter(|right| !used.contains(right.name.as_str()))
        .map(|right| format!("`{}` is declared and was not used, not even to be refused", right.name))
        .collect()
}

/// Places of facts that do not exist in the answer.
fn astray(seen: &Seen) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    for resource in &seen.resources {
        for (part, sources) in &resource.parts {
            for source in sources {
                let source = match source {
                    Place::Answer(source) if source.syntax == Syntax::Json && !source.path.is_empty() => source,
                    Place::Answer(_) => continue,
                    Place::Declared(at) => {
                        wrong.insert(format!(
                            "`{part}` of `{}` points into `{}`, and nothing is declared where a program is tested",
                            resource.kind, at.path
                        ));
                        continue;
                    }
                };
                let body = usize::try_from(source.exchange.0).ok().and_then(|at| seen.exchanges.get(at));
                let Some(NewBody::Received(bytes)) = body.map(|exchange| &exchange.body) else {
                    wrong.insert(format!(
                        "`{part}` of `{}` points into an answer that was not handed over",
                        resource.kind
                    ));
                    continue;
                };
                let found =
                    serde_json::from_slice::<Value>(bytes).is_ok_and(|value| value.pointer(&source.path).is_some());
                if !found {
                    wrong.insert(format!(
                        "`{part}` of `{}`: there is no `{}` in the answer",
                        resource.kind, source.path
                    ));
                }
            }
        }
    }
    wrong.into_iter().collect()
}

fn unfed(descriptor: &Descriptor, seen: &Seen) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    for resource in &seen.resources {
        for (part, sources) in &resource.parts {
            for exchange in sources.iter().filter_map(Place::exchange) {
                let call = usize::try_from(exchange.0).ok().and_then(|at| seen.exchanges.get(at));
                let Some(right) = call.and_then(|call| descriptor.rights.iter().find(|r| r.name == call.operation))
                else {
                    continue;
                };
                let feeds = right
                    .feeds
                    .iter()
                    .any(|feed| feed.kind == resource.kind && feed.part.as_ref().is_none_or(|fed| fed == part));
                if !feeds {
                    wrong.insert(format!(
                        "`{part}` of `{}` came from `{}`, which is not declared to feed it: who is refused it would not be told what is lost",
                        resource.kind, right.name
                    ));
                }
            }
        }
    }
    wrong.into_iter().collect()
}

fn differences(first: &Seen, second: &Seen) -> Vec<String> {
    let (first, second) = (first.conclusions(), second.conclusions());
    let names: BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    names
        .into_iter()
        .filter(|name| first.get(*name) != second.get(*name))
        .map(|name| format!("{name} was not the same the second time"))
        .collect()
}

/// What was recorded.
#[derive(Debug, Default)]
struct Seen {
    exchanges: Vec<NewExchange>,
    resources: Vec<ResourceNote>,
    derived: Vec<DerivedNote>,
    coverage: Vec<CoverageNote>,
    gaps: Vec<GapNote>,
}

impl Seen {
    /// What was concluded, by what it is about.
    fn conclusions(&self) -> BTreeMap<String, Value> {
        let mut all = BTreeMap::new();
        for one in &self.resources {
            all.insert(format!("`{}` `{}`", one.kind, one.id), one.facts.clone());
        }
        for one in &self.derived {
            all.insert(format!("`{}` `{}`", one.kind, one.id), one.facts.clone());
        }
        for one in &self.coverage {
            let said = json!([one.calls, one.pages, one.items, one.complete]);
            all.insert(format!("the coverage of `{}`", one.population), said);
        }
        for one in &self.gaps {
            let of = [
                ("population", one.population.clone()),
                ("subject", one.subject.as_ref().map(|subject| format!("{} {}", subject.kind, subject.id))),
                ("part", one.part.clone()),
                ("right", one.right.clone()),
            ];
            let of = of.into_iter().filter_map(|(name, value)| Some(format!(" {name} `{}`", value?)));
            let about = format!("the gap of{}", of.collect::<Vec<_>>().join(","));
            all.insert(about, json!(format!("{:?}", one.reason)));
        }
        all
    }
}

#[derive(Debug, Default)]
struct Memory(Mutex<Seen>);

impl Memory {
    fn with<T>(&self, take: impl FnOnce(&mut Seen) -> T) -> Result<T, SinkError> {
        Ok(take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Sink for Memory {
    fn exchange(
        &self,
        _: &str,
        _: &str,
        exchange: NewExchange,
        _: Option<WithheldReason>,
    ) -> Result<ExchangeId, SinkError> {
        self.with(|seen| {
            seen.exchanges.push(exchange);
            ExchangeId(seen.exchanges.len() as u64 - 1)
        })
    }

    fn resource(&self, _: &str, _: &str, resource: ResourceNote) -> Result<(), SinkError> {
        self.with(|seen| seen.resources.push(resource))
    }

    fn derived(&self, _: &str, _: &str, derived: DerivedNote) -> Result<(), SinkError> {
        self.with(|seen| seen.derived.push(derived))
    }

    fn coverage(&self, _: &str, _: &str, coverage: CoverageNote) -> Result<(), SinkError> {
        self.with(|seen| seen.coverage.push(coverage))
    }

    fn gap(&self, _: &str, _: &str, gap: GapNote) -> Result<(), SinkError> {
        self.with(|seen| seen.gaps.push(gap))
    }

    fn route(&self, _: &str, _: &str, _: RouteNote) -> Result<(), SinkError> {
        // The way is where the program runs, and no matter of how it speaks.
        Ok(())
    }
}
