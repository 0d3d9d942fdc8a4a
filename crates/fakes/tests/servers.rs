//! The servers of the testkit do what they are asked to, seen from a plain socket.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;
use testkit::{Fault, Faulty, Proxy, Replay, Rule, Server};
use witnessmark_fakes::aws::{AwsFake, AwsWording, Size, World};

/// Sends one signed-looking request and gives everything that came back.
fn send(server: &Server, service: &str, headers: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(server.address())?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

fn kms(server: &Server, operation: &str, body: &str) -> std::io::Result<String> {
    let headers = format!("x-amz-target: TrentService.{operation}\r\ncontent-type: application/x-amz-json-1.1\r\n");
    send(server, "kms", &headers, body)
}

fn iam(server: &Server, body: &str) -> std::io::Result<String> {
    send(server, "iam", "content-type: application/x-www-form-urlencoded\r\n", body)
}

fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

fn fake() -> AwsFake {
    AwsFake::new(World::new(Size::SMALL).paged(2))
}

#[test]
fn lists_page_to_their_end() {
    let server = Server::http(fake());
    let (mut keys, mut marker) = (Vec::new(), None::<String>);
    loop {
        let request = match &marker {
            Some(marker) => format!(r#"{{"Marker":"{marker}"}}"#),
            None => "{}".to_owned(),
        };
        let answer = kms(&server, "ListKeys", &request).expect("an answer");
        let value: Value = serde_json::from_str(body(&answer)).expect("JSON");
        keys.extend(value["Keys"].as_array().expect("keys").clone());
        marker = value["NextMarker"].as_str().map(str::to_owned);
        assert_eq!(value["Truncated"], marker.is_some());
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(keys.len(), Size::SMALL.keys);
    assert_eq!(server.log().len(), 3);
    assert_eq!(server.log()[0].operation, "kms:ListKeys");
}

#[test]
fn iam_answers_the_whole_account() {
    let server = Server::http(fake());
    let (mut users, mut marker) = (0, String::new());
    loop {
        let answer = iam(&server, &format!("Action=GetAccountAuthorizationDetails&Version=2010-05-08{marker}"))
            .expect("an answer");
        users += answer.matches("<UserName>").count();
        match answer.split_once("<Marker>") {
            Some((_, rest)) => {
                let text = rest.split('<').next().expect("a marker");
                marker = format!("&Marker={}", text.replace('=', "%3D"));
            }
            None => break,
        }
    }
    assert_eq!(users, Size::SMALL.users);
    let summary = iam(&server, "Action=GetAccountSummary").expect("an answer");
    assert!(summary.contains("<key>Users</key><value>7</value>"), "{summary}");
}

#[test]
fn same_request_same_answer() {
    let answer = |fake: AwsFake| {
        let server = Server::http(fake);
        kms(&server, "ListAliases", "{}").expect("an answer")
    };
    assert_eq!(answer(fake()), answer(fake()));
}

#[test]
fn faults_happen_as_often_as_asked() {
    let faulty = Faulty::new(fake(), vec![Rule::times("kms:ListKeys", 1, Fault::Throttle { retry_after: Some(3) })]);
    let server = Server::http(faulty.clone());
    let first = kms(&server, "ListKeys", "{}").expect("an answer");
    assert!(
        first.starts_with("HTTP/1.1 400") && first.contains("ThrottlingException") && first.contains("retry-after: 3"),
        "{first}"
    );
    assert!(kms(&server, "ListKeys", "{}").expect("an answer").starts_with("HTTP/1.1 200"));
    assert_eq!(faulty.hits(), ["kms:ListKeys"]);
}

#[test]
fn each_fault_is_what_it_says() {
    let faulty = Faulty::new(fake(), Vec::new());
    let server = Server::http(faulty.clone());
    let ask = |fault: Fault| {
        faulty.set(vec![Rule::always("*", fault)]);
        (kms(&server, "ListKeys", "{}"), iam(&server, "Action=ListUsers"))
    };
    let good = |fault: Fault| {
        let (json, xml) = ask(fault);
        (json.expect("an answer"), xml.expect("an answer"))
    };

    let (json, xml) = good(Fault::Deny);
    assert!(json.contains("AccessDeniedException") && xml.contains("<Code>AccessDenied</Code>"));
    let (json, xml) = good(Fault::Cut);
    let announced: usize = json
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.split('\r').next())
        .and_then(|n| n.parse().ok())
        .expect("a length");
    assert!(body(&json).len() < announced && !xml.contains("</ListUsersResponse>"));
    let (json, _) = good(Fault::Malformed);
    assert!(serde_json::from_str::<Value>(body(&json)).is_err());
    let (json, xml) = good(Fault::TruncatedWithoutMarker);
    assert!(json.contains(r#""Truncated":true"#) && !json.contains("NextMarker"));
    assert!(xml.contains("<IsTruncated>true") && !xml.contains("<Marker>"), "{xml}");
    let (json, xml) = good(Fault::RepeatedMarker);
    assert!(json.contains(r#""NextMarker":"again""#) && xml.contains("<Marker>again</Marker>"));
    let (json, _) = good(Fault::Oversized(1_000_000));
    assert!(json.len() > 1_000_000);
    let (json, _) = good(Fault::Rewrite(vec![("Keys".to_owned(), "Locks".to_owned())]));
    assert!(json.contains(r#"{"Locks":"#));
    let (json, xml) = ask(Fault::Reset);
    assert!(json.is_err() && xml.is_err());
}

#[test]
fn what_was_recorded_is_replayed() {
    let emulator = Server::http(fake());
    let proxy = Proxy::to(&emulator.url(), &AwsWording);
    let recorder = Server::http(proxy.clone());
    let recorded = kms(&recorder, "ListKeys", "{}").expect("an answer");
    let text: Vec<String> = proxy.recordings().iter().map(|one| serde_json::to_string(one).expect("JSON")).collect();

    let replay = std::sync::Arc::new(Replay::parse(&AwsWording, &text.join("\n")));
    let server = Server::http(std::sync::Arc::clone(&replay));
    assert_eq!(replay.unused().len(), 1);
    assert_eq!(body(&kms(&server, "ListKeys", "{}").expect("an answer")), body(&recorded));
    replay.assert_used_up();
    assert!(kms(&server, "ListKeys", r#"{"Limit":1}"#).expect("an answer").starts_with("HTTP/1.1 501"));
    assert_eq!(replay.unmatched().len(), 1);
}

#[test]
fn https_shows_its_authority() {
    let server = Server::https(fake());
    assert!(server.url().starts_with("https://127.0.0.1:"));
    assert!(server.roots().expect("roots").contains("BEGIN CERTIFICATE"));
}
