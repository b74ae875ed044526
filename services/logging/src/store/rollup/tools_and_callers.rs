use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use database::{DatabaseError, Transaction};
use uuid::Uuid;

use super::{Grouping, Statement, Store, columns, push_terms};
use crate::{
    figures::{Cell, Dimension},
    filter::ToolCallFilter,
    rollup::{Caller, CallerKey, Callers, DAY_US, OF_TOOLS, floor},
    row::{Row, row},
    store::statement::{fetch_alike, insert_returning},
    tool_call::ToolCallRow,
};

/// Callers that are looked up at a time.
const LOOKED_UP: usize = 1_000;

row! {
    /// A caller, and the last day of which there are calls.
    struct SeenRow in "callers" {
        project_id: Uuid,
        session_id: Uuid,
        client_type: String,
        client_name: String,
        user_id: Uuid,
        api_key_id: Uuid,
        last_day: i64,
    }
}

#[derive(sqlx::FromRow)]
struct Numbered {
    number: i64,
    last_day: i64,
    #[sqlx(flatten)]
    caller: Caller,
}

/// A row of rollups of tools, of the columns that a cell is made of.
#[derive(sqlx::FromRow)]
struct Called {
    #[sqlx(default)]
    label: String,
    #[sqlx(default)]
    detail: String,
    #[sqlx(default)]
    status: String,
    callers: Vec<u8>,
}

/// A caller, of the columns that a cell is made of.
#[derive(sqlx::FromRow)]
struct Found {
    number: i64,
    #[sqlx(default)]
    label: String,
    #[sqlx(default)]
    named_by: Option<Uuid>,
}

/// Those who made some calls, and their numbers; who has none gets one.
pub(super) async fn number(
    transaction: &mut Transaction,
    calls: &[&ToolCallRow],
) -> Result<Vec<(Caller, u32)>, DatabaseError> {
    let mut days: BTreeMap<CallerKey<'_>, i64> = BTreeMap::new();
    for call in calls {
        let day = days.entry(Caller::key_of(call)).or_insert(i64::MIN);
        *day = (*day).max(floor(call.started_at, DAY_US));
    }
    let mut numbers = Vec::new();
    let mut keep = |found: Vec<Numbered>| {
        for Numbered { number, caller, .. } in found {
            // After four billion callers, rollups of tools know no new ones.
            numbers.extend(u32::try_from(number).ok().map(|number| (caller, number)));
        }
    };
    let callers: Vec<Caller> = days.keys().copied().map(Caller::from).collect();
    let columns = [&["number", "last_day"], Caller::COLUMNS].concat();
    let mut known: Vec<Numbered> =
        fetch_alike(transaction, &columns, &callers, Caller::COLUMNS.len()).await?;
    known.retain(|known| {
        days.get(&known.caller.key())
            .is_some_and(|day| *day <= known.last_day)
    });
    let up_to_date: HashSet<CallerKey<'_>> = known.iter().map(|known| known.caller.key()).collect();
    days.retain(|caller, _| !up_to_date.contains(caller));
    keep(known);
    let others = days.into_iter().map(|(caller, last_day)| {
        let caller = Caller::from(caller);
        SeenRow {
            project_id: caller.project_id,
            session_id: caller.session_id,
            client_type: caller.client_type,
            client_name: caller.client_name,
            user_id: caller.user_id,
            api_key_id: caller.api_key_id,
            last_day,
        }
    });
    let others: Vec<SeenRow> = others.collect();
    let key = Caller::COLUMNS.join(", ");
    let renew = format!(
        "ON CONFLICT ({key}) DO UPDATE SET last_day = excluded.last_day RETURNING number, last_day, {key}"
    );
    keep(insert_returning(transaction, &others, &renew).await?);
    Ok(numbers)
}

impl Store {
    /// Counts of whole hours.
    pub(super) async fn sum_tools_and_callers(
        &self,
        filter: &ToolCallFilter,
        from: i64,
        to: i64,
        grouping: Grouping,
    ) -> Result<Vec<Cell>, DatabaseError> {
        let is_of_tools = |by: &Dimension| OF_TOOLS.contains(&by.field());
        let of_tools = Grouping {
            by: grouping.by.filter(is_of_tools),
            ..grouping
        };
        let (columns, _) = columns("at", of_tools);
        let select = format!("SELECT {columns}callers FROM tool_caller_rollups WHERE project_id = ");
        let mut statement = Statement::new(&self.database, &select);
        statement.bind(filter.project_id);
        statement.push(" AND at >= ").bind(from);
        statement.push(" AND at < ").bind(to);
        push_terms(&mut statement, &filter.only(&OF_TOOLS));
        let rows: Vec<Called> = statement.fetch_all(&self.database).await?;
        let mut tools: HashMap<(String, String, String), Callers> = HashMap::new();
        for row in rows {
            let callers = tools.entry((row.label, row.detail, row.status)).or_default();
            callers.add_packed(&row.callers);
        }

        let of_callers = filter.without(&OF_TOOLS);
        let by_caller = grouping.by.filter(|by| !is_of_tools(by));
        let numbers = tools.values().flat_map(Callers::iter).map(|(number, _)| number);
        let named = self
            .named_callers(&of_callers, numbers.collect(), by_caller)
            .await?;
        let mut cells = Vec::new();
        for ((label, detail, status), callers) in tools {
            for (number, calls) in callers.iter() {
                let Some(caller) = named.get(&number) else {
                    continue;
                };
                let is_named = by_caller.is_some();
                cells.push(Cell {
                    label: if is_named {
                        caller.label.clone()
                    } else {
                        label.clone()
                    },
                    detail: detail.clone(),
                    status: status.clone(),
                    named_by: caller.named_by,
                    calls: calls.cast_signed(),
                    ..Cell::default()
                });
            }
        }
        Ok(cells)
    }

    /// Those of some callers that a filter takes, by their numbers.
    async fn named_callers(
        &self,
        filter: &ToolCallFilter,
        numbers: BTreeSet<u32>,
        by: Option<Dimension>,
    ) -> Result<HashMap<u32, Found>, DatabaseError> {
        let grouping = Grouping {
            by,
            ..Grouping::default()
        };
        let (columns, _) = columns("at", grouping);
        let select = format!("SELECT {columns}number FROM callers WHERE project_id = ");
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        let mut named = HashMap::with_capacity(numbers.len());
        for numbers in numbers.chunks(LOOKED_UP) {
            let mut statement = Statement::new(&self.database, &select);
            statement.bind(filter.project_id);
            statement.push(&format!(" AND number IN ({})", numbers.join(", ")));
            push_terms(&mut statement, filter);
            let found: Vec<Found> = statement.fetch_all(&self.database).await?;
            let by_number = |caller: Found| Some((u32::try_from(caller.number).ok()?, caller));
            named.extend(found.into_iter().filter_map(by_number));
        }
        Ok(named)
    }
}
