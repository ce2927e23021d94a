//! Before the first phase: the messages of gRPC calls that came without descriptors.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use super::error::LoadError;
use super::message::write_message;
use super::reflection::ask;
use super::rpc::refuse_call;
use super::target::{Call, Targets};
use crate::domain::load::LoadSpec;

/// How long a service may take over all that it is asked, or the load's time-out if that is shorter. Whoever orders a
/// phase waits longer for the answer.
const LONGEST_ANSWER: Duration = Duration::from_secs(10);

/// Asks each service once for all that is still lacking.
pub(super) async fn learn(spec: &LoadSpec, targets: &Targets) -> Result<(), LoadError> {
    let limit = spec.timeout.0.min(LONGEST_ANSWER);
    let mut known = BTreeMap::new();
    for (index, (request, target)) in spec.requests.iter().zip(&targets.requests).enumerate() {
        let (Some(call), Call::Grpc(rpc)) = (&request.grpc, &target.call) else { continue };
        if !rpc.lacks_message() {
            continue;
        }
        let host = &targets.hosts[target.host];
        let service = call.method.split('/').next().unwrap_or_default();
        let pool = match known.entry((target.host, service)) {
            Entry::Occupied(pool) => pool.into_mut(),
            Entry::Vacant(free) => {
                let service_at = format!("{}:{}", host.name, host.port);
                let asked = ask(host, &service_at, service, limit).await;
                free.insert(asked.map_err(|reason| LoadError::Reflection {
                    request: request.name.clone(),
                    method: call.method.clone(),
                    service: service_at,
                    reason,
                })?)
            }
        };
        let message = write_message(pool, &call.method, &call.message);
        rpc.set_message(message.map_err(|wrong| refuse_call(&format!("requests[{index}]"), wrong))?);
    }
    Ok(())
}
