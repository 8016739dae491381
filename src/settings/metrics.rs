//! Access to the metrics, and their names.

/// Settings of `/metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Who may read them.
    pub access: MetricsAccess,
    /// Whether they are also shown under the names that dashboards for Icecast use.
    pub icecast_names: bool,
}

/// Who may read the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// No one: the page does not exist.
    Off,
    /// Clients with the administrator's password. Listener counts are on public pages too, but the load of
    /// the server is for the operator only: it would show an attacker the effect of the attack.
    #[default]
    Admin,
    /// Every client.
    Public,
}
