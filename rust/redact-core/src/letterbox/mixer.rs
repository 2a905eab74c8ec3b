//! Scaling: output rows of all three planes, each mixed from rows of its plane and then along itself.

use super::periodic::Periodic;
use super::taps::{Axis, MOST_PARTS, Number, Taps, mix_rows};
use crate::{Frame, Plane};

/// The three planes of one output row, in parts of a sample.
pub struct Mixer<N> {
    luma: Sampler<N>,
    chroma: Sampler<N>,
    /// Luma, blue, red.
    mixed: [Vec<N>; 3],
}

/// A mixer in the numbers that its ratio allows, with the parts that a luma and a chroma sample have.
pub enum AnyMixer {
    Parts(Mixer<u16>, [f32; 2]),
    Reals(Mixer<f32>),
}

impl AnyMixer {
    pub fn new(columns: &Axis, rows: &Axis) -> Self {
        let luma = (columns.luma(), rows.luma(), columns.period(false));
        let chroma = (columns.chroma_columns(), rows.chroma_rows(), columns.period(true));
        match (in_parts(&luma.0, &luma.1), in_parts(&chroma.0, &chroma.1)) {
            (Some((across, down, luma_parts)), Some((chroma_across, chroma_down, chroma_parts))) => {
                let chroma = Sampler::new(chroma_across, chroma_down, chroma.2);
                let mixer = Mixer::new(Sampler::new(across, down, luma.2), chroma);
                Self::Parts(mixer, [luma_parts.into(), chroma_parts.into()])
            }
            _ => Self::Reals(Mixer::new(
                Sampler::new(luma.0, luma.1, luma.2),
                Sampler::new(chroma.0, chroma.1, chroma.2),
            )),
        }
    }

    /// Parts of a luma and of a chroma sample.
    pub const fn parts(&self) -> [f32; 2] {
        match self {
            Self::Parts(_, parts) => *parts,
            Self::Reals(_) => [1.0; 2],
        }
    }
}

/// Both axes in whole parts, if those of a white sample fit into sixteen bits.
fn in_parts(across: &Taps<f32>, down: &Taps<f32>) -> Option<(Taps<u16>, Taps<u16>, u16)> {
    let ((across, one), (down, other)) = (across.in_parts()?, down.in_parts()?);
    one.checked_mul(other).filter(|parts| *parts <= MOST_PARTS).map(|parts| (across, down, parts))
}

impl<N: Number> Mixer<N> {
    fn new(luma: Sampler<N>, chroma: Sampler<N>) -> Self {
        let columns = luma.columns();
        Self { luma, chroma, mixed: [(); 3].map(|()| vec![N::default(); columns]) }
    }

    pub fn columns(&self) -> usize {
        self.luma.columns()
    }

    pub fn rows(&self) -> usize {
        self.luma.down.len()
    }

    /// Output row `y`: luma, blue, red.
    #[inline(always)]
    pub fn row(&mut self, frame: &Frame<'_>, y: usize) -> &[Vec<N>; 3] {
        let [luma, blue, red] = &mut self.mixed;
        self.luma.mix(frame.planes[0], y, luma);
        self.chroma.mix(frame.planes[1], y, blue);
        self.chroma.mix(frame.planes[2], y, red);
        &self.mixed
    }
}

/// How one kind of plane is sampled: down first, into one row of its full width, then along that row.
struct Sampler<N> {
    down: Taps<N>,
    row: Vec<N>,
    across: Taps<N>,
    periodic: Option<Periodic<N>>,
}

impl<N: Number> Sampler<N> {
    fn new(across: Taps<N>, down: Taps<N>, period: (usize, usize)) -> Self {
        let samples = across.samples();
        let relative = |pixel: usize| {
            let (start, weights) = across.at(pixel);
            (start - samples.start, weights)
        };
        let periodic = Periodic::find(samples.len(), across.len(), period, relative);
        Self { down, row: vec![N::default(); samples.len()], across, periodic }
    }

    fn columns(&self) -> usize {
        self.across.len()
    }

    #[inline(always)]
    fn mix(&mut self, plane: Plane<'_>, y: usize, mixed: &mut [N]) {
        let (top, weights) = self.down.at(y);
        mix_rows(&mut self.row, weights, |nth| &plane.row(top + nth)[self.across.samples()]);
        let Some(periodic) = &mut self.periodic else { return self.across.mix(&self.row, mixed) };
        periodic.mix(&self.row, mixed);
        for pixel in periodic.exceptions() {
            mixed[*pixel] = self.across.mix_one(&self.row, *pixel);
        }
    }
}
