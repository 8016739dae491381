//! How the summary writes amounts.

/// Formats a number of things: `1 track`, `2 tracks`.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// Formats a number of bytes: `1.0 MB`.
pub fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// Formats a share as a percentage with two digits or more: `1.9 %`, `23 %`, `100 %`.
pub fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_two_digits() {
        let shown = [0.001, 0.0199, 0.0995, 0.1, 0.5, 1.0, 2.34].map(percent);
        assert_eq!(shown, ["0.1 %", "2.0 %", "10 %", "10 %", "50 %", "100 %", "234 %"]);
    }
}
