//! The house keeps its shape: rooms import what the design allows, and files are fit to be read.

mod cycles;
mod imports;
mod laws;
mod source;
mod text;
