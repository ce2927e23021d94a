//! Keeping a round's raw samples: the TSDB snapshot of its Prometheus, packed.

use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::PipelineError;
use super::stand::Stand;
use crate::domain::run::RawSamples;

/// Keeps all samples of a stack, in the folder of its round.
pub(super) async fn keep_samples(stand: &Stand<'_>) -> Result<RawSamples, PipelineError> {
    let folders = &stand.part.side.folders;
    let name = stand.scraper.snapshot().await?;
    let archive = stand.running.snapshot_archive(&name).await?;
    let folder = folders.kept_round(&stand.part.round);
    let path = folder.join("tsdb.tar.gz");
    let packed = tokio::task::spawn_blocking(move || write_packed(&folder, &archive)).await;
    let io = |source| PipelineError::Io { operation: "write", path: path.clone(), source };
    let (bytes, sha256) = packed.map_err(|error| io(std::io::Error::other(error)))?.map_err(io)?;
    Ok(RawSamples { path: folders.relative(&path), bytes, sha256 })
}

/// Written beside its place and moved there whole: what is there is never the half of it.
fn write_packed(folder: &Path, archive: &[u8]) -> std::io::Result<(u64, String)> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut packer, archive)?;
    let packed = packer.finish()?;
    std::fs::create_dir_all(folder)?;
    let part = folder.join("tsdb.tar.gz.part");
    let written = std::fs::write(&part, &packed).and_then(|()| std::fs::rename(&part, folder.join("tsdb.tar.gz")));
    if written.is_err() {
        // What can't be removed, either, is known by its name.
        let _ = std::fs::remove_file(&part);
    }
    written?;
    Ok((packed.len() as u64, hex::encode(Sha256::digest(&packed))))
}
