//! The generator's image: this very program with the shared libraries that it runs on, and nothing else.
//!
//! Made from the running executable, so that manager and generator are always of one build, whatever the host's
//! C library; no base image is needed.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{StackError, io_error};
use crate::docker::Engine;

/// The image's name without the tag, which is the content's hash.
const REPOSITORY: &str = "loadmark/load";

/// The generator's image; made where it is not here yet.
pub(super) async fn ensure(engine: &Engine) -> Result<String, StackError> {
    let program = PathBuf::from("/proc/self/exe");
    let packed = tokio::task::spawn_blocking(pack).await.map_err(io::Error::other);
    let root = packed.and_then(|packed| packed).map_err(io_error("pack for the generator's image", &program))?;
    let name = format!("{REPOSITORY}:{}", &hex::encode(Sha256::digest(&root))[..12]);
    if !engine.has_image(&name).await? {
        let changes = [
            "ENTRYPOINT [\"/loadmark\"]".to_owned(),
            "USER 65534:65534".to_owned(),
            "LABEL loadmark.image=1".to_owned(),
        ];
        engine.make_image(&name, root, &changes).await?;
    }
    Ok(name)
}

fn pack() -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    archive.follow_symlinks(true);
    append(&mut archive, Path::new("/proc/self/exe"), Path::new("loadmark"))?;
    for library in loaded_libraries()? {
        let inside = library.strip_prefix("/").unwrap_or(&library).to_owned();
        append(&mut archive, &library, &inside)?;
    }
    archive.into_inner()
}

/// Times and owners are left out: equal programs are equal images.
fn append(archive: &mut tar::Builder<Vec<u8>>, from: &Path, to: &Path) -> io::Result<()> {
    let content = std::fs::read(from)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, to, content.as_slice())
}

/// The shared objects mapped into this process, the dynamic loader among them, and the loader once more under the
/// path that the executable names.
fn loaded_libraries() -> io::Result<BTreeSet<PathBuf>> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let mapped = maps.lines().filter_map(|line| line.split_once('/').map(|(_, path)| format!("/{path}")));
    let mut libraries: BTreeSet<PathBuf> =
        mapped.filter(|path| path.contains(".so")).map(PathBuf::from).filter(|path| path.is_file()).collect();
    // The executable asks for the loader by a fixed path, which is a link into the place it is mapped from.
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"].map(PathBuf::from);
    libraries.extend(loaders.into_iter().filter(|path| path.is_file()));
    Ok(libraries)
}
