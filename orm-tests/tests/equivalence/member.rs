//! The models again, as numbers: what a random option tree and the oracle speak of.

use std::future::Future;
use std::pin::Pin;

use orm_core::Select;
use orm_core::prelude::*;
use orm_core::query::{Computed, DynamicLoad, Load};
use orm_core::relation::{Relation, SelfReferential};

use super::cell::Cell;
use super::choice::{Choice, Depth, Strategy};
use super::whole::{Place, Term};
use super::zoo::*;

/// A boxed future that borrows the session.
pub type Promise<'s, T> = Pin<Box<dyn Future<Output = Result<T>> + 's>>;

/// A model of the zoo whose options can be chosen by number.
pub trait Member: Model {
    /// Its place among the tables of the oracle.
    const KIND: usize;

    /// The values of the columns, in the order of the oracle's.
    fn cells(&self) -> Vec<Cell>;

    /// Adds one option to a query or to another option.
    fn attach<S: Sink<Self>>(sink: S, option: &Choice) -> S;

    /// The model's one filter; the oracle knows it as the column and value of the table.
    fn condition() -> Predicate;

    /// By the primary key, backwards.
    fn backwards() -> Vec<orm_core::query::OrderBy>;

    /// By the column that is not unique and may be NULL.
    fn by_sort(descending: bool) -> orm_core::query::OrderBy;

    /// By the primary key.
    fn by_key() -> Vec<orm_core::query::OrderBy>;

    /// A column by its number, of the table or of an alias of it.
    fn term(alias: Option<&str>, column: usize) -> Box<dyn Term>;

    /// Whether a relationship leads to a row, and to one that meets a condition.
    fn has(relation: usize, of: Option<Predicate>) -> Predicate;

    /// How many rows a collection has, and how many that meet a condition.
    fn count(relation: usize, of: Option<Predicate>) -> Computed<i64>;

    /// Joins one of its relationships to a query, under aliases if it has them.
    fn join<Q: Member>(
        query: Select<Q>,
        relation: usize,
        left: bool,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Select<Q>;

    /// Fills one of its relationships from a join of the query, whose target may have an alias.
    fn fill_join(query: Select<Self>, relation: usize, to: Option<&str>) -> Select<Self>;

    /// What a query found for one object.
    fn found<L: 'static>(of: &Entity<Self, L>, relation: usize) -> Option<Vec<Thing>>;

    /// What an object holds.
    fn held(&self, relation: usize) -> Result<Vec<Thing>>;

    /// Loads one relationship of one object.
    fn load_one<'s, L: 'static>(
        session: &'s mut Session,
        of: &Entity<Self, L>,
        relation: usize,
    ) -> Promise<'s, Vec<Thing>>;

    /// Loads one option for all objects at once.
    fn load_all<'s>(
        session: &'s mut Session,
        of: Vec<Entity<Self>>,
        option: &Choice,
    ) -> Promise<'s, Vec<Thing>>
    where
        Self: Model<Bare: 'static>;
}

/// What options are added to.
pub trait Sink<M: Model> {
    fn take(self, load: DynamicLoad<M>) -> Self;
}

impl<M: Model> Sink<M> for Select<M> {
    fn take(self, load: DynamicLoad<M>) -> Self {
        self.with(load)
    }
}

impl<R: Relation> Sink<R::Target> for LoadOf<R> {
    fn take(self, load: DynamicLoad<R::Target>) -> Self {
        self.with(load)
    }
}

/// A load with nothing below it in its type.
type LoadOf<R> = Load<R, Loaded<<<R as Relation>::Target as Model>::Bare>>;

/// An entity of any model.
pub type Thing = Box<dyn Object>;

/// What can be asked of an entity whose model is a number.
pub trait Object {
    fn kind(&self) -> usize;
    fn cells(&self) -> Vec<Cell>;
    /// Where the object is: equal for equal rows of one session, and for no others.
    fn address(&self) -> usize;
    fn found(&self, relation: usize) -> Option<Vec<Thing>>;
    fn held(&self, relation: usize) -> Result<Vec<Thing>>;
    fn load<'s>(&self, session: &'s mut Session, relation: usize) -> Promise<'s, Vec<Thing>>;
}

impl<M: Member, L: 'static> Object for Entity<M, L> {
    fn kind(&self) -> usize {
        M::KIND
    }

    fn cells(&self) -> Vec<Cell> {
        M::cells(self)
    }

    fn address(&self) -> usize {
        std::ptr::from_ref::<M>(self).addr()
    }

    fn found(&self, relation: usize) -> Option<Vec<Thing>> {
        M::found(self, relation)
    }

    fn held(&self, relation: usize) -> Result<Vec<Thing>> {
        M::held(self, relation)
    }

    fn load<'s>(&self, session: &'s mut Session, relation: usize) -> Promise<'s, Vec<Thing>> {
        M::load_one(session, self, relation)
    }
}

/// A relationship's objects as a list, whatever its kind.
trait Things {
    fn things(self) -> Vec<Thing>;
}

impl<M: Member, N: 'static> Things for Many<M, N> {
    fn things(self) -> Vec<Thing> {
        self.iter().map(|entity| Box::new(entity) as Thing).collect()
    }
}

impl<M: Member, N: 'static> Things for Option<Entity<M, N>> {
    fn things(self) -> Vec<Thing> {
        self.into_iter().map(|entity| Box::new(entity) as Thing).collect()
    }
}

impl<M: Member, N: 'static> Things for Entity<M, N> {
    fn things(self) -> Vec<Thing> {
        vec![Box::new(self)]
    }
}

/// The strategy and what is below: what every kind of relationship takes.
fn build<R>(relation: R, option: &Choice) -> LoadOf<R>
where
    R: Relation<Target: Member>,
{
    let mut load = match option.strategy {
        Strategy::Selectin => relation.selectin(),
        Strategy::Joined => relation.joined(),
        Strategy::Subquery => relation.subquery(),
        Strategy::Auto => relation.auto(),
    };
    if let Some(keys) = option.batch {
        load = load.batch_size(keys);
    }
    if option.inner {
        load = load.inner();
    }
    option.below.iter().fold(load, <R::Target as Member>::attach)
}

/// The options that only some kinds of relationships have.
macro_rules! shaped {
    (one $relation:expr, $option:expr) => {
        build($relation, $option).dynamic()
    };
    (many $relation:expr, $option:expr) => {
        view(build($relation, $option), $option).dynamic()
    };
    (tree_one $relation:expr, $option:expr) => {
        recursive(build($relation, $option), $option)
    };
    (tree_many $relation:expr, $option:expr) => {
        recursive(view(build($relation, $option), $option), $option)
    };
}

fn view<R>(mut load: LoadOf<R>, option: &Choice) -> LoadOf<R>
where
    R: orm_core::relation::ToMany<Target: Member>,
{
    if option.filter {
        load = load.filter(<R::Target as Member>::condition());
    }
    if let Some(only) = &option.only {
        load = load.filter(only.predicate(&[Place::table(<R::Target as Member>::KIND)]));
    }
    if let Some(relation) = option.by_count {
        load = load.order_by(<R::Target as Member>::count(relation, None).desc());
    }
    if option.backwards {
        load = load.order_by(<R::Target as Member>::backwards());
    }
    if let Some(limit) = option.limit {
        load = load.limit(limit);
    }
    load
}

fn recursive<R: SelfReferential>(load: LoadOf<R>, option: &Choice) -> DynamicLoad<R::Parent> {
    match option.depth {
        None => load.dynamic(),
        Some(Depth::Limited(levels)) => load.recursive(levels).dynamic(),
        Some(Depth::Unlimited) => load.recursive(..).dynamic(),
    }
}

/// Whether there is a target, for each kind of relationship.
macro_rules! has {
    (one $relation:expr, $of:expr) => {
        match $of {
            Some(of) => $relation.has(of),
            None => $relation.exists(),
        }
    };
    (tree_one $relation:expr, $of:expr) => {
        has!(one $relation, $of)
    };
    ($many:ident $relation:expr, $of:expr) => {
        match $of {
            Some(of) => $relation.any(of),
            None => $relation.exists(),
        }
    };
}

/// How many targets there are, where the relationship may have several.
macro_rules! count {
    (one $relation:expr, $of:expr) => {
        unreachable!("a to-one is not counted")
    };
    (tree_one $relation:expr, $of:expr) => {
        unreachable!("a to-one is not counted")
    };
    ($many:ident $relation:expr, $of:expr) => {
        match $of {
            Some(of) => $relation.count_of(of),
            None => $relation.count(),
        }
    };
}

fn join<M: Model, R>(
    query: Select<M>,
    relation: R,
    left: bool,
    from: Option<&str>,
    to: Option<&str>,
) -> Select<M>
where
    R: Relation<Parent: Model, Target: Model>,
{
    let to = to.map(alias::<R::Target>);
    let path = match (from, &to) {
        (None, None) => return if left { query.left_join(relation) } else { query.join(relation) },
        (None, Some(to)) => relation.to_alias(to),
        (Some(from), None) => relation.from_alias(&alias(from)),
        (Some(from), Some(to)) => relation.from_alias(&alias(from)).to_alias(to),
    };
    if left { query.left_join(path) } else { query.join(path) }
}

macro_rules! members {
    ($($kind:literal $model:ident {
        columns $($column:ident $constant:ident)*;
        sort $sort:ident;
        filter $filter:ident > $pivot:literal;
        key $($key:ident)*;
        $($index:literal $shape:ident $relation:ident $accessor:ident;)*
    })*) => {
        $(
            impl Member for $model {
                const KIND: usize = $kind;

                fn cells(&self) -> Vec<Cell> {
                    vec![$(self.$column.clone().into()),*]
                }

                fn attach<S: Sink<Self>>(sink: S, option: &Choice) -> S {
                    let mut sink = sink;
                    for option in option.halves() {
                        let option = &option;
                        sink = match option.relation {
                            $($index => sink.take(shaped!($shape $model::$relation, option)),)*
                            other => unreachable!("{} has no relationship {other}", stringify!($model)),
                        };
                    }
                    sink
                }

                fn condition() -> Predicate {
                    $model::$filter.gt($pivot)
                }

                fn backwards() -> Vec<orm_core::query::OrderBy> {
                    vec![$($model::$key.desc()),*]
                }

                fn by_sort(descending: bool) -> orm_core::query::OrderBy {
                    if descending { $model::$sort.desc() } else { $model::$sort.asc() }
                }

                fn by_key() -> Vec<orm_core::query::OrderBy> {
                    vec![$($model::$key.asc()),*]
                }

                fn term(alias: Option<&str>, column: usize) -> Box<dyn Term> {
                    let alias = alias.map(orm_core::alias::<$model>);
                    let mut left = column;
                    $(
                        if left == 0 {
                            return Box::new(match alias {
                                Some(alias) => alias.column($model::$constant).optional(),
                                None => $model::$constant.optional(),
                            });
                        }
                        left -= 1;
                    )*
                    unreachable!("{} has no column {column}, {left} too far", stringify!($model))
                }

                fn has(relation: usize, of: Option<Predicate>) -> Predicate {
                    match relation {
                        $($index => has!($shape $model::$relation, of),)*
                        other => unreachable!("{} has no relationship {other}", stringify!($model)),
                    }
                }

                fn count(relation: usize, of: Option<Predicate>) -> Computed<i64> {
                    let _ = &of;
                    match relation {
                        $($index => count!($shape $model::$relation, of),)*
                        other => unreachable!("{} has no relationship {other}", stringify!($model)),
                    }
                }

                fn join<Q: Member>(
                    query: Select<Q>,
                    relation: usize,
                    left: bool,
                    from: Option<&str>,
                    to: Option<&str>,
                ) -> Select<Q> {
                    match relation {
                        $($index => join(query, $model::$relation, left, from, to),)*
                        other => unreachable!("{} has no relationship {other}", stringify!($model)),
                    }
                }

                fn fill_join(query: Select<Self>, relation: usize, to: Option<&str>) -> Select<Self> {
                    match (relation, to) {
                        $(
                            ($index, None) => query.fill($model::$relation).dynamic(),
                            ($index, Some(to)) => query.fill($model::$relation.filled_by(&alias(to))).dynamic(),
                        )*
                        other => unreachable!("{} has no relationship {other:?}", stringify!($model)),
                    }
                }

                fn found<L: 'static>(of: &Entity<Self, L>, relation: usize) -> Option<Vec<Thing>> {
                    match relation {
                        $($index => of.found($model::$relation).map(Things::things),)*
                        other => unreachable!("{} has no relationship {other}", stringify!($model)),
                    }
                }

                fn held(&self, relation: usize) -> Result<Vec<Thing>> {
                    match relation {
                        $($index => self.$accessor().map(Things::things),)*
                        other => unreachable!("{} has no relationship {other}", stringify!($model)),
                    }
                }

                fn load_one<'s, L: 'static>(
                    session: &'s mut Session,
                    of: &Entity<Self, L>,
                    relation: usize,
                ) -> Promise<'s, Vec<Thing>> {
                    match relation {
                        $($index => {
                            let loading = session.load(of, $model::$relation);
                            Box::pin(async move { loading.await.map(Things::things) })
                        })*
                        other => unreachable!("{} has no relationship {other}", stringify!($model)),
                    }
                }

                fn load_all<'s>(
                    session: &'s mut Session,
                    of: Vec<Entity<Self>>,
                    option: &Choice,
                ) -> Promise<'s, Vec<Thing>> {
                    match option.relation {
                        $($index => {
                            let load = shaped!($shape $model::$relation, option);
                            let loading = session.load_all(of, load);
                            Box::pin(async move {
                                let loaded = loading.await?;
                                Ok(loaded.into_iter().map(|entity| Box::new(entity) as Thing).collect())
                            })
                        })*
                        other => unreachable!("{} has no relationship {other}", stringify!($model)),
                    }
                }
            }
        )*
    };
}

members! {
    0 Author {
        columns id ID name NAME rating RATING country_code COUNTRY_CODE;
        sort RATING;
        filter ID > 2;
        key ID;
        0 one COUNTRY country;
        1 many BOOKS books;
        2 many EDITED edited;
        3 one PROFILE profile;
        4 many TAGS tags;
        5 many SHELVES shelves;
        6 many LATE_BOOKS late_books;
        7 many HEAVY_TAGS heavy_tags;
    }
    1 Country {
        columns code CODE rank RANK;
        sort RANK;
        filter CODE > "B";
        key CODE;
        0 many AUTHORS authors;
    }
    2 Book {
        columns id ID title TITLE isbn ISBN author_id AUTHOR_ID editor_id EDITOR_ID room ROOM upper UPPER;
        sort ISBN;
        filter TITLE > "m";
        key ID;
        0 one AUTHOR author;
        1 one EDITOR editor;
        2 one SHELF shelf;
        3 many CHAPTERS chapters;
        4 many LOANS loans;
        5 many TAGS tags;
        6 one KNOWN_AUTHOR known_author;
    }
    3 Chapter {
        columns book_id BOOK_ID number NUMBER pages PAGES;
        sort PAGES;
        filter PAGES > 10;
        key BOOK_ID NUMBER;
        0 one BOOK book;
        1 many NOTES notes;
    }
    4 Note {
        columns id ID book_id BOOK_ID chapter_number CHAPTER_NUMBER text TEXT;
        sort TEXT;
        filter ID > 3;
        key ID;
        0 one CHAPTER chapter;
    }
    5 Shelf {
        columns room ROOM upper UPPER label LABEL;
        sort LABEL;
        filter ROOM > 0;
        key ROOM UPPER;
        0 many BOOKS books;
        1 many AUTHORS authors;
    }
    6 Category {
        columns id ID parent_id PARENT_ID position POSITION book_id BOOK_ID;
        sort POSITION;
        filter POSITION > 0;
        key ID;
        0 tree_one PARENT parent;
        1 tree_many CHILDREN children;
        2 tree_many RELATED related;
        3 many TAGS tags;
        4 one BOOK book;
        5 tree_many PLACED_CHILDREN placed_children;
    }
    7 Tag {
        columns name NAME weight WEIGHT category_id CATEGORY_ID;
        sort CATEGORY_ID;
        filter WEIGHT > 0;
        key NAME;
        0 one CATEGORY category;
        1 many BOOKS books;
        2 many AUTHORS authors;
        3 many LATE_BOOKS late_books;
    }
    8 Profile {
        columns id ID author_id AUTHOR_ID motto MOTTO;
        sort MOTTO;
        filter ID > 2;
        key ID;
        0 one AUTHOR author;
    }
    9 Loan {
        columns id ID isbn ISBN stamp STAMP;
        sort ISBN;
        filter ID > 2;
        key ID;
        0 one BOOK book;
        1 one SEAL seal;
    }
    10 Seal {
        columns bytes BYTES year YEAR;
        sort YEAR;
        filter YEAR > 1;
        key BYTES;
        0 many LOANS loans;
    }
    11 EagerAuthor {
        columns id ID name NAME rating RATING country_code COUNTRY_CODE;
        sort RATING;
        filter ID > 2;
        key ID;
        0 one COUNTRY country;
        1 many BOOKS books;
        2 many EDITED edited;
        3 many TAGS tags;
        4 many LATE_BOOKS late_books;
    }
    12 EagerBook {
        columns id ID title TITLE isbn ISBN author_id AUTHOR_ID editor_id EDITOR_ID room ROOM upper UPPER;
        sort ISBN;
        filter TITLE > "m";
        key ID;
        0 one AUTHOR author;
        1 one SHELF shelf;
        2 many CHAPTERS chapters;
        3 many TAGS tags;
    }
    13 EagerCategory {
        columns id ID parent_id PARENT_ID position POSITION book_id BOOK_ID;
        sort POSITION;
        filter POSITION > 0;
        key ID;
        0 tree_one PARENT parent;
        1 tree_many CHILDREN children;
        2 tree_many RELATED related;
        3 one BOOK book;
    }
}

/// Runs something generic with the model of a number.
macro_rules! with_model {
    ($number:expr, $call:ident($($argument:expr),*)) => {
        $crate::member::with_model!($number, $call::<>($($argument),*))
    };
    ($number:expr, $call:ident::<$($further:ty),*>($($argument:expr),*)) => {
        match $number {
            0 => $call::<$crate::zoo::Author $(, $further)*>($($argument),*),
            1 => $call::<$crate::zoo::Country $(, $further)*>($($argument),*),
            2 => $call::<$crate::zoo::Book $(, $further)*>($($argument),*),
            3 => $call::<$crate::zoo::Chapter $(, $further)*>($($argument),*),
            4 => $call::<$crate::zoo::Note $(, $further)*>($($argument),*),
            5 => $call::<$crate::zoo::Shelf $(, $further)*>($($argument),*),
            6 => $call::<$crate::zoo::Category $(, $further)*>($($argument),*),
            7 => $call::<$crate::zoo::Tag $(, $further)*>($($argument),*),
            8 => $call::<$crate::zoo::Profile $(, $further)*>($($argument),*),
            9 => $call::<$crate::zoo::Loan $(, $further)*>($($argument),*),
            10 => $call::<$crate::zoo::Seal $(, $further)*>($($argument),*),
            11 => $call::<$crate::zoo::EagerAuthor $(, $further)*>($($argument),*),
            12 => $call::<$crate::zoo::EagerBook $(, $further)*>($($argument),*),
            13 => $call::<$crate::zoo::EagerCategory $(, $further)*>($($argument),*),
            other => unreachable!("no model {other}"),
        }
    };
}
pub(crate) use with_model;
