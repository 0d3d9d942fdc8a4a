//! Identity providers: whose tokens a trust policy accepts.

mod table;

use crate::text::Pattern;

pub use table::{ISSUERS, Issuer, Place, Shape};

/// A known issuer, as it stands in a policy.
#[derive(Debug)]
pub struct Known {
    pub row: &'static Issuer,
    /// The tenant, where the issuer itself names it.
    pub tenant: Option<String>,
}

/// The row of an issuer: what follows `oidc-provider/` in an ARN, or the name of a provider that AWS has built in.
#[must_use]
pub fn known(issuer: &str) -> Option<Known> {
    let issuer = issuer.trim_end_matches('/');
    ISSUERS.iter().find_map(|row| fits(row.issuer, issuer).map(|tenant| Known { row, tenant }))
}

/// Whether an issuer has this form. Inside: the tenant it names.
fn fits(form: &str, issuer: &str) -> Option<Option<String>> {
    let mut tenant = None;
    let mut given = issuer.split('/').enumerate();
    for wanted in form.split('/') {
        if wanted == "**" {
            return given.next().map(|_| tenant);
        }
        let (n, part) = given.next()?;
        let Some((before, rest)) = wanted.split_once('{') else {
            // Hosts know no case; paths do.
            let same = if n == 0 { wanted.eq_ignore_ascii_case(part) } else { wanted == part };
            if same {
                continue;
            }
            return None;
        };
        let (name, after) = rest.split_once('}')?;
        let inside = part.strip_prefix(before)?.strip_suffix(after)?;
        if inside.is_empty() || (n == 0 && inside.contains('.')) {
            return None;
        }
        if name == "tenant" {
            tenant = Some(inside.to_owned());
        }
    }
    given.next().is_none().then_some(tenant)
}

impl Place {
    /// The names of the tenant that a value names: the tenant, what is below it level by level, and their ids.
    /// `None`: a wildcard stands where the tenant must, or the value is of another form.
    #[must_use]
    pub fn names(&self, value: &Pattern) -> Option<Vec<String>> {
        let literal = value.literal_start();
        let whole = value.literal().is_some();
        let rest = literal.strip_prefix(self.before)?;
        let (name, complete) = match self.end.and_then(|end| rest.split_once(end)) {
            Some((name, _)) => (name, true),
            None => (rest, whole),
        };
        let mut names = Vec::new();
        let mut path = String::new();
        let mut levels: Vec<&str> = self.below.map_or_else(|| vec![name], |below| name.split(below).collect());
        // The last level is known only if what ends it is; an id ends a name, and is then itself not known.
        if !complete
            && let Some(last) = levels.pop()
            && let Some((plain, _)) = last.split_once('@').filter(|_| self.ids)
        {
            levels.push(plain);
        }
        for level in levels {
            if level.is_empty() {
                return None;
            }
            let (plain, id) =
                level.split_once('@').filter(|_| self.ids).map_or((level, None), |(plain, id)| (plain, Some(id)));
            let first = path.is_empty();
            if let (false, Some(below)) = (first, self.below) {
                path.push(below);
            }
            if first && self.beside_ids && is_id(plain) {
                path.push_str("name:");
            }
            path.push_str(plain);
            names.push(format!("{}{path}", self.label));
            // Only the owner's id names a tenant; a repository's stands below it.
            if let Some(id) = id.filter(|id| first && is_id(id)) {
                names.push(id.to_owned());
            }
        }
        (!names.is_empty()).then_some(names)
    }
}

fn is_id(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_digit())
}

/// Claims of tokens that say nothing of whose they are.
const TELLING_NOTHING: [&str; 14] = [
    "aud",
    "azp",
    "oaud",
    "base_ref",
    "environment",
    "event_name",
    "head_ref",
    "ref",
    "ref_protected",
    "ref_type",
    "repository_visibility",
    "runner_environment",
    "sha",
    "workflow",
];

/// Whether a claim says nothing of whose a token is.
#[must_use]
pub fn tells_nothing(claim: &str) -> bool {
    TELLING_NOTHING.contains(&claim)
}
