//! What has to be known of what was read of one target, and of all.

use model::record::{Body, Exchange};

use super::named::{NAMED, NAMES_KEPT, number, of_kind};
use super::way::OfTarget;
use super::{Mark, MarkCount, Marked, Marks};

impl Marks {
    /// Takes up a request.
    pub fn exchange(&mut self, ordinal: u64, exchange: &Exchange) {
        self.elsewhere.exchange(ordinal, exchange);
    }

    /// Takes up an answer. All requests come before it.
    pub fn body(&mut self, body: &Body) {
        let there = if body.raw.is_some() { self.elsewhere.of(body.exchange.ordinal) } else { None };
        let Some(OfTarget { number, name, endpoints, .. }) = there else { return };
        let mark = Mark::OwnEndpoint;
        let room = NAMES_KEPT.saturating_sub(self.kept).min(NAMED);
        let target = self.targets.entry(*number).or_default();
        // One answer says for all of the target what is named.
        let named = target.of.iter().filter(|(of, _)| *of == mark).count();
        if target.marks & mark.bit() == 0 || named == 0 {
            for note in endpoints.iter().take(room).map(|one| (mark, one.clone())) {
                target.of.push(note);
                self.kept += 1;
            }
        }
        target.marks |= mark.bit();
        self.joined |= mark.bit();
        let name = name.clone();
        self.name(mark, &name);
    }

    /// What has to be known of resources of these kinds that were read of a target, whatever is found of them.
    #[must_use]
    pub fn of_read(&self, target: &str, kinds: &[&str]) -> Vec<Marked> {
        let known = self.targets.get(&number(target));
        let own_program = kinds.iter().any(|kind| self.own_kinds.contains(&of_kind(target, kind)));
        let marks = known.map_or(0, |known| known.marks)
            | if own_program { Mark::OwnProgram.bit() } else { 0 }
            | if self.whole_rehearsal { Mark::Rehearsal.bit() } else { 0 };
        let named = known.map(|known| known.of.as_slice()).unwrap_or_default();
        let of = |mark| named.iter().filter(|(of, _)| *of == mark).map(|(_, name)| name.clone()).collect();
        let there = Mark::ALL.into_iter().filter(|mark| marks & mark.bit() != 0);
        there.map(|mark| Marked { mark, of: of(mark) }).collect()
    }

    /// All marks of the bundle.
    #[must_use]
    pub fn counts(&self) -> Vec<MarkCount> {
        let mut all = Vec::new();
        for ((mark, findings), names) in Mark::ALL.into_iter().zip(self.counts).zip(&self.names) {
            let controls = self.controls.values().filter(|control| control.marks & mark.bit() != 0).count();
            if controls > 0 || !names.is_empty() {
                let controls = u64::try_from(controls).unwrap_or(u64::MAX);
                all.push(MarkCount { mark, findings, controls, of: names.iter().cloned().collect() });
            }
        }
        all
    }
}
