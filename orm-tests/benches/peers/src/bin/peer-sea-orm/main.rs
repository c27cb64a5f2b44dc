//! SeaORM, on SQLite and PostgreSQL.

mod models;

use contender::{
    Contender, Failure, NOTES, Outcome, POOL, answer, arguments, author_key, concurrently, note_text,
};
use futures_util::TryStreamExt;
use models::{author, book, book_tag, note, sale, tag};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, EntityTrait, LoaderTrait, Set, TransactionTrait,
};

/// As many rows in one statement as both databases bind.
const ROWS: usize = 5_000;

struct SeaOrm {
    database: DatabaseConnection,
    authors: i64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let (url, authors) = arguments()?;
    let mut options = ConnectOptions::new(url);
    options.max_connections(POOL).sqlx_logging(false);
    answer(SeaOrm { database: Database::connect(options).await?, authors }).await
}

impl Contender for SeaOrm {
    fn workloads(&self) -> Vec<(&'static str, &'static str)> {
        vec![
            ("W1", "SeaORM"),
            ("W2", "SeaORM, load_many"),
            ("W3", "SeaORM, find_also_related"),
            ("W3", "SeaORM, load_one"),
            ("W4", "SeaORM, load_many, load_many_to_many"),
            ("W5", "SeaORM, in a transaction"),
            ("W6", "SeaORM, insert_many"),
            ("W7", "SeaORM, stream"),
            ("W8", "SeaORM"),
        ]
    }

    async fn run(&self, workload: &'static str, variant: &'static str, tasks: i64) -> Outcome {
        match workload {
            "W8" => concurrent(&self.database, tasks, self.authors).await,
            _ => run(&self.database, workload, variant, self.authors).await,
        }
    }
}

async fn run(database: &DatabaseConnection, workload: &str, variant: &str, count: i64) -> Outcome {
    match workload {
        "W1" => {
            let books = book::Entity::find().all(database).await?;
            Ok(books.iter().map(book::Model::checksum).sum())
        }
        "W2" => {
            let authors = author::Entity::find().all(database).await?;
            let books = authors.load_many(book::Entity, database).await?;
            let authors: Vec<_> = authors.into_iter().zip(books).collect();
            let books = |books: &[book::Model]| books.iter().map(book::Model::checksum).sum::<u64>();
            Ok(authors.iter().map(|(author, all)| author.checksum() + books(all)).sum())
        }
        "W3" if variant.ends_with("load_one") => {
            let books = book::Entity::find().all(database).await?;
            let authors = books.load_one(author::Entity, database).await?;
            let books: Vec<_> = books.into_iter().zip(authors).collect();
            let author = |author: &Option<author::Model>| author.as_ref().map_or(0, author::Model::checksum);
            Ok(books.iter().map(|(book, of)| book.checksum() + author(of)).sum())
        }
        "W3" => {
            let books = book::Entity::find().find_also_related(author::Entity).all(database).await?;
            let author = |author: &Option<author::Model>| author.as_ref().map_or(0, author::Model::checksum);
            Ok(books.iter().map(|(book, of)| book.checksum() + author(of)).sum())
        }
        "W4" => {
            let authors = author::Entity::find().all(database).await?;
            let of_authors = authors.load_many(book::Entity, database).await?;
            let counts: Vec<usize> = of_authors.iter().map(Vec::len).collect();
            let books: Vec<book::Model> = of_authors.into_iter().flatten().collect();
            let tags = books.load_many_to_many(tag::Entity, book_tag::Entity, database).await?;
            let mut books = books.into_iter().zip(tags);
            let authors: Vec<(author::Model, Vec<(book::Model, Vec<tag::Model>)>)> = authors
                .into_iter()
                .zip(counts)
                .map(|(author, count)| (author, books.by_ref().take(count).collect()))
                .collect();
            let tags =
                |tags: &[tag::Model]| tags.iter().map(|tag| contender::named(tag.id, &tag.name)).sum::<u64>();
            let books = |books: &[(book::Model, Vec<tag::Model>)]| {
                books.iter().map(|(book, all)| book.checksum() + tags(all)).sum::<u64>()
            };
            Ok(authors.iter().map(|(author, all)| author.checksum() + books(all)).sum())
        }
        "W5" => {
            let transaction = database.begin().await?;
            let mut sum = 0;
            for at in 0..1_000 {
                let author = author::Entity::find_by_id(author_key(at % count)).one(&transaction).await?;
                sum += author.map_or(0, |author| author.checksum());
            }
            transaction.commit().await?;
            Ok(sum)
        }
        "W6" => {
            let transaction = database.begin().await?;
            let notes: Vec<note::ActiveModel> = (0..NOTES).map(new_note).collect();
            for notes in notes.chunks(ROWS) {
                note::Entity::insert_many(notes.to_vec()).exec_without_returning(&transaction).await?;
            }
            transaction.commit().await?;
            Ok(NOTES.unsigned_abs())
        }
        _ => {
            let mut sales = sale::Entity::find().stream(database).await?;
            let mut sum = 0;
            while let Some(sale) = sales.try_next().await? {
                sum += sale.checksum();
            }
            Ok(sum)
        }
    }
}

fn new_note(at: i64) -> note::ActiveModel {
    note::ActiveModel {
        author: Set("jack".to_owned()),
        text: Set(note_text(at)),
        likes: Set(at),
        ..Default::default()
    }
}

async fn concurrent(database: &DatabaseConnection, tasks: i64, count: i64) -> Outcome {
    let database = database.clone();
    let get = move |key| {
        let database = database.clone();
        async move {
            let author = author::Entity::find_by_id(key).one(&database).await?;
            Ok(author.map_or(0, |author| author.checksum()))
        }
    };
    concurrently(tasks, count, get).await
}
