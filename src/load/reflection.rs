//! Server reflection: the service is asked what its methods take. Before the first phase, off the hot path.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use prost::Message;
use prost_reflect::DescriptorPool;
use prost_reflect::prost_types::FileDescriptorProto;
use tokio_util::task::AbortOnDropHandle;

use super::clock::SECOND_NS;
use super::head::Head;
use super::link::Broken;
use super::message::{PREFIX, frame};
use super::stream::{Said, connect, send};
use super::target::Host;
use crate::domain::grpc::GrpcCode;

/// The versions of the protocol, the better one first; their messages are the same.
const METHODS: [&str; 2] = [
    "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
/// What a question tells the service of its deadline; ours is shorter.
const ANSWER_NS: u64 = 60 * SECOND_NS;
/// More files than any service needs.
const MAX_FILES: usize = 1_000;

/// A `ServerReflectionRequest`; one of the two is given.
#[derive(Clone, PartialEq, Message)]
struct Question {
    #[prost(string, optional, tag = "3")]
    file_by_filename: Option<String>,
    #[prost(string, optional, tag = "4")]
    file_containing_symbol: Option<String>,
}

/// A `ServerReflectionResponse`, as far as these questions go.
#[derive(Clone, PartialEq, Message)]
struct Reply {
    #[prost(message, optional, tag = "4")]
    files: Option<Files>,
    #[prost(message, optional, tag = "7")]
    error: Option<Failure>,
}

#[derive(Clone, PartialEq, Message)]
struct Files {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file_descriptor_proto: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
struct Failure {
    #[prost(string, tag = "2")]
    error_message: String,
}

/// Why a question has no answer.
enum Silence {
    /// This version of reflection is not offered.
    NotOffered,
    Other(String),
}

impl From<Broken> for Silence {
    fn from(Broken(reason): Broken) -> Self {
        Self::Other(format!("the connection failed: {reason}"))
    }
}

/// A connection for questions, which closes when it is dropped.
struct Asker<'a> {
    authority: &'a str,
    sender: SendRequest<Bytes>,
    _driver: AbortOnDropHandle<()>,
}

/// The descriptors of a service with all that they need.
///
/// # Errors
/// Says what the host did instead of telling them.
pub(super) async fn ask(
    host: &Host,
    authority: &str,
    service: &str,
    limit: Duration,
) -> Result<DescriptorPool, String> {
    match tokio::time::timeout(limit, ask_all(host, authority, service)).await {
        Ok(Ok(pool)) => Ok(pool),
        Ok(Err(Silence::Other(reason))) => Err(reason),
        Ok(Err(Silence::NotOffered)) => Err("it does not offer reflection, neither v1 nor v1alpha".to_owned()),
        Err(_elapsed) => Err(format!("no answer within {limit:?}")),
    }
}

async fn ask_all(host: &Host, authority: &str, service: &str) -> Result<DescriptorPool, Silence> {
    let (sender, connection) = connect(host).await?;
    let driver = AbortOnDropHandle::new(tokio::spawn(async move {
        // The questions under way are told of the error.
        let _ = connection.await;
    }));
    let asker = Asker { authority, sender, _driver: driver };
    let [newer, older] = METHODS;
    match asker.files(newer, service).await {
        Err(Silence::NotOffered) => asker.files(older, service).await,
        files => files,
    }
}

impl Asker<'_> {
    /// Asks for the file with a service, and for what it imports until nothing is missing.
    async fn files(&self, method: &str, service: &str) -> Result<DescriptorPool, Silence> {
        let symbol = Question { file_containing_symbol: Some(service.to_owned()), ..Question::default() };
        let mut files = self.question(method, &symbol).await?;
        let mut asked = BTreeSet::new();
        while let Some(name) = missing(&files) {
            if !asked.insert(name.clone()) || asked.len() > MAX_FILES {
                return Err(Silence::Other(format!("it has no file `{name}`, which another imports")));
            }
            let question = Question { file_by_filename: Some(name), ..Question::default() };
            files.extend(self.question(method, &question).await?);
        }
        let mut pool = DescriptorPool::global();
        pool.add_file_descriptor_protos(files.into_values())
            .map_err(|error| Silence::Other(format!("its files do not hold together: {error}")))?;
        Ok(pool)
    }

    /// One question on a stream of its own: every server answers that before it sees the stream's end.
    async fn question(
        &self,
        method: &str,
        question: &Question,
    ) -> Result<BTreeMap<String, FileDescriptorProto>, Silence> {
        let head = Head::new(self.authority, method).map_err(Silence::Other)?;
        let mut sender = self.sender.clone().ready().await.map_err(Broken::from)?;
        let answer = send(&mut sender, head.request(ANSWER_NS), frame(&question.encode_to_vec()), true);
        let said = answer.map_err(Broken::from)?.await.map_err(Broken::from)?;
        let reply = read(said)?;
        if let Some(Failure { error_message }) = reply.error {
            return Err(Silence::Other(format!("it answers: {error_message}")));
        }
        let files = reply.files.ok_or_else(|| Silence::Other("its answer has no files".to_owned()))?;
        let files = files.file_descriptor_proto.into_iter().map(|file| {
            let file = FileDescriptorProto::decode(file.as_slice()).map_err(|error| unreadable(&error))?;
            Ok((file.name().to_owned(), file))
        });
        files.collect()
    }
}

fn read(said: Said) -> Result<Reply, Silence> {
    let reason = match said {
        Said::Status { code: GrpcCode::Ok, message, .. } if message.is_one_message() => {
            let kept = message.kept.unwrap_or_default();
            return Reply::decode(kept.get(PREFIX..).unwrap_or_default()).map_err(|error| unreadable(&error));
        }
        Said::Status { code: GrpcCode::Unimplemented, .. } => return Err(Silence::NotOffered),
        Said::Status { code, detail, .. } => {
            let detail = detail.as_ref().and_then(|detail| detail.to_str().ok()).unwrap_or("without a reason");
            format!("it answers {code}: {detail}")
        }
        Said::NoGrpc(status, content_type) => {
            format!("it answers with HTTP {status} and the content type {content_type:?}, which is no gRPC")
        }
        Said::NoStatus | Said::TooLong => "its answer has no end".to_owned(),
    };
    Err(Silence::Other(reason))
}

fn unreadable(error: &prost::DecodeError) -> Silence {
    Silence::Other(format!("its answer can't be read: {error}"))
}

/// A file that one of these imports and that is not among them. The well-known ones are built in.
fn missing(files: &BTreeMap<String, FileDescriptorProto>) -> Option<String> {
    let known = DescriptorPool::global();
    let mut imports = files.values().flat_map(|file| &file.dependency);
    imports.find(|name| !files.contains_key(*name) && known.get_file_by_name(name).is_none()).cloned()
}
