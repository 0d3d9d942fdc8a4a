//! Lists that were read to their ends.

use model::record::Coverage;

pub fn whole(target: &str, population: &str) -> Coverage {
    Coverage {
        target: target.to_owned(),
        collector: population.split('/').next().unwrap_or_default().to_owned(),
        population: population.to_owned(),
        calls: 1,
        pages: 1,
        items: 1,
        repeated: 0,
        complete: true,
        total: None,
    }
}
