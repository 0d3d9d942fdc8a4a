//! Through proxies: CONNECT for TLS, the whole address in plain requests.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, request};
use model::Digest;
use sdk::{Clock, KnownSecrets, Timestamp};
use serde_json::json;
use testkit::Memory;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::rustls;
use witnessmark_transport::{Asked, Dialect, Limits, Proxies, Recording, Settings, Transport};

#[derive(Debug)]
struct Silent;

impl Dialect for Silent {
    fn asked(&self, _: &request::Parts, _: &Bytes) -> Asked {
        Asked { operation: "any".to_owned(), parameters: json!({}), credential_bearing: false, attempt: None }
    }

    fn request_id(&self, _: &HeaderMap) -> Option<String> {
        None
    }

    fn error_code(&self, _: u16, _: &HeaderMap, _: &Bytes) -> Option<String> {
        None
    }
}

fn recording(settings: &Settings) -> (Memory, Recording) {
    let memory = Memory::default();
    let recorder = memory.recorder("target", "any", KnownSecrets::default());
    let clock = Clock::new(|| Timestamp::from_millis(0).unwrap());
    let transport = Transport::new(settings).unwrap();
    (memory, Recording::new(transport, Arc::new(Silent), recorder, clock))
}

async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"\r\n\r\n") {
        let byte = stream.read_u8().await.unwrap();
        text.push(byte);
    }
    String::from_utf8(text).unwrap()
}

async fn answer(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), times: usize) {
    for _ in 0..times {
        head(stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
    }
}

#[tokio::test]
async fn tunnels_tls_through_a_proxy_and_sees_the_source_as_peer() {
    // A source that only the proxy can find, with a certificate for its name.
    let made = rcgen::generate_simple_self_signed(vec!["source.example".to_owned()]).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], made.signing_key.serialize_der().try_into().unwrap())
        .unwrap();
    let source = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (source_at, proxy_at) = (source.local_addr().unwrap(), proxy.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let serving = tokio::spawn(async move {
        let (stream, _) = source.accept().await.unwrap();
        let mut stream = tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(stream).await.unwrap();
        answer(&mut stream, 2).await;
    });
    let proxying = tokio::spawn(async move {
        let (mut client, _) = proxy.accept().await.unwrap();
        counted.fetch_add(1, Ordering::Relaxed);
        let asked = head(&mut client).await;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut source = tokio::net::TcpStream::connect(source_at).await.unwrap();
        tokio::spawn(async move {
            // Ends when either side does.
            let _ = tokio::io::copy_bidirectional(&mut client, &mut source).await;
        });
        asked
    });

    let (memory, recording) = recording(&Settings {
        proxies: Proxies { https: Some(format!("http://user:word@{proxy_at}")), ..Proxies::default() },
        extra_roots: vec![made.cert.pem()],
        ..Settings::default()
    });
    for _ in 0..2 {
        let request = Request::get("https://source.example/a").body(Bytes::new()).unwrap();
        assert_eq!(recording.send(request, Limits::default()).await.unwrap().body(), "hi");
    }
    let asked = proxying.await.unwrap();
    assert!(asked.starts_with("CONNECT source.example:443 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_ascii_lowercase().contains("proxy-authorization: basic dxnlcjp3b3jk"), "{asked}");
    serving.await.unwrap();
    assert_eq!(connections.load(Ordering::Relaxed), 1, "the second request took the pooled connection");

    // The certificates are kept, and their digest is over length and DER of each.
    let der = made.cert.der();
    let mut chain = u32::try_from(der.len()).unwrap().to_be_bytes().to_vec();
    chain.extend_from_slice(der);
    for one in memory.seen().exchanges {
        assert_eq!(one.exchange.endpoint, "https://source.example");
        let peer = one.exchange.peer.unwrap();
        assert_eq!((peer.digest(), peer.chain()), (Digest::of(&chain), [der.to_vec()].as_slice()));
    }
}

#[tokio::test]
async fn asks_a_proxy_for_plain_sources_by_their_whole_address() {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = proxy.local_addr().unwrap();
    let proxying = tokio::spawn(async move {
        let (mut client, _) = proxy.accept().await.unwrap();
        let asked = head(&mut client).await;
        client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi").await.unwrap();
        asked
    });
    let (memory, recording) = recording(&Settings {
        proxies: Proxies { http: Some(format!("http://user:word@{at}")), ..Proxies::default() },
        ..Settings::default()
    });
    let request = Request::get("http://source.example/a?b").body(Bytes::new()).unwrap();
    recording.send(request, Limits::default()).await.unwrap();
    let asked = proxying.await.unwrap();
    assert!(asked.starts_with("GET http://source.example/a?b HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("Basic dXNlcjp3b3Jk"), "{asked}");
    assert_eq!(memory.seen().exchanges[0].exchange.endpoint, "http://source.example");
}
