//! Whom a statement lets in, apart from what anybody declared to be inside.
//!
//! A statement with conditions lets in who fits its principal *and* every condition. Each condition that is understood as
//! saying who comes gives a bound: everyone let in is one of the bound's parties. If the parties of one bound are all inside,
//! nobody outside is let in, whatever the other bounds say. That is a comparison of sets, and all that a check does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one principal of an allowing statement comes to, with the policy's denying statements weighed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetIn {
    /// The place in `principals`, counted from 0. Absent for `NotPrincipal`: one answer stands for everyone else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<usize>,
    /// A sentence that is true of the statement, whatever is inside: `everyone is allowed, where IpAddress aws:sourceip "203.0.113.0/24"`.
    pub sentence: String,
    /// Why the statement lets in nobody by this principal. Absent where it lets in somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nobody: Option<String>,
    /// Everyone let in is one of the parties of each of these.
    pub bounds: Vec<Bound>,
    /// What may narrow it further and is not understood, in the policy's words. With any of these, what is not bounded is undetermined.
    pub unclear: Vec<String>,
    /// The statement demands an exact `sts:ExternalId`. The caller gives it, so that it bounds nobody; it says which customer they act for.
    pub external_id: bool,
    /// The statement lets nobody in from this moment on, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// A set of parties that holds everyone whom a statement lets in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// What bounds: `the principal`, or the condition in the policy's words.
    pub by: String,
    pub parties: Vec<Party>,
}

/// Somebody, in words that can be compared with what is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    pub kind: PartyKind,
    /// The party is inside if any of these is declared: an account's number; an organisation's id; a service as written, and without partition
    /// and region; a tenant's name, its id, and the paths below it.
    pub names: Vec<String>,
    /// Names are compared without regard to case: the issuer has no two tenants that differ in it alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_case: bool,
    /// For kinds of identity providers: the name under which tenants are declared, `gitlab` or the issuer itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The account in which the identity provider is registered. Absent for providers that AWS has built in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// What a party is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// People and programs of an account; or a service that acts on behalf of it.
    Account,
    /// The account that owns the resource.
    Owner,
    Organization,
    /// A service of AWS, on behalf of anybody.
    Service,
    /// Any service of AWS, on behalf of anybody.
    AnyService,
    /// The people of a SAML provider.
    SamlProvider,
    /// A tenant of an issuer of tokens that many share.
    Tenant,
    /// A cluster, or another issuer that is of one tenant alone by its name.
    Cluster,
    /// One exact subject of an issuer, or somebody's code that others may run: whose it is can only be declared.
    Subject,
    /// Everyone to whom an issuer that is not known gives tokens. The issuer as a whole can be declared.
    Issuer,
    /// Callers of whatever account, organisation or tenant: never inside.
    Anyone,
}

impl Party {
    pub(crate) fn new(kind: PartyKind, name: impl Into<String>) -> Self {
        Self { kind, names: vec![name.into()], ignore_case: false, issuer: None, account: None }
    }

    /// In the words of a sentence.
    #[must_use]
    pub fn words(&self) -> String {
        let name = self.names.first().map_or("", String::as_str);
        let issuer = self.issuer.as_deref().unwrap_or_default();
        match self.kind {
            PartyKind::Account => format!("account {name}"),
            PartyKind::Owner => "the resource's own account".to_owned(),
            PartyKind::Organization => format!("organisation {name}"),
            PartyKind::Service => format!("{name} on behalf of any account"),
            PartyKind::AnyService => "any service of AWS on behalf of any account".to_owned(),
            PartyKind::SamlProvider => format!("the people of {name}"),
            PartyKind::Tenant => format!("`{name}` of {issuer}"),
            PartyKind::Cluster => format!("workloads of {name}"),
            PartyKind::Subject => format!("`{name}` of {issuer}"),
            PartyKind::Issuer => format!("everyone to whom {name} issues a token"),
            PartyKind::Anyone => name.to_owned(),
        }
    }
}
