//! Codes as a coordinator's screen shows them, as a camera sees them: small, turned, slanted, blurred, with noise, in bad light.
//!
//! Deliberately not here: a real camera, which the journeys have as far as a browser can pretend one.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use qrcode::{Color, EcLevel, QrCode};
use veldpost_scan::{exports, texts};

/// As long as an invitation is that names a relay of its own: 113 characters and two addresses.
const LONG: &str = "https://veldpost.regio-twente.example/#j.\
    q3vB0mJt1cXzYw5eKf8rLhGd2nPsAo7uTiVbMxQyZkE.\
    aHR0cHM6Ly9kb29yZ2VlZmx1aWsucmVnaW8tdHdlbnRlLmV4YW1wbGU.\
    Jx0vR5tYw2Kc9LmNbQe7Ug.\
    zD4sWf6hXa1pTqVr8jGyOiCnBk3MlEuS5o0HdPvKtIw";
/// As long as most are: the relay is where the app comes from.
const SHORT: &str = "https://telling.example.nl/#j.\
    q3vB0mJt1cXzYw5eKf8rLhGd2nPsAo7uTiVbMxQyZkE..\
    Jx0vR5tYw2Kc9LmNbQe7Ug.\
    zD4sWf6hXa1pTqVr8jGyOiCnBk3MlEuS5o0HdPvKtIw";

/// The frame that the app asks of a camera.
const FRAME: (usize, usize) = (640, 480);

/// Numbers that look drawn at random and are the same in each run (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From `-most` to `most`.
    fn about(&mut self, most: f64) -> f64 {
        let part = f64::from(u32::try_from(self.next() >> 40).unwrap()) / f64::from(1 << 24);
        (part * 2.0 - 1.0) * most
    }
}

/// How a code lies before the camera.
#[derive(Clone, Copy, Debug)]
struct Sight {
    /// Pixels of one module.
    module: f64,
    /// Degrees.
    turned: f64,
    /// How much smaller its far side is, as a part.
    slanted: f64,
    /// Pixels on each side that a pixel is mixed with.
    blur: usize,
    /// Most that a pixel's brightness is off, of 255.
    noise: f64,
    /// Brightness of ink and paper.
    light: (f64, f64),
}

const CLEAR: Sight = Sight {
    module: 6.0,
    turned: 0.0,
    slanted: 0.0,
    blur: 0,
    noise: 0.0,
    light: (0.0, 255.0),
};

/// What the camera sees, in brightness. The code is drawn as `components/qr.rs` draws it: level M, four modules of paper around it.
fn seen(text: &str, sight: Sight) -> Vec<f64> {
    let code = QrCode::with_error_correction_level(text.as_bytes(), EcLevel::M).unwrap();
    let (modules, colours) = (code.width(), code.to_colors());
    let side = modules as f64 + 8.0;
    let (width, height) = FRAME;
    let (sin, cos) = sight.turned.to_radians().sin_cos();
    let (ink, paper) = sight.light;
    let mut picture = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let across = (x as f64 + 0.5 - width as f64 / 2.0) / sight.module;
            let down = (y as f64 + 0.5 - height as f64 / 2.0) / sight.module;
            let (right, below) = (across * cos + down * sin, down * cos - across * sin);
            let far = 1.0 + sight.slanted * below / side;
            let (column, row) = (right * far + side / 2.0, below * far + side / 2.0);
            let inside = |at: f64| (0.0..side).contains(&at);
            let module = |at: f64| (at - 4.0).floor();
            let place = (module(column), module(row));
            let in_code = |at: f64| (0.0..modules as f64).contains(&at);
            let dark = in_code(place.0)
                && in_code(place.1)
                && colours[place.1 as usize * modules + place.0 as usize] == Color::Dark;
            picture.push(match (inside(column) && inside(row), dark) {
                (false, _) => (ink + paper) / 2.0,
                (true, true) => ink,
                (true, false) => paper,
            });
        }
    }
    noisy(blurred(picture, sight.blur), sight.noise)
}

fn blurred(picture: Vec<f64>, by: usize) -> Vec<f64> {
    let (width, height) = FRAME;
    let mixed = |picture: &[f64], step: usize, along: fn(usize) -> (usize, usize)| -> Vec<f64> {
        (0..picture.len())
            .map(|at| {
                let (place, length) = along(at);
                let (from, to) = (place.saturating_sub(by), (place + by).min(length - 1));
                let sum: f64 = (from..=to)
                    .map(|other| picture[at + other * step - place * step])
                    .sum();
                sum / (to - from + 1) as f64
            })
            .collect()
    };
    assert_eq!(picture.len(), width * height);
    let across = mixed(&picture, 1, |at| (at % FRAME.0, FRAME.0));
    mixed(&across, width, |at| (at / FRAME.0, FRAME.1))
}

fn noisy(mut picture: Vec<f64>, most: f64) -> Vec<f64> {
    let mut noise = Noise(0x5eed);
    for pixel in &mut picture {
        *pixel += noise.about(most);
    }
    picture
}

fn as_canvas(picture: &[f64]) -> Vec<u8> {
    let pixel = |grey: &f64| {
        let grey = grey.clamp(0.0, 255.0) as u8;
        [grey, grey, grey, 255]
    };
    picture.iter().flat_map(pixel).collect()
}

#[track_caller]
fn reads(text: &str, sight: Sight) {
    let picture = as_canvas(&seen(text, sight));
    let read = texts(&picture, FRAME.0, FRAME.1);
    assert_eq!(read, [text], "{sight:?}");
}

/// In how many of 24 directions it is read. A camera gives five pictures a second and a hand is never still, so that not each must be.
fn directions(text: &str, sight: Sight) -> usize {
    let read = (0..360).step_by(15).map(f64::from).filter(|turned| {
        let turned = sight.turned + turned;
        let picture = as_canvas(&seen(text, Sight { turned, ..sight }));
        texts(&picture, FRAME.0, FRAME.1) == [text]
    });
    read.count()
}

#[test]
fn an_invitation_is_read_at_a_few_pixels_a_module() {
    for module in [3.0, 3.5, 4.0, 5.0, 6.0] {
        reads(LONG, Sight { module, ..CLEAR });
        reads(SHORT, Sight { module, ..CLEAR });
    }
}

#[test]
fn an_invitation_is_read_however_it_is_turned() {
    let sight = Sight {
        module: 5.0,
        turned: 2.0,
        blur: 1,
        ..CLEAR
    };
    for text in [LONG, SHORT] {
        let read = directions(text, sight);
        println!("turned: {read} of 24");
        assert!(read >= 20, "{read} of 24");
    }
}

#[test]
fn an_invitation_is_read_from_aside_blurred_with_noise_and_in_bad_light() {
    let sight = Sight {
        module: 5.0,
        turned: 2.0,
        slanted: 0.15,
        blur: 1,
        noise: 25.0,
        light: (40.0, 200.0),
    };
    for text in [LONG, SHORT] {
        let read = directions(text, sight);
        println!("hard: {read} of 24");
        assert!(read >= 17, "{read} of 24");
    }
}

#[test]
fn all_codes_of_a_picture_are_read() {
    let both: Vec<f64> = {
        let one = seen(
            "een",
            Sight {
                module: 5.0,
                ..CLEAR
            },
        );
        let other = seen(
            "twee",
            Sight {
                module: 5.0,
                ..CLEAR
            },
        );
        // The left half of each, one beside the other: the codes stand in the middle, so both are moved.
        let (width, height) = FRAME;
        let mut both = vec![255.0; width * height];
        for y in 0..height {
            for x in 0..width / 2 {
                both[y * width + x] = one[y * width + x + width / 4];
                both[y * width + width / 2 + x] = other[y * width + x + width / 4];
            }
        }
        both
    };
    let mut read = texts(&as_canvas(&both), FRAME.0, FRAME.1);
    read.sort();
    assert_eq!(read, ["een", "twee"]);
}

#[test]
fn a_picture_without_a_code_holds_nothing_and_ends_nothing() {
    let mut noise = Noise(7);
    for size in [(1, 1), (2, 3), (7, 1), (64, 64), (640, 480), (480, 640)] {
        let (width, height) = size;
        for _ in 0..8 {
            let pixels: Vec<u8> = (0..width * height * 4)
                .map(|_| noise.next().to_le_bytes()[0])
                .collect();
            assert!(texts(&pixels, width, height).is_empty(), "{size:?}");
        }
        for flat in [0, 127, 255] {
            let pixels = vec![flat; width * height * 4];
            assert!(texts(&pixels, width, height).is_empty(), "{size:?}");
        }
    }
}

/// Three corners of a code with anything between them: what finds codes goes on to read these.
#[test]
fn a_broken_code_never_ends_the_scanner() {
    let mut noise = Noise(11);
    let (width, height) = FRAME;
    for round in 0..120 {
        let sight = Sight {
            module: 4.0 + noise.about(1.5),
            turned: noise.about(180.0),
            slanted: noise.about(0.4),
            blur: round % 3,
            ..CLEAR
        };
        let mut picture = seen(if round % 2 == 0 { LONG } else { SHORT }, sight);
        for _ in 0..1 + round % 9 {
            let place = |most: usize, noise: &mut Noise| noise.next() as usize % most;
            let (left, top) = (place(width, &mut noise), place(height, &mut noise));
            let (wide, high) = (place(160, &mut noise), place(120, &mut noise));
            let grey = noise.about(128.0) + 127.0;
            for y in top..(top + high).min(height) {
                for x in left..(left + wide).min(width) {
                    picture[y * width + x] = grey;
                }
            }
        }
        // Read or not: whatever is read is what the code said, as each code has its own check.
        for text in texts(&as_canvas(&picture), width, height) {
            assert!(text == LONG || text == SHORT, "{text}");
        }
    }
}

#[test]
fn a_picture_of_another_size_than_it_says_holds_nothing() {
    let picture = as_canvas(&seen(SHORT, CLEAR));
    for (width, height) in [(0, 0), (0, 480), (640, 0), (641, 480), (usize::MAX, 2)] {
        assert!(texts(&picture, width, height).is_empty());
    }
}

#[test]
fn the_browser_gets_room_for_a_picture_it_can_hold_and_for_no_larger_one() {
    assert!(exports::room(1_025, 1).is_null());
    assert!(exports::room(1, usize::MAX).is_null());
    assert!(!exports::room(640, 480).is_null());
    // The room is empty: black.
    assert_eq!(exports::scan(640, 480), 0);
    assert_eq!(exports::scan(641, 480), 0);
    assert!(!exports::text().is_null());
}
