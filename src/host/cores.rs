//! The cores that are there for us: online, and allowed to this process.

use super::kernel::Kernel;
use crate::domain::placement::Cores;

/// The cores that are online and allowed to this process; none where the kernel does not tell.
pub fn cores() -> Option<Cores> {
    Kernel::here().cores()
}

impl Kernel {
    fn cores(&self) -> Option<Cores> {
        let online: Cores = self.optional("sys/devices/system/cpu/online")?.parse().ok()?;
        let status = self.optional("proc/self/status").unwrap_or_default();
        let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        match allowed.and_then(|list| list.parse().ok()) {
            Some(allowed) => online.common(&allowed),
            None => Some(online),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::machine;

    #[test]
    fn a_core_that_is_offline_or_not_allowed_is_not_there() {
        let online = ("sys/devices/system/cpu/online", "0-2,4-7\n");
        let status = ("proc/self/status", "Name:\tloadmark\nCpus_allowed:\tff\nCpus_allowed_list:\t2-5\n");
        let cores = |files: &[_]| machine(files).1.cores().map(|cores| cores.to_string());
        let (_folder, kernel) = machine(&[online, status]);
        assert_eq!(kernel.cores().unwrap().to_string(), "2,4-5");
        let (_folder, kernel) = machine(&[online]);
        assert_eq!(kernel.cores().unwrap().to_string(), "0-2,4-7");
        assert_eq!(cores(&[]), None);
    }
}
