//! Deliveries and comments as GitHub, and as somebody who means harm, would send them.

mod commands;
mod deliveries;
mod hidden;
mod oracle;
