//! The root and the units below it, and which account is in which of them.

use std::collections::{BTreeMap, BTreeSet};

use aws::fact::Parts;
use aws::{Call, Refusal, json};
use futures_util::future::{try_join, try_join_all};
use sdk::{CoverageNote, Recorder, SinkError, Source};

use crate::collecting::{Collecting, PAGE};
use crate::resource::{ACCOUNT, PolicyType, UNIT, Unit};
use crate::rights::{CHILDREN, ROOTS, UNITS};
use crate::wire;

/// Units below units, the root counted: Organizations allows five levels below it.
const DEEPEST: usize = 16;

/// Where accounts are, as far as it could be read.
#[derive(Debug, Default)]
pub struct Tree {
    /// Unit to unit above; the root has none.
    parents: BTreeMap<String, Option<String>>,
    /// Account to the unit it is in, and where that stands.
    accounts: BTreeMap<String, (String, Source)>,
    /// Where each unit stands.
    places: BTreeMap<String, Source>,
    /// Why not all of it was read.
    pub stopped: Vec<Refusal>,
}

impl Tree {
    /// The ids from the root down to the unit an account is in, and the places that say so.
    pub fn path(&self, account: &str) -> Option<(Vec<String>, Vec<Source>)> {
        let (unit, source) = self.accounts.get(account)?;
        let (mut path, mut sources) = (Vec::new(), vec![source.clone()]);
        let mut next = Some(unit);
        while let Some(unit) = next {
            path.push(unit.clone());
            sources.extend(self.places.get(unit).cloned());
            next = self.parents.get(unit)?.as_ref();
            if path.len() > DEEPEST {
                return None;
            }
        }
        path.reverse();
        Some((path, sources))
    }
}

/// One unit that is to be looked into.
struct Found {
    id: String,
    arn: String,
    name: String,
    parent: Option<String>,
    types: Option<Vec<PolicyType>>,
    source: Source,
}

pub async fn read(collecting: &Collecting, recorder: &Recorder) -> Result<Tree, SinkError> {
    let (session, client) = (&collecting.session, &collecting.client);
    let mut tree = Tree::default();
    let info = Call::new(ROOTS).population(UNIT);
    let mut roots = json::read_list::<wire::Root, _, _, _>(session, info, "Roots", |token| {
        client.list_roots().max_results(PAGE).set_next_token(token).send()
    })
    .await?;
    tree.stopped.extend(roots.stopped().cloned());
    let mut found: Vec<Found> = roots
        .take()
        .into_iter()
        .map(|(root, source)| Found {
            id: root.id,
            arn: root.arn,
            name: root.name,
            parent: None,
            types: Some(
                root.policy_types.into_iter().map(|one| PolicyType { kind: one.kind, status: one.status }).collect(),
            ),
            source,
        })
        .collect();
    let mut pages = roots.pages.len() as u64;
    let (mut items, mut seen) = (0u64, BTreeSet::new());
    for _ in 0..DEEPEST {
        items = items.saturating_add(found.len() as u64);
        // What is listed again in the same place is recorded again and looked into once; the run holds both against each other.
        let (level, again): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|unit| seen.insert((unit.id.clone(), unit.parent.clone())));
        for unit in again {
            record(recorder, unit)?;
        }
        let below = try_join_all(level.iter().map(|unit| look_into(collecting, unit))).await?;
        let mut next = Vec::new();
        for (unit, below) in level.into_iter().zip(below) {
            tree.parents.insert(unit.id.clone(), unit.parent.clone());
            tree.places.insert(unit.id.clone(), unit.source.clone());
            for (account, source) in below.accounts {
                tree.accounts.insert(account, (unit.id.clone(), source));
            }
            tree.stopped.extend(below.stopped);
            pages = pages.saturating_add(below.pages);
            next.extend(below.units);
            record(recorder, unit)?;
        }
        found = next;
        if found.is_empty() {
            break;
        }
    }
    // What is deeper than any organisation may be was not looked into.
    let too_deep = found.first().map(|unit| {
        let info = Call::new(UNITS).population(UNIT);
        info.refused(sdk::GapReason::Malformed, format!("`{}` is nested deeper than Organizations allows", unit.id))
    });
    tree.stopped.extend(too_deep);
    let complete = tree.stopped.iter().all(|refusal| refusal.call.population.as_deref() != Some(UNIT));
    for refusal in tree.stopped.iter().filter(|refusal| refusal.call.population.as_deref() == Some(UNIT)) {
        recorder.gap(refusal.gap(None))?;
    }
    recorder.coverage(CoverageNote {
        population: UNIT.to_owned(),
        calls: pages,
        pages,
        items,
        complete,
        total: None,
    })?;
    Ok(tree)
}

struct Below {
    units: Vec<Found>,
    accounts: Vec<(String, Source)>,
    stopped: Vec<Refusal>,
    pages: u64,
}

async fn look_into(collecting: &Collecting, unit: &Found) -> Result<Below, SinkError> {
    let (session, client) = (&collecting.session, &collecting.client);
    let units = json::read_list::<wire::Unit, _, _, _>(
        session,
        Call::new(UNITS).population(UNIT),
        "OrganizationalUnits",
        |token| {
            client
                .list_organizational_units_for_parent()
                .parent_id(&unit.id)
                .max_results(PAGE)
                .set_next_token(token)
                .send()
        },
    );
    // It lists accounts, and what it is asked for is the place of each: another list says which accounts there are.
    let accounts =
        json::read_list::<wire::Id, _, _, _>(session, Call::new(CHILDREN).population(ACCOUNT), "Accounts", |token| {
            client.list_accounts_for_parent().parent_id(&unit.id).max_results(PAGE).set_next_token(token).send()
        });
    let (mut units, mut accounts) = try_join(units, accounts).await?;
    let stopped = units.stopped().into_iter().chain(accounts.stopped()).cloned().collect();
    let found = |(below, source): (wire::Unit, Source)| Found {
        id: below.id,
        arn: below.arn,
        name: below.name,
        parent: Some(unit.id.clone()),
        types: None,
        source,
    };
    Ok(Below {
        stopped,
        pages: units.pages.len() as u64,
        units: units.take().into_iter().map(found).collect(),
        accounts: accounts.take().into_iter().map(|(account, source)| (account.id, source)).collect(),
    })
}

fn record(recorder: &Recorder, unit: Found) -> Result<(), SinkError> {
    let mut parts = Parts::new(UNIT, &unit.id);
    for part in ["id", "arn", "name", "parent", "policy_types"] {
        parts.place(part, vec![unit.source.clone()]);
    }
    let facts = Unit {
        id: Some(unit.id),
        arn: Some(unit.arn),
        name: Some(unit.name),
        parent: Some(unit.parent),
        policy_types: Some(unit.types),
    };
    parts.record(recorder, &facts)
}
