//! Errors as responses.

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;

use crate::error::{Error, ErrorKind};

/// The response to a client: a status and a few words, without SQL, tables or values. Faults of the server go to the
/// log, on the target `orm::web`.
///
/// | kinds | status |
/// |---|---|
/// | `NoRows` | 404 |
/// | `InvalidInput` | 422, and the message: it names the fields that are wrong |
/// | the violations of constraints, `Stale` | 409 |
/// | `PoolTimeout`, `StatementTimeout`, `Busy`, `Serialization`, `Connection` | 503 |
/// | everything else | 500 |
///
/// The handler knows which input was wrong; the database does not. Match on [`kind`](Error::kind) and
/// [`constraint`](Error::constraint) if the response should name it.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if self.kind() == ErrorKind::InvalidInput {
            return (StatusCode::UNPROCESSABLE_ENTITY, self.to_string()).into_response();
        }
        let (status, said) = answer(self.kind());
        if status.is_server_error() {
            tracing::error!(target: "orm::web", status = status.as_u16(), "{self}");
        }
        (status, said).into_response()
    }
}

fn answer(kind: ErrorKind) -> (StatusCode, &'static str) {
    match kind {
        ErrorKind::NoRows => (StatusCode::NOT_FOUND, "not found"),
        ErrorKind::UniqueViolation => (StatusCode::CONFLICT, "this already exists"),
        ErrorKind::ForeignKeyViolation | ErrorKind::NotNullViolation | ErrorKind::CheckViolation => {
            (StatusCode::CONFLICT, "this conflicts with existing data")
        }
        ErrorKind::Stale => (StatusCode::CONFLICT, "this was changed concurrently"),
        ErrorKind::PoolTimeout
        | ErrorKind::StatementTimeout
        | ErrorKind::Busy
        | ErrorKind::Serialization
        | ErrorKind::Connection => (StatusCode::SERVICE_UNAVAILABLE, "busy, try again"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal error"),
    }
}
