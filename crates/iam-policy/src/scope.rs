//! What counts as inside, and the answer whether somebody outside is let in.

use std::collections::{BTreeMap, BTreeSet};

use crate::parties::{LetIn, Party, PartyKind};

/// What is declared to be inside.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The account that owns the resource.
    pub own: String,
    /// Further accounts.
    pub accounts: BTreeSet<String>,
    pub organizations: BTreeSet<String>,
    /// Services that may come without saying on whose behalf.
    pub services: BTreeSet<String>,
    /// Tenants by the names of the federation table; exact subjects by unknown issuers, `*` for all subjects of such a one.
    pub tenants: BTreeMap<String, BTreeSet<String>>,
    /// Seconds since 1970.
    pub now: i64,
}

/// Whether somebody is let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Yes(String),
    No(String),
    Undetermined(String),
}

/// How far a party is inside. In the order of comfort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Inside {
    No,
    /// It can only be declared.
    Undeclared,
    Yes,
}

impl LetIn {
    /// Whether it lets in somebody outside. `policies/lib/policy.rego` compares the same sets in the same way.
    #[must_use]
    pub fn outside(&self, scope: &Scope) -> Answer {
        if let Some(why) = &self.nobody {
            return Answer::No(why.clone());
        }
        if self.until.is_some_and(|until| until <= scope.now) {
            return Answer::No(format!("{}: no longer", self.sentence));
        }
        let of = |party: &Party| scope.holds(party);
        let best =
            self.bounds.iter().filter_map(|b| Some((b.parties.iter().map(of).min()?, b))).max_by_key(|(i, _)| *i);
        match best {
            Some((Inside::Yes, bound)) => Answer::No(format!("{} bounds it to what is inside", bound.by)),
            _ if !self.unclear.is_empty() => {
                Answer::Undetermined(format!("{}; not understood: {}", self.sentence, self.unclear.join("; ")))
            }
            Some((Inside::Undeclared, _)) => {
                Answer::Undetermined(format!("{}: whose that is, is not declared", self.sentence))
            }
            _ => Answer::Yes(self.sentence.clone()),
        }
    }
}

impl Scope {
    fn holds(&self, party: &Party) -> Inside {
        let account = |account: &str| account == self.own || self.accounts.contains(account);
        let named = |declared: &BTreeSet<String>| {
            party.names.iter().any(|name| {
                declared.contains(name)
                    || party.ignore_case && declared.iter().any(|d| d.to_lowercase() == name.to_lowercase())
            })
        };
        if party.account.as_deref().is_some_and(|a| a != self.own) {
            return Inside::No;
        }
        let none = BTreeSet::new();
        let tenants = party.issuer.as_ref().and_then(|issuer| self.tenants.get(issuer)).unwrap_or(&none);
        let yes = match party.kind {
            PartyKind::Owner | PartyKind::SamlProvider => true,
            PartyKind::Account => party.names.iter().any(|name| account(name)),
            PartyKind::Organization => named(&self.organizations),
            PartyKind::Service => named(&self.services),
            PartyKind::Tenant => named(tenants),
            // A provider of this account for one cluster: where clusters are declared, it must be one of them.
            PartyKind::Cluster => tenants.is_empty() || named(tenants),
            PartyKind::Issuer => tenants.contains("*"),
            PartyKind::Subject if named(tenants) => true,
            PartyKind::Subject | PartyKind::AnyService => return Inside::Undeclared,
            PartyKind::Anyone => false,
        };
        if yes { Inside::Yes } else { Inside::No }
    }
}
