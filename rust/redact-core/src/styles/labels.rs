//! Codes on filled regions: why something is hidden, at the place where it is.
//!
//! All codes of a frame are placed before the first sample changes, from the regions alone. Every region then paints
//! what lies in it of any code, so that where regions overlap it does not matter which of them paints last: no code is
//! cut, and none is painted over another.

use std::cmp::Reverse;

use font8x8::legacy::BASIC_LEGACY;

use super::fill::fill;
use crate::{Error, PlaneMut, Region, Result, Upright};

/// Rows of a glyph, least significant bit first.
type Glyph = [u8; CELL];

/// Side of a glyph's cell.
const CELL: usize = 8;

/// Pixels of a frame for one of a glyph, from which on a code is worth no further line: what is twice the font's size is
/// read in a moving picture, and survives its coding.
const LEGIBLE: usize = 2;

/// Clear rows between two lines.
const LEADING: usize = 2;

/// Clear columns and rows between a code and its region's edge, at least.
const MARGIN: usize = 2;

/// Ink on a dark and on a light plate: white and black of limited range, which are legal in full range as well.
const INKS: [u8; 2] = [235, 16];

/// The codes of one frame, each in its place in the upright frame.
#[derive(Debug)]
pub struct Labels {
    lines: Vec<Line>,
    upright: Upright,
}

impl Labels {
    /// Place one code per region, where it fits whole: in the middle, else above, else below. An empty code is none.
    ///
    /// It is as large as the region holds it, broken into no more lines than make it legible. The largest region goes
    /// first. No code touches another one; a region half of which lies in one that has the same code needs no second
    /// one; and one that has no room keeps its plain plate.
    ///
    /// # Errors
    /// [`Error::CodeCount`]: not one code for each region. [`Error::CodeNotPrintable`]: not printable ASCII.
    pub fn place(codes: &[impl AsRef<str>], regions: &[Region], upright: Upright) -> Result<Self> {
        let codes: Vec<&str> = codes.iter().map(AsRef::as_ref).collect();
        check(&codes, regions)?;
        let regions: Vec<Region> = regions.iter().map(|region| upright.region(*region)).collect();
        let mut order: Vec<usize> = (0..regions.len()).collect();
        order.sort_by_key(|&index| Reverse(regions[index].area()));
        let mut placed: Vec<Placed> = Vec::new();
        for index in order {
            placed.extend(Placed::beside(&placed, codes[index], regions[index]));
        }
        Ok(Self { lines: placed.iter().flat_map(Placed::lines).collect(), upright })
    }

    /// Fill a window with `plate`, and paint what lies in its luma `region` of any code.
    pub(super) fn lay(&self, window: &mut PlaneMut<'_>, plate: u8, region: Region) {
        fill(window, plate);
        let ink = INKS[usize::from(plate >= 128)];
        for line in &self.lines {
            let Some(shared) = line.area().intersection(&self.upright.region(region)) else { continue };
            for y in shared.top..shared.bottom {
                for x in (shared.left..shared.right).filter(|&x| line.is_inked(x, y)) {
                    let (column, row) = self.upright.to_coded(x, y);
                    window.row_mut(row - region.top)[column - region.left] = ink;
                }
            }
        }
    }
}

fn check(codes: &[&str], regions: &[Region]) -> Result<()> {
    if codes.len() != regions.len() {
        return Err(Error::CodeCount { regions: regions.len(), codes: codes.len() });
    }
    let printable = |code: &str| code.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    match codes.iter().position(|code| !printable(code)) {
        Some(index) => Err(Error::CodeNotPrintable { index, code: codes[index].to_owned() }),
        None => Ok(()),
    }
}

/// A code with its place.
struct Placed<'c> {
    code: &'c str,
    region: Region,
    layout: Layout<'c>,
    area: Region,
}

impl<'c> Placed<'c> {
    /// A code inside its region and clear of those that have a place; nothing if it has no room or needs none.
    fn beside(placed: &[Self], code: &'c str, region: Region) -> Option<Self> {
        let shared = |other: &Self| region.intersection(&other.region).map_or(0, |shared| shared.area());
        if placed.iter().any(|other| other.code == code && 2 * shared(other) >= region.area()) {
            return None;
        }
        let is_clear = |area: &Region| placed.iter().all(|other| other.area.intersection(area).is_none());
        Layout::fitting(code, region).into_iter().find_map(|layout| {
            let area = layout.areas(region).into_iter().find(is_clear)?;
            Some(Self { code, region, layout, area })
        })
    }

    fn lines(&self) -> impl Iterator<Item = Line> {
        let scale = self.layout.scale;
        self.layout.lines.iter().enumerate().map(move |(number, text)| Line {
            glyphs: text.bytes().map(|byte| BASIC_LEGACY[usize::from(byte)]).collect(),
            left: self.area.left + (self.area.width() - text.len() * CELL * scale) / 2,
            top: self.area.top + number * (CELL + LEADING) * scale,
            scale,
        })
    }
}

/// A code broken into lines, and how many pixels a glyph's is wide and high.
struct Layout<'c> {
    lines: Vec<&'c str>,
    scale: usize,
}

impl<'c> Layout<'c> {
    /// All that fit whole into a region, each as large as it does: what is legible first, and then what has fewer lines.
    fn fitting(code: &'c str, region: Region) -> Vec<Self> {
        let fitted = |columns: usize| {
            let mut layout = Self { lines: broken(code, columns)?, scale: 1 };
            let (width, height) = layout.size();
            layout.scale = (region.width() / (width + 2 * MARGIN)).min(region.height() / (height + 2 * MARGIN));
            (layout.scale > 0).then_some(layout)
        };
        let mut layouts: Vec<Self> = (1..=code.len()).filter_map(fitted).collect();
        layouts.sort_by_key(|layout| (Reverse(layout.scale.min(LEGIBLE)), layout.lines.len()));
        layouts
    }

    /// Width and height in pixels.
    fn size(&self) -> (usize, usize) {
        let columns = self.lines.iter().map(|line| line.len()).max().unwrap_or(0);
        (columns * CELL * self.scale, (self.lines.len() * (CELL + LEADING) - LEADING) * self.scale)
    }

    /// Where it may stand in a region: in the middle, above and below.
    fn areas(&self, region: Region) -> [Region; 3] {
        let (width, height) = self.size();
        let margin = MARGIN * self.scale;
        let left = region.left + (region.width() - width) / 2;
        let middle = region.top + (region.height() - height) / 2;
        [middle, region.top + margin, region.bottom - margin - height].map(|top| Region {
            left,
            top,
            right: left + width,
            bottom: top + height,
        })
    }
}

/// A code in lines of at most `columns` characters, broken before brackets and behind spaces; nothing if a piece between
/// two such places is longer.
fn broken(code: &str, columns: usize) -> Option<Vec<&str>> {
    let bytes = code.as_bytes();
    let breaks = (1..bytes.len()).filter(|&at| bytes[at] == b'(' || bytes[at - 1] == b' ').chain([bytes.len()]);
    let line = |start: usize, end: usize| code[start..end].trim_end();
    let (mut lines, mut start, mut end) = (Vec::new(), 0, 0);
    for next in breaks {
        if line(start, next).len() > columns {
            lines.push(line(start, end));
            start = end;
        }
        if line(start, next).len() > columns {
            return None;
        }
        end = next;
    }
    lines.push(line(start, end));
    Some(lines)
}

/// One line of a code in a frame.
#[derive(Debug)]
struct Line {
    glyphs: Vec<Glyph>,
    left: usize,
    top: usize,
    scale: usize,
}

impl Line {
    fn area(&self) -> Region {
        let (width, height) = (self.glyphs.len() * CELL * self.scale, CELL * self.scale);
        Region { left: self.left, top: self.top, right: self.left + width, bottom: self.top + height }
    }

    /// Whether a luma sample of its area belongs to a stroke.
    fn is_inked(&self, x: usize, y: usize) -> bool {
        let (column, row) = ((x - self.left) / self.scale, (y - self.top) / self.scale);
        self.glyphs[column / CELL][row] >> (column % CELL) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::pictures::region;
    use crate::{Orientation, Upright};

    const CODES: [&str; 3] = ["(b)(7)(C)", "s. 14(1)", "42.56.240(14)"];

    fn upright(exif: i64, width: usize, height: usize) -> Upright {
        Upright::new(Orientation::from_exif(exif).unwrap(), width, height)
    }

    fn painted(code: &str, exif: i64, width: usize, height: usize) -> Vec<String> {
        let whole = region(0, 0, width, height);
        let mut samples = vec![0; width * height];
        let labels = Labels::place(&[code], &[whole], upright(exif, width, height)).unwrap();
        labels.lay(&mut PlaneMut::packed(&mut samples, width), 16, whole);
        let drawn = |row: &[u8]| row.iter().map(|&sample| if sample == 235 { '#' } else { '.' }).collect();
        samples.chunks(width).map(drawn).collect()
    }

    fn places(codes: &[&str], regions: &[Region]) -> Vec<Region> {
        Labels::place(codes, regions, upright(1, 999, 999)).unwrap().lines.iter().map(Line::area).collect()
    }

    #[test]
    fn a_code_can_be_read_and_stands_in_the_middle() {
        #[rustfmt::skip]
        assert_eq!(painted("7)", 1, 20, 13), [
            "....................",
            "....................",
            "..######...##.......",
            "..##..##....##......",
            "......##.....##.....",
            ".....##......##.....",
            "....##.......##.....",
            "....##......##......",
            "....##.....##.......",
            "....................",
            "....................",
            "....................",
            "....................",
        ]);
    }

    #[test]
    fn a_code_stands_upright_for_whoever_watches() {
        let (shown, turned) = (painted("(6)", 1, 30, 14), painted("(6)", 6, 14, 30));
        let quarter: Vec<String> =
            (0..14).map(|y| (0..30).map(|x| turned[29 - x].as_bytes()[y] as char).collect()).collect();
        assert_eq!(quarter, shown);
        let mirrored = painted("(6)", 2, 30, 14);
        assert_eq!(mirrored.iter().map(|row| row.chars().rev().collect::<String>()).collect::<Vec<_>>(), shown);
    }

    #[test]
    fn a_larger_region_has_larger_letters() {
        let once = painted("(b)(6)", 1, 52, 12);
        let twice = painted("(b)(6)", 1, 104, 24);
        let doubled = |row: &String| row.chars().flat_map(|sample| [sample; 2]).collect::<String>();
        assert_eq!(twice, once.iter().map(doubled).flat_map(|row| [row.clone(), row]).collect::<Vec<_>>());
    }

    #[test]
    fn a_narrow_region_breaks_its_code_before_brackets_and_behind_spaces() {
        assert_eq!(broken("(b)(7)(C)", 9), Some(vec!["(b)(7)(C)"]));
        assert_eq!(broken("(b)(7)(C)", 8), Some(vec!["(b)(7)", "(C)"]));
        assert_eq!(broken("(b)(7)(C)", 3), Some(vec!["(b)", "(7)", "(C)"]));
        assert_eq!(broken("s. 14(1)", 5), Some(vec!["s. 14", "(1)"]));
        assert_eq!(broken("s. 14(1)", 3), Some(vec!["s.", "14", "(1)"]));
        assert_eq!(broken("42.56.240(14)", 8), None);
    }

    #[test]
    fn a_code_that_does_not_fit_whole_is_not_drawn() {
        assert_eq!(places(&["(b)(6)"], &[region(0, 0, 27, 60)]), []);
        assert_eq!(places(&["(b)(6)"], &[region(0, 0, 60, 11)]), []);
        assert_eq!(places(&["(b)(6)"], &[region(0, 0, 52, 12)]), [region(2, 2, 50, 10)]);
    }

    #[test]
    fn a_code_is_broken_only_until_it_is_legible() {
        assert_eq!(places(&["(b)(6)"], &[region(0, 0, 60, 60)]).len(), 2, "in two lines it is twice as large");
        assert_eq!(places(&["(b)(6)"], &[region(0, 0, 104, 104)]).len(), 1, "in two it would be larger still");
    }

    #[test]
    fn regions_on_top_of_each_other_say_both_of_their_codes() {
        let same = region(0, 0, 160, 80);
        let both = places(&["(b)(6)", "s. 40(2)"], &[same, same]);
        assert_eq!(both.iter().map(|area| area.top).collect::<Vec<_>>(), [28, 4]);
    }

    #[test]
    fn what_is_mostly_one_plate_says_its_code_once() {
        let (whole, half_in_it, less) = (region(0, 0, 64, 48), region(0, 30, 64, 66), region(0, 31, 64, 67));
        let alone = places(&["(b)(6)"], &[whole]);
        assert_eq!(places(&["(b)(6)", "(b)(6)"], &[half_in_it, whole]), alone);
        assert_eq!(places(&["(b)(6)", "(b)(6)"], &[less, whole]).len(), alone.len() + 1);
        assert_eq!(places(&["(b)(7)", "(b)(6)"], &[half_in_it, whole]).len(), alone.len() + 1, "another code is said");
    }

    #[test]
    fn refuses_what_is_no_code() {
        let one = [region(0, 0, 9, 9)];
        for code in ["§ 1", "a\n", "\0"] {
            let refused = Labels::place(&["", code], &[one[0]; 2], upright(1, 9, 9)).err();
            assert_eq!(refused, Some(Error::CodeNotPrintable { index: 1, code: code.to_owned() }));
        }
        let none: [&str; 0] = [];
        assert_eq!(Labels::place(&none, &one, upright(1, 9, 9)).err(), Some(Error::CodeCount { regions: 1, codes: 0 }));
    }

    proptest! {
        #[test]
        fn no_code_leaves_its_region_or_touches_another_region_s_code(
            regions in prop::collection::vec((0_usize..300, 0_usize..200, 1_usize..200, 1_usize..200), 1..8)
        ) {
            let regions: Vec<Region> = regions.into_iter().map(|(x, y, w, h)| region(x, y, x + w, y + h)).collect();
            let codes: Vec<&str> = CODES.into_iter().cycle().take(regions.len()).collect();
            let areas = places(&codes, &regions);
            for (number, area) in areas.iter().enumerate() {
                prop_assert!(regions.iter().any(|region| region.intersection(area) == Some(*area)));
                prop_assert!(areas[..number].iter().all(|other| other.intersection(area).is_none()));
            }
        }
    }
}
