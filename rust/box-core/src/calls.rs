//! seccomp: the system calls that decoding, looking, encoding and writing to open files need, and no other. Every other one is
//! refused with `EPERM`, which Python and the libraries turn into errors of their own.

use std::collections::BTreeMap;

#[allow(clippy::wildcard_imports, reason = "a list of names that say where they are from")]
use libc::*;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, apply_filter_all_threads,
};

use crate::Error;

/// What is allowed whatever its arguments are.
const FREE: &[c_long] = &[
    // files that are open, or that Landlock lets be read
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_pread64,
    SYS_pwrite64,
    SYS_lseek,
    SYS_close,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_fstatfs,
    SYS_statfs,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_getcwd,
    SYS_dup,
    SYS_dup3,
    SYS_fsync,
    SYS_fdatasync,
    SYS_ftruncate,
    SYS_fadvise64,
    // memory
    SYS_mmap,
    SYS_munmap,
    SYS_mprotect,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_mincore,
    SYS_membarrier,
    SYS_get_mempolicy,
    // threads, time and waiting
    SYS_clone3, // `THREADS_OLD_WAY` says that there is none
    SYS_futex,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_getcpu,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_times,
    SYS_getrusage,
    SYS_ppoll,
    SYS_pselect6,
    SYS_restart_syscall,
    // what the process is told of itself
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrandom,
    // its own signals, and its end
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_exit,
    SYS_exit_group,
];

/// The older spellings of some of these, which this architecture has as well.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_dup2,
    SYS_poll,
    SYS_select,
    SYS_time,
    SYS_arch_prctl,
    SYS_getrlimit,
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: &[c_long] = &[];

/// Of `prctl`: a thread's or a mapping's name.
const NAMES: [u64; 3] = [PR_SET_NAME as u64, PR_GET_NAME as u64, PR_SET_VMA as u64];

/// Of `fcntl`: copies of descriptors and their flags; nobody is made the owner of one, who would get signals.
const FLAGS: [u64; 6] =
    [F_DUPFD as u64, F_DUPFD_CLOEXEC as u64, F_GETFD as u64, F_SETFD as u64, F_GETFL as u64, F_SETFL as u64];

/// Of `ioctl`: whether a file is a terminal, and whether it stays open in a program that is started (none is).
const ASKED: [u64; 3] = [TCGETS, FIOCLEX, FIONCLEX];

/// Of `clone`: what makes a thread as any other is; none in a network, a tree of files or a host of its own.
const THREAD: c_int = CLONE_VM
    | CLONE_FS
    | CLONE_FILES
    | CLONE_SIGHAND
    | CLONE_THREAD
    | CLONE_SYSVSEM
    | CLONE_SETTLS
    | CLONE_PARENT_SETTID
    | CLONE_CHILD_CLEARTID
    | CLONE_DETACHED;

pub(crate) fn filter() -> Result<(), Error> {
    let refused = |error: &dyn std::fmt::Display| Error::Calls(error.to_string());
    for program in [old_way(), allowed()] {
        let program = program.map_err(|error| refused(&error))?;
        apply_filter_all_threads(&program).map_err(|error| refused(&error))?;
    }
    Ok(())
}

/// `clone3` hides its flags behind a pointer, which no filter reads: libc takes `clone` where there is none.
fn old_way() -> Result<BpfProgram, seccompiler::BackendError> {
    let rules = BTreeMap::from([(SYS_clone3, vec![])]);
    program(rules, SeccompAction::Allow, SeccompAction::Errno(ENOSYS.unsigned_abs()))
}

fn allowed() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = FREE.iter().chain(OLDER).map(|&call| (call, vec![])).collect();
    rules.insert(SYS_openat, opening()?);
    rules.insert(SYS_clone, vec![SeccompRule::new(vec![has(0, bits(CLONE_THREAD))?, lacks(0, !bits(THREAD))?])?]);
    rules.insert(SYS_prctl, any_of(0, &NAMES)?);
    rules.insert(SYS_fcntl, any_of(1, &FLAGS)?);
    rules.insert(SYS_ioctl, any_of(1, &ASKED)?);
    rules.insert(SYS_prlimit64, vec![SeccompRule::new(vec![is(0, 0)?, nowhere(2)?])?]);
    rules.insert(SYS_tgkill, any_of(0, &[u64::from(std::process::id())])?);
    program(rules, SeccompAction::Errno(EPERM.unsigned_abs()), SeccompAction::Allow)
}

/// A file is emptied by those alone who may write to it: older versions of Landlock do not see to that.
fn opening() -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    let mode = |mode: i32| masked(2, bits(O_ACCMODE), bits(mode));
    let kept = masked(2, bits(O_TRUNC), 0)?;
    Ok(vec![
        SeccompRule::new(vec![kept])?,
        SeccompRule::new(vec![mode(O_WRONLY)?])?,
        SeccompRule::new(vec![mode(O_RDWR)?])?,
    ])
}

fn any_of(argument: u8, values: &[u64]) -> Result<Vec<SeccompRule>, seccompiler::BackendError> {
    values.iter().map(|&value| SeccompRule::new(vec![is(argument, value)?])).collect()
}

fn is(argument: u8, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

fn nowhere(argument: u8) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

fn has(argument: u8, bits: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    masked(argument, bits, bits)
}

fn lacks(argument: u8, bits: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    masked(argument, bits, 0)
}

fn bits(of: c_int) -> u64 {
    u64::from(of.unsigned_abs())
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(mask), value)
}

fn program(
    rules: BTreeMap<c_long, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, seccompiler::BackendError> {
    let here = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, otherwise, listed, here)?.try_into()
}
