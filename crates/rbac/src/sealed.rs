//! What a bundle holds of one cluster, taken resource by resource.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};

use crate::access::{AccessEntry, Described};
use crate::resource::{ACCESS_ENTRY, BINDING, CLUSTER, ROLE, SERVICE_ACCOUNT};
use crate::rules::{Binding, Named, Rbac, RoleKey, RoleRef, Rule};

/// The RBAC of one cluster, as its resources say it.
#[derive(Clone, Debug, Default)]
pub struct Sealed {
    pub rbac: Rbac,
    /// `namespace/name` of every service account.
    pub accounts: BTreeSet<String>,
    pub entries: Vec<AccessEntry>,
    pub described: Option<Described>,
    /// `gitVersion` of the API server.
    pub version: Option<String>,
    /// Resources that could not be taken, by kind and id, with the reason: a part of them was not read, or is of another form.
    pub unread: BTreeMap<(String, String), String>,
}

#[derive(Deserialize)]
struct RoleFacts {
    #[serde(deserialize_with = "or_null")]
    namespace: Option<String>,
    name: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct BindingFacts {
    #[serde(deserialize_with = "or_null")]
    namespace: Option<String>,
    name: String,
    role: RoleRef,
    subjects: Vec<Named>,
}

#[derive(Deserialize)]
struct AccountFacts {
    namespace: String,
    name: String,
}

#[derive(Deserialize)]
struct ClusterFacts {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    eks: Option<Described>,
}

impl Sealed {
    /// The kinds that are taken.
    pub const KINDS: [&'static str; 5] = [CLUSTER, SERVICE_ACCOUNT, ROLE, BINDING, ACCESS_ENTRY];

    /// A resource; `facts` is its JSON object.
    pub fn take(&mut self, kind: &str, id: &str, facts: &str) {
        if let Err(problem) = self.taken(kind, facts) {
            self.unread.insert((kind.to_owned(), id.to_owned()), problem.to_string());
        }
    }

    fn taken(&mut self, kind: &str, facts: &str) -> serde_json::Result<()> {
        match kind {
            ROLE => {
                let RoleFacts { namespace, name, rules } = serde_json::from_str(facts)?;
                self.rbac.roles.insert((namespace, name), rules);
            }
            BINDING => {
                let BindingFacts { namespace, name, role, subjects } = serde_json::from_str(facts)?;
                self.rbac.bindings.push(Binding { namespace, name, role, subjects });
            }
            SERVICE_ACCOUNT => {
                let AccountFacts { namespace, name } = serde_json::from_str(facts)?;
                self.accounts.insert(format!("{namespace}/{name}"));
            }
            CLUSTER => {
                let ClusterFacts { version, eks } = serde_json::from_str(facts)?;
                (self.version, self.described) = (version, eks);
            }
            ACCESS_ENTRY => self.entries.push(serde_json::from_str(facts)?),
            _ => {}
        }
        Ok(())
    }
}

/// The id under which a role is sealed.
#[must_use]
pub fn role_id((namespace, name): &RoleKey) -> String {
    match namespace {
        Some(namespace) => format!("Role/{namespace}/{name}"),
        None => format!("ClusterRole/{name}"),
    }
}

/// A member that has to be there, and may be `null`.
fn or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(deserializer)
}
