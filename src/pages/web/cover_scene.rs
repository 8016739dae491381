//! What the generated picture of a station shows: waves under a sun or moon, with shapes and colours derived
//! from the name. The same name has the same picture on every server.

use std::fmt;

use super::asset::hash;

/// Width and height of the picture, in units of its coordinates.
pub const SIZE: u32 = 480;

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
pub const WAVES: u32 = 5;

/// A colour as hue in degrees, saturation and lightness in per cent.
#[derive(Debug, Clone, Copy)]
pub struct Hsl(pub u32, pub u32, pub u32);

/// What the picture shows.
#[derive(Debug)]
pub struct Scene {
    /// The colour of the sky at the upper edge.
    pub sky: Hsl,
    /// The colour of the sky from three quarters of the height on.
    pub horizon: Hsl,
    /// The sun or moon.
    pub disc: Disc,
    /// The waves, from back to front.
    pub waves: Vec<Wave>,
}

/// A sun or moon with a faint halo.
#[derive(Debug)]
pub struct Disc {
    /// Distance of the centre from the left edge.
    pub x: u32,
    /// Distance of the centre from the upper edge.
    pub y: u32,
    /// Radius of the disc.
    pub radius: u32,
    /// Radius of the halo.
    pub halo: u32,
    /// The colour of the disc.
    pub colour: Hsl,
}

/// Water with a crest of alternating parabolas.
#[derive(Debug)]
pub struct Wave {
    /// The height between crest and trough, measured from the upper edge.
    pub top: u32,
    /// The length of a crest or a trough.
    pub half: u32,
    /// Height of the control point of a crest above `top`. The crest itself is half as high.
    pub height: u32,
    /// How far the first crest begins left of the picture.
    pub shift: u32,
    /// The colour of the water.
    pub colour: Hsl,
}

impl Scene {
    /// Creates the scene of a station with this name. The name itself is not part of it.
    pub fn new(name: &str) -> Self {
        let mut rng = SeededRng(hash(name.as_bytes()));
        let palette = PALETTES[rng.range(0, PALETTES.len() as u32) as usize];
        let turn = rng.range(0, 16);
        let [sky, far, sea] = palette.map(|hue| (hue + turn) % 360);
        let (x, y, radius) = (rng.range(100, 380), rng.range(90, 190), rng.range(44, 84));
        Self {
            sky: Hsl(sky, 52, 26),
            horizon: Hsl(far, 72, 70),
            disc: Disc { x, y, radius, halo: radius + radius / 3, colour: Hsl(far, 90, 90) },
            waves: (0..WAVES).map(|number| Wave::new(number, sea, &mut rng)).collect(),
        }
    }
}

impl Wave {
    /// Creates a wave. Front waves are lower, longer and darker.
    fn new(number: u32, hue: u32, rng: &mut SeededRng) -> Self {
        let top = 225 + number * 48 + rng.range(0, 18);
        let half = rng.range(90, 130) + number * 14;
        let height = rng.range(18, 34) + number * 4;
        let shift = rng.range(0, 2 * half);
        Self { top, half, height, shift, colour: Hsl(hue + number * 6, 48, 56 - number * 10) }
    }
}

impl fmt::Display for Hsl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "hsl({},{}%,{}%)", self.0, self.1, self.2)
    }
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
