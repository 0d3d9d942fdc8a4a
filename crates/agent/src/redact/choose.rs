//! Chooses the lines that are withheld, while the bundle is verified.

use std::collections::{BTreeMap, BTreeSet};

use bundle::read::{Line, Record};
use declaration::{Selector, WithholdRule};
use model::record::Locator;
use model::{RecordRef, RecordType};
use verify::Observer;

use super::facets::Facets;

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Shown,
    /// In the copy that this one is made of, too.
    Earlier,
    /// By the rule with this number.
    Withheld(u8),
}

/// Looks on while a bundle is verified. A line is withheld by the first rule that is about it.
#[derive(Debug)]
pub struct Chooser<'p> {
    rules: &'p [WithholdRule],
    fates: Vec<Fate>,
    exchanges: Vec<Exchange>,
    bodies: BTreeMap<u64, u64>,
    ids: BTreeSet<String>,
    matched: Vec<bool>,
}

/// Of one exchange, a bit for each rule.
#[derive(Clone, Copy, Debug, Default)]
struct Exchange {
    /// Whose selectors of the exchange fit.
    by_exchange: u64,
    /// Whose selectors of the subject fit that it asked about.
    by_subject: u64,
    /// Whose resources were read from the answer.
    by_resource: u64,
}

const fn of_exchange(selector: Selector) -> bool {
    matches!(selector, Selector::Target | Selector::Collector | Selector::Operation)
}

const fn of_subject(selector: Selector) -> bool {
    matches!(selector, Selector::Kind | Selector::Subject)
}

impl<'p> Chooser<'p> {
    /// At most [`declaration::MOST_RULES`] rules: what is over that number withholds nothing, and is said not to match.
    #[must_use]
    pub fn new(rules: &'p [WithholdRule]) -> Self {
        Self {
            rules,
            fates: Vec::new(),
            exchanges: Vec::new(),
            bodies: BTreeMap::new(),
            ids: BTreeSet::new(),
            matched: vec![false; rules.len()],
        }
    }

    /// The rules with their numbers and bits.
    fn numbered(&self) -> impl Iterator<Item = (u8, u64, &'p WithholdRule)> + use<'p> {
        (0_u8..64)
            .map(|number| (number, 1_u64 << number))
            .zip(self.rules)
            .map(|((number, bit), rule)| (number, bit, rule))
    }

    /// A bit for each rule whose selectors among these fit.
    fn bits(&self, facets: &Facets<'_>, at: RecordRef, among: fn(Selector) -> bool) -> u64 {
        self.numbered().filter(|(_, _, rule)| facets.fit(rule, at, among)).fold(0, |bits, (_, bit, _)| bits | bit)
    }

    /// A bit for each rule without selectors among these.
    fn without(&self, among: fn(Selector) -> bool) -> u64 {
        let none = |rule: &WithholdRule| !rule.selectors.iter().any(|(selector, _)| among(*selector));
        self.numbered().filter(|(_, _, rule)| none(rule)).fold(0, |bits, (_, bit, _)| bits | bit)
    }

    fn fate(&mut self, at: RecordRef, record: &Record) -> Fate {
        let facets = Facets::of(record);
        let index = |exchange: &RecordRef| usize::try_from(exchange.ordinal).unwrap_or(usize::MAX);
        let fits = match record {
            Record::Exchange(_) => {
                let by_exchange = self.bits(&facets, at, of_exchange);
                let by_subject = self.without(of_subject);
                self.exchanges.push(Exchange { by_exchange, by_subject, by_resource: 0 });
                return Fate::Shown;
            }
            Record::Params(params) => {
                let own = self.bits(&facets, at, |selector| selector == Selector::Reference);
                let by_subject = self.bits(&facets, at, of_subject);
                let Some(exchange) = self.exchanges.get_mut(index(&params.exchange)) else { return Fate::Shown };
                exchange.by_subject = by_subject;
                own & by_subject & exchange.by_exchange
            }
            Record::Body(body) => {
                self.bodies.insert(body.exchange.ordinal, self.fates.len() as u64);
                let own = self.bits(&facets, at, |selector| selector == Selector::Reference);
                let Some(exchange) = self.exchanges.get(index(&body.exchange)) else { return Fate::Shown };
                own & exchange.by_subject & exchange.by_exchange
            }
            _ => self.bits(&facets, at, |_| true),
        };
        let mut first = None;
        for (number, bit, rule) in self.numbered() {
            if fits & bit == 0 || !rule.records.contains(&at.kind) {
                continue;
            }
            if let Some(matched) = self.matched.get_mut(usize::from(number)) {
                *matched = true;
            }
            first.get_or_insert((number, bit, rule.answers));
        }
        let Some((number, bit, answers)) = first else { return Fate::Shown };
        match record {
            Record::Resource(resource) => {
                self.ids.insert(resource.id.clone());
                for locator in resource.parts.values().flatten().filter(|_| answers) {
                    if let Locator::Answer(place) = locator
                        && let Some(exchange) = self.exchanges.get_mut(index(&place.exchange))
                    {
                        exchange.by_resource |= bit;
                    }
                }
            }
            Record::Derived(derived) => {
                self.ids.insert(derived.id.clone());
            }
            _ => {}
        }
        Fate::Withheld(number)
    }

    /// What is withheld. To be believed only when the bundle was accepted.
    #[must_use]
    pub fn finish(mut self) -> Choice {
        for (exchange, line) in &self.bodies {
            let known = usize::try_from(*exchange).ok().and_then(|at| self.exchanges.get(at));
            let by_resource = known.map_or(0, |exchange| exchange.by_resource);
            let fate = usize::try_from(*line).ok().and_then(|at| self.fates.get_mut(at));
            if let Some(fate @ Fate::Shown) = fate
                && by_resource != 0
            {
                // Below 64, since some bit is set.
                *fate = Fate::Withheld(by_resource.trailing_zeros().try_into().unwrap_or(u8::MAX));
            }
        }
        Choice {
            reasons: self.rules.iter().map(|rule| rule.reason.clone()).collect(),
            fates: self.fates,
            bodies: self.bodies,
            ids: self.ids,
            matched: self.matched,
        }
    }
}

impl Observer for Chooser<'_> {
    fn record(&mut self, at: RecordRef, line: &Line, _text: &[u8]) {
        let fate = match line {
            Line::Withheld(_) => Fate::Earlier,
            Line::Disclosed(record) => self.fate(at, record),
        };
        self.fates.push(fate);
    }
}

/// Which lines are withheld.
#[derive(Debug)]
pub struct Choice {
    reasons: Vec<String>,
    fates: Vec<Fate>,
    /// Of each exchange the line of its body, where that was shown.
    bodies: BTreeMap<u64, u64>,
    /// Of the objects that are withheld.
    ids: BTreeSet<String>,
    matched: Vec<bool>,
}

impl Choice {
    /// The rules that are about no record that was still shown.
    #[must_use]
    pub fn unmatched(&self) -> Vec<usize> {
        self.matched.iter().enumerate().filter(|(_, matched)| !**matched).map(|(at, _)| at).collect()
    }

    fn fate(&self, line: u64) -> Fate {
        // A line that was not there when the bundle was verified is withheld from nobody, and found by verifying the copy.
        usize::try_from(line).ok().and_then(|at| self.fates.get(at)).copied().unwrap_or(Fate::Shown)
    }

    /// Why a line is withheld by these rules.
    pub(super) fn reason(&self, line: u64) -> Option<&str> {
        match self.fate(line) {
            Fate::Withheld(rule) => self.reasons.get(usize::from(rule)).map(String::as_str),
            Fate::Shown | Fate::Earlier => None,
        }
    }

    pub(super) fn is_withheld(&self, line: u64) -> bool {
        self.fate(line) != Fate::Shown
    }

    /// How many lines were withheld before.
    pub(super) fn earlier(&self) -> u64 {
        self.fates.iter().filter(|fate| **fate == Fate::Earlier).count() as u64
    }

    /// How many of these lines were.
    pub(super) fn earlier_of(&self, first: u64, count: u64) -> u64 {
        let lines = first..first.saturating_add(count);
        lines.filter(|line| self.fate(*line) == Fate::Earlier).count() as u64
    }

    /// Whether the answer to an exchange is in the copy.
    pub(super) fn shows_answer(&self, exchange: RecordRef) -> bool {
        exchange.kind == RecordType::Exchange
            && self.bodies.get(&exchange.ordinal).is_some_and(|line| !self.is_withheld(*line))
    }

    /// Of the objects that are withheld.
    pub(super) const fn ids(&self) -> &BTreeSet<String> {
        &self.ids
    }
}
