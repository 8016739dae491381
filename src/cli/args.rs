//! The options and arguments of the command line.

use std::path::PathBuf;

use argh::FromArgs;

/// A radio server that SHOUTcast and Icecast players, encoders and tools can use. Plays music files,
/// directories and playlists, or, with `relay ADDRESS`, the stream of another server. Without arguments,
/// plays a demo station.
#[derive(FromArgs, Debug, Clone)]
#[argh(
    note = "Other commands:",
    note = "  coldwave init [FILE]     write a first configuration, with new passwords",
    note = "  coldwave convert FILE    print an icecast.xml or sc_serv.conf as a configuration of coldwave",
    note = "  coldwave probe URL       listen to a stream on any server, and say what is wrong with it",
    note = "  coldwave health [URL]    exit with status 0 if a running server works"
)]
pub(super) struct Args {
    /// configuration file with stations and settings, also icecast.xml and sc_serv.conf
    #[argh(option, short = 'c')]
    pub(super) config: Option<PathBuf>,

    /// validate the configuration, print a summary and exit
    #[argh(switch)]
    pub(super) check: bool,

    /// with --check: say what a reload with this configuration would change in the server at an address such
    /// as http://localhost:8000
    #[argh(option)]
    pub(super) against: Option<String>,

    /// print a configuration with every key and exit
    #[argh(switch)]
    pub(super) example_config: bool,

    /// address and port to listen on, such as localhost:9000, or only a port; may be given several times;
    /// overrides the configuration file (default: 8000, on all addresses)
    #[argh(option, short = 'l')]
    pub(super) listen: Vec<String>,

    /// play the music in random order
    #[argh(switch)]
    pub(super) shuffle: bool,

    /// print the version and exit
    #[argh(switch, short = 'V')]
    pub(super) version: bool,

    /// music files, directories and playlists (.m3u, .m3u8, .pls, .xspf) to play; or `relay` and the URL of a
    /// stream, such as http://radio.example:8000/live
    #[argh(positional)]
    pub(super) music: Vec<PathBuf>,
}
