//! What is declared, joined with what was found at all targets: keys, who reaches them, people, third parties.
//!
//! Pure: records and a declaration come in, objects come out. It knows sealed records and nothing of how they were read, so that whoever
//! verifies a bundle can compute the same again ([`docs/adr/0088`]).
//!
//! ```text
//! Declaration ─────────────┐
//! resources, derived ──────┤
//! coverage, gaps, routes ──┴─ World ─ derive ─ Joined (objects)  ─ `derived` records of the target `joined`
//!                                            └ List   (extent)   ─ their `coverage` and `gap` records
//! ```
//!
//! **A join** is a module with a [`Join`] constant, a line in [`JOINS`] and a type for each kind of object, whose JSON Schema checks are
//! written against. `reads` names the kinds of resources it looks at, and which parts of them: nothing else is kept. `applies` says whether
//! there is anything it is about: declared, or asked for by a check ([`World::is_asked`]); where there is not, it does not run. `run` hands every object to a sink, one by one, so that many of
//! them never lie in memory at once. Several kinds may come from one join.
//!
//! **Three values.** What was read is there, what was not read is not, and nothing in between: a part of an object that would come out
//! otherwise if something had been read that was not is left out of `facts` and named in `gaps`, with the gaps that it comes from. A list
//! that goes as far as was read may be there *and* be named. So is the extent of a kind: if more objects could be found where nobody could
//! look, [`List::open`] says so. [`World::part`] and [`World::listing`] answer with the reasons.
//!
//! **Inputs** name all that an object was computed from: objects (declared things are those of the target `declaration`), lists
//! ([`Input::List`]: an absence rests on how completely somebody listed), and gaps. Those that [`PartGap`] names count as inputs by
//! themselves. Who records the objects makes references of them.
//!
//! [`docs/adr/0088`]: ../../../docs/adr/0088-what-is-joined-and-where.md

use std::collections::BTreeMap;

mod identities;
mod joined;
pub mod keys;
mod parties;
mod people;
pub mod reach;
mod reaching;
mod third_parties;
mod unread;
mod world;

pub use declaration::JOINED;
pub use joined::{Fact, Input, Join, Joined, JoinedKind, List, PartGap, Sink};
pub use unread::{GapAt, Listing, Part, Unread};
pub use world::{Builder as WorldBuilder, Object, Reading, Target, World};

/// Every join, in the order in which they run. Later ones may name objects of earlier ones as inputs, if their kind comes later in the
/// alphabet: a derived record refers to earlier ones only.
pub const JOINS: &[Join] = &[keys::JOIN, people::JOIN, reach::JOIN, third_parties::JOIN];

/// Every kind there is.
#[must_use]
pub fn kinds() -> Vec<JoinedKind> {
    JOINS.iter().flat_map(|join| (join.kinds)()).collect()
}

/// The parts of a kind that some join reads. `None`: no join reads the kind, and it need not be given to a world.
#[must_use]
pub fn parts(kind: &str) -> Option<Vec<&'static str>> {
    let mut read = JOINS.iter().filter_map(|join| join.reads(kind)).peekable();
    read.peek()?;
    Some(read.flatten().copied().collect())
}

/// Computes everything. `sink` takes the objects as they come; the lists come back, one for each kind of a join that ran.
pub fn derive(world: &World<'_>, sink: &mut Sink<'_>) -> Vec<List> {
    let mut lists = Vec::new();
    for join in JOINS.iter().filter(|join| (join.applies)(world)) {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        let ran = (join.run)(world, &mut |joined| {
            *counts.entry(joined.kind).or_default() += 1;
            sink(joined.settled());
        });
        lists.extend(ran.into_iter().map(|list| List { items: counts.get(list.kind).copied().unwrap_or(0), ..list }));
    }
    lists
}
