//! Names of populations.

/// The kind whose members a population lists: `aws-kms/key@eu-west-1` → `aws-kms/key`.
pub(super) fn kind_of(population: &str) -> &str {
    population.split_once('@').map_or(population, |(kind, _)| kind)
}
