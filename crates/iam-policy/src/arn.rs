//! What ARNs, accounts and names of services denote, in every partition of AWS.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

/// What names of services end in, by partition. The first one is the name that parameters are written with.
/// Source: `dnsSuffix` in <https://github.com/boto/botocore/blob/develop/botocore/data/partitions.json>
const SERVICE_SUFFIXES: [&str; 8] = [
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
    ".aws.internal",
];

/// The six fields of `arn:partition:service:region:account:resource`; the resource may hold further colons.
#[must_use]
pub fn fields(arn: &str) -> Option<[&str; 6]> {
    let mut parts = arn.splitn(6, ':');
    let fields = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    (fields[0] == "arn").then_some(fields)
}

/// Twelve digits.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The account in an ARN's fifth field.
#[must_use]
pub fn account(arn: &str) -> Option<&str> {
    fields(arn).map(|f| f[4]).filter(|account| is_account(account))
}

/// Whether a text names a service of AWS. An ARN names none, whatever it ends in.
#[must_use]
pub fn is_service(name: &str) -> bool {
    !name.contains([':', '/', '*', '?', '@'])
        && SERVICE_SUFFIXES.iter().any(|s| name.len() > s.len() && name.ends_with(s))
}

/// The names under which a service may be declared: as written, in the words of the partition `aws`, and that without a region.
#[must_use]
pub fn service_names(name: &str) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    let mut add = |name: String| {
        if !names.contains(&name) {
            names.push(name);
        }
    };
    let Some(bare) = SERVICE_SUFFIXES.iter().filter_map(|s| name.strip_suffix(s)).min_by_key(|bare| bare.len()) else {
        return names;
    };
    add(format!("{bare}.amazonaws.com"));
    if let Some((service, region)) = bare.rsplit_once('.')
        && is_region(region)
    {
        add(format!("{service}.amazonaws.com"));
    }
    names
}

/// `eu-west-1`, `us-gov-east-1`.
fn is_region(text: &str) -> bool {
    let mut parts = text.rsplit('-');
    let number = parts.next().unwrap_or_default();
    number.len() == 1
        && number.bytes().all(|b| b.is_ascii_digit())
        && parts.clone().count() >= 2
        && parts.all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase()))
}

/// What AWS shows in place of the ARN of a user, role or group that was deleted.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-prefixes>
#[must_use]
pub fn is_unique_id(text: &str) -> bool {
    text.len() >= 16
        && ["AIDA", "AROA", "AGPA", "ANPA"].iter().any(|p| text.starts_with(p))
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
