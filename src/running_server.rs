//! Asks a running server for its settings, and says what a reload with other settings would change there; or
//! asks whether it works.

mod address;
mod health;
mod response;

use std::io;
use std::time::Duration;

use serde::Deserialize;

use crate::settings::{Account, Description, Settings, station_ids};
pub use address::ServerAddress;
pub use health::{HEALTH_TIMEOUT, check_health};
use response::{build_request, parse_response};

/// The environment variable with the administrator's password of the running server.
pub const PASSWORD_VARIABLE: &str = "COLDWAVE_ADMIN_PASSWORD";

/// The path of the settings of a running server.
const SETTINGS_PATH: &str = "/api/v1/admin/settings";

/// How long the server may take to answer. It answers at once unless it is overloaded.
pub const TIMEOUT: Duration = Duration::from_secs(15);

/// The longest response in bytes that is read: a thousand stations with a thousand DJs need less.
pub const RESPONSE_MAX: usize = 64 * 1024 * 1024;

/// What a reload would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// The text for stdout: what would change, one line for each change.
    pub text: String,
    /// Remarks for stderr, such as that the versions differ.
    pub notes: Vec<String>,
    /// The settings of the running server.
    pub running: Description,
}

/// The response of the server.
#[derive(Deserialize)]
struct SettingsResponse {
    settings: Option<Description>,
}

/// A response in case of an error.
#[derive(Deserialize)]
struct ErrorResponse {
    error: String,
}

/// A login, and where it is from.
struct Login {
    /// `user:password`.
    login: Vec<u8>,
    /// Such as `the password in the address`.
    origin: String,
}

/// The origin of the password that may be newer than that of the running server.
const FROM_FILE: &str = "admin_password of the checked configuration";

/// Asks the server at `address` for its settings, and compares them with `settings`. `from_environment` is
/// the value of [`PASSWORD_VARIABLE`]. `exchange` sends a request to a server and returns the response.
///
/// The login in the address has priority over `from_environment`, and that over the account in `settings`:
/// when a password changes, the running server has the old one.
///
/// # Errors
/// Returns one sentence about the address, the connection or the login.
pub fn preview(
    address: &str,
    settings: &Settings,
    from_environment: Option<&str>,
    exchange: impl FnOnce(&ServerAddress, &[u8]) -> io::Result<Vec<u8>>,
) -> Result<Preview, String> {
    let address = ServerAddress::parse(address).map_err(|error| format!("--against: {error}"))?;
    let login = choose_login(&address, &settings.admin, from_environment)?;
    let request = build_request(&address, SETTINGS_PATH, Some(&login.login));
    let response = exchange(&address, &request);
    let response = response.map_err(|error| format!("cannot reach {address}: {error}"))?;
    let running = read_settings(&address, &login, &response)?;
    let salt = running.salt().ok_or_else(|| not_understood(&address))?;
    let mut settings = settings.clone();
    station_ids::assign(&mut settings.stations, running.known_ids());
    let changes = running.changes(&Description::new(&settings, &salt));
    let (text, notes) = (describe(&address, &changes), version_note(&address, &running));
    Ok(Preview { text, notes, running })
}

fn describe(address: &ServerAddress, changes: &[String]) -> String {
    if changes.is_empty() {
        return format!("A reload of {address} would change nothing.\n");
    }
    let lines: String = changes.iter().map(|change| format!("{change}\n")).collect();
    format!("A reload of {address} would change:\n\n{lines}")
}

fn version_note(address: &ServerAddress, running: &Description) -> Vec<String> {
    let (theirs, ours) = (running.version(), env!("CARGO_PKG_VERSION"));
    let is_same = theirs == ours;
    let note = format!(
        "{address} runs coldwave {theirs}, this is {ours}: keys that only one of them knows are listed too"
    );
    if is_same { Vec::new() } else { vec![note] }
}

fn choose_login(
    address: &ServerAddress,
    account: &Account,
    from_environment: Option<&str>,
) -> Result<Login, String> {
    let of_admin = |password: &str| format!("{}:{password}", account.user).into_bytes();
    if let Some(login) = address.login() {
        return Ok(Login { login: login.to_vec(), origin: "the login in the address".to_owned() });
    }
    if let Some(password) = from_environment.filter(|password| !password.is_empty()) {
        return Ok(Login {
            login: of_admin(password),
            origin: format!("the password in {PASSWORD_VARIABLE}"),
        });
    }
    match &account.password {
        Some(password) => Ok(Login { login: of_admin(password.expose()), origin: FROM_FILE.to_owned() }),
        None => Err(format!(
            "{address} tells its settings only to its administrator, and the checked configuration has no \
             admin_password: {}",
            other_ways(address)
        )),
    }
}

fn other_ways(address: &ServerAddress) -> String {
    let with_login = address.with_login("USER:PASSWORD");
    format!("set {PASSWORD_VARIABLE} to the password of the running server, or give it as {with_login}")
}

fn read_settings(address: &ServerAddress, login: &Login, response: &[u8]) -> Result<Description, String> {
    match parse_response(response) {
        Some((200, body)) => parse(address, body),
        Some((status, body)) => Err(refusal(address, login, status, body)),
        None => Err(format!("the response of {address} is not complete, or no HTTP")),
    }
}

fn parse(address: &ServerAddress, body: &[u8]) -> Result<Description, String> {
    let response: SettingsResponse = serde_json::from_slice(body).map_err(|_| not_understood(address))?;
    response.settings.ok_or_else(|| format!("{address} has no configuration that it could reload"))
}

fn not_understood(address: &ServerAddress) -> String {
    let ours = env!("CARGO_PKG_VERSION");
    format!("the settings of {address} are not in the form of coldwave {ours}: another version may run there")
}

/// Returns why the server has not sent its settings.
fn refusal(address: &ServerAddress, login: &Login, status: u64, body: &[u8]) -> String {
    let told = serde_json::from_slice::<ErrorResponse>(body).ok().map(|response| response.error);
    match (status, told) {
        (401, _) => {
            let is_from_file = login.origin == FROM_FILE;
            let changed = "; if it has changed, the running server still has the old one";
            let changed = if is_from_file { changed } else { "" };
            format!("{address} refuses {}{changed}: {}", login.origin, other_ways(address))
        }
        (404, _) | (400, None) => format!(
            "{address} has no page {SETTINGS_PATH}: an older version of coldwave or another server runs there, or \
             the address lacks a path"
        ),
        (_, Some(told)) => format!("{address} answers {status}: {told}"),
        (300..400, None) => format!("{address} redirects to another address ({status}): give that one"),
        (_, None) => format!("{address} answers {status}, which coldwave does not: is it the right address?"),
    }
}

#[cfg(test)]
mod tests;
