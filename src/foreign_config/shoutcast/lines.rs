//! The lines of the file.

use std::collections::HashMap;
use std::rc::Rc;

use super::super::setting::Setting;
use crate::text::shortened;

/// The most bytes of a key. The longest that is known has 24.
const NAME_MAX: usize = 100;

/// A line with a key. It can look at the others, because some keys belong together.
#[derive(Debug, Clone)]
pub(super) struct ShoutcastLine {
    /// The key in lower case and without its number, such as `streampath`.
    pub name: String,
    pub setting: Setting,
    /// The last line of each key, by its name and number.
    last: Rc<HashMap<(String, u32), Setting>>,
}

impl ShoutcastLine {
    /// Returns the number of the stream to which the key belongs.
    pub fn number(&self) -> u32 {
        stream_number(&self.setting)
    }

    /// Returns the number of the line with the same key that is in force, if it is another one.
    pub fn given_again(&self) -> Option<usize> {
        let last = self.last.get(&(self.name.clone(), self.number()))?;
        (last.line != self.setting.line).then_some(last.line)
    }

    /// Returns the setting of another key for all streams, unless it is empty.
    pub fn other(&self, name: &str) -> Option<&Setting> {
        self.find(name, 1)
    }

    /// Returns the setting of another key of the same stream, unless it is empty.
    pub fn of_same_stream(&self, name: &str) -> Option<&Setting> {
        self.find(name, self.number())
    }

    fn find(&self, name: &str, number: u32) -> Option<&Setting> {
        self.last.get(&(name.to_owned(), number)).filter(|setting| !setting.value.is_empty())
    }
}

/// Returns the lines with keys. `;`, `#` and `[` begin a comment, at the beginning of a line.
pub(super) fn read(text: &str) -> Vec<ShoutcastLine> {
    let settings: Vec<(String, Setting)> = text.lines().enumerate().filter_map(setting).collect();
    let last =
        settings.iter().map(|(name, setting)| ((name.clone(), stream_number(setting)), setting.clone()));
    let last = Rc::new(last.collect::<HashMap<_, _>>());
    let line = |(name, setting)| ShoutcastLine { name, setting, last: last.clone() };
    settings.into_iter().map(line).collect()
}

/// Returns the number in the name of a key; 1 if there is none, or 0.
fn stream_number(setting: &Setting) -> u32 {
    setting.number.unwrap_or(1).max(1)
}

/// Returns the name of the key and the setting of a line, unless it is empty or a comment. A line without `=`
/// is a key without a value.
fn setting((index, line): (usize, &str)) -> Option<(String, Setting)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with([';', '#', '[']) {
        return None;
    }
    let (key, value) = line.split_once('=').unwrap_or((line, ""));
    // A line of nothing but signs, such as one that marks a conflict, is named by itself.
    let key = if key.trim().is_empty() { line } else { key.trim() };
    let (path, value) = (shortened(key, NAME_MAX).into_owned(), value.trim().to_owned());
    let numbered = path.rsplit_once('_').and_then(|(name, number)| Some((name, number.parse().ok()?)));
    let (name, number) = numbered.map_or((path.as_str(), None), |(name, number)| (name, Some(number)));
    Some((name.to_ascii_lowercase(), Setting { line: index + 1, ordinal: index, path, value, number }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_lines_numbers_and_values_without_spaces_around_them() {
        let text = "; a comment\n[main]\n# another\n\nPortBase = 8000 \r\nstreampath_2=/a;b#c\nstreamid_0=1\nlog\n=======";
        let found: Vec<_> = read(text)
            .into_iter()
            .map(|line| (line.setting.line, line.name.clone(), line.number(), line.setting.value))
            .collect();
        let expected = [
            (5, "portbase", 1, "8000"),
            (6, "streampath", 2, "/a;b#c"),
            (7, "streamid", 1, "1"),
            (8, "log", 1, ""),
            (9, "=======", 1, "======"),
        ];
        let expected = expected.map(|(line, name, of, value)| (line, name.to_owned(), of, value.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn last_line_of_a_key_is_in_force() {
        let lines = read("streampath=/a\nmaxuser=1\nstreampath_1=/b\nstreampath_2=/c\n");
        assert_eq!(
            lines.iter().map(ShoutcastLine::given_again).collect::<Vec<_>>(),
            [Some(3), None, None, None]
        );
        assert_eq!(lines[0].other("maxuser").map(|setting| setting.value.as_str()), Some("1"));
        assert_eq!(lines[3].of_same_stream("streampath").map(|setting| setting.line), Some(4));
    }
}
