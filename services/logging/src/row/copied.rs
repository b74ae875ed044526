//! Rows in the binary format of PostgreSQL's `COPY`.

use uuid::Uuid;

/// Signature, flags, and an extension of no bytes.
const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// In place of a length.
const NULL: i32 = -1;

/// In place of a number of columns.
const END: i16 = -1;

/// Rows one behind another, as they are sent.
#[derive(Debug)]
pub(crate) struct CopiedRows(Vec<u8>);

/// A value as the binary format has it.
pub(crate) trait Copied {
    fn copy_to(&self, bytes: &mut Vec<u8>);
}

impl CopiedRows {
    pub(crate) fn new() -> Self {
        Self(HEADER.to_vec())
    }

    pub(crate) fn begin_row(&mut self, columns: usize) {
        self.0.extend((columns as i16).to_be_bytes());
    }

    pub(crate) fn push(&mut self, value: &impl Copied) {
        value.copy_to(&mut self.0);
    }

    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.0.extend(END.to_be_bytes());
        self.0
    }
}

impl<T: Copied> Copied for Option<T> {
    fn copy_to(&self, bytes: &mut Vec<u8>) {
        match self {
            Some(value) => value.copy_to(bytes),
            None => bytes.extend(NULL.to_be_bytes()),
        }
    }
}

macro_rules! copied {
    ($($type:ty: |$value:ident| $bytes:expr);+ $(;)?) => { $(
        impl Copied for $type {
            fn copy_to(&self, bytes: &mut Vec<u8>) {
                let $value = self;
                let value: &[u8] = &$bytes[..];
                bytes.extend((value.len() as i32).to_be_bytes());
                bytes.extend_from_slice(value);
            }
        }
    )+ };
}

copied! {
    Uuid: |id| id.as_bytes();
    i64: |number| number.to_be_bytes();
    i16: |number| number.to_be_bytes();
    bool: |is_so| [u8::from(*is_so)];
    String: |text| text.as_bytes();
    Vec<u8>: |bytes_of_it| bytes_of_it;
}
