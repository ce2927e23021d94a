//! Names, ports and labels of what is ours in a stack.

pub(super) use crate::domain::flow::GENERATOR;

/// The label that names the run that an object belongs to.
pub const RUN_LABEL: &str = "loadmark.run";
/// The label that names the database that owns it.
pub const INSTANCE_LABEL: &str = "loadmark.instance";

/// The service name of our Prometheus.
pub(super) const PROMETHEUS: &str = "loadmark-prometheus";
/// What stands as a service in the labels of the scrapes of container metrics.
pub(super) const HOST: &str = "loadmark-host";
/// The network by which the manager reaches Prometheus and the generator.
pub(super) const CONTROL: &str = "loadmark-control";
/// Names that the user's services can't have.
pub(super) const OUR_SERVICES: [&str; 3] = [PROMETHEUS, GENERATOR, HOST];
/// The port of Prometheus inside the stack.
pub(super) const PROMETHEUS_PORT: u16 = 9090;
/// The generator's control and metrics port, inside the stack.
pub(super) const GENERATOR_PORT: u16 = 9095;
/// Where the generator hands on the metrics of containers and host.
pub(super) const CONTAINERS_PATH: &str = "/metrics/containers";
