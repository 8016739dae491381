//! The generated picture of a station as PNG: draws it in pixels, and writes the file.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use super::cover_scene::{Disc, Hsl, SIZE, Scene, Wave};

/// Width and height in pixels. Lock screens and previews take the largest picture up to about this size.
pub const PIXELS: usize = 640;

/// Share of white in the halo.
const HALO: f32 = 0.14;

/// A colour: red, green and blue in 0..=255.
type Rgb = [f32; 3];

/// Returns the picture as a PNG file.
pub fn draw_png(scene: &Scene) -> Vec<u8> {
    let unit = SIZE as f32 / PIXELS as f32;
    let crests: Vec<Vec<f32>> = scene.waves.iter().map(|wave| crest(wave, unit)).collect();
    let colours: Vec<Rgb> = scene.waves.iter().map(|wave| to_rgb(wave.colour)).collect();
    let disc_colour = to_rgb(scene.disc.colour);
    let mut rows = FilteredRows::new();
    for row in 0..PIXELS {
        let y = (row as f32 + 0.5) * unit;
        let sky = sky_at(scene, y);
        for column in 0..PIXELS {
            let x = (column as f32 + 0.5) * unit;
            let mut pixel = draw_disc(sky, &scene.disc, disc_colour, [x, y], unit);
            for (crest, colour) in crests.iter().zip(&colours) {
                pixel = mix(pixel, *colour, (y - crest[column]) / unit + 0.5);
            }
            rows.push(pixel);
        }
        rows.end_row();
    }
    write_file(&rows.filtered)
}

/// Returns the height of a wave in each column of pixels, measured from the upper edge.
fn crest(wave: &Wave, unit: f32) -> Vec<f32> {
    let at = |column: usize| {
        let halves = ((column as f32 + 0.5) * unit + wave.shift as f32) / wave.half as f32;
        let (number, t) = (halves.floor(), halves.fract());
        // The curve of SVG: quadratic, with its control point at `height`.
        let height = 2.0 * t * (1.0 - t) * wave.height as f32;
        wave.top as f32 - if number % 2.0 == 0.0 { height } else { -height }
    };
    (0..PIXELS).map(at).collect()
}

fn sky_at(scene: &Scene, y: f32) -> Rgb {
    mix(to_rgb(scene.sky), to_rgb(scene.horizon), y / (0.75 * SIZE as f32))
}

fn draw_disc(below: Rgb, disc: &Disc, colour: Rgb, [x, y]: [f32; 2], unit: f32) -> Rgb {
    let distance = (x - disc.x as f32).hypot(y - disc.y as f32);
    // The share of the pixel that a circle covers.
    let covered = |radius: u32| ((radius as f32 - distance) / unit + 0.5).clamp(0.0, 1.0);
    let with_halo = mix(below, [255.0; 3], HALO * covered(disc.halo));
    mix(with_halo, colour, covered(disc.radius))
}

/// Returns the colour with this `share` of `above`, and the rest of `below`.
fn mix(below: Rgb, above: Rgb, share: f32) -> Rgb {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|at| below[at] + (above[at] - below[at]) * share)
}

/// Converts a colour as CSS defines it.
fn to_rgb(Hsl(hue, saturation, lightness): Hsl) -> Rgb {
    let (saturation, lightness) = (saturation as f32 / 100.0, lightness as f32 / 100.0);
    let spread = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset| {
        let k = (offset + (hue % 360) as f32 / 30.0) % 12.0;
        255.0 * (lightness - spread * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0))
    })
}

/// Rows of pixels with PNG's filter “Up”: each byte is the difference to the one above. Sky and water have
/// the same colour from column to column, so most rows are repetitions.
struct FilteredRows {
    filtered: Vec<u8>,
    above: Vec<u8>,
    current: Vec<u8>,
}

/// The type byte of the filter “Up”.
const FILTER_UP: u8 = 2;

impl FilteredRows {
    fn new() -> Self {
        let row = 3 * PIXELS;
        let filtered = Vec::with_capacity((row + 1) * PIXELS);
        Self { filtered, above: vec![0; row], current: Vec::with_capacity(row) }
    }

    fn push(&mut self, pixel: Rgb) {
        self.current.extend(pixel.map(|value| value.round() as u8));
    }

    fn end_row(&mut self) {
        self.filtered.push(FILTER_UP);
        let differences = self.current.iter().zip(&self.above).map(|(own, above)| own.wrapping_sub(*above));
        self.filtered.extend(differences);
        std::mem::swap(&mut self.above, &mut self.current);
        self.current.clear();
    }
}

/// Writes a PNG file: signature, header, pixels and end.
fn write_file(filtered: &[u8]) -> Vec<u8> {
    let side = (PIXELS as u32).to_be_bytes();
    // 8 bits per channel, red, green and blue, no interlacing.
    let header = [&side[..], &side, &[8, 2, 0, 0, 0]].concat();
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let pixels = encoder.write_all(filtered).and_then(|()| encoder.finish());
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    write_chunk(&mut file, *b"IHDR", &header);
    write_chunk(&mut file, *b"IDAT", &pixels.expect("writing to memory does not fail"));
    write_chunk(&mut file, *b"IEND", b"");
    file
}

fn write_chunk(file: &mut Vec<u8>, name: [u8; 4], data: &[u8]) {
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let from = file.len();
    file.extend_from_slice(&name);
    file.extend_from_slice(data);
    let mut crc = Crc::new();
    crc.update(&file[from..]);
    file.extend_from_slice(&crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::image::Image;

    /// Splits a PNG file into its chunks, and checks their sums.
    fn chunks(file: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut rest = file.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("the signature");
        let mut found = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let (body, after) = after.split_at(4 + u32::from_be_bytes(*length) as usize);
            let (sum, after) = after.split_first_chunk().expect("a sum");
            let mut crc = Crc::new();
            crc.update(body);
            assert_eq!(u32::from_be_bytes(*sum), crc.sum());
            found.push((String::from_utf8(body[..4].into()).unwrap(), body[4..].to_vec()));
            rest = after;
        }
        found
    }

    /// Returns the pixels of a file with the filter “Up”.
    fn pixels(file: &[u8]) -> Vec<[u8; 3]> {
        let chunks = chunks(file);
        let mut rows = Vec::new();
        flate2::read::ZlibDecoder::new(&chunks[1].1[..]).read_to_end(&mut rows).expect("zlib");
        let mut above = vec![0; 3 * PIXELS];
        for row in rows.chunks(1 + 3 * PIXELS) {
            assert_eq!(row[0], FILTER_UP);
            let start = above.len() - 3 * PIXELS;
            let own: Vec<u8> =
                row[1..].iter().zip(&above[start..]).map(|(it, above)| it.wrapping_add(*above)).collect();
            above.extend(own);
        }
        above[3 * PIXELS..].as_chunks().0.to_vec()
    }

    #[test]
    fn file_is_a_square_png_below_the_limit_of_artwork() {
        for name in ["", "Harbour FM", "Night Ferry", "Ünïcode", "x"] {
            let file = draw_png(&Scene::new(name));
            assert!(file.len() < 100_000, "{name}: {}", file.len());
            let names: Vec<_> = chunks(&file).into_iter().map(|(name, _)| name).collect();
            assert_eq!(names, ["IHDR", "IDAT", "IEND"]);
            assert_eq!(&chunks(&file)[0].1[..4], &640_u32.to_be_bytes());
            assert_eq!(pixels(&file).len(), PIXELS * PIXELS);
            assert_eq!(Image::parse(file).expect("an image").content_type(), "image/png");
        }
    }

    /// The colours where nothing is mixed are those that CSS defines for the picture as SVG.
    #[test]
    fn picture_has_the_colours_of_the_scene() {
        let scene = Scene::new("Harbour FM");
        let pixels = pixels(&draw_png(&scene));
        let colour = |hsl| to_rgb(hsl).map(|value| value.round() as u8);
        let at = |x: u32, y: u32| pixels[(y * 4 / 3) as usize * PIXELS + (x * 4 / 3) as usize];
        assert_eq!(at(scene.disc.x, scene.disc.y), colour(scene.disc.colour));
        assert_eq!(at(1, SIZE - 1), colour(scene.waves.last().expect("a wave").colour));
        assert_eq!(colour(Hsl(0, 100, 50)), [255, 0, 0]);
        assert_eq!(colour(Hsl(210, 50, 40)), [51, 102, 153]);
        assert_eq!(colour(Hsl(480, 48, 16)), [21, 60, 21]);
    }
}
