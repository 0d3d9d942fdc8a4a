//! The one spelling of an endpoint (`docs/spec/bundle.md`, `exchange` and `route`).

use std::net::Ipv6Addr;

/// Whether a text is an endpoint: `https://host`, `http://host`, each with `:port` where that is not the scheme's own, all in
/// lower case and without anything behind it; or `local:<name>` for what is on the machine that asks.
///
/// A host is a name or an IPv4 address of `a-z 0-9 . - _`, or an IPv6 address in brackets.
#[must_use]
pub fn is_endpoint(text: &str) -> bool {
    if let Some(name) = text.strip_prefix("local:") {
        return is_name(name);
    }
    let Some((scheme, place)) = text.split_once("://") else {
        return false;
    };
    let own_port = match scheme {
        "https" => "443",
        "http" => "80",
        _ => return false,
    };
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) => {
            let lower = !address.bytes().any(|byte| byte.is_ascii_uppercase());
            if !lower || address.parse::<Ipv6Addr>().is_err() {
                return false;
            }
            ("v6", rest.strip_prefix(':').or(if rest.is_empty() { None } else { Some("") }))
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    is_name(host) && port.is_none_or(|port| port != own_port && is_port(port))
}

/// Whether a text is a proxy as it is sealed: `http://host:port` or `https://host:port`, always with its port.
#[must_use]
pub fn is_proxy(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    // The scheme's own port is there too, so the host is looked at with another one.
    is_port(port) && host.contains("://") && is_endpoint(&format!("{host}:1"))
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    !text.is_empty() && text.len() <= 253 && text.bytes().all(allowed)
}

fn is_port(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    digits && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_has_one_spelling() {
        for text in [
            "https://kms.eu-west-1.amazonaws.com",
            "https://ghe.example:8443",
            "http://127.0.0.1:4566",
            "http://localhost:443",
            "https://[fd00::1]",
            "https://[fd00::1]:6443",
            "local:pkcs11",
        ] {
            assert!(is_endpoint(text), "{text}");
        }
        for text in [
            "",
            "https://",
            "https://host/",
            "https://host/path",
            "https://Host",
            "HTTPS://host",
            "https://host:443",
            "http://host:80",
            "https://host:0",
            "https://host:065",
            "https://host:65536",
            "https://host:",
            "https://u:p@host",
            "https://host?x",
            "https://[fd00::1",
            "https://[FD00::1]",
            "https://[fd00::1]x",
            "https://[fd00::1]443",
            "https://fd00::1",
            "ftp://host",
            "local:",
            "local:a b",
            "https://h\u{f6}st",
        ] {
            assert!(!is_endpoint(text), "{text}");
        }
    }

    #[test]
    fn a_proxy_has_its_port() {
        for text in
            ["http://proxy:3128", "http://proxy:80", "https://proxy:443", "https://[::1]:443", "http://proxy:443"]
        {
            assert!(is_proxy(text), "{text}");
        }
        for text in [
            "http://proxy",
            "https://proxy:80x",
            "http://u@proxy:3128",
            "http://proxy:8080:80",
            "local:proxy",
            "local:3128",
            "https://[::1]",
            "http://proxy:3128/",
        ] {
            assert!(!is_proxy(text), "{text}");
        }
    }
}
