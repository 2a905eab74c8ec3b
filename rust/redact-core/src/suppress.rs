//! Greedy non-maximum suppression.

use crate::{Detection, Error, Result};

/// Keep the best detection of every heap: one that overlaps a better one of its kind by more than `iou_limit`
/// (intersection over union) is dropped.
///
/// The result is sorted by score, best first, then by kind and coordinates: it does not depend on the input's order.
///
/// # Errors
/// A limit outside 0..1, a box with a number that is not finite.
pub fn suppress(mut detections: Vec<Detection>, iou_limit: f32) -> Result<Vec<Detection>> {
    if !(0.0..=1.0).contains(&iou_limit) {
        return Err(Error::NotAShare { name: "iou_limit", value: iou_limit });
    }
    if let Some(index) = detections.iter().position(|detection| !detection.is_finite()) {
        return Err(Error::BoxNotFinite { index });
    }
    detections.sort_unstable_by(|a, b| {
        let coordinates =
            || a.coordinates().iter().zip(&b.coordinates()).map(|(a, b)| a.total_cmp(b)).find(|o| o.is_ne());
        b.score
            .total_cmp(&a.score)
            .then(a.kind.total_cmp(&b.kind))
            .then_with(|| coordinates().unwrap_or(std::cmp::Ordering::Equal))
    });
    let mut kept: Vec<Detection> = Vec::new();
    for detection in detections {
        let covered = |better: &Detection| {
            better.kind.total_cmp(&detection.kind).is_eq() && overlap(better, &detection) > iou_limit
        };
        if !kept.iter().any(covered) {
            kept.push(detection);
        }
    }
    Ok(kept)
}

/// Intersection over union; nothing where there is no area.
fn overlap(a: &Detection, b: &Detection) -> f32 {
    let width = a.right.min(b.right) - a.left.max(b.left);
    let height = a.bottom.min(b.bottom) - a.top.max(b.top);
    if width <= 0.0 || height <= 0.0 {
        return 0.0;
    }
    let shared = width * height;
    shared / (a.area() + b.area() - shared)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(left: f32, right: f32, score: f32, kind: f32) -> Detection {
        Detection { left, top: 0.0, right, bottom: 10.0, score, kind }
    }

    #[test]
    fn keeps_the_better_of_two_that_overlap() {
        let (good, better) = (row(0.0, 10.0, 0.5, 0.0), row(1.0, 11.0, 0.6, 0.0));
        assert_eq!(suppress(vec![good, better], 0.4), Ok(vec![better]));
    }

    #[test]
    fn an_overlap_of_exactly_the_limit_is_kept() {
        let (a, b) = (row(0.0, 10.0, 0.6, 0.0), row(0.0, 5.0, 0.5, 0.0));
        assert_eq!(suppress(vec![b, a], 0.5), Ok(vec![a, b]));
    }

    #[test]
    fn a_face_does_not_suppress_a_plate() {
        let (face, plate) = (row(0.0, 10.0, 0.6, 0.0), row(0.0, 10.0, 0.5, 1.0));
        assert_eq!(suppress(vec![plate, face], 0.1), Ok(vec![face, plate]));
    }

    #[test]
    fn refuses_a_limit_outside_its_bounds_and_a_box_that_is_not_a_number() {
        for limit in [-0.1, 1.1, f32::NAN] {
            assert!(matches!(suppress(vec![], limit), Err(Error::NotAShare { .. })));
        }
        let wild = row(0.0, f32::INFINITY, 0.5, 0.0);
        assert_eq!(suppress(vec![row(0.0, 1.0, 0.5, 0.0), wild], 0.5), Err(Error::BoxNotFinite { index: 1 }));
    }

    proptest! {
        #[test]
        fn the_order_of_the_input_does_not_show(
            rows in prop::collection::vec((0_u8..20, 1_u8..20, 0_u8..4, 0_u8..2), 0..20), limit in 0.0_f32..=1.0
        ) {
            let rows: Vec<Detection> = rows.into_iter().map(|(left, width, score, kind)| {
                row(left.into(), f32::from(left) + f32::from(width), f32::from(score) / 4.0, kind.into())
            }).collect();
            let backwards = rows.iter().rev().copied().collect();
            prop_assert_eq!(suppress(rows, limit), suppress(backwards, limit));
        }
    }
}
