//! The class of machines whose measurements may be compared.

use sha2::{Digest, Sha256};

use crate::domain::machine::{MachineClass, MachineRecord};

/// Hexadecimal digits kept of the hash: enough to tell a fleet's classes apart, short enough for a table.
const DIGITS: usize = 12;

/// The operator's label, else the first digits of a SHA-256 over CPU model, cores, memory, kernel and cgroup
/// version. The host's name and the engine are not in it: equal machines form one class.
pub fn class(record: &MachineRecord, label: Option<&str>) -> MachineClass {
    if let Some(label) = label {
        return MachineClass(label.to_owned());
    }
    let MachineRecord { cpu_model, cores, memory_gib, kernel, cgroup_version, host: _, engine: _ } = record;
    let facts = format!("{cpu_model}\n{cores}\n{memory_gib}\n{kernel}\n{cgroup_version}\n");
    let mut digits = hex::encode(Sha256::digest(facts));
    digits.truncate(DIGITS);
    MachineClass(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> MachineRecord {
        MachineRecord {
            host: "alpha".to_owned(),
            cpu_model: "Example CPU @ 3.00GHz".to_owned(),
            cores: 2,
            memory_gib: 8,
            kernel: "6.12".to_owned(),
            cgroup_version: 2,
            engine: "Docker 28.1".to_owned(),
        }
    }

    #[test]
    fn the_label_decides_where_there_is_one() {
        assert_eq!(class(&record(), Some("ci-small")).0, "ci-small");
    }

    #[test]
    fn the_hash_is_stable() {
        // Pinned: another value would orphan every stored master set.
        assert_eq!(class(&record(), None).0, "4ab79eed1b9e");
    }

    #[test]
    fn hardware_and_kernel_make_the_class_and_nothing_else() {
        let reference = class(&record(), None);
        let same = MachineRecord { host: "beta".to_owned(), engine: "Podman".to_owned(), ..record() };
        assert_eq!(class(&same, None), reference);
        let others = [
            MachineRecord { cpu_model: "Other".to_owned(), ..record() },
            MachineRecord { cores: 4, ..record() },
            MachineRecord { memory_gib: 16, ..record() },
            MachineRecord { kernel: "6.13".to_owned(), ..record() },
            MachineRecord { cgroup_version: 1, ..record() },
        ];
        for other in others {
            assert_ne!(class(&other, None), reference, "{other:?}");
        }
    }
}
