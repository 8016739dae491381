//! A picture for a station that has none: waves under a sun or moon, drawn from its name. The same name gives the same
//! picture, on every server.

use std::fmt::Write;

use super::asset::hash;
use crate::pages::RenderedPage;

/// Where it is.
pub const PATH: &str = "/assets/cover.svg";

/// The picture's width and height.
const SIZE: u32 = 480;

/// Hues that look well together, in degrees: of the sky above, of the sky at the horizon, of the sea.
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

/// How many waves, one before the other.
const WAVES: u32 = 5;

/// Where the picture of the station with this id and name is. A new name has a new address, so it can be kept.
pub fn url(id: u32, name: &str) -> String {
    format!("{PATH}?sid={id}&v={:016x}", hash(name.as_bytes()))
}

/// The picture of a station with that name.
pub fn render(name: &str) -> RenderedPage {
    let mut shown = RenderedPage::ok("image/svg+xml", draw_svg(name));
    shown.headers = vec![
        ("Cache-Control", "public, max-age=86400".to_owned()),
        ("Content-Security-Policy", "default-src 'none'".to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
    ];
    shown
}

/// Nothing of the name stands in the picture itself.
fn draw_svg(name: &str) -> String {
    let mut dice = SeededRng(hash(name.as_bytes()));
    let palette = PALETTES[dice.range(0, PALETTES.len() as u32) as usize];
    let turn = dice.range(0, 16);
    let [sky, far, sea] = palette.map(|hue| (hue + turn) % 360);
    let (x, y, radius) = (dice.range(100, 380), dice.range(90, 190), dice.range(44, 84));
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
    (0..WAVES).for_each(|wave| draw_wave(&mut svg, wave, sea, &mut dice));
    svg + "</svg>"
}

/// The nearer a wave, the lower, longer and darker it is.
fn draw_wave(svg: &mut String, wave: u32, hue: u32, dice: &mut SeededRng) {
    let top = 225 + wave * 48 + dice.range(0, 18);
    let half = dice.range(90, 130) + wave * 14;
    let height = dice.range(18, 34) + wave * 4;
    let shift = dice.range(0, 2 * half);
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

/// Numbers that follow from the first: xorshift, after Marsaglia.
struct SeededRng(u64);

impl SeededRng {
    /// A number of at least `from` and below `to`.
    fn range(&mut self, from: u32, to: u32) -> u32 {
        // All bits of a name that is short should count, and zero would stay zero.
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
    fn a_name_has_a_picture_of_its_own() {
        assert_eq!(draw_svg("Harbour FM"), draw_svg("Harbour FM"));
        assert_ne!(draw_svg("Harbour FM"), draw_svg("Harbour AM"));
        assert_ne!(url(1, "Harbour FM"), url(1, "Harbour AM"));
    }

    #[test]
    fn no_name_is_markup() {
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
