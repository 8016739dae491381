//! What is on the air, as listeners are told it.

/// A title and what may come with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Title {
    /// The line that players show, `Artist - Title` by custom. Empty where nothing is known.
    pub text: String,
    /// The artist, where whoever set the title named one.
    pub artist: Option<String>,
    /// The title alone, where whoever set it named that.
    pub title: Option<String>,
    /// What `StreamUrl` says: a page on what is on, or its cover. Empty for none.
    pub url: String,
    /// Who set it, if not whoever has the audio on the air.
    pub set_by: Option<String>,
    /// More `key='value';` pairs, as a relay's master sent them (protocol-notes/metadata.md). Empty for none.
    pub extra: String,
}

impl Title {
    /// A title that is nothing but its line.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
