//! What holds for a run that nothing disturbs, or that is set up in another way.

use std::collections::BTreeSet;

use sdk::{CollectError, NewBody, WithheldReason};
use serde_json::Value;

use super::Suite;
use super::run::{CANARY, How};
use crate::{Fault, Rule};

/// Looks like a private key, and holds a word that is searched for in every output.
const SMUGGLED: &str = "-----BEGIN PRIVATE KEY-----MC4CAQAwBQYDK2VwBCIEIcanarysmuggled-----END PRIVATE KEY-----";

impl Suite {
    /// The descriptor is whole: each right named once, feeds name kinds and parts that exist, schemas are objects.
    pub async fn says_what_it_is(self) -> Vec<String> {
        let descriptor = self.descriptor();
        let mut wrong = Vec::new();
        let mut names = BTreeSet::new();
        for right in &descriptor.rights {
            if !names.insert(&right.name) {
                wrong.push(format!("the right `{}` is named twice", right.name));
            }
            if right.note.is_empty() {
                wrong.push(format!("the right `{}` does not say what it is for", right.name));
            }
            for feed in &right.feeds {
                match descriptor.resources.iter().find(|kind| kind.kind == feed.kind) {
                    None => wrong
                        .push(format!("`{}` feeds `{}`, which is no kind of this collector", right.name, feed.kind)),
                    Some(kind) => {
                        if let Some(part) = feed.part.as_ref().filter(|part| !kind.parts().contains(part)) {
                            wrong.push(format!("`{}` feeds `{part}`, which `{}` does not have", right.name, feed.kind));
                        }
                    }
                }
            }
        }
        for kind in &descriptor.resources {
            if !kind.kind.starts_with(&format!("{}/", descriptor.name)) {
                wrong.push(format!("the kind `{}` does not begin with the collector's name", kind.kind));
            }
            if kind.schema.get("additionalProperties") != Some(&Value::Bool(false)) {
                wrong.push(format!(
                    "the schema of `{}` lets unknown members pass: a mistyped path would go unnoticed",
                    kind.kind
                ));
            }
            wrong.extend(kind.unknown_annotations());
            if kind.parts().is_empty() {
                wrong.push(format!("the schema of `{}` has no parts", kind.kind));
            }
        }
        if descriptor.summary.is_empty() || descriptor.thief.is_empty() || !descriptor.settings.is_object() {
            wrong.push("summary, thief or settings say nothing".to_owned());
        }
        wrong
    }

    /// Every call stands in the descriptor, and every right is used.
    pub async fn uses_exactly_its_rights(self) -> Vec<String> {
        let (run, preflight) = (self.undisturbed().await, self.run(How { preflight: true, ..How::default() }).await);
        let used: BTreeSet<String> = run.operations().union(&preflight.operations()).cloned().collect();
        let declared = self.rights();
        let undeclared = used.difference(&declared).map(|name| format!("`{name}` is used and not declared"));
        let unused = declared.difference(&used).map(|name| format!("`{name}` is declared and not used"));
        undeclared.chain(unused).collect()
    }

    /// What a part of a resource came from is declared to feed it: the denied matrix and `preflight` rest on that.
    pub async fn facts_come_from_declared_rights(self) -> Vec<String> {
        let run = self.undisturbed().await;
        let rights = self.descriptor().rights;
        let mut wrong = BTreeSet::new();
        for resource in &run.seen.resources {
            let Some(facts) = resource.facts.as_object() else {
                wrong.insert(format!("the facts of `{}` are no object", resource.id));
                continue;
            };
            for part in facts.keys() {
                let Some(sources) = resource.parts.get(part).filter(|sources| !sources.is_empty()) else {
                    wrong.insert(format!("`{}` does not say where `{part}` came from", resource.kind));
                    continue;
                };
                for operation in run.origins(sources) {
                    let feeds = rights.iter().find(|right| right.name == operation).is_some_and(|right| {
                        right.feeds.is_empty()
                            || right.feeds.iter().any(|feed| {
                                feed.kind == resource.kind && feed.part.as_ref().is_none_or(|fed| fed == part)
                            })
                    });
                    if !feeds {
                        wrong.insert(format!(
                            "`{part}` of `{}` came from `{operation}`, which is not declared to feed it",
                            resource.kind
                        ));
                    }
                }
            }
            for part in resource.parts.keys().filter(|part| !facts.contains_key(*part)) {
                wrong.insert(format!("`{}` names sources for `{part}`, which it does not have", resource.kind));
            }
        }
        wrong.into_iter().collect()
    }

    /// Undisturbed, every kind is found, every list reaches its end, and nothing is missing but what was left out on purpose.
    pub async fn is_complete_when_undisturbed(self) -> Vec<String> {
        let run = self.undisturbed().await;
        let mut wrong = Vec::new();
        if let Some(error) = &run.error {
            wrong.push(format!("the run ended: {error}"));
        }
        for gap in run.seen.gaps.iter().filter(|gap| gap.reason != sdk::GapReason::Skipped) {
            wrong.push(format!("a gap without a reason outside: {gap:?}"));
        }
        for kind in self.descriptor().resources {
            let recorded = run.seen.resources.iter().any(|one| one.kind == kind.kind);
            if !recorded && !run.seen.derived.iter().any(|one| one.kind == kind.kind) {
                wrong.push(format!("the source given to this suite shows no `{}`", kind.kind));
            }
        }
        for coverage in &run.seen.coverage {
            let read = run.seen.resources.iter().filter(|one| one.population == coverage.population).count();
            let computed = run.seen.derived.iter().filter(|one| one.population == coverage.population).count();
            let members = (read + computed) as u64;
            if !coverage.complete || members != coverage.items {
                wrong.push(format!("{coverage:?} has {members} members"));
            }
        }
        let read = run.seen.resources.iter().map(|one| (&one.id, &one.population));
        let computed = run.seen.derived.iter().map(|one| (&one.id, &one.population));
        for (id, population) in read.chain(computed) {
            if !run.seen.coverage.iter().any(|one| one.population == *population) {
                wrong.push(format!("`{id}` belongs to `{population}`, of which no coverage is recorded"));
            }
        }
        wrong.extend(run.inputs_from_nowhere());
        wrong.extend(run.seen.lists_that_do_not_add_up());
        wrong
    }

    /// Over which way the source is reached is said before it is first asked, also where it lets nobody in.
    pub async fn says_its_way(self) -> Vec<String> {
        let refused = Rule::always("*", Fault::Deny);
        let mut wrong = Vec::new();
        for (rules, preflight) in [(Vec::new(), false), (Vec::new(), true), (vec![refused], false)] {
            let run = self.run(How { rules, preflight, ..How::default() }).await;
            let endpoints = run.seen.routes.iter().flat_map(|(_, route)| &route.endpoints);
            if !endpoints.clone().any(|endpoint| *endpoint == run.at) {
                wrong.push(format!(
                    "`{}` is where it asks, and the route names {:?}",
                    run.at,
                    endpoints.collect::<Vec<_>>()
                ));
            }
            if run.seen.routes.first().is_none_or(|(before, _)| *before > 0) {
                wrong.push("it asked before it said over which way".to_owned());
            }
            for one in &run.seen.exchanges {
                let endpoint = &one.exchange.endpoint;
                if !run.seen.routes.iter().any(|(_, route)| route.endpoints.contains(endpoint)) {
                    wrong.push(format!("`{endpoint}` was asked, and no route names it"));
                }
            }
        }
        wrong
    }

    /// Answers that overtake each other change nothing that is recorded but the order.
    pub async fn order_of_answers_does_not_matter(self) -> Vec<String> {
        let shuffled = How { shuffled: true, ..How::default() };
        let (one, other) = (self.undisturbed().await.in_order(), self.run(shuffled).await.in_order());
        let only = |these: &[String], those: &[String], which: &str| -> Vec<String> {
            these.iter().filter(|line| !those.contains(line)).map(|line| format!("only {which}: {line}")).collect()
        };
        let mut wrong = only(&one, &other, "in order");
        wrong.extend(only(&other, &one, "out of order"));
        if one.is_empty() || one.len() != other.len() {
            wrong.push(format!("{} lines in order, {} out of order", one.len(), other.len()));
        }
        wrong
    }

    /// Neither our own credentials nor a secret inside an answer appears in any output, and what is withheld is a gap.
    pub async fn secrets_stay_out(self) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let mut wrong = Vec::new();
        let source = (self.source)();
        for canary in source.wording().secrets().iter().chain(&[CANARY]) {
            if undisturbed.everything().contains(canary) {
                wrong.push(format!("`{canary}` appears in an undisturbed run"));
            }
        }
        for operation in undisturbed.operations() {
            for (text, canary) in [(SMUGGLED, "canarysmuggled"), (CANARY, CANARY)] {
                let rule = Rule::always(&operation, Fault::Smuggle(text.to_owned()));
                let run = self.run(How { rules: vec![rule], ..How::default() }).await;
                if run.everything().contains(canary) {
                    wrong.push(format!("`{canary}` in an answer of `{operation}` gets out"));
                }
                // What looks like a secret is masked, and the run names each masked text by a gap; what holds a secret of ours is not kept.
                let masked = |one: &sdk::NewExchange| canary != CANARY && matches!(one.body, NewBody::Masked { .. });
                let kept = run.seen.exchanges.iter().filter(|one| one.exchange.operation == operation);
                if !run.says_something_is_missing() && !kept.clone().any(|one| masked(&one.exchange)) {
                    wrong.push(format!("an answer of `{operation}` that holds a secret is no gap"));
                }
                for one in kept {
                    let none = matches!(one.exchange.body, NewBody::None);
                    if one.withheld.is_none() && !none && !masked(&one.exchange) {
                        wrong.push(format!("an answer of `{operation}` that holds a secret is kept"));
                    }
                    if one.withheld == Some(WithheldReason::CredentialBearing) {
                        wrong.push(format!("`{operation}` is taken for one that bears credentials"));
                    }
                }
            }
        }
        wrong
    }

    /// Over HTTPS everything is the same, each exchange names its peer, and a peer that is not trusted is not read.
    pub async fn speaks_https(self) -> Vec<String> {
        let https = How { https: true, ..How::default() };
        let plain = self.undisturbed().await;
        let (trusted, untrusted) =
            (self.run(https.clone()).await, self.run(How { trusted: false, seconds: 10, ..https }).await);
        let mut wrong = Vec::new();
        if trusted.conclusions() != plain.conclusions() {
            wrong.push("HTTPS gives other conclusions than HTTP".to_owned());
        }
        if trusted.seen.exchanges.iter().any(|one| one.exchange.peer.is_none()) {
            wrong.push("an exchange over HTTPS does not name its peer".to_owned());
        }
        if plain.seen.exchanges.iter().any(|one| one.exchange.peer.is_some()) {
            wrong.push("an exchange over HTTP names a peer".to_owned());
        }
        if !untrusted.says_something_is_missing() || !untrusted.seen.resources.is_empty() || !untrusted.log.is_empty() {
            wrong.push("a peer that is not trusted was read".to_owned());
        }
        wrong
    }

    /// Another identity than the pinned one: an error that says so, and nothing more is read.
    pub async fn stops_at_another_identity(self) -> Vec<String> {
        let undisturbed = self.undisturbed().await;
        let Some(identity) = undisturbed.identity else {
            return vec!["an undisturbed run finds no identity".to_owned()];
        };
        let other: String = identity.found.chars().rev().collect();
        let change = Fault::Rewrite(vec![(identity.found.clone(), other)]);
        let run = self.run(How { rules: vec![Rule::always("*", change)], ..How::default() }).await;
        let mut wrong = Vec::new();
        if !matches!(run.error, Some(CollectError::WrongIdentity { .. })) {
            wrong.push(format!("another identity gives {:?}", run.error));
        }
        if !run.seen.resources.is_empty() || run.log.len() > 1 {
            wrong.push(format!("after another identity was found, these were asked: {:?}", run.operations()));
        }
        wrong
    }

    /// Preflight answers for each declared right, and for no other.
    pub async fn preflight_answers_for_every_right(self) -> Vec<String> {
        let run = self.run(How { preflight: true, ..How::default() }).await;
        let answered: BTreeSet<String> = run.preflight.iter().map(|status| status.right.clone()).collect();
        let rights = self.descriptor().rights;
        // What cannot be refused needs no answer.
        let deniable = rights.iter().filter(|right| right.deniable && !answered.contains(&right.name));
        let mut wrong: Vec<String> =
            deniable.map(|right| format!("preflight says nothing of `{}`", right.name)).collect();
        let declared = self.rights();
        wrong.extend(
            answered.difference(&declared).map(|name| format!("preflight speaks of `{name}`, which is not declared")),
        );
        if let Some(error) = run.error {
            wrong.push(format!("preflight ended: {error}"));
        }
        if !run.seen.resources.is_empty() || !run.seen.coverage.is_empty() {
            wrong.push("preflight records resources".to_owned());
        }
        wrong
    }
}
