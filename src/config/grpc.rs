//! The gRPC calls of a load: what they call, with what, and what their proto files say of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::engine::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor};
use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::nearest::suggest;
use super::raw::{RawGrpc, RawRequest};
use super::shape::Entries;
use super::source::Source;
use super::value::resolve;
use crate::domain::grpc::GrpcCall;
use crate::domain::units::Span;

/// Keys of metadata that the protocol itself sets.
const OWN_KEYS: [&str; 5] = ["connection", "content-length", "content-type", "host", "te"];

/// What holds for all calls of a load.
pub(super) struct Checker<'a> {
    pub(super) source: &'a Source,
    /// Of the configuration, absolute.
    pub(super) folder: &'a Path,
    /// Of the load.
    pub(super) timeout: Span,
}

/// A compiled proto file.
struct Compiled {
    pool: DescriptorPool,
    /// The file with all that it imports.
    set: Vec<u8>,
}

impl Checker<'_> {
    pub(super) fn check(&self, raw: &RawGrpc) -> Result<GrpcCall, ConfigError> {
        check_method(&raw.method.value).or_else(|message| self.refuse(&raw.method, message))?;
        let message = match (&raw.message, &raw.message_file) {
            (Some(_), Some(file)) => {
                let problem = Problem::ExactlyOne("`message` and `message_file`");
                return Err(self.source.error(file.referenced, problem));
            }
            (None, Some(file)) => {
                Spanned::new(self.source.read_named(&file.value, file.referenced)?.text, file.referenced, file.defined)
            }
            (Some(message), None) => message.clone(),
            (None, None) => Spanned::new("{}".to_owned(), raw.method.referenced, raw.method.defined),
        };
        let descriptors = match &raw.proto {
            Some(proto) => {
                let compiled = self.compile(proto, &raw.imports)?;
                self.check_against(&compiled.pool, &raw.method, &message)?;
                Some(STANDARD.encode(compiled.set))
            }
            None => self.check_without(raw, &message)?,
        };
        Ok(GrpcCall {
            method: raw.method.value.clone(),
            message: message.value,
            metadata: self.metadata(&raw.metadata)?,
            deadline: raw.deadline.as_ref().map(|deadline| self.deadline(deadline)).transpose()?,
            descriptors,
            expect_code: raw.expect_code.clone(),
        })
    }

    fn refuse<T, V>(&self, at: &Spanned<V>, message: String) -> Result<T, ConfigError> {
        Err(self.source.error(at.referenced, Problem::Value(message)))
    }

    /// Without a proto file the service knows better; only that the message is JSON can be seen from here.
    fn check_without(&self, raw: &RawGrpc, message: &Spanned<String>) -> Result<Option<String>, ConfigError> {
        if let Some(first) = raw.imports.first() {
            return self.refuse(first, "`imports` are the folders of a `proto` file, and there is none".to_owned());
        }
        match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&message.value) {
            Ok(_) => Ok(None),
            Err(error) => self.refuse(message, format!("the message is no object in JSON: {error}")),
        }
    }

    fn compile(&self, proto: &Spanned<String>, imports: &[Spanned<String>]) -> Result<Compiled, ConfigError> {
        let path = resolve(self.source, self.folder, proto)?;
        if !path.is_file() {
            let path = self.source.folder().join(&proto.value);
            return Err(self.source.error(proto.referenced, Problem::NoFile { path }));
        }
        let mut folders: Vec<PathBuf> = Vec::with_capacity(imports.len() + 1);
        for import in imports {
            let folder = resolve(self.source, self.folder, import)?;
            if !folder.is_dir() {
                return self.refuse(import, format!("there is no folder {}", shortened(&import.value)));
            }
            folders.push(folder);
        }
        folders.extend(path.parent().map(Path::to_owned));
        let compiled = protox::Compiler::new(folders).and_then(|mut compiler| {
            compiler.include_imports(true).open_file(&path)?;
            Ok(Compiled { pool: compiler.descriptor_pool(), set: compiler.encode_file_descriptor_set() })
        });
        // Only its debug format has file, line and column.
        compiled.or_else(|error| {
            self.refuse(proto, format!("the file does not compile: {}", shortened(&format!("{error:?}"))))
        })
    }

    fn check_against(
        &self,
        pool: &DescriptorPool,
        method: &Spanned<String>,
        message: &Spanned<String>,
    ) -> Result<(), ConfigError> {
        let found = find_method(pool, &method.value).or_else(|message| self.refuse(method, message))?;
        let input = found.input();
        let name = input.full_name().to_owned();
        let mut json = serde_json::Deserializer::from_str(&message.value);
        DynamicMessage::deserialize(input, &mut json)
            .and_then(|_| json.end())
            .or_else(|error| self.refuse(message, format!("the message is no `{name}` in JSON: {error}")))
    }

    fn metadata(&self, raw: &Entries<Spanned<String>>) -> Result<BTreeMap<String, String>, ConfigError> {
        let mut metadata = BTreeMap::new();
        for (key, value) in &raw.0 {
            let shown = shortened(&key.value);
            let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
            if key.value.is_empty() || !key.value.bytes().all(allowed) {
                return self.refuse(key, format!("`{shown}` is no key of metadata: expected a-z, 0-9, -, _ and ."));
            }
            if OWN_KEYS.contains(&key.value.as_str()) || key.value.starts_with("grpc-") {
                return self.refuse(key, format!("the key `{shown}` is set by gRPC itself"));
            }
            if !value.value.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
                return self.refuse(value, "a value of metadata is printable ASCII on one line".to_owned());
            }
            if key.value.ends_with("-bin") && STANDARD_NO_PAD.decode(value.value.trim_end_matches('=')).is_err() {
                return self
                    .refuse(value, format!("the value of `{shown}` is base64, because its key ends with `-bin`"));
            }
            if metadata.insert(key.value.clone(), value.value.clone()).is_some() {
                let problem = Problem::DuplicateName { kind: "key of metadata", name: shown };
                return Err(self.source.error(key.referenced, problem));
            }
        }
        Ok(metadata)
    }

    fn deadline(&self, deadline: &Spanned<Span>) -> Result<Span, ConfigError> {
        let timeout = self.timeout;
        if deadline.value.0.is_zero() || deadline.value.0 > timeout.0 {
            let message = format!(
                "`deadline` is {}; expected more than 0 and at most the `timeout` of the load, {timeout}",
                deadline.value
            );
            return self.refuse(deadline, message);
        }
        Ok(deadline.value)
    }
}

/// Refuses the keys of HTTP requests beside a gRPC call, and a URL with a path.
pub(super) fn check_rest(source: &Source, raw: &RawRequest) -> Result<(), ConfigError> {
    let keys = [
        ("method", raw.method.as_ref().map(|method| method.referenced)),
        ("headers", raw.headers.0.first().map(|(name, _)| name.referenced)),
        ("body", raw.body.as_ref().map(|body| body.referenced)),
        ("body_file", raw.body_file.as_ref().map(|file| file.referenced)),
        ("expect_status", raw.expect_status.first().map(|status| status.referenced)),
        ("expect_body", raw.expect_body.as_ref().map(|text| text.referenced)),
    ];
    if let Some((key, location)) = keys.into_iter().find_map(|(key, location)| Some((key, location?))) {
        let instead = match key {
            "method" => "the method of a call stands inside of `grpc`",
            "headers" => "give a call `metadata`, inside of `grpc`",
            "body" | "body_file" => "give a call a `message`, inside of `grpc`",
            _ => "a call has `expect_code`, inside of `grpc`",
        };
        let message = format!("`{key}` is for HTTP requests and can't stand beside `grpc`: {instead}");
        return Err(source.error(location, Problem::Value(message)));
    }
    let authority = raw.url.value.strip_prefix("http://").unwrap_or_default();
    match authority.split_once(['/', '?', '#']) {
        None | Some((_, "")) => Ok(()),
        Some(_) => {
            let message = "the URL of a gRPC call has no path: expected `http://HOST:PORT`".to_owned();
            Err(source.error(raw.url.referenced, Problem::Value(message)))
        }
    }
}

/// Refuses what is not `PACKAGE.SERVICE/METHOD`.
fn check_method(method: &str) -> Result<(), String> {
    let is_identifier = |text: &str| {
        !text.is_empty()
            && !text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    match method.split_once('/') {
        Some((service, name)) if service.split('.').all(is_identifier) && is_identifier(name) => Ok(()),
        _ => Err(format!("`{}` is no method: expected `PACKAGE.SERVICE/METHOD`", shortened(method))),
    }
}

/// A unary method of a proto file, or why there is none.
fn find_method(pool: &DescriptorPool, method: &str) -> Result<MethodDescriptor, String> {
    let (service_name, name) = method.split_once('/').unwrap_or((method, ""));
    let Some(service) = pool.get_service_by_name(service_name) else {
        let known: Vec<_> = pool.services().map(|service| service.full_name().to_owned()).collect();
        let hint = suggest(service_name, known.iter().map(String::as_str));
        return Err(format!("the proto file has no service `{service_name}`{}", after_colon(&hint)));
    };
    let Some(found) = service.methods().find(|known| known.name() == name) else {
        let known: Vec<_> = service.methods().map(|method| method.name().to_owned()).collect();
        let hint = suggest(name, known.iter().map(String::as_str));
        return Err(format!("the service `{service_name}` has no method `{name}`{}", after_colon(&hint)));
    };
    if found.is_client_streaming() || found.is_server_streaming() {
        return Err(format!("the method `{name}` streams; only unary methods can be called"));
    }
    Ok(found)
}

fn after_colon(hint: &str) -> String {
    if hint.is_empty() { String::new() } else { format!(": {hint}") }
}
