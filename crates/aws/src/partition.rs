//! The partitions of AWS, which share no accounts, roles or endpoints.

/// One partition.
#[derive(Debug, PartialEq, Eq)]
pub struct Partition {
    /// The second field of its ARNs.
    pub name: &'static str,
    /// What the names of its regions begin with.
    regions: &'static [&'static str],
    /// Where calls go that belong to no region.
    pub home: &'static str,
    /// What the names of its endpoints end in.
    pub suffix: &'static str,
}

const fn partition(
    name: &'static str,
    regions: &'static [&'static str],
    home: &'static str,
    suffix: &'static str,
) -> Partition {
    Partition { name, regions, home, suffix }
}

/// What no other partition's regions begin with is of this one.
const AWS: Partition = partition("aws", &[], "us-east-1", "amazonaws.com");

/// The others. Source: `regionRegex`, `implicitGlobalRegion` and `dnsSuffix` in
/// <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>.
const OTHERS: [Partition; 7] = [
    partition("aws-cn", &["cn-"], "cn-north-1", "amazonaws.com.cn"),
    partition("aws-us-gov", &["us-gov-"], "us-gov-west-1", "amazonaws.com"),
    partition("aws-iso", &["us-iso-"], "us-iso-east-1", "c2s.ic.gov"),
    partition("aws-iso-b", &["us-isob-"], "us-isob-east-1", "sc2s.sgov.gov"),
    partition("aws-iso-e", &["eu-isoe-"], "eu-isoe-west-1", "cloud.adc-e.uk"),
    partition("aws-iso-f", &["us-isof-"], "us-isof-south-1", "csp.hci.ic.gov"),
    partition("aws-eusc", &["eusc-"], "eusc-de-east-1", "amazonaws.eu"),
];

impl Partition {
    /// That of a region.
    #[must_use]
    pub fn of_region(region: &str) -> &'static Self {
        OTHERS.iter().find(|one| one.regions.iter().any(|start| region.starts_with(start))).unwrap_or(&AWS)
    }

    /// That of an ARN; `None`: it names one that is not known here.
    #[must_use]
    pub fn of_arn(arn: &str) -> Option<&'static Self> {
        let name = arn.split(':').nth(1)?;
        [&AWS].into_iter().chain(&OTHERS).find(|one| one.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_and_arns_are_of_one_partition() {
        for (region, arn, name, home) in [
            ("eu-west-1", "arn:aws:iam::111122223333:role/a", "aws", "us-east-1"),
            ("us-east-1", "arn:aws:iam::111122223333:role/a", "aws", "us-east-1"),
            ("cn-north-1", "arn:aws-cn:iam::111122223333:role/a", "aws-cn", "cn-north-1"),
            ("us-gov-east-1", "arn:aws-us-gov:iam::111122223333:role/a", "aws-us-gov", "us-gov-west-1"),
            ("us-isob-east-1", "arn:aws-iso-b:iam::111122223333:role/a", "aws-iso-b", "us-isob-east-1"),
            ("us-iso-west-1", "arn:aws-iso:iam::111122223333:role/a", "aws-iso", "us-iso-east-1"),
            ("eusc-de-east-1", "arn:aws-eusc:iam::111122223333:role/a", "aws-eusc", "eusc-de-east-1"),
        ] {
            let found = Partition::of_region(region);
            assert_eq!((found.name, found.home, Partition::of_arn(arn)), (name, home, Some(found)), "{region}");
        }
        assert_eq!(Partition::of_arn("arn:aws-new:iam::111122223333:role/a"), None);
        assert_eq!(Partition::of_arn("somebody"), None);
    }
}
