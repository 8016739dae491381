//! CPU time of the server for a handshake.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::version::{TLS12, TLS13};
use rustls::{HandshakeKind, StreamOwned};

use crate::failure::Failure;
use crate::report::{figures, goal, median, micros};
use crate::server::{Context, RSA_NAME, Server};
use crate::tls::{NAME, TlsClient};
use crate::usage;

/// The goal for ECDSA, in µs.
const HANDSHAKE_MAX: f64 = 350.0;

/// The longest wait for a byte.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A short page, which is requested over each connection.
const REQUEST: &[u8] = b"GET /7.html HTTP/1.0\r\nUser-Agent: Mozilla\r\n\r\n";

/// A kind of handshake: the name in the report, the client, the name of the server, and whether the session
/// is resumed.
type Kind = (&'static str, TlsClient, &'static str, bool);

/// Measures. Returns whether nothing went wrong.
pub fn run(context: &Context<'_>) -> Result<bool, Failure> {
    let tickets = || Resumption::in_memory_sessions(16);
    let kinds: [Kind; 6] = [
        ("TLS 1.3 ECDSA", context.client_of(&[&TLS13])?, NAME, false),
        ("TLS 1.3 ECDSA, resumed", context.client_of(&[&TLS13])?.with_resumption(tickets()), NAME, true),
        ("TLS 1.3 RSA-2048", context.client_of(&[&TLS13])?, RSA_NAME, false),
        ("TLS 1.2 ECDSA", context.client_of(&[&TLS12])?, NAME, false),
        ("TLS 1.2 ECDSA, resumed", context.client_of(&[&TLS12])?.with_resumption(tickets()), NAME, true),
        ("TLS 1.2 RSA-2048", context.client_of(&[&TLS12])?, RSA_NAME, false),
    ];
    let server = context.start()?;
    let (mut plain, mut each) = (Vec::new(), vec![Vec::new(); kinds.len()]);
    for (_, client, name, _) in &kinds {
        // The first one of a client that resumes has no session yet.
        over_tls(&server, client, name)?;
    }
    for _ in 0..context.options.rounds {
        plain.push(cost(context, &server, over_tcp)?);
        for ((kind, client, name, is_resumed), costs) in kinds.iter().zip(&mut each) {
            costs.push(cost(context, &server, |server| match over_tls(server, client, name)? {
                HandshakeKind::Resumed if !is_resumed => Err(format!("{kind}: a resumed session").into()),
                HandshakeKind::Full if *is_resumed => Err(format!("{kind}: not resumed").into()),
                _ => Ok(()),
            })?);
        }
    }
    println!("CPU of a connection with one short page (rounds of {})", context.options.handshakes);
    figures("plain", "µs", &plain);
    for ((kind, ..), costs) in kinds.iter().zip(&each) {
        let more: Vec<f64> = costs.iter().zip(&plain).map(|(tls, plain)| tls - plain).collect();
        figures(&format!("{kind}: more than plain"), "µs", &more);
    }
    let more: Vec<f64> = each[0].iter().zip(&plain).map(|(tls, plain)| tls - plain).collect();
    goal("handshake with ECDSA", median(&more), HANDSHAKE_MAX, "µs");
    server.stop()
}

/// Returns the CPU time of the server for a connection, in µs.
fn cost(
    context: &Context<'_>,
    server: &Server,
    mut connect: impl FnMut(&Server) -> Result<(), Failure>,
) -> Result<f64, Failure> {
    let before = usage::cpu_time(server.process.pid())?.total;
    for _ in 0..context.options.handshakes {
        connect(server)?;
    }
    let used = usage::cpu_time(server.process.pid())?.total - before;
    Ok(micros(used) / context.options.handshakes as f64)
}

fn connect(server: &Server) -> Result<TcpStream, Failure> {
    let stream = TcpStream::connect(server.process.address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

fn over_tcp(server: &Server) -> Result<(), Failure> {
    let mut stream = connect(server)?;
    stream.write_all(REQUEST)?;
    read_page(stream)
}

fn over_tls(server: &Server, client: &TlsClient, name: &str) -> Result<HandshakeKind, Failure> {
    let mut stream = StreamOwned::new(client.session(name)?, connect(server)?);
    stream.write_all(REQUEST)?;
    // The page comes behind the handshake, and the tickets.
    let mut page = Vec::new();
    stream.read_to_end(&mut page)?;
    check_page(&page)?;
    Ok(stream.conn.handshake_kind().ok_or("no handshake")?)
}

fn read_page(mut stream: impl Read) -> Result<(), Failure> {
    let mut page = Vec::new();
    stream.read_to_end(&mut page)?;
    check_page(&page)
}

fn check_page(page: &[u8]) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(page);
    if text.contains(" 200 OK") && text.contains("</body>") {
        Ok(())
    } else {
        Err(format!("not a page: {text}").into())
    }
}
