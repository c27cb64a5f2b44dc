//! Types that users of the database created, which the driver does not know until it asks.
//!
//! It asks about such a type at its first occurrence: after it prepared a statement, and before it runs it. That query
//! ends an unnamed statement, and behind a pooler in transaction mode all statements are unnamed. So a new connection
//! there reads all types at once, in a statement of its own. For the rows of a cursor it does not ask at all.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgColumn, PgRow, PgTypeInfo};
use sqlx::{Arguments, AssertSqlSafe, Column, Encode, Executor, PgConnection, Postgres, Row, Type};

use super::cell::Reader;

/// Every type but those of tables, of the server's own schemas, and lists of these.
const TYPES: &str = "SELECT CAST(of.oid AS bigint) FROM pg_catalog.pg_type AS of \
     LEFT JOIN pg_catalog.pg_type AS element ON element.oid = of.typelem AND of.typcategory = 'A' \
     WHERE of.oid >= 16384 AND of.typtype NOT IN ('c', 'p') AND COALESCE(element.typtype, 'b') NOT IN ('c', 'p') \
     ORDER BY of.oid LIMIT 30000";

/// The server's code for a prepared statement that no longer exists.
const NO_STATEMENT: &str = "26000";

/// Has the driver ask about all types, in a transaction that leaves nothing.
///
/// # Errors
/// The database refuses.
pub(in crate::driver) async fn meet_types(connection: &mut PgConnection) -> sqlx::Result<()> {
    let mut arguments = PgArguments::default();
    let found = sqlx::raw_sql(TYPES).fetch_all(&mut *connection).await?;
    for row in &found {
        let number = u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default();
        arguments.add(NullOf(Oid(number))).map_err(sqlx::Error::Encode)?;
    }
    if found.is_empty() {
        return Ok(());
    }
    connection.execute("BEGIN READ ONLY").await?;
    let met = sqlx::query_with("SELECT 1", arguments).persistent(false).execute(&mut *connection).await;
    connection.execute("ROLLBACK").await?;
    match met {
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(NO_STATEMENT) => Ok(()),
        met => met.map(|_| ()),
    }
}

/// Whether the driver knows the types of a row's columns.
pub(in crate::driver) fn are_known(row: &PgRow) -> bool {
    row.columns().iter().all(|column| Reader::knows(column.type_info()))
}

/// How to read the columns of a row whose types are not all known: has the driver ask about them.
///
/// # Errors
/// The database refuses.
pub(in crate::driver) async fn readers_of(
    connection: &mut PgConnection,
    row: &PgRow,
    prepares: bool,
) -> sqlx::Result<Vec<Reader>> {
    let unknown = row.columns().iter().map(PgColumn::type_info).filter(|info| !Reader::knows(info));
    let (mut places, mut types, mut arguments) = (Vec::new(), Vec::new(), PgArguments::default());
    for number in unknown.filter_map(PgTypeInfo::oid) {
        arguments.add(NullOf(number)).map_err(sqlx::Error::Encode)?;
        places.push(format!("${}", arguments.len()));
        types.push(number.0.to_string());
    }
    // A prepared statement is found by its text, so the text names the types.
    let sql = format!("SELECT {} /* {} */", places.join(", "), types.join(", "));
    let met =
        sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(prepares).fetch_one(connection).await?;
    let mut met = met.columns().iter();
    let reader = |column: &PgColumn| match Reader::knows(column.type_info()) {
        true => Reader::of(column.type_info()),
        false => Reader::of(met.next().unwrap_or(column).type_info()),
    };
    Ok(row.columns().iter().map(reader).collect())
}

/// A NULL of a type with this number.
struct NullOf(Oid);

impl Type<Postgres> for NullOf {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("unknown")
    }
}

impl Encode<'_, Postgres> for NullOf {
    fn encode_by_ref(&self, _buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(self.0))
    }
}
