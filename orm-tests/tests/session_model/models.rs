use orm_core::prelude::*;

/// Its books lose their key with it; its notes go with it.
#[derive(Model, Debug)]
#[model(table = "authors")]
pub struct Author {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id")]
    pub books: HasMany<Book>,
    #[has_many(order_by = "id", cascade = "all, delete-orphan")]
    pub notes: HasMany<Note>,
}

#[derive(Model, Debug)]
#[model(table = "books")]
pub struct Book {
    #[key]
    pub id: i64,
    pub author_id: Option<i64>,
    pub name: String,
    #[belongs_to]
    pub author: BelongsTo<Option<Author>>,
    #[many_to_many(through = "book_tags", key = "book_id", target_key = "tag_id", order_by = "id")]
    pub tags: HasMany<Tag>,
}

#[derive(Model, Debug)]
#[model(table = "notes")]
pub struct Note {
    #[key]
    pub id: i64,
    pub author_id: i64,
    pub name: String,
    #[belongs_to]
    pub author: BelongsTo<Author>,
}

#[derive(Model, Debug)]
#[model(table = "tags")]
pub struct Tag {
    #[key]
    pub id: i64,
    pub name: String,
    #[many_to_many(through = "book_tags", key = "tag_id", target_key = "book_id", order_by = "id")]
    pub books: HasMany<Book>,
}
