//! Whether answers came from the source itself. What came from elsewhere makes the run a rehearsal.

use std::collections::{BTreeMap, BTreeSet};

use sdk::AlsoAsks;

use crate::collect::Job;
use crate::spool::Recorded;

/// What a collector says of its source: host names that are its own, and the calls whose answers are evidence.
pub(crate) struct Own {
    names: Vec<String>,
    also: Vec<AlsoAsks>,
    operations: BTreeSet<String>,
}

/// What the collectors of these jobs say of their sources, by the collectors' names.
pub(crate) fn own_endpoints(jobs: &[Job]) -> BTreeMap<String, Own> {
    jobs.iter()
        .map(|job| job.kind.descriptor())
        .map(|descriptor| {
            let operations = descriptor.rights.into_iter().map(|right| right.name).collect();
            (descriptor.name, Own { names: descriptor.endpoints, also: descriptor.also, operations })
        })
        .collect()
}

/// Whether some answer that is evidence came from elsewhere than the source's own names over TLS.
pub(crate) fn foreign_endpoint(recorded: &Recorded, own: &BTreeMap<String, Own>) -> bool {
    recorded.asked().any(|asked| {
        let Some(source) = own.get(asked.collector) else {
            return true;
        };
        // Where credentials come from (a metadata service over plain HTTP, single sign-on) says nothing of the target.
        // An exchange without an answer proves nothing about the source and vouches for nothing.
        source.operations.contains(asked.operation)
            && asked.answered
            && !is_own(asked.endpoint, asked.over_tls, source.names_for(asked.operation))
    })
}

impl Own {
    fn names_for(&self, operation: &str) -> &[String] {
        let beside = self.also.iter().find(|also| operation.starts_with(&also.operations));
        beside.map_or(&self.names, |also| &also.endpoints)
    }
}

fn is_own(endpoint: &str, over_tls: bool, names: &[String]) -> bool {
    // What is on this machine is the source itself where its collector says so; no wildcard means it.
    if endpoint.starts_with("local:") {
        return names.iter().any(|name| name == endpoint);
    }
    let Some(rest) = endpoint.strip_prefix("https://") else {
        return false;
    };
    // An address in brackets has colons of its own, with or without a port behind it.
    let host = match rest.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address,
        None => rest.rsplit_once(':').map_or(rest, |(host, _)| host),
    };
    over_tls
        && names.iter().any(|name| {
            let any = name == "*" && !is_this_machine(host);
            any || host == name || host.strip_suffix(name.as_str()).is_some_and(|front| front.ends_with('.'))
        })
}

/// Whether a host, as it is in an address without brackets, is this machine. The unspecified address leads here too.
fn is_this_machine(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_this_machine_is_named_in_full() {
        let names = |name: &str| vec![name.to_owned()];
        assert!(is_own("local:pkcs11", false, &names("local:pkcs11")));
        assert!(!is_own("local:pkcs11", false, &names("*")));
        assert!(!is_own("local:pkcs11", false, &names("local:openssh")));
        assert!(!is_own("https://local:pkcs11", true, &names("local:pkcs11")));
    }

    #[test]
    fn only_the_sources_own_names_over_tls_are_its_own() {
        let names = vec!["amazonaws.com".to_owned()];
        assert!(is_own("https://kms.eu-west-1.amazonaws.com:443", true, &names));
        assert!(is_own("https://vpce-1.kms.eu-west-1.vpce.amazonaws.com", true, &names));
        for (endpoint, tls) in [
            ("http://kms.eu-west-1.amazonaws.com", false),
            ("https://kms.eu-west-1.amazonaws.com", false),
            ("https://amazonaws.com.example.org", true),
            ("https://notamazonaws.com", true),
            ("https://127.0.0.1:4566", true),
        ] {
            assert!(!is_own(endpoint, tls, &names), "{endpoint}");
        }
    }

    #[test]
    fn what_is_asked_of_another_source_is_answered_under_its_names() {
        let aws = vec!["amazonaws.com".to_owned()];
        let own = Own {
            names: vec!["*".to_owned()],
            also: vec![AlsoAsks { setting: "eks".to_owned(), operations: "eks:".to_owned(), endpoints: aws.clone() }],
            operations: BTreeSet::new(),
        };
        assert_eq!(own.names_for("eks:ListAccessEntries"), aws);
        assert_eq!(own.names_for("list namespaces"), ["*"]);
    }

    #[test]
    fn a_source_without_a_name_is_anywhere_but_here() {
        let names = vec!["*".to_owned()];
        assert!(is_own("https://10.0.0.1:6443", true, &names));
        assert!(is_own("https://[fd00::1]:6443", true, &names));
        assert!(is_own("https://cluster.example.org", true, &names));
        for (endpoint, tls) in [
            ("http://10.0.0.1:6443", false),
            ("https://10.0.0.1:6443", false),
            ("https://127.0.0.1:6443", true),
            ("https://[::1]:6443", true),
            ("https://localhost:6443", true),
            ("https://[::1]", true),
            ("https://[::ffff:127.0.0.1]:6443", true),
            ("https://[::]:6443", true),
            ("https://0.0.0.0:6443", true),
            ("https://LOCALHOST.:6443", true),
            ("https://api.localhost:6443", true),
        ] {
            assert!(!is_own(endpoint, tls, &names), "{endpoint}");
        }
    }
}
