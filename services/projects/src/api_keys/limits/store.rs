use database::DatabaseError;
use domain::ToolPattern;

use super::KeyLimits;

/// What a key is limited to, as it lies in the database.
#[derive(sqlx::FromRow)]
pub(crate) struct LimitsRow {
    scopes: String,
    ip_ranges: String,
    rate_limit_per_minute: Option<i64>,
    tools: String,
}

impl LimitsRow {
    /// A limit that cannot be read is an error, so that it never falls away.
    /// Only a scope of a newer release is left out, which makes a key smaller.
    pub(crate) fn read(self) -> Result<KeyLimits, DatabaseError> {
        let (ranges, tools) = (list(&self.ip_ranges)?, list(&self.tools)?);
        let ranges = ranges.iter().map(|range| range.parse());
        let tools = tools.iter().map(|tool| ToolPattern::parse(tool));
        let rate_limit = self.rate_limit_per_minute.map(u32::try_from).transpose();
        Ok(KeyLimits {
            scopes: list(&self.scopes)?
                .iter()
                .filter_map(|scope| scope.parse().ok())
                .collect(),
            ip_ranges: ranges
                .collect::<Result<_, _>>()
                .map_err(DatabaseError::unreadable)?,
            rate_limit_per_minute: rate_limit.map_err(DatabaseError::unreadable)?,
            tools: tools
                .collect::<Result<_, _>>()
                .map_err(DatabaseError::unreadable)?,
        })
    }
}

/// A list as its column has it.
pub(in crate::api_keys) fn words(values: impl Iterator<Item = impl ToString>) -> String {
    let texts: Vec<String> = values.map(|value| value.to_string()).collect();
    serde_json::to_string(&texts).expect("a list of texts is JSON")
}

fn list(column: &str) -> Result<Vec<String>, DatabaseError> {
    serde_json::from_str(column).map_err(DatabaseError::unreadable)
}
