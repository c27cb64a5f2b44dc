use orm_core::plan::FlushStep;
use orm_core::prelude::*;

use crate::models::*;

#[tokio::test]
async fn the_plan_lists_what_a_flush_would_write() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    assert!(session.flush_plan().is_empty());
    assert_eq!(session.flush_plan().to_string(), "");

    let books = session.all(select::<Book>().order_by(Book::ID)).await?;
    let tag = session.insert(Tag::draft().name("old")).await?;
    session.append(&books[3], Book::TAGS, &tag)?;
    session.commit().await?;

    session.add(Book::draft().title("new").pages(1).author(Author::draft().name("cid")));
    session.add(Book::draft().title("newer").pages(1));
    session.edit(&books[0], |book| book.pages = 1)?;
    session.edit(&books[1], |book| book.pages = 2)?;
    session.edit(&books[2], |book| book.title = "x".into())?;
    session.append(&books[0], Book::TAGS, &tag)?;
    session.remove(&books[3], Book::TAGS, &tag)?;
    session.delete(&books[3])?;
    let log = engine.record();
    let plan = session.flush_plan();
    assert_eq!(
        plan.to_string(),
        "1. insert 1 Author\n\
         2. update pages of 2 Book\n\
         3. update title of 1 Book\n\
         4. insert 2 Book\n\
         5. delete 1 rows of book_tags\n\
         6. insert 1 rows of book_tags\n\
         7. delete all rows of book_tags of 1 Book\n\
         8. delete 1 Book"
    );
    assert_eq!(plan.steps()[0], FlushStep::Insert { model: "Author", rows: 1 });
    assert_eq!(log.count(), 0, "a plan runs nothing: {log}");
    assert_eq!(session.new_count(), 3, "and changes nothing");

    session.flush().await?;
    assert_eq!(
        shape(&log),
        [
            "INSERT authors",
            "UPDATE books",
            "UPDATE books",
            "INSERT books",
            "DELETE book_tags",
            "INSERT book_tags",
            "DELETE book_tags",
            "DELETE books"
        ],
        "the flush does what the plan says: {log}"
    );
    assert!(session.flush_plan().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_deletion_shows_the_reads_before_it() -> Result<()> {
    let engine = library().await?;
    let mut session = engine.session();
    let ann = session.get::<Author>(1).await?.expect("ann is there");
    session.delete(&ann)?;
    assert_eq!(
        session.flush_plan().to_string(),
        "1. delete 1 Author, after looking at Author.books, Author.profile"
    );
    session.rollback().await?;
    assert!(session.flush_plan().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_tree_is_planned_level_by_level() -> Result<()> {
    let engine = engine().await?;
    let mut session = engine.session();
    session.add(
        Node::draft()
            .name("root")
            .children([Node::draft().name("a").children([Node::draft().name("c")]), Node::draft().name("b")]),
    );
    let plan = session.flush_plan().to_string();
    assert_eq!(plan, "1. insert 1 Node\n2. insert 2 Node\n3. insert 1 Node");
    Ok(())
}
