//! The authorities that the server trusts when it connects to others.

use crate::settings::Settings;
use crate::tls::ClientTls;

/// Loads the authorities if something may need them; `None` if nothing does. May block on the disk.
///
/// # Errors
/// Returns one sentence about a file that cannot be used.
pub fn load(settings: &Settings) -> Result<Option<ClientTls>, String> {
    if !settings.may_connect_over_tls() {
        return Ok(None);
    }
    ClientTls::load(settings.tls.ca.as_deref()).map(Some).map_err(|error| format!("tls_ca: {error}"))
}

/// Returns a warning if the settings have an `https://` address, and no authority is known.
pub fn warning(settings: &Settings, tls: Option<&ClientTls>) -> Option<String> {
    let problem = tls.and_then(ClientTls::problem)?;
    let address = settings.https_addresses().next()?;
    Some(format!("cannot connect to {address}: {problem}"))
}
