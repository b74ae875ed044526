use std::collections::{BTreeMap, BTreeSet};

use domain::ServerId;
use sha2::{Digest as _, Sha256};

/// The tools of a project that are switched off: for everybody, in lists and in
/// calls.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ToolSwitches {
    off: BTreeMap<ServerId, BTreeSet<String>>,
    /// Tells two states of the switches apart.
    digest: [u8; 32],
}

impl ToolSwitches {
    pub(crate) fn new(off: BTreeMap<ServerId, BTreeSet<String>>) -> Self {
        let mut hash = Sha256::new();
        for (server, tools) in &off {
            hash.update(server.uuid());
            for tool in tools {
                hash.update(tool.as_bytes());
                hash.update([0]);
            }
        }
        Self {
            off,
            digest: hash.finalize().into(),
        }
    }

    pub(crate) fn is_off(&self, server: ServerId, tool: &str) -> bool {
        self.off(server).is_some_and(|tools| tools.contains(tool))
    }

    /// Those of one server; none where there are none.
    pub(crate) fn off(&self, server: ServerId) -> Option<&BTreeSet<String>> {
        self.off.get(&server).filter(|tools| !tools.is_empty())
    }

    pub(crate) const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }
}
