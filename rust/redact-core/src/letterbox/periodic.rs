//! Mixing along a row, for ratios that repeat after a few samples: most recordings and detectors have one.
//!
//! If `outputs` target pixels take the place of `inputs` samples, the n-th pixel of every such period mixes samples at
//! the same places with the same weights. Sorted into one stream per place, samples that are mixed alike lie side by
//! side, and the CPU takes many at once. What differs at the ends of the row is left to the caller.

use super::taps::Number;

/// More places than this are not worth sorting.
const MOST_PLACES: usize = 8;

/// A sample of a period, and its weight.
#[derive(Clone, Copy)]
struct Tap<N> {
    place: usize,
    /// Periods to the right of the one before this: 1 is the pixel's own.
    shift: usize,
    weight: N,
}

/// A row's period and its scratch streams.
pub struct Periodic<N> {
    inputs: usize,
    /// Taps of each target pixel of a period.
    phases: Vec<Vec<Tap<N>>>,
    /// Whole and begun periods in the row.
    periods: usize,
    streams: Vec<Vec<N>>,
    phased: Vec<Vec<N>>,
    exceptions: Vec<usize>,
}

impl<N: Number> Periodic<N> {
    /// The period of a row of `samples` samples, if there is one; `at` gives first sample and weights of each of
    /// `count` target pixels, and `outputs` of them take the place of `inputs` samples.
    pub fn find<'a>(
        samples: usize,
        count: usize,
        (outputs, inputs): (usize, usize),
        at: impl Fn(usize) -> (usize, &'a [N]),
    ) -> Option<Self>
    where
        N: 'a,
    {
        if outputs > MOST_PLACES || inputs > MOST_PLACES || count < 4 * outputs {
            return None;
        }
        // One period to the left may be read, and is counted as 0. Farther left is huge, and like nothing else.
        let taps = |pixel: usize| {
            let (start, weights) = at(pixel);
            let base = pixel / outputs * inputs;
            let tap = move |(nth, weight): (usize, &N)| {
                let place = (start + nth + inputs).wrapping_sub(base);
                Tap { place: place % inputs, shift: place / inputs, weight: *weight }
            };
            weights.iter().enumerate().filter(|(_, weight)| (**weight).into() != 0.0).map(tap)
        };
        let middle = count / outputs / 2 * outputs;
        let phases: Vec<Vec<Tap<N>>> = (middle..middle + outputs).map(|pixel| taps(pixel).collect()).collect();
        if phases.iter().flatten().any(|tap| tap.shift > 2) {
            return None;
        }
        let follows = |pixel: &usize| {
            let phase = &phases[pixel % outputs];
            taps(*pixel).count() == phase.len() && taps(*pixel).zip(phase).all(|(mine, other)| alike(mine, *other))
        };
        let exceptions: Vec<usize> = (0..count).filter(|pixel| !follows(pixel)).collect();
        if exceptions.len() > count / 8 {
            return None;
        }
        let periods = count.div_ceil(outputs);
        // One period to the left and one to the right of the row, which only exceptions would need.
        let stream = periods.max(samples.div_ceil(inputs)) + 2;
        Some(Self {
            inputs,
            phases,
            periods,
            streams: vec![vec![N::default(); stream]; inputs],
            phased: vec![vec![N::default(); periods]; outputs],
            exceptions,
        })
    }

    /// Target pixels that do not follow the pattern, and which [`Self::mix`] gets wrong.
    pub fn exceptions(&self) -> &[usize] {
        &self.exceptions
    }

    /// Mix a row.
    #[inline(always)]
    pub fn mix(&mut self, row: &[N], mixed: &mut [N]) {
        self.sort(row);
        for (taps, phased) in self.phases.iter().zip(&mut self.phased) {
            mix_streams(&self.streams, taps, self.periods, phased);
        }
        match &self.phased[..] {
            [only] => mixed.copy_from_slice(&only[..mixed.len()]),
            [a, b] => interleave([a, b], mixed),
            [a, b, c] => interleave([a, b, c], mixed),
            [a, b, c, d] => interleave([a, b, c, d], mixed),
            many => {
                for (nth, phased) in many.iter().enumerate() {
                    for (value, phased) in mixed.iter_mut().skip(nth).step_by(many.len()).zip(phased) {
                        *value = *phased;
                    }
                }
            }
        }
    }

    /// Sort a row into its streams, behind their first sample.
    #[inline(always)]
    fn sort(&mut self, row: &[N]) {
        let (whole, rest) = row.split_at(row.len() / self.inputs * self.inputs);
        match &mut self.streams[..] {
            [a] => sort([a], whole),
            [a, b] => sort([a, b], whole),
            [a, b, c] => sort([a, b, c], whole),
            [a, b, c, d] => sort([a, b, c, d], whole),
            [first, second, third, fourth, fifth, sixth] => sort([first, second, third, fourth, fifth, sixth], whole),
            many => {
                let count = many.len();
                for (place, stream) in many.iter_mut().enumerate() {
                    for (to, from) in stream[1..].iter_mut().zip(whole.chunks_exact(count)) {
                        *to = from[place];
                    }
                }
            }
        }
        for (stream, sample) in self.streams.iter_mut().zip(rest) {
            stream[1 + whole.len() / self.inputs] = *sample;
        }
    }
}

/// Sort whole periods. All streams in one loop: the compiler then loads side by side and sorts in registers.
#[inline(always)]
fn sort<N: Number, const INPUTS: usize>(streams: [&mut Vec<N>; INPUTS], whole: &[N]) {
    let periods = whole.len() / INPUTS;
    let streams = streams.map(|stream| &mut stream[1..=periods]);
    for at in 0..periods {
        let from = &whole[at * INPUTS..][..INPUTS];
        for place in 0..INPUTS {
            streams[place][at] = from[place];
        }
    }
}

/// Whether two pixels mix the same, but for the rounding of their weights.
fn alike<N: Number>(one: Tap<N>, other: Tap<N>) -> bool {
    let weights: (f32, f32) = (one.weight.into(), other.weight.into());
    (one.place, one.shift) == (other.place, other.shift) && (weights.0 - weights.1).abs() < 1e-5
}

#[inline(always)]
fn mix_streams<N: Number>(streams: &[Vec<N>], taps: &[Tap<N>], periods: usize, phased: &mut [N]) {
    let stream = |tap: &Tap<N>| &streams[tap.place][tap.shift..][..periods];
    match taps {
        [a] => {
            for (value, x) in phased.iter_mut().zip(stream(a)) {
                *value = *x * a.weight;
            }
        }
        [a, b] => {
            for ((value, x), y) in phased.iter_mut().zip(stream(a)).zip(stream(b)) {
                *value = *x * a.weight + *y * b.weight;
            }
        }
        [a, b, c] => {
            for (((value, x), y), z) in phased.iter_mut().zip(stream(a)).zip(stream(b)).zip(stream(c)) {
                *value = *x * a.weight + *y * b.weight + *z * c.weight;
            }
        }
        _ => {
            phased.fill(N::default());
            for tap in taps {
                for (value, x) in phased.iter_mut().zip(stream(tap)) {
                    *value += *x * tap.weight;
                }
            }
        }
    }
}

#[inline(always)]
fn interleave<N: Number, const OUTPUTS: usize>(phased: [&Vec<N>; OUTPUTS], mixed: &mut [N]) {
    let whole = mixed.len() / OUTPUTS;
    let phased = phased.map(|phased| &phased[..]);
    let (periods, rest) = mixed.split_at_mut(whole * OUTPUTS);
    for (nth, period) in periods.chunks_exact_mut(OUTPUTS).enumerate() {
        for (value, phased) in period.iter_mut().zip(phased) {
            *value = phased[nth];
        }
    }
    for (value, phased) in rest.iter_mut().zip(phased) {
        *value = phased[whole];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::letterbox::taps::Axis;

    proptest! {
        #[test]
        fn mixes_as_one_by_one(
            samples in 1_usize..=8, pixels in 1_usize..=8, rounds in 4_usize..12, more in 0_usize..5,
            row in prop::collection::vec(any::<u8>(), 120),
        ) {
            let row: Vec<f32> = row.into_iter().take(samples * rounds + more).map(f32::from).collect();
            let taps = Axis::new((0, row.len()), (samples, pixels), usize::MAX, false).luma();
            let Some(mut periodic) = Periodic::find(row.len(), taps.len(), (pixels, samples), |at| taps.at(at)) else {
                return Ok(());
            };
            let mut mixed = vec![f32::NAN; taps.len()];
            periodic.mix(&row, &mut mixed);
            for pixel in (0..taps.len()).filter(|pixel| !periodic.exceptions().contains(pixel)) {
                let expected = taps.mix_one(&row, pixel);
                prop_assert!((mixed[pixel] - expected).abs() < 0.01, "{pixel}: {} for {expected}", mixed[pixel]);
            }
        }
    }

    #[test]
    fn finds_the_period_of_common_ratios() {
        for (samples, pixels) in [(3, 1), (3, 2), (2, 1), (1, 1), (4, 1), (6, 1), (1, 2), (3, 4)] {
            let taps = Axis::new((0, 240), (samples, pixels), usize::MAX, false).luma();
            let periodic = Periodic::find(240, taps.len(), (pixels, samples), |at| taps.at(at)).unwrap();
            assert!(periodic.exceptions().len() <= 4, "{:?} of {samples}:{pixels}", periodic.exceptions());
        }
    }
}
