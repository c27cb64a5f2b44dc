#![doc = include_str!("links.md")]
#![doc = include_str!("../../docs/README.md")]
// Some methods that the book links to exist only with their feature.
#![cfg_attr(not(all(feature = "migrate", feature = "serde")), allow(rustdoc::broken_intra_doc_links))]

// The book is Markdown in `docs/`, which the repository shows as it is. Here each page becomes a module, so docs.rs has it,
// search finds it, and every program in it is a doctest. `links.md` comes first in each page: a link has its first
// definition, which leads to a module here and to a file in the repository.
macro_rules! page {
    ($name:ident, $file:literal $(, $needs:meta)?) => {
        // The programs of a page compile where the features that they need are enabled.
        $(#[cfg(any(not(doctest), $needs))])?
        #[doc = include_str!("links.md")]
        #[doc = include_str!(concat!("../../docs/", $file))]
        pub mod $name {}
    };
}

// A page with pictures, which docs.rs shows as part of their links: `pictures.md` defines these before the page does.
macro_rules! illustrated {
    ($name:ident, $file:literal) => {
        #[doc = include_str!("links.md")]
        #[doc = include_str!("pictures.md")]
        #[doc = include_str!(concat!("../../docs/", $file))]
        pub mod $name {}
    };
}

page!(quick_start, "quick_start.md", all(feature = "axum", feature = "serde", feature = "json"));
page!(want, "want.md");
page!(models, "models.md");
page!(relationships, "relationships.md");
page!(types, "types.md");
page!(sessions, "sessions.md");
illustrated!(loading, "loading.md");
page!(queries, "queries.md");
page!(functions, "functions.md", all(feature = "chrono", feature = "json"));
page!(streaming, "streaming.md");
page!(writing, "writing.md");
page!(transactions, "transactions.md");
page!(testing, "testing.md");
illustrated!(observing, "observing.md");
page!(errors, "errors.md");
page!(compiler_messages, "compiler_messages.md");
page!(generic_code, "generic_code.md");
page!(schema, "schema.md", feature = "chrono");
page!(migrations, "migrations.md", feature = "migrate");
page!(web, "web.md", all(feature = "axum", feature = "serde"));
page!(backends, "backends.md");
illustrated!(performance, "performance.md");
page!(architecture, "architecture.md");

#[doc = include_str!("links.md")]
#[doc = include_str!("../../docs/coming_from.md")]
pub mod coming_from {
    macro_rules! page {
        ($name:ident, $file:literal) => {
            #[doc = include_str!("links.md")]
            #[doc = include_str!(concat!("../../docs/coming_from/", $file))]
            pub mod $name {}
        };
    }

    page!(sqlalchemy, "sqlalchemy.md");
    page!(seaorm, "seaorm.md");
    page!(diesel, "diesel.md");
    page!(django, "django.md");
    page!(rails, "rails.md");
    page!(hibernate, "hibernate.md");
}
