//! F25: no room where results are kept.

use std::process::Command;

use crate::harness::manager::{Managed, until};

use super::invariants;

/// A small file system in a folder, gone with this. Needs root.
struct Disk(String);

impl Disk {
    fn mount(folder: &std::path::Path, size: &str) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let folder = folder.display().to_string();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "none", &folder]).status();
        assert!(mounted.unwrap().success(), "a file system for {folder}");
        Self(folder)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy", &self.0]).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f25_no_job_begins_on_a_full_disk_and_all_goes_on_once_there_is_room() {
    let managed = Managed::new().await;
    let _disk = Disk::mount(&managed.project.data(), "96m");
    managed.project.configure("min_free_space: 1MiB", "min_free_space: 48MiB");
    managed.measure_master().await;
    let filler = managed.project.data().join("filler");
    std::fs::write(&filler, vec![1; 64 << 20]).unwrap();
    let mut manager = managed.serve();
    let pull = managed.open_pull().await;
    let told = manager.await_line("no job begins here");
    assert!(told.contains("MiB are free in") && told.contains("manager.min_free_space"), "{told}");
    until("the check says that it waits", async || {
        managed.check("change").filter(|check| check.status == "queued").map(drop)
    })
    .await;
    assert_eq!(managed.attempts().await, 0);
    assert_eq!(managed.status("/-/ready").await, 200, "webhooks are taken all the same");
    std::fs::remove_file(filler).unwrap();
    assert_eq!(managed.conclusion("change").await, "success");
    managed.end(manager).await;
    invariants::hold(&managed, pull, 1).await;
    assert_eq!(managed.attempts().await, 1);
}
