//! Generated code means the same everywhere: whatever names are in scope, whatever is visible from there, and without
//! warnings.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    nonstandard_style,
    rust_2018_idioms,
    single_use_lifetimes,
    trivial_bounds,
    unnameable_types,
    unreachable_pub,
    unused,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    clippy::all,
    clippy::pedantic
)]
#![allow(
    dead_code,
    clippy::items_after_statements,
    clippy::needless_pass_by_value,
    clippy::needless_pub_self,
    clippy::struct_field_names,
    clippy::type_complexity
)]

use orm_core::Model as _;
use orm_core::write::CompleteDraft;

fn complete(_: impl CompleteDraft) {}

/// Names of the prelude, of crates and of what generated code calls its own, all meaning something else.
mod shadowed {
    use ::orm_core::prelude::{BelongsTo, HasMany, HasOne, Model};

    #[derive(Debug)]
    pub(crate) struct Option;
    #[derive(Debug)]
    pub(crate) struct Result;
    #[derive(Debug)]
    pub(crate) struct String;
    #[derive(Debug)]
    pub(crate) struct Vec;
    #[derive(Debug)]
    pub(crate) struct PhantomData;
    #[derive(Debug)]
    pub(crate) struct Entity;
    #[derive(Debug)]
    pub(crate) struct Many;
    pub(crate) trait Clone {}
    pub(crate) trait Copy {}
    pub(crate) trait Default {}
    pub(crate) trait From {}
    pub(crate) trait Into {}
    pub(crate) trait Iterator {}
    pub(crate) trait ColumnType {}
    #[allow(non_snake_case)]
    pub(crate) fn Some() {}
    #[allow(non_snake_case)]
    pub(crate) fn None() {}
    #[allow(non_snake_case)]
    pub(crate) fn Ok() {}
    #[allow(non_snake_case)]
    pub(crate) fn Err() {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod orm_core {}

    #[derive(Model, Debug)]
    #[model(table = "people")]
    pub(crate) struct Person {
        #[key]
        pub(crate) id: i64,
        pub(crate) name: ::std::string::String,
        pub(crate) picture: ::std::vec::Vec<u8>,
        pub(crate) nick: ::std::option::Option<::std::string::String>,
        pub(crate) boss_id: ::std::option::Option<i64>,
        #[belongs_to]
        pub(crate) boss: BelongsTo<::std::option::Option<Self>>,
        #[has_many(key = "boss_id", order_by = "name desc", inverse = "boss")]
        pub(crate) team: HasMany<Person>,
        #[has_one]
        pub(crate) desk: HasOne<Desk>,
    }

    #[derive(Model, Debug)]
    pub(crate) struct Desk {
        #[key]
        pub(crate) id: i64,
        pub(crate) person_id: i64,
        #[belongs_to]
        pub(crate) person: BelongsTo<Person>,
    }
}

#[test]
fn shadowed_names_change_nothing() {
    use shadowed::{Desk, Person};
    complete(Person::draft().id(1).name("ed").picture(vec![1]).nick("e").desk(Desk::draft().id(1)));
    assert_eq!(Person::def().columns().len(), 5);
    assert_eq!(Person::def().relations().len(), 3);
}

/// Models called as the derive calls its type parameters, and fields called as its types.
mod own_names {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub(crate) struct N {
        #[key]
        pub(crate) id: i64,
        pub(crate) c0: i64,
        #[belongs_to(key = "c0")]
        pub(crate) n: BelongsTo<R0>,
        #[belongs_to(key = "c0")]
        pub(crate) r0: BelongsTo<C0>,
        #[has_many]
        pub(crate) loads: HasMany<R1>,
        #[has_many]
        pub(crate) name_given: HasMany<C1>,
        pub(crate) name: String,
    }

    #[derive(Model, Debug)]
    pub(crate) struct R0 {
        #[key]
        pub(crate) id: i64,
        #[has_many(key = "c0")]
        pub(crate) ns: HasMany<N>,
    }

    #[derive(Model, Debug)]
    pub(crate) struct R1 {
        #[key]
        pub(crate) id: i64,
        pub(crate) n_id: i64,
        #[belongs_to]
        pub(crate) n: BelongsTo<N>,
    }

    #[derive(Model, Debug)]
    pub(crate) struct C0 {
        #[key]
        pub(crate) id: i64,
        pub(crate) data: String,
        pub(crate) value: String,
        pub(crate) column: String,
        pub(crate) cells: String,
        pub(crate) failed: String,
        pub(crate) targets: String,
        pub(crate) view: String,
        pub(crate) read: String,
        pub(crate) def: String,
        pub(crate) into_data: String,
    }

    #[derive(Model, Debug)]
    pub(crate) struct C1 {
        #[key]
        pub(crate) id: i64,
        pub(crate) n_id: i64,
    }

    /// Loads two relationships of a model whose name is a type parameter's.
    pub(crate) fn ids<L>(n: &Entity<N, L>) -> (i64, usize)
    where
        n::N: LoadedIn<L>,
        n::Loads: LoadedIn<L>,
    {
        (n.get(N::N).id, n.get(N::LOADS).len())
    }
}

#[test]
fn names_of_the_derive_are_free() {
    use own_names::{C0, N, R0};
    complete(N::draft().id(1).name("a").n(R0::draft().id(2)));
    fn loads<R: orm_core::loaded::Marks<L, orm_core::loaded::Loaded<()>>, L>(_: R) {}
    loads::<_, <N as orm_core::Model>::Bare>(N::N);
    loads::<_, <N as orm_core::Model>::Bare>(N::R0);
    loads::<_, <N as orm_core::Model>::Bare>(N::LOADS);
    let text = "a";
    let draft = C0::draft().id(1).data(text).value(text).column(text).cells(text).failed(text);
    complete(draft.targets(text).view(text).read(text).def(text).into_data(text));
}

/// Keywords, with `r#` or without.
mod keywords {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    pub(crate) struct Type {
        #[key]
        pub(crate) r#type: i64,
        pub(crate) r#match: Option<String>,
        pub(crate) r#use: i64,
        #[belongs_to(key = "use")]
        pub(crate) r#fn: BelongsTo<r#Type>,
        #[has_many(key = "r#use", order_by = "type desc, match")]
        pub(crate) r#impl: HasMany<Type>,
    }

    /// The descriptor's type is in a module that is called a keyword, too.
    pub(crate) fn first<L>(ty: &Entity<Type, L>) -> i64
    where
        r#type::Fn: LoadedIn<L>,
    {
        ty.get(Type::FN).r#type
    }
}

#[test]
fn keywords_are_names() {
    use keywords::Type;
    complete(Type::draft().r#type(1).r#match("all").r#use(1));
    let columns: Vec<_> =
        Type::def().columns().iter().map(|column| (column.field(), column.name())).collect();
    assert_eq!(columns, [("type", "type"), ("match", "match"), ("use", "use")]);
    assert_eq!(Type::def().table().name, "type");
    assert_eq!(Type::def().relations()[1].remote(), ["use"]);
    assert_eq!(Type::TYPE.index() + Type::MATCH.index() + Type::USE.index(), 3);
}

/// Every visibility that a struct can have, and types of others that are less visible.
mod visible {
    pub(crate) mod inner {
        use orm_core::prelude::*;

        #[derive(Model, Debug)]
        struct Private {
            #[key]
            id: i64,
            name: String,
            #[has_many(key = "private_id")]
            links: HasMany<InSuper>,
        }

        #[derive(Model, Debug)]
        pub(self) struct InSelf {
            #[key]
            id: i64,
        }

        #[derive(Model, Debug)]
        pub(super) struct InSuper {
            #[key]
            pub(super) id: i64,
            pub(in crate::visible) private_id: i64,
            #[belongs_to]
            pub(super) private: BelongsTo<InCrate>,
        }

        #[derive(Model, Debug)]
        pub(in crate::visible) struct InPath {
            #[key]
            pub(in crate::visible) id: i64,
        }

        pub(crate) mod deeper {
            use orm_core::prelude::*;

            #[derive(Model, Debug)]
            pub(in super::super) struct InSuperSuper {
                #[key]
                pub(in super::super) id: i64,
                pub(in super::super) name: String,
            }
        }

        #[derive(Model, Debug)]
        pub(crate) struct InCrate {
            #[key]
            pub(crate) id: i64,
            pub(crate) name: String,
        }

        pub(crate) fn private() {
            crate::complete(Private::draft().id(1).name("a").links([InSuper::draft().id(1)]));
            crate::complete(InSelf::draft().id(1));
            let _ = (Private::NAME, Private::LINKS, private::Links);
        }
    }

    pub(crate) fn from_above() {
        use inner::{InPath, InSuper};
        crate::complete(InSuper::draft().id(1).private_id(1));
        crate::complete(InPath::draft().id(1));
        crate::complete(inner::deeper::InSuperSuper::draft().id(1).name("a"));
        let _ = (InSuper::PRIVATE, inner::in_super::Private);
        let _: inner::in_path::InPathDraft = InPath::draft();
    }
}

#[test]
fn everything_is_as_visible_as_its_field() {
    visible::inner::private();
    visible::from_above();
    complete(visible::inner::InCrate::draft().id(1).name("a"));
}

#[test]
fn structs_in_a_function_are_models() {
    use orm_core::prelude::*;

    #[derive(Model, Debug)]
    struct Author {
        #[key(auto)]
        id: i64,
        name: String,
        #[has_many(order_by = "title")]
        books: HasMany<Book>,
        #[has_many(key = "editor_id")]
        edited: HasMany<Book>,
    }

    #[derive(Model, Debug)]
    struct Book {
        #[key(auto)]
        id: i64,
        title: String,
        author_id: i64,
        editor_id: Option<i64>,
        #[belongs_to]
        author: BelongsTo<Author>,
        #[belongs_to]
        editor: BelongsTo<Option<Author>>,
    }

    fn titles<L>(author: &Entity<Author, L>) -> Vec<String>
    where
        author::Books: LoadedIn<L>,
    {
        author.get(Author::BOOKS).iter().map(|book| book.title.clone()).collect()
    }

    let _: fn(&Entity<Author, author::AuthorLoads<Loaded<()>, ()>>) -> Vec<String> = titles;
    complete(Author::draft().name("a").books([Book::draft().title("b")]));
    assert_eq!(Author::def().relations()[0].target().name(), "Book");
    {
        #[derive(Model, Debug)]
        struct Author {
            #[key]
            inner: i64,
        }
        assert_eq!(Author::def().columns()[0].field(), "inner");
        complete(Author::draft().inner(1));
    }
}

macro_rules! model {
    ($visible:vis $name:ident, $target:ident, $key:ident: $key_type:ty, $field:ident, $column:literal) => {
        /// Made by a macro.
        #[derive(orm_core::Model, Debug)]
        #[model(table = $column)]
        $visible struct $name {
            #[key]
            #[column(name = $column)]
            $key: $key_type,
            nodes_id: Option<$key_type>,
            #[belongs_to(key = "nodes_id")]
            $field: orm_core::BelongsTo<Option<$target>>,
            #[has_many(key = "nodes_id", order_by = "nodes_id")]
            nodes: orm_core::HasMany<$target>,
        }
    };
}

model!(pub(crate) Node, Node, key: i64, parent, "node_key");

#[test]
fn macros_make_models() {
    complete(Node::draft().key(1).parent(Node::draft().key(2)));
    assert_eq!((Node::def().table().name, Node::def().columns()[0].name()), ("node_key", "node_key"));
    fn is_recursive(_: impl orm_core::relation::SelfReferential) {}
    is_recursive(Node::PARENT);
    is_recursive(Node::NODES);
}
