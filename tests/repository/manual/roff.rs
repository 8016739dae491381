//! Markdown as a manual page, for the part of Markdown that the documents use.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// The heading of a manual page.
pub struct Title<'t> {
    pub name: &'t str,
    pub number: u8,
    pub version: &'t str,
}

impl Title<'_> {
    /// Returns the whole page. `summary` is for the index of manual pages; the first heading of `markdown`
    /// and its table of contents are left out.
    pub fn page(&self, summary: &str, markdown: &str) -> String {
        let Self { name, number, version } = self;
        let mut writer = Writer {
            out: format!(
                ".\\\" Generated from docs/ by `cargo test --test repository manual`. Edit the documents instead.\n\
                 .TH {} {number} \"\" \"coldwave {version}\" \"coldwave\"\n.SH NAME\n{} \\- {summary}\n\
                 .SH DESCRIPTION\n",
                escape(&name.to_uppercase()),
                escape(name),
            ),
            ..Writer::default()
        };
        Parser::new_ext(markdown, Options::ENABLE_TABLES).for_each(|event| writer.event(event));
        writer.out
    }
}

/// Escapes what roff would interpret.
fn escape(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

/// What the text that is read belongs to.
#[derive(Default)]
struct Writer {
    out: String,
    /// The text of the paragraph, heading, list item or cell that is read.
    text: String,
    /// The names of the columns of the table that is read, and the cells of its row.
    columns: Vec<String>,
    cells: Vec<String>,
    /// Whether a list before the first section is read: the table of contents.
    is_contents: bool,
    has_section: bool,
    /// How many lists are open.
    lists: usize,
}

impl Writer {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.text.push_str(&escape(&text)),
            Event::Code(code) => self.text.push_str(&format!("\\fB{}\\fR", escape(&code))),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            // Pictures and comments.
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag {
            Tag::CodeBlock(_) => self.flush(item_macro(self.lists)),
            Tag::Strong => self.text.push_str("\\fB"),
            Tag::Emphasis => self.text.push_str("\\fI"),
            Tag::List(_) => {
                self.flush(item_macro(self.lists));
                self.lists += 1;
                self.is_contents |= !self.has_section;
                if self.lists > 1 {
                    self.out.push_str(".RS\n");
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => self.heading(level),
            TagEnd::Paragraph if self.lists == 0 => self.flush(".PP\n"),
            TagEnd::Paragraph => self.text.push(' '),
            TagEnd::Item => self.flush(item_macro(self.lists)),
            TagEnd::CodeBlock => self.code(),
            TagEnd::Strong | TagEnd::Emphasis => self.text.push_str("\\fR"),
            TagEnd::List(_) => {
                self.lists -= 1;
                self.is_contents &= self.lists > 0;
                if self.lists > 0 {
                    self.out.push_str(".RE\n");
                }
            }
            TagEnd::TableCell => self.cells.push(std::mem::take(&mut self.text)),
            TagEnd::TableHead => self.columns = std::mem::take(&mut self.cells),
            TagEnd::TableRow => self.row(),
            _ => {}
        }
    }

    fn heading(&mut self, level: HeadingLevel) {
        let text = std::mem::take(&mut self.text);
        match level {
            HeadingLevel::H1 => {}
            HeadingLevel::H2 => {
                self.has_section = true;
                self.out.push_str(&format!(
                    ".SH {}\n",
                    text.to_uppercase().replace("\\FB", "").replace("\\FR", "")
                ));
            }
            _ => self.out.push_str(&format!(".SS {text}\n")),
        }
    }

    /// Writes the text that was read, after the macro that it needs.
    fn flush(&mut self, before: &str) {
        let text = std::mem::take(&mut self.text);
        if !text.trim().is_empty() && !self.is_contents {
            self.out.push_str(before);
            self.line(text.trim());
        }
    }

    /// Writes one line. A period or an apostrophe at its beginning is no macro.
    fn line(&mut self, text: &str) {
        if text.starts_with(['.', '\'']) {
            self.out.push_str("\\&");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn code(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.out.push_str(".PP\n.RS 4\n.nf\n");
        text.trim_end().lines().for_each(|line| self.line(line));
        self.out.push_str(".fi\n.RE\n");
    }

    /// Writes a row of a table as a paragraph that begins with its first cell. The cells in the middle are
    /// named by their columns.
    fn row(&mut self) {
        let cells = std::mem::take(&mut self.cells);
        let Some(([first, middle @ ..], last)) = cells.split_last().map(|(last, rest)| (rest, last)) else {
            return;
        };
        self.out.push_str(".TP\n");
        self.line(first);
        let columns = self.columns.iter().skip(1);
        let named = columns.zip(middle).filter(|(_, cell)| !cell.is_empty());
        let named: Vec<String> = named.map(|(column, cell)| format!("{column}: {cell}")).collect();
        if !named.is_empty() {
            self.line(&format!("{}.", named.join("; ")));
            self.out.push_str(".br\n");
        }
        self.line(if last.is_empty() { "\\&" } else { last });
    }
}

/// Returns the macro before the text of a list item in this number of lists; outside of lists, that of a
/// paragraph.
fn item_macro(lists: usize) -> &'static str {
    if lists == 0 { ".PP\n" } else { ".IP \\(bu 2\n" }
}

#[test]
fn paragraphs_lists_code_and_tables_become_macros() {
    let markdown = "# Left out\n\n- [contents](#one)\n\n## One `two`\n\nA *b* **c** `d-e`\nf\n\n- x\n- y\n\n      .z\\n\n\n\
                    | key | type | meaning |\n| --- | --- | --- |\n| `k` | int | what |\n";
    let page = Title { name: "a", number: 5, version: "1" }.page("b", markdown);
    let body = page.split_once(".SH DESCRIPTION\n").expect("a body").1;
    let expected = ".SH ONE TWO\n.PP\nA \\fIb\\fR \\fBc\\fR \\fBd\\-e\\fR f\n.IP \\(bu 2\nx\n.IP \\(bu 2\ny\n\
                    .PP\n.RS 4\n.nf\n\\&.z\\en\n.fi\n.RE\n.TP\n\\fBk\\fR\ntype: int.\n.br\nwhat\n";
    assert_eq!(body, expected);
}
