//! Query strings, read by what the OpenAPI document says of each parameter:
//! the document and the reading cannot drift apart.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use service_error::ServiceError;
use utoipa::{
    IntoParams,
    openapi::{
        RefOr,
        path::{Parameter, ParameterIn},
        schema::{Object, Schema, SchemaType, Type},
    },
};

use crate::suggest;

/// The parameters of a request, in one or more groups. A parameter that no
/// group knows is refused.
pub(crate) struct Query<T>(pub(crate) T);

/// One or more groups of parameters.
pub(crate) trait ParameterGroups: Sized {
    /// What the document says of each.
    fn documented() -> Vec<Parameter>;

    /// Reads them out of values of the documented types.
    fn read(values: &Map<String, Value>) -> Result<Self, ServiceError>;
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many rows at most; absent: the list's own measure.
    #[param(example = 50, minimum = 1, maximum = 500)]
    limit: Option<u32>,
    /// `page.older` or `page.newer` of an earlier answer with the same filters;
    /// absent: the newest page.
    cursor: Option<String>,
}

impl From<PageQuery> for proto::page::PageRequest {
    fn from(query: PageQuery) -> Self {
        Self {
            limit: query.limit.unwrap_or(0),
            cursor: query.cursor.unwrap_or_default(),
        }
    }
}

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Sync,
    T: ParameterGroups,
{
    type Rejection = ServiceError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read<T: ParameterGroups>(query: &str) -> Result<T, ServiceError> {
    let documented = T::documented();
    let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let known: Vec<_> = documented
        .iter()
        .map(|parameter| parameter.name.as_str())
        .collect();
    if let Some(error) =
        suggest::refuse_unknown("parameter", given.iter().map(|(name, _)| name.as_ref()), &known)
    {
        return Err(error);
    }
    let mut values = Map::new();
    for parameter in &documented {
        let texts: Vec<&str> = given
            .iter()
            .filter(|(name, _)| *name == parameter.name)
            .map(|(_, value)| value.as_ref())
            .collect();
        if !texts.is_empty() {
            values.insert(parameter.name.clone(), value_of(parameter, &texts)?);
        }
    }
    T::read(&values)
}

fn value_of(parameter: &Parameter, texts: &[&str]) -> Result<Value, ServiceError> {
    let name = &parameter.name;
    if let Some(RefOr::T(Schema::Array(_))) = &parameter.schema {
        return Ok(texts.iter().copied().collect());
    }
    let [text] = texts else {
        return Err(ServiceError::invalid(name, "may be given only once"));
    };
    match &parameter.schema {
        Some(RefOr::T(Schema::Object(object))) if is_integer(object) => {
            let limit = |bound: &Option<utoipa::Number>, otherwise| match bound {
                Some(utoipa::Number::UInt(bound)) => *bound as u64,
                Some(utoipa::Number::Int(bound)) => u64::try_from(*bound).unwrap_or(0),
                Some(utoipa::Number::Float(_)) | None => otherwise,
            };
            let (min, max) = (
                limit(&object.minimum, 0),
                // The longest that is still a time in microseconds.
                limit(&object.maximum, u64::MAX / 1_000),
            );
            match text.parse::<u64>() {
                Ok(number) if (min..=max).contains(&number) => Ok(number.into()),
                _ => Err(ServiceError::invalid(
                    name,
                    format!("expected a whole number from {min} to {max}"),
                )),
            }
        }
        _ => Ok((*text).into()),
    }
}

fn is_integer(object: &Object) -> bool {
    match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::Integer,
        SchemaType::Array(kinds) => kinds.contains(&Type::Integer),
        SchemaType::AnyValue => false,
    }
}

fn group<T: DeserializeOwned>(values: &Map<String, Value>) -> Result<T, ServiceError> {
    T::deserialize(values).map_err(|error| {
        // Values have the documented types already: this is a fault of ours.
        ServiceError::internal(error)
    })
}

macro_rules! groups {
    ($($name:ident),*) => {
        impl<$($name),*> ParameterGroups for ($($name,)*)
        where
            $($name: IntoParams + DeserializeOwned),*
        {
            fn documented() -> Vec<Parameter> {
                #[allow(unused_mut, reason = "the empty tuple adds nothing")]
                let mut parameters = Vec::new();
                $(parameters.extend($name::into_params(|| Some(ParameterIn::Query)));)*
                parameters
            }

            #[allow(unused_variables, clippy::unused_unit, reason = "the empty tuple reads nothing")]
            fn read(values: &Map<String, Value>) -> Result<Self, ServiceError> {
                Ok(($(group::<$name>(values)?,)*))
            }
        }
    };
}

groups!();
groups!(A);
groups!(A, B);
groups!(A, B, C);
groups!(A, B, C, D);
groups!(A, B, C, D, E);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, IntoParams)]
    #[into_params(parameter_in = Query)]
    struct Sample {
        #[serde(default)]
        status: Vec<String>,
        min_duration_ms: Option<u64>,
    }

    type Both = (Sample, PageQuery);

    #[test]
    fn groups_are_read_from_one_query_string() {
        let (sample, page) =
            read::<Both>("status=error&min_duration_ms=5&status=time%20out&limit=20&cursor=a%2Bb")
                .expect("a query");
        assert_eq!(sample.status, ["error", "time out"]);
        assert_eq!(sample.min_duration_ms, Some(5));
        assert_eq!((page.limit, page.cursor.as_deref()), (Some(20), Some("a+b")));
    }

    #[test]
    fn what_no_group_knows_is_refused_with_what_may_be_meant() {
        let error = read::<Both>("stauts=error").expect_err("unknown");
        assert_eq!(error.reason, "unknown_parameter");
        assert!(error.message.contains(r#"did you mean "status"?"#), "{error}");
        assert!(read::<()>("x=1").is_err());
        assert!(read::<()>("").is_ok());
    }

    #[test]
    fn numbers_are_checked_against_the_document() {
        for query in [
            "limit=0",
            "limit=501",
            "limit=x",
            "limit=-1",
            "limit=",
            "limit=5&limit=6",
        ] {
            let error = read::<Both>(query).expect_err(query);
            assert_eq!(error.fields[0].field, "limit", "{query}");
        }
    }
}
