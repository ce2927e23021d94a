//! A way to the Docker engine that can be frozen, or made to refuse removals.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How the engine seems to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// It works.
    Well,
    /// It takes connections, and not a byte moves.
    Frozen,
    /// It removes nothing.
    Clinging,
}

/// A socket before the engine's.
pub struct EngineSocket {
    path: PathBuf,
    mood: watch::Sender<Mood>,
    refused: Arc<AtomicU32>,
    server: JoinHandle<()>,
}

impl EngineSocket {
    /// One in a folder, before the engine that tests use. Needs a runtime of several threads where a test blocks.
    pub fn start(folder: &Path) -> Self {
        let engine = std::env::var("DOCKER_HOST").unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        let engine = PathBuf::from(engine.strip_prefix("unix://").expect("the engine has a socket"));
        let path = folder.join("engine.sock");
        let listener = UnixListener::bind(&path).unwrap();
        let (mood, look) = watch::channel(Mood::Well);
        let refused = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&refused);
        let server = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (engine, look, count) = (engine.clone(), look.clone(), Arc::clone(&count));
                // An end that one side makes is none of the other side's faults.
                tokio::spawn(async move { carry(client, &engine, look, &count).await });
            }
        });
        Self { path, mood, refused, server }
    }

    /// What `DOCKER_HOST` is to say.
    pub fn address(&self) -> String {
        format!("unix://{}", self.path.display())
    }

    /// From now on, connections that are open included.
    pub fn be(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }

    /// How many removals were refused.
    pub fn refused(&self) -> u32 {
        self.refused.load(Ordering::Relaxed)
    }
}

impl Drop for EngineSocket {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One request to the engine: each has a connection of its own, so that none is overlooked.
async fn carry(
    mut client: UnixStream,
    engine: &Path,
    mut mood: watch::Receiver<Mood>,
    refused: &AtomicU32,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if client.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    thawed(&mut mood).await?;
    if head.starts_with(b"DELETE ") && *mood.borrow() == Mood::Clinging {
        refused.fetch_add(1, Ordering::Relaxed);
        let body = r#"{"message": "told to keep everything"}"#;
        let answer = format!(
            "HTTP/1.1 500 Internal Server Error\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        );
        return client.write_all(answer.as_bytes()).await.ok();
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    if !text.contains("\r\nupgrade:") {
        let end_of_line = head.windows(2).position(|two| two == b"\r\n")? + 2;
        head.splice(end_of_line..end_of_line, *b"Connection: close\r\n");
    }
    let mut server = UnixStream::connect(engine).await.ok()?;
    server.write_all(&head).await.ok()?;
    let (from_client, to_client) = client.split();
    let (from_server, to_server) = server.split();
    let there = pump(from_client, to_server, mood.clone());
    let back = pump(from_server, to_client, mood);
    tokio::pin!(there, back);
    // Once the engine has said all, nothing that the client might add is for it.
    tokio::select! {
        done = &mut back => done,
        _ = &mut there => back.await,
    }
}

/// Waits while nothing moves; none: the test is over.
async fn thawed(mood: &mut watch::Receiver<Mood>) -> Option<()> {
    mood.wait_for(|mood| *mood != Mood::Frozen).await.ok().map(drop)
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mood: watch::Receiver<Mood>,
) -> Option<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut buffer).await.ok()?;
        thawed(&mut mood).await?;
        if count == 0 {
            return to.shutdown().await.ok();
        }
        to.write_all(&buffer[..count]).await.ok()?;
    }
}
