//! Live sources: authentication, audio, titles.

mod account_changes;
mod bit_rate;
mod body_end;
mod live_stream;
mod named_station;
mod source_admission;
mod source_auth;
mod source_end;
mod source_ports;
mod takeover;
mod titles;
mod unlisted;
