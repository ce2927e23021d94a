//! Parse, dispatch, error to exit code; nothing else.

fn main() {}
