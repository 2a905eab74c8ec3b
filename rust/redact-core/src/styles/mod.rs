//! How to hide a region. What a style paints is settled before the first sample changes, and laid afterwards.

mod blur;
mod fill;
mod gaussian;
mod labels;
mod mosaic;

use crate::ring::Ring;
use crate::{Error, FrameMut, Plane, PlaneMut, Region, Result};

use blur::Blur;
pub use labels::Labels;
use mosaic::Cells;

/// Y, Cb, Cr.
pub type Colour = [u8; 3];

/// The styles that a release may use: none reads a sample under any region of its call, whatever hides that one.
#[derive(Debug, Clone, Copy)]
pub enum Shipping<'a> {
    /// One colour.
    Fill(Colour),
    /// One colour, and on it the codes that were placed for these regions.
    Coded(Colour, &'a Labels),
    /// A smooth membrane over the hole, from its ring; the colour where there is no ring at all.
    Blur(Colour),
    /// Random cells, drawn from a seed, around the ring's mean colour (or the given one where there is no ring).
    Mosaic(Colour, u64),
}

/// How one region is hidden.
#[derive(Debug, Clone, Copy)]
pub enum Style<'a> {
    /// Safe to release.
    Shipping(Shipping<'a>),
    /// **Not safe**: computed from what it hides. For internal working copies only.
    Gaussian,
}

impl<'a> Shipping<'a> {
    /// The names of the styles that a release may use, the strongest first.
    pub const NAMES: &'static [&'static str] = &["fill", "mosaic", "blur"];

    fn named(name: &str, colour: Colour, seed: Option<u64>, labels: Option<&'a Labels>) -> Result<Self> {
        match (name, labels) {
            ("fill", Some(labels)) => Ok(Self::Coded(colour, labels)),
            ("fill", None) => Ok(Self::Fill(colour)),
            ("mosaic", None) => Ok(Self::Mosaic(colour, seed.ok_or(Error::NoSeed)?)),
            ("blur", None) => Ok(Self::Blur(colour)),
            (_, Some(_)) => Err(Error::CodesOnStyle { style: name.to_owned() }),
            _ => Err(Error::UnknownStyle { given: name.to_owned(), known: Style::NAMES.join(", ") }),
        }
    }

    /// Where regions overlap, the stronger style paints: the one that reads less of the frame.
    const fn strength(&self) -> u8 {
        match self {
            Self::Blur(_) => 1,
            Self::Mosaic(..) => 2,
            Self::Fill(_) | Self::Coded(..) => 3,
        }
    }
}

impl<'a> Style<'a> {
    /// The names of all styles, the strongest first: the one list, from which policy and documents derive theirs.
    pub const NAMES: &'static [&'static str] = &["fill", "mosaic", "blur", "gaussian"];

    /// The style of this name for one region.
    ///
    /// # Errors
    /// [`Error::UnknownStyle`], [`Error::CodesOnStyle`], [`Error::NoSeed`].
    pub fn named(name: &str, colour: Colour, seed: Option<u64>, labels: Option<&'a Labels>) -> Result<Self> {
        match (name, labels) {
            ("gaussian", None) => Ok(Self::Gaussian),
            _ => Ok(Self::Shipping(Shipping::named(name, colour, seed, labels)?)),
        }
    }

    const fn shipping(&self) -> Option<Shipping<'a>> {
        match self {
            Self::Shipping(style) => Some(*style),
            Self::Gaussian => None,
        }
    }
}

/// What a style paints into one region of one plane.
pub(crate) enum Paint<'a> {
    Flat(u8),
    Labelled(&'a Labels, u8, Region),
    Blur(Blur),
    Cells(Cells),
}

impl<'a> Paint<'a> {
    /// Settle what is painted into each region of plane `number` that has a style to ship, reading nothing but rings.
    ///
    /// Returns the regions' indices with it, in the order of painting: the weakest style first, and of one style the
    /// earlier region.
    pub(crate) fn settle(
        plane: Plane<'_>,
        number: usize,
        regions: &[Region],
        styles: &[Style<'a>],
    ) -> Vec<(usize, Self)> {
        let holes: Vec<Region> = regions.iter().map(|region| on_plane(number, *region)).collect();
        let shipping = |(index, style): (usize, &Style<'a>)| Some((index, style.shipping()?));
        let mut shipping: Vec<(usize, Shipping<'a>)> = styles.iter().enumerate().filter_map(shipping).collect();
        shipping.sort_by_key(|(_, style)| style.strength());
        let settled = |(index, style)| (index, Self::of(style, plane, number, &holes, index, regions[index]));
        shipping.into_iter().map(settled).collect()
    }

    fn of(
        style: Shipping<'a>,
        plane: Plane<'_>,
        number: usize,
        holes: &[Region],
        index: usize,
        region: Region,
    ) -> Self {
        let ring = || Ring::read(plane, holes[index], holes);
        match style {
            Shipping::Coded(colour, labels) if number == 0 => Self::Labelled(labels, colour[number], region),
            Shipping::Fill(colour) | Shipping::Coded(colour, _) => Self::Flat(colour[number]),
            Shipping::Blur(colour) => match Blur::stretch(&ring(), holes[index]) {
                Some(blur) => Self::Blur(blur),
                None => Self::Flat(colour[number]),
            },
            Shipping::Mosaic(colour, seed) => {
                let mean = ring().mean().unwrap_or(colour[number]);
                Self::Cells(Cells::new(seed, mean, number, region))
            }
        }
    }

    /// Paint all of a window, which is the region's part of the plane.
    pub(crate) fn lay(&self, window: &mut PlaneMut<'_>) {
        match self {
            Self::Flat(value) => fill::fill(window, *value),
            Self::Labelled(labels, plate, region) => labels.lay(window, *plate, *region),
            Self::Blur(blur) => blur.lay(window),
            Self::Cells(cells) => cells.lay(window),
        }
    }
}

/// A luma region in the samples of plane `number`.
pub(crate) fn on_plane(number: usize, region: Region) -> Region {
    if number == 0 { region } else { region.chroma() }
}

/// Refuse styles that are not one for each region.
pub(crate) const fn check_styles(styles: &[Style<'_>], regions: &[Region]) -> Result<()> {
    if styles.len() == regions.len() {
        return Ok(());
    }
    Err(Error::StyleCount { regions: regions.len(), styles: styles.len() })
}

/// Hide `regions`, which lie inside the frame, in place, each in its style.
///
/// Where regions overlap, the style that reads least of the frame paints: `fill` over `mosaic` over `blur` over
/// `gaussian`; of one style, the later region.
///
/// # Errors
/// [`Error::StyleCount`]: not one style for each region.
pub fn redact(frame: &mut FrameMut<'_>, regions: &[Region], styles: &[Style<'_>]) -> Result<()> {
    check_styles(styles, regions)?;
    for (number, plane) in frame.planes.iter_mut().enumerate() {
        let hole = |index: usize| on_plane(number, regions[index]);
        let paints = Paint::settle(plane.as_plane(), number, regions, styles);
        let lay = |plane: &mut PlaneMut<'_>| {
            for (index, paint) in &paints {
                paint.lay(&mut plane.window(hole(*index)));
            }
        };
        lay(plane);
        if paints.len() < styles.len() {
            for index in (0..styles.len()).filter(|&index| styles[index].shipping().is_none()) {
                gaussian::gaussian(plane, hole(index));
            }
            // Laid before, so that no gaussian reads what another style hides, and again, where it overlaps.
            lay(plane);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pictures::{Picture, any_picture, any_regions, region};
    use crate::{Orientation, Upright};

    const GREY: Colour = [16, 128, 128];
    const SEEDS: [u64; 4] = [1, 2, 3, u64::MAX];

    #[test]
    fn every_name_is_of_a_style_and_only_releasable_ones_ship() {
        for name in Style::NAMES {
            let style = Style::named(name, GREY, Some(1), None).unwrap();
            let ships = Shipping::named(name, GREY, Some(1), None).is_ok();
            assert_eq!(matches!(style, Style::Shipping(_)), ships);
            assert_eq!(Shipping::NAMES.contains(name), ships);
        }
        assert!(matches!(Style::named("smear", GREY, None, None), Err(Error::UnknownStyle { .. })));
    }

    #[test]
    fn names_stand_in_the_order_of_strength() {
        let strength = |name: &&str| Shipping::named(name, GREY, Some(1), None).unwrap().strength();
        let strengths: Vec<u8> = Shipping::NAMES.iter().map(strength).collect();
        assert!(strengths.is_sorted_by(|stronger, weaker| stronger > weaker), "{strengths:?}");
        assert_eq!(&Style::NAMES[..Shipping::NAMES.len()], Shipping::NAMES);
    }

    fn labels(regions: &[Region]) -> Labels {
        // Upside down, for a frame that none of these pictures exceeds.
        let upright = Upright::new(Orientation::from_exif(3).unwrap(), 40, 40);
        Labels::place(&["(b)(6)", "s. 1", "", "7"][..regions.len()], regions, upright).unwrap()
    }

    /// Every style that ships, for each of these regions: `fill`, `fill` with codes, and the others.
    fn shipping<'a>(regions: &[Region], labels: &'a Labels) -> Vec<Vec<Style<'a>>> {
        let each = |name: &str, labels: Option<&'a Labels>| {
            let style = |seed: &u64| Style::named(name, GREY, Some(*seed), labels).unwrap();
            SEEDS[..regions.len()].iter().map(style).collect()
        };
        let mut styles: Vec<Vec<Style<'a>>> = Shipping::NAMES.iter().map(|name| each(name, None)).collect();
        styles.insert(1, each("fill", Some(labels)));
        styles
    }

    /// The same, and one of each in turn, from the first or the second on.
    fn shipping_and_mixed<'a>(regions: &[Region], labels: &'a Labels) -> Vec<Vec<Style<'a>>> {
        let pure = shipping(regions, labels);
        let mixed = |first: usize| (0..regions.len()).map(|index| pure[(first + index) % pure.len()][index]).collect();
        let mixtures: Vec<_> = (0..pure.len()).map(mixed).collect();
        [pure, mixtures].concat()
    }

    fn gaussian(regions: &[Region]) -> Vec<Style<'static>> {
        vec![Style::Gaussian; regions.len()]
    }

    fn hidden(regions: &[Region]) -> impl Fn(usize, usize, usize) -> bool {
        |number, x, y| regions.iter().any(|region| on_plane(number, *region).contains(x, y))
    }

    fn redacted(picture: &Picture, regions: &[Region], styles: &[Style<'_>]) -> Picture {
        let mut picture = picture.clone();
        redact(&mut picture.frame_mut(), regions, styles).unwrap();
        picture
    }

    fn scene() -> impl Strategy<Value = (Picture, Vec<Region>, Vec<u8>)> {
        any_picture().prop_flat_map(|picture| {
            let regions = any_regions(picture.width, picture.height);
            (Just(picture), regions, prop::collection::vec(any::<u8>(), 97))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn what_is_hidden_cannot_be_got_back((picture, regions, noise) in scene()) {
            let mut other = picture.clone();
            other.scramble(&noise, hidden(&regions));
            let codes = labels(&regions);
            for styles in shipping_and_mixed(&regions, &codes) {
                prop_assert_eq!(redacted(&picture, &regions, &styles), redacted(&other, &regions, &styles));
            }
        }

        #[test]
        fn nothing_outside_the_regions_changes((picture, regions, noise) in scene()) {
            let codes = labels(&regions);
            for styles in shipping_and_mixed(&regions, &codes).into_iter().chain([gaussian(&regions)]) {
                let mut after = redacted(&picture, &regions, &styles);
                let mut before = picture.clone();
                after.scramble(&noise, hidden(&regions));
                before.scramble(&noise, hidden(&regions));
                prop_assert_eq!(before, after);
            }
        }

        #[test]
        fn every_hidden_sample_is_painted((picture, regions, _) in scene()) {
            let filled = redacted(&picture, &regions, &shipping(&regions, &labels(&regions))[0]);
            let mut expected = picture;
            for (number, value) in GREY.into_iter().enumerate() {
                expected.scramble(&[value], |plane, x, y| plane == number && hidden(&regions)(plane, x, y));
            }
            prop_assert_eq!(filled, expected);
        }

        #[test]
        fn a_code_is_ink_on_the_plate_and_the_order_of_regions_does_not_show((picture, mut regions, _) in scene()) {
            let codes = labels(&regions);
            let [filled, coded, ..] = &shipping(&regions, &codes)[..] else { unreachable!() };
            let mut lettered = redacted(&picture, &regions, coded);
            regions.reverse();
            prop_assert_eq!(&redacted(&picture, &regions, coded), &lettered);
            let frame = lettered.frame();
            let inked: Vec<bool> = frame.planes[0].rows().flatten().map(|&sample| sample == 235).collect();
            let width = lettered.width;
            lettered.scramble(&GREY[..1], |plane, x, y| {
                plane == 0 && inked[y * width + x] && hidden(&regions)(plane, x, y)
            });
            prop_assert_eq!(lettered, redacted(&picture, &regions, filled));
        }

        #[test]
        fn redacting_twice_changes_nothing_more((picture, regions, _) in scene()) {
            let codes = labels(&regions);
            for styles in shipping_and_mixed(&regions, &codes) {
                let once = redacted(&picture, &regions, &styles);
                prop_assert_eq!(redacted(&once, &regions, &styles), once);
            }
        }

        #[test]
        fn where_regions_overlap_the_stronger_style_paints((picture, regions, _) in scene(), first in 0..=Shipping::NAMES.len()) {
            let codes = labels(&regions);
            let styles = &shipping_and_mixed(&regions, &codes)[Shipping::NAMES.len() + 1 + first];
            let strength = |index: usize| styles[index].shipping().unwrap().strength();
            let together = redacted(&picture, &regions, styles);
            for number in 0..3 {
                let alone = |(index, paint): (usize, Paint)| {
                    let mut other = picture.clone();
                    let hole = on_plane(number, regions[index]);
                    paint.lay(&mut other.frame_mut().planes[number].window(hole));
                    (index, hole, other.buffers[number].clone())
                };
                let frame = picture.frame();
                let laid: Vec<_> =
                    Paint::settle(frame.planes[number], number, &regions, styles).into_iter().map(alone).collect();
                let stride = picture.strides[number];
                for (at, sample) in together.buffers[number].iter().enumerate() {
                    let over = laid.iter().filter(|(_, hole, _)| hole.contains(at % stride, at / stride));
                    let Some((_, _, expected)) = over.max_by_key(|(index, ..)| (strength(*index), *index)) else { continue };
                    prop_assert_eq!(*sample, expected[at]);
                }
            }
        }

        #[test]
        fn a_gaussian_reads_nothing_that_another_style_hides((picture, regions, noise) in scene()) {
            let codes = labels(&regions);
            for mut styles in shipping(&regions, &codes) {
                styles[0] = Style::Gaussian;
                let mut other = picture.clone();
                other.scramble(&noise, hidden(&regions[1..]));
                let once = redacted(&picture, &regions, &styles);
                prop_assert_eq!(&once, &redacted(&other, &regions, &styles));
                other.scramble(&noise, |number, x, y| on_plane(number, regions[0]).contains(x, y));
                let stronger = hidden(&regions[1..]);
                let mut apart = redacted(&other, &regions, &styles);
                let mut once = once;
                once.scramble(&[0], |number, x, y| !stronger(number, x, y));
                apart.scramble(&[0], |number, x, y| !stronger(number, x, y));
                prop_assert_eq!(once, apart, "a gaussian lies over a stronger style");
            }
        }
    }

    #[test]
    fn refuses_styles_that_are_not_one_for_each_region() {
        let mut picture = Picture::flat(4, 4, [1, 2, 3]);
        let regions = [region(0, 0, 1, 1), region(2, 2, 4, 4)];
        let refused = redact(&mut picture.frame_mut(), &regions, &[Style::Gaussian]);
        assert_eq!(refused, Err(Error::StyleCount { regions: 2, styles: 1 }));
        assert_eq!(picture, Picture::flat(4, 4, [1, 2, 3]));
    }

    #[test]
    fn refuses_a_mosaic_without_a_seed() {
        assert_eq!(Style::named("mosaic", GREY, None, None).err(), Some(Error::NoSeed));
    }

    #[test]
    fn a_hole_without_a_ring_gets_the_given_colour() {
        let everything = [region(0, 0, 5, 3)];
        let blurred =
            redacted(&Picture::flat(5, 3, [200, 9, 9]), &everything, &[Style::Shipping(Shipping::Blur(GREY))]);
        assert_eq!(blurred, Picture::flat(5, 3, GREY));
    }
}
