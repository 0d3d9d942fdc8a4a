//! The forms of paths into answers (`docs/spec/bundle.md`, locators), for those who write them and those who read them.

use crate::record::Syntax;

/// The largest of our own numbers: what every JSON reader reads exactly.
const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Whether a path has the form of a place in a text of this syntax.
#[must_use]
pub fn leads_into(syntax: Syntax, path: &str) -> bool {
    match syntax {
        Syntax::Json => is_pointer(path),
        Syntax::Xml => is_xml_path(path),
        Syntax::Csv => is_csv_path(path),
    }
}

/// RFC 6901: empty, or each token after a `/`, with `~` only in `~0` and `~1`.
#[must_use]
pub fn is_pointer(path: &str) -> bool {
    let bytes = path.as_bytes();
    if !bytes.is_empty() && !bytes.starts_with(b"/") {
        return false;
    }
    // Most have none, and `contains` looks at many bytes at once.
    !bytes.contains(&b'~') || bytes.split(|byte| *byte == b'~').skip(1).all(|after| matches!(after, [b'0' | b'1', ..]))
}

/// `/Name/Name[2]/Name`: names without `/ [ ]`, white space and control characters; a number from 1 only where it is more than 0.
fn is_xml_path(path: &str) -> bool {
    let Some(steps) = path.strip_prefix('/') else { return false };
    steps.split('/').all(|step| {
        let (name, number) = match step.strip_suffix(']').map(|step| step.split_once('[')) {
            Some(Some((name, number))) => (name, Some(number)),
            Some(None) => return false,
            None => (step, None),
        };
        !name.is_empty()
            && !name.contains(|c: char| matches!(c, '[' | ']') || c.is_whitespace() || c.is_control())
            && number.is_none_or(is_count)
    })
}

/// `/7`: a row, counted from 1 without the header.
fn is_csv_path(path: &str) -> bool {
    path.strip_prefix('/').is_some_and(is_count)
}

/// A decimal number from 1 without leading zeros.
fn is_count(text: &str) -> bool {
    !text.starts_with('0')
        && text.bytes().all(|b| b.is_ascii_digit())
        && text.parse::<u64>().is_ok_and(|n| n <= INTEGER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_those_of_rfc_6901() {
        for good in ["", "/", "/a", "/a/0", "/~0/~1", "/é", "//"] {
            assert!(is_pointer(good), "{good}");
        }
        for bad in ["a", "a/b", "/~", "/~2", "/a~"] {
            assert!(!is_pointer(bad), "{bad}");
        }
    }

    #[test]
    fn paths_lead_into_xml_and_csv() {
        for good in ["/R", "/R/member[3]/Arn", "/a:b/c.d-e_f"] {
            assert!(is_xml_path(good), "{good}");
        }
        for bad in ["", "/", "R", "/R/", "//R", "/R[0]", "/R[01]", "/R[]", "/[1]", "/R]", "/R[1", "/R S", "/R\u{1f}"] {
            assert!(!is_xml_path(bad), "{bad}");
        }
        assert!(is_csv_path("/1") && is_csv_path("/120"));
        for bad in ["", "/", "/0", "/01", "/1/user", "1", "/-1", "/+1"] {
            assert!(!is_csv_path(bad), "{bad}");
        }
    }
}
