//! A Prometheus over the samples that were kept of a round: started, looked at, taken away with the run's remains.
//!
//! It scrapes nothing, reaches nobody outside this host, and drops nothing for its age. It carries the run's label, so
//! that [`Stacks::remove_run`] and the sweep find it like a stack.

use std::collections::HashMap;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use flate2::read::GzDecoder;
use tokio::time::sleep;

use super::error::StackError;
use super::names::{INSTANCE_LABEL, PROMETHEUS_PORT, RUN_LABEL};
use super::sweep::Stacks;
use crate::docker::{Engine, NewContainer};
use crate::domain::flow::RoundId;

/// Where the archive goes: a folder that every image of Prometheus has, and that its user may write to.
const DATA: &str = "/prometheus";
/// No sample is too old.
const RETENTION: &str = "100y";
/// How often it is looked at.
const POLL: Duration = Duration::from_millis(200);

/// A Prometheus over the kept samples of a round.
pub struct KeptSamples {
    engine: Engine,
    container: String,
    round: u16,
    address: SocketAddr,
}

impl Stacks {
    /// Starts a Prometheus over a round's archive, a TSDB snapshot as tar and gzip. It may not listen yet. What was
    /// started stays until [`Stacks::remove_run`].
    ///
    /// # Errors
    /// The archive holds no snapshot, or the engine refuses.
    pub async fn open_samples(
        &self,
        image: &str,
        round: &RoundId,
        archive: Vec<u8>,
    ) -> Result<KeptSamples, StackError> {
        let snapshot = snapshot_name(&archive)
            .map_err(|error| StackError::Samples { round: round.round, reason: error.to_string() })?;
        let container = format!("{}-samples", round.project_name());
        let labels = HashMap::from([
            (RUN_LABEL.to_owned(), round.run.to_string()),
            (INSTANCE_LABEL.to_owned(), self.instance.to_string()),
        ]);
        self.engine.create_local_network(&container, labels.clone()).await?;
        let new = NewContainer {
            name: container.clone(),
            image: image.to_owned(),
            command: vec![
                // An empty file is a whole configuration: nothing is scraped.
                "--config.file=/dev/null".to_owned(),
                format!("--storage.tsdb.path={DATA}/{snapshot}"),
                format!("--storage.tsdb.retention.time={RETENTION}"),
                format!("--web.listen-address=0.0.0.0:{PROMETHEUS_PORT}"),
            ],
            labels,
            publish: Some(PROMETHEUS_PORT),
            network: Some(container.clone()),
            ..NewContainer::default()
        };
        self.engine.create_container(&new).await?;
        self.engine.write_archive(&container, DATA, archive).await?;
        self.engine.start_container(&container).await?;
        let mut samples =
            KeptSamples { engine: self.engine.clone(), container, round: round.round, address: ([0; 4], 0).into() };
        samples.address = samples.published().await?;
        Ok(samples)
    }
}

impl KeptSamples {
    /// Where it listens, on loopback.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends with an error when it does; else never.
    pub async fn ended(&self) -> StackError {
        loop {
            if let Err(error) = self.published().await {
                return error;
            }
            sleep(POLL).await;
        }
    }

    async fn published(&self) -> Result<SocketAddr, StackError> {
        let found = self.engine.container(&self.container).await?.filter(|container| container.running);
        match found.and_then(|container| container.ports.get(&PROMETHEUS_PORT).copied()) {
            Some(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            None => {
                let log = self.engine.container_log(&self.container, Some(3)).await?;
                Err(StackError::SamplesEnded { round: self.round, log: log.trim().to_owned() })
            }
        }
    }
}

/// The folder in an archive that holds the snapshot: the first part of every path in it.
fn snapshot_name(archive: &[u8]) -> std::io::Result<String> {
    let no_snapshot = || std::io::Error::other("the archive holds no snapshot");
    let mut unpacked = tar::Archive::new(GzDecoder::new(archive).take(1 << 20));
    let first = unpacked.entries()?.next().ok_or_else(no_snapshot)??;
    let path = first.path()?;
    let name = path.components().next().and_then(|part| part.as_os_str().to_str()).ok_or_else(no_snapshot)?;
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if plain && !name.is_empty() { Ok(name.to_owned()) } else { Err(no_snapshot()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn archive(path: &str) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        let mut tar = tar::Builder::new(Vec::new());
        tar.append_data(&mut header, path, std::io::empty()).unwrap();
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&tar.into_inner().unwrap()).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn a_snapshot_is_known_by_its_folder() {
        let name = "20260304T050607Z-0a1b2c3d4e5f6071";
        assert_eq!(snapshot_name(&archive(&format!("{name}/01H/index"))).unwrap(), name);
        // A name that would be an option, or a way out of the folder, is none.
        for odd in ["a b/index", "a,b/index"] {
            assert!(snapshot_name(&archive(odd)).is_err(), "{odd}");
        }
        assert!(snapshot_name(b"no gzip").is_err());
    }
}
