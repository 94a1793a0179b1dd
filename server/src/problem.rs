//! What a refused request is answered: RFC 9457 `application/problem+json` with a stable code.
//!
//! Deliberately not here: details of what went wrong inside; those would tell a stranger too much.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// One refusal: its status, its stable code and its title.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
}

impl Problem {
    pub(crate) const NOT_FOUND: Self = Self {
        status: StatusCode::NOT_FOUND,
        code: "not-found",
        title: "There is nothing at this address.",
    };
    pub(crate) const METHOD: Self = Self {
        status: StatusCode::METHOD_NOT_ALLOWED,
        code: "method-not-allowed",
        title: "This address does not take that method.",
    };
    pub(crate) const NOT_READY: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "not-ready",
        title: "The data folder or its database cannot be written.",
    };
    pub(crate) const NO_INVITATION: Self = Self {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "busy",
        title: "The next invitation is being made.",
    };
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = format!(
            r#"{{"type":"urn:veldpost:problem:{code}","title":"{}","status":{},"code":"{code}"}}"#,
            self.title,
            self.status.as_u16(),
            code = self.code
        );
        let headers = [
            (
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/problem+json"),
            ),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (self.status, headers, body).into_response()
    }
}
