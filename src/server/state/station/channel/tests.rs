//! Tests of a channel: applying settings at construction and later.

use std::time::Duration;

use super::*;
use crate::stream_url::StreamUrl;

fn at(millis: u64) -> Time {
    Time::after_start(Duration::from_millis(millis))
}

fn channel(settings: StationSettings) -> Channel {
    Channel::new(0, settings, Vec::new(), at(0))
}

fn relay(url: &str, on_demand: bool) -> StationSettings {
    let url = StreamUrl::parse(url).expect("a URL");
    StationSettings { relay: Some(RelaySettings::new(url, on_demand)), ..StationSettings::default() }
}

#[test]
fn applying_the_same_settings_changes_nothing() {
    let mut channel = channel(relay("http://127.0.0.1:1/live", true));
    let peer = Peer { index: 0, generation: 1 };
    let slot = channel.wheel.add(peer);
    let settings = channel.settings().clone();
    assert_eq!(channel.apply(settings, at(10)), Applied::default());
    channel.wheel.remove(peer, slot);
    assert!(channel.wheel.is_empty(), "the listener is still in its slot");
}

#[test]
fn delivery_interval_is_clamped_at_construction_and_later() {
    let interval = |channel: &Channel| channel.settings().delivery_interval;
    let mut channel = channel(StationSettings {
        delivery_interval: Duration::from_millis(1),
        ..StationSettings::default()
    });
    assert_eq!(interval(&channel), wheel::SLOT);
    let settings =
        StationSettings { delivery_interval: Duration::from_secs(60), ..StationSettings::default() };
    let longest = settings.max_delivery_interval();
    channel.apply(settings, at(10));
    assert_eq!(interval(&channel), longest);
}

#[test]
fn upstream_begins_changes_and_ends_with_the_settings() {
    let mut channel = channel(StationSettings::default());
    assert!(channel.upstream.is_none() && !channel.defers_heads());
    channel.apply(relay("http://127.0.0.1:1/live", false), at(10));
    let first = channel.upstream.as_ref().expect("it relays").url();
    assert!(channel.station.feed(channel.upstream_feed).is_open(), "the station waits for the first frames");
    channel.apply(relay("http://127.0.0.1:2/live", true), at(20));
    let upstream = channel.upstream.as_ref().expect("it relays");
    assert!(upstream.url() != first && upstream.is_on_demand());
    channel.apply(StationSettings::default(), at(30));
    assert!(channel.upstream.is_none());
}
