//! The map of modules at the top of `src/lib.rs` shows the layers that `layers.rs` checks the imports
//! against.

use regex::Regex;

use crate::layers::LAYERS;
use crate::read;

/// Returns the rows of the map in `source`: the number of the layer and the module.
fn rows(source: &str) -> Vec<(usize, String)> {
    let row = Regex::new(r"(?m)^//! \| (\d+) \| \[?`(\w+)`\]? \| \S.* \|$").expect("a valid pattern");
    let number = |text: &str| text.parse().expect("a small number");
    row.captures_iter(source).map(|found| (number(&found[1]), found[2].to_owned())).collect()
}

/// Returns the rows that the map must have, in order.
fn expected() -> Vec<(usize, String)> {
    let numbered = LAYERS.iter().zip(1..);
    numbered
        .flat_map(|(modules, layer)| modules.iter().map(move |module| (layer, (*module).to_owned())))
        .collect()
}

#[test]
fn map_of_modules_lists_the_layers_in_order() {
    assert_eq!(rows(&read("src/lib.rs")), expected());
}

#[test]
fn map_with_swapped_rows_is_found() {
    let source = read("src/lib.rs");
    let lines: Vec<&str> = source.lines().collect();
    let first = lines.iter().position(|line| line.contains("| [`net`] |")).expect("the first row");
    let mut swapped = lines.clone();
    swapped.swap(first, first + 1);
    assert_ne!(rows(&swapped.join("\n")), expected());
}
