//! Converts a file, about a second at a time.

use super::decode::{AdtsFile, AudioFile};
use super::encoded_frames::EncodedFrames;
use super::file_info::AudioFileInfo;
use super::file_to_adts::FileToAdts;
use super::file_to_mp3::FileToMp3;
use super::left_out::LeftOut;
use super::mp3_encoder::Mp3Encoder;
use super::target::{FileJob, FileOutput};

/// The conversion of one file.
pub struct FileTranscoder {
    /// Absent after [`finish`](Self::finish).
    conversion: Option<FileConversionKind>,
}

enum FileConversionKind {
    Mp3(Box<FileToMp3>),
    Adts(Box<FileToAdts>),
}

impl FileTranscoder {
    /// Opens a file. With the encoder of the file before, this file follows it without a gap, and its frames
    /// come with the last ones of that file; see [`take_over`](Self::take_over), which keeps the encoder if
    /// this fails.
    ///
    /// The first frames have a [mark](EncodedFrames::marks) where the file begins, unless the job skips
    /// frames. Then the first frame has the index `skip_frames`.
    ///
    /// # Errors
    /// The reason for which the file cannot be converted.
    pub fn open(job: &FileJob, encoder: Option<Mp3Encoder>) -> Result<(Self, AudioFileInfo), LeftOut> {
        let (conversion, info) = match job.output {
            FileOutput::Adts => {
                let file = AdtsFile::open(&job.path)?;
                let info = file.info().clone();
                (FileConversionKind::Adts(Box::new(FileToAdts::new(file, job.skip_frames))), info)
            }
            FileOutput::Mp3 { format, gain_db } => {
                let file = AudioFile::open(&job.path)?;
                let info = file.info().clone();
                let file = FileToMp3::new(file, info.rate, format, gain_db, job.skip_frames)?;
                (FileConversionKind::Mp3(Box::new(file)), info)
            }
        };
        let mut transcoder = Self { conversion: Some(conversion) };
        encoder.into_iter().for_each(|encoder| transcoder.take_over(encoder));
        Ok((transcoder, info))
    }

    /// Sets the token of the mark where the file begins, before its first frames are taken. It is 0 by
    /// default.
    pub fn set_token(&mut self, token: u32) {
        match &mut self.conversion {
            Some(FileConversionKind::Mp3(file)) => file.set_token(token),
            Some(FileConversionKind::Adts(file)) => file.set_token(token),
            None => (),
        }
    }

    /// Continues with the encoder of the file before, before the first frames of this file are taken. An
    /// encoder of another format is dropped, with the end of its file.
    pub fn take_over(&mut self, encoder: Mp3Encoder) {
        if let Some(FileConversionKind::Mp3(file)) = &mut self.conversion {
            file.take_over(encoder);
        }
    }

    /// Returns the frames of about a second. At the end of the file, the frames have
    /// [`is_last`](EncodedFrames::is_last); one or two more stay in the encoder for [`finish`](Self::finish)
    /// or the next file.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator would end; this returns no frames after the end"
    )]
    pub fn next(&mut self) -> EncodedFrames {
        match &mut self.conversion {
            Some(FileConversionKind::Mp3(file)) => file.next(),
            Some(FileConversionKind::Adts(file)) => file.next(),
            None => ended(),
        }
    }

    /// Returns the frames that are left, without reading on.
    pub fn finish(&mut self) -> EncodedFrames {
        match self.conversion.take() {
            Some(FileConversionKind::Mp3(file)) => file.finish(),
            Some(FileConversionKind::Adts(_)) | None => ended(),
        }
    }

    /// Returns the encoder, for the next file. There is none if the file was not encoded.
    pub fn into_encoder(self) -> Option<Mp3Encoder> {
        match self.conversion? {
            FileConversionKind::Mp3(file) => Some(file.into_encoder()),
            FileConversionKind::Adts(_) => None,
        }
    }
}

fn ended() -> EncodedFrames {
    EncodedFrames { is_last: true, ..EncodedFrames::default() }
}

#[cfg(all(test, feature = "lame"))]
mod tests;
