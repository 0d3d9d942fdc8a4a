//! Who names whom in a declaration, gathered once: with thousands of keys and threats nobody looks through all of them for each.

use std::collections::BTreeMap;

use diagnose::{Id, Located, Span};

use crate::declared::{Control, Declaration, Risk, Threat};

/// From an id to those that name it, each with the place where it does, in the order declared.
pub(super) type Named<'d> = BTreeMap<&'d str, Vec<(&'d str, Span)>>;

/// Who names whom.
#[derive(Debug, Default)]
pub(super) struct Indices<'d> {
    /// Threats by what they affect.
    pub keys: Named<'d>,
    pub targets: Named<'d>,
    pub components: Named<'d>,
    pub third_parties: Named<'d>,
    pub wallets: Named<'d>,
    pub classes: Named<'d>,
    /// Third parties by the threats that they name.
    pub in_threats: Named<'d>,
    /// Controls by threat.
    pub controls: BTreeMap<&'d str, Vec<(&'d Control, Span)>>,
    /// Rows of the register by threat.
    pub risks: BTreeMap<&'d str, Vec<&'d Risk>>,
    /// Keys by wallet, and by holder.
    pub keys_of_wallet: Named<'d>,
    pub keys_of_holder: Named<'d>,
    /// Holders by role.
    pub holders_of_role: Named<'d>,
}

impl<'d> Indices<'d> {
    pub(super) fn of(declaration: &'d Declaration) -> Self {
        let mut all = Self::default();
        for threat in &declaration.threats {
            all.affected(threat);
        }
        for party in &declaration.third_parties {
            name(&mut all.in_threats, &party.in_threats, party.id.as_str());
        }
        for control in &declaration.controls {
            for threat in &control.threats {
                all.controls.entry(threat.as_str()).or_default().push((control, threat.at));
            }
        }
        for risk in &declaration.risks.rows {
            all.risks.entry(risk.threat.as_str()).or_default().push(risk);
        }
        for key in &declaration.keys {
            name(&mut all.keys_of_wallet, &key.wallets, key.id.as_str());
            name(&mut all.keys_of_holder, &key.holders, key.id.as_str());
        }
        for holder in &declaration.key_holders {
            name(&mut all.holders_of_role, &holder.roles, holder.id.as_str());
        }
        all
    }

    fn affected(&mut self, threat: &'d Threat) {
        let Some(affects) = &threat.affects else { return };
        let id = threat.id.as_str();
        name(&mut self.keys, &affects.keys, id);
        name(&mut self.targets, &affects.targets, id);
        name(&mut self.components, &affects.components, id);
        name(&mut self.third_parties, &affects.third_parties, id);
        name(&mut self.wallets, &affects.wallets, id);
        name(&mut self.classes, &affects.classes, id);
    }
}

fn name<'d>(index: &mut Named<'d>, named: &'d [Located<Id>], by: &'d str) {
    for one in named {
        index.entry(one.as_str()).or_default().push((by, one.at));
    }
}

/// Those that name it, without repetitions, and where they do.
pub(super) fn naming(index: &Named<'_>, id: &str) -> (Vec<String>, Vec<Span>) {
    let found = index.get(id).map(Vec::as_slice).unwrap_or_default();
    let mut ids: Vec<String> = Vec::new();
    for (by, _) in found {
        if ids.last().is_none_or(|last| last != by) {
            ids.push((*by).to_owned());
        }
    }
    (ids, found.iter().map(|(_, at)| *at).collect())
}
