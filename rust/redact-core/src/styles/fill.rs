//! `fill`: every sample of the window becomes one value.

use crate::PlaneMut;

pub fn fill(window: &mut PlaneMut<'_>, value: u8) {
    for y in 0..window.height() {
        window.row_mut(y).fill(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::region;

    #[test]
    fn paints_the_window_and_nothing_else() {
        let mut samples = [0, 1, 2, 3, 4, 5, 6, 7, 8];
        fill(&mut PlaneMut::packed(&mut samples, 3).window(region(1, 0, 3, 2)), 9);
        assert_eq!(samples, [0, 9, 9, 3, 9, 9, 6, 7, 8]);
    }
}
