//! Which span of time a request asks for: `last=30m`, or `from` and `to`.

use std::time::Duration;

use domain::Timestamp;
use serde::Deserialize;
use service_error::ServiceError;
use utoipa::IntoParams;

/// What a request that names no time asks for.
const DEFAULT_LAST: &str = "30m";

/// The longest span that `last` may name: ten years.
const LONGEST: Duration = Duration::from_hours(24 * 3_653);

/// The parameters that name a span of time. Without any: the last 30 minutes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct TimeRangeQuery {
    /// A span that ends now: numbers with `s`, `m`, `h`, `d` or `w`, such as
    /// `15m`, `24h`, `7d`, `1h30m`. Not together with `from` and `to`.
    #[param(example = "30m")]
    last: Option<String>,
    /// Started at or after this time.
    #[param(example = "2026-11-22T14:00:00Z", format = DateTime)]
    from: Option<String>,
    /// Started before this time; only together with `from`. Absent: now.
    #[param(example = "2026-11-22T15:00:00Z", format = DateTime)]
    to: Option<String>,
}

/// A span of time: from a moment on, up to another that is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) from: Timestamp,
    /// Now, where the request left the end open.
    pub(crate) to: Timestamp,
    /// Whether the request left the end open: what starts meanwhile belongs to
    /// it too.
    pub(crate) is_open: bool,
}

impl TimeRangeQuery {
    pub(crate) fn resolve(&self, now: Timestamp) -> Result<TimeRange, ServiceError> {
        let Some(from) = &self.from else {
            if self.to.is_some() {
                return Err(ServiceError::invalid("to", "goes only together with `from`"));
            }
            let last = parse_span("last", self.last.as_deref().unwrap_or(DEFAULT_LAST))?;
            return Ok(TimeRange {
                from: now - last,
                to: now,
                is_open: true,
            });
        };
        if self.last.is_some() {
            return Err(ServiceError::invalid(
                "last",
                "goes not together with `from`; name the span in one way",
            ));
        }
        let from = parse_time("from", from)?;
        let Some(to) = &self.to else {
            return Ok(TimeRange {
                from,
                to: now.max(from),
                is_open: true,
            });
        };
        let to = parse_time("to", to)?;
        if to <= from {
            return Err(ServiceError::invalid("to", "must be after `from`"));
        }
        Ok(TimeRange {
            from,
            to,
            is_open: false,
        })
    }
}

pub(crate) fn parse_time(field: &str, text: &str) -> Result<Timestamp, ServiceError> {
    // A `+` that was not written as %2B arrives as a space.
    text.replace(' ', "+")
        .parse()
        .map_err(|error: domain::InvalidTimestamp| ServiceError::invalid(field, error.to_string()))
}

/// Reads `15m`, `24h`, `1h30m`: one or more whole numbers, each with its unit.
pub(crate) fn parse_span(field: &str, text: &str) -> Result<Duration, ServiceError> {
    let refused = || {
        ServiceError::invalid(
            field,
            format!(
                "{:?} is no span of time: expected numbers with s, m, h, d or w, such as 15m, 24h, 7d or 1h30m, \
                 more than nothing and at most 3653d",
                text.chars().take(32).collect::<String>()
            ),
        )
    };
    let mut total = 0_u64;
    let mut number = None::<u64>;
    for character in text.chars() {
        if let Some(digit) = character.to_digit(10) {
            let next = number
                .unwrap_or(0)
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(digit.into()));
            number = Some(next.ok_or_else(refused)?);
            continue;
        }
        let unit = match character {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            'w' => 604_800,
            _ => return Err(refused()),
        };
        total = number
            .take()
            .and_then(|number| number.checked_mul(unit))
            .and_then(|seconds| total.checked_add(seconds))
            .ok_or_else(refused)?;
    }
    let span = Duration::from_secs(total);
    if number.is_some() || span.is_zero() || span > LONGEST {
        return Err(refused());
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn query(last: Option<&str>, from: Option<&str>, to: Option<&str>) -> TimeRangeQuery {
        TimeRangeQuery {
            last: last.map(str::to_owned),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
        }
    }

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("15m", 900),
            ("1h", 3_600),
            ("24h", 86_400),
            ("7d", 604_800),
            ("1h30m", 5_400),
            ("90s", 90),
            ("2w", 1_209_600),
        ] {
            assert_eq!(
                parse_span("last", text).expect("a span"),
                Duration::from_secs(seconds),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for text in [
            "",
            "m",
            "15",
            "0m",
            "-5m",
            "5 m",
            "1.5h",
            "5y",
            "15m3",
            "99999999999999999999s",
            "9999999d",
            "１h",
        ] {
            assert!(parse_span("last", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn without_any_time_it_is_the_last_half_hour() {
        let range = query(None, None, None).resolve(NOW).expect("the default");
        assert_eq!((range.from, range.to), (NOW - Duration::from_mins(30), NOW));
        assert!(range.is_open);
    }

    #[test]
    fn a_plus_that_became_a_space_is_still_a_time_zone() {
        let range = query(None, Some("2023-11-15T07:13:20 09:00"), None)
            .resolve(NOW)
            .expect("a time");
        assert_eq!(range.from, NOW);
    }

    #[test]
    fn contradictions_are_refused() {
        let time = Some("2023-11-14T22:13:20Z");
        for refused in [
            query(Some("1h"), time, None),
            query(None, None, time),
            query(None, time, time),
            query(None, Some("yesterday"), None),
        ] {
            assert!(refused.resolve(NOW).is_err(), "{refused:?}");
        }
    }
}
