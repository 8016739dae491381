//! `coldwave container`: the command of the container image.

use std::path::{Path, PathBuf};

use super::startup_error::StartupError;
use super::stations::DemoDirectory;
use crate::config::{self, ContainerFolders, Environment, LoadedConfig};

/// The argument that makes coldwave look for its configuration as a container has it.
const CONTAINER: &str = "container";

/// What `container` takes.
const CONTAINER_USAGE: &str = "container takes at most one directory, in place of /, such as coldwave container \
    /srv/radio; everything else is in the environment, or in config/coldwave.toml of that directory";

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
    ///
    /// # Errors
    /// Returns one sentence about other arguments after `container`.
    pub(super) fn recognise(arguments: &[String]) -> Result<Option<Self>, StartupError> {
        let root = match arguments {
            [command] if command == CONTAINER => "/",
            [command, root] if command == CONTAINER && !root.starts_with('-') => root,
            [command, ..] if command == CONTAINER => return Err(CONTAINER_USAGE.to_owned().into()),
            _ => return Ok(None),
        };
        let folders = ContainerFolders::below(Path::new(root));
        let environment = Environment::new(std::env::vars_os());
        Ok(Some(match folders.config_file() {
            Some(file) => {
                environment
                    .without_effect(&file)
                    .iter()
                    .for_each(|line| log::warn!(target: "coldwave", "{line}"));
                Self::AtPath(file)
            }
            None => Self::Environment(ContainerEnvironment { environment, folders }),
        }))
    }
}

impl ContainerEnvironment {
    /// Reads the configuration. The files with passwords are read again each time.
    pub(super) fn load(&self, demo: &DemoDirectory) -> Result<LoadedConfig, StartupError> {
        config::load_environment(&self.environment, &self.folders, demo).map_err(StartupError::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognise(line: &str) -> Result<Option<ContainerConfig>, StartupError> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        ContainerConfig::recognise(&arguments)
    }

    #[test]
    fn container_takes_at_most_one_directory() {
        let found = recognise("container /no/such/directory").expect("a configuration");
        assert!(matches!(found, Some(ContainerConfig::Environment(_))), "{found:?}");
        for line in ["./container", "music container", ""] {
            assert!(recognise(line).expect(line).is_none(), "{line}");
        }
        for line in ["container DIR -l 18460", "container -l 18460", "container a b", "container --check"] {
            let error = recognise(line).expect_err(line);
            assert_eq!(error, CONTAINER_USAGE.to_owned().into(), "{line}");
        }
    }
}
