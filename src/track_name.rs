//! Artist and title from several tags of a file, of which one may lack a name or have it cut off.

/// The length in bytes of UTF-8 from which on the beginning of a name counts as that name: fields of ID3v1
/// have 30 bytes, of which a space at the end or a part of a character is dropped.
const CUT_FROM: usize = 28;

/// The length in characters up to which it does. A longer name was not cut to 30 bytes.
const CUT_UP_TO: usize = 30;

/// The artist and the title of a track, as one tag has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrackName {
    pub artist: Option<String>,
    pub title: Option<String>,
}

impl TrackName {
    /// Completes the name from a tag of lower precedence. Artist and title are from the same tag, or from
    /// tags with the same title: otherwise they may not match. Of a name that one tag has cut off, the whole
    /// one is returned.
    pub fn or(self, other: Self) -> Self {
        match (&self.title, &other.title) {
            // An artist without a title may be that of another track, unless it continues this one.
            (None, Some(_)) => {
                let artist = other.artist.and_then(|artist| whole(Some(artist), self.artist));
                Self { artist, title: other.title }
            }
            (Some(title), Some(other_title)) if is_same(title, other_title) => {
                Self { artist: whole(self.artist, other.artist), title: whole(self.title, other.title) }
            }
            (None, None) => Self { artist: whole(self.artist, other.artist), title: None },
            _ => self,
        }
    }
}

/// Returns the first name; the second one if there is no other, or if the first is its beginning, cut off.
pub fn whole(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) if is_cut(&key(&first), &key(&second)) => Some(second),
        (first, second) => first.or(second),
    }
}

/// Returns whether two names are the same, except for their case and spaces, or that one is cut off.
fn is_same(first: &str, second: &str) -> bool {
    let (first, second) = (key(first), key(second));
    first == second || is_cut(&first, &second) || is_cut(&second, &first)
}

fn is_cut(part: &str, whole: &str) -> bool {
    let is_long = part.len() >= CUT_FROM && part.chars().count() <= CUT_UP_TO;
    is_long && part.len() < whole.len() && whole.starts_with(part)
}

fn key(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(artist: &str, title: &str) -> TrackName {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        TrackName { artist: some(artist), title: some(title) }
    }

    #[track_caller]
    fn check(first: TrackName, second: TrackName, expected: TrackName) {
        assert_eq!(first.or(second), expected);
    }

    #[test]
    fn artist_is_completed_if_the_titles_agree() {
        check(name("", "Track Title"), name("Artist", "Track Title"), name("Artist", "Track Title"));
        check(name("", "TRACK  Title"), name("Artist", "track title"), name("Artist", "TRACK  Title"));
        check(name("A", "T"), name("Other", "T"), name("A", "T"));
        check(name("", "T"), name("Artist", "Another"), name("", "T"));
        check(name("A", ""), name("", "T"), name("", "T"));
        check(name("", "T"), name("Artist", ""), name("", "T"));
        check(name("", ""), name("Artist", ""), name("Artist", ""));
    }

    #[test]
    fn names_that_are_cut_off_are_the_same_and_become_whole() {
        let (title, artist) =
            ("A Title too Long for the Thirty Bytes of ID3v1", "An Artist with a Long Name, too, and more");
        let cut = |text: &str| text[..30].trim_end().to_owned();
        check(name("", title), name("A", &cut(title)), name("A", title));
        check(name("A", &cut(title)), name("", title), name("A", title));
        check(name(&cut(artist), title), name(artist, &cut(title)), name(artist, title));
        check(name("", &title[..20]), name("A", title), name("", &title[..20]));
        check(name(artist, ""), name(&cut(artist), &cut(title)), name(artist, &cut(title)));
    }

    #[test]
    fn name_longer_than_an_id3v1_field_is_not_cut_off() {
        let (short, long) = (
            "A Title of Forty-Four Characters, not Cut Off",
            "A Title of Forty-Four Characters, not Cut Off (Live)",
        );
        check(name("A", short), name("B", long), name("A", short));
        check(name("", short), name("B", long), name("", short));
    }
}
