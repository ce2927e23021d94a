//! Tells cargo that a new migration changes the binary: the macro that embeds them only watches those it saw.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
