//! Why coldwave cannot execute a command, as lines for stderr.

/// Why coldwave cannot execute a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartupError(pub(super) Vec<String>);

impl StartupError {
    /// Returns the lines for stderr: one sentence, or all errors in a configuration file.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl From<String> for StartupError {
    fn from(sentence: String) -> Self {
        vec![sentence].into()
    }
}

impl From<Vec<String>> for StartupError {
    fn from(sentences: Vec<String>) -> Self {
        Self(sentences.into_iter().map(|sentence| format!("coldwave: {sentence}")).collect())
    }
}
