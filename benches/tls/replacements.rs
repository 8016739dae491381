//! Certificates that are replaced while thousands listen.

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rcgen::{KeyPair, date_time_ymd};
use rustls::pki_types::CertificateDer;

use crate::failure::Failure;
use crate::listener::{CheckLevel, Listener};
use crate::listener_pool::{FIRST_BYTES_MAX, ListenerPool};
use crate::report::{errors, figures, millis};
use crate::sample::{TimePercentiles, numbered};
use crate::server::{Context, Server, request};
use crate::tls::{NAME, ServerCertificate, TlsClient};

/// Joins per second.
const RATE: u32 = 500;

/// The time in which a new pair is used.
const IN_USE_MAX: Duration = Duration::from_secs(20);

/// How long the server has for a pair that it must not use.
const REFUSING: Duration = Duration::from_millis(700);
const REFUSING_UNTOLD: Duration = Duration::from_secs(8);

/// The time between two questions which certificate a new connection gets.
const QUESTION_INTERVAL: Duration = Duration::from_millis(20);

/// Every how many replacements the pair is bad.
const BAD_EVERY: usize = 3;

/// What can be wrong with a pair.
#[derive(Debug, Clone, Copy)]
enum Fault {
    OtherKey,
    Truncated,
    Expired,
    Vanished,
    NoPem,
    Directory,
    Unreadable,
}

impl Fault {
    const ALL: [Self; 7] = [
        Self::OtherKey,
        Self::Truncated,
        Self::Expired,
        Self::Vanished,
        Self::NoPem,
        Self::Directory,
        Self::Unreadable,
    ];

    /// Chooses a fault. Root can read every file.
    fn with_number(number: usize, has_user: bool) -> Self {
        let count = Self::ALL.len() - usize::from(!has_user);
        Self::ALL[number % count]
    }

    /// Returns the files of a bad pair; `None` for a file that does not exist.
    fn pair(self) -> Result<(Option<String>, Option<String>), Failure> {
        let good = ServerCertificate::ecdsa(NAME)?;
        let certificate = good.certificate;
        Ok(match self {
            Self::OtherKey => (Some(certificate), Some(ServerCertificate::ecdsa(NAME)?.key)),
            Self::Truncated => (Some(certificate[..certificate.len() / 2].into()), Some(good.key)),
            Self::NoPem => (Some("not a certificate\n".into()), Some(good.key)),
            Self::Vanished | Self::Directory => (None, Some(good.key)),
            Self::Unreadable => (Some(certificate), Some(good.key)),
            Self::Expired => {
                let (key, mut params) = (KeyPair::generate()?, ServerCertificate::params(NAME)?);
                params.not_before = date_time_ymd(2020, 1, 1);
                params.not_after = date_time_ymd(2021, 1, 1);
                let expired = ServerCertificate::from_params(params, &key)?;
                (Some(expired.certificate), Some(expired.key))
            }
        })
    }
}

/// The files of the pair that is replaced.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Self { certificate: folder.join("ecdsa.crt"), key: folder.join("ecdsa.key") }
    }

    fn write(&self, certificate: Option<&str>, key: Option<&str>) -> Result<(), Failure> {
        replace(&self.certificate, certificate)?;
        replace(&self.key, key)
    }

    /// Puts a bad pair in place.
    fn break_with(&self, fault: Fault) -> Result<(), Failure> {
        let (certificate, key) = fault.pair()?;
        self.write(certificate.as_deref(), key.as_deref())?;
        match fault {
            Fault::Directory => fs::create_dir(&self.certificate)?,
            Fault::Unreadable => fs::set_permissions(&self.key, Permissions::from_mode(0o000))?,
            _ => {}
        }
        Ok(())
    }
}

/// Replaces a file as programs that renew certificates do: a new file takes its name.
fn replace(path: &Path, content: Option<&str>) -> Result<(), Failure> {
    if path.is_dir() {
        fs::remove_dir(path)?;
    }
    let Some(content) = content else { return Ok(fs::remove_file(path)?) };
    let new = path.with_extension("new");
    fs::write(&new, content)?;
    Ok(fs::rename(new, path)?)
}

/// Measures. Returns whether nothing went wrong.
pub fn run(context: &Context<'_>) -> Result<bool, Failure> {
    let server = context.start()?;
    let (files, client) = (Files::new(server.folder()), context.client()?);
    let mut pool = ListenerPool::new(server.process.address)?;
    pool.join(context.options.steady, RATE, FIRST_BYTES_MAX, |number| {
        let level = if number.is_multiple_of(10) { CheckLevel::Everything } else { CheckLevel::Beginning };
        request(level, (number % 2 == 0).then_some(&client))
    })?;
    let (mut wrong, mut times, mut current) = (Vec::new(), Vec::new(), context.ecdsa.clone());
    for number in 1..=context.options.replacements {
        if number % BAD_EVERY == 0 {
            let fault = Fault::with_number(number / BAD_EVERY, context.options.user.is_some());
            files.break_with(fault)?;
            tell(context, &server)?;
            let wait = if context.options.hang_up { REFUSING } else { REFUSING_UNTOLD };
            pool.listen_until(Instant::now() + wait)?;
            if !has_certificate(&server, &current)? {
                wrong.push(format!("{number}, {fault:?}: a new connection does not get the last good pair"));
            }
        } else {
            current = ServerCertificate::ecdsa(NAME)?;
            files.write(Some(&current.certificate), Some(&current.key))?;
            tell(context, &server)?;
            let replaced = Instant::now();
            while !has_certificate(&server, &current)? {
                if replaced.elapsed() > IN_USE_MAX {
                    wrong.push(format!("{number}: the new pair is not used after {IN_USE_MAX:?}"));
                    break;
                }
                pool.listen_until(Instant::now() + QUESTION_INTERVAL)?;
            }
            times.push(millis(replaced.elapsed()));
        }
    }
    pool.listen_until(Instant::now() + Duration::from_secs(2))?;
    report(&pool, &times, &mut wrong);
    Ok(errors("replacements", &wrong) & server.stop()?)
}

fn report(pool: &ListenerPool, times: &[f64], wrong: &mut Vec<String>) {
    let (now, listeners) = (Instant::now(), pool.listeners());
    figures("a new pair is used after", "ms", times);
    let gap = TimePercentiles::from_listeners(listeners, |listener| listener.gap(now));
    println!("longest gap of {} listeners: {:.0} ms", listeners.len(), millis(gap.max));
    wrong.extend(numbered(listeners, Listener::loss));
    wrong.extend(numbered(listeners, |listener| listener.error().map(str::to_owned)));
}

fn tell(context: &Context<'_>, server: &Server) -> Result<(), Failure> {
    if context.options.hang_up { server.hang_up() } else { Ok(()) }
}

/// Returns whether a new connection gets this certificate, and can use it. With another one, the handshake
/// fails, because nothing else is trusted.
fn has_certificate(server: &Server, expected: &ServerCertificate) -> Result<bool, Failure> {
    let trusted: [CertificateDer<'static>; 1] = [expected.der.clone()];
    let mut session = TlsClient::new(&trusted, rustls::DEFAULT_VERSIONS)?.session(NAME)?;
    let mut socket = TcpStream::connect(server.process.address)?;
    socket.set_read_timeout(Some(Duration::from_secs(10)))?;
    while session.is_handshaking() {
        if let Err(error) = session.complete_io(&mut socket) {
            return if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                Ok(false)
            } else {
                Err(error.into())
            };
        }
    }
    Ok(session.peer_certificates().is_some_and(|chain| chain.first() == Some(&expected.der)))
}
