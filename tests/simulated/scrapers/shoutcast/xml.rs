//! XML and HTML as programs parse them.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

/// Returns the texts of all elements at a path. The whole text must be well-formed XML.
pub fn texts(xml: &str, path: &str) -> Vec<String> {
    let wanted: Vec<&str> = path.split('/').collect();
    let (mut reader, mut at, mut found, mut text) =
        (Reader::from_str(xml), Vec::new(), Vec::new(), String::new());
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(element) => {
                at.push(element.name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(piece) => text += &piece,
            Event::GeneralRef(name) => match name.resolve_char_ref().expect("a character") {
                Some(character) => text.push(character),
                None => text += resolve_xml_entity(&name).expect("a predefined entity"),
            },
            Event::End(_) => {
                if at == wanted {
                    found.push(std::mem::take(&mut text));
                }
                at.pop();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(at.is_empty(), "every element has an end");
    found
}

pub fn text(xml: &str, path: &str) -> String {
    let found = texts(xml, path);
    assert_eq!(found.len(), 1, "{path} in {xml}");
    found[0].clone()
}

/// PHP's `html_entity_decode` for the entities that occur. It knows those of HTML 4, which has no `&apos;`.
pub fn html_decoded(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (escape, c)| text.replace(escape, c))
}
