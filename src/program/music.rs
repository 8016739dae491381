//! Starts the inputs of stations: the AutoDJs that play their music.

use crate::autodj::{self, CoverUrls, FormatStore, LoudnessCache, MusicServices, MusicSettings, PublicUrl};
use crate::encode_worker::StationEncoders;
use crate::net;
use crate::server::InputsByMount;
use crate::settings::StationSettings;
use crate::station;

/// The parts of the process that the stations' music needs.
pub struct MusicSources<'a> {
    pub net: &'a net::EventLoop,
    pub encoders: StationEncoders,
    pub formats: FormatStore,
    pub loudness: LoudnessCache,
    pub public_url: PublicUrl,
}

impl MusicSources<'_> {
    /// Starts the inputs of these stations.
    ///
    /// # Errors
    /// Returns one sentence with the reason.
    pub fn start_all<'s>(
        &self,
        mut stations: impl Iterator<Item = &'s StationSettings>,
    ) -> Result<InputsByMount, String> {
        stations.try_fold(InputsByMount::new(), |mut all, station| {
            all.insert(station.mount.clone(), self.start_inputs(station)?);
            Ok(all)
        })
    }

    /// Starts the inputs of a station, the most important first.
    ///
    /// # Errors
    /// Returns one sentence with the reason.
    pub fn start_inputs(&self, station: &StationSettings) -> Result<Vec<Box<dyn station::Input>>, String> {
        if station.music.is_empty() {
            return Ok(Vec::new());
        }
        let shuffle = station.shuffle.then(|| {
            let seed = fastrand::u64(..);
            log::info!("{}: shuffled playback, seed {seed}", station.mount);
            seed
        });
        let services = MusicServices {
            wall_clock: self.net.wall_clock(),
            encoder: Some(self.encoders.get(&station.mount)),
            formats: self.formats.clone(),
            loudness: self.loudness.clone(),
            ..MusicServices::new(self.net.loop_waker(), self.net.clock())
        };
        let has_covers = station.artwork_in_stream_url;
        let covers = has_covers.then(|| CoverUrls { base: self.public_url.clone(), station: station.id });
        let settings = MusicSettings { covers, ..MusicSettings::from_station(station, shuffle) };
        let autodj = autodj::AutoDj::start(settings, services)
            .map_err(|error| format!("cannot start the AutoDJ of {}: {error}", station.mount))?;
        Ok(vec![Box::new(autodj)])
    }
}
