//! What pages say about the server itself.

/// Texts about the server, which Icecast's pages show. Empty ones are shown as empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerInfo {
    /// Where the server is.
    pub location: String,
    /// How its administrator can be reached.
    pub admin_contact: String,
}
