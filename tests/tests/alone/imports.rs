//! Holds that the files of a crate form no circle: who wants to read one of them need not read all the others first.
//!
//! A file depends on another when it names something that the other defines: in a `use`, or by a path that begins with `crate`, `super`,
//! `self` or one of its own child modules. A name that a third file only hands on (`pub use`) leads to where it is defined. Declaring a
//! child (`mod child;`) and handing on what it defines makes no parent depend on it; using it does. Tests (`#[cfg(test)]`) may look at
//! everything, and count for nothing.
//!
//! Files are read as tokens, not compiled: what a macro of another crate expands to is not seen.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::{read, sources};

#[test]
fn files_of_a_crate_form_no_circle() {
    let mut crates: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in sources() {
        if let Some((folder, file)) = path.split_once("/src/") {
            crates.entry(folder.to_owned()).or_default().push(file.to_owned());
        }
    }
    assert!(crates.len() > 30, "the crates were not found");
    let mut found = Vec::new();
    for (folder, files) in crates {
        let modules = files.iter().map(|file| Module::of(file, &read(&format!("{folder}/src/{file}"))));
        let circles = Crate::of(modules.collect()).circles();
        found.extend(circles.into_iter().map(|(_, why)| format!("{folder}:\n{why}")));
    }
    assert!(found.is_empty(), "these files depend on each other in a circle:\n{}", found.join("\n"));
}

#[test]
fn a_circle_is_found_however_it_is_written() {
    let circle = |files: &[(&str, &str)]| {
        let modules = files.iter().map(|(file, text)| Module::of(file, text)).collect();
        Crate::of(modules).circles().into_iter().map(|(files, _)| files.join(" ")).collect::<Vec<_>>()
    };
    let lib = ("lib.rs", "mod a; mod b; pub use a::A; pub use b::B;");
    let none: [&str; 0] = [];
    // A root that only hands on is no part of a circle, and hides none.
    assert_eq!(circle(&[lib, ("a.rs", "pub struct A;"), ("b.rs", "use crate::A; pub struct B(A);")]), none);
    let a = ("a.rs", "use crate::B; pub struct A;");
    assert_eq!(circle(&[lib, a, ("b.rs", "pub struct B; fn f() -> crate::a::A { A }")]), ["a.rs b.rs"]);
    assert_eq!(circle(&[lib, a, ("b.rs", "use super::{a::{self as x}}; pub struct B;")]), ["a.rs b.rs"]);
    assert_eq!(circle(&[lib, a, ("b.rs", "pub struct B; fn f() { let _: super::A; }")]), ["a.rs b.rs"]);
    // Words, texts and tests do not count.
    let b = "pub struct B; // crate::A\n/* crate::A */ const T: &str = \"crate::A\"; #[cfg(test)] mod tests { use crate::A; }";
    assert_eq!(circle(&[lib, a, ("b.rs", b)]), none);
    // A parent that does something with its children's things depends on them.
    let parent = ("p/mod.rs", "mod c; use c::C; pub struct P; fn f(_: C) {}");
    let top = ("lib.rs", "mod p;");
    assert_eq!(circle(&[top, parent, ("p/c.rs", "use super::P; pub struct C;")]), ["p/c.rs p/mod.rs"]);
    let handed_on = ("p/mod.rs", "mod c; pub use c::C; pub struct P;");
    assert_eq!(circle(&[top, handed_on, ("p/c.rs", "use super::P; pub struct C;")]), none);
    let called = ("p/mod.rs", "mod c; pub struct P; fn f() { c::g(); }");
    assert_eq!(circle(&[top, called, ("p/c.rs", "use super::P; pub fn g() {}")]), ["p/c.rs p/mod.rs"]);
    let (program, used) = (("main.rs", "mod b; fn main() { b::f(); }"), ("b.rs", "pub fn f() { crate::a::A; }"));
    let library = ("lib.rs", "pub mod a; pub struct L;");
    assert_eq!(circle(&[library, program, used, ("a.rs", "pub struct A;")]), none);
    assert_eq!(
        circle(&[library, program, used, ("a.rs", "pub struct A(crate::L);")]),
        ["a.rs b.rs lib.rs and main.rs"]
    );
    // `super` inside a module of the same file is that file.
    assert_eq!(circle(&[lib, ("a.rs", "pub struct A; mod inner { use super::A; }"), ("b.rs", "")]), none);
}

/// One source file as a module.
struct Module {
    file: String,
    /// `["spool", "index"]`; empty for the root.
    name: Vec<String>,
    /// Modules declared here that lie in files of their own.
    children: BTreeSet<String>,
    /// Those of them that are compiled for tests only.
    tests: BTreeSet<String>,
    defines: BTreeSet<String>,
    imports: Vec<Import>,
    /// Everything besides imports.
    body: Vec<String>,
}

struct Import {
    handed_on: bool,
    path: Vec<String>,
    /// The name it has here; `*` for all that the path holds.
    name: String,
}

impl Module {
    fn of(file: &str, text: &str) -> Self {
        let mut name: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if name.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            name.pop();
        }
        let (tokens, tests) = without_tests(&tokens(text));
        let mut module = Self {
            file: file.to_owned(),
            name,
            children: BTreeSet::new(),
            tests,
            defines: BTreeSet::new(),
            imports: Vec::new(),
            body: Vec::new(),
        };
        let mut at = 0;
        while at < tokens.len() {
            if tokens[at] == "use" {
                let end = at + tokens[at..].iter().position(|token| token == ";").expect("a `use` ends");
                let handed_on = module.body.last().is_some_and(|before| before == "pub" || before == ")");
                let mut found = Vec::new();
                tree(&tokens[at + 1..end], &mut Vec::new(), &mut found);
                module.imports.extend(found.into_iter().map(|(path, name)| Import { handed_on, path, name }));
                at = end + 1;
                continue;
            }
            let (this, next) = (&tokens[at], tokens.get(at + 1));
            let kinds = ["struct", "enum", "trait", "fn", "const", "static", "type", "union"];
            if let Some(next) = next {
                if kinds.contains(&this.as_str()) {
                    module.defines.insert(next.clone());
                } else if this == "macro_rules" {
                    module.defines.insert(tokens[at + 2].clone());
                } else if this == "mod" && tokens.get(at + 2).is_some_and(|end| end == ";") {
                    module.children.insert(next.clone());
                }
            }
            module.body.push(this.clone());
            at += 1;
        }
        module
    }

    fn join(&mut self, other: Self) {
        self.file = format!("{} and {}", self.file, other.file);
        self.children.extend(other.children);
        self.tests.extend(other.tests);
        self.defines.extend(other.defines);
        self.imports.extend(other.imports);
        self.body.extend(other.body);
    }

    fn names(&self, name: &str) -> bool {
        self.body.iter().any(|token| token == name)
    }

    /// All paths of the body that may lead into this crate.
    fn paths(&self) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for (at, token) in self.body.iter().enumerate() {
            let first = at == 0 || self.body[at - 1] != "::";
            let leads = ["crate", "super", "self"].contains(&token.as_str()) || self.children.contains(token);
            if !first || !leads {
                continue;
            }
            let mut path = vec![token.clone()];
            let mut rest = self.body[at + 1..].iter();
            while rest.next().is_some_and(|token| token == "::") {
                match rest.next().filter(|token| is_word(token)) {
                    Some(word) => path.push(word.clone()),
                    None => break,
                }
            }
            if path.len() > 1 {
                paths.push(path);
            }
        }
        paths
    }
}

struct Crate {
    modules: BTreeMap<Vec<String>, Module>,
}

impl Crate {
    fn of(all: Vec<Module>) -> Self {
        let mut modules: BTreeMap<Vec<String>, Module> = BTreeMap::new();
        for module in all {
            match modules.get_mut(&module.name) {
                // A library and a program in one folder are read as one: a circle through both would be one all the same.
                Some(other) => other.join(module),
                None => _ = modules.insert(module.name.clone(), module),
            }
        }
        let tests: Vec<Vec<String>> = modules
            .values()
            .flat_map(|module| module.tests.iter().map(|child| [module.name.clone(), vec![child.clone()]].concat()))
            .collect();
        modules.retain(|name, _| !tests.iter().any(|test| name.starts_with(test)));
        Self { modules }
    }

    /// Groups of files that all depend on each other, with what makes them.
    fn circles(&self) -> Vec<(Vec<String>, String)> {
        let edges: BTreeMap<&Vec<String>, BTreeMap<Vec<String>, String>> =
            self.modules.iter().map(|(name, module)| (name, self.dependencies(module))).collect();
        let reach = |from: &Vec<String>| {
            let (mut seen, mut open) = (BTreeSet::new(), vec![from.clone()]);
            while let Some(at) = open.pop() {
                for next in edges[&at].keys() {
                    if seen.insert(next.clone()) {
                        open.push(next.clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&Vec<String>, BTreeSet<Vec<String>>> =
            self.modules.keys().map(|name| (name, reach(name))).collect();
        let mut circles = BTreeMap::new();
        for name in self.modules.keys().filter(|name| reached[name].contains(*name)) {
            let circle: Vec<&Vec<String>> = self
                .modules
                .keys()
                .filter(|other| reached[name].contains(*other) && reached[other].contains(name))
                .collect();
            let mut files: Vec<String> = circle.iter().map(|one| self.modules[*one].file.clone()).collect();
            files.sort();
            let mut why = String::new();
            for one in &circle {
                for (other, path) in edges[*one].iter().filter(|(other, _)| circle.contains(other)) {
                    why.push_str(&format!("    {} -> {}: {path}\n", self.modules[*one].file, self.modules[other].file));
                }
            }
            circles.insert(files, why);
        }
        circles.into_iter().collect()
    }

    /// The modules that one depends on, each with a path that says so.
    fn dependencies(&self, module: &Module) -> BTreeMap<Vec<String>, String> {
        let mut found = BTreeMap::new();
        let mut depends = |path: &[String]| {
            if let Some(on) = self.target(module, path).filter(|on| *on != module.name) {
                found.entry(on).or_insert_with(|| path.join("::"));
            }
        };
        for import in &module.imports {
            let on = self.target(module, &import.path);
            let own = on.as_ref().is_some_and(|on| on.starts_with(&module.name));
            // All of a child handed on is no use of it; of one name it is, where the name occurs.
            if import.handed_on && own && (import.name == "*" || !module.names(&import.name)) {
                continue;
            }
            depends(&import.path);
        }
        for path in module.paths() {
            depends(&path);
        }
        found
    }

    /// The module that defines what a path names; `None` outside this crate.
    fn target(&self, from: &Module, path: &[String]) -> Option<Vec<String>> {
        let (start, rest) = self.start(from, path)?;
        self.walk(start, &rest, 0)
    }

    /// Where a path begins, and what is left of it.
    fn start(&self, from: &Module, path: &[String]) -> Option<(Vec<String>, Vec<String>)> {
        let (first, mut rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some((Vec::new(), rest.to_vec())),
            "self" => Some((from.name.clone(), rest.to_vec())),
            "super" => {
                let mut at = from.name.clone();
                at.pop();
                while let Some((_, further)) = rest.split_first().filter(|(next, _)| *next == "super") {
                    at.pop();
                    rest = further;
                }
                Some((at, rest.to_vec()))
            }
            child if from.children.contains(child) => Some((from.name.clone(), path.to_vec())),
            name => {
                let import = from.imports.iter().find(|import| import.name == name && import.path != path)?;
                let (start, before) = self.start(from, &import.path)?;
                Some((start, [before, rest.to_vec()].concat()))
            }
        }
    }

    fn walk(&self, mut at: Vec<String>, path: &[String], depth: usize) -> Option<Vec<String>> {
        // Names that are handed on in a circle end somewhere in it.
        if depth > 20 {
            return Some(at);
        }
        let mut rest = path;
        while let Some((name, further)) = rest.split_first() {
            let child = [at.clone(), vec![name.clone()]].concat();
            if self.modules.contains_key(&child) {
                (at, rest) = (child, further);
                continue;
            }
            let module = self.modules.get(&at)?;
            if module.defines.contains(name) {
                return Some(at);
            }
            if let Some(import) = module.imports.iter().find(|import| import.name == *name) {
                let (start, before) = self.start(module, &import.path)?;
                return self.walk(start, &[before, further.to_vec()].concat(), depth + 1);
            }
            for import in module.imports.iter().filter(|import| import.name == "*") {
                let Some(all) = self.target(module, &import.path) else { continue };
                let holds = self.modules.get(&all).is_some_and(|all| {
                    all.defines.contains(name) || all.imports.iter().any(|import| import.name == *name)
                });
                if holds && all != at {
                    return self.walk(all, rest, depth + 1);
                }
            }
            return Some(at);
        }
        Some(at)
    }
}

/// The paths and names that a tree of imports stands for.
fn tree(tokens: &[String], before: &mut Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    let Some((first, rest)) = tokens.split_first() else { return };
    match first.as_str() {
        "::" => tree(rest, before, found),
        "*" => found.push((before.clone(), "*".to_owned())),
        "{" => {
            let (mut depth, mut start) = (0, 1);
            for (at, token) in tokens.iter().enumerate() {
                match token.as_str() {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                if (depth == 1 && token == ",") || depth == 0 {
                    tree(&tokens[start.min(at)..at], &mut before.clone(), found);
                    start = at + 1;
                }
            }
        }
        word => {
            let mut path = before.clone();
            // `x::{self}` is `x`.
            if word != "self" || before.is_empty() {
                path.push(word.to_owned());
            }
            match rest.split_first() {
                Some((next, further)) if next == "::" => tree(further, &mut path, found),
                Some((_, alias)) => found.push((path, alias.first().cloned().unwrap_or_default())),
                None => {
                    let name = path.last().cloned().unwrap_or_default();
                    found.push((path, name));
                }
            }
        }
    }
}

/// Leaves out what is compiled for tests only, and names the modules of that kind that lie in files of their own. `super` inside a module
/// that is written in this file means this file.
fn without_tests(tokens: &[String]) -> (Vec<String>, BTreeSet<String>) {
    let (mut kept, mut tests, mut at) = (Vec::new(), BTreeSet::new(), 0);
    let (mut depth, mut inside) = (0usize, Vec::new());
    while at < tokens.len() {
        if tokens[at] == "#" && tokens[at..].iter().take(7).eq(["#", "[", "cfg", "(", "test", ")", "]"]) {
            at += 7;
            let mut open = 0usize;
            loop {
                match tokens[at].as_str() {
                    "mod" if open == 0 && tokens[at + 2] == ";" => _ = tests.insert(tokens[at + 1].clone()),
                    "{" | "(" | "[" => open += 1,
                    "}" | ")" | "]" => open -= 1,
                    _ => {}
                }
                at += 1;
                if open == 0 && [";", "}"].contains(&tokens[at - 1].as_str()) {
                    break;
                }
            }
            continue;
        }
        match tokens[at].as_str() {
            "{" => {
                depth += 1;
                if at >= 2 && tokens[at - 2] == "mod" {
                    inside.push(depth);
                }
            }
            "}" => {
                if inside.last() == Some(&depth) {
                    inside.pop();
                }
                depth -= 1;
            }
            _ => {}
        }
        let own = tokens[at] == "super" && !inside.is_empty();
        kept.push(if own { "self".to_owned() } else { tokens[at].clone() });
        at += 1;
    }
    (kept, tests)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words, `::` and single signs; without comments, and without what texts say.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            comment(rest)
        } else if let Some(length) = raw_text(rest) {
            length
        } else if first == '"' || rest.starts_with("b\"") {
            quoted(rest, '"')
        } else if first == '\'' && is_character(rest) {
            quoted(rest, '\'')
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of a comment, which may hold others.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    loop {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += text[at..].chars().next().map_or_else(|| panic!("a comment ends"), char::len_utf8);
        }
        if depth == 0 {
            return at;
        }
    }
}

/// The length of a raw text: `r"…"`, `br#"…"#`.
fn raw_text(text: &str) -> Option<usize> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let marks = after.len() - after.trim_start_matches('#').len();
    let inside = after[marks..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(marks));
    let length = inside.find(&end).expect("a raw text ends");
    Some(text.len() - inside.len() + length + end.len())
}

/// The length of a text or character in these signs.
fn quoted(text: &str, sign: char) -> usize {
    let start = text.find(sign).expect("it begins") + 1;
    let mut escaped = false;
    for (at, c) in text[start..].char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == sign => return start + at + 1,
            _ => {}
        }
    }
    panic!("a text ends")
}

/// A character, not a lifetime.
fn is_character(text: &str) -> bool {
    let mut signs = text.chars().skip(1);
    match (signs.next(), signs.next()) {
        (Some('\\'), _) => true,
        (_, after) => after == Some('\''),
    }
}
