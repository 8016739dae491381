//! The files and sub-folders of one folder do not import each other in a cycle.
//!
//! The nodes of a folder are its files, its sub-folders and `mod.rs`, or the file beside the folder in place
//! of `mod.rs`. There is an edge from one node to another if the code of the first, without tests, imports or
//! names something that the second defines, even through a re-export. Declarations and re-exports in `mod.rs`
//! are not edges.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::ROOT;
use crate::module::Segments;
use crate::tree::Tree;

/// The root files of the crates to check. Modules of benches that `#[path]` takes from another folder count
/// as siblings of the others.
const CRATES: [&str; 10] = [
    "src/lib.rs",
    "benches/attacks/main.rs",
    "benches/compare/main.rs",
    "benches/conversion/main.rs",
    "benches/encoders/main.rs",
    "benches/load/main.rs",
    "benches/micro/main.rs",
    "benches/mutations/main.rs",
    "benches/renditions/main.rs",
    "benches/results/main.rs",
];

/// The edges of one folder: by nodes, and then by the files that cause the edge, with the imported names.
type Edges = BTreeMap<(String, String), BTreeMap<String, BTreeSet<String>>>;

/// Returns the edges of each folder, by the path of its module.
fn edges(tree: &Tree) -> BTreeMap<Segments, Edges> {
    let mut folders: BTreeMap<Segments, Edges> = BTreeMap::new();
    for found in tree.uses() {
        let (user, used) = (position(tree, &found.user), position(tree, &found.used));
        let depth = user.iter().zip(&used).take_while(|(a, b)| a == b).count();
        let edge = (user[depth].clone(), used[depth].clone());
        let files = format!("{} → {}", tree.file(&found.user), tree.file(&found.used));
        let edges = folders.entry(user[..depth].to_vec()).or_default();
        edges.entry(edge).or_default().entry(files).or_default().insert(found.name);
    }
    folders
}

/// Returns the folders down to a module's file, and the name of the file, which is empty for `mod.rs`.
fn position(tree: &Tree, path: &[String]) -> Segments {
    let own = tree.is_parent(path).then(String::new);
    path.iter().cloned().chain(own).collect()
}

/// Returns all nodes that can be reached from `from`.
fn reachable<'a>(edges: &'a Edges, from: &'a str) -> BTreeSet<&'a str> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(at) = next.pop() {
        let targets = edges.keys().filter(|(user, _)| user == at).map(|(_, used)| used.as_str());
        next.extend(targets.filter(|used| reached.insert(*used)));
    }
    reached
}

/// Returns the edges that are part of a cycle: a line for each pair of files.
fn cycles(tree: &Tree) -> Vec<String> {
    edges(tree).values().flat_map(cycles_of).collect()
}

fn cycles_of(edges: &Edges) -> Vec<String> {
    let is_in_cycle = |(user, used): &(String, String)| reachable(edges, used).contains(user.as_str());
    let found = edges.iter().filter(|(edge, _)| is_in_cycle(edge)).flat_map(|(_, files)| files);
    let named = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join(", ");
    found.map(|(files, names)| format!("{files}: {}", named(names))).collect()
}

#[test]
fn siblings_form_no_import_cycles() {
    let root = Path::new(ROOT);
    let read = |file: &str| fs::read_to_string(root.join(file)).ok();
    let trees = CRATES.map(|root| Tree::read(root, &read));
    assert!(trees[0].uses().len() > 1000, "the sources are not read: {:?}", trees[0].uses());
    let found: Vec<String> = trees.iter().flat_map(cycles).collect();
    assert!(found.is_empty(), "import cycles:\n{}\n", found.join("\n"));
}

/// Checks which lines are found in a crate that consists of these files in src/.
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
    for parent in ["mod a; mod b; pub use a::A; pub use b::B;", "mod a; mod b; pub use {a::*, b::*};"] {
        let found = ["src/x/a.rs → src/x/b.rs: B", "src/x/b.rs → src/x/a.rs: A"];
        check(&[("lib.rs", "mod x;"), ("x/mod.rs", parent), ("x/a.rs", a), ("x/b.rs", b)], &found);
    }
    // In the parent folder, the folders are the nodes.
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
fn cycles_through_the_parent_module_are_found() {
    let found = |parent: &str| {
        [format!("src/{parent} → src/x/a.rs: a, f"), format!("src/x/a.rs → src/{parent}: Shared")]
    };
    let (x, a) = ("mod a; pub struct Shared; fn g() { a::f() }", "use super::Shared; pub fn f() {}");
    for parent in ["x/mod.rs", "x.rs"] {
        let found = found(parent);
        check(&[("lib.rs", "mod x;"), (parent, x), ("x/a.rs", a)], &found.each_ref().map(String::as_str));
    }
    let re_exported = "mod a; pub use a::f; pub struct Shared; fn g() { f() }";
    check(
        &[("lib.rs", "mod x;"), ("x/mod.rs", re_exported), ("x/a.rs", a)],
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
fn code_without_cycles_passes() {
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
    // The methods of the server are spread over many files.
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
