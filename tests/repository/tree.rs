//! The modules of one crate, and what each of them uses from the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::module::{Import, Module, Segments};

/// Modules that define a type whose methods are spread over sibling modules on purpose: the server is one
/// state machine with methods in many files. A call from one of these files to another is not an import. See
/// `src/server/mod.rs`.
const SPREAD_TYPES: [&[&str]; 1] = [&["server", "state", "server"]];

/// The maximum length of a chain of re-exports.
const RE_EXPORTS_MAX: usize = 16;

/// The modules of a crate by their paths. The path of the root is empty.
#[derive(Debug, Default)]
pub struct Tree {
    modules: BTreeMap<Segments, Module>,
}

/// An import or a mention in one module of something that another module defines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub user: Segments,
    pub used: Segments,
    /// The name of what is used.
    pub name: String,
}

impl Tree {
    /// Reads the crate with the root file `root`. `read` returns the content of a file, or `None` if it does
    /// not exist.
    pub fn read(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut tree = Self::default();
        tree.add(Vec::new(), root, read);
        tree
    }

    /// Adds the module at `path`, whose code is in `file`, and all modules below it.
    fn add(&mut self, path: Segments, file: &str, read: &dyn Fn(&str) -> Option<String>) {
        let source = read(file).unwrap_or_else(|| panic!("{file} does not exist"));
        let module = Module::parse(file, &source);
        for (name, place) in &module.children {
            let child = child(&path, name);
            let file = file_of(file, &path, name, place.as_deref(), read);
            self.add(child, &file, read);
        }
        self.modules.insert(path, module);
    }

    /// Returns the files of the crate, without those that are compiled for tests only.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.modules.values().map(|module| module.file.as_str())
    }

    /// Returns the file of a module.
    pub fn file(&self, path: &[String]) -> &str {
        &self.modules[path].file
    }

    /// Returns whether a module is the root or has child modules. A use of its re-exports is a use of the
    /// children.
    pub fn is_parent(&self, path: &[String]) -> bool {
        path.is_empty() || !self.modules[path].children.is_empty()
    }

    /// Returns everything that modules use from each other.
    pub fn uses(&self) -> BTreeSet<Use> {
        let methods = self.methods();
        let uses = self.modules.keys().flat_map(|user| self.uses_of(user, &methods));
        uses.filter(|found| found.user != found.used).collect()
    }

    /// Returns everything that the module `user` uses from the crate. `methods` are the candidates for calls.
    fn uses_of(&self, user: &Segments, methods: &[Method]) -> Vec<Use> {
        let module = &self.modules[user];
        let is_re_export = |import: &Import| import.is_public && self.is_parent(user);
        let imports = module.imports.iter().filter(|import| !is_re_export(import));
        let imports = imports.map(|import| (self.resolve(user, &import.path, 0), import.path.join("::")));
        let paths = module.paths.iter().map(|path| (self.resolve(user, path, 0), path.join("::")));
        let names =
            module.names.iter().map(|name| (self.find(user, std::slice::from_ref(name), 0), name.clone()));
        let called = methods.iter().filter(|method| method.is_called_in(module));
        let called = called.map(|method| (Some(method.place.clone()), method.name.clone()));
        let all = imports.chain(paths).chain(names).chain(called);
        let last = |name: String| name.rsplit("::").next().unwrap_or_default().to_owned();
        all.filter_map(|(used, name)| Some(Use { user: user.clone(), used: used?, name: last(name) }))
            .collect()
    }

    /// Returns the functions of types that other modules define, if their names are unique.
    fn methods(&self) -> Vec<Method> {
        let functions: Vec<&String> = self.modules.values().flat_map(|module| &module.functions).collect();
        let is_unique = |name: &String| functions.iter().filter(|other| **other == name).count() == 1;
        let mut methods = Vec::new();
        for (place, module) in &self.modules {
            let is_of_other_module = |(type_path, _): &&(Segments, BTreeSet<String>)| {
                self.resolve(place, type_path, 0)
                    .is_some_and(|home| home != *place && !SPREAD_TYPES.iter().any(|spread| home == *spread))
            };
            let names = module.impls.iter().filter(is_of_other_module).flat_map(|(_, functions)| functions);
            methods.extend(
                names
                    .filter(|name| is_unique(name))
                    .map(|name| Method { name: name.clone(), place: place.clone() }),
            );
        }
        methods
    }

    /// Returns the module that `path` names or whose item it names, or `None` if that is in another crate.
    fn resolve(&self, from: &Segments, path: &[String], depth: usize) -> Option<Segments> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(&Vec::new(), rest, depth),
            "self" => self.walk(from, rest, depth),
            "super" => self.walk(&parent(from)?, rest, depth),
            _ => self.find(from, path, depth),
        }
    }

    /// Like [`find`](Self::find), for a path that cannot lead out of the crate.
    fn walk(&self, from: &Segments, path: &[String], depth: usize) -> Option<Segments> {
        match path.first().map(String::as_str) {
            None | Some("*") => Some(from.clone()),
            Some("super") => self.walk(&parent(from)?, &path[1..], depth),
            Some(_) => self.find(from, path, depth).or_else(|| Some(from.clone())),
        }
    }

    /// Returns the module that defines what `path` names in `from`: a child module, an import, an item, or a
    /// name from a glob import.
    fn find(&self, from: &Segments, path: &[String], depth: usize) -> Option<Segments> {
        let (first, rest) = path.split_first()?;
        let module = self.modules.get(from).filter(|_| depth < RE_EXPORTS_MAX)?;
        let child = child(from, first);
        if self.modules.contains_key(&child) {
            return self.walk(&child, rest, depth);
        }
        if let Some(import) = module.imports.iter().find(|import| import.name == *first) {
            return self.resolve(from, &[&import.path, rest].concat(), depth + 1);
        }
        if module.items.contains(first) {
            return Some(from.clone());
        }
        let globs = module.imports.iter().filter(|import| import.name == "*");
        let targets = globs.filter_map(|glob| self.resolve(from, &glob.path, depth + 1));
        targets
            .filter(|target| target != from && self.exports(target, first, from))
            .find_map(|target| self.find(&target, path, depth + 1))
    }

    /// Returns whether a glob import from `module` imports this name into `user`.
    fn exports(&self, module: &Segments, name: &str, user: &Segments) -> bool {
        let is_below = user.starts_with(module);
        let imports_it =
            |import: &Import| (import.name == name || import.name == "*") && (import.is_public || is_below);
        let target = &self.modules[module];
        let is_child = self.modules.contains_key(&child(module, name));
        is_child || target.items.contains(name) || target.imports.iter().any(imports_it)
    }
}

/// A function of a type that another module defines.
struct Method {
    name: String,
    /// The module with the function.
    place: Segments,
}

impl Method {
    /// Returns whether `module` calls this function on a value or by a path such as `Type::function`.
    fn is_called_in(&self, module: &Module) -> bool {
        let is_type = |name: &String| name.starts_with(char::is_uppercase);
        let is_of_type =
            |path: &Segments| matches!(&path[..], [.., owner, last] if is_type(owner) && *last == self.name);
        module.calls.contains(&self.name) || module.paths.iter().any(is_of_type)
    }
}

fn child(path: &[String], name: &str) -> Segments {
    path.iter().cloned().chain([name.to_owned()]).collect()
}

fn parent(path: &Segments) -> Option<Segments> {
    path.split_last().map(|(_, parent)| parent.to_vec())
}

/// Returns the file of the module `name` that `file` declares. `path` is the path of the declaring module,
/// `place` the argument of a `#[path]` attribute.
fn file_of(
    file: &str,
    path: &[String],
    name: &str,
    place: Option<&str>,
    read: &dyn Fn(&str) -> Option<String>,
) -> String {
    let (folder, file_name) = file.rsplit_once('/').unwrap_or(("", file));
    if let Some(place) = place {
        let (up, place) = place
            .strip_prefix("../")
            .map_or((folder, place), |place| (folder.rsplit_once('/').map_or("", |(up, _)| up), place));
        return format!("{up}/{place}");
    }
    let stem = file_name.trim_end_matches(".rs");
    let folder =
        if path.is_empty() || stem == "mod" { folder.to_owned() } else { format!("{folder}/{stem}") };
    let flat = format!("{folder}/{name}.rs");
    if read(&flat).is_some() { flat } else { format!("{folder}/{name}/mod.rs") }
}
