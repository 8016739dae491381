//! Faults of XML that are read over here, while Icecast refuses the whole file.

use quick_xml::events::Event;

use super::setting::Setting;

/// The most faults that are kept: each of them alone is enough for Icecast.
const FAULTS_MAX: usize = 1000;

/// A fault and its place.
#[derive(Debug)]
pub struct XmlFault {
    /// The element in which it is, with the line of the fault.
    pub setting: Setting,
    pub message: &'static str,
}

/// Adds the fault in what begins on this line in `element`, if it has one.
pub fn note(faults: &mut Vec<XmlFault>, event: &Event<'_>, element: &Setting, line: usize) {
    let found = match event {
        Event::Text(text) => text.find('&').map(|at| (&text[..at], "& is written as &amp;")),
        Event::Comment(text) => hyphens(text).map(|at| (&text[..at], "there is -- in a comment")),
        _ => None,
    };
    if let Some((before, message)) = found {
        add(faults, element, line + before.matches('\n').count(), message);
    }
}

/// Returns the position of hyphens that a comment may not have: two of them, or one at its end.
fn hyphens(comment: &str) -> Option<usize> {
    comment.find("--").or(comment.strip_suffix('-').map(str::len))
}

/// Adds a fault.
pub fn add(faults: &mut Vec<XmlFault>, element: &Setting, line: usize, message: &'static str) {
    if faults.len() < FAULTS_MAX {
        faults.push(XmlFault { setting: Setting { line, ..element.clone() }, message });
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ForeignFormat, translate_checked};

    /// Returns the findings of a file whose third line and those after it are these.
    fn findings(inner: &str) -> Vec<String> {
        let text = format!("<icecast>\n<source-password>rosebud</source-password>\n{inner}\n</icecast>\n");
        let translated = translate_checked(ForeignFormat::Icecast, &text, "a.xml", "/").expect("no error");
        translated.findings.iter().map(|it| format!("{}: {it}", it.line)).collect()
    }

    #[test]
    fn faults_for_which_icecast_refuses_the_file_are_named() {
        for (inner, expected) in [
            ("<location>rock\n&roll</location>", "4: <location>: taken differently: Icecast would refuse"),
            (
                "<limits>\n<!-- a\n <!-- b -->\n</limits>",
                "5: <limits>: taken differently: Icecast would refuse",
            ),
            ("<limits>\n<!-- a --->\n</limits>", "4: <limits>: taken differently: Icecast would refuse"),
        ] {
            let found = findings(inner);
            assert!(found.iter().any(|it| it.starts_with(expected)), "{inner}: {found:?}");
        }
        let found =
            findings("<!-- a - b -->\n<location>rock &amp; roll</location><admin><![CDATA[a & b]]></admin>");
        assert!(!found.iter().any(|it| it.contains("refuse")), "{found:?}");
    }

    #[test]
    fn second_element_beside_icecast_is_an_error() {
        let text = "<icecast><source-password>a</source-password></icecast>\nmore\n<limits/>\n";
        let errors = translate_checked(ForeignFormat::Icecast, text, "a.xml", "/").expect_err("an error");
        assert_eq!(errors, ["a.xml:3: <limits> is after the end of <icecast>, and belongs in it"]);
        let text = text.replace("<limits/>", "");
        let found =
            translate_checked(ForeignFormat::Icecast, &text, "a.xml", "/").expect("no error").findings;
        let expected = "the file: taken differently: Icecast would refuse the whole file: there is text before or \
             after its elements";
        assert!(found.iter().any(|it| it.line == 2 && it.to_string() == expected), "{found:?}");
    }
}
