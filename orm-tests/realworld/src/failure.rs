//! Why requests fail, and how the service responds.

use std::collections::HashMap;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use orm_core::ErrorKind;
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
    /// What `Input` refuses, field by field.
    #[error(transparent)]
    Input(orm_core::Error),
    #[error(transparent)]
    Database(orm_core::Error),
}

/// What `?` makes of the library's errors. Inside `session.transaction(..)` it also rolls back.
impl From<orm_core::Error> for Failure {
    fn from(error: orm_core::Error) -> Failure {
        match error.kind() {
            ErrorKind::NoRows => Failure::NotFound,
            ErrorKind::UniqueViolation => match error.constraint().and_then(|taken| taken.columns.first()) {
                Some(column) => Failure::Invalid(column.clone(), "has already been taken".to_owned()),
                None => Failure::Database(error),
            },
            ErrorKind::InvalidInput => Failure::Input(error),
            _ => Failure::Database(error),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let message = self.to_string();
        let (status, field, message) = match self {
            Failure::Unauthorized => (StatusCode::UNAUTHORIZED, "token".to_owned(), message),
            Failure::Forbidden => (StatusCode::FORBIDDEN, "body".to_owned(), message),
            Failure::NotFound => (StatusCode::NOT_FOUND, "body".to_owned(), message),
            Failure::Invalid(field, why) => (StatusCode::UNPROCESSABLE_ENTITY, field, why),
            Failure::Input(error) => {
                let wrong = error.field_errors().iter();
                let errors: HashMap<&str, [&str; 1]> =
                    wrong.map(|wrong| (wrong.field(), [wrong.message()])).collect();
                return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "errors": errors }))).into_response();
            }
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
