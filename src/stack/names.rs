//! Names, ports and labels of what is ours in a stack.

/// The label that names the run that an object belongs to.
pub(super) const RUN_LABEL: &str = "loadmark.run";
/// The label that names the database that owns it.
pub const INSTANCE_LABEL: &str = "loadmark.instance";

/// The service name of our Prometheus.
pub(super) const PROMETHEUS: &str = "loadmark-prometheus";
/// The service name of our load generator.
pub(super) const GENERATOR: &str = "loadmark-load";
/// Names that the user's services can't have.
pub(super) const OUR_SERVICES: [&str; 2] = [PROMETHEUS, GENERATOR];
/// The port of Prometheus inside the stack.
pub(super) const PROMETHEUS_PORT: u16 = 9090;
/// The generator's control and metrics port, inside the stack.
pub(super) const GENERATOR_PORT: u16 = 9095;
