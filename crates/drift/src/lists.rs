//! Which lists have an order. The schema of a kind says so (`x-ordered`); all its other lists are sets, which a source may give in any order. Of a kind without
//! a schema here (a program of somebody's own) nothing is known: its lists are compared as they stand.

/// By kind, with `-` for `/`, the places of its lists that have an order.
const KINDS: &[(&str, &[&str])] = include!(concat!(env!("OUT_DIR"), "/lists.rs"));

/// What is known of the lists of one kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lists {
    /// Those at these places have an order, all others are sets.
    Ordered(&'static [&'static str]),
    /// Nothing is known.
    Unknown,
}

impl Lists {
    /// Those of a kind of resource.
    pub(crate) fn of(kind: &str) -> Self {
        let name = kind.replace('/', "-");
        let known = KINDS.binary_search_by(|(known, _)| (*known).cmp(&name));
        known.ok().and_then(|at| KINDS.get(at)).map_or(Self::Unknown, |(_, ordered)| Self::Ordered(ordered))
    }

    /// Whether the list at this place is a set. `at`: names of members, `*` for an element of a list.
    pub(crate) fn is_set(self, at: &[String]) -> bool {
        let Self::Ordered(places) = self else { return false };
        !places.iter().any(|place| {
            let mut steps = place.split('/').skip(1);
            at.iter().all(|name| steps.next().is_some_and(|step| step == "*" || step == name)) && steps.next().is_none()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(steps: &[&str]) -> Vec<String> {
        steps.iter().map(|step| (*step).to_owned()).collect()
    }

    #[test]
    fn the_schemas_say_which_lists_have_an_order() {
        assert!(KINDS.len() > 40, "{}", KINDS.len());
        assert!(KINDS.is_sorted());
        let ordered: Vec<(&str, &str)> =
            KINDS.iter().flat_map(|(kind, places)| places.iter().map(move |place| (*kind, *place))).collect();
        assert_eq!(
            ordered,
            [
                ("aws-organizations-account", "/path"),
                ("declaration-control", "/observed/gaps"),
                ("declaration-task", "/operated/days"),
                ("declaration-wallet", "/workflow"),
                ("github-organization", "/oidc_subject"),
                ("github-repository", "/oidc_subject/claims"),
            ]
        );
    }

    #[test]
    fn other_lists_are_sets() {
        let wallet = Lists::of("declaration/wallet");
        assert!(!wallet.is_set(&at(&["workflow"])));
        assert!(wallet.is_set(&at(&["workflow", "*", "by"])));
        assert!(wallet.is_set(&at(&["keys"])));
        assert!(Lists::of("aws-kms/key").is_set(&at(&["policy", "statements"])));
        assert!(
            !Lists::of("openssh/host-key").is_set(&at(&["names"])),
            "of a program of somebody's own nothing is known"
        );
    }
}
