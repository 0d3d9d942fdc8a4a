//! Worlds from texts and JSON.

use std::collections::BTreeMap;

use model::record::{Coverage, Gap, GapReason, Subject};
use serde_json::{Value, json};
use witnessmark_joins::{Joined, List, World, derive};

use crate::coverage::whole;

/// 15 November 2026, noon.
pub const NOW: i64 = 1_794_744_000;

/// What was found at targets, beside a declaration.
#[derive(Clone, Default)]
pub struct Found {
    objects: Vec<(String, String, String, Value)>,
    /// Target and kind of lists that were read to their ends.
    listed: Vec<(String, String)>,
    gaps: Vec<Gap>,
}

impl Found {
    pub fn object(&mut self, target: &str, kind: &str, id: &str, facts: Value) -> &mut Self {
        self.objects.push((target.to_owned(), kind.to_owned(), id.to_owned(), facts));
        self
    }

    /// The list was read to its end.
    pub fn listed(&mut self, target: &str, kinds: &[&str]) -> &mut Self {
        self.listed.extend(kinds.iter().map(|kind| (target.to_owned(), (*kind).to_owned())));
        self
    }

    /// The list was denied; with an id, a part of that object.
    pub fn denied(&mut self, target: &str, kind: &str, of: Option<(&str, &str)>) -> &mut Self {
        self.gaps.push(Gap {
            target: target.to_owned(),
            collector: kind.split('/').next().unwrap().to_owned(),
            population: Some(kind.to_owned()),
            subject: of.map(|(id, _)| Subject { kind: kind.to_owned(), id: id.to_owned() }),
            part: of.map(|(_, part)| part.to_owned()),
            right: Some("a right".to_owned()),
            reason: GapReason::Denied,
            detail: "access denied".to_owned(),
            exchange: None,
            acceptance: None,
        });
        self
    }

    /// Everything that is joined with the declaration, by kind and id, and the lists.
    pub fn joined(&self, declaration: &str) -> (BTreeMap<(String, String), Joined>, Vec<List>) {
        let loaded = declaration::load("witnessmark.yaml", &|path: &str| match path {
            "witnessmark.yaml" => Ok(declaration.as_bytes().to_vec()),
            _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
        });
        let mut wrong = loaded.diagnostics.clone();
        // Templates are read too, whose comments ask for a change.
        wrong.retain(|one| one.code.as_str() != "template-comment");
        assert_eq!(loaded.render(&wrong, false), "");
        let mut world = World::builder(&loaded.declaration, NOW);
        let raw = |facts: &Value| serde_json::value::to_raw_value(facts).unwrap();
        for thing in loaded.things(&[]).unwrap() {
            world
                .object(("declaration", "declaration", thing.kind), (thing.kind, &thing.id), &raw(&thing.facts))
                .unwrap();
        }
        for (target, kind, id, facts) in &self.objects {
            let collector = kind.split('/').next().unwrap();
            world.object((target, collector, kind), (kind, id), &raw(facts)).unwrap();
        }
        for (target, kind) in &self.listed {
            let items = self.objects.iter().filter(|(at, of, _, _)| at == target && of == kind).count();
            world.coverage(Coverage { items: items as u64, ..whole(target, kind) });
        }
        for kind in ["joined/outside-party", "joined/third-party"] {
            world.asked(kind);
        }
        self.gaps.iter().cloned().for_each(|gap| world.gap(gap));
        let world = world.build();
        let mut all = BTreeMap::new();
        let mut count = 0;
        let lists = derive(&world, &mut |joined| {
            count += 1;
            all.insert((joined.kind.to_owned(), joined.id.clone()), joined);
        });
        assert_eq!(all.len(), count, "something is there twice");
        assert_eq!(lists.iter().map(|list| list.items).sum::<u64>(), count as u64);
        (all, lists)
    }
}

/// One of them.
pub fn one<'a>(all: &'a BTreeMap<(String, String), Joined>, kind: &str, id: &str) -> &'a Joined {
    all.get(&(kind.to_owned(), id.to_owned())).unwrap_or_else(|| panic!("no {kind} `{id}`: {:?}", all.keys()))
}

/// The parts that are named as not read, each once.
pub fn unread(joined: &Joined) -> Vec<&str> {
    let mut parts: Vec<&str> = joined.gaps.iter().map(|gap| gap.part).collect();
    parts.sort_unstable();
    parts.dedup();
    parts
}

/// Of each thing of a list of a part this member.
pub fn each(joined: &Joined, part: &str, member: &str) -> Vec<String> {
    let list =
        joined.facts.get(part).and_then(|fact| fact.as_array()).unwrap_or_else(|| panic!("no {part}: {joined:?}"));
    list.iter().map(|one| one.get(member).unwrap().as_str().unwrap().to_owned()).collect()
}

pub fn user(devices: &[&str], active_keys: &[&str]) -> Value {
    let devices: Vec<Value> = devices.iter().map(|kind| json!({"serial": "s", "type": kind})).collect();
    let keys: Vec<Value> = active_keys.iter().map(|id| json!({"id": id, "active": true})).collect();
    json!({"login_profile": {"exists": true}, "mfa_devices": devices, "access_keys": keys})
}
