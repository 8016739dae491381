//! The folders of a container.

use std::io;
use std::path::{Path, PathBuf};

/// The configuration files for which a container looks, the first one first.
const FILES: [&str; 3] = ["coldwave.toml", "icecast.xml", "sc_serv.conf"];

/// Where a container has its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerFolders {
    pub(super) config: PathBuf,
    pub(super) music: PathBuf,
    pub(super) state: PathBuf,
}

impl ContainerFolders {
    /// Returns the folders below `root`, which is `/` in a container.
    pub fn below(root: &Path) -> Self {
        Self { config: root.join("config"), music: root.join("music"), state: root.join("state") }
    }

    /// Returns the configuration file, if there is one, or if that cannot be found out: to read it then is an
    /// error, which says why.
    pub fn config_file(&self) -> Option<PathBuf> {
        FILES.iter().map(|name| self.config.join(name)).find(|path| path.try_exists().unwrap_or(true))
    }

    /// Returns whether there is music, or something that cannot be read. To play that is an error.
    pub(super) fn has_music(&self) -> bool {
        match self.music.read_dir() {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }
}
