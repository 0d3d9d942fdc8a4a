//! Whether an answer came from the source itself: one rule, for whoever seals a bundle and for every reader
//! (`docs/spec/bundle.md`, `route`).
//!
//! [`unproven`] is what every reader can see. [`foreign`] knows the names of the source as well, which only its collector does.

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why an answer proves nothing about the source that was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unproven {
    /// It came over plain HTTP.
    PlainHttp,
    /// The certificates of the server that answered were not recorded.
    NoCertificates,
    /// A server on this machine answered, and the declaration pins no authority of it.
    ThisMachine,
    /// The server's name is not one of the source's own, and the declaration pins no authority of it.
    OtherName,
}

impl Unproven {
    pub const ALL: [Self; 4] = [Self::PlainHttp, Self::NoCertificates, Self::ThisMachine, Self::OtherName];

    /// As it is in a `route` record.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PlainHttp => "plain-http",
            Self::NoCertificates => "no-certificates",
            Self::ThisMachine => "this-machine",
            Self::OtherName => "other-name",
        }
    }

    /// For a person, after the endpoint's name.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::PlainHttp => "plain HTTP: anybody on the way could have answered",
            Self::NoCertificates => "the server's certificates were not recorded",
            Self::ThisMachine => "a server on this machine, whose certificate authority the declaration does not pin",
            Self::OtherName => {
                "not one of the source's own names, nor a server whose certificate authority the declaration pins"
            }
        }
    }
}

/// What the last labels of AWS' hosts are, in each partition, with and without IPv6: `dnsSuffix` and `dualStackDnsSuffix` of the
/// SDK's `partitions.json`.
const AWS: [&str; 14] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "c2s.ic.gov",
    "cloud.adc-e.uk",
    "csp.hci.ic.gov",
    "sc2s.sgov.gov",
    "api.aws",
    "api.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "api.aws.hci.ic.gov",
    "api.aws.ic.gov",
    "api.aws.scloud",
    "api.cloud-aws.adc-e.uk",
];

/// What of an answer shows that it proves nothing, whichever source was asked. `endpoint`: in the form of an exchange's, from which
/// an answer came; `pinned`: the declaration names the authorities of the server, and no others were trusted.
#[must_use]
pub fn unproven(endpoint: &str, certificates: bool, pinned: bool) -> Option<Unproven> {
    if endpoint.starts_with("local:") {
        return None;
    }
    let Some(place) = endpoint.strip_prefix("https://") else {
        return Some(Unproven::PlainHttp);
    };
    if !certificates {
        return Some(Unproven::NoCertificates);
    }
    (!pinned && is_this_machine(host(place))).then_some(Unproven::ThisMachine)
}

/// The same, knowing how the source's own endpoints are named. `names`, each one of:
///
/// * `local:<what>`, in full: something on this machine;
/// * `*`: any server but one on this machine; what makes it the right one is its pinned identity over TLS;
/// * a host name, of which a label may be or end in one of `{region}` (a region of AWS), `{account}` (twelve digits), `{name}`
///   (anything in one label), and the last one may be `{aws}` (the domain of one of AWS' partitions).
///
/// A server whose authority is pinned may have any name: its owner chose it.
#[must_use]
pub fn foreign<N: AsRef<str>>(endpoint: &str, certificates: bool, pinned: bool, names: &[N]) -> Option<Unproven> {
    if endpoint.starts_with("local:") {
        // No wildcard means what is on this machine.
        return (!names.iter().any(|name| name.as_ref() == endpoint)).then_some(Unproven::OtherName);
    }
    let seen = unproven(endpoint, certificates, pinned);
    if seen.is_some() || pinned {
        return seen;
    }
    let host = host(endpoint.strip_prefix("https://").unwrap_or_default());
    (!names.iter().any(|name| name.as_ref() == "*" || is_named(host, name.as_ref()))).then_some(Unproven::OtherName)
}

/// How the hosts are named under which these services answer, in all of AWS' partitions
/// (<https://docs.aws.amazon.com/general/latest/gr/rande.html>, and the endpoint rules of its SDK), in the form of [`foreign`].
/// `services`: how their hosts begin (`kms`). Under the same domains are hosts whose answers anybody with an account can choose
/// (`execute-api`, buckets of S3): a service is known by its own names alone.
#[must_use]
pub fn aws_names(services: &[&str]) -> Vec<String> {
    let of_service = |service: &&str| {
        let mut names = vec![
            format!("{service}.{{aws}}"),
            format!("{service}-fips.{{aws}}"),
            format!("{service}.{{region}}.{{aws}}"),
            format!("{service}-fips.{{region}}.{{aws}}"),
            // Private endpoints in a VPC: <https://docs.aws.amazon.com/vpc/latest/privatelink/privatelink-access-aws-services.html>.
            format!("vpce-{{name}}.{service}.{{region}}.vpce.{{aws}}"),
            format!("vpce-{{name}}.{service}-fips.{{region}}.vpce.{{aws}}"),
        ];
        let beside: &[&str] = match *service {
            "eks" => &["fips.eks.{region}.{aws}"],
            "iam" => &["iam.global.{aws}", "iam-fips.global.{aws}", "iam.us-gov.{aws}"],
            "s3" => &[
                "s3.dualstack.{region}.{aws}",
                "s3-fips.dualstack.{region}.{aws}",
                "bucket.vpce-{name}.s3.{region}.vpce.{aws}",
            ],
            "s3-control" => &[
                "{account}.s3-control.{region}.{aws}",
                "{account}.s3-control-fips.{region}.{aws}",
                "{account}.s3-control.dualstack.{region}.{aws}",
                "{account}.s3-control-fips.dualstack.{region}.{aws}",
                "{account}.control.vpce-{name}.s3.{region}.vpce.{aws}",
            ],
            _ => &[],
        };
        names.extend(beside.iter().map(|name| (*name).to_owned()));
        names
    };
    services.iter().flat_map(of_service).collect()
}

/// The host of what is behind `https://`, an IPv6 address without its brackets.
fn host(place: &str) -> &str {
    // An address in brackets has colons of its own, with or without a port behind it.
    match place.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address,
        None => place.rsplit_once(':').map_or(place, |(host, _)| host),
    }
}

/// Whether a host, as it is in an address without brackets, is this machine. The unspecified address leads here too.
#[must_use]
pub fn is_this_machine(host: &str) -> bool {
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| {
            let address = address.to_canonical();
            address.is_loopback() || address.is_unspecified()
        })
}

/// Whether a host has this form.
fn is_named(host: &str, form: &str) -> bool {
    let Some(before) = form.strip_suffix("{aws}") else {
        return labels_fit(host, form);
    };
    AWS.iter().any(|domain| {
        let front = host.strip_suffix(domain).and_then(|front| front.strip_suffix('.'));
        front.is_some_and(|front| before.strip_suffix('.').is_some_and(|before| labels_fit(front, before)))
    })
}

fn labels_fit(host: &str, form: &str) -> bool {
    let (mut labels, mut forms) = (host.split('.'), form.split('.'));
    loop {
        match (labels.next(), forms.next()) {
            (None, None) => return true,
            (Some(label), Some(form)) if label_fits(label, form) => {}
            _ => return false,
        }
    }
}

fn label_fits(label: &str, form: &str) -> bool {
    let Some((before, placeholder)) = form.split_once('{') else {
        return label == form;
    };
    label.strip_prefix(before).is_some_and(|rest| match placeholder {
        "region}" => is_region(rest),
        "account}" => rest.len() == 12 && rest.bytes().all(|byte| byte.is_ascii_digit()),
        "name}" => !rest.is_empty(),
        _ => false,
    })
}

/// Whether a text has the form of the name of an AWS region: `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`.
#[must_use]
pub fn is_region(text: &str) -> bool {
    let mut parts = text.split('-').rev();
    let number = parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = parts.collect();
    number
        && words.len() >= 2
        && words.iter().all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proven(endpoint: &str, names: &[&str]) -> bool {
        foreign(endpoint, true, false, names).is_none()
    }

    #[test]
    fn what_is_on_this_machine_is_named_in_full() {
        assert!(foreign("local:pkcs11", false, false, &["local:pkcs11"]).is_none());
        for names in [["*"], ["local:openssh"]] {
            assert_eq!(foreign("local:pkcs11", false, false, &names), Some(Unproven::OtherName), "{names:?}");
            assert_eq!(foreign("local:pkcs11", false, true, &names), Some(Unproven::OtherName), "{names:?}");
        }
    }

    #[test]
    fn a_source_has_its_own_names_over_tls() {
        let names = ["api.github.com", "api.{name}.ghe.com"];
        for endpoint in ["https://api.github.com", "https://api.octo.ghe.com", "https://api.github.com:8443"] {
            assert!(proven(endpoint, &names), "{endpoint}");
        }
        for endpoint in [
            "https://github.com",
            "https://x.api.github.com",
            "https://api.github.com.example",
            "https://api.ghe.com",
            "https://api.a.b.ghe.com",
            "https://octo.ghe.com",
            "https://api..ghe.com",
        ] {
            assert!(!proven(endpoint, &names), "{endpoint}");
        }
        assert_eq!(foreign("http://api.github.com", false, false, &names), Some(Unproven::PlainHttp));
        assert_eq!(foreign("http://api.github.com", false, true, &names), Some(Unproven::PlainHttp));
        assert_eq!(foreign("https://api.github.com", false, true, &names), Some(Unproven::NoCertificates));
    }

    #[test]
    fn placeholders_stand_for_one_label_of_their_form() {
        let names =
            ["kms.{region}.{aws}", "vpce-{name}.kms.{region}.vpce.{aws}", "{account}.s3-control.{region}.{aws}"];
        for endpoint in [
            "https://kms.eu-west-1.amazonaws.com",
            "https://kms.us-gov-west-1.amazonaws.com",
            "https://kms.cn-north-1.amazonaws.com.cn",
            "https://kms.eusc-de-east-1.amazonaws.eu",
            "https://kms.us-east-1.api.aws",
            "https://kms.us-iso-east-1.c2s.ic.gov",
            "https://vpce-0ab-xyz-eu-west-1a.kms.eu-west-1.vpce.amazonaws.com",
            "https://111122223333.s3-control.eu-west-1.amazonaws.com",
        ] {
            assert!(proven(endpoint, &names), "{endpoint}");
        }
        for endpoint in [
            "https://abc123.execute-api.eu-west-1.amazonaws.com",
            // A bucket of this name.
            "https://kms.s3.amazonaws.com",
            "https://kms.s3-us-west-2.amazonaws.com",
            "https://kms.eu-west-1.elb.amazonaws.com",
            "https://iam.eu-west-1.amazonaws.com",
            "https://vpce-.kms.eu-west-1.vpce.amazonaws.com",
            "https://vpce-0ab.execute-api.eu-west-1.vpce.amazonaws.com",
            "https://kms.eu-west-1.amazonaws.com.example",
            "https://kms.eu-west-1.notamazonaws.com",
            "https://kms.eu-west-1amazonaws.com",
            "https://11112222333.s3-control.eu-west-1.amazonaws.com",
            "https://amazonaws.com",
        ] {
            assert!(!proven(endpoint, &names), "{endpoint}");
        }
        // A form that is none fits nothing.
        assert!(!proven("https://a.b", &["{other}.b"]) && !proven("https://amazonaws.com", &["{aws}"]));
    }

    #[test]
    fn a_source_without_a_name_is_anywhere_but_here() {
        for endpoint in ["https://10.0.0.1:6443", "https://[fd00::1]:6443", "https://cluster.example.org"] {
            assert!(proven(endpoint, &["*"]), "{endpoint}");
        }
        for endpoint in [
            "https://127.0.0.1:6443",
            "https://[::1]:6443",
            "https://localhost:6443",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]:6443",
            "https://[::]:6443",
            "https://0.0.0.0:6443",
            "https://localhost.:6443",
            "https://api.localhost:6443",
        ] {
            assert_eq!(foreign(endpoint, true, false, &["*"]), Some(Unproven::ThisMachine), "{endpoint}");
            // At the other end of a tunnel may be anybody, unless their authority is known.
            assert_eq!(foreign(endpoint, true, true, &["*"]), None, "{endpoint}");
            assert_eq!(foreign(endpoint, true, true, &["api.github.com"]), None, "{endpoint}");
        }
    }

    #[test]
    fn the_reasons_are_written_as_they_are_named() {
        for one in Unproven::ALL {
            assert_eq!(serde_json::to_value(one).unwrap(), one.as_str());
        }
    }
}
