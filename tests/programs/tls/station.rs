//! A station with certificates for TLS.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Version;
use crate::common::tls::Authority;
use crate::common::{Coldwave, are_available, fixture};
use crate::{NAME, TRACK_BYTES, TRACKS};

/// The names in the two certificates: of an ECDSA key, which is the default, and of an RSA key.
pub const ECDSA_NAME: &str = "localhost";
pub const RSA_NAME: &str = "rsa.localhost";

/// The password of the station for sources, at `/source`.
pub const PASSWORD: &str = "deep-water-7";

/// A coldwave with certificates of an authority, a station that plays the music at `/live`, and one for
/// sources at `/source`.
pub struct TlsStation {
    pub server: Coldwave,
    folder: tempfile::TempDir,
}

impl TlsStation {
    /// Starts it if all these programs are installed, and openssl, which makes the RSA key.
    #[track_caller]
    pub fn for_programs(programs: &[(&str, &str)]) -> Option<Self> {
        (are_available(programs) && are_available(&[("openssl", "openssl")])).then(Self::start)
    }

    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let home = folder.path();
        let music = home.join(NAME);
        fs::create_dir(&music).expect("the folder is writable");
        for (number, (track, _)) in TRACKS.iter().enumerate() {
            let mut bytes = fs::read(fixture(track)).expect("the fixture is readable");
            bytes.truncate(TRACK_BYTES);
            fs::write(music.join(format!("{number}.mp3")), bytes).expect("the folder is writable");
        }
        let authority = Authority::new("Authority of the tests");
        // VLC takes a folder of authorities.
        fs::create_dir(home.join("authorities")).expect("the folder is writable");
        fs::write(home.join("authorities/ca.pem"), authority.pem()).expect("the folder is writable");
        let ecdsa = authority.certificate(&[ECDSA_NAME, "127.0.0.1"]).write(home, "ecdsa");
        let rsa = authority.rsa(&[RSA_NAME]).write(home, "rsa");
        let config = format!(
            "[server]\nlisten = [\"127.0.0.1:0\"]\n{ecdsa}{rsa}[[station]]\nmount = \"/live\"\nmusic = [{NAME:?}]\n\
             [[station]]\nmount = \"/source\"\nsource_password = {PASSWORD:?}\nmax_silence_s = 60\n"
        );
        // VLC runs as another user.
        fs::set_permissions(home, Permissions::from_mode(0o777)).expect("a folder of this test");
        Self { server: Coldwave::with_config(home, &config, 2), folder }
    }

    pub fn port(&self) -> u16 {
        self.server.address().port()
    }

    /// Returns the URL of the station, with a name of the ECDSA certificate.
    pub fn url(&self) -> String {
        format!("https://{ECDSA_NAME}:{}/live", self.port())
    }

    /// Returns the URL with the address instead of the name.
    pub fn url_of_address(&self) -> String {
        format!("https://127.0.0.1:{}/live", self.port())
    }

    /// Returns the SHA-256 of the public key in the ECDSA certificate, in Base64.
    pub fn key_hash(&self) -> String {
        let script = "openssl x509 -in \"$0\" -noout -pubkey | openssl pkey -pubin -outform der |
                      openssl dgst -sha256 -binary | base64";
        let output = Command::new("sh").args(["-c", script]).arg(self.home().join("ecdsa.crt")).output();
        String::from_utf8(output.expect("a shell is installed").stdout).expect("Base64").trim().to_owned()
    }

    /// Returns the folder for the files of programs, in which every user may write.
    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the file with the certificate of the authority.
    pub fn authority(&self) -> PathBuf {
        self.home().join("authorities/ca.pem")
    }

    /// Returns a file for the environment variable `GNUTLS_SYSTEM_PRIORITY_FILE`, which leaves one version.
    pub fn gnutls_priorities(&self, version: Version) -> PathBuf {
        let path = self.home().join(format!("{version:?}.gnutls"));
        let disabled = version.either(&["tls1.3"][..], &["tls1.0", "tls1.1", "tls1.2"]);
        let lines: Vec<String> =
            disabled.iter().map(|version| format!("disabled-version = {version}\n")).collect();
        fs::write(&path, format!("[overrides]\n{}", lines.concat())).expect("the folder is writable");
        path
    }
}
