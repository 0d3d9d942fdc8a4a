//! Who holds which policies, and of those what is asked for here.

use std::sync::Arc;

use crate::document::{Effect, PolicyDocument, Statement};
use crate::text::knows_variables;

use super::asks;

/// Shared, as many principals have the same policies.
pub type Shared = Arc<Digest>;

/// Of a policy, the statements that say something of what is asked here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// With their places in the policy, counted from 0.
    pub(super) statements: Vec<(usize, Statement)>,
    pub(super) variables: bool,
}

impl Digest {
    #[must_use]
    pub fn of(document: &PolicyDocument) -> Self {
        let matters = |statement: &Statement| asks::all().any(|ask| statement.covers_action(ask.action));
        Self {
            statements: document.statements.iter().cloned().enumerate().filter(|(_, one)| matters(one)).collect(),
            variables: knows_variables(document),
        }
    }

    /// The same of a policy with all that it says.
    #[must_use]
    pub fn whole(document: &PolicyDocument) -> Self {
        Self {
            statements: document.statements.iter().cloned().enumerate().collect(),
            variables: knows_variables(document),
        }
    }

    /// The statements that allow something, with their places in the policy.
    pub(crate) fn allows(&self) -> impl Iterator<Item = (usize, &Statement)> {
        self.statements.iter().filter(|(_, one)| one.effect == Effect::Allow).map(|(n, one)| (*n, one))
    }

    /// All statements that are kept, with their places in the policy.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, &Statement)> {
        self.statements.iter().map(|(n, one)| (*n, one))
    }

    /// The same without the allowing statements that this does not keep.
    pub(crate) fn without(&self, keeps: impl Fn(&Statement) -> bool) -> Self {
        let kept = |(_, one): &&(usize, Statement)| one.effect == Effect::Deny || keeps(one);
        Self { statements: self.statements.iter().filter(kept).cloned().collect(), variables: self.variables }
    }

    /// Whether it says nothing of what is asked here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    pub(super) fn of_effect(&self, effect: Effect, action: &str) -> impl Iterator<Item = (usize, &Statement)> {
        let speaks = move |one: &&(usize, Statement)| one.1.effect == effect && one.1.covers_action(action);
        self.statements.iter().filter(speaks).map(|(n, one)| (*n, one))
    }
}

/// A user, a role or a group, with the policies that count for it.
#[derive(Clone, Debug, Default)]
pub struct Holder {
    pub arn: String,
    pub name: String,
    /// Their own, and those of their groups.
    pub policies: Vec<Held>,
    /// A permissions boundary. Absent: there is none.
    pub boundary: Option<Held>,
    /// Of a role: whom it trusts. Absent there: its trust policy was not read.
    pub trust: Option<Shared>,
    /// By what they take away what holds them back, where that is asked for.
    pub loose: Loose,
}

/// What holds somebody back: one of their policies, by its place among them, or their boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bar {
    Policy(usize),
    Boundary,
}

/// What holds somebody back from an action, and whether it surely does.
pub type Barred = (Bar, bool);

/// One way in which somebody takes away what holds them back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    pub action: &'static str,
    /// The ARN of what it is done to: of themselves, or of a group of theirs.
    pub on: String,
    /// What is gone then, with all that it allowed.
    pub takes: Vec<Bar>,
    /// The places of their policies that allow it, but for what holds them back, and whether surely.
    pub givers: Vec<(usize, bool)>,
    /// What holds them back from it, and has to be gone before.
    pub bars: Vec<Barred>,
}

/// By what somebody takes away what holds them back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loose {
    pub ways: Vec<Way>,
}

/// A policy in somebody's hands.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// A managed policy's ARN, or the name of one that stands in its holder.
    pub name: String,
    /// The group by which they have it.
    pub group: Option<String>,
    /// `None`: it was not read. Then what it gives, and what it takes back, is not known.
    pub digest: Option<Shared>,
}

impl Held {
    /// Whether it is one that is attached, in place of one that stands in its holder.
    pub(super) fn is_managed(&self) -> bool {
        self.name.starts_with("arn:")
    }
}

impl Holder {
    pub(crate) fn is_user(&self) -> bool {
        self.arn.contains(":user/")
    }

    pub(crate) fn is_group(&self) -> bool {
        self.arn.contains(":group/")
    }
}
