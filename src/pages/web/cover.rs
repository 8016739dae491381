//! The generated picture of a station without one of its own, as SVG and as PNG.

use std::fmt::Write;

use super::asset::hash;
use super::cover_png::draw_png;
use super::cover_scene::{Disc, SIZE, Scene, Wave};
use crate::pages::RenderedPage;

/// The path of the picture as SVG, which web pages show.
pub const SVG_PATH: &str = "/assets/cover.svg";

/// The path of the picture as PNG, for lock screens and link previews, which do not show SVG.
pub const PNG_PATH: &str = "/assets/cover.png";

/// The file format of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CoverFormat {
    /// At [`SVG_PATH`].
    Svg,
    /// At [`PNG_PATH`].
    Png,
}

impl CoverFormat {
    /// Returns the format of the picture at `path`, if there is one.
    pub fn from_path(path: &str) -> Option<Self> {
        match path {
            SVG_PATH => Some(Self::Svg),
            PNG_PATH => Some(Self::Png),
            _ => None,
        }
    }

    /// Returns the URL of the picture of a station. It changes with the name, so the picture can be cached.
    pub fn url(self, id: u32, name: &str) -> String {
        let path = match self {
            Self::Svg => SVG_PATH,
            Self::Png => PNG_PATH,
        };
        format!("{path}?sid={id}&v={:016x}", hash(name.as_bytes()))
    }

    /// Renders the picture of a station with this name.
    pub fn render(self, name: &str) -> RenderedPage {
        let scene = Scene::new(name);
        let mut page = match self {
            Self::Svg => RenderedPage::ok("image/svg+xml", draw_svg(&scene)),
            Self::Png => RenderedPage::ok("image/png", draw_png(&scene)),
        };
        page.headers = vec![
            ("ETag", format!("\"{:016x}\"", hash(name.as_bytes()))),
            ("Cache-Control", "public, max-age=86400".to_owned()),
            ("Content-Security-Policy", "default-src 'none'".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
        ];
        page
    }
}

/// Returns the picture as SVG.
fn draw_svg(scene: &Scene) -> String {
    let Scene { sky, horizon, disc: Disc { x, y, radius, halo, colour }, waves } = scene;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIZE} {SIZE}\">\
         <defs><linearGradient id=\"sky\" x2=\"0\" y2=\"1\">\
         <stop stop-color=\"{sky}\"/><stop offset=\".75\" stop-color=\"{horizon}\"/>\
         </linearGradient></defs>\
         <path fill=\"url(#sky)\" d=\"M0 0h{SIZE}v{SIZE}H0z\"/>\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"{halo}\" fill=\"#fff\" opacity=\".14\"/>\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{colour}\"/>"
    );
    waves.iter().for_each(|wave| draw_wave(&mut svg, wave));
    svg + "</svg>"
}

fn draw_wave(svg: &mut String, wave: &Wave) {
    let Wave { top, half, height, shift, colour } = wave;
    let _ = write!(svg, "<path fill=\"{colour}\" d=\"M-{shift} {top}q{} -{height} {half} 0", half / 2);
    for _ in 0..(SIZE + shift).div_ceil(*half) {
        let _ = write!(svg, "t{half} 0");
    }
    let _ = write!(svg, "V{SIZE}H0z\"/>");
}

#[cfg(test)]
mod tests {
    use super::super::cover_scene::WAVES;
    use super::*;

    fn svg(name: &str) -> String {
        draw_svg(&Scene::new(name))
    }

    #[test]
    fn picture_and_url_depend_on_the_name() {
        assert_eq!(svg("Harbour FM"), svg("Harbour FM"));
        assert_ne!(svg("Harbour FM"), svg("Harbour AM"));
        for format in [CoverFormat::Svg, CoverFormat::Png] {
            assert_ne!(format.url(1, "Harbour FM"), format.url(1, "Harbour AM"));
            assert_ne!(format.render("Harbour FM").body, format.render("Harbour AM").body);
        }
    }

    #[test]
    fn hostile_name_adds_no_markup() {
        for name in ["", "\"'><script>alert(1)</script>&", "\u{0}\u{ffff}"] {
            let svg = svg(name);
            let mut reader = quick_xml::Reader::from_str(&svg);
            let mut elements = 0;
            loop {
                match reader.read_event().expect("XML") {
                    quick_xml::events::Event::Eof => break,
                    quick_xml::events::Event::Empty(_) => elements += 1,
                    _ => {}
                }
            }
            assert_eq!(elements, 2 + 3 + WAVES, "{svg}");
            assert!(!svg.contains("script"), "{svg}");
        }
    }
}
