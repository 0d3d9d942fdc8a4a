//! What a control asks: which checks of which targets, with which parameters, by which texts. Two runs in which that is not the same did not
//! look at the same control.

use std::collections::{BTreeMap, BTreeSet};

use model::Digest;
use model::record::{Assignment, Check, CheckRole};

use super::reset::Why;

/// The uses of checks of a run, by control.
#[derive(Clone, Debug, Default)]
pub struct Uses(BTreeMap<String, OfControl>);

/// By check and target.
type OfControl = BTreeMap<(String, String), BTreeSet<Use>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    /// As sealed, defaults filled in.
    parameters: String,
    /// Names of those weaker than the check's defaults.
    weaker: BTreeSet<String>,
    /// Why there may be nothing to look at.
    expects_none: Option<String>,
}

/// The texts of checks of a run.
#[derive(Clone, Debug, Default)]
pub struct CheckTexts {
    checks: BTreeMap<String, Digest>,
    /// Which check imports which library is not known here: they count for all.
    libraries: BTreeMap<String, Digest>,
}

impl Uses {
    #[must_use]
    pub fn of<'a>(assignments: impl IntoIterator<Item = &'a Assignment>) -> Self {
        let mut uses = Self::default();
        for assignment in assignments {
            let of_control = uses.0.entry(assignment.control.clone()).or_default();
            let one = Use {
                parameters: assignment.parameters.get().to_owned(),
                weaker: assignment.weaker.iter().cloned().collect(),
                expects_none: assignment.expect.as_ref().map(|expect| expect.none.clone()),
            };
            for target in &assignment.targets {
                of_control.entry((assignment.check.clone(), target.clone())).or_default().insert(one.clone());
            }
        }
        uses
    }

    /// The targets that a control is put to.
    pub fn targets(&self, control: &str) -> impl Iterator<Item = &str> {
        self.0.get(control).into_iter().flat_map(|of| of.keys()).map(|(_, target)| target.as_str())
    }
}

impl CheckTexts {
    #[must_use]
    pub fn of<'a>(checks: impl IntoIterator<Item = &'a Check>) -> Self {
        let mut texts = Self::default();
        for check in checks {
            let of_role = match check.role {
                CheckRole::Check => &mut texts.checks,
                CheckRole::Library => &mut texts.libraries,
            };
            of_role.insert(check.id.clone(), check.sha256);
        }
        texts
    }
}

/// What a control asks in one run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form<'f> {
    pub control: &'f str,
    pub uses: &'f Uses,
    pub texts: &'f CheckTexts,
    pub every_seconds: Option<u64>,
    pub grace_seconds: Option<u64>,
}

impl Form<'_> {
    /// What is not as it was `before`, for a person; what is weaker comes first. `None`: it asks the same.
    pub(super) fn differs(self, before: Form<'_>) -> Option<(Why, String)> {
        self.weaker(before).map(|because| (Why::Weaker, because)).or_else(|| {
            let because = self.otherwise(before)?;
            Some((Why::Changed, because))
        })
    }

    fn weaker(self, before: Form<'_>) -> Option<String> {
        let none = OfControl::new();
        let now = self.uses.0.get(self.control).unwrap_or(&none);
        for (place, was) in before.uses.0.get(before.control).unwrap_or(&none) {
            let (check, target) = place;
            let Some(is) = now.get(place) else {
                return Some(format!("`{check}` is not put to `{target}` any more"));
            };
            let names = |uses: &BTreeSet<Use>| uses.iter().flat_map(|one| one.weaker.clone()).collect::<BTreeSet<_>>();
            if let Some(name) = names(is).difference(&names(was)).next() {
                return Some(format!("`{name}` of `{check}` at `{target}` became weaker than the check's default"));
            }
            let expects = |uses: &BTreeSet<Use>| uses.iter().any(|one| one.expects_none.is_some());
            if expects(is) && !expects(was) {
                return Some(format!("`{check}` at `{target}` now expects that there may be nothing"));
            }
        }
        match (before.every_seconds, self.every_seconds) {
            (Some(was), None) => Some(format!("it had to be observed every {was} s, and has no interval any more")),
            (Some(was), Some(is)) if is > was => Some(format!("it is observed every {is} s; it was every {was} s")),
            (Some(was), Some(is)) if is == was && self.grace() > before.grace() => {
                Some(format!("it may come {} s late; it was {} s", self.grace(), before.grace()))
            }
            _ => None,
        }
    }

    /// Whether that is stricter nobody can say without the checks themselves.
    fn otherwise(self, before: Form<'_>) -> Option<String> {
        let none = OfControl::new();
        let was = before.uses.0.get(before.control).unwrap_or(&none);
        for (place, is) in self.uses.0.get(self.control).unwrap_or(&none) {
            let (check, target) = place;
            match was.get(place) {
                None => return Some(format!("`{check}` is put to `{target}`, and was not before")),
                Some(was) if was != is => return Some(format!("the parameters of `{check}` at `{target}` are others")),
                Some(_) => {}
            }
            if before.texts.checks.get(check) != self.texts.checks.get(check) {
                return Some(format!("the text of `{check}` is another one"));
            }
        }
        let libraries = (&before.texts.libraries, &self.texts.libraries);
        // A control without checks runs none of them.
        if libraries.0 != libraries.1 && !was.is_empty() {
            return Some("the text of a library that checks import is another one".to_owned());
        }
        match (before.every_seconds, self.every_seconds) {
            (was, is) if was != is => Some("how often it is observed is declared otherwise".to_owned()),
            _ if self.grace() != before.grace() => Some("how late it may be observed is declared otherwise".to_owned()),
            _ => None,
        }
    }

    /// Seconds.
    fn grace(self) -> u64 {
        self.grace_seconds.unwrap_or(self.every_seconds.unwrap_or_default() / 2)
    }
}
