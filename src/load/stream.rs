//! One gRPC call on an HTTP/2 connection: sent, and its answer read to the end.

use std::future::Future;

use bytes::Bytes;
use h2::RecvStream;
use h2::client::{Builder, Connection, SendRequest};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::net::TcpStream;

use super::head::GRPC;
use super::link::{Broken, LONGEST_BODY};
use super::message::PREFIX;
use super::target::Host;
use crate::domain::grpc::GrpcCode;

/// How much of answers may be under way: enough that the generator never is what a large answer waits for.
const STREAM_WINDOW: u32 = 2 * 1024 * 1024;
/// The same, of all calls on a connection.
const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;

/// What came back.
#[derive(Debug)]
pub(super) enum Said {
    /// The end of a call.
    Status {
        code: GrpcCode,
        /// What the service says of it.
        detail: Option<HeaderValue>,
        message: Received,
    },
    /// HTTP that is no gRPC.
    NoGrpc(StatusCode, Option<HeaderValue>),
    /// An answer that ended without a status.
    NoStatus,
    /// Longer than any answer is read.
    TooLong,
}

/// The messages of an answer as far as they matter.
#[derive(Debug)]
pub(super) struct Received {
    length: u64,
    prefix: [u8; PREFIX],
    /// All of it, prefix included, if it was to be kept.
    pub(super) kept: Option<Vec<u8>>,
}

impl Received {
    fn new(keep: bool) -> Self {
        Self { length: 0, prefix: [0; PREFIX], kept: keep.then(Vec::new) }
    }

    fn add(&mut self, data: &[u8]) {
        let seen = usize::try_from(self.length).unwrap_or(usize::MAX).min(PREFIX);
        let missing = (PREFIX - seen).min(data.len());
        self.prefix[seen..seen + missing].copy_from_slice(&data[..missing]);
        self.length += data.len() as u64;
        if let Some(kept) = &mut self.kept {
            kept.extend_from_slice(data);
        }
    }

    /// Whether it is one uncompressed message: nothing else was asked for.
    pub(super) fn is_one_message(&self) -> bool {
        let [compressed, length @ ..] = self.prefix;
        let expected = PREFIX as u64 + u64::from(u32::from_be_bytes(length));
        self.length >= PREFIX as u64 && compressed == 0 && self.length == expected
    }
}

/// Connects to the first of the host's addresses that answers. The connection lives as long as it is polled.
pub(super) async fn connect(host: &Host) -> Result<(SendRequest<Bytes>, Connection<TcpStream>), Broken> {
    let stream = TcpStream::connect((host.name.as_str(), host.port)).await?;
    stream.set_nodelay(true)?;
    let mut builder = Builder::new();
    builder.enable_push(false).initial_window_size(STREAM_WINDOW).initial_connection_window_size(CONNECTION_WINDOW);
    Ok(builder.handshake(stream).await?)
}

/// Puts a call on the connection; what is returned reads its answer. Dropping that resets the stream.
pub(super) fn send(
    sender: &mut SendRequest<Bytes>,
    request: Request<()>,
    message: Bytes,
    keep: bool,
) -> Result<impl Future<Output = Result<Said, h2::Error>> + use<>, h2::Error> {
    let (response, mut body) = sender.send_request(request, false)?;
    // An error here is one of the stream, and the answer tells it as well.
    let _ = body.send_data(message, true);
    Ok(async move { read(response.await?, keep).await })
}

async fn read(response: Response<RecvStream>, keep: bool) -> Result<Said, h2::Error> {
    let (head, mut body) = response.into_parts();
    let content_type = head.headers.get(CONTENT_TYPE);
    let is_grpc = content_type.is_some_and(|value| value.as_bytes().starts_with(GRPC.as_bytes()));
    if head.status != StatusCode::OK || !is_grpc {
        return Ok(Said::NoGrpc(head.status, content_type.cloned()));
    }
    let mut message = Received::new(keep);
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        message.add(&data);
        if message.length > LONGEST_BODY {
            return Ok(Said::TooLong);
        }
    }
    // Where there is no message, the head may be all there is.
    let trailers = body.trailers().await?;
    Ok(read_status(trailers.as_ref().unwrap_or(&head.headers), message))
}

fn read_status(headers: &HeaderMap, message: Received) -> Said {
    let Some(code) = headers.get("grpc-status") else { return Said::NoStatus };
    let number = code.to_str().ok().and_then(|code| code.parse().ok());
    let code = number.map_or(GrpcCode::Unknown, GrpcCode::from_number);
    Said::Status { code, detail: headers.get("grpc-message").cloned(), message }
}

#[cfg(test)]
mod tests {
    use super::super::message::frame;
    use super::*;

    fn received(chunks: &[&[u8]]) -> Received {
        let mut received = Received::new(true);
        chunks.iter().for_each(|chunk| received.add(chunk));
        received
    }

    #[test]
    fn exactly_one_message_is_an_answer_however_it_is_cut() {
        let whole = frame(b"hello");
        for cut in 0..whole.len() {
            let received = received(&[&whole[..cut], &whole[cut..]]);
            assert!(received.is_one_message(), "{cut}");
            assert_eq!(received.kept.as_deref(), Some(&whole[..]));
        }
        assert!(received(&[&frame(b"")]).is_one_message());
        let compressed = [&[1][..], &whole[1..]].concat();
        for wrong in [&[][..], &whole[..4], &whole[..8], &[&whole[..], &whole[..]].concat(), &compressed] {
            assert!(!received(&[wrong]).is_one_message(), "{wrong:?}");
        }
    }

    #[test]
    fn a_status_is_a_number_and_an_odd_one_is_unknown() {
        for (text, expected) in
            [("0", GrpcCode::Ok), ("5", GrpcCode::NotFound), ("99", GrpcCode::Unknown), ("x", GrpcCode::Unknown)]
        {
            let headers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), text.parse().unwrap())]);
            assert!(
                matches!(read_status(&headers, Received::new(false)), Said::Status { code, .. } if code == expected)
            );
        }
        assert!(matches!(read_status(&HeaderMap::new(), Received::new(false)), Said::NoStatus));
    }
}
