//! The tables as the oracle knows them, written a second time: it must not learn a mistake from the models.

use super::choice::Strategy;

/// One table of the zoo.
pub struct Table {
    pub model: &'static str,
    pub columns: &'static [&'static str],
    /// How many of the first columns are the primary key.
    pub key: usize,
    /// The column that pages are sorted by.
    pub sort: &'static str,
    /// The column of the model's one filter, and the value it must be greater than.
    pub filter: (&'static str, Pivot),
    pub relations: &'static [Link],
}

pub enum Pivot {
    Int(i64),
    Text(&'static str),
}

/// One relationship.
pub struct Link {
    pub name: &'static str,
    pub kind: LinkKind,
    pub target: usize,
    pub local: &'static [&'static str],
    pub remote: &'static [&'static str],
    /// The link table, and which side of it this one is: 0 for the columns that come first.
    pub through: Option<(usize, usize)>,
    /// The columns of the target that sort a collection, and whether downwards.
    pub order: &'static [(&'static str, bool)],
    /// Whether there is always a row.
    pub required: bool,
    /// Whether only targets that meet their table's one filter belong to it.
    pub filtered: bool,
    /// The strategy by which the model loads it unless a query specifies one.
    pub default: Option<Strategy>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LinkKind {
    /// The key is here, and it is the target's primary key.
    ToPrimaryKey,
    /// The key is here, and it is another unique column of the target.
    ToUnique,
    /// At most one row with the key.
    HasOne,
    /// Any number of rows with the key.
    HasMany,
    /// Any number of rows by a link table.
    Through,
}

impl LinkKind {
    pub fn is_collection(self) -> bool {
        matches!(self, LinkKind::HasMany | LinkKind::Through)
    }
}

impl Link {
    /// Whether the key is a column of this side.
    pub fn local_is_key(&self) -> bool {
        matches!(self.kind, LinkKind::ToPrimaryKey | LinkKind::ToUnique)
    }

    pub fn is_recursive(&self, from: usize) -> bool {
        self.target == from
    }
}

const fn to(
    name: &'static str,
    target: usize,
    local: &'static [&'static str],
    remote: &'static [&'static str],
) -> Link {
    Link {
        name,
        kind: LinkKind::ToPrimaryKey,
        target,
        local,
        remote,
        through: None,
        order: &[],
        required: false,
        filtered: false,
        default: None,
    }
}

/// A relationship whose key is NOT NULL and leads to a row.
const fn required(link: Link) -> Link {
    Link { required: true, ..link }
}

/// A relationship to those targets that meet the one filter of their table.
const fn filtered(link: Link) -> Link {
    Link { filtered: true, ..link }
}

/// A relationship that the model loads by default.
const fn eager(link: Link, by: Strategy) -> Link {
    Link { default: Some(by), ..link }
}

const fn many(
    name: &'static str,
    target: usize,
    local: &'static [&'static str],
    remote: &'static [&'static str],
    order: &'static [(&'static str, bool)],
) -> Link {
    Link { kind: LinkKind::HasMany, order, ..to(name, target, local, remote) }
}

const fn through(
    name: &'static str,
    target: usize,
    keys: (&'static [&'static str], &'static [&'static str]),
    link: (usize, usize),
    order: &'static [(&'static str, bool)],
) -> Link {
    Link { kind: LinkKind::Through, through: Some(link), order, ..to(name, target, keys.0, keys.1) }
}

const UP: bool = false;
const DOWN: bool = true;

/// The link tables. The columns of one side come first for both sides: a relationship tells which are its own.
pub struct LinkTable {
    pub name: &'static str,
    pub columns: &'static [&'static str],
}

pub const AUTHOR_TAG: usize = 0;
pub const AUTHOR_SHELF: usize = 1;
pub const BOOK_TAG: usize = 2;
pub const CATEGORY_LINK: usize = 3;

pub const LINK_TABLES: &[LinkTable] = &[
    LinkTable { name: "author_tag", columns: &["author_id", "tag_name"] },
    LinkTable { name: "author_shelf", columns: &["author_id", "shelf_room", "shelf_upper"] },
    LinkTable {
        name: "names_as_long_as_databases_take_and_alike_until_cut_countr_xxxy",
        columns: &["book_id", "tag_name"],
    },
    LinkTable { name: "category_link", columns: &["from_id", "to_id"] },
];

pub const AUTHOR: usize = 0;
pub const COUNTRY: usize = 1;
pub const BOOK: usize = 2;
pub const CHAPTER: usize = 3;
pub const NOTE: usize = 4;
pub const SHELF: usize = 5;
pub const CATEGORY: usize = 6;
pub const TAG: usize = 7;
pub const PROFILE: usize = 8;
pub const LOAN: usize = 9;
pub const SEAL: usize = 10;
pub const EAGER_AUTHOR: usize = 11;
pub const EAGER_BOOK: usize = 12;
pub const EAGER_CATEGORY: usize = 13;

/// How many of the models load nothing by default; those behind them share their tables.
pub const PLAIN: usize = 11;

// Of the tables that two models share.
const AUTHOR_COLUMNS: &[&str] = &["id", "name", "rating", "country_code"];
const BOOK_COLUMNS: &[&str] = &["id", "title", "isbn", "author_id", "editor_id", "room", "upper"];
const CATEGORY_COLUMNS: &[&str] = &["id", "parent_id", "position", "book_id"];

/// In the order of the members' numbers.
pub const TABLES: &[Table] = &[
    Table {
        model: "Author",
        columns: AUTHOR_COLUMNS,
        key: 1,
        sort: "rating",
        filter: ("id", Pivot::Int(2)),
        relations: &[
            to("country", COUNTRY, &["country_code"], &["code"]),
            many("books", BOOK, &["id"], &["author_id"], &[("title", UP), ("id", DOWN)]),
            many("edited", BOOK, &["id"], &["editor_id"], &[("id", UP)]),
            Link { kind: LinkKind::HasOne, ..to("profile", PROFILE, &["id"], &["author_id"]) },
            through("tags", TAG, (&["id"], &["name"]), (AUTHOR_TAG, 0), &[("weight", DOWN), ("name", UP)]),
            through(
                "shelves",
                SHELF,
                (&["id"], &["room", "upper"]),
                (AUTHOR_SHELF, 0),
                &[("room", UP), ("upper", DOWN)],
            ),
            filtered(many("late_books", BOOK, &["id"], &["author_id"], &[("id", UP)])),
            filtered(through("heavy_tags", TAG, (&["id"], &["name"]), (AUTHOR_TAG, 0), &[("name", DOWN)])),
        ],
    },
    Table {
        model: "Country",
        columns: &["code", "rank"],
        key: 1,
        sort: "rank",
        filter: ("code", Pivot::Text("B")),
        relations: &[many("authors", AUTHOR, &["code"], &["country_code"], &[("rating", DOWN), ("id", UP)])],
    },
    Table {
        model: "Book",
        columns: BOOK_COLUMNS,
        key: 1,
        sort: "isbn",
        filter: ("title", Pivot::Text("m")),
        relations: &[
            required(to("author", AUTHOR, &["author_id"], &["id"])),
            to("editor", AUTHOR, &["editor_id"], &["id"]),
            to("shelf", SHELF, &["room", "upper"], &["room", "upper"]),
            many("chapters", CHAPTER, &["id"], &["book_id"], &[("number", DOWN)]),
            many("loans", LOAN, &["isbn"], &["isbn"], &[("id", UP)]),
            through("tags", TAG, (&["id"], &["name"]), (BOOK_TAG, 0), &[("name", UP)]),
            // What the session holds does not answer for it.
            filtered(Link {
                kind: LinkKind::ToUnique,
                ..to("known_author", AUTHOR, &["author_id"], &["id"])
            }),
        ],
    },
    Table {
        model: "Chapter",
        columns: &["book_id", "number", "pages"],
        key: 2,
        sort: "pages",
        filter: ("pages", Pivot::Int(10)),
        relations: &[
            required(to("book", BOOK, &["book_id"], &["id"])),
            many("notes", NOTE, &["book_id", "number"], &["book_id", "chapter_number"], &[("id", UP)]),
        ],
    },
    Table {
        model: "Note",
        columns: &["id", "book_id", "chapter_number", "text"],
        key: 1,
        sort: "text",
        filter: ("id", Pivot::Int(3)),
        relations: &[to("chapter", CHAPTER, &["book_id", "chapter_number"], &["book_id", "number"])],
    },
    Table {
        model: "Shelf",
        columns: &["room", "upper", "label"],
        key: 2,
        sort: "label",
        filter: ("room", Pivot::Int(0)),
        relations: &[
            many("books", BOOK, &["room", "upper"], &["room", "upper"], &[("id", UP)]),
            through(
                "authors",
                AUTHOR,
                (&["room", "upper"], &["id"]),
                (AUTHOR_SHELF, 1),
                &[("name", UP), ("id", UP)],
            ),
        ],
    },
    Table {
        model: "Category",
        columns: CATEGORY_COLUMNS,
        key: 1,
        sort: "position",
        filter: ("position", Pivot::Int(0)),
        relations: &[
            to("parent", CATEGORY, &["parent_id"], &["id"]),
            many("children", CATEGORY, &["id"], &["parent_id"], &[("position", UP), ("id", UP)]),
            through("related", CATEGORY, (&["id"], &["id"]), (CATEGORY_LINK, 0), &[("id", DOWN)]),
            many("tags", TAG, &["id"], &["category_id"], &[("name", UP)]),
            to("book", BOOK, &["book_id"], &["id"]),
            filtered(many("placed_children", CATEGORY, &["id"], &["parent_id"], &[("id", DOWN)])),
        ],
    },
    Table {
        model: "Tag",
        columns: &["name", "weight", "category_id"],
        key: 1,
        sort: "category_id",
        filter: ("weight", Pivot::Int(0)),
        relations: &[
            to("category", CATEGORY, &["category_id"], &["id"]),
            through("books", BOOK, (&["name"], &["id"]), (BOOK_TAG, 1), &[("title", DOWN), ("id", UP)]),
            through("authors", AUTHOR, (&["name"], &["id"]), (AUTHOR_TAG, 1), &[("id", UP)]),
            filtered(through("late_books", BOOK, (&["name"], &["id"]), (BOOK_TAG, 1), &[("id", DOWN)])),
        ],
    },
    Table {
        model: "Profile",
        columns: &["id", "author_id", "motto"],
        key: 1,
        sort: "motto",
        filter: ("id", Pivot::Int(2)),
        relations: &[to("author", AUTHOR, &["author_id"], &["id"])],
    },
    Table {
        model: "Loan",
        columns: &["id", "isbn", "stamp"],
        key: 1,
        sort: "isbn",
        filter: ("id", Pivot::Int(2)),
        relations: &[
            Link { kind: LinkKind::ToUnique, ..to("book", BOOK, &["isbn"], &["isbn"]) },
            to("seal", SEAL, &["stamp"], &["bytes"]),
        ],
    },
    Table {
        model: "Seal",
        columns: &["bytes", "year"],
        key: 1,
        sort: "year",
        filter: ("year", Pivot::Int(1)),
        relations: &[many("loans", LOAN, &["bytes"], &["stamp"], &[("id", UP)])],
    },
    Table {
        model: "EagerAuthor",
        columns: AUTHOR_COLUMNS,
        key: 1,
        sort: "rating",
        filter: ("id", Pivot::Int(2)),
        relations: &[
            eager(to("country", COUNTRY, &["country_code"], &["code"]), Strategy::Joined),
            eager(
                many("books", EAGER_BOOK, &["id"], &["author_id"], &[("title", UP), ("id", DOWN)]),
                Strategy::Joined,
            ),
            many("edited", BOOK, &["id"], &["editor_id"], &[("id", UP)]),
            eager(
                through(
                    "tags",
                    TAG,
                    (&["id"], &["name"]),
                    (AUTHOR_TAG, 0),
                    &[("weight", DOWN), ("name", UP)],
                ),
                Strategy::Subquery,
            ),
            eager(
                filtered(many("late_books", BOOK, &["id"], &["author_id"], &[("id", UP)])),
                Strategy::Selectin,
            ),
        ],
    },
    Table {
        model: "EagerBook",
        columns: BOOK_COLUMNS,
        key: 1,
        sort: "isbn",
        filter: ("title", Pivot::Text("m")),
        relations: &[
            eager(required(to("author", EAGER_AUTHOR, &["author_id"], &["id"])), Strategy::Joined),
            to("shelf", SHELF, &["room", "upper"], &["room", "upper"]),
            eager(many("chapters", CHAPTER, &["id"], &["book_id"], &[("number", DOWN)]), Strategy::Selectin),
            eager(
                through("tags", TAG, (&["id"], &["name"]), (BOOK_TAG, 0), &[("name", UP)]),
                Strategy::Joined,
            ),
        ],
    },
    Table {
        model: "EagerCategory",
        columns: CATEGORY_COLUMNS,
        key: 1,
        sort: "position",
        filter: ("position", Pivot::Int(0)),
        relations: &[
            eager(to("parent", EAGER_CATEGORY, &["parent_id"], &["id"]), Strategy::Joined),
            eager(
                many("children", EAGER_CATEGORY, &["id"], &["parent_id"], &[("position", UP), ("id", UP)]),
                Strategy::Joined,
            ),
            through("related", EAGER_CATEGORY, (&["id"], &["id"]), (CATEGORY_LINK, 0), &[("id", DOWN)]),
            eager(to("book", EAGER_BOOK, &["book_id"], &["id"]), Strategy::Subquery),
        ],
    },
];

/// The place of a column.
pub fn place(kind: usize, column: &str) -> usize {
    let columns = TABLES[kind].columns;
    columns.iter().position(|name| *name == column).unwrap_or_else(|| panic!("no column {column}"))
}
