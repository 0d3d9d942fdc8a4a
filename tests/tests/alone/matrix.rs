//! The denied matrix: for every right of every collector of AWS that can be refused, a whole run with exactly that call
//! refused. What is expected follows from what the descriptors say a right feeds, from what the checks say their
//! outcomes need, and from the undisturbed run: a new right, collector or check is covered without a line here. Once on
//! an account on which everything conforms, once on one of which something deviates in each source.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may stop at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use assess::CheckSet;
use bundle::trust::Trust;
use fakes::aws::{AwsFake, Size, World};
use model::record::{Finding, GapReason, JOINED, Resource};
use model::{Outcome, Timestamp};
use sdk::{Feed, Right};
use testkit::{Fault, Faulty, Rule, Server};
use workspace_tests::contents::Contents;
use workspace_tests::desk::{Desk, template};

/// An account of which every check of the template says that it conforms, whenever the test runs.
fn calm() -> World {
    let mut world = World::new(Size::SMALL).paged(2);
    let days_ago = |days: i64| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
        let then = Timestamp::from_millis(i64::try_from(now).unwrap() - days * 86_400_000).unwrap();
        format!("{}Z", &then.to_string()[..19])
    };
    for user in &mut world.users {
        for key in &mut user.keys {
            key.created = days_ago(20);
            key.last_used = Some((days_ago(2), "eu-west-1".to_owned(), "kms".to_owned()));
        }
        if let Some(login) = &mut user.login {
            login.last_used = Some(days_ago(2));
            login.last_changed = days_ago(20);
        }
    }
    for trail in &mut world.trails {
        let hour_ago = seconds() - 3600.0;
        (trail.delivered, trail.digest_delivered) = (Some(hour_ago), Some(hour_ago));
    }
    world.report_generated = days_ago(0);
    world
}

fn seconds() -> f64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()
}

/// One run of the desk and what it sealed, after the verifier accepted it.
fn run(desk: &Desk) -> (i32, Contents) {
    let (answer, sealed) = desk.seal();
    let trust = Trust::parse(&fs::read(desk.path("keys/trust.json")).unwrap()).unwrap();
    (answer.code, Contents::of_store(&desk.path("evidence"), sealed.index, &trust))
}

/// Every right that can be refused, with all that it feeds in any collector.
fn deniable() -> BTreeMap<String, BTreeSet<Feed>> {
    let mut rights: BTreeMap<String, BTreeSet<Feed>> = BTreeMap::new();
    for kind in collectors::all().into_iter().filter(|kind| kind.descriptor().name.starts_with("aws-")) {
        let of_this: Vec<Right> = kind.descriptor().rights.into_iter().filter(|right| right.deniable).collect();
        assert!(!of_this.is_empty(), "{}", kind.descriptor().name);
        for right in of_this {
            rights.entry(right.name).or_default().extend(right.feeds);
        }
    }
    rights
}

/// The same account, and in each source something deviates: whatever is refused of the one, the other still deviates.
fn troubled() -> World {
    let mut world = calm();
    let user = world.users.iter_mut().find(|user| !user.mfa.is_empty() && user.login.is_some()).unwrap();
    user.mfa.clear();
    let key = world.kms.values_mut().flat_map(|region| &mut region.keys).find(|key| key.rotation.is_some()).unwrap();
    key.rotation = None;
    world
}

#[test]
fn no_outcome_survives_the_refusal_of_what_it_needs() {
    let undisturbed = matrix(calm());
    let shown: Vec<&Finding> = undisturbed.findings.iter().filter(|f| !clean(f.outcome)).collect();
    assert_eq!(shown.len(), 0, "undisturbed, all is well: {shown:#?} {:#?}", undisturbed.gaps);
}

#[test]
fn what_deviates_elsewhere_is_said_beside_what_is_undetermined() {
    let undisturbed = matrix(troubled());
    let deviating: BTreeSet<&str> = undisturbed
        .findings
        .iter()
        .filter(|f| f.outcome == Outcome::Deviates)
        .filter_map(|f| f.check.split('/').next())
        .collect();
    assert_eq!(deviating, BTreeSet::from(["aws-iam", "aws-kms"]), "something deviates in each source");
}

/// Holds a run for every right against the undisturbed one, which it gives back.
fn matrix(world: World) -> Contents {
    let faulty = Faulty::new(AwsFake::new(world), Vec::new());
    let server = Server::http(faulty.clone());
    // The template leaves CloudHSM out, which few accounts have; no right of it may be forgotten here.
    let every = template("111122223333", "[eu-west-1]").replace("[aws-cloudtrail, ", "[aws-cloudhsm, aws-cloudtrail, ");
    assert!(every.contains("aws-cloudhsm"));
    let mut desk = Desk::new(&every);
    desk.aws(&server.url(), "AKIAIOSFODNN7EXAMPLE", "an example of a secret key");
    let (code, undisturbed) = run(&desk);
    assert_eq!(code, expected_code(&undisturbed), "{:#?}", undisturbed.gaps);
    let of_template = undisturbed.assignments.iter().filter(|a| a.control != "declaration");
    let used: BTreeSet<&str> = of_template.map(|a| a.check.as_str()).collect();
    // What judges computed objects is used where keys are declared at the target.
    let shipped = CheckSet::stock().unwrap();
    let of_targets = shipped
        .checks()
        .filter(|check| !check.meta.custom.subject.kind().is_some_and(|kind| kind.starts_with("joined/")))
        .map(|check| check.id.as_str());
    let used: BTreeSet<&str> = used.into_iter().filter(|id| id.starts_with("aws-")).collect();
    assert_eq!(used, of_targets.filter(|id| id.starts_with("aws-")).collect(), "the template uses every check");

    let rights = deniable();
    assert!(rights.len() >= 20, "{rights:?}");
    let mut wrong = Vec::new();
    for (right, feeds) in &rights {
        faulty.set(vec![Rule::always(right, Fault::Deny)]);
        let (code, denied) = run(&desk);
        let case = Case { right, feeds, checks: &shipped, undisturbed: &undisturbed, denied: &denied };
        wrong.extend(case.faults(code).into_iter().map(|fault| format!("without `{right}`: {fault}")));
    }
    assert!(wrong.is_empty(), "{} points:\n{wrong:#?}", wrong.len());
    undisturbed
}

/// The exit code that findings and gaps stand for.
fn expected_code(run: &Contents) -> i32 {
    let some = |outcome: Outcome| run.findings.iter().any(|f| f.outcome == outcome);
    match (some(Outcome::Deviates), some(Outcome::Undetermined)) {
        (true, true) => 12,
        (true, false) => 10,
        (false, true) => 11,
        (false, false) if run.gaps.is_empty() => 0,
        (false, false) => 3,
    }
}

const fn clean(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Conforms | Outcome::NotApplicable)
}

/// One right refused.
struct Case<'a> {
    right: &'a str,
    feeds: &'a BTreeSet<Feed>,
    checks: &'a CheckSet,
    undisturbed: &'a Contents,
    denied: &'a Contents,
}

impl Case<'_> {
    fn faults(&self, code: i32) -> Vec<String> {
        let mut faults = Vec::new();
        let asked: Vec<_> = self.denied.exchanges.iter().filter(|e| e.operation == self.right).collect();
        if asked.is_empty() {
            faults.push("the call was not attempted".to_owned());
        }
        for exchange in asked {
            // IAM refuses with 403, KMS with 400.
            let refused = exchange.status.is_some_and(|status| (400..500).contains(&status))
                && exchange.error.as_deref().is_some_and(|error| error.starts_with("AccessDenied"));
            if !refused {
                faults.push(format!("sealed as an answer that is no refusal: {exchange:?}"));
            }
        }
        let named = self.denied.gaps.iter().any(|gap| {
            gap.right.as_deref() == Some(self.right) && gap.reason == GapReason::Denied && gap.exchange.is_some()
        });
        if !named {
            faults.push("no gap names the refused call".to_owned());
        }
        let after = self.denied.by_key();
        for (key, before) in self.undisturbed.by_key() {
            faults.extend(self.fault_of(&key, before, after.get(&key).copied()));
        }
        let undetermined = self.denied.findings.iter();
        let undetermined = undetermined.filter(|f| f.outcome == Outcome::Undetermined && f.target != JOINED).count();
        let expected = expected_code(self.denied);
        if code != expected || expected == 0 {
            faults.push(format!("exit code {code} in place of {expected}"));
        }
        let deviates = |run: &Contents| run.findings.iter().any(|f| f.outcome == Outcome::Deviates);
        if deviates(self.undisturbed) && !deviates(self.denied) {
            faults.push("what deviates in another source is gone".to_owned());
        }
        if self.is_needed() && undetermined == 0 && !self.told_elsewhere() && !self.is_one_of_several() {
            faults.push("checks need it, and nothing is undetermined".to_owned());
        }
        if !self.is_needed() && undetermined > 0 {
            faults.push("no check needs it, and something is undetermined".to_owned());
        }
        let before = self.undisturbed.by_key();
        let deviated = |key: &str| before.get(key).is_some_and(|f| f.outcome == Outcome::Deviates);
        for finding in self.denied.findings.iter().filter(|f| f.outcome == Outcome::Deviates) {
            if !deviated(&finding.key()) {
                faults.push(format!("a refusal made `{}` deviate", finding.key()));
            }
        }
        faults
    }

    /// What is wrong with a finding of the undisturbed run, now that the right is refused.
    fn fault_of(&self, key: &str, before: &Finding, now: Option<&Finding>) -> Option<String> {
        let subject = before.subject.as_ref()?;
        if before.target == JOINED {
            return self.fault_of_joined(key, before, now);
        }
        let lists = self.feeds.contains(&Feed::list(&subject.kind));
        let Some(now) = now else {
            // A member that was not listed cannot be named; its population is undetermined in its place.
            let stands_for = self.denied.findings.iter().any(|finding| {
                finding.check == before.check
                    && finding.control == before.control
                    && finding.subject.is_none()
                    && finding.outcome == Outcome::Undetermined
                    && finding.reason.as_deref().unwrap_or_default().contains(self.right)
            });
            return (!(lists && stands_for)).then(|| format!("`{key}` is gone"));
        };
        let check = self.checks.get(&before.check)?;
        let fed: BTreeSet<&str> = self
            .feeds
            .iter()
            .filter(|feed| feed.kind == subject.kind)
            .filter_map(|feed| feed.part.as_deref())
            .collect();
        let lost_of = |way: &[String]| -> Vec<String> {
            way.iter().filter(|part| fed.contains(part.as_str()) && !self.still_read(subject, part)).cloned().collect()
        };
        // Where several lists of parts are each enough, one of them that was read is.
        let grounds = check.meta.custom.needs.of(before.outcome);
        let ways: Vec<Vec<String>> = grounds.into_iter().flat_map(|grounds| grounds.ways()).map(lost_of).collect();
        let lost = if ways.iter().any(Vec::is_empty) { Vec::new() } else { ways.concat() };
        if lost.is_empty() {
            let same = now.outcome == before.outcome || self.hides_what_was_shown(before, now, &fed);
            // What one part proves, another outcome's part may have hidden: then the finding names the call.
            let asked: BTreeSet<&str> = check.meta.custom.needs.all().into_iter().collect();
            let hidden = now.outcome == Outcome::Undetermined
                && asked.intersection(&fed).next().is_some()
                && now.reason.as_deref().unwrap_or_default().contains(self.right);
            return (!same && !lists && !hidden)
                .then(|| format!("`{key}` was {} and is {}, {:?}", before.outcome, now.outcome, now.reason));
        }
        if now.outcome != Outcome::Undetermined {
            return Some(format!("`{key}` is {}, although it needs {lost:?}", now.outcome));
        }
        let names = now.reason.as_deref().unwrap_or_default().contains(self.right);
        (!names).then(|| format!("`{key}` does not name the call: {:?}", now.reason))
    }

    /// What is computed from several lists is the same as before, or undetermined: by itself, or with all that could be of its kind.
    fn fault_of_joined(&self, key: &str, before: &Finding, now: Option<&Finding>) -> Option<String> {
        let stands_for = || {
            self.denied
                .findings
                .iter()
                .find(|one| one.check == before.check && one.target == JOINED && one.subject.is_none())
        };
        let Some(now) = now.or_else(stands_for) else { return Some(format!("`{key}` is gone")) };
        let open = now.outcome == Outcome::Undetermined;
        (now.outcome != before.outcome && !open)
            .then(|| format!("`{key}` was {} and is {}, {:?}", before.outcome, now.outcome, now.reason))
    }

    /// A deviation needs no more than what shows it: where that itself was lost, it is undetermined and names the call.
    fn hides_what_was_shown(&self, before: &Finding, now: &Finding, fed: &BTreeSet<&str>) -> bool {
        let paths = before.evidence.iter().filter_map(|evidence| evidence.path.as_deref());
        let parts: BTreeSet<&str> = paths.filter_map(|path| path.split('/').nth(1)).collect();
        before.outcome == Outcome::Deviates
            && now.outcome == Outcome::Undetermined
            && parts.iter().any(|part| fed.contains(part))
            && now.reason.as_deref().unwrap_or_default().contains(self.right)
    }

    /// Whether the part is there all the same, and another call than the refused one told it.
    fn still_read(&self, subject: &model::record::Subject, part: &str) -> bool {
        let resource: Option<&Resource> =
            self.denied.resources.iter().find(|r| r.kind == subject.kind && r.id == subject.id);
        let Some(locators) = resource.and_then(|resource| resource.parts.get(part)) else { return false };
        !locators.is_empty()
            && locators.iter().all(|locator| {
                let at = usize::try_from(locator.record().ordinal).unwrap();
                let exchange = &self.denied.exchanges[at];
                // That there is none is an answer too.
                exchange.operation != self.right && matches!(exchange.status, Some(200 | 404))
            })
    }

    /// Whether some outcome of some check needs what the right feeds.
    fn is_needed(&self) -> bool {
        self.checks.checks().any(|check| {
            let custom = &check.meta.custom;
            let kind = custom.subject.kind().unwrap_or_default();
            let parts = custom.needs.all();
            self.feeds
                .iter()
                .any(|feed| feed.kind == kind && feed.part.as_deref().is_none_or(|part| parts.contains(&part)))
        })
    }

    /// Whether every outcome that needs what the right feeds can rest on something else as well.
    fn is_one_of_several(&self) -> bool {
        self.checks.checks().all(|check| {
            let custom = &check.meta.custom;
            let kind = custom.subject.kind().unwrap_or_default();
            let outcomes = [Outcome::Conforms, Outcome::Deviates, Outcome::NotApplicable, Outcome::Undetermined];
            self.feeds.iter().filter(|feed| feed.kind == kind).all(|feed| {
                let Some(part) = &feed.part else { return false };
                let grounds = outcomes.into_iter().filter_map(|outcome| custom.needs.of(outcome));
                let mut naming = grounds.filter(|grounds| grounds.parts().any(|one| one == part));
                naming.all(|grounds| grounds.ways().any(|way| !way.contains(part)))
            })
        })
    }

    /// Whether every part that the right feeds was read by another call.
    fn told_elsewhere(&self) -> bool {
        self.feeds.iter().all(|feed| {
            let Some(part) = &feed.part else { return false };
            let members = self.denied.resources.iter().filter(|resource| resource.kind == feed.kind);
            members
                .map(|r| model::record::Subject { kind: r.kind.clone(), id: r.id.clone() })
                .all(|s| self.still_read(&s, part))
        })
    }
}
