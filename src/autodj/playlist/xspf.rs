//! Parses `.xspf` playlists: XML.

use std::mem::take;
use std::sync::Arc;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::entry::{MAX_ENTRIES, PlaylistEntry};
use super::location::{Location, resolve};
use super::text::non_empty;

/// Maximum length of a base in bytes: that of a path in Linux. A longer one is ignored.
pub(super) const BASE_MAX: usize = 4096;

/// Maximum number of nested elements with a base. XSPF has four levels.
const BASES_MAX: usize = 8;

/// The state of the `.xspf` parser.
#[derive(Default)]
struct XspfParser {
    /// The number of open elements.
    open: usize,
    /// The number of open elements within the `<track>`, including itself; 0 outside of one.
    depth: usize,
    /// The number of open elements around each element with an `xml:base`, and the base within it.
    bases: Vec<(usize, Arc<str>)>,
    text: String,
    track: ParsedTrack,
}

/// A track that is being parsed.
#[derive(Default)]
struct ParsedTrack {
    location: Option<Location>,
    title: Option<String>,
    creator: Option<String>,
}

/// Returns the entries of a playlist with this text.
pub(super) fn parse(text: &str) -> Vec<PlaylistEntry> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = false;
    reader.config_mut().allow_dangling_amp = true;
    let mut entries = Vec::new();
    let mut state = XspfParser::default();
    // An error ends the parsing; the entries before it are kept. The document type is skipped, so only the
    // predefined entities of XML exist, and entity expansion is not possible.
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(element) => state.start(&element),
            Event::Text(text) => state.add_text(&text),
            Event::CData(text) => state.add_text(&text),
            Event::GeneralRef(entity) => match entity.resolve_char_ref() {
                Ok(Some(character)) => state.add_text(character.encode_utf8(&mut [0; 4])),
                _ => state.add_text(resolve_xml_entity(&entity).unwrap_or("")),
            },
            Event::End(element) => entries.extend(state.end(element.local_name().as_ref())),
            Event::Eof => break,
            _ => {}
        }
        if entries.len() == MAX_ENTRIES {
            break;
        }
    }
    entries
}

impl XspfParser {
    fn start(&mut self, element: &BytesStart<'_>) {
        if self.depth > 0 || element.local_name().as_ref() == "track" {
            self.depth += 1;
        }
        self.text.clear();
        self.add_base(element);
        self.open += 1;
    }

    /// Adds the base of an element, which is relative to that of the elements around it.
    fn add_base(&mut self, element: &BytesStart<'_>) {
        let Ok(Some(attribute)) = element.try_get_attribute("xml:base") else { return };
        let Ok(value) = attribute.normalized_value(XmlVersion::Implicit1_0) else { return };
        let base = match self.bases.last() {
            Some((_, outer)) => resolve(outer, value.trim()),
            None => value.trim().to_owned(),
        };
        if !value.trim().is_empty() && base.len() <= BASE_MAX && self.bases.len() < BASES_MAX {
            self.bases.push((self.open, base.into()));
        }
    }

    fn add_text(&mut self, text: &str) {
        if self.depth == 2 {
            self.text.push_str(text);
        }
    }

    /// Returns the entry that ends with this element, if one does.
    fn end(&mut self, name: &str) -> Option<PlaylistEntry> {
        self.depth = self.depth.saturating_sub(1);
        self.open = self.open.saturating_sub(1);
        let text = non_empty(&take(&mut self.text));
        let base = self.bases.last().map(|(_, base)| base.clone());
        self.bases.pop_if(|(open, _)| *open >= self.open);
        match (self.depth, name) {
            // A track may have several locations for the same audio: the first is the preferred one.
            (1, "location") if self.track.location.is_none() => {
                self.track.location = text.map(|text| Location::from_uri(&text, base));
            }
            (1, "title") => self.track.title = text,
            (1, "creator") => self.track.creator = text,
            (0, "track") => return take(&mut self.track).finish(),
            _ => {}
        }
        None
    }
}

impl ParsedTrack {
    fn finish(self) -> Option<PlaylistEntry> {
        let title = match (self.creator, self.title) {
            (Some(creator), Some(title)) => Some(format!("{creator} - {title}")),
            (_, title) => title,
        };
        Some(PlaylistEntry { location: self.location?, title })
    }
}
