//! Sockets of peers on the loopback interface.

use super::*;
use mio::Poll;
use std::io::Write;
use std::net::TcpListener;

fn connected(sockets: &mut Sockets, poll: &Poll, generation: u32) -> (Peer, std::net::TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let remote = std::net::TcpStream::connect(listener.local_addr().expect("bound"))
        .expect("a connection to the listener");
    let (local, _) = listener.accept().expect("a connection");
    local.set_nonblocking(true).expect("a socket option");
    let peer = Peer { index: 0, generation };
    sockets
        .open(peer, TcpStream::from_std(local), Start::Plain, poll.registry())
        .expect("the socket is registered");
    (peer, remote)
}

#[test]
fn disconnected_peer_has_nothing_to_read() {
    let (mut sockets, poll) = (Sockets::new(Instant::now()), Poll::new().expect("a poll"));
    let (closed, _closed_remote) = connected(&mut sockets, &poll, 1);
    let (_open, _open_remote) = connected(&mut sockets, &poll, 2);
    assert_eq!(sockets.read(closed, |_| panic!("the peer has disconnected")), ReadOutcome::Failed);
    assert!(!sockets.has_unread());
}

#[test]
fn peer_over_budget_is_read_once_per_turn() {
    let (mut sockets, poll) = (Sockets::new(Instant::now()), Poll::new().expect("a poll"));
    let (peer, mut remote) = connected(&mut sockets, &poll, 1);
    let sender = std::thread::spawn(move || remote.write_all(&[0; 4 * READ_BUDGET]));
    let mut turns = 0;
    let mut total = 0;
    while total < 4 * READ_BUDGET {
        for _ in 0..3 {
            let mut read = 0;
            sockets.read(peer, |bytes| {
                read += bytes.len();
                true
            });
            assert!(read < READ_BUDGET + READ_SIZE, "{read}");
            total += read;
            if sockets.has_unread() {
                break;
            }
        }
        if sockets.has_unread() {
            assert_eq!(sockets.read(peer, |_| panic!("its turn is over")), ReadOutcome::Open);
            assert_eq!(sockets.take_unread(), [peer]);
            turns += 1;
        }
    }
    assert!(turns <= 4, "{turns}");
    sender.join().expect("it does not panic").expect("all was read");
}
