//! The text of the configuration that environment variables give.

use std::path::Path;

use toml_writer::{ToTomlValue, TomlStringBuilder};

use super::folders::ContainerFolders;
use super::variables::{Environment, HOSTNAME, MOUNT, NAME, SERVER};

/// Where lines come from that no variable has caused.
const CONTAINER: &str = "container";

/// A configuration in the form of a file, with the variable of each line.
#[derive(Debug, Default)]
pub struct EnvironmentDocument {
    pub text: String,
    origins: Vec<String>,
}

impl EnvironmentDocument {
    /// Returns the name of the variable from which a line comes, counted from 1.
    pub fn origin(&self, line: usize) -> &str {
        let origin = line.checked_sub(1).and_then(|at| self.origins.get(at));
        origin.map_or(CONTAINER, String::as_str)
    }

    /// Writes `[server]`.
    pub fn server(
        &mut self,
        environment: &Environment,
        folders: &ContainerFolders,
        admin: Option<&(String, String)>,
    ) -> Result<(), String> {
        self.line("[server]", CONTAINER);
        for (variable, key) in SERVER {
            if let Some(value) = environment.text(variable)? {
                self.key(key, &number_or_string(value), variable);
            }
        }
        if let Some(url) = environment.public_url() {
            self.key("public_url", &string(url), HOSTNAME);
        }
        if let Some((password, origin)) = admin {
            self.key("admin_password", &string(password), origin);
        }
        if folders.state.is_dir() {
            self.key("state_dir", &string(&folders.state.to_string_lossy()), CONTAINER);
        }
        Ok(())
    }

    /// Writes the station, and admits sources at other mounts as Icecast does.
    pub fn station(
        &mut self,
        environment: &Environment,
        music: Option<&Path>,
        source: Option<&(String, String)>,
    ) -> Result<(), String> {
        self.line("[[station]]", CONTAINER);
        self.key("mount", &string(environment.text(MOUNT)?.unwrap_or("/live")), MOUNT);
        self.key("name", &string(environment.text(NAME)?.unwrap_or("coldwave")), NAME);
        if let Some(music) = music {
            self.key("music", &string(&music.to_string_lossy()), CONTAINER);
        }
        if let Some((password, origin)) = source {
            self.key("source_password", &string(password), origin);
            self.line("[unlisted]", CONTAINER);
            self.key("source_password", &string(password), origin);
        }
        Ok(())
    }

    fn key(&mut self, key: &str, value: &str, origin: &str) {
        self.line(&format!("{key} = {value}"), origin);
    }

    fn line(&mut self, line: &str, origin: &str) {
        self.text.push_str(line);
        self.text.push('\n');
        self.origins.push(origin.to_owned());
    }
}

/// Returns a text as a TOML string on one line.
fn string(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

/// Returns a number as it is. Where a number is expected, anything else is an error of its key.
fn number_or_string(value: &str) -> String {
    let is_number = !value.is_empty() && value.len() < 10 && value.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && !(value.len() > 1 && value.starts_with('0')) { value.to_owned() } else { string(value) }
}
