//! What `init` saw that a declaration can name, and that only a person can say is right: whom an account lets in from outside, who
//! holds what in a cluster.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Places that are named for one thing.
const PLACES: usize = 4;

/// What was seen, by target.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<String, BTreeMap<What, BTreeMap<String, BTreeSet<String>>>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    ForeignAccount,
    Organisation,
    Issuer,
    GithubOwner,
    Bucket,
    Authorizers,
    Sensitive,
}

impl What {
    const fn heading(self) -> &'static str {
        match self {
            Self::ForeignAccount => "AWS accounts beside this one that policies name",
            Self::Organisation => "AWS organisations that policies name",
            Self::Issuer => "issuers of identities that may become roles",
            Self::GithubOwner => "owners of GitHub repositories that policies name",
            Self::Bucket => {
                "buckets that trails deliver to: `aws-s3` reads those that its target names under `buckets`"
            }
            Self::Authorizers => "what decides beside RBAC, for `authorizers`",
            Self::Sensitive => "subjects with sensitive rights that Kubernetes itself does not give",
        }
    }
}

impl What {
    const fn singular(self) -> &'static str {
        match self {
            Self::ForeignAccount => "the account",
            Self::Organisation => "the organisation",
            Self::Issuer => "the issuer",
            Self::GithubOwner => "the owner of repositories",
            Self::Bucket => "the bucket",
            Self::Authorizers => "what decides beside RBAC:",
            Self::Sensitive => "the subject",
        }
    }

    /// A word for somebody outside who is let in.
    const fn outsider(self) -> Option<&'static str> {
        match self {
            Self::ForeignAccount => Some("account"),
            Self::Organisation => Some("organisation"),
            Self::Issuer => Some("issuer"),
            Self::GithubOwner => Some("github"),
            Self::Bucket | Self::Authorizers | Self::Sensitive => None,
        }
    }
}

impl Seen {
    /// Looks at one thing that was read. `account`: the target's own, where it has one.
    pub fn look(&mut self, target: &str, kind: &str, id: &str, facts: &Value, account: Option<&str>) {
        let place = format!("{} {id}", kind.rsplit('/').next().unwrap_or(kind));
        match kind {
            "kubernetes-rbac/subject" => self.subject(target, id, facts),
            "kubernetes-rbac/cluster" => self.cluster(target, facts),
            "aws-cloudtrail/trail" => {
                if let Some(bucket) = facts.get("bucket").and_then(Value::as_str) {
                    self.add(target, What::Bucket, bucket, &place);
                }
            }
            "aws-iam/oidc-provider" | "aws-iam/saml-provider" => {
                let issuer = id.split_once("-provider/").map_or(id, |(_, issuer)| issuer);
                self.add(target, What::Issuer, issuer, &place);
            }
            _ => {}
        }
        if kind.starts_with("aws-") {
            self.texts(target, facts, &place, account);
        }
    }

    /// Every text of a policy, wherever it stands in the facts.
    fn texts(&mut self, target: &str, facts: &Value, place: &str, account: Option<&str>) {
        match facts {
            Value::String(text) => {
                let own = |found: &&str| Some(*found) != account;
                if let Some(found) = account_of(text).filter(own) {
                    self.add(target, What::ForeignAccount, found, place);
                }
                if is_organisation(text) {
                    self.add(target, What::Organisation, text, place);
                }
                let owner = text.strip_prefix("repo:").and_then(|rest| rest.split_once('/')).map(|(owner, _)| owner);
                if let Some(owner) = owner {
                    self.add(target, What::GithubOwner, owner, place);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.texts(target, item, place, account)),
            Value::Object(members) => {
                // The document as it was sent says all of it once more.
                let parsed = members.contains_key("statements");
                // A principal: the account that its value names, by an ARN or as a number.
                let named = members.get("account").filter(|_| members.contains_key("form")).and_then(Value::as_str);
                if let Some(found) = named.filter(|found| is_account(found) && Some(*found) != account) {
                    self.add(target, What::ForeignAccount, found, place);
                }
                for (_, member) in members.iter().filter(|(name, _)| !(parsed && *name == "text")) {
                    self.texts(target, member, place, account);
                }
            }
            _ => {}
        }
    }

    /// No object names the authorizers: what the API server says of them is a hint.
    fn cluster(&mut self, target: &str, facts: &Value) {
        let word = match facts.get("rules_review_incomplete").and_then(Value::as_bool) {
            Some(true) => "another authorizer whose rules cannot be listed (`Webhook`, or the provider's own): name it",
            Some(false) => "none whose rules cannot be listed: `[Node, RBAC]`, if the API server is started so",
            None => return,
        };
        self.add(target, What::Authorizers, "SelfSubjectRulesReview", word);
    }

    fn subject(&mut self, target: &str, id: &str, facts: &Value) {
        let grants = facts.get("grants").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for grant in grants {
            let own = grant.get("built_in").and_then(Value::as_bool) == Some(true);
            let through = grant.get("via").and_then(Value::as_str);
            // What a group gives is said at the group.
            if own || through.is_some_and(|through| through != id) {
                continue;
            }
            if let Some(right) = grant.get("right").and_then(Value::as_str) {
                self.add(target, What::Sensitive, id, right);
            }
        }
    }

    /// Keeps what this is true of, asked with the target, what it is, and its name.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &str, &str) -> bool) {
        for (target, of_target) in &mut self.0 {
            for (what, things) in of_target.iter_mut() {
                things.retain(|value, _| keep(target, what.singular(), value));
            }
            of_target.retain(|_, things| !things.is_empty());
        }
        self.0.retain(|_, of_target| !of_target.is_empty());
    }

    fn add(&mut self, target: &str, what: What, value: &str, place: &str) {
        let of_target = self.0.entry(target.to_owned()).or_default();
        of_target.entry(what).or_default().entry(value.to_owned()).or_default().insert(place.to_owned());
    }

    /// Buckets that the trails of a target deliver to.
    pub fn buckets(&self, target: &str) -> impl Iterator<Item = &str> {
        let of_target = self.0.get(target).and_then(|seen| seen.get(&What::Bucket));
        of_target.into_iter().flat_map(|things| things.keys().map(String::as_str))
    }

    /// Who is let in from outside: a word for what they are, the target that lets them in, their name there, and where that stands.
    pub fn outsiders(&self) -> impl Iterator<Item = (&'static str, &str, &str, String)> {
        self.0.iter().flat_map(|(target, seen)| {
            seen.iter().filter_map(|(what, things)| what.outsider().map(|word| (word, things))).flat_map(
                move |(word, things)| {
                    things.iter().map(move |(value, places)| (word, target.as_str(), value.as_str(), listed(places)))
                },
            )
        })
    }

    /// For each target what was seen: a heading, and a line for each thing.
    pub fn lines(&self) -> impl Iterator<Item = (&str, Vec<(&'static str, Vec<String>)>)> {
        self.0.iter().map(|(target, seen)| {
            let groups = seen.iter().map(|(what, things)| (what.heading(), things.iter().map(line).collect()));
            (target.as_str(), groups.collect())
        })
    }
}

fn line((value, places): (&String, &BTreeSet<String>)) -> String {
    format!("{value}: {}", listed(places))
}

fn listed(places: &BTreeSet<String>) -> String {
    let mut text = places.iter().take(PLACES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if places.len() > PLACES {
        text.push_str(&format!(" and {} more", places.len() - PLACES));
    }
    text
}

/// The account of an ARN of somebody: `arn:aws:iam::444455556666:role/x`.
fn account_of(text: &str) -> Option<&str> {
    let mut parts = text.strip_prefix("arn:")?.split(':').skip(1);
    let (service, _, account) = (parts.next()?, parts.next()?, parts.next()?);
    (matches!(service, "iam" | "sts") && is_account(account)).then_some(account)
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `o-` and 10 to 32 letters and digits, as AWS Organizations gives them out.
fn is_organisation(text: &str) -> bool {
    let id = text.strip_prefix("o-").unwrap_or_default();
    (10..=32).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_lets_others_in_is_seen_where_it_stands() {
        let mut seen = Seen::default();
        let document = json!({
            "text": "arn:aws:iam::999999999999:root",
            "statements": [{
                "principals": [
                    {"type": "AWS", "form": "account", "value": "444455556666", "account": "444455556666"},
                    {"type": "AWS", "form": "role", "value": "arn:aws:iam::777788889999:role/x", "account": "777788889999"},
                    {"type": "AWS", "form": "account", "value": "111122223333", "account": "111122223333"},
                ],
                "conditions": [
                    {"key": "aws:principalorgid", "values": ["o-a1b2c3d4e5"]},
                    {"key": "token.actions.githubusercontent.com:sub", "values": ["repo:northbank/signer:*"]},
                ],
                "resources": ["arn:aws:kms:eu-west-1:222233334444:key/1"],
            }],
        });
        seen.look(
            "aws",
            "aws-kms/key",
            "key/1",
            &json!({"policy": document, "origin": "AWS_KMS"}),
            Some("111122223333"),
        );
        let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com";
        seen.look("aws", "aws-iam/oidc-provider", provider, &json!({}), Some("111122223333"));
        seen.look("aws", "aws-cloudtrail/trail", "trail/t", &json!({"bucket": "northbank-trail"}), None);
        seen.look("k", "kubernetes-rbac/cluster", "c", &json!({"rules_review_incomplete": true}), None);
        let grants = json!({"grants": [
            {"right": "read-secrets", "built_in": false}, {"right": "exec", "built_in": true},
            {"right": "read-secrets", "via": "Group/ops"},
        ]});
        seen.look("k", "kubernetes-rbac/subject", "User/jane", &grants, None);
        let all: Vec<(String, Vec<String>)> = seen
            .lines()
            .flat_map(|(target, groups)| {
                groups.into_iter().map(move |(heading, lines)| (format!("{target}: {heading}"), lines))
            })
            .collect();
        let expected = [
            (
                "aws: AWS accounts beside this one that policies name",
                vec!["444455556666: key key/1", "777788889999: key key/1"],
            ),
            ("aws: AWS organisations that policies name", vec!["o-a1b2c3d4e5: key key/1"]),
            (
                "aws: issuers of identities that may become roles",
                vec![
                    "token.actions.githubusercontent.com: oidc-provider arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
                ],
            ),
            ("aws: owners of GitHub repositories that policies name", vec!["northbank: key key/1"]),
            (
                "aws: buckets that trails deliver to: `aws-s3` reads those that its target names under `buckets`",
                vec!["northbank-trail: trail trail/t"],
            ),
            (
                "k: what decides beside RBAC, for `authorizers`",
                vec![
                    "SelfSubjectRulesReview: another authorizer whose rules cannot be listed (`Webhook`, or the provider's own): name it",
                ],
            ),
            ("k: subjects with sensitive rights that Kubernetes itself does not give", vec!["User/jane: read-secrets"]),
        ];
        let expected: Vec<(String, Vec<String>)> = expected
            .into_iter()
            .map(|(heading, lines)| (heading.to_owned(), lines.into_iter().map(str::to_owned).collect()))
            .collect();
        assert_eq!(all, expected);
    }
}
