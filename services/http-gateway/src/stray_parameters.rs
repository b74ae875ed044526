//! Routes that take no query parameters refuse those that come all the same.
//! Routes that take some read them by [`Query`](crate::query::Query), which
//! refuses what it does not know.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use utoipa::openapi::{OpenApi, PathItem, RefOr, path::Operation, path::ParameterIn};

use crate::suggest;

/// The routes that take none, as the document says.
#[derive(Clone)]
pub(crate) struct WithoutParameters(Arc<HashSet<(Method, String)>>);

impl WithoutParameters {
    pub(crate) fn of(document: &OpenApi) -> Self {
        let routes = document.paths.paths.iter().flat_map(|(path, item)| {
            operations(item)
                .filter(|(_, operation)| !takes_some(operation))
                .map(|(method, _)| (method, path.clone()))
        });
        Self(Arc::new(routes.collect()))
    }

    fn contains(&self, method: &Method, path: &str) -> bool {
        let method = match *method {
            Method::HEAD => Method::GET,
            ref method => method.clone(),
        };
        self.0.contains(&(method, path.to_owned()))
    }
}

pub(crate) async fn refuse(
    State(without): State<WithoutParameters>,
    request: Request,
    next: Next,
) -> Response {
    let query = request.uri().query().unwrap_or_default();
    let path = request.extensions().get::<MatchedPath>();
    if query.is_empty() || !path.is_some_and(|path| without.contains(request.method(), path.as_str())) {
        return next.run(request).await;
    }
    let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let names = given.iter().map(|(name, _)| name.as_ref());
    match suggest::refuse_unknown("parameter", names, &[]) {
        Some(error) => error.into_response(),
        None => next.run(request).await,
    }
}

fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn takes_some(operation: &Operation) -> bool {
    operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == ParameterIn::Query,
            // A parameter that stands elsewhere is no reason to refuse.
            RefOr::Ref(_) => true,
        })
}
