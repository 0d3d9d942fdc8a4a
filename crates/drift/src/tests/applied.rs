//! A difference applied to the earlier value.

use crate::found::{ObjectDrift, Which};
use crate::lists::Lists;
use crate::tree::{Field, FieldWhat, Tree};

/// The later facts of an object, from the earlier ones and what differs; `None`: it is not there.
pub(super) fn object(before: Option<Tree>, drift: &ObjectDrift) -> Option<Tree> {
    match drift.only {
        Some(Which::Before) => None,
        Some(Which::After) => Tree::parse(drift.facts.as_ref().unwrap().get(), Lists::of(&drift.kind)),
        None => {
            let mut tree = before.unwrap();
            drift.fields.iter().for_each(|one| field(&mut tree, &one.field));
            Some(tree)
        }
    }
}

fn field(tree: &mut Tree, field: &Field) {
    let steps: Vec<String> =
        field.path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let to = || field.to.clone().unwrap();
    match field.what {
        FieldWhat::Changed => *at(tree, &steps) = to(),
        FieldWhat::Added | FieldWhat::Removed => {
            let (name, parent) = steps.split_last().unwrap();
            let Tree::Object(members) = at(tree, parent) else { panic!("{field:?}") };
            match field.what {
                FieldWhat::Added => assert!(members.insert(name.clone(), to()).is_none()),
                _ => assert_eq!(members.remove(name), field.from),
            }
        }
        FieldWhat::ElementAdded | FieldWhat::ElementRemoved => {
            let Tree::List(items) = at(tree, &steps) else { panic!("{field:?}") };
            if field.what == FieldWhat::ElementAdded {
                items.push(to());
                items.sort_unstable();
            } else {
                let place = items.iter().position(|item| Some(item) == field.from.as_ref()).unwrap();
                items.remove(place);
            }
        }
    }
}

fn at<'t>(tree: &'t mut Tree, steps: &[String]) -> &'t mut Tree {
    steps.iter().fold(tree, |tree, step| match tree {
        Tree::Object(members) => members.get_mut(step).unwrap(),
        other => panic!("{other:?} has no `{step}`"),
    })
}
