use domain::GatewayId;
use proto::convert::InvalidField;
use uuid::Uuid;

/// One field of a record cannot be stored.
pub(crate) type InvalidRecord = InvalidField;

/// A year.
pub(crate) const LONGEST_US: i64 = 366 * 24 * 3_600 * 1_000_000;

/// Reads an id that must be there.
pub(crate) fn id(field: &'static str, text: &str) -> Result<Uuid, InvalidRecord> {
    // All ids look alike; which noun it is, the column says.
    proto::convert::parse_id::<GatewayId>(field, text).map(GatewayId::uuid)
}

/// Reads an id that may be absent. Empty is absent.
pub(crate) fn optional_id(field: &'static str, text: Option<&str>) -> Result<Option<Uuid>, InvalidRecord> {
    text.filter(|text| !text.is_empty())
        .map(|text| id(field, text))
        .transpose()
}

/// Sizes and durations beyond what a database can hold are the largest that it
/// can.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Of microseconds. Longer than a year is a year, so that figures can add
/// durations up.
pub(crate) fn duration(micros: u64) -> i64 {
    number(micros).min(LONGEST_US)
}

/// Takes texts over into the store, and remembers what it had to change.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    changed: Vec<&'static str>,
}

impl Texts {
    /// PostgreSQL keeps no NUL in a text. Whoever reads sees U+FFFD instead, in
    /// both databases.
    pub(crate) fn take(&mut self, field: &'static str, text: String) -> String {
        if !text.contains('\0') {
            return text;
        }
        self.changed.push(field);
        text.replace('\0', "\u{FFFD}")
    }

    /// What was changed, in words; empty when nothing was.
    pub(crate) fn note(&self) -> String {
        if self.changed.is_empty() {
            return String::new();
        }
        format!("NUL characters were replaced in {}", self.changed.join(", "))
    }
}
