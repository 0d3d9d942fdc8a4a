//! What was not read, and why.

use model::record::{Gap, GapReason};

/// A gap: its place among those that the world was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GapAt(pub usize);

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Of the first gap.
    pub reason: GapReason,
    /// For a person.
    pub text: String,
    /// Empty where nothing says why.
    pub gaps: Vec<GapAt>,
}

impl Unread {
    /// Of these gaps, if there is one.
    pub(crate) fn of<'g>(what: &str, gaps: impl Iterator<Item = (GapAt, &'g Gap)>) -> Option<Self> {
        let mut gaps = gaps.peekable();
        let reason = gaps.peek()?.1.reason;
        let (mut at, mut said) = (Vec::new(), Vec::new());
        for (place, gap) in gaps {
            at.push(place);
            let words = words(gap);
            if said.len() < SAID && !said.contains(&words) {
                said.push(words);
            }
        }
        let more = if at.len() > said.len() && said.len() == SAID { "; and more" } else { "" };
        Some(Self { reason, text: format!("{what}: {}{more}", said.join("; ")), gaps: at })
    }

    /// Something that is not there, and no gap says why.
    pub(crate) fn unsaid(text: String) -> Self {
        Self { reason: GapReason::CollectorFailed, text, gaps: Vec::new() }
    }

    /// All of them in one; `None` of none.
    #[must_use]
    pub fn all(unread: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut unread = unread.into_iter();
        let mut first = unread.next()?;
        let mut said = 1;
        for one in unread {
            if !first.text.contains(&one.text) && said < SAID {
                said += 1;
                first.text = format!("{}; {}", first.text, one.text);
            }
            first.gaps.extend(one.gaps);
        }
        first.gaps.sort_unstable();
        first.gaps.dedup();
        first.gaps.truncate(MOST);
        Some(first)
    }
}

/// So many reasons are told of one thing.
const SAID: usize = 8;

/// So many gaps are named of one thing: thousands of keys may each have the gaps of thousands.
const MOST: usize = 100;

/// `access denied, kms:ListAliases`
fn words(gap: &Gap) -> String {
    let mut text = gap.reason.words().to_owned();
    if let Some(right) = &gap.right {
        text = format!("{text}, {right}");
    }
    if gap.exchange.is_none() && !gap.detail.is_empty() {
        text = format!("{text}, {}", gap.detail);
    }
    text
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<T> {
    /// All of it was read.
    Whole(T),
    /// It goes as far as was read.
    Some(T, Unread),
    /// It was not read.
    Missing(Unread),
}

impl<T> Part<T> {
    /// What is there of it.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Whole(value) | Self::Some(value, _) => Some(value),
            Self::Missing(_) => None,
        }
    }

    /// All of it, or why not.
    ///
    /// # Errors
    /// When not all of it was read.
    pub fn whole(self) -> Result<T, Unread> {
        match self {
            Self::Whole(value) => Ok(value),
            Self::Some(_, why) | Self::Missing(why) => Err(why),
        }
    }

    /// Why not all of it is there.
    pub const fn why(&self) -> Option<&Unread> {
        match self {
            Self::Whole(_) => None,
            Self::Some(_, why) | Self::Missing(why) => Some(why),
        }
    }
}

/// How completely the lists of one kind of one target were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// By population, `aws-kms/key@eu-west-1`; the name of the kind where nothing at all was listed. `None`: all of it was.
    pub lists: Vec<(String, Option<Unread>)>,
}

impl Listing {
    /// Why not everything was listed. `None`: all lists were read to their ends.
    #[must_use]
    pub fn open(&self) -> Option<Unread> {
        Unread::all(self.lists.iter().filter_map(|(_, why)| why.clone()))
    }

    /// The same of what belongs to one place (a region): lists elsewhere are left out of account.
    #[must_use]
    pub fn open_in(&self, scope: &str) -> Option<Unread> {
        let here = |population: &str| population.split_once('@').is_none_or(|(_, place)| place == scope);
        Unread::all(self.lists.iter().filter(|(population, _)| here(population)).filter_map(|(_, why)| why.clone()))
    }

    /// Whether something was listed in this place.
    #[must_use]
    pub fn covers(&self, scope: &str) -> bool {
        self.lists.iter().any(|(population, _)| population.split_once('@').is_none_or(|(_, place)| place == scope))
    }
}
