//! Whether what a collector says of its lists adds up, as the sealed format asks for it.

use std::collections::BTreeSet;

use sdk::GapReason;

use crate::Seen;

impl Seen {
    /// Lists that are called complete and hold more or less than was recorded of them and than gaps name (the rules `coverage-count`
    /// and `coverage-whole` of the format); those of which it is said twice how complete they are; and objects of no list.
    #[must_use]
    pub fn lists_that_do_not_add_up(&self) -> BTreeSet<String> {
        let mut wrong = BTreeSet::new();
        for coverage in &self.coverage {
            let name = &coverage.population;
            if self.coverage.iter().filter(|one| one.population == *name).count() > 1 {
                wrong.insert(format!("twice it is said how completely `{name}` was listed"));
            }
            if !coverage.complete {
                continue;
            }
            let of_it = || self.gaps.iter().filter(|gap| gap.population.as_ref() == Some(name) && gap.part.is_none());
            let cut = [GapReason::Truncated, GapReason::TotalMismatch];
            if of_it().any(|gap| gap.subject.is_none() && cut.contains(&gap.reason)) {
                wrong.insert(format!("`{name}` is called complete, and a gap says that it was cut"));
            }
            let kind = sdk::kind_of_population(name);
            let unread: BTreeSet<&String> = of_it()
                .filter_map(|gap| gap.subject.as_ref())
                .filter(|one| one.kind == kind && !self.holds(&one.kind, &one.id))
                .map(|one| &one.id)
                .collect();
            let read = self.resources.iter().filter(|one| one.population == *name).count();
            let computed = self.derived.iter().filter(|one| one.population == *name).count();
            // What is recorded again is listed again.
            if coverage.items != (read + computed + unread.len()) as u64 {
                wrong.insert(format!(
                    "`{name}` is called complete with {} items, and {read} were read, {computed} computed, {} named by gaps alone",
                    coverage.items,
                    unread.len()
                ));
            }
        }
        let populations =
            self.resources.iter().map(|one| &one.population).chain(self.derived.iter().map(|one| &one.population));
        for population in populations.filter(|name| !self.coverage.iter().any(|one| one.population == **name)) {
            wrong.insert(format!("something is of `{population}`, and nothing says how completely that was listed"));
        }
        wrong
    }

    fn holds(&self, kind: &str, id: &str) -> bool {
        self.resources.iter().any(|one| one.kind == kind && one.id == id)
            || self.derived.iter().any(|one| one.kind == kind && one.id == id)
    }
}
