//! Finding the name that was probably meant.

/// The least similarity, from 0 to 1, at which a name counts as a misspelling of another. Found by trial: the
/// similarity of `mont` and `mount` is 0.8, that between `bitrate` and `metaint` 0.43.
const MIN_SIMILARITY: f64 = 0.6;

/// Returns the name of `all` that was probably meant by a similar one. Case does not count, and `-` is the
/// same as `_`.
pub fn closest_name<'k>(name: &str, all: &[&'k str]) -> Option<&'k str> {
    let name = normalized(name);
    // A name more than twice as long as any of them cannot be similar enough, and takes long to compare.
    let longest = all.iter().map(|candidate| candidate.len()).max()?;
    if name.chars().nth(2 * longest).is_some() {
        return None;
    }
    let similarity = |candidate: &str| {
        let candidate = normalized(candidate);
        let is_part = candidate.starts_with(name.as_str()) || candidate.ends_with(name.as_str());
        let part = name.len() >= 3 && is_part || candidate.len() >= 5 && name.starts_with(&candidate);
        strsim::normalized_damerau_levenshtein(&name, &candidate).max(if part { MIN_SIMILARITY } else { 0.0 })
    };
    let ranked = all.iter().map(|candidate| (similarity(candidate), *candidate));
    let best = ranked.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(similarity, _)| *similarity >= MIN_SIMILARITY).map(|(_, candidate)| candidate)
}

/// Returns a name as it is compared.
pub fn normalized(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}
