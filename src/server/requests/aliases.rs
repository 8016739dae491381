//! Other paths for what is at a path.

use crate::http::request::{Method, Request};
use crate::router::is_reserved_path;
use crate::settings::Alias;

/// Returns the request for the path that is meant, if an alias applies. A source that logs in at a path which
/// leads to a page is left alone: in a configuration of Icecast, `/` is often such a path, and an encoder
/// that names no mount sends it.
pub(super) fn resolve(aliases: &[Alias], request: &Request) -> Option<Request> {
    let local = request.local_address();
    let alias = aliases.iter().find(|alias| alias.applies_to(&request.path, local))?;
    let is_source = matches!(request.method, Method::Source | Method::Put);
    let leads_to_mount = || !is_reserved_path(&alias.to);
    (!is_source || leads_to_mount()).then(|| {
        let mut to = request.clone();
        to.path.clone_from(&alias.to);
        to
    })
}
