//! A service that does what its paths say, well or badly.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// How long the stall of `/stall` lasts.
pub(crate) const STALL: Duration = Duration::from_secs(1);
/// The `/stall` request that begins it.
const STALLING_REQUEST: usize = 250;

/// One request as it arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    closed: AtomicUsize,
    stall_requests: AtomicUsize,
    stalled_until: Mutex<Option<Instant>>,
}

/// Lives until it is dropped.
pub(crate) struct Service {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let mut tasks = JoinSet::new();
        let accepting = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                accepting.connections.fetch_add(1, SeqCst);
                let shared = Arc::clone(&accepting);
                connections.spawn(async move {
                    drop(talk(stream, &shared).await);
                    shared.closed.fetch_add(1, SeqCst);
                });
            }
        });
        Self { address, shared, _tasks: tasks }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What came, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(SeqCst)
    }

    /// How many of them are open.
    pub(crate) fn open(&self) -> usize {
        self.connections() - self.shared.closed.load(SeqCst)
    }
}

async fn talk(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(seen) = read_request(&mut stream).await? {
        let path = seen.line.split(' ').nth(1).unwrap_or_default().to_owned();
        shared.seen.lock().unwrap().push(seen);
        match path.as_str() {
            "/missing" => stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await?,
            "/never" => std::future::pending().await,
            "/garbage" => stream.write_all(b"this is no HTTP\r\n\r\n").await?,
            "/close" => {
                return stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await;
            }
            "/hush" => return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await,
            "/cut" => return stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nok").await,
            "/huge" => write_huge(&mut stream).await?,
            "/stall" => {
                wait_for_stall(shared).await;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?;
            }
            _ => stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await?,
        }
    }
    Ok(())
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Seen>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let length = lines.iter().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let line = lines.remove(0);
    Ok(Some(Seen { line, headers: lines, body: String::from_utf8_lossy(&body).into_owned() }))
}

/// A mebibyte more than the generator reads.
async fn write_huge(stream: &mut BufReader<TcpStream>) -> std::io::Result<()> {
    let mebibyte = vec![b'x'; 1024 * 1024];
    stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 65 * mebibyte.len()).as_bytes()).await?;
    for _ in 0..65 {
        stream.write_all(&mebibyte).await?;
    }
    Ok(())
}

/// From the stalling request on, nothing is answered until the stall is over.
async fn wait_for_stall(shared: &Shared) {
    if shared.stall_requests.fetch_add(1, SeqCst) == STALLING_REQUEST {
        *shared.stalled_until.lock().unwrap() = Some(Instant::now() + STALL);
    }
    let until = *shared.stalled_until.lock().unwrap();
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}
