//! Input from clients.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use super::draft::{CompleteDraft, DraftData};
use super::row_checks::unstorable;
use crate::error::{Error, ErrorKind, FieldError, FieldErrorCode};
use crate::model::column::Column;
use crate::model::model::Model;
use crate::model::{ColumnDef, Writable};
use crate::query::bulk::WritableColumns;
use crate::sql::Dialect;
use crate::value::input::Raw;
use crate::value::{ColumnType, IntoValue, Value, ValueError};

type Result<T, E = Error> = std::result::Result<T, E>;

/// What a client sent for an object of a model: JSON fields, with the names that serialising uses.
///
/// It distinguishes a field that is absent, one that is `null` and one with a value. Nothing is used until
/// [`permit`](Self::permit) states which columns the client may set.
///
/// ```
/// # use orm_core::prelude::*;
/// use orm_core::write::Input;
///
/// #[derive(Model, Debug)]
/// #[serde(rename_all = "camelCase")]
/// struct User {
///     #[key(auto)]
///     id: i64,
///     full_name: String,
///     bio: Option<String>,
///     #[column(default = "FALSE")]
///     is_admin: bool,
/// }
///
/// /// In a handler of axum `input` comes from a `Json<Input<User>>`.
/// async fn change(session: &mut Session, id: i64, input: Input<User>) -> Result<Entity<User>> {
///     let user = session.one(select::<User>().filter(User::ID.eq(id))).await?;
///     session.patch(&user, input.permit((User::FULL_NAME, User::BIO))?)?;
///     session.commit().await?;
///     Ok(user)
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![User]).await?;
/// # let mut session = engine.session();
/// # session.add(User::draft().full_name("Jack").bio("sings").is_admin(false));
/// # session.commit().await?;
/// let input = |json: &str| serde_json::from_str(json).map_err(Error::other);
/// let user = change(&mut session, 1, input(r#"{"fullName": "Jill"}"#)?).await?;
/// assert_eq!((&*user.full_name, user.bio.as_deref()), ("Jill", Some("sings")));
/// let user = change(&mut session, 1, input(r#"{"bio": null}"#)?).await?;
/// assert_eq!(user.bio, None);
///
/// let refused = change(&mut session, 1, input(r#"{"fullName": null, "isAdmin": true}"#)?).await.unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::InvalidInput);
/// assert_eq!(refused.to_string(), "`fullName`: must not be null; `isAdmin`: cannot be set");
/// # Ok(()) }
/// ```
///
/// Columns that serialising leaves out, such as secret ones, have no name here; read them into your own type.
pub struct Input<M> {
    fields: Vec<(String, Raw)>,
    of: PhantomData<fn() -> M>,
}

/// What a client may set, and what the program added; made by [`Input::permit`].
///
/// [`Session::patch`](crate::Session::patch) applies it to an object, and [`draft`](Self::draft) makes a new row of it.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::write::Input;
/// # #[derive(Model, Debug)] struct Comment { #[key(auto)] id: i64, author_id: i64, body: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Comment]).await?;
/// # let mut session = engine.session();
/// let sent: Input<Comment> = serde_json::from_str(r#"{"body": "first"}"#).map_err(Error::other)?;
/// let permitted = sent.permit(Comment::BODY)?.set(Comment::AUTHOR_ID, 7);
/// let comment = session.insert(permitted.draft()?).await?;
/// assert_eq!((&*comment.body, comment.author_id), ("first", 7));
/// # Ok(()) }
/// ```
#[must_use]
pub struct Permitted<M> {
    /// By column.
    values: Vec<(usize, Value)>,
    /// The columns whose values are those of the client.
    sent: Vec<usize>,
    /// Values of the program that would not be read back: their types refuse what they made themselves.
    unfit: Vec<(usize, ValueError)>,
    /// Which columns the client may set.
    permitted: Vec<usize>,
    of: PhantomData<fn() -> M>,
}

/// A new row from a client's input, made by [`Permitted::draft`]: [`Session::add`](crate::Session::add) and
/// [`Session::insert`](crate::Session::insert) take it like any draft.
///
/// ```
/// # use orm_core::prelude::*;
/// # use orm_core::write::Input;
/// # #[derive(Model, Debug)] struct Comment { #[key(auto)] id: i64, author_id: i64, body: String }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// # let engine = Engine::connect("sqlite::memory:").await?;
/// # engine.create_all(schema![Comment]).await?;
/// # let mut session = engine.session();
/// let sent: Input<Comment> = serde_json::from_str(r#"{"body": "first"}"#).map_err(Error::other)?;
/// let permitted = sent.permit(Comment::BODY)?.set(Comment::AUTHOR_ID, 7);
/// let comment = session.insert(permitted.draft()?).await?;
/// assert_eq!((&*comment.body, comment.author_id), ("first", 7));
/// # Ok(()) }
/// ```
pub struct InputDraft<M> {
    data: DraftData,
    of: PhantomData<fn() -> M>,
}

impl<M: Model> Input<M> {
    /// Takes the fields of these columns and refuses all others. Pass several columns as a tuple, which may be nested.
    ///
    /// # Errors
    /// `InvalidInput`, which lists every field that is not permitted, unknown, repeated, or has a value that its type refuses. It
    /// may be shown to the client.
    pub fn permit<C: WritableColumns<M>>(self, columns: C) -> Result<Permitted<M>> {
        let (permitted, readers, mut problems) = (columns.into_columns(), C::readers(), Problems::default());
        let mut values: Vec<(usize, Value)> = Vec::new();
        for (name, raw) in self.fields {
            let column = M::def().columns.iter().position(|column| column.serialized == Some(&*name));
            let place = permitted.iter().position(|permitted| column == Some(*permitted));
            let (Some(index), Some(fits)) = (column, place.and_then(|place| readers.get(place))) else {
                match column {
                    Some(_) => problems.add(&name, FieldErrorCode::NotPermitted, "cannot be set"),
                    None => problems.add(&name, FieldErrorCode::Unknown, "is not known"),
                }
                continue;
            };
            if values.iter().any(|(given, _)| *given == index) {
                problems.add(&name, FieldErrorCode::Repeated, "is given twice");
                continue;
            }
            let column = &M::def().columns[index];
            match value(column, raw) {
                Ok(value) => match fits(value.as_ref()) {
                    Ok(()) => values.push((index, value)),
                    Err(error) => problems.add_unfit(column, &error),
                },
                Err(error) => problems.0.push(error.within(&name)),
            }
        }
        problems.none()?;
        let sent = values.iter().map(|(column, _)| *column).collect();
        Ok(Permitted { values, sent, unfit: Vec::new(), permitted, of: PhantomData })
    }
}

fn value(column: &ColumnDef, raw: Raw) -> Result<Value, FieldError> {
    if raw.is_null() && column.nullable {
        return Ok(Value::Null);
    }
    let value = raw.into_value(column.kind)?;
    if let (Some(most), Value::Text(text)) = (column.length, &value) {
        let characters = text.chars().count();
        if characters > most as usize {
            let reason = format!("has {characters} characters, and may have {most}");
            return Err(FieldError::new("", FieldErrorCode::TooLong, reason));
        }
    }
    Ok(value)
}

impl<M: Model> Permitted<M> {
    /// Sets a column to a value of the program, even if the client sent one.
    pub fn set<T: ColumnType, A: Writable>(
        mut self,
        column: Column<M, T, A>,
        value: impl IntoValue<T>,
    ) -> Permitted<M> {
        let (index, value) = (column.index(), value.into_value());
        self.values.retain(|(other, _)| *other != index);
        self.sent.retain(|other| *other != index);
        self.unfit.retain(|(other, _)| *other != index);
        if let Err(error) = T::read(value.as_ref()) {
            self.unfit.push((index, error));
        }
        self.values.push((index, value));
        self
    }

    /// Whether the client sent a column, or the program set it.
    pub fn has<T, A>(&self, column: Column<M, T, A>) -> bool {
        self.values.iter().any(|(index, _)| *index == column.index())
    }

    /// What the client sent for a column, or the program set; `None` if neither did.
    ///
    /// ```
    /// # use orm_core::prelude::*;
    /// # use orm_core::write::Input;
    /// # #[derive(Model, Debug)] struct Article { #[key(auto)] id: i64, title: String, slug: String }
    /// # fn main() -> Result<()> {
    /// let input: Input<Article> = serde_json::from_str(r#"{"title": "Two Dragons"}"#).map_err(Error::other)?;
    /// let input = input.permit(Article::TITLE)?;
    /// let slug = input.get(Article::TITLE)?.map(|title| title.to_lowercase().replace(' ', "-"));
    /// assert_eq!(slug.as_deref(), Some("two-dragons"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `InvalidInput`: the type of the column refuses the value.
    pub fn get<T: ColumnType, A>(&self, column: Column<M, T, A>) -> Result<Option<T>> {
        let Some((index, value)) = self.values.iter().find(|(index, _)| *index == column.index()) else {
            return Ok(None);
        };
        T::read(value.as_ref()).map(Some).map_err(|error| {
            let mut problems = Problems::default();
            problems.add_unfit(&M::def().columns[*index], &error);
            Error::of_input(problems.0)
        })
    }

    /// A new row, for `add`, `insert` and the bulk `insert`.
    ///
    /// # Errors
    /// `InvalidInput`: a required field is missing, or the type of one refuses what the program set; it may be shown to the
    /// client. A value that only the database cannot store is refused with the same kind when the row is written.
    /// `InvalidState`: the client may not set a required column, and the program did not set it.
    pub fn draft(self) -> Result<InputDraft<M>> {
        let def = M::def();
        let mut problems = Problems::default();
        for (index, column) in def.columns.iter().enumerate() {
            let filled = column.generated
                || column.nullable
                || column.version
                || column.is_stamped_on_insert()
                || column.default_with.is_some();
            if filled || self.values.iter().any(|(given, _)| *given == index) {
                continue;
            }
            match column.serialized.filter(|_| self.permitted.contains(&index)) {
                Some(name) => problems.add(name, FieldErrorCode::Required, "is required"),
                None => {
                    let (name, field) = (def.name, column.field);
                    let message = format!(
                        "`{name}.{field}` is required, and the client may not set it: give it with `.set(..)` before `.draft()`"
                    );
                    return Err(Error::new(ErrorKind::InvalidState, message));
                }
            }
        }
        self.unfit.iter().for_each(|(index, error)| problems.add_unfit(&def.columns[*index], error));
        problems.none()?;
        let mut data = DraftData::new::<M>();
        self.values.iter().for_each(|(index, value)| data.set(*index, value.clone()));
        data.sent = self.sent;
        Ok(InputDraft { data, of: PhantomData })
    }

    pub(crate) fn values(&self) -> &[(usize, Value)] {
        &self.values
    }
}

/// The problems of an input's fields, in words for its sender.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<FieldError>);

impl Problems {
    fn add(&mut self, field: &str, code: FieldErrorCode, why: &str) {
        self.0.push(FieldError::new(field, code, why));
    }

    /// A value that does not fit the type of its field.
    pub(crate) fn add_unfit(&mut self, column: &ColumnDef, error: &ValueError) {
        let (code, why) = match error {
            // The reason is the field type's own, and may quote the value.
            _ if column.secret => (FieldErrorCode::Invalid, "is not valid"),
            ValueError::Unknown { reason, .. } => (FieldErrorCode::Invalid, reason.as_str()),
            ValueError::Range { .. } => (FieldErrorCode::OutOfRange, "is out of range"),
            _ => (FieldErrorCode::Invalid, "is not valid"),
        };
        self.add(column.serialized.unwrap_or(column.field), code, why);
    }

    /// A value that fits its field and that a database cannot store, if it is the client's.
    pub(crate) fn add_unstorable<M: Model>(
        &mut self,
        dialect: Dialect,
        input: &Permitted<M>,
        (index, value): &(usize, Value),
    ) {
        if input.sent.contains(index) {
            self.0.extend(unstorable(dialect, &M::def().columns[*index], value));
        }
    }

    /// # Errors
    /// `InvalidInput`: there is at least one.
    pub(crate) fn none(self) -> Result<()> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Error::of_input(self.0)),
        }
    }
}

struct Fields<M>(PhantomData<fn() -> M>);

impl<'de, M: Model> Visitor<'de> for Fields<M> {
    type Value = Input<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the fields to set")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Input<M>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Input { fields, of: PhantomData })
    }
}

impl<'de, M: Model> Deserialize<'de> for Input<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Input<M>, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

impl<M: Model> CompleteDraft for InputDraft<M> {
    type Model = M;

    fn into_data(self) -> DraftData {
        self.data
    }
}

/// Shows no values: until they are permitted, it is unknown which are secret.
impl<M: Model> fmt::Debug for Input<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.fields.iter().map(|(name, _)| &**name).collect();
        f.debug_tuple("Input").field(&M::def().name).field(&names).finish()
    }
}

impl<M: Model> fmt::Debug for Permitted<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.values.iter().map(|(index, _)| M::def().columns[*index].field).collect();
        f.debug_tuple("Permitted").field(&M::def().name).field(&names).finish()
    }
}

impl<M: Model> fmt::Debug for InputDraft<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.data.fmt(f)
    }
}
