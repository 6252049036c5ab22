//! How much memory a process takes.

/// A field of `/proc/PID/status` in bytes, such as `VmRSS` or `VmHWM`.
pub(crate) fn of(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kib = line.and_then(|rest| rest.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or_else(|| panic!("no {field} of {pid}")) * 1024
}

/// Mebibytes in bytes.
pub(crate) const MIB: u64 = 1 << 20;
