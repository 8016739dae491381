//! XML as a tree of elements with their lines.

use std::mem;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::setting::Setting;
use super::xml_faults::{self, XmlFault};

/// The most elements around another. Icecast has four.
const DEPTH_MAX: usize = 8;

/// The most elements of a file: a thousand mounts with twenty elements each.
const ELEMENTS_MAX: usize = 20_000;

/// The longest name of an element in bytes. Icecast's longest has 24.
const NAME_MAX: usize = 64;

/// The most attributes of an element. Icecast's aliases have eleven.
const ATTRIBUTES_MAX: usize = 32;

/// A file that was parsed.
#[derive(Debug)]
pub struct ParsedXml {
    pub root: Element,
    /// What Icecast would refuse it for, in the order of the file.
    pub faults: Vec<XmlFault>,
}

/// An element.
#[derive(Debug, Default)]
pub struct Element {
    pub name: String,
    /// What is in it: the text of itself without that of its children, its line and its path.
    pub setting: Setting,
    /// The line on which its text begins; 0 if it has none.
    pub text_line: usize,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Element>,
}

impl Element {
    /// Returns the value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.setting.value.is_empty() && self.children.is_empty() && self.attributes.is_empty()
    }

    /// Returns the child of this name that Icecast uses: the last one that is not empty, else the last one.
    pub fn child(&self, name: &str) -> Option<&Element> {
        last_used(self.children.iter().filter(|child| child.name == name))
    }

    /// Returns the child of a section such as `<paths>` that Icecast uses. A file can have a section twice.
    pub fn inner(&self, section: &str, name: &str) -> Option<&Element> {
        let sections = self.children.iter().filter(|child| child.name == section);
        last_used(sections.filter_map(|section| section.child(name)))
    }

    /// Returns the text of such a child, if it is not empty.
    pub fn inner_text(&self, section: &str, name: &str) -> Option<&str> {
        self.inner(section, name).map(|child| child.setting.value.as_str()).filter(|text| !text.is_empty())
    }

    /// Returns the text of the last child of this name, if it is not empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.setting.value.as_str()).filter(|text| !text.is_empty())
    }
}

/// Returns the last element that is not empty, else the last one.
fn last_used<'e>(elements: impl DoubleEndedIterator<Item = &'e Element>) -> Option<&'e Element> {
    let mut last = None;
    for element in elements.rev() {
        if !element.is_empty() {
            return Some(element);
        }
        last = last.or(Some(element));
    }
    last
}

/// Parses XML.
///
/// # Errors
/// The line and a message, if the text is not well-formed.
pub fn parse(text: &str) -> Result<ParsedXml, (usize, String)> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().allow_dangling_amp = true;
    let mut lines = Lines { text, at: 0, line: 1 };
    // The document itself is the first element.
    let mut open = vec![document()];
    let (mut elements, mut faults) = (0, Vec::new());
    loop {
        let before = reader.buffer_position() as usize;
        let event = reader.read_event();
        let line = lines.at(before);
        let event = event.map_err(|error| (lines.at(reader.error_position() as usize), error.to_string()))?;
        elements += usize::from(matches!(event, Event::Start(_) | Event::Empty(_)));
        if elements > ELEMENTS_MAX {
            return Err((line, format!("more than {ELEMENTS_MAX} elements")));
        }
        xml_faults::note(&mut faults, &event, &last(&mut open).setting, line);
        match event {
            Event::Start(start) => open.push(element(&start, &open, line, elements)?),
            Event::Empty(start) => {
                let element = element(&start, &open, line, elements)?;
                last(&mut open).children.push(element);
            }
            Event::End(_) => close(&mut open),
            Event::Text(text) => add_text(&mut open, &text, line),
            Event::CData(text) => add_text(&mut open, &text, line),
            Event::GeneralRef(reference) => {
                let value = referred(&reference).ok_or_else(|| unknown_entity(line))?;
                add_text(&mut open, &value, line);
            }
            Event::Eof => break,
            _ => {}
        }
    }
    root(open, faults)
}

/// Returns the document as an element.
fn document() -> Element {
    Element { setting: Setting { path: "the file".to_owned(), ..Setting::default() }, ..Element::default() }
}

/// Returns the only element of the document, the first one of `open`. All others have to be closed.
fn root(mut open: Vec<Element>, mut faults: Vec<XmlFault>) -> Result<ParsedXml, (usize, String)> {
    if let [_, .., unclosed] = open.as_slice() {
        return Err((unclosed.setting.line, format!("<{}> is not closed", unclosed.name)));
    }
    let document = open.pop().unwrap_or_default();
    if document.text_line > 0 {
        let message = "there is text before or after its elements";
        xml_faults::add(&mut faults, &document.setting, document.text_line, message);
    }
    let mut roots = document.children.into_iter();
    let root = roots.next().ok_or((1, "has no element".to_owned()))?;
    match roots.next() {
        Some(second) => {
            let message = format!("<{}> is after the end of <{}>, and belongs in it", second.name, root.name);
            Err((second.setting.line, message))
        }
        None => Ok(ParsedXml { root, faults }),
    }
}

/// Returns what a reference such as `&#252;` or `&amp;` stands for; `None` if it is unknown.
fn referred(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        _ => resolve_xml_entity(reference).map(str::to_owned),
    }
}

/// Only the entities of XML itself are known: those of a DTD could make a small file a large one.
fn unknown_entity(line: usize) -> (usize, String) {
    (line, "has an unknown entity; & is written as &amp;".to_owned())
}

fn last(open: &mut [Element]) -> &mut Element {
    open.last_mut().expect("the document is open until the end")
}

/// Adds text, which begins on this line, to the innermost element.
fn add_text(open: &mut [Element], text: &str, line: usize) {
    let element = last(open);
    if element.text_line == 0 && !text.trim().is_empty() {
        let before = text.len() - text.trim_start().len();
        element.text_line = line + text[..before].matches('\n').count();
    }
    element.setting.value.push_str(text);
}

/// Ends the innermost element.
fn close(open: &mut Vec<Element>) {
    // The parser reports an end without a start.
    if open.len() < 2 {
        return;
    }
    if let Some(mut element) = open.pop() {
        element.setting.value = mem::take(&mut element.setting.value).trim().to_owned();
        last(open).children.push(element);
    }
}

/// Returns an element without its content; `ordinal` is its number in the file.
fn element(
    start: &BytesStart<'_>,
    open: &[Element],
    line: usize,
    ordinal: usize,
) -> Result<Element, (usize, String)> {
    if open.len() > DEPTH_MAX {
        return Err((line, format!("more than {DEPTH_MAX} elements inside each other")));
    }
    let name = start.local_name().as_ref().to_owned();
    if name.len() > NAME_MAX {
        return Err((line, format!("the name of an element has more than {NAME_MAX} bytes")));
    }
    let around = open.get(2..).unwrap_or_default();
    let path: String = around.iter().map(|element| format!("<{}>", element.name)).collect();
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        if attributes.len() == ATTRIBUTES_MAX {
            return Err((line, format!("<{name}> has more than {ATTRIBUTES_MAX} attributes")));
        }
        let attribute = attribute.map_err(|error| (line, format!("<{name}>: {error}")))?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = value.map_err(|error| (line, format!("<{name}>: {error}")))?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.trim().to_owned()));
    }
    let setting = Setting { line, ordinal, path: format!("{path}<{name}>"), ..Setting::default() };
    Ok(Element { name, setting, attributes, ..Element::default() })
}

/// Finds the lines of positions that only grow.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// Returns the line of a position, counted from 1. White space after it is skipped.
    fn at(&mut self, position: usize) -> usize {
        let position = position.min(self.text.len()).max(self.at);
        let passed = &self.text.as_bytes()[self.at..position];
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.at = position;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::icecast;

    /// Icecast reads all sections, and of each setting the last that is not empty.
    #[test]
    fn sections_may_come_twice_and_empty_elements_do_not_count() {
        let text = icecast(
            "<authentication><source-password>rosebud</source-password></authentication>\n\
             <paths><logdir>/var/log/radio</logdir></paths><paths><alias source=\"/a\" dest=\"/b\"/></paths>\n\
             <logging><errorlog>my-error.log</errorlog></logging><logging><loglevel>3</loglevel></logging>\n\
             <hostname>radio.example</hostname><hostname></hostname>\n\
             <listen-socket><port>18001</port><port></port></listen-socket>\n\
             <mount><mount-name>/live</mount-name><fallback-mount>/backup</fallback-mount>\n\
             <fallback-mount></fallback-mount></mount>",
        );
        let document = text.document.text;
        for line in [
            "log_file = \"/var/log/radio/my-error.log\"",
            "\"[::]:18001\"",
            "public_url = \"http://radio.example:18001\"",
            "fallback_input = \"/backup\"",
        ] {
            assert!(document.contains(line), "{line} is not in {document}");
        }
    }
}
