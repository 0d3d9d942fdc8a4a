//! Where values are written, as records point to them.

use crate::common::load_files;

#[test]
fn a_place_is_the_first_character_of_the_value() {
    let root = "witnessmark: 1\nentity: \"Börse, Ltd\"\nsystem:\n\ninclude: [sub/controls.yaml]\ncontrols:\n  - {id: C, title: Tür}\n";
    let more = "controls:\n  - id: D\n    # é\n    title: >\n      Öl\n      and more\n  - {id: É, title: \"ü\"}\n";
    let loaded = load_files(&[("witnessmark.yaml", root), ("sub/controls.yaml", more)]);
    let declaration = &loaded.declaration;
    let at = |at| loaded.written_at(at).expect("a place");
    assert_eq!(at(declaration.entity.at), ("witnessmark.yaml", 2, 9));
    // Of a value of which nothing is written, its key.
    assert_eq!(at(declaration.system.written), ("witnessmark.yaml", 3, 1));
    let controls = &declaration.controls;
    assert_eq!(at(controls[0].written), ("witnessmark.yaml", 7, 6));
    assert_eq!(at(controls[0].title.at), ("witnessmark.yaml", 7, 20));
    assert_eq!(at(controls[1].written), ("sub/controls.yaml", 2, 5));
    assert_eq!(at(controls[1].title.at), ("sub/controls.yaml", 5, 7));
    assert_eq!(at(controls[2].title.at), ("sub/controls.yaml", 7, 20));
    assert_eq!(loaded.written_at(diagnose::Span::NONE), None);
}
