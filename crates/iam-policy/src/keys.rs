//! What a condition key says of a caller, and who sets it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

/// What a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// AWS sets it to the caller's account, ARN, organisation.
    Caller(Names),
    /// A service that acts on somebody's behalf sets it: no other caller has it.
    Source(Names),
    /// Whether the caller is a service: `aws:PrincipalIsAWSService`.
    IsService,
    /// Which service the caller is.
    ServiceName,
    /// What the caller chooses, or anybody can arrange: says nothing of whose they are.
    Chosen,
    /// What time it is.
    Time,
    /// Not known here: it may say anything.
    Unknown,
}

/// What the values of a key name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    Account,
    Arn,
    Organization,
    /// `o-…/r-…/ou-…/`
    OrganizationPath,
}

/// Set by AWS for whoever calls.
const CALLER: [(&str, Names); 5] = [
    ("aws:principalaccount", Names::Account),
    ("aws:principalarn", Names::Arn),
    ("aws:principalorgid", Names::Organization),
    ("aws:principalorgpaths", Names::OrganizationPath),
    ("kms:calleraccount", Names::Account),
];

/// Set by services only, when they call directly on behalf of a resource. The page above says so of `aws:SourceAccount` and `aws:SourceArn`; AWS'
/// guides recommend all four for what is granted to a service, and for nothing else:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html>. `docs/policies.md` has what was read of each.
const SOURCE: [(&str, Names); 4] = [
    ("aws:sourceaccount", Names::Account),
    ("aws:sourcearn", Names::Arn),
    ("aws:sourceorgid", Names::Organization),
    ("aws:sourceorgpaths", Names::OrganizationPath),
];

/// Encryption contexts that a service gives itself when it is the principal, each the ARN of the resource on whose behalf it calls. Others, such as
/// `aws:dynamodb:subscriberId`, come with calls that carry the customer's credentials.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>,
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html>,
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
const CONTEXTS_OF_SERVICES: [&str; 3] = ["aws:cloudtrail:arn", "aws:logs:arn", "aws:sns:topicarn"];

/// Chosen by the caller, arranged by the caller's own account, or of the request and the resource in place of the caller.
/// A second factor, tags, a name and a type say nothing of whose account it is: that account's own administrators give them.
/// `aws:SourceOwner` is among them because AWS does not document who sets it, and said that it will not
/// (<https://github.com/awsdocs/iam-user-guide/issues/111>): the policy that SNS gives a new topic expects it of people.
const CHOSEN: [&str; 42] = [
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:securetransport",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:username",
    "aws:viaawsservice",
    "kms:bypasspolicylockoutsafetycheck",
    "kms:customermasterkeyspec",
    "kms:customermasterkeyusage",
    "kms:encryptionalgorithm",
    "kms:encryptioncontextkeys",
    "kms:expirationmodel",
    "kms:grantconstrainttype",
    "kms:grantisforawsresource",
    "kms:grantoperations",
    "kms:granteeprincipal",
    "kms:keyorigin",
    "kms:keyspec",
    "kms:keyusage",
    "kms:messagetype",
    "kms:multiregion",
    "kms:requestalias",
    "kms:resourcealiases",
    "kms:signingalgorithm",
    "kms:viaservice",
    "sts:externalid",
    "sts:rolesessionname",
    "sts:sourceidentity",
];

/// The same, by what they begin with.
const CHOSEN_PREFIXES: [&str; 8] = [
    "aws:principaltag/",
    "aws:requesttag/",
    "aws:resourcetag/",
    "kms:encryptioncontext:",
    "s3:existingobjecttag/",
    "s3:requestobjecttag",
    "s3:x-amz-",
    "sts:transitivetagkeys",
];

/// Further keys of S3 that describe the request. Keys of access points are not among them: those decide by policies of their own.
const CHOSEN_OF_S3: [&str; 12] = [
    "s3:authtype",
    "s3:delimiter",
    "s3:if-match",
    "s3:if-none-match",
    "s3:locationconstraint",
    "s3:max-keys",
    "s3:object-lock-mode",
    "s3:object-lock-remaining-retention-days",
    "s3:prefix",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:tlsversion",
];

/// Keys with several values, for which an operator without `ForAnyValue` or `ForAllValues` is not documented.
const LISTS: [&str; 8] = [
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "kms:encryptioncontextkeys",
    "kms:grantoperations",
];

/// Whether a key has several values.
#[must_use]
pub fn is_list(key: &str) -> bool {
    LISTS.contains(&key)
}

/// What a key says. `of_service`: the caller is known to be a service, whose encryption context nobody else chooses.
#[must_use]
pub fn meaning(key: &str, of_service: bool) -> Key {
    let named =
        |table: &[(&str, Names)], key: &str| table.iter().find(|(name, _)| *name == key).map(|(_, names)| *names);
    if let Some(names) = named(&CALLER, key) {
        return Key::Caller(names);
    }
    if let Some(names) = named(&SOURCE, key) {
        return Key::Source(names);
    }
    if of_service && let Some(context) = key.strip_prefix("kms:encryptioncontext:") {
        return if CONTEXTS_OF_SERVICES.contains(&context) { Key::Source(Names::Arn) } else { Key::Unknown };
    }
    match key {
        "aws:principalisawsservice" => Key::IsService,
        "aws:principalservicename" | "aws:principalservicenameslist" => Key::ServiceName,
        "aws:currenttime" | "aws:epochtime" => Key::Time,
        _ if CHOSEN.contains(&key) || CHOSEN_OF_S3.contains(&key) => Key::Chosen,
        _ if CHOSEN_PREFIXES.iter().any(|p| key.starts_with(p)) => Key::Chosen,
        _ => Key::Unknown,
    }
}
