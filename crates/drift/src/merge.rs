//! Two bundles side by side. Records of a type are sorted, so that both are walked once, and only the next record of each is in memory.

use std::cmp::Ordering;

use model::{RecordRef, RecordType};

use crate::found::Which;
use crate::item::{Item, Seen};

/// The records of one bundle, in order.
pub(crate) struct Stream<'i> {
    items: &'i mut dyn Iterator<Item = Item>,
    head: Option<Item>,
}

impl<'i> Stream<'i> {
    pub(crate) fn new(items: &'i mut dyn Iterator<Item = Item>) -> Self {
        let head = items.next();
        Self { items, head }
    }

    fn pop(&mut self) -> Option<Item> {
        let next = self.items.next();
        std::mem::replace(&mut self.head, next)
    }

    /// The next record, if it is of a type before this one.
    pub(crate) fn before(&mut self, kind: RecordType) -> Option<Item> {
        if self.head.as_ref()?.at.kind < kind { self.pop() } else { None }
    }

    /// The next record of this type, past those before it.
    pub(crate) fn next_of(&mut self, kind: RecordType) -> Option<Item> {
        while self.before(kind).is_some() {}
        self.of(kind)?;
        self.pop()
    }

    fn of(&self, kind: RecordType) -> Option<&Item> {
        self.head.as_ref().filter(|head| head.at.kind == kind)
    }
}

/// The next step of a walk through the records of one type.
#[derive(Debug)]
pub(crate) enum Step {
    Both(Item, Item),
    /// Only one has it. `hidden`: it may be among what is withheld in the other.
    One {
        which: Which,
        item: Item,
        hidden: bool,
    },
    Withheld(Which, RecordRef),
}

/// A walk through the records of one type.
pub(crate) struct Merge<'s, 'i> {
    before: &'s mut Stream<'i>,
    after: &'s mut Stream<'i>,
    kind: RecordType,
    order: fn(&Item, &Item) -> Ordering,
    /// Of each how many are withheld between the last record that is shown and the next.
    withheld: (u64, u64),
}

impl<'s, 'i> Merge<'s, 'i> {
    pub(crate) fn new(
        before: &'s mut Stream<'i>,
        after: &'s mut Stream<'i>,
        kind: RecordType,
        order: fn(&Item, &Item) -> Ordering,
    ) -> Self {
        // What is of no type that is walked through.
        while before.before(kind).is_some() {}
        while after.before(kind).is_some() {}
        Self { before, after, kind, order, withheld: (0, 0) }
    }
}

impl Iterator for Merge<'_, '_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        let withheld =
            |stream: &Stream<'_>, kind| stream.of(kind).is_some_and(|item| matches!(item.what, Seen::Withheld));
        if withheld(self.before, self.kind) {
            self.withheld.0 += 1;
            return self.before.pop().map(|item| Step::Withheld(Which::Before, item.at));
        }
        if withheld(self.after, self.kind) {
            self.withheld.1 += 1;
            return self.after.pop().map(|item| Step::Withheld(Which::After, item.at));
        }
        let order = match (self.before.of(self.kind), self.after.of(self.kind)) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => (self.order)(one, other),
        };
        match order {
            Ordering::Less => {
                self.withheld.0 = 0;
                let hidden = self.withheld.1 > 0;
                self.before.pop().map(|item| Step::One { which: Which::Before, item, hidden })
            }
            Ordering::Greater => {
                self.withheld.1 = 0;
                let hidden = self.withheld.0 > 0;
                self.after.pop().map(|item| Step::One { which: Which::After, item, hidden })
            }
            Ordering::Equal => {
                self.withheld = (0, 0);
                self.before.pop().zip(self.after.pop()).map(|(one, other)| Step::Both(one, other))
            }
        }
    }
}
