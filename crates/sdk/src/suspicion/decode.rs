//! A text in every form that it may be the writing of.

/// Writings inside each other that are looked through: base64 in a JSON text in a JSON text.
const DEPTH: usize = 3;
/// Letters of base64, or of hex, in a row that are taken for such a text.
const LEAST_ENCODED: usize = 16;
/// Printable letters in a row that are taken for a text.
const LEAST_PRINTABLE: usize = 10;

/// Whether `holds` of the bytes or of anything that they are the writing of.
pub(super) fn any(bytes: &[u8], holds: &mut impl FnMut(&[u8]) -> bool) -> bool {
    look(bytes, DEPTH, true, &mut |view: &[u8], _| holds(view))
}

/// The same, told of each whether names that anybody may give are in it, or are what it was the writing of.
pub(super) fn any_and_names(bytes: &[u8], holds: &mut impl FnMut(&[u8], bool) -> bool) -> bool {
    look(bytes, DEPTH, false, holds)
}

/// `names`: whether they are in it; otherwise a report is looked at without them first, and then with them.
fn look(bytes: &[u8], depth: usize, names: bool, holds: &mut impl FnMut(&[u8], bool) -> bool) -> bool {
    if !names && let Some(rest) = without_names(bytes) {
        return look(&rest, depth, false, holds) || look(bytes, depth, true, holds);
    }
    if holds(bytes, names) {
        return true;
    }
    let Some(deeper) = depth.checked_sub(1) else {
        return false;
    };
    [json, percent, entities, base64, hex]
        .into_iter()
        .any(|decode| decode(bytes).is_some_and(|view| look(&view, deeper, names, holds)))
}

/// JSON's escapes (RFC 8259, 7), wherever they stand. `None`: there are none.
fn json(bytes: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'\\', bytes)?;
    let mut view = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            view.push(*first);
            continue;
        }
        let Some((escape, after)) = rest.split_first() else {
            view.push(*first);
            break;
        };
        rest = after;
        match escape {
            b'n' => view.push(b'\n'),
            b'r' => view.push(b'\r'),
            b't' => view.push(b'\t'),
            b'b' => view.push(8),
            b'f' => view.push(12),
            b'u' => match unit(rest) {
                Some(high) => {
                    rest = rest.get(4..).unwrap_or_default();
                    let low = rest.strip_prefix(b"\\u").and_then(unit).filter(|_| (0xd800..0xdc00).contains(&high));
                    let units = [high, low.unwrap_or(0)];
                    if low.is_some() {
                        rest = rest.get(6..).unwrap_or_default();
                    }
                    let units = units.into_iter().take(1 + usize::from(low.is_some()));
                    for c in char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)) {
                        view.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                }
                None => view.extend_from_slice(b"\\u"),
            },
            other => view.push(*other),
        }
    }
    Some(view)
}

fn unit(bytes: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(bytes.get(..4)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

fn percent(bytes: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'%', bytes)?;
    let view: Vec<u8> = percent_encoding::percent_decode(bytes).collect();
    (view.len() < bytes.len()).then_some(view)
}

/// Entities of XML and HTML: those with names that XML has, and numbers.
fn entities(bytes: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr(b'&', bytes)?;
    let mut view = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut found = false;
    while let Some(at) = memchr::memchr(b'&', rest) {
        let (before, from) = rest.split_at(at);
        view.extend_from_slice(before);
        let end = from.iter().take(12).position(|byte| *byte == b';');
        match end.and_then(|end| Some((entity(from.get(1..end)?)?, from.get(end + 1..)?))) {
            Some((c, after)) => {
                view.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = after;
                found = true;
            }
            None => {
                view.push(b'&');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    view.extend_from_slice(rest);
    found.then_some(view)
}

fn entity(name: &[u8]) -> Option<char> {
    match name {
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        _ => {
            let number = std::str::from_utf8(name.strip_prefix(b"#")?).ok()?;
            let hex = number.strip_prefix(['x', 'X']);
            char::from_u32(hex.map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok())?)
        }
    }
}

/// The texts that are written in base64, standard or for URLs, with or without line breaks, wherever in a word they begin.
fn base64(bytes: &[u8]) -> Option<Vec<u8>> {
    encoded(
        bytes,
        |byte| sextet(byte).is_some(),
        4,
        |run| {
            let mut out = Vec::with_capacity(run.len() / 4 * 3);
            for four in run.chunks(4) {
                let bits =
                    four.iter().filter_map(|byte| sextet(*byte)).fold(0_u32, |bits, six| bits << 6 | u32::from(six));
                let [_, a, b, c] = (bits << (6 * (4 - four.len()))).to_be_bytes();
                out.extend_from_slice([a, b, c].get(..four.len().saturating_sub(1)).unwrap_or_default());
            }
            out
        },
    )
}

/// IAM's credential report without the two columns that say whose each row is: what anybody may call a user must not hide all the others, and
/// the name of a user is in every list of users. AWS writes all other columns. Names may hold commas: columns are counted from the end.
/// `None`: another text.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
fn without_names(text: &[u8]) -> Option<Vec<u8>> {
    if !text.starts_with(b"user,arn,user_creation_time,") {
        return None;
    }
    let lines = || text.split(|byte| *byte == b'\n');
    let cells = |line: &[u8]| line.iter().filter(|byte| **byte == b',').count();
    let others = lines().next().map_or(0, cells).saturating_sub(1);
    let kept = lines().map(|line| {
        let all: Vec<&[u8]> = line.split(|byte| *byte == b',').collect();
        all.get(all.len().saturating_sub(others)..).unwrap_or_default().join(&b',')
    });
    Some(kept.collect::<Vec<_>>().join(&b'\n'))
}

const fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> Option<Vec<u8>> {
    encoded(
        bytes,
        |byte| byte.is_ascii_hexdigit(),
        2,
        |run| {
            let digit =
                |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).unwrap_or(0);
            run.chunks_exact(2).map(|two| two.iter().fold(0, |byte, half| byte << 4 | digit(half))).collect()
        },
    )
}

/// Every run of letters that `decode` turns into text, begun at each of its first `group` letters. Lines of one text are one run.
fn encoded(
    bytes: &[u8],
    is_letter: impl Fn(u8) -> bool,
    group: usize,
    decode: impl Fn(&[u8]) -> Vec<u8>,
) -> Option<Vec<u8>> {
    let mut view = Vec::new();
    let mut try_run = |run: &[u8]| {
        for begin in 0..group {
            let Some(from) = run.get(begin..).filter(|from| from.len() >= LEAST_ENCODED) else { break };
            if let Some(text) = textual(decode(from)) {
                view.extend_from_slice(&text);
                view.push(b'\n');
            }
        }
    };
    let mut lines: Vec<u8> = Vec::new();
    let mut joined = 0;
    let mut rest = bytes;
    while !rest.is_empty() {
        let length = rest.iter().position(|byte| !is_letter(*byte)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(length);
        if run.len() >= LEAST_ENCODED {
            try_run(run);
        }
        // The last line may be short; all before it are not.
        if !run.is_empty() {
            lines.extend_from_slice(run);
            joined += 1;
        }
        let blank = after.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(after.len());
        let (gap, next) = after.split_at(blank);
        let goes_on = run.len() >= LEAST_ENCODED && gap.contains(&b'\n');
        if !goes_on {
            if joined > 1 {
                try_run(&lines);
            }
            lines.clear();
            joined = 0;
        }
        rest = if blank == 0 { next.get(1..).unwrap_or_default() } else { next };
    }
    if joined > 1 {
        try_run(&lines);
    }
    (!view.is_empty()).then_some(view)
}

/// What of these bytes is printable ASCII, in stretches that are hardly chance: a text may begin or end anywhere in them. Of a text in
/// UTF-16 the half that is.
fn textual(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let zeros = bytes.iter().filter(|byte| **byte == 0).count();
    if zeros * 5 > bytes.len() * 2 {
        bytes.retain(|byte| *byte != 0);
    }
    let printable = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~');
    let stretches = bytes.split(|byte| !printable(byte)).filter(|stretch| stretch.len() >= LEAST_PRINTABLE);
    let text = stretches.collect::<Vec<_>>().join(&b'\n');
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(view: Option<Vec<u8>>) -> Option<String> {
        view.map(|view| String::from_utf8_lossy(&view).into_owned())
    }

    #[test]
    fn writings_are_read() {
        assert_eq!(
            text(json(br#"a\"\/\u002b\ud83d\ude00\\n\ud800x\"#)).as_deref(),
            Some("a\"/+\u{1f600}\\n\u{fffd}x\\")
        );
        assert_eq!(json(b"plain"), None);
        assert_eq!(text(percent(b"a%2Fb%zz")).as_deref(), Some("a/b%zz"));
        assert_eq!(percent(b"100%"), None);
        assert_eq!(text(entities(b"&lt;a&#x2f;&#43;&nbsp;&amp&")).as_deref(), Some("<a/+&nbsp;&amp&"));
        assert_eq!(entities(b"a & b"), None);
        // "-----BEGIN PRIVATE KEY-----", standard and for URLs.
        assert_eq!(
            text(base64(b"x=LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t;")).as_deref(),
            Some("-----BEGIN PRIVATE KEY-----\n")
        );
        assert!(text(base64(b"/a/LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0t")).unwrap().contains("BEGIN PRIVATE KEY"));
        let wrapped = b"LS0tLS1CRUdJTiBQUklW\n  QVRFIEtFWS0t\n  LS0t";
        assert!(text(base64(wrapped)).unwrap().contains("BEGIN PRIVATE"));
        assert_eq!(base64(b"1234abcd-12ab-34cd-56ef-1234567890ab"), None);
        assert_eq!(text(hex(b"2d2d2d2d2d424547494e20505249564154")).as_deref(), Some("-----BEGIN PRIVAT\n"));
        assert_eq!(hex(b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), None);
    }
}
