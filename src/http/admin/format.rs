//! The reply format of each admin path.

use crate::http::admin_paths::ADMIN_API;

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
