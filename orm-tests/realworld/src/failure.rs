//! Why requests fail, and how the service responds.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use orm_core::{Constraint, ErrorKind};
use serde_json::json;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum Failure {
    #[error("log in first")]
    Unauthorized,
    #[error("this belongs to another user")]
    Forbidden,
    #[error("not found")]
    NotFound,
    /// A field, and what is wrong with it.
    #[error("{0} {1}")]
    Invalid(String, String),
    #[error(transparent)]
    Database(orm_core::Error),
}

/// What `?` makes of the library's errors. Inside `session.transaction(..)` it also rolls back.
impl From<orm_core::Error> for Failure {
    fn from(error: orm_core::Error) -> Failure {
        match error.kind() {
            ErrorKind::NoRows => Failure::NotFound,
            ErrorKind::UniqueViolation => match error.constraint().and_then(taken) {
                Some(field) => Failure::Invalid(field, "has already been taken".to_owned()),
                None => Failure::Database(error),
            },
            // What `Input` refuses is meant for the client.
            ErrorKind::InvalidInput => Failure::Invalid("body".to_owned(), error.to_string()),
            _ => Failure::Database(error),
        }
    }
}

/// The column whose value another row has. MariaDB names only the index, which is called like the column.
fn taken(constraint: &Constraint) -> Option<String> {
    constraint.columns.first().or(constraint.name.as_ref()).cloned()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let message = self.to_string();
        let (status, field, message) = match self {
            Failure::Unauthorized => (StatusCode::UNAUTHORIZED, "token".to_owned(), message),
            Failure::Forbidden => (StatusCode::FORBIDDEN, "body".to_owned(), message),
            Failure::NotFound => (StatusCode::NOT_FOUND, "body".to_owned(), message),
            Failure::Invalid(field, why) => (StatusCode::UNPROCESSABLE_ENTITY, field, why),
            // The library answers without telling anything of the database, and logs what is the server's fault.
            Failure::Database(error) => return error.into_response(),
        };
        (status, Json(json!({ "errors": { field: [message] } }))).into_response()
    }
}

/// What a client sent for a field that must not be blank.
pub fn filled(field: &str, text: Option<String>) -> Result<String, Failure> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.ok_or_else(|| Failure::Invalid(field.to_owned(), "can't be blank".to_owned()))
}
