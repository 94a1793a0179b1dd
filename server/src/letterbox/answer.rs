//! What goes back: an answer of the call's own type, or a problem document with its code.
//!
//! Deliberately not here: the app's headers. An answer under `/v1` has four, since a phone pays for each byte.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use veldpost_envelope::request::RequestProblem;
use veldpost_envelope::wire::{Call, Code, Problem};
use veldpost_relay::RelayError;

/// Why a call is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    problem: Problem,
    retry_after: Option<u32>,
}

/// How long to wait for a process that has its hands full, in seconds.
const HANDS_FULL: u32 = 5;

impl Refusal {
    pub(super) fn new(code: Code) -> Self {
        Self {
            problem: Problem::new(code),
            retry_after: None,
        }
    }

    pub(super) fn slow_down(seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(Code::SlowDown)
        }
    }

    pub(super) fn busy() -> Self {
        Self {
            retry_after: Some(HANDS_FULL),
            ..Self::new(Code::Busy)
        }
    }

    pub(super) fn internal() -> Self {
        Self::new(Code::Internal)
    }

    pub(super) fn code(&self) -> Code {
        self.problem.code
    }
}

impl From<RelayError> for Refusal {
    fn from(error: RelayError) -> Self {
        if error.code() == Code::Internal {
            tracing::error!(%error, "the relay failed");
        }
        Self {
            problem: error.problem(),
            retry_after: error.retry_after(),
        }
    }
}

impl From<RequestProblem> for Refusal {
    fn from(problem: RequestProblem) -> Self {
        let now = match problem {
            RequestProblem::Clock { now } => Some(now),
            _ => None,
        };
        Self {
            problem: Problem {
                now,
                ..Problem::new(problem.code())
            },
            retry_after: None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.code.status());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Body::from(self.problem.to_json());
        let mut response = typed("application/problem+json", body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("POST"));
        }
        response
    }
}

/// The answer to a call.
pub(super) fn answered(call: Call, body: impl Into<Body>) -> Response {
    typed(call.answer_type(), body.into())
}

/// That a relay is here and not a login page.
pub(super) fn here() -> Response {
    let headers = [
        (HeaderName::from_static("veldpost"), HeaderValue::from(1)),
        NOSNIFF,
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

pub(super) const NOSNIFF: (HeaderName, HeaderValue) = (
    header::X_CONTENT_TYPE_OPTIONS,
    HeaderValue::from_static("nosniff"),
);

pub(super) fn typed(content_type: &'static str, body: Body) -> Response {
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    ([content_type, NOSNIFF], body).into_response()
}

/// The app may stand on another origin than its relay: any page may read what it was answered. Nothing is given away,
/// since no answer rests on a cookie or an address; who may have it has signed for it.
pub(super) fn share(headers: &mut HeaderMap) {
    let any = HeaderValue::from_static("*");
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
    let named = HeaderValue::from_static("retry-after, veldpost");
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, named);
}

/// What a browser asks before a page of another origin may call.
pub(super) fn may_post() -> Response {
    let headers = [
        (
            header::ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("POST"),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("content-digest, content-type, signature, signature-input"),
        ),
        (
            header::ACCESS_CONTROL_MAX_AGE,
            HeaderValue::from_static("86400"),
        ),
        NOSNIFF,
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
