//! Other paths for what is at a path.

use crate::http::request::{Method, Request};
use crate::settings::Alias;

/// Returns the request for the path that is meant, if an alias applies. As in Icecast, aliases are for those
/// who read: a source gets the mount that it names.
pub(super) fn resolve(aliases: &[Alias], request: &Request) -> Option<Request> {
    if !matches!(request.method, Method::Get | Method::Head | Method::Options) {
        return None;
    }
    let alias = aliases.iter().find(|alias| alias.applies_to(&request.path, request.local_address()))?;
    let mut to = request.clone();
    to.path.clone_from(&alias.to);
    Some(to)
}
