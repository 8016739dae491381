//! Passwords that a container makes for itself, because there is no known default.

use std::io;
use std::path::Path;

use log::{info, warn};

use crate::new_config::random_password;
use crate::open_file;

/// The most bytes of a stored password.
const STORED_MAX: u64 = 256;

/// Returns the password of this account and the file in `folder` that has it. If there is none, it is made,
/// stored and logged, this one time. Without the folder there is no password, and a warning says so.
pub fn stored(folder: &Path, account: &str) -> Option<(String, String)> {
    let path = folder.join(format!("{account}_password"));
    match read(&path) {
        Ok(password) => return Some((password, path.display().to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            warn!(target: "coldwave", "{}: {error}: there is no password for {account}", path.display());
            return None;
        }
    }
    let made = random_password().and_then(|password| write(&path, &password).map(|()| password));
    made.map_or_else(
        |error| {
            let variable = account.to_uppercase();
            warn!(
                target: "coldwave",
                "ICECAST_{variable}_PASSWORD is not set, and none can be stored in {}: {error}", path.display()
            );
            None
        },
        |password| {
            info!(
                target: "coldwave",
                "new password of user {account}, shown only this time and stored in {}: {password}", path.display()
            );
            Some((password, path.display().to_string()))
        },
    )
}

/// Returns what stands for the password of this account, and for its file, as long as it is not made.
pub fn not_made(account: &str) -> Option<(String, String)> {
    Some((format!("password of {account} that is not made yet"), account.to_owned()))
}

fn read(path: &Path) -> io::Result<String> {
    let bytes = open_file::read_state(path, STORED_MAX)?;
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(text.trim_end().to_owned())
}

fn write(path: &Path, password: &str) -> io::Result<()> {
    open_file::write_private(path, format!("{password}\n").as_bytes())
}
