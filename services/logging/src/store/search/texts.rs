use std::collections::HashMap;

use database::{DatabaseError, Transaction};
use uuid::Uuid;

use crate::{
    body,
    store::{Statement, condition::push_each},
    words::{Search, Texts, Words},
};

/// Calls whose texts are read at a time.
const READ: usize = 512;

/// SQLite takes the tables of a CROSS JOIN in the order in which they stand.
const TEXTS: &str =
    "SELECT id, project_id, started_at, tool_name, exposed_name, error_message, arguments, result
    FROM tool_calls CROSS JOIN tool_call_bodies WHERE tool_call_id = id AND ";

/// What is cut into words of a call.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct CallTexts {
    pub(crate) id: Uuid,
    pub(crate) project_id: Uuid,
    pub(crate) started_at: i64,
    tool_name: String,
    exposed_name: String,
    error_message: String,
    arguments: Option<Vec<u8>>,
    result: Option<Vec<u8>>,
}

impl CallTexts {
    /// What it is found by.
    pub(crate) fn words(&self) -> Words {
        self.with(Words::of)
    }

    fn with<T>(&self, look: impl FnOnce(Texts) -> T) -> T {
        let (arguments, result) = body::unpack(self.arguments.as_deref(), self.result.as_deref());
        look(Texts {
            tool_name: &self.tool_name,
            exposed_name: &self.exposed_name,
            error_message: &self.error_message,
            arguments_json: arguments.as_deref(),
            result_json: result.as_deref(),
        })
    }

    /// Which of some words stand in it, as an index would find them.
    fn found<'search>(&self, searches: &'search [Search]) -> Vec<&'search Search> {
        self.with(|texts| {
            let may_be: Vec<&Search> = searches.iter().filter(|search| search.may_find(texts)).collect();
            if may_be.is_empty() {
                return may_be;
            }
            let words = Words::of(texts);
            may_be.into_iter().filter(|search| search.finds(&words)).collect()
        })
    }
}

/// The texts of some calls that have a body, in no order. Those that are of a day
/// had better come together.
pub(crate) async fn texts_of(
    transaction: &mut Transaction,
    ids: Vec<Uuid>,
) -> Result<Vec<CallTexts>, DatabaseError> {
    let (first, last) = (ids.iter().min().copied(), ids.iter().max().copied());
    let mut statement = Statement::within(transaction, TEXTS);
    push_each(&mut statement, ids);
    statement.push(" AND tool_call_id BETWEEN ").bind(first);
    statement.push(" AND ").bind(last);
    statement.fetch_within(transaction).await
}

/// Reads calls one by one, and says which of them have which of some words.
pub(super) async fn read(
    transaction: &mut Transaction,
    mut ids: Vec<Uuid>,
    searches: &[Search],
) -> Result<HashMap<Search, Vec<Uuid>>, DatabaseError> {
    let mut found: HashMap<Search, Vec<Uuid>> = HashMap::new();
    // By time.
    ids.sort_unstable();
    for ids in ids.chunks(READ) {
        for texts in texts_of(transaction, ids.to_vec()).await? {
            for search in texts.found(searches) {
                found.entry(search.clone()).or_default().push(texts.id);
            }
            // It is work, and others wait.
            tokio::task::consume_budget().await;
        }
    }
    Ok(found)
}
