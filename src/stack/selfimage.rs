//! The generator's image: this very program with the shared libraries that it runs on, and nothing else.
//!
//! Made from the running executable, so that manager and generator are always of one build, whatever the host's
//! C library; no base image is needed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::{StackError, io_error};
use crate::docker::Engine;

/// The image's name without the tag, which is the content's hash.
const REPOSITORY: &str = "loadmark/load";
/// The running executable, even where its file was replaced meanwhile.
const PROGRAM: &str = "/proc/self/exe";
/// An image that another build made so shortly before ours may be about to be started.
const KEPT_SECONDS: i64 = 3600;

/// The image's name. The program is only read for it: packing it would cost its size in memory at each command.
pub(super) async fn name() -> Result<String, StackError> {
    let hash = tokio::task::spawn_blocking(hash).await.map_err(io::Error::other).flatten();
    let hash = hash.map_err(io_error("read for the generator's image", Path::new(PROGRAM)))?;
    Ok(format!("{REPOSITORY}:{}", &hash[..12]))
}

/// Makes the image where it is not here, or no longer.
pub(super) async fn ensure(engine: &Engine, name: &str) -> Result<(), StackError> {
    if engine.has_image(name).await? {
        return Ok(());
    }
    let packed = tokio::task::spawn_blocking(pack).await.map_err(io::Error::other).flatten();
    let root = packed.map_err(io_error("pack for the generator's image", Path::new(PROGRAM)))?;
    let changes =
        ["ENTRYPOINT [\"/loadmark\"]".to_owned(), "USER 65534:65534".to_owned(), "LABEL loadmark.image=1".to_owned()];
    Ok(engine.make_image(name, root, &changes).await?)
}

/// Removes the images of earlier builds that no container uses; those are the names that come back.
pub(super) async fn remove_old(engine: &Engine, current: &str) -> Result<Vec<String>, StackError> {
    let images = engine.images(REPOSITORY).await?;
    let Some(made) = images.iter().find(|image| image.name == current).map(|image| image.created) else {
        return Ok(Vec::new());
    };
    let mut removed = Vec::new();
    for image in images {
        if image.created + KEPT_SECONDS < made && engine.remove_unused_image(&image.name).await? {
            removed.push(image.name);
        }
    }
    Ok(removed)
}

/// What is in the image: where it is, and where it goes.
fn content() -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let program = (PathBuf::from(PROGRAM), PathBuf::from("loadmark"));
    let inside = |library: PathBuf| {
        let inside = library.strip_prefix("/").unwrap_or(&library).to_owned();
        (library, inside)
    };
    Ok([program].into_iter().chain(loaded_libraries()?.into_iter().map(inside)).collect())
}

fn hash() -> io::Result<String> {
    let mut hash = Sha256::new();
    for (from, to) in content()? {
        let mut file = File::open(from)?;
        hash.update(format!("{}\0{}\0", to.display(), file.metadata()?.len()));
        io::copy(&mut file, &mut hash)?;
    }
    Ok(hex::encode(hash.finalize()))
}

fn pack() -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(Vec::new());
    for (from, to) in content()? {
        append(&mut archive, &from, &to)?;
    }
    archive.into_inner()
}

/// Times and owners are left out: equal programs are equal images.
fn append(archive: &mut tar::Builder<Vec<u8>>, from: &Path, to: &Path) -> io::Result<()> {
    let file = File::open(from)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(file.metadata()?.len());
    header.set_mode(0o755);
    archive.append_data(&mut header, to, file)
}

/// The shared objects mapped into this process, the dynamic loader among them, and the loader once more under the
/// path that the executable names.
fn loaded_libraries() -> io::Result<BTreeSet<PathBuf>> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    // What somebody's shell preloads is no part of the program.
    let preloaded = std::env::var("LD_PRELOAD").unwrap_or_default();
    let is_ours = |path: &String| path.contains(".so") && !preloaded.split([':', ' ']).any(|named| named == path);
    let mapped = maps.lines().filter_map(|line| line.split_once('/').map(|(_, path)| format!("/{path}")));
    let mut libraries: BTreeSet<PathBuf> =
        mapped.filter(is_ours).map(PathBuf::from).filter(|path| path.is_file()).collect();
    // The executable asks for the loader by a fixed path, which is a link into the place it is mapped from.
    let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"].map(PathBuf::from);
    libraries.extend(loaders.into_iter().filter(|path| path.is_file()));
    Ok(libraries)
}
