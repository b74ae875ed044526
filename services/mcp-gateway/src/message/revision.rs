use std::{fmt, str::FromStr};

/// A revision of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Revision {
    /// HTTP+SSE.
    V2024_11_05,
    /// Streamable HTTP, and the only one with batches.
    V2025_03_26,
    V2025_06_18,
    V2025_11_25,
    /// Without `initialize` and sessions: "modern". Those before are "legacy".
    V2026_07_28,
}

impl Revision {
    pub(crate) const ALL: [Self; 5] = [
        Self::V2024_11_05,
        Self::V2025_03_26,
        Self::V2025_06_18,
        Self::V2025_11_25,
        Self::V2026_07_28,
    ];

    /// The newest with `initialize`.
    pub(crate) const LATEST_LEGACY: Self = Self::V2025_11_25;

    /// The newest without.
    pub(crate) const LATEST_MODERN: Self = Self::V2026_07_28;

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// Whether each request says for itself who sends it.
    pub(crate) const fn is_modern(self) -> bool {
        matches!(self, Self::V2026_07_28)
    }

    /// What `initialize` answers: the client's own revision where it is known
    /// and has `initialize`, else the newest that has (lifecycle, "version
    /// negotiation").
    pub(crate) fn negotiate(requested: &str) -> Self {
        let known = requested.parse().ok();
        known
            .filter(|revision: &Self| !revision.is_modern())
            .unwrap_or(Self::LATEST_LEGACY)
    }

    /// Whether a body may be an array of messages. Introduced and withdrawn
    /// within one revision.
    pub(crate) const fn has_batches(self) -> bool {
        matches!(self, Self::V2025_03_26)
    }

    /// All of them in one line, for sentences.
    pub(crate) fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

impl FromStr for Revision {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|revision| revision.as_str() == text)
            .ok_or(())
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
