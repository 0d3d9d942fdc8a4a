//! Those who can affect key material: third parties, and the people who hold or use keys.

use diagnose::{Cadence, Decode, Id, Located, Node, Reporter, entries, record};
use model::Date;
use schemars::JsonSchema;

use crate::declared::Review;
use crate::ids::{RequirementId, StandardId};

record! {
    /// Someone else who can affect key material.
    pub struct ThirdParty ("third party") {
        required {
            /// Short name.
            id: Located<Id>,
            /// What it does for the system: `cloud`, `qsp`, `vendor`, any word.
            role: Located<Id>,
        }
        optional {
            /// Threats in which it stands.
            in_threats: Vec<Located<Id>>,
            /// Its own certificate.
            certificate: Option<Certificate>,
            /// Requirements that it meets in the entity's stead.
            covers: Vec<Located<RequirementId>>,
            /// Keys of the inventory that it holds a part of, can use, or can keep from being used.
            keys: Vec<Located<Id>>,
            /// When it was last reviewed.
            reviewed: Option<Located<Date>>,
            /// How often it is reviewed.
            review_every: Option<Located<Cadence>>,
            /// The reviews that were made, with what was looked at.
            reviews: Vec<Review>,
            /// What it is called where it is found.
            seen_as: Option<SeenAs>,
        }
    }
}

record! {
    /// What somebody else is called where targets name them. Each name stands in one such list of the declaration only.
    pub struct SeenAs ("list of names at targets") {
        required {
        }
        optional {
            /// Accounts of AWS: twelve digits.
            accounts: Vec<Located<String>>,
            /// Organisations of AWS: `o-a1b2c3d4e5`.
            organizations: Vec<Located<String>>,
            /// Identity providers: the URL of an issuer of tokens, or the ARN of a SAML provider.
            issuers: Vec<Located<String>>,
            /// Tenants of issuers that many share: `github/other-org`.
            tenants: Vec<Located<String>>,
            /// Slugs of GitHub Apps.
            apps: Vec<Located<String>>,
            /// Logins of outside collaborators at GitHub.
            collaborators: Vec<Located<String>>,
            /// Hosts that webhooks go to; `*.example.com` stands for all below it.
            hosts: Vec<Located<String>>,
            /// Clouds that targets are in: `aws`, `github`. A third party whose id is that word needs none.
            clouds: Vec<Located<String>>,
        }
    }
}

impl SeenAs {
    /// Each name with the word for what it is, singular: `account`, `organization`, `issuer`, `tenant`, `app`, `collaborator`, `host`, `cloud`;
    /// by word and in the order declared.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, &Located<String>)> {
        [
            ("account", &self.accounts),
            ("organization", &self.organizations),
            ("issuer", &self.issuers),
            ("tenant", &self.tenants),
            ("app", &self.apps),
            ("collaborator", &self.collaborators),
            ("host", &self.hosts),
            ("cloud", &self.clouds),
        ]
        .into_iter()
        .flat_map(|(word, names)| names.iter().map(move |name| (word, name)))
    }
}

record! {
    /// A third party's certificate.
    pub struct Certificate ("certificate") {
        required {
            /// Standard and version.
            standard: Located<StandardId>,
            /// The certified system.
            system: Located<String>,
            /// Its level.
            level: Located<u32>,
            /// Its last day.
            expires: Located<Date>,
        }
        optional {
            /// The requirements that it covers; without them all of its standard and level.
            covers: Vec<Located<RequirementId>>,
        }
    }
}

record! {
    /// A person who holds or uses keys, and who that person is at the targets.
    pub struct KeyHolder ("key holder") {
        required {
            /// Short name; not the person's name.
            id: Located<Id>,
        }
        optional {
            /// For each target the identities there.
            identities: Identities,
            /// When the duties were acknowledged in writing.
            acknowledged: Option<Located<Date>>,
            /// When the person was last trained.
            trained: Option<Located<Date>>,
            /// How often they are trained.
            train_every: Option<Located<Cadence>>,
            /// Roles that the person has.
            roles: Vec<Located<Id>>,
            /// The last day on which they had any duty here.
            left: Option<Located<Date>>,
        }
    }
}

record! {
    /// A role of people: what somebody may decide or does for the system.
    pub struct Role ("role") {
        required {
            /// Short name.
            id: Located<Id>,
            /// As it is called: `Chief Executive Officer`.
            title: Located<String>,
        }
        optional {
            /// Whether it belongs to executive management, which alone accepts residual risk.
            executive: Option<Located<bool>>,
        }
    }
}

/// For each target the identities a person has there.
#[derive(Clone, Debug, Default)]
pub struct Identities {
    pub by_target: Vec<(Located<String>, Vec<Located<String>>)>,
}

impl Decode for Identities {
    fn decode(node: &Node, reporter: &mut Reporter<'_>) -> Self {
        let members = entries(node, reporter).unwrap_or_default();
        Self { by_target: members.iter().map(|e| (e.key.clone(), Decode::decode(&e.value, reporter))).collect() }
    }
}

impl JsonSchema for Identities {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Identities".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } })
    }
}
