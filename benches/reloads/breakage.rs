//! The ways in which a configuration is broken.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::configuration::{Configuration, Table};
use crate::failure::Failure;

/// A way to break a configuration, so that a reload must refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakage {
    Syntax,
    UnknownKey,
    SameMount,
    PortInUse,
    MissingMusic,
    UnusableAccessLog,
    Empty,
    Missing,
    Directory,
    /// The user of the server may not read it.
    Unreadable,
}

impl Breakage {
    /// Those that affect every user, also root.
    const FOR_ALL: [Self; 9] = [
        Self::Syntax,
        Self::UnknownKey,
        Self::SameMount,
        Self::PortInUse,
        Self::MissingMusic,
        Self::UnusableAccessLog,
        Self::Empty,
        Self::Missing,
        Self::Directory,
    ];

    /// Returns the one with this number; they repeat.
    pub fn with_number(number: usize, is_unprivileged: bool) -> Self {
        let all: Vec<Self> =
            Self::FOR_ALL.into_iter().chain(is_unprivileged.then_some(Self::Unreadable)).collect();
        all[number % all.len()]
    }

    /// Puts a broken file in the place of the configuration. `used` is an address on which another program
    /// listens.
    pub fn write(self, file: &Path, configuration: &Configuration, used: &str) -> Result<(), Failure> {
        remove(file)?;
        let mut changed = configuration.clone();
        match self {
            Self::Missing => return Ok(()),
            Self::Directory => return Ok(fs::create_dir(file)?),
            Self::UnknownKey => changed.set(Table::Live, "burst", "5"),
            Self::SameMount => changed.set(Table::Source2, "mount", "\"/live\""),
            Self::PortInUse => changed.set(Table::Server, "listen", &format!("[{used:?}]")),
            Self::MissingMusic => changed.set(Table::Live, "music", "\"nowhere.mp3\""),
            Self::UnusableAccessLog => changed.set(Table::Server, "access_log", "\"nowhere/access.log\""),
            Self::Syntax | Self::Empty | Self::Unreadable => {}
        }
        let text = match self {
            Self::Empty => String::new(),
            Self::Syntax => changed.text() + "[[station\n",
            _ => changed.text(),
        };
        fs::write(file, text)?;
        let mode = if self == Self::Unreadable { 0o000 } else { 0o644 };
        Ok(fs::set_permissions(file, Permissions::from_mode(mode))?)
    }
}

/// Removes what is in the place of the configuration.
pub fn remove(file: &Path) -> Result<(), Failure> {
    if file.is_dir() {
        fs::remove_dir(file)?;
    } else if file.exists() {
        fs::remove_file(file)?;
    }
    Ok(())
}
