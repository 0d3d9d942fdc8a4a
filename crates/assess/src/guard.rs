//! What a text must be before a parser sees it: small, shallow, and without builtins that look outside.
//!
//! No timer of the engine covers parsing, whose time can grow out of all proportion to a text's length: so depth and size are bounded here.

use model::rego::TEXT_MAX as MAX_TEXT;
pub(crate) use model::rego::{Token, libraries, tokens};

/// Brackets of any kind inside each other.
const MAX_DEPTH: usize = 10;

/// Builtins with a dot in their name that checks may call; those without a dot are all pure.
const ALLOWED: &[&str] = &[
    "array.concat",
    "array.reverse",
    "array.slice",
    "base64.decode",
    "base64.encode",
    "base64.is_valid",
    "bits.and",
    "bits.lsh",
    "bits.negate",
    "bits.or",
    "bits.rsh",
    "bits.xor",
    "glob.match",
    "glob.quote_meta",
    "hex.decode",
    "hex.encode",
    "json.filter",
    "json.is_valid",
    "json.marshal",
    "json.remove",
    "json.unmarshal",
    "net.cidr_contains",
    "net.cidr_is_valid",
    "numbers.range",
    "object.filter",
    "object.get",
    "object.keys",
    "object.remove",
    "object.subset",
    "object.union",
    "object.union_n",
    "regex.find_n",
    "regex.is_valid",
    "regex.match",
    "regex.replace",
    "regex.split",
    "semver.compare",
    "semver.is_valid",
    "strings.any_prefix_match",
    "strings.any_suffix_match",
    "strings.count",
    "strings.replace_n",
    "strings.reverse",
];

/// Builtins without a dot that do something besides computing.
const REFUSED: &[&str] = &["trace", "print"];

/// Whether a parser may see this text, or why not.
pub(crate) fn admit(text: &str) -> Result<(), String> {
    if text.len() > MAX_TEXT {
        return Err(format!("it is longer than {MAX_TEXT} bytes"));
    }
    let tokens = tokens(text)?;
    let mut depth = 0_usize;
    for token in &tokens {
        match token {
            Token::Open(line, _) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(format!("line {line}: brackets nested deeper than {MAX_DEPTH}"));
                }
            }
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    calls(&tokens)
}

/// The name in the `package` line.
pub(crate) fn package(text: &str) -> Option<String> {
    let tokens = tokens(text).ok()?;
    let mut rest = tokens.iter().skip_while(|t| **t != Token::Word("package"));
    rest.next()?;
    let mut name = String::new();
    let mut expect_word = true;
    for token in rest {
        match token {
            Token::Word(word) if expect_word => name.push_str(word),
            Token::Other('.') if !expect_word => name.push('.'),
            _ => break,
        }
        expect_word = !expect_word;
    }
    Some(name)
}

/// Every part of `input.resource` the text mentions by name.
pub(crate) fn parts(text: &str) -> Vec<String> {
    let tokens = tokens(text).unwrap_or_default();
    let mut found: Vec<String> = tokens
        .windows(5)
        .filter_map(|window| match window {
            [
                Token::Word("input"),
                Token::Other('.'),
                Token::Word("resource"),
                Token::Other('.'),
                Token::Word(name),
            ] => Some((*name).to_owned()),
            [
                Token::Word("input"),
                Token::Other('.'),
                Token::Word("resource"),
                Token::Open(_, '['),
                Token::Text(name),
            ] => Some((*name).to_owned()),
            _ => None,
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// A call of a name with a dot is of a library, a document, or on the list.
fn calls(tokens: &[Token<'_>]) -> Result<(), String> {
    let mut imported = vec!["data", "input"];
    let mut iter = tokens.iter().enumerate();
    while let Some((start, token)) = iter.next() {
        let Token::Word(first) = token else { continue };
        let mut name = (*first).to_owned();
        let mut last = *first;
        let mut end = start + 1;
        while let (Some(Token::Other('.')), Some(Token::Word(word))) = (tokens.get(end), tokens.get(end + 1)) {
            name.push('.');
            name.push_str(word);
            last = word;
            end += 2;
            iter.nth(1);
        }
        let before = start.checked_sub(1).and_then(|n| tokens.get(n));
        if before == Some(&Token::Word("import")) {
            imported.push(last);
        }
        if before == Some(&Token::Word("as")) {
            imported.push(first);
        }
        if !matches!(tokens.get(end), Some(Token::Open(_, '('))) {
            continue;
        }
        let refused = if name.contains('.') {
            !imported.contains(first) && !ALLOWED.contains(&name.as_str())
        } else {
            REFUSED.contains(&name.as_str())
        };
        if refused {
            return Err(format!("`{name}` is not on the list of functions a check may call"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admits_ordinary_rego() {
        let text = "package checks.a.b\n\nimport data.lib.kms\nimport data.lib.aws as cloud\n\nx if { kms.good(input.resource.key); cloud.y(1); count([1]) > 0; sprintf(\"%d [[[[[[[[[[[[\", [1]) # {{{{{{{{{{{{{\n regex.match(`[a-z\"]`, \"x\") }\n";
        assert_eq!(admit(text), Ok(()));
        assert_eq!(package(text).as_deref(), Some("checks.a.b"));
        assert_eq!(libraries(text), ["lib/aws", "lib/kms"]);
        assert_eq!(parts(text), ["key"]);
    }

    #[test]
    fn refuses_what_looks_outside() {
        for call in [
            "http.send({})",
            "opa.runtime()",
            "time.now_ns()",
            "rand.intn(\"a\", 3)",
            "uuid.rfc4122(\"x\")",
            "http . send ({})",
            "print(1)",
            "net.lookup_ip_addr(\"a\")",
        ] {
            let text = format!("package a\n\nx if {call}\n");
            assert!(admit(&text).is_err(), "{call}");
        }
    }

    #[test]
    fn refuses_depth_and_size() {
        let deep = |n: usize| format!("package a\n\nx := {}1{}\n", "[".repeat(n), "]".repeat(n));
        assert_eq!(admit(&deep(10)), Ok(()));
        assert!(admit(&deep(11)).is_err());
        assert!(admit(&"#".repeat(MAX_TEXT + 1)).is_err());
        assert!(admit("package a\nx := \"").is_err());
    }
}
