//! Which paths are of the administration, and in whose words it answers there.

/// Where our own API has what is for administrators.
const ADMIN_API: &str = "/api/v1/admin/";

/// Whether a path is of the administration: whatever is there, it needs a password, and no source can be there.
pub fn is_admin_path(path: &str) -> bool {
    matches!(path, "/admin.cgi" | "/admin") || path.starts_with("/admin/") || path.starts_with(ADMIN_API)
}

/// Whose words a page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminFormat {
    /// SHOUTcast's `/admin.cgi`.
    Dnas,
    /// Icecast's `/admin/killsource` and so on, in XML.
    Icecast,
    /// The same as a page for people, `/admin/killsource.xsl`.
    IcecastHtml,
    /// Our own `/api/v1/admin/…`, in JSON.
    Api,
}

impl AdminFormat {
    /// The one of whatever is at this path.
    pub fn from_path(path: &str) -> Self {
        match path {
            "/admin.cgi" => Self::Dnas,
            path if path.starts_with(ADMIN_API) => Self::Api,
            path if path.ends_with(".xsl") => Self::IcecastHtml,
            _ => Self::Icecast,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_these_are_admin_paths() {
        for path in ["/", "/live", "/administration", "/admin.cgi/x", "/Admin/"] {
            assert!(!is_admin_path(path), "{path}");
        }
    }
}
