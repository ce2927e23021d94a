//! The machine record, read from what the kernel tells everyone.

use crate::domain::machine::MachineRecord;

use super::error::HostError;
use super::kernel::Kernel;

/// This machine's name.
pub fn name() -> Result<String, HostError> {
    Kernel::here().name()
}

/// This machine's record; `engine` is the container engine and its version, as it calls itself.
pub fn record(engine: String) -> Result<MachineRecord, HostError> {
    Kernel::here().record(engine)
}

impl Kernel {
    fn name(&self) -> Result<String, HostError> {
        Ok(self.read("proc/sys/kernel/hostname")?.trim().to_owned())
    }

    fn record(&self, engine: String) -> Result<MachineRecord, HostError> {
        Ok(MachineRecord {
            host: self.name()?,
            cpu_model: self.parse("proc/cpuinfo", "the CPU's model", cpu_model)?,
            cores: self.parse("sys/devices/system/cpu/online", "the online cores", count_cores)?,
            memory_gib: self.parse("proc/meminfo", "MemTotal in kB", memory_gib)?,
            kernel: self.parse("proc/sys/kernel/osrelease", "MAJOR.MINOR of the kernel", major_minor)?,
            cgroup_version: self.cgroup_version(),
            engine,
        })
    }
}

/// `model name` on x86; implementer and part where there is none, as on Arm.
fn cpu_model(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        let mut fields = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        fields.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
    };
    field("model name").or_else(|| {
        let (implementer, part) = (field("CPU implementer")?, field("CPU part")?);
        Some(format!("implementer {implementer} part {part}"))
    })
}

/// Reads a list such as `0-3,8`.
fn count_cores(online: &str) -> Option<u32> {
    let count = |range: &str| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        last.parse::<u32>().ok()?.checked_sub(first.parse().ok()?)?.checked_add(1)
    };
    online.trim().split(',').map(count).sum()
}

fn memory_gib(meminfo: &str) -> Option<u32> {
    const KIB_PER_GIB: u64 = 1 << 20;
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    u32::try_from((kib + KIB_PER_GIB / 2) / KIB_PER_GIB).ok()
}

fn major_minor(release: &str) -> Option<String> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let (major, rest) = release.trim().split_once('.')?;
    let minor = digits(rest);
    (digits(major) == major && !major.is_empty() && !minor.is_empty()).then(|| format!("{major}.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::super::kernel::tests::machine;
    use super::*;

    const FILES: [(&str, &str); 6] = [
        ("proc/sys/kernel/hostname", "alpha\n"),
        ("proc/cpuinfo", "processor\t: 0\nmodel name\t: Example CPU @ 3.00GHz\n\nprocessor\t: 1\n"),
        ("sys/devices/system/cpu/online", "0-1,4\n"),
        ("proc/meminfo", "MemTotal:        8039412 kB\nMemFree:         123 kB\n"),
        ("proc/sys/kernel/osrelease", "6.12.3-amd64\n"),
        ("sys/fs/cgroup/cgroup.controllers", "cpu memory\n"),
    ];

    #[test]
    fn reads_the_facts() {
        let (_folder, kernel) = machine(&FILES);
        let expected = MachineRecord {
            host: "alpha".to_owned(),
            cpu_model: "Example CPU @ 3.00GHz".to_owned(),
            cores: 3,
            memory_gib: 8,
            kernel: "6.12".to_owned(),
            cgroup_version: 2,
            engine: "Docker 28.1".to_owned(),
        };
        assert_eq!(kernel.record("Docker 28.1".to_owned()).unwrap(), expected);
    }

    #[test]
    fn without_the_unified_hierarchy_it_is_version_1() {
        let (_folder, kernel) = machine(&FILES[..5]);
        assert_eq!(kernel.record(String::new()).unwrap().cgroup_version, 1);
    }

    #[test]
    fn an_absent_file_and_a_strange_one_are_named() {
        let (_folder, kernel) = machine(&FILES[1..]);
        let error = kernel.record(String::new()).unwrap_err().to_string();
        assert!(error.contains("proc/sys/kernel/hostname"), "{error}");

        let mut files = FILES;
        files[3].1 = "MemTotal: plenty\n";
        let (_folder, kernel) = machine(&files);
        let error = kernel.record(String::new()).unwrap_err().to_string();
        assert!(error.contains("MemTotal in kB") && error.contains("proc/meminfo"), "{error}");
    }

    #[test]
    fn reads_what_other_kernels_write() {
        assert_eq!(count_cores("0"), Some(1));
        assert_eq!(count_cores("3-1"), None);
        assert_eq!(count_cores(""), None);
        assert_eq!(major_minor("5.4-rc1"), Some("5.4".to_owned()));
        assert_eq!(major_minor("linux"), None);
        let arm = "CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n";
        assert_eq!(cpu_model(arm), Some("implementer 0x41 part 0xd0c".to_owned()));
    }

    #[test]
    fn this_machine_has_a_record() {
        let record = record("none".to_owned()).unwrap();
        assert!(record.cores > 0 && !record.cpu_model.is_empty(), "{record:?}");
    }
}
