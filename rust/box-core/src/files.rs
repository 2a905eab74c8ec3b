//! Landlock: no file but those below the allowed folders; no TCP; no signal and no abstract socket out of the box.

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};

use crate::{Allowed, Error};

/// The newest version whose rights are known here; what an older kernel does not know of them, `calls` refuses as well.
const KNOWN: ABI = ABI::V6;

pub(crate) fn hold(allowed: &Allowed) -> Result<u32, Error> {
    let status = restrict(allowed).map_err(|error| Error::Files(error.to_string()))?;
    match (status.ruleset, status.landlock) {
        (RulesetStatus::NotEnforced, _) => Err(Error::NoLandlock),
        (_, LandlockStatus::Available { effective_abi, .. }) => Ok(effective_abi as u32),
        _ => Err(Error::NoLandlock),
    }
}

fn restrict(allowed: &Allowed) -> Result<landlock::RestrictionStatus, RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(KNOWN))?
        .handle_access(AccessNet::from_all(KNOWN))?
        .scope(Scope::from_all(KNOWN))?
        .create()?
        .add_rules(path_beneath_rules(&allowed.read, AccessFs::ReadFile | AccessFs::ReadDir))?
        .add_rules(path_beneath_rules(&allowed.write, writing()))?
        .restrict_self()
}

/// Plain files and folders, and no other kind of thing.
fn writing() -> BitFlags<AccessFs> {
    AccessFs::ReadFile
        | AccessFs::ReadDir
        | AccessFs::WriteFile
        | AccessFs::Truncate
        | AccessFs::MakeReg
        | AccessFs::MakeDir
        | AccessFs::RemoveFile
        | AccessFs::RemoveDir
}
