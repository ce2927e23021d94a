//! The health service of gRPC on tonic: a server as others write them, with reflection or without.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::metadata::MetadataMap;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Status};
use tonic_health::pb::FILE_DESCRIPTOR_SET;
use tonic_health::server::health_reporter;
use tonic_reflection::server::Builder;

/// Which reflection it offers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reflection {
    V1,
    V1Alpha,
    None,
}

/// Lives until it is dropped.
pub(crate) struct Health {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<MetadataMap>>>,
    _tasks: JoinSet<()>,
}

impl Health {
    pub(crate) async fn start(reflection: Reflection) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let looking = Arc::clone(&seen);
        let (_, health) = health_reporter();
        let health = InterceptedService::new(health, move |request: Request<()>| {
            looking.lock().unwrap().push(request.metadata().clone());
            Ok::<_, Status>(request)
        });
        let builder = || Builder::configure().register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET);
        let v1 = (reflection == Reflection::V1).then(|| builder().build_v1().unwrap());
        let v1alpha = (reflection == Reflection::V1Alpha).then(|| builder().build_v1alpha().unwrap());
        let server = Server::builder().add_service(health).add_optional_service(v1).add_optional_service(v1alpha);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { server.serve_with_incoming(TcpIncoming::from(listener)).await.unwrap() });
        Self { address, seen, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The metadata of the calls of the health service.
    pub(crate) fn seen(&self) -> Vec<MetadataMap> {
        self.seen.lock().unwrap().clone()
    }
}
