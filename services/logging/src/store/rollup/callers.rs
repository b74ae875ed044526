use std::collections::HashMap;

use database::DatabaseError;
use uuid::Uuid;

use super::{Grouping, Statement, Store, columns, push_buckets, push_groups};
use crate::{
    figures::Cell,
    filter::ToolCallFilter,
    rollup::{HOUR_US, MINUTE_US, floor},
    tally::Tally,
};

/// A row of rollups of callers, of the columns that a cell is made of.
#[derive(Debug, sqlx::FromRow)]
struct Hour {
    at: i64,
    #[sqlx(default)]
    label: String,
    #[sqlx(default)]
    named_by: Option<Uuid>,
    #[sqlx(default)]
    status: String,
    minutes: Vec<u8>,
}

impl Store {
    pub(super) async fn sum_callers(
        &self,
        filter: &ToolCallFilter,
        step_us: i64,
        from: i64,
        to: i64,
        grouping: Grouping,
    ) -> Result<Vec<Cell>, DatabaseError> {
        let (columns, count) = columns("at", grouping);
        if step_us < HOUR_US {
            let select = format!("SELECT {columns}at, minutes");
            let statement = self.select_callers(&select, filter, HOUR_US, floor(from, HOUR_US), to);
            let hours: Vec<Hour> = statement.fetch_all(&self.database).await?;
            return Ok(sum_minutes(hours, from, to));
        }
        if grouping.is_of_values {
            // For groups, SQLite would put all rows into order.
            let select = format!("SELECT DISTINCT {columns}CAST(1 AS BIGINT) AS calls");
            let statement = self.select_callers(&select, filter, step_us, from, to);
            return statement.fetch_all(&self.database).await;
        }
        let select = format!("SELECT {columns}CAST(SUM(calls) AS BIGINT) AS calls");
        let mut statement = self.select_callers(&select, filter, step_us, from, to);
        push_groups(&mut statement, count);
        statement.fetch_all(&self.database).await
    }

    pub(in crate::store) fn select_callers(
        &self,
        select: &str,
        filter: &ToolCallFilter,
        step_us: i64,
        from: i64,
        to: i64,
    ) -> Statement {
        let mut statement = Statement::new(&self.database, select);
        statement
            .push(" FROM caller_rollups WHERE project_id = ")
            .bind(filter.project_id);
        push_buckets(&mut statement, filter, step_us, from, to);
        statement
    }
}

/// Of parts of hours.
fn sum_minutes(hours: Vec<Hour>, from: i64, to: i64) -> Vec<Cell> {
    let mut sums: HashMap<(String, Option<Uuid>, String), u64> = HashMap::new();
    for hour in hours {
        let minutes = <Tally>::unpack(&hour.minutes);
        let within = |minute: &u32| (from..to).contains(&(hour.at + i64::from(*minute) * MINUTE_US));
        let calls: u64 = minutes
            .iter()
            .filter(|(minute, _)| within(minute))
            .map(|(_, calls)| calls)
            .sum();
        if calls > 0 {
            *sums.entry((hour.label, hour.named_by, hour.status)).or_default() += calls;
        }
    }
    let cells = sums.into_iter().map(|((label, named_by, status), calls)| Cell {
        label,
        named_by,
        status,
        calls: calls.cast_signed(),
        ..Cell::default()
    });
    cells.collect()
}
