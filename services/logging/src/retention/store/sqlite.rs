use database::{DatabaseError, Transaction};

use crate::store::Statement;

/// Runs a statement that takes bodies away and returns their numbers, and takes
/// their words with them. Returns how many.
pub(super) async fn delete_with_words(
    transaction: &mut Transaction,
    bodies: Statement,
) -> Result<usize, DatabaseError> {
    let gone: Vec<(i64,)> = bodies.fetch_within(transaction).await?;
    if !gone.is_empty() {
        let mut words = Statement::within(transaction, "DELETE FROM tool_call_words WHERE rowid IN ");
        words.bind_list(gone.iter().map(|(number,)| *number));
        words.execute(transaction).await?;
    }
    Ok(gone.len())
}
