//! Many servers behind one endpoint: how their tools are named, and how their
//! lists become one.

mod annotated;
mod merge;
mod names;

pub(crate) use annotated::Annotated;
pub(crate) use merge::{Catalog, Kind, list_result, renamed};
pub(crate) use names::{ExposedName, Names, exposed_name};
