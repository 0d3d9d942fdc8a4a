//! Values of conditions and resources: wildcards and policy variables.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use crate::document::PolicyDocument;

/// One piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Char(char),
    /// `*`
    Many,
    /// `?`
    One,
    /// `${key}` or `${key, 'default'}`, the key lower-case.
    Variable {
        key: String,
        default: Option<String>,
    },
}

/// A value taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub Vec<Piece>);

/// Whether a policy of this version knows variables. Others read `${…}` as it stands.
#[must_use]
pub fn knows_variables(document: &PolicyDocument) -> bool {
    document.version.as_deref() == Some("2012-10-17")
}

impl Pattern {
    /// Takes a value apart. `wildcards`: whether the operator reads `*` and `?` as such.
    #[must_use]
    pub fn of(value: &str, wildcards: bool, variables: bool) -> Self {
        let mut pieces = Vec::new();
        let mut rest = value;
        while let Some(first) = rest.chars().next() {
            if variables && let Some((inside, after)) = rest.strip_prefix("${").and_then(|r| r.split_once('}')) {
                pieces.push(variable(inside));
                rest = after;
                continue;
            }
            pieces.push(match first {
                '*' if wildcards => Piece::Many,
                '?' if wildcards => Piece::One,
                c => Piece::Char(c),
            });
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
        Self(pieces)
    }

    /// The text before the first wildcard or variable.
    #[must_use]
    pub fn literal_start(&self) -> String {
        self.0.iter().map_while(|p| if let Piece::Char(c) = p { Some(*c) } else { None }).collect()
    }

    /// The whole text, where it has no wildcard and no variable.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        self.0.iter().map(|p| if let Piece::Char(c) = p { Some(*c) } else { None }).collect()
    }

    /// The key of a value that is one variable and nothing else.
    #[must_use]
    pub fn sole_variable(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Variable { key, default: None }] => Some(key),
            _ => None,
        }
    }

    #[must_use]
    pub fn has_variables(&self) -> bool {
        self.0.iter().any(|p| matches!(p, Piece::Variable { .. }))
    }

    #[must_use]
    pub fn has_wildcards(&self) -> bool {
        self.0.iter().any(|p| matches!(p, Piece::Many | Piece::One))
    }

    /// Whether a text matches. A variable that nobody put in matches nothing.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // At each mismatch the last `*` takes one more character: linear in memory, never exponential in time.
        let text: Vec<char> = text.chars().collect();
        let (mut p, mut t) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(p), text.get(t)) {
                (None, None) => return true,
                (Some(Piece::Many), _) => {
                    retry = Some((p, t));
                    p += 1;
                }
                (Some(Piece::One), Some(_)) => (p, t) = (p + 1, t + 1),
                (Some(Piece::Char(c)), Some(d)) if c == d => (p, t) = (p + 1, t + 1),
                _ => {
                    // INVARIANT: each round here moves the text of `retry` on by one, so the loop ends.
                    let Some((star, from)) = retry.filter(|(_, from)| *from < text.len()) else {
                        return false;
                    };
                    retry = Some((star, from + 1));
                    (p, t) = (star + 1, from + 1);
                }
            }
        }
    }

    /// Whether every text that the other one matches is matched by this one too. `false` where that is not plain.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        // The other's wildcards are taken for characters that only a wildcard of at least the same reach matches.
        let mut p = 0;
        let mut o = 0;
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.0.get(p), other.0.get(o)) {
                (None, None) => return true,
                (Some(Piece::Many), _) => {
                    retry = Some((p, o));
                    p += 1;
                }
                (Some(Piece::One), Some(Piece::Char(_) | Piece::One)) => (p, o) = (p + 1, o + 1),
                (Some(Piece::Char(a)), Some(Piece::Char(b))) if a == b => (p, o) = (p + 1, o + 1),
                _ => {
                    // INVARIANT: as in `matches`.
                    let Some((star, from)) = retry.filter(|(_, from)| *from < other.0.len()) else {
                        return false;
                    };
                    retry = Some((star, from + 1));
                    (p, o) = (star + 1, from + 1);
                }
            }
        }
    }

    /// Whether some text is matched by both.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        // Which beginnings of `other` can be matched by the beginning of `self` read so far.
        let n = other.0.len();
        let skip = |set: &mut Vec<bool>| {
            for o in 0..n {
                if set.get(o) == Some(&true) && other.0.get(o) == Some(&Piece::Many) {
                    set.splice(o + 1..o + 2, [true]);
                }
            }
        };
        let mut now = vec![false; n + 1];
        now.splice(0..1, [true]);
        skip(&mut now);
        for piece in &self.0 {
            let mut next = vec![false; n + 1];
            for o in (0..=n).filter(|o| now.get(*o) == Some(&true)) {
                let to = match (piece, other.0.get(o)) {
                    (Piece::Many, _) => {
                        next.splice(o..n + 1, vec![true; n + 1 - o]);
                        continue;
                    }
                    (_, None) => continue,
                    (_, Some(Piece::Many)) => o,
                    (Piece::Char(a), Some(Piece::Char(b))) if a != b => continue,
                    // A variable may be anything.
                    _ => o + 1,
                };
                next.splice(to..=to, [true]);
            }
            skip(&mut next);
            now = next;
        }
        now.last() == Some(&true)
    }
}

fn variable(inside: &str) -> Piece {
    // `${*}`, `${?}` and `${$}` are those characters themselves.
    let mut chars = inside.chars();
    if let (Some(c @ ('*' | '?' | '$')), None) = (chars.next(), chars.next()) {
        return Piece::Char(c);
    }
    match inside.split_once(',') {
        None => Piece::Variable { key: inside.trim().to_lowercase(), default: None },
        Some((key, default)) => Piece::Variable {
            key: key.trim().to_lowercase(),
            default: Some(default.trim().trim_matches('\'').to_owned()),
        },
    }
}

/// The same for actions and resources, which know no variables here.
#[must_use]
pub fn contains(wide: &str, narrow: &str) -> bool {
    Pattern::of(wide, true, false).contains(&Pattern::of(narrow, true, false))
}

/// Whether two patterns have a text in common.
#[must_use]
pub fn overlap(a: &str, b: &str) -> bool {
    Pattern::of(a, true, false).overlaps(&Pattern::of(b, true, false))
}
