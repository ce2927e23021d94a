//! The kernel's files, under a root that tests replace.

use std::fs;
use std::path::PathBuf;

use super::error::HostError;

/// Where the kernel's files are.
pub(super) struct Kernel {
    pub(super) root: PathBuf,
}

impl Kernel {
    /// This machine's.
    pub(super) fn here() -> Self {
        Self { root: PathBuf::from("/") }
    }

    /// A file that every kernel has.
    pub(super) fn read(&self, file: &str) -> Result<String, HostError> {
        let path = self.root.join(file);
        fs::read_to_string(&path).map_err(|source| HostError::Read { path, source })
    }

    /// A file that this kernel may not have, trimmed.
    pub(super) fn optional(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.root.join(file)).ok().map(|text| text.trim().to_owned())
    }

    pub(super) fn parse<T>(
        &self,
        file: &str,
        what: &'static str,
        parser: fn(&str) -> Option<T>,
    ) -> Result<T, HostError> {
        parser(&self.read(file)?).ok_or_else(|| HostError::Parse { path: self.root.join(file), what })
    }

    /// The unified hierarchy lists its controllers at its root; the old one has no such file.
    pub(super) fn cgroup_version(&self) -> u8 {
        if self.root.join("sys/fs/cgroup/cgroup.controllers").exists() { 2 } else { 1 }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A machine with these files and no others.
    pub(crate) fn machine(files: &[(&str, &str)]) -> (tempfile::TempDir, Kernel) {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = folder.path().to_owned();
        (folder, Kernel { root })
    }
}
