//! Vorbis comments, of FLAC and Ogg files (<https://xiph.org/vorbis/doc/v-comment.html>).

use lofty::flac::FlacFile;
use lofty::ogg::OggPictureStorage;
use lofty::ogg::tag::VorbisComments;
use lofty::picture::PictureType;

use super::collected::CollectedTags;

/// Returns the tags in comments.
pub fn collect(comments: &VorbisComments) -> CollectedTags {
    let mut tags = CollectedTags::default();
    comments.items().for_each(|(name, value)| tags.add_named(name, value));
    add_pictures(&mut tags, comments);
    tags
}

/// Returns the tags of a FLAC file, whose pictures are in blocks of their own.
pub fn collect_flac(file: &FlacFile) -> CollectedTags {
    let mut tags = CollectedTags::default();
    add_pictures(&mut tags, file);
    tags.or(file.vorbis_comments().map(collect).unwrap_or_default())
}

fn add_pictures(tags: &mut CollectedTags, storage: &impl OggPictureStorage) {
    for (picture, _) in storage.pictures() {
        tags.add_picture(picture.pic_type() == PictureType::CoverFront, picture.data());
    }
}
