//! Following: where what a box of one frame holds is in another frame, and how sure that is.
//!
//! A coarse search over whole samples, then an alignment of the whole patch, forward and back again. Integers in the
//! search, IEEE arithmetic in one fixed order elsewhere: every machine finds the same boxes.

mod align;
mod patch;
mod pyramid;
mod search;

pub use pyramid::{Level, Pyramid};

use crate::{Error, Result};
use align::align;
use patch::{Area, COUNT, Samples, likeness, sample, weights};
use search::search;

/// Samples along a box's side in the coarse search.
const COARSE: f32 = 12.0;

/// Samples along a box's side when it is aligned: as many as the patch has.
const FINE: f32 = 24.0;

/// An alignment that ends farther from the search's place than this, in sides, has found something else.
const LOST: f32 = 0.6;

/// Guesses that are nearer to each other than this, in sides, are one: the search reaches both.
const SAME_GUESS: f32 = 0.1;

/// Where a followed box is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Left, top, right, bottom in upright pixels.
    pub place: [f32; 4],
    /// How far a step back ends from the start, in sides of the box (the geometric mean of width and height).
    pub error: f32,
    /// Correlation of what the two boxes hold, -1..1.
    pub likeness: f32,
}

/// Follow a box from one frame to another.
///
/// # Arguments
/// `place` is left, top, right, bottom in upright pixels. `guesses` are moves to begin with, right and down; the one
/// under which the contents fit best is taken.
///
/// # Errors
/// A box that is empty or not finite, no guess, pyramids of different sizes.
pub fn follow(from: &Pyramid, to: &Pyramid, place: [f32; 4], guesses: &[(f32, f32)]) -> Result<Step> {
    check(from, to, place, guesses)?;
    Ok(pulp::Arch::new().dispatch(Follow { from, to, area: area(place), guesses }))
}

/// Look for what a box held in an earlier frame around where it may be now: the place, and the correlation there.
///
/// # Errors
/// As [`follow`].
pub fn find(from: &Pyramid, to: &Pyramid, place: [f32; 4], guess: (f32, f32)) -> Result<Step> {
    check(from, to, place, &[guess])?;
    Ok(pulp::Arch::new().dispatch(Find { from, to, area: area(place), guess }))
}

fn check(from: &Pyramid, to: &Pyramid, place: [f32; 4], guesses: &[(f32, f32)]) -> Result<()> {
    let finite = place.iter().chain(guesses.iter().flat_map(|(x, y)| [x, y])).all(|number| number.is_finite());
    if !finite || place[0] >= place[2] || place[1] >= place[3] || guesses.is_empty() {
        return Err(Error::NothingToFollow);
    }
    let sizes = |pyramid: &Pyramid| pyramid.levels().iter().map(|l| (l.width, l.height)).collect::<Vec<_>>();
    if sizes(from) == sizes(to) { Ok(()) } else { Err(Error::PyramidsDiffer) }
}

fn area([left, top, right, bottom]: [f32; 4]) -> Area {
    Area { x: f32::midpoint(left, right), y: f32::midpoint(top, bottom), width: right - left, height: bottom - top }
}

fn place(area: Area) -> [f32; 4] {
    let (x, y) = (area.width / 2.0, area.height / 2.0);
    [area.x - x, area.y - y, area.x + x, area.y + y]
}

struct Follow<'a> {
    from: &'a Pyramid,
    to: &'a Pyramid,
    area: Area,
    guesses: &'a [(f32, f32)],
}

impl pulp::NullaryFnOnce for Follow<'_> {
    type Output = Step;

    #[inline(always)]
    fn call(self) -> Step {
        let Self { from, to, area, guesses } = self;
        let weights = weights();
        let found = once(from, to, area, best(from, to, area, guesses), &weights);
        let back = once(to, from, found, (area.x - found.x, area.y - found.y), &weights);
        let error = (back.distance(area) + 0.5 * (back.side() - area.side()).abs()) / area.side();
        let level = from.level_for(area.side(), FINE);
        let pair = (&from.levels()[level], &to.levels()[level]);
        let likeness = likeness((pair.0, area), (pair.1, found), from.factor(level));
        Step { place: place(found), error, likeness }
    }
}

struct Find<'a> {
    from: &'a Pyramid,
    to: &'a Pyramid,
    area: Area,
    guess: (f32, f32),
}

impl pulp::NullaryFnOnce for Find<'_> {
    type Output = Step;

    #[inline(always)]
    fn call(self) -> Step {
        let Self { from, to, area, guess } = self;
        let coarse = from.level_for(area.side(), COARSE);
        let factor = from.factor(coarse);
        let ((x, y), alike) = search(&from.levels()[coarse], &to.levels()[coarse], area, factor, guess);
        let level = from.level_for(area.side(), FINE);
        let factor = from.factor(level);
        let mut template: Samples = [0.0; COUNT];
        sample(&from.levels()[level], area, factor, &mut template);
        let found = align(&template, &to.levels()[level], factor, area.moved(x, y), &weights(), true);
        let fine = likeness((&from.levels()[level], area), (&to.levels()[level], found), factor);
        Step { place: place(found), error: 0.0, likeness: alike.min(fine) }
    }
}

/// The guess under which the contents of the box fit best.
#[inline(always)]
fn best(from: &Pyramid, to: &Pyramid, area: Area, guesses: &[(f32, f32)]) -> (f32, f32) {
    let first = guesses[0];
    let level = from.level_for(area.side(), COARSE);
    let factor = from.factor(level);
    let fit =
        |(x, y): (f32, f32)| likeness((&from.levels()[level], area), (&to.levels()[level], area.moved(x, y)), factor);
    let (mut chosen, mut most) = (first, None);
    for guess in &guesses[1..] {
        if area.moved(guess.0, guess.1).distance(area.moved(first.0, first.1)) > SAME_GUESS * area.side() {
            let before = most.unwrap_or_else(|| fit(chosen));
            let here = fit(*guess);
            if here > before {
                chosen = *guess;
            }
            most = Some(before.max(here));
        }
    }
    chosen
}

/// One direction: search, then align, coarse to fine.
#[inline(always)]
fn once(from: &Pyramid, to: &Pyramid, area: Area, guess: (f32, f32), weights: &Samples) -> Area {
    let coarse = from.level_for(area.side(), COARSE);
    let ((x, y), _) = search(&from.levels()[coarse], &to.levels()[coarse], area, from.factor(coarse), guess);
    let mut found = area.moved(x, y);
    let fine = from.level_for(area.side(), FINE);
    let mut template: Samples = [0.0; COUNT];
    for (above, sized) in [(1, false), (0, true)] {
        let level = (fine + above).min(from.levels().len() - 1);
        let factor = from.factor(level);
        sample(&from.levels()[level], area, factor, &mut template);
        let next = align(&template, &to.levels()[level], factor, found, weights, sized);
        if next.distance(found) < LOST * area.side() {
            found = next;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Frame, Orientation};

    const WIDTH: usize = 96;
    const HEIGHT: usize = 80;

    /// A textured blob around a place.
    pub fn blob(x: i32, y: i32) -> (i32, i32) {
        (x, y)
    }

    /// Blobs on a quiet ground.
    pub fn picture(blobs: &[(i32, i32)]) -> Level {
        let value = |x: i32, y: i32| {
            let near = blobs.iter().find(|(cx, cy)| (x - cx).abs() <= 10 && (y - cy).abs() <= 10);
            near.map_or(60 + (x / 16 + y / 16) % 3, |(cx, cy)| {
                let (dx, dy) = (x - cx, y - cy);
                100 + 4 * dx + 5 * ((dy * dy) % 11) + if dx * dy > 6 { 40 } else { 0 }
            })
        };
        let pixels = (0..80).flat_map(|y| (0..96).map(move |x| (x, y)));
        let samples = pixels.map(|(x, y)| u8::try_from(value(x, y).clamp(0, 255)).unwrap()).collect();
        Level { width: WIDTH, height: HEIGHT, samples }
    }

    fn pyramid(level: &Level) -> Pyramid {
        let chroma = vec![128; WIDTH / 2 * HEIGHT / 2];
        let planes = [&level.samples[..], &chroma[..], &chroma[..]];
        let frame = Frame::new(planes, [WIDTH, WIDTH / 2, WIDTH / 2], WIDTH, HEIGHT).unwrap();
        Pyramid::new(&frame, Orientation::from_exif(1).unwrap())
    }

    #[test]
    fn a_blob_is_followed_and_the_step_is_sure() {
        let (from, to) = (pyramid(&picture(&[blob(40, 40)])), pyramid(&picture(&[blob(46, 37)])));
        let step = follow(&from, &to, [30.0, 30.0, 50.0, 50.0], &[(0.0, 0.0)]).unwrap();
        let wanted = [36.0, 27.0, 56.0, 47.0];
        assert!(step.place.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1.0), "{step:?}");
        assert!(step.error < 0.1 && step.likeness > 0.9, "{step:?}");
    }

    #[test]
    fn what_is_gone_is_not_found_for_sure() {
        let (from, to) = (pyramid(&picture(&[blob(40, 40)])), pyramid(&picture(&[])));
        let step = follow(&from, &to, [30.0, 30.0, 50.0, 50.0], &[(0.0, 0.0)]).unwrap();
        assert!(step.likeness < 0.7, "{step:?}");
    }

    #[test]
    fn the_better_guess_is_taken() {
        let (from, to) = (pyramid(&picture(&[blob(20, 40)])), pyramid(&picture(&[blob(74, 40)])));
        let step = follow(&from, &to, [10.0, 30.0, 30.0, 50.0], &[(0.0, 0.0), (52.0, 0.0)]).unwrap();
        assert!((step.place[0] - 64.0).abs() < 1.0, "{step:?}");
    }

    #[test]
    fn what_came_back_is_found_again() {
        let (from, to) = (pyramid(&picture(&[blob(40, 40)])), pyramid(&picture(&[blob(44, 42)])));
        let step = find(&from, &to, [30.0, 30.0, 50.0, 50.0], (2.0, 0.0)).unwrap();
        assert!((step.place[0] - 34.0).abs() < 1.0 && step.likeness > 0.9, "{step:?}");
    }

    #[test]
    fn refuses_a_box_without_an_inside_and_frames_of_two_sizes() {
        let one = pyramid(&picture(&[]));
        assert_eq!(follow(&one, &one, [5.0, 5.0, 5.0, 9.0], &[(0.0, 0.0)]), Err(Error::NothingToFollow));
        assert_eq!(follow(&one, &one, [0.0, 0.0, f32::NAN, 9.0], &[(0.0, 0.0)]), Err(Error::NothingToFollow));
        assert_eq!(follow(&one, &one, [1.0, 1.0, 9.0, 9.0], &[]), Err(Error::NothingToFollow));
        let frame = Frame::new([&[0; 4], &[0], &[0]], [2, 1, 1], 2, 2).unwrap();
        let other = Pyramid::new(&frame, Orientation::from_exif(1).unwrap());
        assert_eq!(follow(&one, &other, [1.0, 1.0, 9.0, 9.0], &[(0.0, 0.0)]), Err(Error::PyramidsDiffer));
    }

    /// A picture of noise, smoothed a little, that is the same every time.
    fn noise(seed: u32) -> Level {
        let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let mut samples: Vec<u8> = (0..WIDTH * HEIGHT).map(|_| next()).collect();
        for i in 1..samples.len() {
            samples[i] = u8::midpoint(samples[i - 1], samples[i]);
        }
        Level { width: WIDTH, height: HEIGHT, samples }
    }

    #[test]
    fn wider_registers_give_the_same_bits() {
        use pulp::NullaryFnOnce;
        for seed in 0..40 {
            let (from, to) = (pyramid(&noise(seed)), pyramid(&noise(seed / 2)));
            let side = 9.0 + 1.5 * f32::from(u8::try_from(seed).unwrap());
            let guesses = [(0.0, 0.0), (side / 4.0, -side / 3.0)];
            let sides = [20.5, 11.25, 20.5 + side, 11.25 + 0.8 * side];
            let area = area(sides);
            let narrow = Follow { from: &from, to: &to, area, guesses: &guesses }.call();
            let wide = follow(&from, &to, sides, &guesses).unwrap();
            assert_eq!(bits(narrow), bits(wide), "{seed}");
            let narrow = Find { from: &from, to: &to, area, guess: guesses[1] }.call();
            assert_eq!(bits(narrow), bits(find(&from, &to, sides, guesses[1]).unwrap()), "{seed}");
        }
    }

    fn bits(step: Step) -> [u32; 6] {
        let [left, top, right, bottom] = step.place;
        [left, top, right, bottom, step.error, step.likeness].map(f32::to_bits)
    }

    #[test]
    fn a_frame_of_one_sample_is_followed_without_a_panic() {
        let frame = Frame::new([&[7], &[0], &[0]], [1, 1, 1], 1, 1).unwrap();
        let tiny = Pyramid::new(&frame, Orientation::from_exif(1).unwrap());
        assert!(follow(&tiny, &tiny, [0.0, 0.0, 1.0, 1.0], &[(0.0, 0.0)]).is_ok());
    }
}
