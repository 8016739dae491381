//! The title on air and its optional fields.

/// A title, as a source sets it and as listeners receive it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Title {
    /// The line that players show, usually `Artist - Title`. Empty if no title is known.
    pub text: String,
    /// The artist, if given separately.
    pub artist: Option<String>,
    /// The title without the artist, if given separately.
    pub title: Option<String>,
    /// The value of `StreamUrl`: a page about what is on air, its cover, or fields such as `&artist=…`, which
    /// only players get. Empty for none.
    pub url: String,
    /// The name of the user that set the title by request. `None` if the source or input on air set it.
    pub set_by: Option<String>,
    /// More `key='value';` pairs, as a relay's upstream sent them (protocol-notes/metadata.md). Empty for
    /// none.
    pub extra: String,
}

impl Title {
    /// Returns a title with this line and no other fields.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
