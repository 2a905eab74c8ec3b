//! `bodycam_pipeline._native`: checks what crosses the border, releases the GIL, maps errors. No arithmetic.
//!
//! `_native.pyi` documents the surface; one verb is one file here.

#![allow(clippy::needless_pass_by_value, reason = "PyO3 hands arguments over")]

mod block_means;
mod decode_head;
mod errors;
mod frame_digest;
mod letterbox;
mod lock;
mod merkle;
mod planes;
mod pyramid;
mod redact;
mod residual;
mod sealed;
mod suppress;
mod tables;
mod tone;

#[pyo3::pymodule]
mod _native {
    use pyo3::prelude::*;
    use pyo3::types::PyTuple;

    #[pymodule_export]
    use super::{
        block_means::frame_block_means, decode_head::decode_head, frame_digest::frame_digest, letterbox::Letterbox,
        lock::lock_process, merkle::merkle_consistency, merkle::merkle_consistency_ranges, merkle::merkle_extends,
        merkle::merkle_includes, merkle::merkle_inclusion, merkle::merkle_inclusion_ranges, merkle::merkle_leaf,
        merkle::merkle_leaves, merkle::merkle_root, planes::Planes, pyramid::Pyramid, redact::redact,
        residual::residual, sealed::ObjectKey, sealed::SealedFile, sealed::blake3_file, sealed::new_identity,
        suppress::suppress, tone::ToneMap,
    };

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        let names = |list: &[&str]| PyTuple::new(module.py(), list);
        module.add("HEADS", names(&redact_core::Head::names())?)?;
        module.add("STYLES", names(redact_core::Style::NAMES)?)?;
        module.add("SHIPPING_STYLES", names(redact_core::Shipping::NAMES)?)?;
        module.add("build_profile", if cfg!(debug_assertions) { "debug" } else { "release" })
    }
}
