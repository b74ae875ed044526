//! The one binary: all services in one process, or one each.
fn main() {}
