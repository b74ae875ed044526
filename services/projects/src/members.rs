//! Who is in a project, and as what.

pub(crate) mod store;
