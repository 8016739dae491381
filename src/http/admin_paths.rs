//! The admin paths: which paths need a password.

/// The prefix of the admin paths in coldwave's own API.
pub const ADMIN_API: &str = "/api/v1/admin/";

/// Returns whether a path is an admin path: everything there needs a password, and no source can use it as a
/// mount.
pub fn is_admin_path(path: &str) -> bool {
    matches!(path, "/admin.cgi" | "/admin") || path.starts_with("/admin/") || path.starts_with(ADMIN_API)
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
