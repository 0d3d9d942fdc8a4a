//! Why there is no way to a source.

use sdk::Digest;

/// Why no transport can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    #[error("`{variable}` {problem}")]
    Proxy { variable: String, problem: &'static str },
    #[error("the additional certificate authorities cannot be read: {0}")]
    Roots(rustls::pki_types::pem::Error),
    #[error("the additional certificate authorities hold no certificate")]
    NoRoots,
    #[error("an additional certificate authority cannot be used: {0}")]
    Root(rustls::Error),
    #[error(
        "the declaration pins the certificate authority {digest}, and neither this machine nor the additional authorities have it"
    )]
    NotThere { digest: Digest },
    #[error("`{name}` is no name that a certificate can bear")]
    ServerName { name: String },
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
}
