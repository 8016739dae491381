//! The tags of MP4 files: the atoms that iTunes writes, and those that other programs added in its name
//! space.

use lofty::mp4::{Atom, AtomData, AtomIdent, Ilst};

use super::collected::{CollectedTags, TagField};

/// Returns the tags in a list of atoms.
pub fn collect(list: &Ilst) -> CollectedTags {
    let mut tags = CollectedTags::default();
    list.into_iter().for_each(|atom| add(&mut tags, atom));
    tags
}

fn add(tags: &mut CollectedTags, atom: &Atom<'_>) {
    match atom.ident() {
        AtomIdent::Fourcc([b'c', b'o', b'v', b'r']) => {
            atom.data().for_each(|data| add_picture(tags, data));
        }
        AtomIdent::Fourcc(name) => {
            let Some(field) = field(*name) else { return };
            atom.data().filter_map(text).for_each(|value| tags.add(field, value));
        }
        AtomIdent::Freeform { name, .. } => {
            atom.data().filter_map(text).for_each(|value| tags.add_named(name, value));
        }
    }
}

fn field(name: [u8; 4]) -> Option<TagField> {
    Some(match &name {
        b"\xa9ART" => TagField::Artist,
        b"\xa9nam" => TagField::Title,
        b"\xa9alb" => TagField::Album,
        b"\xa9day" => TagField::Date,
        _ => return None,
    })
}

fn text(data: &AtomData) -> Option<&str> {
    match data {
        AtomData::UTF8(text) | AtomData::UTF16(text) => Some(text),
        _ => None,
    }
}

/// MP4 has no types of pictures; the first is the cover.
fn add_picture(tags: &mut CollectedTags, data: &AtomData) {
    if let AtomData::Picture(picture) = data {
        tags.add_picture(false, picture.data());
    }
}
