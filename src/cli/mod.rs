//! The command line: clap types, one file a subcommand; what is printed and with which exit code.
//!
//! Comes in: arguments. Goes out: calls of `app`. Must not: hold logic.
