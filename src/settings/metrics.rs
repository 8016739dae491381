//! Access to the metrics, and their names.

/// Settings of `/metrics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MetricsSettings {
    /// Which clients may read the metrics.
    pub access: MetricsAccess,
    /// Whether the page also contains the names that dashboards for Icecast use.
    pub icecast_names: bool,
}

/// Which clients may read the metrics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// No client: the page does not exist.
    Off,
    /// Clients with the administrator's password. Listener counts are on public pages too, but the load of
    /// the server is not: it would show an attacker the effect of the attack.
    #[default]
    Admin,
    /// Every client.
    Public,
}
