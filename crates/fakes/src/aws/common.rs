//! What the services share: pages, and how an operation is named.

use testkit::Request;

use super::protocol::Protocol;

/// One page of a list, and the marker of the next. Markers are opaque to clients: here, the position in disguise.
pub fn page<'a, T>(items: &'a [T], marker: Option<&str>, limit: usize) -> (&'a [T], Option<String>) {
    let start = marker.and_then(position).unwrap_or(0).min(items.len());
    let end = start.saturating_add(limit.max(1)).min(items.len());
    let next = (end < items.len()).then(|| disguise(end));
    (items.get(start..end).unwrap_or_default(), next)
}

fn disguise(position: usize) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("v1:{position}"))
}

fn position(marker: &str) -> Option<usize> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::STANDARD.decode(marker).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("v1:")?.parse().ok()
}

/// Whether a marker was given that this fake did not make.
pub fn bad_marker(marker: Option<&str>) -> bool {
    marker.is_some_and(|marker| position(marker).is_none())
}

/// `kms` of `kms:ListKeys`.
pub fn service(request: &Request) -> &str {
    request.operation.split_once(':').map_or("", |(service, _)| service)
}

/// How an operation of a protocol names itself: `ListKeys` of `kms:ListKeys`.
pub fn name(request: &Request) -> &str {
    request.operation.split_once(':').map_or("", |(_, name)| name)
}

pub fn is_xml(request: &Request) -> bool {
    matches!(Protocol::of(request), Protocol::Query | Protocol::Xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_reach_the_end_once() {
        let items: Vec<usize> = (0..250).collect();
        let (mut seen, mut marker) = (Vec::new(), None);
        loop {
            let (part, next) = page(&items, marker.as_deref(), 100);
            seen.extend_from_slice(part);
            match next {
                Some(next) => marker = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, items);
        assert!(bad_marker(Some("nonsense")));
        assert!(!bad_marker(None));
    }
}
