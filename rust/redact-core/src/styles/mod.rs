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

/// The styles that a release may use: none reads a sample under any region of its call.
#[derive(Debug, Clone, Copy)]
pub enum Shipping<'a> {
    /// One colour.
    Fill(Colour),
    /// One colour, and on it the codes that were placed for these regions.
    Coded(Colour, &'a Labels),
    /// A smooth membrane over the hole, from its ring; the colour where there is no ring at all.
    Blur(Colour),
    /// Random cells around the ring's mean colour (or the given one where there is no ring), from one seed per region.
    Mosaic(Colour, &'a [u64]),
}

/// Every style.
#[derive(Debug, Clone, Copy)]
pub enum Style<'a> {
    /// Safe to release.
    Shipping(Shipping<'a>),
    /// **Not safe**: computed from what it hides. For internal working copies only.
    Gaussian,
}

impl<'a> Shipping<'a> {
    /// The names of the styles that a release may use.
    pub const NAMES: [&'static str; 3] = ["fill", "blur", "mosaic"];

    /// The style of this name.
    ///
    /// # Errors
    /// [`Error::UnknownStyle`], [`Error::CodesOnStyle`].
    pub fn named(name: &str, colour: Colour, seeds: &'a [u64], labels: Option<&'a Labels>) -> Result<Self> {
        match (name, labels) {
            ("fill", Some(labels)) => Ok(Self::Coded(colour, labels)),
            ("fill", None) => Ok(Self::Fill(colour)),
            ("blur", None) => Ok(Self::Blur(colour)),
            ("mosaic", None) => Ok(Self::Mosaic(colour, seeds)),
            (_, Some(_)) => Err(Error::CodesOnStyle { style: name.to_owned() }),
            _ => Err(Error::UnknownStyle { given: name.to_owned(), known: Style::NAMES.join(", ") }),
        }
    }
}

impl<'a> Style<'a> {
    /// The names of all styles: the one list, from which policy, command line and documents derive theirs.
    pub const NAMES: [&'static str; 4] = ["fill", "blur", "mosaic", "gaussian"];

    /// The style of this name.
    ///
    /// # Errors
    /// [`Error::UnknownStyle`], [`Error::CodesOnStyle`].
    pub fn named(name: &str, colour: Colour, seeds: &'a [u64], labels: Option<&'a Labels>) -> Result<Self> {
        match (name, labels) {
            ("gaussian", None) => Ok(Self::Gaussian),
            _ => Ok(Self::Shipping(Shipping::named(name, colour, seeds, labels)?)),
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
    /// Settle what `style` paints into region `index` of plane `number`, reading nothing but its ring.
    pub(crate) fn settle(
        style: Shipping<'a>,
        plane: Plane<'_>,
        number: usize,
        index: usize,
        regions: &[Region],
    ) -> Self {
        let holes: Vec<Region> = regions.iter().map(|region| on_plane(number, *region)).collect();
        let ring = || Ring::read(plane, holes[index], &holes);
        match style {
            Shipping::Coded(colour, labels) if number == 0 => Self::Labelled(labels, colour[number], regions[index]),
            Shipping::Fill(colour) | Shipping::Coded(colour, _) => Self::Flat(colour[number]),
            Shipping::Blur(colour) => match Blur::stretch(&ring(), holes[index]) {
                Some(blur) => Self::Blur(blur),
                None => Self::Flat(colour[number]),
            },
            Shipping::Mosaic(colour, seeds) => {
                let mean = ring().mean().unwrap_or(colour[number]);
                Self::Cells(Cells::new(seeds[index], mean, number, regions[index]))
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

/// Refuse seeds that are not one for each region.
///
/// # Errors
/// [`Error::SeedCount`].
pub const fn check_seeds(seeds: &[u64], regions: &[Region]) -> Result<()> {
    if seeds.len() == regions.len() {
        return Ok(());
    }
    Err(Error::SeedCount { regions: regions.len(), seeds: seeds.len() })
}

/// Hide `regions`, which lie inside the frame, in place. Where regions overlap, the last one paints.
///
/// # Errors
/// [`Error::SeedCount`]: a mosaic without a seed for every region.
pub fn redact(frame: &mut FrameMut<'_>, regions: &[Region], style: Style<'_>) -> Result<()> {
    if let Style::Shipping(Shipping::Mosaic(_, seeds)) = style {
        check_seeds(seeds, regions)?;
    }
    for (number, plane) in frame.planes.iter_mut().enumerate() {
        for (index, region) in regions.iter().enumerate() {
            let hole = on_plane(number, *region);
            match style {
                Style::Shipping(style) => {
                    // Earlier regions are painted by now, and still count as hidden: no order of work shows.
                    let paint = Paint::settle(style, plane.as_plane(), number, index, regions);
                    paint.lay(&mut plane.window(hole));
                }
                Style::Gaussian => gaussian::gaussian(plane, hole),
            }
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
            let style = Style::named(name, GREY, &SEEDS, None).unwrap();
            let ships = Shipping::named(name, GREY, &SEEDS, None).is_ok();
            assert_eq!(matches!(style, Style::Shipping(_)), ships);
            assert_eq!(Shipping::NAMES.contains(&name), ships);
        }
        assert!(matches!(Style::named("smear", GREY, &SEEDS, None), Err(Error::UnknownStyle { .. })));
    }

    fn labels(regions: &[Region]) -> Labels {
        // Upside down, for a frame that none of these pictures exceeds.
        let upright = Upright::new(Orientation::from_exif(3).unwrap(), 40, 40);
        Labels::place(&["(b)(6)", "s. 1", "", "7"][..regions.len()], regions, upright).unwrap()
    }

    fn shipping<'a>(regions: &[Region], labels: &'a Labels) -> [Shipping<'a>; 4] {
        [
            Shipping::Fill(GREY),
            Shipping::Coded(GREY, labels),
            Shipping::Blur(GREY),
            Shipping::Mosaic(GREY, &SEEDS[..regions.len()]),
        ]
    }

    fn hidden(regions: &[Region]) -> impl Fn(usize, usize, usize) -> bool {
        |number, x, y| regions.iter().any(|region| on_plane(number, *region).contains(x, y))
    }

    fn redacted(picture: &Picture, regions: &[Region], style: Style<'_>) -> Picture {
        let mut picture = picture.clone();
        redact(&mut picture.frame_mut(), regions, style).unwrap();
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
            for style in shipping(&regions, &codes).map(Style::Shipping) {
                prop_assert_eq!(redacted(&picture, &regions, style), redacted(&other, &regions, style));
            }
        }

        #[test]
        fn nothing_outside_the_regions_changes((picture, regions, noise) in scene()) {
            let codes = labels(&regions);
            for style in shipping(&regions, &codes).map(Style::Shipping).into_iter().chain([Style::Gaussian]) {
                let mut after = redacted(&picture, &regions, style);
                let mut before = picture.clone();
                after.scramble(&noise, hidden(&regions));
                before.scramble(&noise, hidden(&regions));
                prop_assert_eq!(before, after);
            }
        }

        #[test]
        fn every_hidden_sample_is_painted((picture, regions, _) in scene()) {
            let filled = redacted(&picture, &regions, Style::Shipping(Shipping::Fill(GREY)));
            let mut expected = picture;
            for (number, value) in GREY.into_iter().enumerate() {
                expected.scramble(&[value], |plane, x, y| plane == number && hidden(&regions)(plane, x, y));
            }
            prop_assert_eq!(filled, expected);
        }

        #[test]
        fn a_code_is_ink_on_the_plate_and_the_order_of_regions_does_not_show((picture, mut regions, _) in scene()) {
            let codes = labels(&regions);
            let style = Style::Shipping(Shipping::Coded(GREY, &codes));
            let mut lettered = redacted(&picture, &regions, style);
            regions.reverse();
            prop_assert_eq!(&redacted(&picture, &regions, style), &lettered);
            let frame = lettered.frame();
            let inked: Vec<bool> = frame.planes[0].rows().flatten().map(|&sample| sample == 235).collect();
            let width = lettered.width;
            lettered.scramble(&GREY[..1], |plane, x, y| {
                plane == 0 && inked[y * width + x] && hidden(&regions)(plane, x, y)
            });
            prop_assert_eq!(lettered, redacted(&picture, &regions, Style::Shipping(Shipping::Fill(GREY))));
        }

        #[test]
        fn redacting_twice_changes_nothing_more((picture, regions, _) in scene()) {
            let codes = labels(&regions);
            for style in shipping(&regions, &codes).map(Style::Shipping) {
                let once = redacted(&picture, &regions, style);
                prop_assert_eq!(redacted(&once, &regions, style), once);
            }
        }
    }

    #[test]
    fn refuses_a_mosaic_without_a_seed_for_every_region() {
        let mut picture = Picture::flat(4, 4, [1, 2, 3]);
        let style = Style::Shipping(Shipping::Mosaic(GREY, &SEEDS[..1]));
        let regions = [region(0, 0, 1, 1), region(2, 2, 4, 4)];
        let refused = redact(&mut picture.frame_mut(), &regions, style);
        assert_eq!(refused, Err(Error::SeedCount { regions: 2, seeds: 1 }));
        assert_eq!(picture, Picture::flat(4, 4, [1, 2, 3]));
    }

    #[test]
    fn a_hole_without_a_ring_gets_the_given_colour() {
        let everything = [region(0, 0, 5, 3)];
        let blurred = redacted(&Picture::flat(5, 3, [200, 9, 9]), &everything, Style::Shipping(Shipping::Blur(GREY)));
        assert_eq!(blurred, Picture::flat(5, 3, GREY));
    }
}
