//! The collectors that are built into our program, by name, and how their sources are named: whoever verifies knows them, and has none of them.

use std::collections::HashMap;
use std::sync::LazyLock;

use model::origin;
use model::record::{JOINED, OWN_CONTROL};

/// A collector that is built in.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The collector's name.
    pub name: &'static str,
    own: Names,
    /// Sources that it asks beside its own, by how these operations begin.
    also: &'static [(&'static str, Names)],
}

/// How the endpoints of a source are named.
#[derive(Clone, Copy, Debug)]
enum Names {
    /// Those of these services of AWS.
    Aws(&'static [&'static str]),
    /// These, in the form of [`origin::foreign`].
    These(&'static [&'static str]),
    /// It has no names of its own: its owner chose them.
    Any,
}

const fn aws(name: &'static str, services: &'static [&'static str]) -> Source {
    Source { name, own: Names::Aws(services), also: &[] }
}

/// All of them.
pub const SOURCES: [Source; 9] = [
    aws("aws-cloudhsm", &["cloudhsmv2", "account", "sts"]),
    aws("aws-cloudtrail", &["cloudtrail", "account", "sts"]),
    aws("aws-iam", &["iam", "account", "sts"]),
    aws("aws-kms", &["kms", "account", "sts"]),
    aws("aws-organizations", &["organizations", "account", "sts"]),
    aws("aws-s3", &["s3", "s3-control", "account", "sts"]),
    Source { name: "github", own: Names::These(&["api.github.com", "api.{name}.ghe.com"]), also: &[] },
    Source {
        name: "kubernetes-rbac",
        own: Names::Any,
        also: &[("eks:", Names::Aws(&["eks"])), ("sts:", Names::Aws(&["sts"]))],
    },
    Source { name: "pkcs11", own: Names::These(&["local:pkcs11"]), also: &[] },
];

/// The same with all names written out, by the collector's name.
static WRITTEN_OUT: LazyLock<HashMap<&str, Written>> =
    LazyLock::new(|| SOURCES.iter().map(|source| (source.name, Written::of(source))).collect());

struct Written {
    own: Vec<String>,
    also: Vec<(&'static str, Vec<String>)>,
}

impl Written {
    fn of(source: &Source) -> Self {
        Self { own: source.endpoints(), also: source.also() }
    }
}

impl Names {
    fn written_out(self) -> Vec<String> {
        match self {
            Self::Aws(services) => origin::aws_names(services),
            Self::These(names) => names.iter().map(|name| (*name).to_owned()).collect(),
            Self::Any => vec!["*".to_owned()],
        }
    }
}

impl Source {
    /// Whether its source has names of its own on the network, so that another endpoint is worth a mark.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        !matches!(self.own, Names::Any)
    }

    /// How the endpoints of its source are named, in the form of [`origin::foreign`].
    #[must_use]
    pub fn endpoints(&self) -> Vec<String> {
        self.own.written_out()
    }

    /// The same of what it asks beside its own source, by how these operations begin.
    #[must_use]
    pub fn also(&self) -> Vec<(&'static str, Vec<String>)> {
        self.also.iter().map(|(begins, names)| (*begins, names.written_out())).collect()
    }
}

/// Whether what this collector records comes from this program: it is built in, or it is what is declared and what is joined.
#[must_use]
pub fn is_built_in(collector: &str) -> bool {
    [OWN_CONTROL, JOINED].contains(&collector) || SOURCES.iter().any(|source| source.name == collector)
}

/// Whether a built-in collector asked this at an endpoint that is none of those that its source has. Of a source without names of its own nobody can say.
#[must_use]
pub fn asked_elsewhere(collector: &str, operation: &str, endpoint: &str) -> bool {
    let Some(source) = WRITTEN_OUT.get(collector) else { return false };
    let beside = source.also.iter().find(|(begins, _)| operation.starts_with(begins));
    let names = beside.map_or(&source.own, |(_, names)| names);
    // Its certificates, and whether they are pinned, are another question.
    !names.iter().any(|name| name == "*") && origin::foreign(endpoint, true, false, names).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_known_by_its_own_names() {
        for (collector, operation, endpoint, elsewhere) in [
            ("aws-kms", "kms:GetKeyPolicy", "https://kms.eu-west-1.amazonaws.com", false),
            ("aws-kms", "sts:GetCallerIdentity", "https://sts.amazonaws.com", false),
            ("aws-kms", "kms:GetKeyPolicy", "https://kms.eu-west-1.amazonaws.com.evil.example", true),
            ("aws-kms", "kms:GetKeyPolicy", "https://iam.amazonaws.com", true),
            ("aws-kms", "kms:GetKeyPolicy", "http://kms.eu-west-1.amazonaws.com", true),
            ("aws-kms", "kms:GetKeyPolicy", "local:pkcs11", true),
            ("github", "list members", "https://api.github.com", false),
            ("github", "list members", "https://api.northbank.ghe.com", false),
            ("github", "list members", "https://github.example", true),
            ("pkcs11", "C_GetInfo", "local:pkcs11", false),
            ("pkcs11", "C_GetInfo", "https://hsm.example", true),
            ("kubernetes-rbac", "list roles", "https://10.0.0.1:6443", false),
            ("kubernetes-rbac", "eks:ListAccessEntries", "https://10.0.0.1:6443", true),
            ("kubernetes-rbac", "eks:ListAccessEntries", "https://eks.eu-west-1.amazonaws.com", false),
            ("of-somebody", "list", "https://evil.example", false),
        ] {
            assert_eq!(
                asked_elsewhere(collector, operation, endpoint),
                elsewhere,
                "{collector} {operation} {endpoint}"
            );
        }
    }
}
