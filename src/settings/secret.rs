//! A password as a type that is never printed, and accounts.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A user name and its password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user name.
    pub user: String,
    /// The password; `None` disables the account.
    pub password: Option<Secret>,
}

/// A password. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Creates a secret from a password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// Returns whether `given` is this password. The duration of the comparison does not depend on the
    /// content of the password.
    pub fn matches(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }

    /// Returns the password, for a login at another server.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns a digest from which the password cannot be read, which a salt keeps from being looked up.
    pub fn digest(&self, salt: &[u8]) -> String {
        salted_digest(self.0.as_bytes(), salt)
    }
}

/// Returns a digest of a secret, in hexadecimal digits: the first half of the SHA-256 of `salt` and the
/// secret. With the same salt, equal secrets have equal digests, and different ones have different digests.
pub fn salted_digest(secret: &[u8], salt: &[u8]) -> String {
    /// The bytes of SHA-256 that are shown: enough that no two secrets have the same.
    const SHOWN: usize = 16;
    let digest = Sha256::new().chain_update(salt).chain_update(secret).finalize();
    digest[..SHOWN].iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
