//! `coldwave container`: the command of the container image.

use std::path::{Path, PathBuf};

use super::startup_error::StartupError;
use super::stations::DemoDirectory;
use crate::config::{self, ContainerFolders, Environment, LoadedConfig};

/// The argument that makes coldwave look for its configuration as a container has it.
const CONTAINER: &str = "container";

/// What a container runs.
#[derive(Debug)]
pub(super) enum ContainerConfig {
    /// This configuration file.
    AtPath(PathBuf),
    /// What its environment says.
    Environment(ContainerEnvironment),
}

/// The environment and the folders of a container.
#[derive(Debug)]
pub(super) struct ContainerEnvironment {
    environment: Environment,
    folders: ContainerFolders,
}

impl ContainerConfig {
    /// Returns what a container runs, if the arguments are its command: `container`, or `container` and a
    /// directory that takes the place of `/`. A directory of music with this name is given as `./container`.
    pub(super) fn recognise(arguments: &[String]) -> Option<Self> {
        let root = match arguments {
            [command] if command == CONTAINER => "/",
            [command, root] if command == CONTAINER && !root.starts_with('-') => root,
            _ => return None,
        };
        let folders = ContainerFolders::below(Path::new(root));
        let environment = Environment::new(std::env::vars_os());
        Some(match folders.config_file() {
            Some(file) => {
                environment
                    .without_effect(&file)
                    .iter()
                    .for_each(|line| log::warn!(target: "coldwave", "{line}"));
                Self::AtPath(file)
            }
            None => Self::Environment(ContainerEnvironment { environment, folders }),
        })
    }
}

impl ContainerEnvironment {
    /// Reads the configuration. The files with passwords are read again each time.
    pub(super) fn load(&self, demo: &DemoDirectory) -> Result<LoadedConfig, StartupError> {
        config::load_environment(&self.environment, &self.folders, demo).map_err(StartupError::from)
    }
}
