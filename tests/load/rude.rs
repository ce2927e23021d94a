//! A gRPC service on bare HTTP/2 that does what its methods are called, well or badly.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use base64::engine::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use hyper::{HeaderMap, Request, Response, StatusCode};
use prost::Message as _;
use prost_reflect::prost_types::{
    DescriptorProto, FileDescriptorProto, FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What it does to one call without harm to the others.
pub(crate) const METHODS: [&str; 10] =
    ["Answer", "Deny", "Hang", "Reset", "NoStatus", "NoMessage", "Twice", "Page", "Plain", "Cut"];
/// What else it does.
const MORE: [&str; 4] = ["Fall", "Gather", "Huge", "Refuse"];
/// How many calls `Gather` waits for before it answers all of them.
pub(crate) const GATHERING: usize = 24;
/// How many calls a connection of [`Rude::moody`] takes before it is sent away.
const MOOD: usize = 5;

#[derive(Default)]
struct Shared {
    connections: AtomicUsize,
    /// Of `Refuse`, which refuses the first.
    refuse_calls: AtomicUsize,
    gathered: AtomicUsize,
}

/// Lives until it is dropped.
pub(crate) struct Rude {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

impl Rude {
    pub(crate) async fn start() -> Self {
        Self::serve(None).await
    }

    /// Sends each connection away after a few calls, as servers do that want their load balanced.
    pub(crate) async fn moody() -> Self {
        Self::serve(Some(MOOD)).await
    }

    async fn serve(mood: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let gathering = Arc::new(Semaphore::new(0));
        let mut tasks = JoinSet::new();
        let accepting = Arc::clone(&shared);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepting.connections.fetch_add(1, SeqCst);
                connections.spawn(talk(stream, Arc::clone(&accepting), Arc::clone(&gathering), mood));
            }
        });
        Self { address, shared, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often `Refuse` was called.
    pub(crate) fn refuse_calls(&self) -> usize {
        self.shared.refuse_calls.load(SeqCst)
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(SeqCst)
    }
}

/// The descriptors of its methods, as a specification has them.
pub(crate) fn descriptors() -> String {
    let nothing = DescriptorProto { name: Some("Nothing".to_owned()), ..DescriptorProto::default() };
    let method = |name: &str, streams: bool| MethodDescriptorProto {
        name: Some(name.to_owned()),
        input_type: Some(".load.v1.Nothing".to_owned()),
        output_type: Some(".load.v1.Nothing".to_owned()),
        server_streaming: Some(streams),
        ..MethodDescriptorProto::default()
    };
    let methods = METHODS.iter().chain(&MORE).map(|name| method(name, false)).chain([method("Watch", true)]);
    let service = ServiceDescriptorProto {
        name: Some("Rude".to_owned()),
        method: methods.collect(),
        ..ServiceDescriptorProto::default()
    };
    let file = FileDescriptorProto {
        name: Some("load/v1/rude.proto".to_owned()),
        package: Some("load.v1".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![nothing],
        service: vec![service],
        ..FileDescriptorProto::default()
    };
    STANDARD.encode(FileDescriptorSet { file: vec![file] }.encode_to_vec())
}

async fn talk(stream: TcpStream, shared: Arc<Shared>, gathering: Arc<Semaphore>, mood: Option<usize>) {
    let mut connection: Connection<_, Bytes> = h2::server::handshake(stream).await.unwrap();
    let (mut calls, mut taken) = (JoinSet::new(), 0);
    while let Some(call) = connection.accept().await {
        let Ok((request, respond)) = call else { return };
        if request.uri().path().ends_with("/Fall") {
            // The connection goes down with everything on it.
            return;
        }
        calls.spawn(answer(request, respond, Arc::clone(&shared), Arc::clone(&gathering)));
        taken += 1;
        if mood == Some(taken) {
            connection.graceful_shutdown();
        }
    }
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    shared: Arc<Shared>,
    gathering: Arc<Semaphore>,
) {
    let method = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    match method.as_str() {
        "Hang" => std::future::pending().await,
        "Reset" => respond.send_reset(Reason::INTERNAL_ERROR),
        "Refuse" if shared.refuse_calls.fetch_add(1, SeqCst) == 0 => respond.send_reset(Reason::REFUSED_STREAM),
        "Deny" => drop(respond.send_response(head(StatusCode::OK, "application/grpc", Some("7")), true)),
        "Page" => say(&mut respond, head(StatusCode::NOT_FOUND, "text/html", None), b"<p>no", None),
        "Plain" => say(&mut respond, head(StatusCode::OK, "text/plain", None), b"ok", None),
        "NoStatus" => say(&mut respond, grpc(), &[0; 5], None),
        "NoMessage" => say(&mut respond, grpc(), &[], Some("0")),
        "Twice" => say(&mut respond, grpc(), &[0; 10], Some("0")),
        "Cut" => {
            let mut body = respond.send_response(grpc(), false).unwrap();
            body.send_data(Bytes::from_static(&[0, 0, 0]), false).unwrap();
            body.send_reset(Reason::CANCEL);
        }
        "Huge" => write_huge(&mut respond).await,
        "Gather" => {
            if shared.gathered.fetch_add(1, SeqCst) + 1 == GATHERING {
                gathering.add_permits(GATHERING);
            }
            gathering.acquire().await.unwrap().forget();
            say(&mut respond, grpc(), &[0; 5], Some("0"));
        }
        _ => say(&mut respond, grpc(), &[0; 5], Some("0")),
    }
}

fn grpc() -> Response<()> {
    head(StatusCode::OK, "application/grpc+proto", None)
}

fn head(status: StatusCode, content_type: &str, grpc_status: Option<&str>) -> Response<()> {
    let mut head = Response::builder().status(status).header("content-type", content_type);
    if let Some(code) = grpc_status {
        head = head.header("grpc-status", code).header("grpc-message", "not today");
    }
    head.body(()).unwrap()
}

/// The generator may have gone meanwhile.
fn say(respond: &mut SendResponse<Bytes>, head: Response<()>, body: &'static [u8], status: Option<&str>) {
    let Ok(mut stream) = respond.send_response(head, false) else { return };
    let Some(status) = status else { return drop(stream.send_data(Bytes::from_static(body), true)) };
    let _ = stream.send_data(Bytes::from_static(body), false);
    let _ = stream.send_trailers(HeaderMap::from_iter([("grpc-status".parse().unwrap(), status.parse().unwrap())]));
}

/// Goes on until the generator has had enough.
async fn write_huge(respond: &mut SendResponse<Bytes>) {
    let mut body = respond.send_response(grpc(), false).unwrap();
    let chunk = Bytes::from(vec![0; 64 * 1024]);
    loop {
        body.reserve_capacity(chunk.len());
        match std::future::poll_fn(|context| body.poll_capacity(context)).await {
            Some(Ok(0)) => {}
            Some(Ok(room)) => {
                if body.send_data(chunk.slice(..room.min(chunk.len())), false).is_err() {
                    return;
                }
            }
            Some(Err(_)) | None => return,
        }
    }
}
