//! One station: its timeline, which grows frame by frame as time passes, and its inputs.

mod artwork;
mod conversion;
mod converter;
mod expected_format;
mod feed;
mod frame_queue;
mod history;
mod input;
mod key;
mod ladder_encoder;
mod log_limits;
mod music_status;
mod now_playing;
mod programme;
mod recording;
mod rendition;
mod rendition_edge;
mod rendition_status;
mod retention;
mod ring;
mod schedule;
#[expect(clippy::module_inception, reason = "the station is what the folder is about")]
mod station;
mod switcher;
mod timeline;
mod track;

pub use artwork::{ArtworkLoader, LoadedArtwork};
pub use conversion::{ConversionChange, ConversionStatus, ConversionTarget, StartConverter, UNCONVERTED_MIN};
pub use converter::{ConverterError, FrameConverter, FrameConverters};
pub use feed::{FEED_BUFFER_MAX, Feed};
pub use history::{History, PlayedTitle};
pub use input::{Input, InputFrame, Readiness};
pub use key::StationKey;
pub use ladder_encoder::{LADDER_LEAD_IN, LadderEncoder, LadderEncoders};
pub use log_limits::StationLogLimits;
pub use music_status::{LeftOutFile, MusicFormat, MusicStatus, TrackConversion};
pub use now_playing::{AirTime, NowPlaying};
pub use recording::{RecordingSink, StartRecording};
pub use rendition::InvalidFrames;
pub use rendition_edge::{ProgrammeChange, RenditionEdge};
pub use rendition_status::{RenditionState, RenditionStatus};
pub use retention::min_retention;
pub use station::{Progress, Station};
pub use switcher::{FeedId, INPUT_TIMEOUT};
pub use timeline::Timeline;
pub use track::{ArtworkLocation, EmbeddedArtwork, TrackInfo};
