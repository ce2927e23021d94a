//! From JSON to the message of a gRPC call, by the descriptors of its service.

use base64::engine::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};

/// Before each message: whether it is compressed, and its length.
pub(super) const PREFIX: usize = 5;

/// What is wrong with a call, and where its specification says so.
#[derive(Debug)]
pub(super) enum Wrong {
    Method(String),
    Message(String),
}

/// Reads a `FileDescriptorSet` in base64.
pub(super) fn read_descriptors(text: &str) -> Result<DescriptorPool, String> {
    let expected = "expected a google.protobuf.FileDescriptorSet in base64";
    let bytes = STANDARD.decode(text).map_err(|error| format!("is no base64: {error}; {expected}"))?;
    DescriptorPool::decode(bytes.as_slice()).map_err(|error| format!("does not hold together: {error}; {expected}"))
}

/// The message of a call as it is sent, from its JSON.
pub(super) fn write_message(pool: &DescriptorPool, method: &str, json: &str) -> Result<Bytes, Wrong> {
    let method = find_method(pool, method).map_err(Wrong::Method)?;
    let name = method.input().full_name().to_owned();
    let wrong = |error| Wrong::Message(format!("is no `{name}` in JSON: {error}"));
    let mut text = serde_json::Deserializer::from_str(json);
    let message = DynamicMessage::deserialize(method.input(), &mut text).map_err(wrong)?;
    text.end().map_err(wrong)?;
    Ok(frame(&message.encode_to_vec()))
}

fn find_method(pool: &DescriptorPool, method: &str) -> Result<MethodDescriptor, String> {
    let (service_name, name) = method.split_once('/').unwrap_or((method, ""));
    let service = pool.get_service_by_name(service_name).ok_or_else(|| {
        format!(
            "is `{method}`, and there is no service `{service_name}`; there are: {}",
            list(pool.services().map(|known| known.full_name().to_owned()))
        )
    })?;
    let found = service.methods().find(|known| known.name() == name).ok_or_else(|| {
        format!(
            "is `{method}`, which the service does not have; it has: {}",
            list(service.methods().map(|known| known.name().to_owned()))
        )
    })?;
    if found.is_client_streaming() || found.is_server_streaming() {
        return Err(format!("is `{method}`, which streams; only unary methods can be called"));
    }
    Ok(found)
}

fn list(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// A message with its prefix.
pub(super) fn frame(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX + message.len());
    framed.put_u8(0);
    // A specification is far below 4 GiB.
    framed.put_u32(message.len() as u32);
    framed.put_slice(message);
    framed.freeze()
}
