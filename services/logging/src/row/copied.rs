//! Rows in the binary format of PostgreSQL's `COPY`, whose values are those that
//! sqlx binds.

use sqlx::{Encode, Postgres, encode::IsNull, error::BoxDynError, postgres::PgArgumentBuffer};

/// Signature, flags, and an extension of no bytes.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// In place of a length.
const NULL: i32 = -1;

/// In place of a number of columns.
const END: i16 = -1;

/// Rows one behind another, as they are sent.
#[derive(Debug)]
pub(crate) struct CopiedRows(PgArgumentBuffer);

impl CopiedRows {
    pub(crate) fn new() -> Self {
        let mut bytes = PgArgumentBuffer::default();
        bytes.extend_from_slice(HEADER);
        Self(bytes)
    }

    pub(crate) fn begin_row(&mut self, columns: usize) {
        self.0.extend((columns as i16).to_be_bytes());
    }

    pub(crate) fn push<'value>(&mut self, value: &impl Encode<'value, Postgres>) -> Result<(), BoxDynError> {
        let start = self.0.len();
        self.0.extend(NULL.to_be_bytes());
        let behind = self.0.len();
        if let IsNull::No = value.encode_by_ref(&mut self.0)? {
            let length = i32::try_from(self.0.len() - behind)?;
            self.0[start..behind].copy_from_slice(&length.to_be_bytes());
        }
        Ok(())
    }

    /// What is to be sent.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Goes on behind what was sent, in the same room.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn end(&mut self) {
        self.0.extend(END.to_be_bytes());
    }
}
