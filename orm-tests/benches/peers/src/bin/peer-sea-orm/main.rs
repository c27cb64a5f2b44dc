//! SeaORM, on SQLite and PostgreSQL.

mod models;

use contender::{
    Contender, Failure, NOTES, Outcome, PAGE, POOL, SIBLINGS, answer, arguments, author_key, concurrently,
    note_text, offsets, pages,
};
use futures_util::TryStreamExt;
use models::{author, award, book, book_tag, comment, note, order, order_with_text, sale, tag};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ConnectOptions, Database, DatabaseConnection, DbBackend, EntityTrait, IntoActiveModel,
    LoaderTrait, PaginatorTrait, QueryOrder, QuerySelect, Set, TransactionTrait,
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
            ("W9", "SeaORM, on_conflict"),
            ("W10", "SeaORM"),
            ("W11", "SeaORM, load_one, load_many"),
            ("W12", "SeaORM, load_one, load_many"),
            ("W13", "SeaORM, load_many"),
        ]
    }

    async fn run(&self, workload: &'static str, variant: &'static str, tasks: i64) -> Outcome {
        match workload {
            "W8" => concurrent(&self.database, tasks, self.authors).await,
            "W12" => {
                let database = self.database.clone();
                let page = move |offset| {
                    let database = database.clone();
                    async move { page(&database, offset).await }
                };
                pages(tasks, self.authors, page).await
            }
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
        "W9" => {
            let transaction = database.begin().await?;
            let notes: Vec<note::ActiveModel> =
                note::Entity::find().all(&transaction).await?.into_iter().map(liked).collect();
            for notes in notes.chunks(ROWS) {
                let update =
                    OnConflict::column(note::Column::Id).update_column(note::Column::Likes).to_owned();
                let insert = note::Entity::insert_many(notes.to_vec()).on_conflict(update);
                insert.exec_without_returning(&transaction).await?;
            }
            transaction.commit().await?;
            Ok(NOTES.unsigned_abs())
        }
        "W10" if database.get_database_backend() == DbBackend::Sqlite => {
            let orders = order_with_text::Entity::find().all(database).await?;
            Ok(orders.iter().map(|order| order.checksum(|amount| amount.parse().unwrap_or_default())).sum())
        }
        "W10" => {
            let orders = order::Entity::find().all(database).await?;
            Ok(orders.iter().map(|order| order.checksum(|amount| *amount)).sum())
        }
        "W11" => {
            let mut sum = 0;
            for offset in offsets(count) {
                sum += page(database, offset).await?;
            }
            Ok(sum)
        }
        "W13" => {
            let first =
                author::Entity::find().order_by_asc(author::Column::Id).limit(SIBLINGS.unsigned_abs());
            let authors = first.all(database).await?;
            let books = authors.load_many(book::Entity, database).await?;
            let awards = authors.load_many(award::Entity, database).await?;
            let comments = authors.load_many(comment::Entity, database).await?;
            let careers: Vec<_> =
                authors.into_iter().zip(books).zip(awards.into_iter().zip(comments)).collect();
            let mut sum = 0;
            for ((author, books), (awards, comments)) in &careers {
                sum += author.checksum() + books.iter().map(book::Model::checksum).sum::<u64>();
                sum += awards.iter().map(award::Model::checksum).sum::<u64>();
                sum += comments.iter().map(comment::Model::checksum).sum::<u64>();
            }
            Ok(sum)
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

async fn page(database: &DatabaseConnection, offset: i64) -> Outcome {
    let books = book::Entity::find().order_by_desc(book::Column::Id);
    let books = books.limit(PAGE.unsigned_abs()).offset(offset.unsigned_abs()).all(database).await?;
    let count = book::Entity::find().count(database).await?;
    let authors = books.load_one(author::Entity, database).await?;
    let tags = books.load_many_to_many(tag::Entity, book_tag::Entity, database).await?;
    let of_books = books.load_many(comment::Entity, database).await?;
    let counts: Vec<usize> = of_books.iter().map(Vec::len).collect();
    let comments: Vec<comment::Model> = of_books.into_iter().flatten().collect();
    let commenters = comments.load_one(author::Entity, database).await?;
    let mut comments = comments.into_iter().zip(commenters);
    let posts: Vec<_> = books
        .into_iter()
        .zip(authors)
        .zip(tags.into_iter().zip(counts))
        .map(|((book, by), (tags, count))| {
            (book, by, tags, comments.by_ref().take(count).collect::<Vec<_>>())
        })
        .collect();
    let author = |author: &Option<author::Model>| author.as_ref().map_or(0, author::Model::checksum);
    let mut sum = count;
    for (book, by, tags, comments) in &posts {
        sum += book.checksum() + author(by);
        sum += tags.iter().map(|tag| contender::named(tag.id, &tag.name)).sum::<u64>();
        sum += comments.iter().map(|(comment, by)| comment.checksum() + author(by)).sum::<u64>();
    }
    Ok(sum)
}

/// A note with one more like.
fn liked(note: note::Model) -> note::ActiveModel {
    let likes = note.likes + 1;
    let note = note.into_active_model().reset_all();
    note::ActiveModel { likes: Set(likes), ..note }
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
