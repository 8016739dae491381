//! The `icecast.xml` that AzuraCast writes for a station, with its conditions.

use std::path::{Path, PathBuf};

/// What AzuraCast knows of a station.
pub struct StationConfig {
    /// The directory of the configuration, in which the server also runs.
    pub config_dir: PathBuf,
    /// What is `/usr/local/share/icecast` in AzuraCast.
    pub share: PathBuf,
    pub port: u16,
    pub name: &'static str,
    pub description: Option<&'static str>,
    pub genre: Option<&'static str>,
    pub url: Option<&'static str>,
    /// `-1` is written as the server's limit if there is none.
    pub max_listeners: Option<u32>,
    /// In kbit/s.
    pub max_bitrate: Option<u32>,
    pub is_latin1: bool,
    /// Whether countries are banned or addresses are allow-listed: then listeners are authenticated.
    pub has_listener_auth: bool,
    pub is_in_development: bool,
    pub mounts: Vec<Mount>,
    /// XML of the operator, which AzuraCast merges over its own: here, more elements of the root.
    pub custom: &'static str,
}

/// A mount, of which AzuraCast calls each a mount point.
#[derive(Default, Clone)]
pub struct Mount {
    pub name: &'static str,
    pub is_hidden: bool,
    /// A file in the configuration directory.
    pub intro: Option<&'static str>,
    pub fallback: Option<&'static str>,
    /// The bit rate in kbit/s and the extension of the AutoDJ, if it is enabled.
    pub autodj: Option<(u32, &'static str)>,
    pub max_listener_duration: Option<u32>,
    /// Host, port and path of the relayed stream.
    pub relay: Option<(&'static str, u16, &'static str)>,
    /// XML of the operator for this mount.
    pub custom: &'static str,
}

pub const SOURCE_PASSWORD: &str = "Ahx3thai";
pub const ADMIN_PASSWORD: &str = "Wee4Ohng";

impl StationConfig {
    /// Returns the text of the file, without an XML declaration.
    pub fn xml(&self) -> String {
        let mounts: String = self.mounts.iter().map(|mount| self.mount(mount)).collect();
        let relays: String = self.mounts.iter().map(relay).collect();
        format!(
            "<icecast>\n    <location>AzuraCast</location>\n    <admin>icemaster@localhost</admin>\n    \
             <hostname>localhost</hostname>\n{}{}    <listen-socket>\n        <port>{}</port>\n    \
             </listen-socket>\n{mounts}    <fileserve>1</fileserve>\n{}{}    <security>\n        \
             <chroot>0</chroot>\n    </security>\n{relays}{}</icecast>\n",
            self.limits(),
            authentication(),
            self.port,
            self.paths(),
            self.logging(),
            self.custom
        )
    }

    fn limits(&self) -> String {
        let clients = self.max_listeners.map_or(2500, |count| count * 2);
        let listeners = self.max_listeners.map_or("-1".to_owned(), |count| count.to_string());
        section(
            "limits",
            &[
                ("clients", &clients.to_string()),
                ("max-listeners", &listeners),
                ("sources", &self.mounts.len().to_string()),
                ("queue-size", "524288"),
                ("client-timeout", "30"),
                ("header-timeout", "15"),
                ("source-timeout", "10"),
                ("burst-size", "65535"),
            ],
        )
    }

    fn paths(&self) -> String {
        let (share, config) = (self.share.display(), self.config_dir.display());
        let ciphers = "ECDH+AESGCM:DH+AESGCM:ECDH+AES256:DH+AES256:ECDH+AES128:DH+AES:RSA+AESGCM:RSA+AES:\
                       !aNULL:!MD5:!DSS";
        let storage = self.certificates();
        format!(
            "    <paths>\n        <basedir>{share}</basedir>\n        <logdir>{config}</logdir>\n        \
             <webroot>{share}/web</webroot>\n        <adminroot>{share}/admin</adminroot>\n        \
             <pidfile>{config}/icecast.pid</pidfile>\n        <alias source=\"/\" dest=\"/status.xsl\"/>\n        \
             <ssl-private-key>{storage}/ssl.key</ssl-private-key>\n        \
             <ssl-certificate>{storage}/ssl.crt</ssl-certificate>\n        \
             <ssl-allowed-ciphers>{ciphers}</ssl-allowed-ciphers>\n        \
             <deny-ip>{config}/ip_bans.txt</deny-ip>\n        \
             <deny-agents>{config}/user_agent_bans.txt</deny-agents>\n        \
             <x-forwarded-for>127.0.0.1</x-forwarded-for>\n    </paths>\n"
        )
    }

    /// Returns the directory with the certificate, whose files are links.
    pub fn certificates(&self) -> String {
        self.share.join("acme").display().to_string()
    }

    fn logging(&self) -> String {
        let level = if self.is_in_development { "3" } else { "2" };
        section(
            "logging",
            &[
                ("accesslog", "icecast_access.log"),
                ("errorlog", "/dev/stderr"),
                ("loglevel", level),
                ("logsize", "10000"),
            ],
        )
    }

    fn mount(&self, mount: &Mount) -> String {
        let mut elements = vec![
            ("mount-name", mount.name.to_owned()),
            ("charset", if self.is_latin1 { "ISO8859-1" } else { "UTF8" }.to_owned()),
            ("stream-name", self.name.to_owned()),
            ("listenurl", format!("http://localhost/listen/harbour{}", mount.name)),
        ];
        elements.extend(self.max_bitrate.map(|rate| ("limit-rate", (rate * 1024 + 2500).to_string())));
        let texts =
            [("stream-description", self.description), ("stream-url", self.url), ("genre", self.genre)];
        elements.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text?.to_owned()))));
        elements.extend(mount.is_hidden.then(|| ("hidden", "1".to_owned())));
        elements
            .extend(mount.intro.map(|file| ("intro", relative(&self.config_dir.join(file), &self.share))));
        elements.extend(fallback(mount));
        elements.extend(
            mount.max_listener_duration.map(|seconds| ("max-listener-duration", seconds.to_string())),
        );
        let lines = elements.iter().map(|(name, text)| format!("        <{name}>{text}</{name}>\n"));
        let auth = if self.has_listener_auth { LISTENER_AUTH } else { "" };
        format!(
            "    <mount type=\"normal\">\n{}{auth}{}    </mount>\n",
            lines.collect::<String>(),
            mount.custom
        )
    }
}

const LISTENER_AUTH: &str = "        <authentication type=\"url\">\n            \
    <option name=\"listener_add\" value=\"http://127.0.0.1:6010/api/internal/1/listener-auth/5ea\"/>\n            \
    <option name=\"auth_header\" value=\"icecast-auth-user: 1\"/>\n        </authentication>\n";

fn authentication() -> String {
    section(
        "authentication",
        &[
            ("source-password", SOURCE_PASSWORD),
            ("relay-password", "iu0Eiqu9"),
            ("admin-user", "admin"),
            ("admin-password", ADMIN_PASSWORD),
        ],
    )
}

fn fallback(mount: &Mount) -> Vec<(&'static str, String)> {
    let name = match (mount.fallback, mount.autodj) {
        (Some(other), _) => other.to_owned(),
        (None, Some((rate, extension))) => format!("/fallback-[{rate}].{extension}"),
        (None, None) => return Vec::new(),
    };
    vec![("fallback-mount", name), ("fallback-override", "1".to_owned())]
}

fn relay(mount: &Mount) -> String {
    mount.relay.map_or_else(String::new, |(server, port, path)| {
        let port = port.to_string();
        section("relay", &[("server", server), ("port", &port), ("mount", path), ("local-mount", mount.name)])
    })
}

fn section(name: &str, elements: &[(&str, &str)]) -> String {
    let lines = elements.iter().map(|(name, text)| format!("        <{name}>{text}</{name}>\n"));
    format!("    <{name}>\n{}    </{name}>\n", lines.collect::<String>())
}

/// Returns a path relative to the webroot.
fn relative(path: &Path, share: &Path) -> String {
    let up: PathBuf = share.join("web").components().skip(1).map(|_| "..").collect();
    let path = path.strip_prefix("/").expect("an absolute path");
    up.join(path).display().to_string()
}
