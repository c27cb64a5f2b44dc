//! Toasty, on SQLite and PostgreSQL. It has no streams, so W7 is missing.

use contender::{
    Contender, Failure, NOTES, Outcome, POOL, answer, arguments, author_key, concurrently, note_text,
};
use toasty::{Db, Deferred};

#[derive(Debug, toasty::Model)]
#[table = "authors"]
struct Author {
    #[key]
    id: i64,
    name: String,
    country: String,
    born: i64,
    active: bool,
    #[has_many]
    books: Deferred<Vec<Book>>,
}

#[derive(Debug, toasty::Model)]
#[table = "books"]
struct Book {
    #[key]
    id: i64,
    #[index]
    author_id: i64,
    title: String,
    isbn: String,
    pages: i64,
    price: f64,
    #[belongs_to(key = author_id, references = id)]
    author: Deferred<Author>,
    #[has_many]
    links: Deferred<Vec<BookTag>>,
}

#[derive(Debug, toasty::Model)]
#[table = "book_tags"]
#[key(book_id, tag_id)]
struct BookTag {
    #[index]
    book_id: i64,
    #[belongs_to(key = book_id, references = id)]
    book: Deferred<Book>,
    #[index]
    tag_id: i64,
    #[belongs_to(key = tag_id, references = id)]
    tag: Deferred<Tag>,
}

#[derive(Debug, toasty::Model)]
#[table = "tags"]
struct Tag {
    #[key]
    id: i64,
    name: String,
    topic_id: i64,
    #[has_many]
    links: Deferred<Vec<BookTag>>,
}

#[derive(Debug, toasty::Model)]
#[table = "notes"]
struct Note {
    #[key]
    #[auto]
    id: i64,
    author: String,
    text: String,
    likes: i64,
}

/// As many rows in one statement as both databases bind.
const ROWS: i64 = 5_000;

struct Toasty {
    db: Db,
    authors: i64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, authors) = arguments()?;
    let url = url.replace("postgres:", "postgresql:");
    let models = toasty::models!(Author, Book, BookTag, Tag, Note);
    let db = Db::builder().models(models).max_pool_size(usize::try_from(POOL)?).connect(&url).await?;
    answer(Toasty { db, authors }).await
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
        ]
    }

    async fn run(&self, workload: &'static str, _: &'static str, tasks: i64) -> Outcome {
        match workload {
            "W8" => concurrent(&self.db, tasks, self.authors).await,
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

async fn concurrent(db: &Db, tasks: i64, count: i64) -> Outcome {
    let db = db.clone();
    let get = move |key| {
        let mut db = db.clone();
        async move { Ok(Author::get_by_id(&mut db, key).await?.checksum()) }
    };
    concurrently(tasks, count, get).await
}

impl Author {
    fn checksum(&self) -> u64 {
        contender::author(self.id, &self.name, &self.country, self.born, self.active)
    }
}

impl Book {
    fn checksum(&self) -> u64 {
        contender::book(self.id, self.author_id, &self.title, &self.isbn, self.pages, self.price)
    }
}
