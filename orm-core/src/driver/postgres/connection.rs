//! A connection to PostgreSQL with its prepared statements.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use hashbrown::HashMap;
use sqlx::Connection;
use sqlx::postgres::PgConnection;

/// A connection, and the types of values for which its statements are prepared.
///
/// The driver keeps prepared statements by their text only, and sends the bits of the next values whatever their types:
/// a text that was prepared for integers would read floating-point numbers as integers. So a text with values of other
/// types than its first ones is sent with a comment that names them.
pub(in crate::driver) struct PostgresConnection {
    inner: PgConnection,
    types: HashMap<Arc<str>, Box<[u32]>>,
    /// The program has used it too, so the types that a text is prepared for are unknown.
    shared: bool,
}

/// Of how many texts the types are known; those of others are always named.
const KNOWN: usize = 512;

impl PostgresConnection {
    pub(in crate::driver) fn new(inner: PgConnection) -> PostgresConnection {
        PostgresConnection { inner, types: HashMap::new(), shared: false }
    }

    /// The text that is prepared for values of these types, as the numbers that the server has for them.
    pub(in crate::driver) fn text(&mut self, sql: &Arc<str>, types: &[u32]) -> Arc<str> {
        if types.is_empty() {
            return Arc::clone(sql);
        }
        match self.types.get(sql) {
            Some(known) if **known == *types => return Arc::clone(sql),
            None if self.types.len() < KNOWN && !self.shared => {
                self.types.insert(Arc::clone(sql), types.into());
                return Arc::clone(sql);
            }
            _ => {}
        }
        let mut text = String::with_capacity(sql.len() + 8 + 6 * types.len());
        text.push_str(sql);
        text.push_str("\n/* types");
        for number in types {
            text.push(' ');
            text.push_str(&number.to_string());
        }
        text.push_str(" */");
        text.into()
    }

    /// Forgets what is prepared.
    ///
    /// # Errors
    /// The server does not answer.
    pub(in crate::driver) async fn forget_statements(&mut self) -> sqlx::Result<()> {
        self.inner.clear_cached_statements().await?;
        self.types.clear();
        Ok(())
    }

    /// The program is about to prepare its own statements, whose texts may equal those of this library.
    ///
    /// # Errors
    /// The server does not answer.
    pub(in crate::driver) async fn share(&mut self) -> sqlx::Result<()> {
        self.shared = true;
        self.forget_statements().await
    }

    pub(in crate::driver) fn into_inner(self) -> PgConnection {
        self.inner
    }
}

impl Deref for PostgresConnection {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.inner
    }
}

impl DerefMut for PostgresConnection {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.inner
    }
}
