//! The pixel kernels: pure Rust, no Python, no I/O, no unsafe code.
//!
//! Pictures are 8-bit planar 4:2:0. Luma coordinates are half-open and count pixels of the coded picture; a chroma
//! sample covers two by two of them. Everything is checked where it enters, so that a kernel cannot fail half-way.

#![forbid(unsafe_code)]
#![allow(clippy::inline_always, reason = "what `pulp` dispatches must be compiled for the CPU that it found")]

mod block_means;
mod digest;
mod error;
mod follow;
mod heads;
mod letterbox;
pub mod merkle;
mod orientation;
mod planes;
mod regions;
mod residual;
mod ring;
mod styles;
mod suppress;
mod tone;

#[cfg(test)]
mod pictures;

pub use block_means::block_means;
pub use digest::digest;
pub use error::{Error, Result};
pub use follow::{Level, Pyramid, Step, find, follow};
pub use heads::{Detection, Head, InputSize, Map, decode};
pub use letterbox::{Channels, Fit, Letterbox, Matrix, Range, Target, check_sizes};
pub use orientation::{Orientation, Upright};
pub use planes::{Frame, FrameMut, Plane, PlaneMut};
pub use regions::{Region, check_regions};
pub use residual::residual;
pub use styles::{Colour, Labels, Shipping, Style, redact};
pub use suppress::suppress;
pub use tone::{Coding, ToneMap, Transfer};
