use std::{
    fmt,
    fmt::Write as _,
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

tokio::task_local! {
    static CURRENT: CurrentRequest;
}

/// The request that is being handled here, as each log line tells of it.
#[derive(Debug, Clone)]
pub(crate) struct CurrentRequest {
    pub(crate) id: RequestId,
    pub(crate) server: &'static str,
    pub(crate) uri: Uri,
}

impl CurrentRequest {
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        CURRENT.scope(self, future)
    }

    /// Shows it to the function, if there is one.
    pub(crate) fn with<T>(look: impl FnOnce(&Self) -> T) -> Option<T> {
        CURRENT.try_with(look).ok()
    }
}

/// Finds a request in the logs of every service that it went through.
///
/// Taken from the header `x-request-id` where that is plain, otherwise made
/// here; it goes out with the answer and along with every gRPC call that is
/// made while the request is handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

/// Of an id.
const MAX_BYTES: usize = 64;

pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

impl RequestId {
    /// That of the request that is being handled here, if one is.
    pub fn current() -> Option<Self> {
        CurrentRequest::with(|request| request.id.clone())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().expect("only plain characters are let in")
    }

    pub(crate) fn of(headers: &HeaderMap) -> Self {
        headers
            .get(HEADER)
            .filter(|value| is_plain(value.as_bytes()))
            .map_or_else(Self::generate, |value| Self(value.clone()))
    }

    pub(crate) fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }

    /// A future that outlives the request that is being handled here, under the
    /// id of that request.
    pub fn carry<F: Future>(future: F) -> impl Future<Output = F::Output> {
        let current = CurrentRequest::with(Clone::clone);
        async move {
            match current {
                Some(request) => request.scope(future).await,
                None => future.await,
            }
        }
    }

    /// Random per process, then counted: unique without a system call each.
    fn generate() -> Self {
        static PROCESS: LazyLock<String> =
            LazyLock::new(|| format!("{:016x}-", RandomState::new().hash_one(0)));
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let mut id = String::with_capacity(MAX_BYTES);
        id.push_str(&PROCESS);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let _ = write!(id, "{count:x}");
        Self(HeaderValue::try_from(id).expect("these are plain characters"))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What may stand in a log line and in a header as it came.
fn is_plain(text: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=MAX_BYTES).contains(&text.len()) && text.iter().all(is_plain)
}
