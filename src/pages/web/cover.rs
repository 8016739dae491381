//! A generated picture for a station without one: waves under a sun or moon, with shapes and colours derived
//! from the name. The same name has the same picture on every server.

use std::fmt::Write;

use super::asset::hash;
use crate::pages::RenderedPage;

/// The path of the picture.
pub const PATH: &str = "/assets/cover.svg";

/// Width and height of the picture.
const SIZE: u32 = 480;

/// Matching hues, in degrees: upper sky, horizon and sea.
const PALETTES: [[u32; 3]; 8] = [
    [222, 268, 214],
    [205, 172, 196],
    [258, 330, 262],
    [230, 385, 224],
    [192, 405, 184],
    [335, 392, 320],
    [168, 420, 162],
    [280, 352, 245],
];

/// Number of waves, from back to front.
const WAVES: u32 = 5;

/// Returns the URL of the picture of a station. It changes with the name, so the picture can be cached.
pub fn url(id: u32, name: &str) -> String {
    format!("{PATH}?sid={id}&v={:016x}", hash(name.as_bytes()))
}

/// Renders the picture of a station with this name.
pub fn render(name: &str) -> RenderedPage {
    let mut page = RenderedPage::ok("image/svg+xml", draw_svg(name));
    page.headers = vec![
        ("Cache-Control", "public, max-age=86400".to_owned()),
        ("Content-Security-Policy", "default-src 'none'".to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
    ];
    page
}

/// Returns the picture as SVG. The name itself is not part of it.
fn draw_svg(name: &str) -> String {
    let mut rng = SeededRng(hash(name.as_bytes()));
    let palette = PALETTES[rng.range(0, PALETTES.len() as u32) as usize];
    let turn = rng.range(0, 16);
    let [sky, far, sea] = palette.map(|hue| (hue + turn) % 360);
    let (x, y, radius) = (rng.range(100, 380), rng.range(90, 190), rng.range(44, 84));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {SIZE} {SIZE}\">\
         <defs><linearGradient id=\"sky\" x2=\"0\" y2=\"1\">\
         <stop stop-color=\"hsl({sky},52%,26%)\"/><stop offset=\".75\" stop-color=\"hsl({far},72%,70%)\"/>\
         </linearGradient></defs>\
         <path fill=\"url(#sky)\" d=\"M0 0h{SIZE}v{SIZE}H0z\"/>\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"#fff\" opacity=\".14\"/>\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"hsl({far},90%,90%)\"/>",
        radius + radius / 3
    );
    (0..WAVES).for_each(|wave| draw_wave(&mut svg, wave, sea, &mut rng));
    svg + "</svg>"
}

/// Draws a wave. Front waves are lower, longer and darker.
fn draw_wave(svg: &mut String, wave: u32, hue: u32, rng: &mut SeededRng) {
    let top = 225 + wave * 48 + rng.range(0, 18);
    let half = rng.range(90, 130) + wave * 14;
    let height = rng.range(18, 34) + wave * 4;
    let shift = rng.range(0, 2 * half);
    let light = 56 - wave * 10;
    let turn = hue + wave * 6;
    let _ = write!(
        svg,
        "<path fill=\"hsl({turn},48%,{light}%)\" d=\"M-{shift} {top}q{} -{height} {half} 0",
        half / 2
    );
    for _ in 0..(SIZE + shift).div_ceil(half) {
        let _ = write!(svg, "t{half} 0");
    }
    let _ = write!(svg, "V{SIZE}H0z\"/>");
}

/// Marsaglia's xorshift generator. The seed determines all numbers.
struct SeededRng(u64);

impl SeededRng {
    /// Returns a number in `from..to`.
    fn range(&mut self, from: u32, to: u32) -> u32 {
        // A state of zero would stay zero.
        self.0 |= 1;
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        from + u32::try_from((self.0 >> 32) % u64::from(to - from)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_and_url_depend_on_the_name() {
        assert_eq!(draw_svg("Harbour FM"), draw_svg("Harbour FM"));
        assert_ne!(draw_svg("Harbour FM"), draw_svg("Harbour AM"));
        assert_ne!(url(1, "Harbour FM"), url(1, "Harbour AM"));
    }

    #[test]
    fn hostile_name_adds_no_markup() {
        for name in ["", "\"'><script>alert(1)</script>&", "\u{0}\u{ffff}"] {
            let svg = draw_svg(name);
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
