//! Patterns of ids: `*` stands for any text, `?` for one character, `\` takes the meaning from what follows it.

/// A pattern, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(Vec<Token>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// Any text, the empty one too. Ids have no folders: a `/` is a character like others.
    Any,
    One,
    Is(char),
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, for a person.
    pub fn read(pattern: &str) -> Result<Self, &'static str> {
        let mut tokens = Vec::new();
        let mut rest = pattern.chars();
        while let Some(c) = rest.next() {
            tokens.push(match c {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => match rest.next() {
                    Some(c @ ('*' | '?' | '\\')) => Token::Is(c),
                    Some(_) => return Err(r"a `\` stands before `*`, `?` or another `\` only"),
                    None => return Err(r"it ends with a single `\`"),
                },
                c => Token::Is(c),
            });
        }
        // Two of them say no more than one, and cost time.
        tokens.dedup_by(|b, a| (*a, *b) == (Token::Any, Token::Any));
        if tokens.is_empty() { Err("it is empty") } else { Ok(Self(tokens)) }
    }

    /// Whether it is about the whole of this text. Letters of another case are other letters.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (mut at, mut rest) = (0, text.chars());
        // Behind the last `*`, and how much it has taken.
        let mut back = None;
        loop {
            let mut ahead = rest.clone();
            let fits = match (self.0.get(at), ahead.next()) {
                (None, None) => return true,
                (Some(Token::Any), _) => {
                    at += 1;
                    back = Some((at, rest.clone()));
                    continue;
                }
                (Some(Token::One), Some(_)) => true,
                (Some(Token::Is(wanted)), Some(found)) => *wanted == found,
                _ => false,
            };
            if fits {
                at += 1;
                rest = ahead;
                continue;
            }
            // The last `*` takes one character more.
            let Some((behind, mut from)) = back.take() else { return false };
            if from.next().is_none() {
                return false;
            }
            (at, rest) = (behind, from.clone());
            back = Some((behind, from));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_about_the_whole_text() {
        let matches = |pattern: &str, text: &str| Glob::read(pattern).unwrap().matches(text);
        for (pattern, yes, no) in [
            ("alice", ["alice", "alice"], ["alic", "alice2"]),
            ("a*", ["a", "arn:aws:iam::1:user/a"], ["", "ba"]),
            ("*/alice", ["arn:aws:iam::1:user/alice", "/alice"], ["alice", "x/alice/y"]),
            ("*a*b*", ["ab", "xaxbx"], ["ba", "a"]),
            ("a**b", ["ab", "axxb"], ["a", "b"]),
            ("k-?", ["k-1", "k-é"], ["k-", "k-11"]),
            ("*?", ["a", "ab"], ["", ""]),
            (r"bucket/\*", ["bucket/*", "bucket/*"], ["bucket/a", "bucket/"]),
            (r"\?\\", [r"?\", r"?\"], [r"a\", "?"]),
            ("*", ["", "anything"], ["", ""]),
        ] {
            assert!(yes.iter().all(|text| matches(pattern, text)), "{pattern}");
            let wrong: Vec<_> = no.iter().filter(|text| matches(pattern, text)).collect();
            assert!(wrong.iter().all(|text| text.is_empty() && pattern == "*"), "{pattern}: {wrong:?}");
        }
        for bad in ["", r"a\", r"a\b"] {
            assert!(Glob::read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn many_stars_take_no_long_time() {
        let pattern = Glob::read(&"*a".repeat(40)).unwrap();
        assert!(!pattern.matches(&("a".repeat(4_000) + "b")));
    }
}
