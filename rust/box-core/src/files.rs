//! Landlock: no file but those that may be read, and no new one; no TCP; no signal and no abstract socket out of the box.

use std::path::PathBuf;

use landlock::{
    ABI, Access, AccessFs, AccessNet, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use crate::Error;

/// The newest version whose rights are known here; what an older kernel does not know of them, `calls` refuses as well.
const KNOWN: ABI = ABI::V6;

pub(crate) fn hold(read: &[PathBuf]) -> Result<u32, Error> {
    let status = restrict(read).map_err(|error| Error::Files(error.to_string()))?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => Err(Error::NoLandlock),
        (_, LandlockStatus::Available { effective_abi, .. }) => Ok(effective_abi as u32),
        _ => Err(Error::NoLandlock),
    }
}

fn restrict(read: &[PathBuf]) -> Result<landlock::RestrictionStatus, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(read, AccessFs::ReadFile | AccessFs::ReadDir))?
        .restrict_self()
}
