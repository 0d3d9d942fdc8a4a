//! The wildcards of policies: `*` for any characters, `?` for exactly one.

/// Whether an action (`kms:Decrypt`) matches a pattern (`kms:*`), without regard to case.
#[must_use]
pub fn action_matches(pattern: &str, action: &str) -> bool {
    if pattern.is_ascii() && action.is_ascii() {
        return matches_by(pattern, action, |a, b| a.eq_ignore_ascii_case(&b));
    }
    wildcard_matches(&pattern.to_lowercase(), &action.to_lowercase())
}

/// Whether a text matches a pattern, with regard to case: for resources, and values of `StringLike`.
#[must_use]
pub fn wildcard_matches(pattern: &str, text: &str) -> bool {
    matches_by(pattern, text, |a, b| a == b)
}

fn matches_by(pattern: &str, text: &str, same: impl Fn(char, char) -> bool) -> bool {
    // At each mismatch the last `*` takes one more character: linear in memory, never exponential in time.
    let mut pattern = pattern.chars();
    let mut text = text.chars();
    let mut retry = None;
    loop {
        let text_before = text.clone();
        match (pattern.next(), text.next()) {
            (Some('*'), _) => {
                text = text_before;
                retry = Some((pattern.clone(), text.clone()));
            }
            (None, None) => return true,
            (Some(p), Some(t)) if p == '?' || same(p, t) => {}
            _ => {
                // INVARIANT: each round here shortens the text of `retry` by one, so the loop ends.
                let Some((after_star, mut rest)) = retry.take() else {
                    return false;
                };
                if rest.next().is_none() {
                    return false;
                }
                retry = Some((after_star.clone(), rest.clone()));
                pattern = after_star;
                text = rest;
            }
        }
    }
}
