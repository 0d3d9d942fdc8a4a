//! What of the way to a source is not the source's own: sealed, so that a reader sees who could have answered in its place.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

use http::Uri;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls_native_certs::CertificateResult;
use sdk::{Digest, variables};

/// Where systems keep the authorities that come with them: the list of Go's `crypto/x509` (root_linux.go, root_bsd.go).
const OF_THE_SYSTEM: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Scheme, host and port in lower case; the port is left out where it is the scheme's own.
#[must_use]
pub fn endpoint(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    match (scheme.as_str(), uri.port_u16()) {
        ("https", Some(443)) | ("http", Some(80)) | (_, None) => format!("{scheme}://{host}"),
        (_, Some(port)) => format!("{scheme}://{host}:{port}"),
    }
}

/// A proxy as it is sealed: with its port, and without credentials.
pub(crate) fn proxy(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    format!("{scheme}://{}:{port}", uri.host().unwrap_or_default().to_ascii_lowercase())
}

/// The authorities that this machine trusts.
pub(crate) struct Machine {
    pub(crate) roots: RootCertStore,
    /// The same as they were read: of these a declaration may pin some.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// Those that come with the system.
    pub(crate) system: BTreeSet<Digest>,
    /// The others, which `SSL_CERT_FILE` and `SSL_CERT_DIR` put in the place of the system's.
    pub(crate) foreign: BTreeSet<Digest>,
    /// Why there are none, or not all that were named: said wherever a peer is not trusted.
    pub(crate) problem: Option<String>,
}

/// Read once: a run makes a transport for each target. A machine without any can still reach sources of additional ones.
pub(crate) fn machine() -> &'static Machine {
    static MACHINE: OnceLock<Machine> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let named = variables(["SSL_CERT_FILE", "SSL_CERT_DIR"]);
        // As it is read below: a list of folders that names none counts as not set, a file that is named by nothing does not.
        let replaced = named.iter().any(|(name, value)| {
            name == "SSL_CERT_FILE" || std::env::split_paths(value).any(|folder| !folder.as_os_str().is_empty())
        });
        // Looks at the same variables, and at the system's own places only without them.
        Machine::of(rustls_native_certs::load_native_certs(), replaced)
    })
}

impl Machine {
    /// `replaced`: what was found is not what comes with the system.
    fn of(found: CertificateResult, replaced: bool) -> Self {
        let all = digests(&found.certs);
        let system = if replaced {
            let files = OF_THE_SYSTEM.iter().map(Path::new).filter(|file| file.is_file());
            files
                .flat_map(|file| digests(&rustls_native_certs::load_certs_from_paths(Some(file), None).certs))
                .collect()
        } else {
            all.clone()
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(found.certs.iter().cloned());
        let of = if replaced { "`SSL_CERT_FILE` and `SSL_CERT_DIR`" } else { "this machine" };
        // The system's own folder may hold what is no certificate; what somebody named is meant to hold nothing else.
        let unread = found.errors.first().filter(|_| replaced || roots.is_empty());
        let problem = match (roots.is_empty(), unread) {
            (true, None) => Some(format!("no certificate authority by {of}")),
            (true, Some(error)) => Some(format!("no certificate authority by {of}: {error}")),
            (false, Some(error)) => Some(format!("not all certificate authorities by {of} could be read: {error}")),
            (false, None) => None,
        };
        let foreign = all.difference(&system).copied().collect();
        Self { roots, certificates: found.certs, foreign, system, problem }
    }
}

/// Digests of the authorities that `SSL_CERT_FILE` and `SSL_CERT_DIR` put in the place of the system's, but for those that the
/// system has too. Empty where neither is set.
#[must_use]
pub fn foreign_authorities() -> &'static BTreeSet<Digest> {
    &machine().foreign
}

fn digests(certificates: &[CertificateDer<'_>]) -> BTreeSet<Digest> {
    certificates.iter().map(|der| Digest::of(der)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_one_spelling() {
        for (uri, spelled) in [
            ("https://KMS.eu-west-1.amazonaws.com:443/?a=b", "https://kms.eu-west-1.amazonaws.com"),
            ("http://localhost:80", "http://localhost"),
            ("https://ghe.example/api/v3", "https://ghe.example"),
            ("https://[2001:DB8::1]:6443/version", "https://[2001:db8::1]:6443"),
            ("http://localhost:443", "http://localhost:443"),
        ] {
            assert_eq!(endpoint(&uri.parse().unwrap()), spelled);
        }
    }

    fn found(certificates: usize, unreadable: bool) -> CertificateResult {
        let missing = unreadable.then_some(Path::new("/missing.pem"));
        let mut found = rustls_native_certs::load_certs_from_paths(missing, None);
        let made = |n: usize| rcgen::generate_simple_self_signed(vec![format!("{n}.example")]).unwrap();
        found.certs.extend((0..certificates).map(|n| made(n).cert.der().clone()));
        found
    }

    #[test]
    fn authorities_that_cannot_be_read_are_not_silently_fewer() {
        let problem = |certificates, unreadable, replaced| {
            let machine = Machine::of(found(certificates, unreadable), replaced);
            assert_eq!(machine.roots.len(), certificates);
            assert_eq!(machine.foreign.len(), if replaced { certificates } else { 0 });
            machine.problem
        };
        assert_eq!(problem(2, false, true), None);
        assert_eq!(problem(2, false, false), None);
        // What lies in the system's own folder beside its authorities concerns nobody.
        assert_eq!(problem(2, true, false), None);
        for (replaced, of) in [(true, "`SSL_CERT_FILE` and `SSL_CERT_DIR`"), (false, "this machine")] {
            assert_eq!(problem(0, false, replaced), Some(format!("no certificate authority by {of}")));
            let said = problem(0, true, replaced).unwrap();
            assert!(
                said.starts_with(&format!("no certificate authority by {of}: ")) && said.contains("missing"),
                "{said}"
            );
        }
        let said = problem(2, true, true).unwrap();
        assert!(
            said.starts_with("not all certificate authorities by `SSL_CERT_FILE`") && said.contains("missing"),
            "{said}"
        );
    }

    #[test]
    fn a_proxy_is_named_with_its_port_and_nothing_else() {
        for (uri, spelled) in [
            ("http://Proxy.example:3128", "http://proxy.example:3128"),
            ("http://u:hidden@proxy.example:3128/", "http://proxy.example:3128"),
            ("https://proxy.example", "https://proxy.example:443"),
            ("http://[::1]", "http://[::1]:80"),
        ] {
            assert_eq!(proxy(&uri.parse().unwrap()), spelled);
        }
    }
}
