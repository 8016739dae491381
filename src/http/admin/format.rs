//! Admin paths, and the reply format of each.

/// The prefix of the admin paths in coldwave's own API.
const ADMIN_API: &str = "/api/v1/admin/";

/// Returns whether a path is an admin path: everything there needs a password, and no source can use it as a
/// mount.
pub fn is_admin_path(path: &str) -> bool {
    matches!(path, "/admin.cgi" | "/admin") || path.starts_with("/admin/") || path.starts_with(ADMIN_API)
}

/// The format of the reply to an admin request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminFormat {
    /// SHOUTcast's `/admin.cgi`.
    Dnas,
    /// Icecast's `/admin/killsource` and so on, in XML.
    Icecast,
    /// The same as HTML, `/admin/killsource.xsl`.
    IcecastHtml,
    /// coldwave's own `/api/v1/admin/…`, in JSON.
    Api,
}

impl AdminFormat {
    /// Returns the format of the replies at this path.
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
    fn other_paths_are_not_admin_paths() {
        for path in ["/", "/live", "/administration", "/admin.cgi/x", "/Admin/"] {
            assert!(!is_admin_path(path), "{path}");
        }
    }
}
