//! What the parts print: figures, and goals that are met or missed.

use std::time::Duration;

/// Prints a goal, and returns whether it is met.
pub fn goal(name: &str, figure: f64, max: f64, unit: &str) -> bool {
    let is_met = figure <= max;
    println!(
        "{} {name}: {figure:.2} {unit} (at most {max} {unit})",
        if is_met { "met   " } else { "MISSED" }
    );
    is_met
}

/// Returns the median; of an even number, the mean of the two in the middle.
pub fn median(all: &[f64]) -> f64 {
    let mut all = all.to_vec();
    all.sort_unstable_by(f64::total_cmp);
    match all.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => all[odd / 2],
        even => f64::midpoint(all[even / 2 - 1], all[even / 2]),
    }
}

/// Prints a name, a median and all values.
pub fn figures(name: &str, unit: &str, all: &[f64]) {
    let each: Vec<String> = all.iter().map(|one| format!("{one:.2}")).collect();
    println!("{name:32} {:10.2} {unit} ({})", median(all), each.join(", "));
}

/// Prints errors, and returns whether there are none.
pub fn errors(name: &str, all: &[String]) -> bool {
    all.iter().take(10).for_each(|error| println!("ERROR  {name}: {error}"));
    all.is_empty()
}

pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

pub fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
