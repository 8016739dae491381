//! A first configuration for a new station, with passwords of its own.

use std::io;
use std::path::Path;

use crate::open_file;

/// The configuration, with a placeholder for each password.
const TEMPLATE: &str = include_str!("new_config.toml");

/// The placeholders of [`TEMPLATE`].
const PLACEHOLDERS: [&str; 2] = ["ADMIN-PASSWORD", "SOURCE-PASSWORD"];

/// The characters of passwords: 32, without those that look alike.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The length of passwords. Each character has five random bits, so a password has 100.
const PASSWORD_CHARS: usize = 20;

/// Writes a new configuration with new passwords to `path`, which only the user of the process can read. A
/// file that exists stays as it is.
///
/// # Errors
/// Returns one sentence if the file exists or cannot be written, or the system has no random numbers.
pub fn write(path: &Path) -> Result<(), String> {
    let shown = path.display();
    let text = text(fill_random).map_err(|error| format!("cannot make passwords: {error}"))?;
    open_file::write_private(path, text.as_bytes()).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            format!("{shown} exists already, and stays as it is: give another name")
        }
        _ => format!("cannot write {shown}: {error}"),
    })
}

/// Returns what to do with a new configuration at `path`.
pub fn next_steps(path: &Path) -> String {
    let path = path.display();
    format!(
        "{path} is written. Only you can read it; its passwords are new.

  run it          coldwave -c {path}
  listen          http://localhost:8000/live
  encoder         Icecast, port 8000, mount /live, user source, source_password of the file
  music           set `music` in the file; without it, there is silence until an encoder connects
  administrator   http://localhost:8000/admin/, user admin, admin_password of the file
"
    )
}

/// Returns a configuration whose passwords are made of the bytes that `fill` returns.
fn text(fill: impl Fn(&mut [u8]) -> io::Result<()>) -> io::Result<String> {
    let mut text = TEMPLATE.to_owned();
    for placeholder in PLACEHOLDERS {
        text = text.replace(placeholder, &password(&fill)?);
    }
    Ok(text)
}

/// Returns a new password.
///
/// # Errors
/// If the system has no random numbers.
pub fn random_password() -> io::Result<String> {
    password(&fill_random)
}

fn password(fill: &impl Fn(&mut [u8]) -> io::Result<()>) -> io::Result<String> {
    let mut bytes = [0; PASSWORD_CHARS];
    fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn each_password_is_another_one() {
        let next = Cell::new(0);
        let text = text(|bytes| {
            bytes.iter_mut().for_each(|byte| *byte = next.replace(next.get() + 1));
            Ok(())
        });
        let text = text.expect("random bytes");
        assert!(text.contains("admin_password = \"abcdefghijkmnpqrstuv\""), "{text}");
        assert!(text.contains("source_password = \"wxyz23456789abcdefgh\""), "{text}");
        assert!(PLACEHOLDERS.iter().all(|placeholder| !text.contains(placeholder)), "{text}");
    }

    #[test]
    fn file_is_private_and_never_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("coldwave.toml");
        write(&path).expect("a new file");
        let first = fs::read_to_string(&path).expect("the file");
        assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o600);
        let error = write(&path).expect_err("the file exists");
        assert!(error.contains("exists already"), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("the file"), first);
        let error = write(&folder.path().join("no/such/folder.toml")).expect_err("no folder");
        assert!(error.contains("cannot write"), "{error}");
    }
}
