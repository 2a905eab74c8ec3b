//! The box: what a process may still do that reads a stranger's bytes. Pure Rust, no Python, no unsafe code.
//!
//! A process that has locked itself can use what it holds open, read the files and folders that it was given, and start
//! threads. It cannot open anything else, make a file or take one away, reach a network, start a program, look into
//! another process or signal one, and there is no way back. What the kernel cannot hold is an error: nothing is half
//! locked without a word.

#![forbid(unsafe_code)]

use std::path::PathBuf;

#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod files;

/// Why a process is not locked. It may be locked in part: it has to end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel has no Landlock, or it is switched off.
    #[error("this kernel does not hold files back (Landlock)")]
    NoLandlock,
    /// The kernel refused to hold files back.
    #[error("the kernel refused to hold files back: {0}")]
    Files(String),
    /// The kernel refused to filter system calls.
    #[error("the kernel refused to filter system calls: {0}")]
    Calls(String),
    /// The kernel refused to take a right from the process, or to hide it.
    #[error("the kernel refused to take rights from the process: {0}")]
    Process(std::io::Error),
    /// There is no box on this system.
    #[error("this system has no box: it needs Linux")]
    NoLinux,
}

/// Lock this process, for good; returns the version of Landlock that holds it. It has one thread when this is called, and
/// dies with the process that made it. After the lock it can open what is below the paths of `read`, to read it.
///
/// # Errors
/// The kernel cannot hold one of the locks.
#[cfg(target_os = "linux")]
pub fn lock(read: &[PathBuf]) -> Result<u32, Error> {
    use rustix::process::{DumpableBehavior, Signal, set_dumpable_behavior, set_parent_process_death_signal};

    give_up_capabilities().map_err(|error| Error::Process(error.into()))?;
    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| Error::Process(error.into()))?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(|error| Error::Process(error.into()))?;
    let version = files::hold(read)?;
    calls::filter()?;
    Ok(version)
}

/// Of what root can do, what is left is reading files of other people: quotas and limits hold for it as for anybody.
#[cfg(target_os = "linux")]
fn give_up_capabilities() -> rustix::io::Result<()> {
    use rustix::thread::{CapabilitySet, CapabilitySets, capabilities, set_capabilities};

    let kept = capabilities(None)?.permitted & CapabilitySet::DAC_READ_SEARCH;
    set_capabilities(None, CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() })
}

/// There is no box on this system.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn lock(_read: &[PathBuf]) -> Result<u32, Error> {
    Err(Error::NoLinux)
}
