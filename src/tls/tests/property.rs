//! Random cuts, records, key updates, damage and noise.

use super::*;

/// Returns the number of sessions: `COLDWAVE_TLS_SESSIONS`, or enough for each suite.
fn sessions() -> u64 {
    std::env::var("COLDWAVE_TLS_SESSIONS").map_or(60, |count| count.parse().expect("a number"))
}

/// The bytes that a session sends. They differ from those of others.
fn content(random: &mut Rng, max: usize) -> Vec<u8> {
    let mut bytes = vec![0; random.usize(1..max)];
    random.fill(&mut bytes);
    bytes
}

/// Runs a session until both sides have all bytes of the other, and closes it. Returns whether it was
/// resumed, and the number of its key updates.
fn run(pair: &Pair, config: &Arc<ClientConfig>, random: &mut Rng) -> (bool, usize) {
    let mut link = Link::new(connect(config), pair.accept());
    let (audio, request) = (content(random, 200_000), content(random, 30_000));
    let (mut sealed, mut written, mut updates) = (0, 0, 0);
    while link.heard.len() < audio.len() || link.received.len() < request.len() || !link.is_quiet() {
        link.step(random);
        if sealed < audio.len() {
            sealed += link.seal(&audio, sealed, random);
        }
        if !link.client.is_handshaking() && written < request.len() {
            let end = request.len().min(written + random.usize(1..3_000));
            written += link.client.writer().write(&request[written..end]).expect("room");
            // TLS 1.2 has no key updates.
            let is_updated = random.u8(..20) == 0 && link.client.refresh_traffic_keys().is_ok();
            updates += usize::from(is_updated);
        }
    }
    assert!(link.heard == audio && link.received == request, "a byte is wrong");
    close(&mut link, random);
    (is_resumed(&link), updates)
}

/// Closes both directions, one after the other.
fn close(link: &mut Link, random: &mut Rng) {
    link.client.send_close_notify();
    while link.progress != TlsProgress::PeerClosed {
        link.step(random);
    }
    // The peer still reads.
    let before = link.heard.len();
    assert_eq!(link.session.seal(&[IoSlice::new(b"the end")], 0, 4096), 7);
    link.session.close();
    while !link.is_quiet() {
        link.step(random);
    }
    assert!(link.heard[before..].starts_with(b"the end"), "{:?}", &link.heard[before..]);
}

#[test]
fn every_byte_arrives_with_all_suites_at_random_cuts() {
    let pair = Pair::new();
    let suites = ring::default_provider().cipher_suites;
    // Those with RSA certificates are the same but for the signature.
    let suites: Vec<_> =
        suites.into_iter().filter(|suite| !format!("{:?}", suite.suite()).contains("RSA_")).collect();
    let configs: Vec<_> = suites.iter().map(|suite| pair.client(*suite)).collect();
    let (mut resumed, mut updates) = (0, 0);
    for seed in 0..sessions() {
        let mut random = Rng::with_seed(seed);
        eprintln!("seed {seed}");
        let (is_resumed, count) = run(&pair, &configs[seed as usize % configs.len()], &mut random);
        resumed += u64::from(is_resumed);
        updates += count;
    }
    assert_eq!(configs.len(), 6);
    assert_eq!(resumed, sessions() - 6, "every session after the first of its suite is resumed");
    assert!(updates > 0);
}

#[test]
fn flipped_bit_is_found() {
    let pair = Pair::new();
    let config = pair.client(ring::default_provider().cipher_suites[0]);
    for seed in 0..50 {
        let mut random = Rng::with_seed(seed);
        let mut link = Link::new(connect(&config), pair.accept());
        while link.progress != TlsProgress::Open || !link.is_quiet() {
            link.step(&mut random);
        }
        link.client.writer().write_all(&[7; 500]).expect("room");
        let mut record = Vec::new();
        link.client.write_tls(&mut record).expect("a vector takes everything");
        // Not in the length: a longer record is awaited.
        let at = random.usize(5..record.len());
        record[at] ^= 1 << random.u8(..8);
        let result = link.session.receive(&record, &mut |_| panic!("seed {seed}: a damaged record was used"));
        assert!(result.is_err(), "seed {seed}");
        assert!(link.session.has_output(), "an alert is sent");
        assert_eq!(
            link.session.seal(&[IoSlice::new(b"audio")], 0, 4096),
            0,
            "a failed session takes nothing"
        );
    }
}

#[test]
fn plaintext_before_a_damaged_record_is_passed_on() {
    let pair = Pair::new();
    let config = pair.client(ring::default_provider().cipher_suites[0]);
    let mut random = Rng::with_seed(1);
    let mut link = Link::new(connect(&config), pair.accept());
    while link.progress != TlsProgress::Open || !link.is_quiet() {
        link.step(&mut random);
    }
    let mut records = Vec::new();
    for text in [b"audio", b"spoil"] {
        link.client.writer().write_all(text).expect("room");
        link.client.write_tls(&mut records).expect("a vector takes everything");
    }
    let last = records.len() - 1;
    records[last] ^= 1;
    let mut passed = Vec::new();
    let result = link.session.receive(&records, &mut |bytes| passed.extend_from_slice(bytes));
    assert!(result.is_err());
    assert_eq!(passed, b"audio");
}

#[test]
fn noise_never_panics_or_completes_a_handshake() {
    let pair = Pair::new();
    let config = pair.client(ring::default_provider().cipher_suites[0]);
    for seed in 0..2_000 {
        let mut random = Rng::with_seed(seed);
        let mut session = pair.accept();
        let mut bytes = Vec::new();
        connect(&config).write_tls(&mut bytes).expect("a vector takes everything");
        for _ in 0..random.usize(1..8) {
            let at = random.usize(..bytes.len());
            bytes[at] = random.u8(..);
        }
        bytes.extend(content(&mut random, 500));
        while !bytes.is_empty() {
            let piece: Vec<u8> = bytes.drain(..random.usize(1..=bytes.len())).collect();
            if session.push(&piece).is_err() || session.process().is_err() {
                break;
            }
        }
        assert!(session.is_handshaking(), "seed {seed}");
    }
}

/// The handshake of threads that block has no queue, and the same bound.
#[test]
fn handshake_of_endless_messages_is_bounded_without_a_queue() {
    let mut session = Pair::new().accept();
    let records = endless_hello();
    let mut is_read = |record: &[u8]| session.receive(record, &mut |_| panic!("no plaintext")).is_ok();
    let count = records.iter().take_while(|record| is_read(record)).count();
    assert!(count <= 9, "{count}");
}

/// Returns a ClientHello of 64 KB, in records of 1,000 bytes.
fn endless_hello() -> Vec<Vec<u8>> {
    let mut message = vec![0x01, 0x00, 0xff, 0xff];
    message.resize(60_000, 0);
    let record = |part: &[u8]| {
        let mut record = vec![0x16, 0x03, 0x01];
        record.extend_from_slice(&(part.len() as u16).to_be_bytes());
        record.extend_from_slice(part);
        record
    };
    message.chunks(1_000).map(record).collect()
}

#[test]
fn handshake_of_endless_messages_is_bounded() {
    let pair = Pair::new();
    let mut session = pair.accept();
    let mut sent = 0;
    let failed = endless_hello().iter().any(|record| {
        sent += record.len();
        session.push(record).is_err() || session.process().is_err()
    });
    assert!(failed && sent <= 9_100, "{sent}");
}

#[test]
fn client_that_offers_only_h2_gets_an_alert() {
    let pair = Pair::new();
    let mut config = ClientConfig::clone(&pair.client(ring::default_provider().cipher_suites[0]));
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (mut client, mut session) = (connect(&Arc::new(config)), pair.accept());
    let (mut hello, mut flight) = (Vec::new(), Vec::new());
    client.write_tls(&mut hello).expect("a vector takes everything");
    session.push(&hello).expect("a short handshake");
    assert!(session.process().is_err());
    session.send(&mut flight).expect("a vector takes everything");
    client.read_tls(&mut flight.as_slice()).expect("the client takes everything");
    let error = client.process_new_packets().expect_err("an alert");
    assert_eq!(error, rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol));
}

/// The first flight of the server takes part in what a join costs: each ticket of TLS 1.3 adds to it.
#[test]
fn server_sends_one_ticket() {
    let pair = Pair::new();
    let config = pair.client(ring::default_provider().cipher_suites[0]);
    let mut random = Rng::with_seed(1);
    let mut link = Link::new(connect(&config), pair.accept());
    while link.progress != TlsProgress::Open || !link.is_quiet() {
        link.step(&mut random);
    }
    assert_eq!(link.client.tls13_tickets_received(), 1);
}
