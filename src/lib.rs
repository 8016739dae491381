//! coldwave, a SHOUTcast- and Icecast-compatible radio server.
//!
//! A station is an endless timeline of MP3 or AAC frames; a listener is a position on it. One thread with one
//! event loop serves all connections; work that would block it runs on worker threads. `ARCHITECTURE.md`
//! shows how data moves through the modules, and `GLOSSARY.md` explains the words.
//!
//! # Map
//!
//! The modules from top to bottom. A module uses only modules of lower layers, and the files of a directory
//! do not import each other in a cycle; `tests/repository` checks both, and that this table has the order of
//! the layers.
//!
//! | layer | module | contents |
//! | ---: | --- | --- |
//! | 1 | [`program`] | the running program: starting what it consists of, signals, shutdown |
//! | 2 | [`net`] | the event loop: the only socket calls, the only clock; outgoing connections |
//! | 3 | [`server`] | all stations and sessions: what each request gets, deadlines, the delivery wheel. It does no I/O |
//! | 3 | [`access_log`] | one line for every session that ends |
//! | 3 | [`ban_file`] | the file that keeps bans |
//! | 3 | [`playlist_log`] | one line for every title that begins |
//! | 3 | [`service_manager`] | notifications to systemd |
//! | 3 | [`source_format_file`] | the file that keeps the formats of the last sources |
//! | 3 | [`station_id_file`] | the file that keeps the ids of stations |
//! | 3 | [`statistics_file`] | the file that keeps peaks, totals, listener histories and titles |
//! | 3 | [`w3c_log`] | one line for every listener that leaves, as SHOUTcast writes it |
//! | 4 | [`cli`] | the command line |
//! | 5 | [`config`] | the configuration file: reading, checking, error messages |
//! | 5 | [`probe`] | examining the stream of any server, as a listener hears it |
//! | 6 | [`session`] | one connection in one state: handshake, login, reply, listener, event reader, source, relay |
//! | 6 | [`acme_webroot`] | the files with which an ACME client proves that the server answers for its name |
//! | 6 | [`autodj`] | the AutoDJ: finding and reading music, and the input that passes it to a station |
//! | 6 | [`directory`] | announcing public stations in a directory |
//! | 6 | [`foreign_config`] | configurations of Icecast and SHOUTcast, translated into coldwave's own |
//! | 6 | [`frame_converter`] | converting live sources and upstreams in encode workers |
//! | 6 | [`master_list`] | reading the list of a master's mounts |
//! | 6 | [`page_renderer`] | rendering large pages on a worker |
//! | 6 | [`record`] | recording live sessions to disk |
//! | 6 | [`rendition_encoder`] | encoding the renditions of stations in encode workers |
//! | 6 | [`running_server`] | what a reload would change in a running server |
//! | 6 | [`webroot_files`] | the files of a directory that are served as they are |
//! | 7 | [`router`] | which part of the server answers a request |
//! | 8 | [`pages`] | status pages, web pages, APIs and metrics: functions of a snapshot |
//! | 9 | [`encode_worker`] | the processes that decode and encode audio, and the protocol with them |
//! | 9 | [`log_output`] | the logger: stderr or a file, at a level that can change, and the log's last lines |
//! | 9 | [`station`] | one endless programme: the ring buffer, titles, history, and which input is on air |
//! | 10 | [`http`] | requests, replies, logins, upstreams' replies: bytes and their meaning |
//! | 10 | `http_client` | requests of worker threads to other servers |
//! | 10 | [`log_tail`] | the log's last lines, for the administrator's page, and its last limit |
//! | 10 | [`log_writer`] | appending lines to files on threads of their own, with rotation |
//! | 10 | `state_writer` | writing state files on a thread of their own |
//! | 10 | [`transcode`] | converting files and streams to a station's format |
//! | 11 | [`audio`] | frames of MP3 and AAC: finding, checking, silence |
//! | 11 | [`icy`] | titles and metadata blocks |
//! | 11 | `id3v1` | ID3v1 tags |
//! | 11 | `id3v2` | ID3v2 tags, whatever their headers claim |
//! | 11 | `first_lines` | the first lines of the log: where the pages are |
//! | 11 | `fd_budget` | how many file descriptors connections may use |
//! | 11 | [`journal`] | the journal of systemd: whether it gets stderr, and the priority of lines |
//! | 11 | [`log_filter`] | checking the value of `RUST_LOG` |
//! | 11 | [`log_limiter`] | how many log lines a peer, a source or a file can cause |
//! | 11 | `memory_budget` | how much memory all clients together may make the server hold |
//! | 11 | [`bans`] | bans of addresses and programs |
//! | 11 | [`access_lists`] | lists of addresses and programs in files of the operator |
//! | 11 | `privileges` | changing the user of the process |
//! | 11 | [`process_usage`] | processor time, memory and open files of the process |
//! | 11 | [`tls`] | TLS: certificates, and sessions that turn bytes of a socket into plaintext and back |
//! | 11 | [`new_config`] | a first configuration for a new station |
//! | 12 | [`background`] | running without a terminal, as `icecast -b` |
//! | 12 | [`reload_report`] | what a reload of the configuration has changed, or why it was refused |
//! | 12 | [`settings`] | the settings of server and stations as plain data |
//! | 12 | `signals` | the signals that do not end the process |
//! | 12 | `state_lines` | state files with one line of JSON for each station |
//! | 12 | [`time`] | wall-clock time and audio time, as numbers |
//! | 12 | `text` | decoding and shortening text |
//! | 12 | [`demo`] | the demo station, whose music is part of the program |
//! | 13 | [`stream_url`] | URLs of streams on other servers |
//! | 13 | [`trusted_proxies`] | which reverse proxies are trusted |
//! | 13 | [`image`] | recognising image formats |
//! | 13 | `address_blocks` | the blocks of addresses by which clients are counted |
//! | 13 | `closest_name` | finding the name that was probably meant |
//! | 13 | `config_text` | recognising configuration files by their text |
//! | 13 | `file_version` | the size and the time of modification of a file |
//! | 13 | `ip_scope` | public and private IP addresses |
//! | 13 | `limited_reader` | a limit of what is read of a file |
//! | 13 | `open_file` | opening files by their path, without links, devices and pipes |
//! | 13 | `track_name` | artist and title from several tags of a file |
//! | 13 | [`worker`] | what all worker threads share: bounded queue, wake-up of the event loop, flush, ping |

pub mod access_lists;
pub mod access_log;
pub mod acme_webroot;
mod address_blocks;
pub mod audio;
pub mod autodj;
pub mod background;
pub mod ban_file;
pub mod bans;
pub mod cli;
mod closest_name;
pub mod config;
mod config_text;
pub mod demo;
pub mod directory;
pub mod encode_worker;
mod fd_budget;
mod file_version;
mod first_lines;
pub mod foreign_config;
pub mod frame_converter;
pub mod http;
mod http_client;
pub mod icy;
mod id3v1;
mod id3v2;
pub mod image;
mod ip_scope;
pub mod journal;
mod limited_reader;
pub mod log_filter;
pub mod log_limiter;
pub mod log_output;
pub mod log_tail;
pub mod log_writer;
pub mod master_list;
mod memory_budget;
pub mod net;
pub mod new_config;
mod open_file;
pub mod page_renderer;
pub mod pages;
pub mod playlist_log;
mod privileges;
pub mod probe;
pub mod process_usage;
pub mod program;
pub mod record;
pub mod reload_report;
pub mod rendition_encoder;
pub mod router;
pub mod running_server;
pub mod server;
pub mod service_manager;
pub mod session;
pub mod settings;
pub mod signals;
pub mod source_format_file;
mod state_lines;
mod state_writer;
pub mod station;
pub mod station_id_file;
pub mod statistics_file;
pub mod stream_url;
mod text;
pub mod time;
pub mod tls;
mod track_name;
pub mod transcode;
pub mod trusted_proxies;
pub mod w3c_log;
pub mod webroot_files;
pub mod worker;
