use std::hash::Hash;

use sqlx::{Database, Encode, Postgres, Sqlite, Type, encode::IsNull, error::BoxDynError};
use uuid::{Uuid, fmt::Simple};

mod copied;

pub(crate) use copied::CopiedRows;

/// A value on its way into a statement, of a type that both databases have, but
/// for the last two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Value {
    Uuid(Option<Uuid>),
    Int(Option<i64>),
    Small(Option<i16>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Bool(Option<bool>),
    /// An array; on SQLite, which has none, a JSON text of hexadecimal digits.
    Ids(Vec<Uuid>),
    /// An array too, of what many rows have in a column.
    Column(Column),
}

/// What is in one column of many rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    Uuids(Vec<Option<Uuid>>),
    Ints(Vec<Option<i64>>),
    Smalls(Vec<Option<i16>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
    Bools(Vec<Option<bool>>),
}

/// What arrays are to an engine.
pub(crate) trait Arrays: Database {
    fn encode_ids(ids: Vec<Uuid>, buffer: &mut Self::ArgumentBuffer) -> Result<IsNull, BoxDynError>;

    fn type_of_ids() -> Option<Self::TypeInfo>;

    fn encode_column(column: &Column, buffer: &mut Self::ArgumentBuffer) -> Result<IsNull, BoxDynError>;

    fn type_of_column(column: &Column) -> Option<Self::TypeInfo>;
}

/// What to do with the values of a column, of whichever type they are.
macro_rules! on_column {
    ($column:expr, |$values:ident| $body:expr) => {
        match $column {
            Column::Uuids($values) => $body,
            Column::Ints($values) => $body,
            Column::Smalls($values) => $body,
            Column::Texts($values) => $body,
            Column::Bytes($values) => $body,
            Column::Bools($values) => $body,
        }
    };
}

impl Arrays for Postgres {
    fn encode_ids(ids: Vec<Uuid>, buffer: &mut Self::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Encode::<Self>::encode(ids, buffer)
    }

    fn type_of_ids() -> Option<Self::TypeInfo> {
        Some(<Vec<Uuid> as Type<Self>>::type_info())
    }

    fn encode_column(column: &Column, buffer: &mut Self::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        on_column!(column, |values| Encode::<Self>::encode_by_ref(values, buffer))
    }

    fn type_of_column(column: &Column) -> Option<Self::TypeInfo> {
        fn type_of<T: Type<Postgres>>(_: &T) -> <Postgres as Database>::TypeInfo {
            T::type_info()
        }
        Some(on_column!(column, |values| type_of(values)))
    }
}

impl Arrays for Sqlite {
    fn encode_ids(ids: Vec<Uuid>, buffer: &mut Self::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        let mut digits = [0; Simple::LENGTH];
        let mut json = String::with_capacity(ids.len() * (Simple::LENGTH + 3) + 2);
        json.push('[');
        for (index, id) in ids.iter().enumerate() {
            json.push_str(if index > 0 { ",\"" } else { "\"" });
            json.push_str(id.simple().encode_lower(&mut digits));
            json.push('"');
        }
        json.push(']');
        Encode::<Self>::encode(json, buffer)
    }

    fn type_of_ids() -> Option<Self::TypeInfo> {
        Some(<String as Type<Self>>::type_info())
    }

    fn encode_column(_: &Column, _: &mut Self::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Err("SQLite has no arrays".into())
    }

    fn type_of_column(_: &Column) -> Option<Self::TypeInfo> {
        None
    }
}

/// What can be written many at a time.
pub(crate) trait Row {
    const TABLE: &'static str;
    const COLUMNS: &'static [&'static str];

    /// In the order of the columns.
    fn values(&self) -> Vec<Value>;

    /// What the rows have in each of the columns.
    fn columns(rows: &[&Self]) -> Vec<Column>;

    /// Adds the row to those that PostgreSQL is to copy.
    fn copy_to(&self, copied: &mut CopiedRows) -> Result<(), BoxDynError>;
}

impl<DB: Database> Type<DB> for Value
where
    String: Type<DB>,
{
    /// Each value says its own type, by `produces`.
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }
}

impl<'q, DB: Arrays> Encode<'q, DB> for Value
where
    Option<Uuid>: Encode<'q, DB>,
    Option<i64>: Encode<'q, DB>,
    Option<i16>: Encode<'q, DB>,
    Option<String>: Encode<'q, DB>,
    Option<Vec<u8>>: Encode<'q, DB>,
    Option<bool>: Encode<'q, DB>,
    Uuid: Type<DB>,
    i64: Type<DB>,
    i16: Type<DB>,
    String: Type<DB>,
    Vec<u8>: Type<DB>,
    bool: Type<DB>,
{
    fn encode(self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        match self {
            Self::Uuid(value) => value.encode(buffer),
            Self::Int(value) => value.encode(buffer),
            Self::Small(value) => value.encode(buffer),
            Self::Text(value) => value.encode(buffer),
            Self::Bytes(value) => value.encode(buffer),
            Self::Bool(value) => value.encode(buffer),
            Self::Ids(ids) => DB::encode_ids(ids, buffer),
            Self::Column(column) => DB::encode_column(&column, buffer),
        }
    }

    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.clone().encode(buffer)
    }

    fn produces(&self) -> Option<DB::TypeInfo> {
        Some(match self {
            Self::Uuid(_) => Uuid::type_info(),
            Self::Int(_) => i64::type_info(),
            Self::Small(_) => i16::type_info(),
            Self::Text(_) => String::type_info(),
            Self::Bytes(_) => Vec::<u8>::type_info(),
            Self::Bool(_) => bool::type_info(),
            Self::Ids(_) => return DB::type_of_ids(),
            Self::Column(column) => return DB::type_of_column(column),
        })
    }
}

impl From<Column> for Value {
    fn from(column: Column) -> Self {
        Self::Column(column)
    }
}

impl From<Vec<Uuid>> for Value {
    fn from(ids: Vec<Uuid>) -> Self {
        Self::Ids(ids)
    }
}

macro_rules! value_from {
    ($($type:ty => $variant:ident, $column:ident);+ $(;)?) => { $(
        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(Some(value))
            }
        }

        impl From<Option<$type>> for Value {
            fn from(value: Option<$type>) -> Self {
                Self::$variant(value)
            }
        }

        impl FromIterator<$type> for Column {
            fn from_iter<I: IntoIterator<Item = $type>>(values: I) -> Self {
                Self::$column(values.into_iter().map(Some).collect())
            }
        }

        impl FromIterator<Option<$type>> for Column {
            fn from_iter<I: IntoIterator<Item = Option<$type>>>(values: I) -> Self {
                Self::$column(values.into_iter().collect())
            }
        }
    )+ };
}

value_from! {
    Uuid => Uuid, Uuids;
    i64 => Int, Ints;
    i16 => Small, Smalls;
    String => Text, Texts;
    Vec<u8> => Bytes, Bytes;
    bool => Bool, Bools;
}

/// What is added to what is stored.
pub(crate) trait Counter: Row {
    /// How many of the first columns name the row; the others are added up.
    const KEY_COLUMNS: usize;

    /// What is in these.
    type Key<'row>: Eq + Hash
    where
        Self: 'row;

    fn key(&self) -> Self::Key<'_>;

    fn add(&mut self, other: &Self);
}

/// A struct with one field per column, so that the list of columns stands in
/// one place.
macro_rules! row {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:literal { $( $(#[$field_meta:meta])* $field:ident : $type:ty ),+ $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name { $( $(#[$field_meta])* pub(crate) $field: $type ),+ }

        impl $crate::row::Row for $name {
            const TABLE: &'static str = $table;
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn values(&self) -> Vec<$crate::row::Value> {
                vec![$( self.$field.clone().into() ),+]
            }

            fn columns(rows: &[&Self]) -> Vec<$crate::row::Column> {
                vec![$( rows.iter().map(|row| row.$field.clone()).collect() ),+]
            }

            fn copy_to(
                &self,
                copied: &mut $crate::row::CopiedRows,
            ) -> Result<(), sqlx::error::BoxDynError> {
                copied.begin_row(Self::COLUMNS.len());
                $( copied.push(&self.$field)?; )+
                Ok(())
            }
        }
    };
}

pub(crate) use row;
