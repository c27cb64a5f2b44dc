//! Toasty, on SQLite and PostgreSQL. It has no streams, so W7 is missing.

mod models;

use contender::{
    Contender, Failure, NOTES, Outcome, PAGE, POOL, SIBLINGS, answer, arguments, author_key, concurrently,
    note_text, offsets, pages,
};
use models::{Author, Award, Book, BookTag, Comment, Note, Tag, on_postgres, on_sqlite};
use toasty::Db;

/// As many rows in one statement as both databases bind.
const ROWS: i64 = 5_000;

/// The orders of one database.
macro_rules! orders {
    ($module:ident, $db:expr) => {{
        let orders = $module::Order::all().exec(&mut $db.clone()).await?;
        Ok(orders.iter().map($module::Order::checksum).sum())
    }};
}

struct Toasty {
    db: Db,
    scheme: String,
    authors: i64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, authors) = arguments()?;
    let url = url.replace("postgres:", "postgresql:");
    let scheme = url.split(':').next().unwrap_or_default().to_owned();
    let models = match scheme.as_str() {
        "sqlite" => toasty::models!(Author, Award, Book, BookTag, Comment, Note, Tag, on_sqlite::Order),
        _ => toasty::models!(Author, Award, Book, BookTag, Comment, Note, Tag, on_postgres::Order),
    };
    let db = Db::builder().models(models).max_pool_size(usize::try_from(POOL)?).connect(&url).await?;
    answer(Toasty { db, scheme, authors }).await
}

impl Contender for Toasty {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("W1", "Toasty"),
            ("W2", "Toasty, include"),
            ("W3", "Toasty, include"),
            ("W4", "Toasty, include"),
            ("W5", "Toasty, in a transaction"),
            ("W6", "Toasty, create_many"),
            ("W8", "Toasty"),
            ("W9", "Toasty, update"),
            ("W10", "Toasty"),
            ("W11", "Toasty, include"),
            ("W12", "Toasty, include"),
            ("W13", "Toasty, include"),
        ]
    }

    async fn run(&self, workload: &'static str, _: &'static str, tasks: i64) -> Outcome {
        match workload {
            "W8" => concurrent(&self.db, tasks, self.authors).await,
            "W10" => match self.scheme.as_str() {
                "sqlite" => orders!(on_sqlite, self.db),
                _ => orders!(on_postgres, self.db),
            },
            "W12" => {
                let db = self.db.clone();
                let page = move |offset| {
                    let mut db = db.clone();
                    async move { page(&mut db, offset).await }
                };
                pages(tasks, self.authors, page).await
            }
            _ => run(&mut self.db.clone(), workload, self.authors).await,
        }
    }
}

async fn run(db: &mut Db, workload: &str, count: i64) -> Outcome {
    match workload {
        "W1" => {
            let books = Book::all().exec(db).await?;
            Ok(books.iter().map(Book::checksum).sum())
        }
        "W2" => {
            let authors = Author::all().include(Author::fields().books()).exec(db).await?;
            let books = |author: &Author| author.books.get().iter().map(Book::checksum).sum::<u64>();
            Ok(authors.iter().map(|author| author.checksum() + books(author)).sum())
        }
        "W3" => {
            let books = Book::all().include(Book::fields().author()).exec(db).await?;
            Ok(books.iter().map(|book| book.checksum() + book.author.get().checksum()).sum())
        }
        "W4" => {
            let path = Author::fields().books().links().tag();
            let authors = Author::all().include(path).exec(db).await?;
            let tag = |link: &BookTag| contender::named(link.tag.get().id, &link.tag.get().name);
            let tags = |book: &Book| book.links.get().iter().map(tag).sum::<u64>();
            let books = |author: &Author| {
                author.books.get().iter().map(|book| book.checksum() + tags(book)).sum::<u64>()
            };
            Ok(authors.iter().map(|author| author.checksum() + books(author)).sum())
        }
        "W5" => {
            let mut transaction = db.transaction().await?;
            let mut sum = 0;
            for at in 0..1_000 {
                sum += Author::get_by_id(&mut transaction, author_key(at % count)).await?.checksum();
            }
            transaction.commit().await?;
            Ok(sum)
        }
        "W9" => {
            let mut transaction = db.transaction().await?;
            for mut note in Note::all().exec(&mut transaction).await? {
                let likes = note.likes + 1;
                note.update().likes(likes).exec(&mut transaction).await?;
            }
            transaction.commit().await?;
            Ok(NOTES.unsigned_abs())
        }
        "W11" => {
            let mut sum = 0;
            for offset in offsets(count) {
                sum += page(db, offset).await?;
            }
            Ok(sum)
        }
        "W13" => {
            let authors = Author::all()
                .include(Author::fields().books())
                .include(Author::fields().awards())
                .include(Author::fields().comments())
                .order_by(Author::fields().id().asc())
                .limit(usize::try_from(SIBLINGS)?);
            let mut sum = 0;
            for author in &authors.exec(db).await? {
                sum += author.checksum() + author.books.get().iter().map(Book::checksum).sum::<u64>();
                sum += author.awards.get().iter().map(Award::checksum).sum::<u64>();
                sum += author.comments.get().iter().map(Comment::checksum).sum::<u64>();
            }
            Ok(sum)
        }
        _ => {
            let mut transaction = db.transaction().await?;
            for first in (0..NOTES).step_by(usize::try_from(ROWS)?) {
                let mut notes = Note::create_many();
                for at in first..NOTES.min(first + ROWS) {
                    notes = notes.item(Note::create().author("jack").text(note_text(at)).likes(at));
                }
                notes.exec(&mut transaction).await?;
            }
            transaction.commit().await?;
            Ok(NOTES.unsigned_abs())
        }
    }
}

async fn page(db: &mut Db, offset: i64) -> Outcome {
    let books = Book::all()
        .include(Book::fields().author())
        .include(Book::fields().links().tag())
        .include(Book::fields().comments().author())
        .order_by(Book::fields().id().desc())
        .limit(usize::try_from(PAGE)?)
        .offset(usize::try_from(offset)?);
    let books = books.exec(db).await?;
    let mut sum = Book::all().count().exec(db).await?;
    for book in &books {
        sum += book.checksum() + book.author.get().checksum();
        sum += book
            .links
            .get()
            .iter()
            .map(|link| contender::named(link.tag.get().id, &link.tag.get().name))
            .sum::<u64>();
        let comments = book.comments.get().iter();
        sum += comments.map(|comment| comment.checksum() + comment.author.get().checksum()).sum::<u64>();
    }
    Ok(sum)
}

async fn concurrent(db: &Db, tasks: i64, count: i64) -> Outcome {
    let db = db.clone();
    let get = move |key| {
        let mut db = db.clone();
        async move { Ok(Author::get_by_id(&mut db, key).await?.checksum()) }
    };
    concurrently(tasks, count, get).await
}
