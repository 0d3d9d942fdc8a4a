//! Who can be named in a binding, under one name in every one of them.

use crate::rules::Named;

/// A subject, named so that the same one has the same name in every binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    User(String),
    Group(String),
    ServiceAccount { namespace: String, name: String },
}

impl Subject {
    /// The subject that a binding of this namespace means; `None` where it means nobody.
    #[must_use]
    pub fn of(named: &Named, namespace: Option<&str>) -> Option<Self> {
        match named.kind.as_str() {
            "User" => {
                Some(match named.name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':')) {
                    Some((namespace, name)) => {
                        Self::ServiceAccount { namespace: namespace.to_owned(), name: name.to_owned() }
                    }
                    None => Self::User(named.name.clone()),
                })
            }
            "Group" => Some(Self::Group(named.name.clone())),
            "ServiceAccount" => {
                Some(Self::ServiceAccount { namespace: namespace?.to_owned(), name: named.name.clone() })
            }
            _ => None,
        }
    }

    /// The subject that a user's name is.
    #[must_use]
    pub fn user(name: &str) -> Option<Self> {
        Self::of(&Named { kind: "User".to_owned(), name: name.to_owned(), namespace: None }, None)
    }

    /// `User/name`, `Group/name`, `ServiceAccount/namespace/name`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::User(name) => format!("User/{name}"),
            Self::Group(name) => format!("Group/{name}"),
            Self::ServiceAccount { namespace, name } => format!("ServiceAccount/{namespace}/{name}"),
        }
    }

    /// The groups that every such subject, or every member of such a group, is in. What else authentication adds, no object of the cluster shows.
    #[must_use]
    pub fn groups(&self) -> Vec<String> {
        match self {
            Self::User(name) if name == "system:anonymous" => vec!["system:unauthenticated".to_owned()],
            Self::User(_) => vec!["system:authenticated".to_owned()],
            Self::Group(name) => {
                let mut groups = Vec::new();
                if name.starts_with("system:serviceaccounts:") {
                    groups.push("system:serviceaccounts".to_owned());
                }
                // Whoever is in any other group was authenticated.
                if name != "system:authenticated" && name != "system:unauthenticated" {
                    groups.push("system:authenticated".to_owned());
                }
                groups
            }
            Self::ServiceAccount { namespace, .. } => vec![
                "system:serviceaccounts".to_owned(),
                format!("system:serviceaccounts:{namespace}"),
                "system:authenticated".to_owned(),
            ],
        }
    }
}
