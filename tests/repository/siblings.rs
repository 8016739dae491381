//! The files and sub-folders of one folder do not import each other in a cycle.
//!
//! Each file and each sub-folder of a folder is a node, and so is `mod.rs`, or the file that stands for it beside the
//! folder. A node has an arrow to another if its code, tests left out, imports or names something that the other one
//! defines, also if it finds it through a re-export. What `mod.rs` only declares or re-exports makes no arrow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::module::Names;
use crate::tree::Tree;

/// The crates to check, by their root files. The modules of benches that come from another folder by `#[path]` count as
/// siblings of the others.
const CRATES: [&str; 5] = [
    "src/lib.rs",
    "benches/compare/main.rs",
    "benches/load/main.rs",
    "benches/micro/main.rs",
    "benches/results/main.rs",
];

/// The arrows of one folder: from node to node, by the files that cause it, with the names that these import.
type Arrows = BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>;

/// The arrows of each folder, by the path of its module.
fn arrows(tree: &Tree) -> BTreeMap<Names, Arrows> {
    let mut folders: BTreeMap<Names, Arrows> = BTreeMap::new();
    for found in tree.uses() {
        let (user, used) = (position(tree, &found.user), position(tree, &found.used));
        let depth = user.iter().zip(&used).take_while(|(a, b)| a == b).count();
        let arrow = (user[depth].clone(), used[depth].clone());
        let files = format!("{} → {}", tree.file(&found.user), tree.file(&found.used));
        let arrows = folders.entry(user[..depth].to_vec()).or_default();
        arrows.entry(arrow).or_default().entry(files).or_default().insert(found.name);
    }
    folders
}

/// The folders down to a module's file, and the name of the file in the last of them, which is empty for `mod.rs`.
fn position(tree: &Tree, path: &[String]) -> Names {
    let own = tree.is_face(path).then(String::new);
    path.iter().cloned().chain(own).collect()
}

/// All nodes that can be reached from `from`.
fn reach<'a>(arrows: &'a Arrows, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(at) = next.pop() {
        let targets = arrows.keys().filter(|(user, _)| user == at).map(|(_, used)| used.as_str());
        next.extend(targets.filter(|used| reached.insert(*used)));
    }
    reached
}

/// The arrows that are part of a cycle, one line for each pair of files.
fn cycles(tree: &Tree) -> Vec<String> {
    arrows(tree).values().flat_map(cycles_of).collect()
}

fn cycles_of(arrows: &Arrows) -> Vec<String> {
    let is_in_cycle = |(user, used): &(String, String)| reach(arrows, used).contains(user.as_str());
    let found = arrows.iter().filter(|(arrow, _)| is_in_cycle(arrow)).flat_map(|(_, files)| files);
    let named = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    found.map(|(files, names)| format!("{files}: {}", named(names))).collect()
}

#[test]
fn siblings_form_no_import_cycles() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |file: &str| fs::read_to_string(root.join(file)).ok();
    let trees = CRATES.map(|root| Tree::read(root, &read));
    assert!(trees[0].uses().len() > 1000, "the sources are not read: {:?}", trees[0].uses());
    let found: Vec<String> = trees.iter().flat_map(cycles).collect();
    assert!(found.is_empty(), "import cycles:\n{}\n", found.join("\n"));
}

/// Checks which lines are found in a crate of these files of src/.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let read = |file: &str| {
        files.iter().find(|(name, _)| format!("src/{name}") == file).map(|(_, source)| (*source).to_owned())
    };
    let found = cycles(&Tree::read("src/lib.rs", &read));
    assert_eq!(found, expected, "in {files:#?}");
}

#[test]
fn two_and_three_files_in_a_cycle_are_found() {
    check(
        &[
            ("lib.rs", "mod a; mod b; mod c; use a::A;"),
            ("a.rs", "use crate::b::{self, B}; pub struct A;"),
            ("b.rs", "pub struct B; fn f() { super::a::A; }"),
            ("c.rs", "use super::{a::A, b::B};"),
        ],
        &["src/a.rs → src/b.rs: B, b", "src/b.rs → src/a.rs: A"],
    );
    check(
        &[
            ("lib.rs", "pub mod x;"),
            ("x/mod.rs", "mod a; mod b; mod c;"),
            ("x/a.rs", "use super::b::B; pub enum A {}"),
            ("x/b.rs", "use super::c; pub type B = c::C;"),
            ("x/c.rs", "use crate::x::a::A as Other; pub trait C {}"),
        ],
        &["src/x/a.rs → src/x/b.rs: B", "src/x/b.rs → src/x/c.rs: C, c", "src/x/c.rs → src/x/a.rs: A"],
    );
}

#[test]
fn cycles_through_re_exports_are_found() {
    let (a, b) = ("use super::B; pub struct A;", "use crate::x::A; pub struct B;");
    for face in ["mod a; mod b; pub use a::A; pub use b::B;", "mod a; mod b; pub use {a::*, b::*};"] {
        let found = ["src/x/a.rs → src/x/b.rs: B", "src/x/b.rs → src/x/a.rs: A"];
        check(&[("lib.rs", "mod x;"), ("x/mod.rs", face), ("x/a.rs", a), ("x/b.rs", b)], &found);
    }
    // Seen from above, the folders are the nodes.
    check(
        &[
            ("lib.rs", "mod x; mod y;"),
            ("x/mod.rs", "mod a; pub use a::A;"),
            ("x/a.rs", "pub struct A; const B: u8 = crate::y::B;"),
            ("y.rs", "use crate::x::A; pub const B: u8 = 0;"),
        ],
        &["src/x/a.rs → src/y.rs: B", "src/y.rs → src/x/a.rs: A"],
    );
}

#[test]
fn cycles_through_the_file_of_the_folder_are_found() {
    let found =
        |face: &str| [format!("src/{face} → src/x/a.rs: a, f"), format!("src/x/a.rs → src/{face}: Shared")];
    let (x, a) = ("mod a; pub struct Shared; fn g() { a::f() }", "use super::Shared; pub fn f() {}");
    for face in ["x/mod.rs", "x.rs"] {
        let found = found(face);
        check(&[("lib.rs", "mod x;"), (face, x), ("x/a.rs", a)], &found.each_ref().map(String::as_str));
    }
    let handed_on = "mod a; pub use a::f; pub struct Shared; fn g() { f() }";
    check(
        &[("lib.rs", "mod x;"), ("x/mod.rs", handed_on), ("x/a.rs", a)],
        &["src/x/mod.rs → src/x/a.rs: f", "src/x/a.rs → src/x/mod.rs: Shared"],
    );
}

#[test]
fn cycles_through_functions_of_a_type_are_found() {
    check(
        &[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub struct A; impl A { fn near(&self) { self.far() } }"),
            ("b.rs", "use crate::a::A; impl A { pub fn far(&self) {} }"),
        ],
        &["src/a.rs → src/b.rs: far", "src/b.rs → src/a.rs: A"],
    );
}

#[test]
fn what_makes_no_cycle_is_left_alone() {
    check(
        &[
            ("lib.rs", "mod x; mod y; #[cfg(test)] mod tests;"),
            ("x/mod.rs", "mod a; mod b; pub use b::B; pub const MAX: u8 = 1;"),
            ("x/a.rs", "use super::{B, MAX}; use crate::y::Y; pub struct A;"),
            (
                "x/b.rs",
                "// use super::a::A;\n pub struct B(&'static str); const TEXT: &str = \"crate::x::a::A\";",
            ),
            (
                "y.rs",
                "pub struct Y; #[cfg(test)] mod tests { use crate::x::B; } #[cfg(test)] use crate::x::MAX;",
            ),
        ],
        &[],
    );
    // The methods of the server stand in many rooms.
    check(
        &[
            ("lib.rs", "mod server;"),
            ("server/mod.rs", "mod state; mod a; mod b;"),
            ("server/state/mod.rs", "pub mod server;"),
            ("server/state/server.rs", "pub struct Server;"),
            (
                "server/a.rs",
                "use super::state::server::Server; impl Server { fn near(&self) { self.far() } }",
            ),
            (
                "server/b.rs",
                "use super::state::server::Server; impl Server { fn far(&self) { self.near() } }",
            ),
        ],
        &[],
    );
}
