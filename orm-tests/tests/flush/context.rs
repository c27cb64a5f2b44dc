//! Who wrote a row: columns that come from the session's context, and hooks that read it.
use std::sync::{Arc, Mutex};

use orm_core::plan::FlushPlan;
use orm_core::prelude::*;
use orm_tests::{TestDatabase, on_every_backend};

use crate::shape;

/// Who is logged in.
struct CurrentUser(i64);

impl CurrentUser {
    fn id(&self) -> i64 {
        self.0
    }
}

struct RequestId(String);

fn request(id: &RequestId) -> String {
    id.0.clone()
}

#[derive(Model, Debug)]
#[model(table = "cx_users")]
struct User {
    #[key]
    id: i64,
    name: String,
    #[column(created_by = "CurrentUser::id")]
    invited_by: Option<i64>,
}

#[derive(Model, Debug)]
#[model(table = "cx_notes")]
struct Note {
    #[key]
    id: i64,
    text: String,
    #[column(created_by = "CurrentUser::id", index)]
    author_id: i64,
    #[column(updated_by = "CurrentUser::id")]
    editor_id: i64,
    /// NULL until the first update, and where there is no request.
    #[column(updated_by = "request", length = 20)]
    request: Option<String>,
    #[belongs_to(key = "author_id")]
    author: BelongsTo<User>,
    #[belongs_to(key = "editor_id")]
    editor: BelongsTo<User>,
}

/// Refuses what others wrote, and says who asked.
#[derive(Model, Debug)]
#[model(table = "cx_pages", hooks)]
struct Page {
    #[key]
    id: i64,
    owner: Option<i64>,
    title: String,
    parent_id: Option<i64>,
    #[has_many(key = "parent_id", inverse = "parent", order_by = "id", cascade = "all")]
    parts: HasMany<Page>,
    #[belongs_to(key = "parent_id", inverse = "parts")]
    parent: BelongsTo<Option<Page>>,
}

impl ModelHooks for Page {
    fn before_insert(row: &mut NewRow<'_, Page>) -> Result<()> {
        let user = row.context().require::<CurrentUser>()?.id();
        row.set(Page::OWNER, Some(user));
        Ok(())
    }

    fn before_update(&mut self, context: &Context) -> Result<()> {
        self.owner = Some(context.require::<CurrentUser>()?.id());
        Ok(())
    }

    fn before_delete(&self, context: &Context) -> Result<()> {
        match context.get::<CurrentUser>() {
            Some(user) if self.owner == Some(user.0) => Ok(()),
            _ => Err(Error::other(format!("page {} belongs to {:?}", self.id, self.owner))),
        }
    }
}

async fn open(database: &TestDatabase) -> Result<Engine> {
    let engine = database.engine().await?;
    engine.create_all(schema![User, Note, Page]).await?;
    let mut session = engine.session();
    for (id, name) in [(1, "ann"), (2, "ben")] {
        session.add(User::draft().id(id).name(name));
    }
    session.commit().await?;
    Ok(engine)
}

fn by(engine: &Engine, user: i64) -> Session {
    engine.session_with(SessionOptions::new().context(CurrentUser(user)))
}

type Who = (i64, i64, Option<String>);

fn who(note: &Note) -> Who {
    (note.author_id, note.editor_id, note.request.clone())
}

/// Who wrote a row, as another session reads it.
async fn row(engine: &Engine, id: i64) -> Result<Who> {
    let columns = (Note::AUTHOR_ID, Note::EDITOR_ID, Note::REQUEST);
    engine.session().row(select_columns(columns).filter(Note::ID.eq(id))).await
}

fn texts(context: &str) -> Option<String> {
    Some(context.to_owned())
}

on_every_backend! {
    async fn inserts_and_edits_are_signed(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = by(&engine, 1);
        let log = engine.record();
        let note = session.insert(Note::draft().id(1).text("a")).await?;
        session.add(Note::draft().id(2).text("b"));
        session.commit().await?;
        assert_eq!(shape(&log), ["INSERT cx_notes", "INSERT cx_notes"], "{log}");
        assert_eq!((who(&note), row(&engine, 1).await?), ((1, 1, None), (1, 1, None)));

        let mut other = by(&engine, 2);
        other.set_context(RequestId("first".into()));
        other.set_context(RequestId("second".into()));
        let notes = other.all(select::<Note>().order_by(Note::ID)).await?;
        log.clear();
        for note in &notes {
            other.edit(note, |note| note.text.push('!'))?;
        }
        assert_eq!(other.flush_plan().to_string(), "1. update text, editor_id, request of 2 Note");
        other.commit().await?;
        assert_eq!(log.count(), 1, "{log}");
        let edited = (1, 2, texts("second"));
        assert_eq!((who(&notes[0]), row(&engine, 1).await?, row(&engine, 2).await?), (edited.clone(), edited.clone(), edited));
        Ok(())
    }

    async fn what_the_program_gives_is_kept(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = by(&engine, 1);
        let ben = session.get::<User>(2).await?.expect("the user exists");
        let note = session.insert(Note::draft().id(1).text("a").author_id(2).editor(&ben)).await?;
        assert_eq!(who(&note), (2, 2, None));
        session.edit(&note, |note| (note.text, note.request) = ("b".into(), texts("mine")))?;
        session.commit().await?;
        assert_eq!(row(&engine, 1).await?, (2, 1, texts("mine")));
        // Without a request, the last update has none.
        session.edit(&note, |note| note.text = "c".into())?;
        session.commit().await?;
        assert_eq!(row(&engine, 1).await?, (2, 1, None));
        Ok(())
    }

    async fn bulk_statements_are_signed(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = by(&engine, 1);
        let drafts = [1, 2, 3].map(|id| Note::draft().id(id).text("a"));
        session.execute(insert::<Note>().rows(drafts)).await?;
        let held = session.get::<Note>(1).await?.expect("the note exists");
        session.set_context(CurrentUser(2));
        session.set_context(RequestId("bulk".into()));
        session.execute(update::<Note>().set(Note::TEXT, "b").filter(Note::ID.eq(1))).await?;
        assert_eq!(who(&held), (1, 2, texts("bulk")), "what the session holds follows");

        let rows = [2, 4].map(|id| Note::draft().id(id).text("c"));
        let conflict = OnConflict::update(Note::ID, Note::TEXT);
        session.execute(insert::<Note>().rows(rows).on_conflict(conflict)).await?;
        let copy = select_columns((Note::ID + 10, Note::TEXT)).filter(Note::ID.eq(3));
        session.execute(insert_from((Note::ID, Note::TEXT), copy)).await?;
        session.execute(update::<Note>().set(Note::EDITOR_ID, 1).filter(Note::ID.eq(13))).await?;
        session.commit().await?;
        let found = [row(&engine, 1).await?, row(&engine, 2).await?, row(&engine, 3).await?, row(&engine, 4).await?];
        assert_eq!(found, [(1, 2, texts("bulk")), (1, 2, texts("bulk")), (1, 1, None), (2, 2, None)]);
        assert_eq!(row(&engine, 13).await?, (2, 1, texts("bulk")));
        Ok(())
    }

    async fn a_required_one_that_is_missing_is_refused_before_its_statement(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        by(&engine, 1).transaction(async |session| session.insert(Note::draft().id(1).text("a")).await).await?;
        let mut session = engine.session_with(SessionOptions::new().context(RequestId("r".into())));
        let note = session.get::<Note>(1).await?.expect("the note exists");
        let log = engine.record();
        let refused = |error: Error, column: &str| {
            let text = error.to_string();
            assert_eq!(error.kind(), ErrorKind::InvalidState, "{text}");
            let says = format!("`Note.{column}` comes from the session's context, which has no `flush::context::CurrentUser`: set");
            assert!(text.starts_with(&says), "{text}");
        };
        session.add(Note::draft().id(2).text("b"));
        refused(session.flush().await.unwrap_err(), "author_id");
        session.rollback().await?;
        session.edit(&note, |note| note.text = "b".into())?;
        refused(session.flush().await.unwrap_err(), "editor_id");
        session.rollback().await?;
        refused(session.execute(update::<Note>().set(Note::TEXT, "b")).await.unwrap_err(), "editor_id");
        refused(session.execute(insert::<Note>().rows([Note::draft().id(2).text("b")])).await.unwrap_err(), "author_id");
        let signed = Note::draft().id(1).text("b").author_id(1).editor_id(1);
        let upsert = insert::<Note>().rows([signed]).on_conflict(OnConflict::update(Note::ID, Note::TEXT));
        refused(session.execute(upsert).await.unwrap_err(), "editor_id");
        let copy = insert_from((Note::ID, Note::TEXT), select_columns((Note::ID + 1, Note::TEXT)));
        refused(session.execute(copy).await.unwrap_err(), "author_id");
        assert_eq!(log.count(), 0, "{log}");
        session.rollback().await?;
        let detached = Note::draft().id(5).text("b").detached().unwrap_err();
        assert!(detached.to_string().contains("set `author_id`, `editor_id` in its draft"), "{detached}");
        Ok(())
    }

    async fn hooks_read_the_context(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let mut session = engine.session();
        session.add(Page::draft().id(1).title("a"));
        let missing = session.flush().await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::InvalidState);
        assert!(missing.to_string().contains("`flush::context::CurrentUser`"), "{missing}");
        session.rollback().await?;

        session.set_context(CurrentUser(1));
        let page = session.insert(Page::draft().id(1).title("a").parts([Page::draft().id(2).title("b")])).await?;
        session.commit().await?;
        session.set_context(CurrentUser(2));
        session.edit(&page, |page| page.title = "c".into())?;
        session.commit().await?;
        assert_eq!(page.owner, Some(2));

        // A part belongs to another user, so nothing of the tree is deleted, and nothing else is written.
        session.add(User::draft().id(3).name("cam"));
        session.delete(&page)?;
        let log = engine.record();
        let refused = session.commit().await.unwrap_err();
        assert_eq!((refused.kind(), refused.to_string().as_str()), (ErrorKind::Other, "page 2 belongs to Some(1)"));
        assert!(shape(&log).iter().all(|shape| shape == "SELECT cx_pages"), "it looks for parts, and writes nothing: {log}");
        session.rollback().await?;
        assert_eq!((session.count(select::<Page>()).await?, session.count(select::<User>()).await?), (2, 2));

        // The row of a draft with its key is not deleted.
        session.set_context(CurrentUser(1));
        session.delete(&page)?;
        session.add(Page::draft().id(1).title("new"));
        let refused = session.commit().await.err().map(|error| error.to_string());
        assert_eq!(refused, None);
        let left = select_columns((Page::ID, Page::TITLE, Page::OWNER));
        assert_eq!(session.rows(left).await?, [(1, "new".to_owned(), Some(1))]);
        Ok(())
    }

    async fn hooks_of_the_session_receive_it(database: TestDatabase) -> Result<()> {
        #[derive(Clone, Default)]
        struct Audit(Arc<Mutex<Vec<String>>>);

        impl Audit {
            fn note(&self, what: &str, context: &Context) {
                let user = context.get::<CurrentUser>().map(CurrentUser::id);
                self.0.lock().expect("the lock is not poisoned").push(format!("{what} by {user:?}"));
            }
        }

        impl SessionHooks for Audit {
            fn before_flush(&self, session: &mut Session) -> Result<()> {
                session.context().require::<CurrentUser>().map(|_| ())
            }

            fn after_flush(&self, executed: &FlushPlan, context: &Context) {
                self.note(&executed.to_string(), context);
            }

            fn after_commit(&self, context: &Context) {
                self.note("commit", context);
            }

            fn after_rollback(&self, context: &Context) {
                self.note("rollback", context);
            }
        }

        let engine = open(&database).await?;
        let audit = Audit::default();
        let mut session = engine.session_with(SessionOptions::new().hooks(audit.clone()));
        session.add(User::draft().id(3).name("cam"));
        let refused = session.commit().await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidState, "{refused}");
        session.set_context(CurrentUser(2));
        session.commit().await?;
        session.rollback().await?;
        let told = audit.0.lock().expect("the lock is not poisoned").clone();
        assert_eq!(told, ["1. insert 1 User by Some(2)", "commit by Some(2)", "rollback by Some(2)"]);
        Ok(())
    }

    async fn a_context_belongs_to_its_session(database: TestDatabase) -> Result<()> {
        let engine = open(&database).await?;
        let options = SessionOptions::new().context(CurrentUser(1));
        let mut first = engine.session_with(options.clone());
        let second = engine.session_with(options);
        first.set_context(CurrentUser(2));
        let id = |session: &Session| session.context().get::<CurrentUser>().map(CurrentUser::id);
        assert_eq!((id(&first), id(&second), id(&engine.session())), (Some(2), Some(1), None));
        // It survives the end of a transaction.
        first.rollback().await?;
        assert_eq!(id(&first), Some(2));
        Ok(())
    }
}
