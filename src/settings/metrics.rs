//! Who is shown metrics, and which.

/// Numbers for whoever watches the server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Who is shown them.
    pub access: MetricsAccess,
    /// Whether they are shown also under the names that dashboards for Icecast have.
    pub icecast_names: bool,
}

/// Who is shown numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// Nobody: there is no such page.
    Off,
    /// Whoever has the admin's password. How many listen is on public pages too; how well the server copes is the
    /// operator's business, and tells an attacker how he is doing.
    #[default]
    Admin,
    /// Whoever asks.
    Public,
}
