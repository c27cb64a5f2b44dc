//! Loaded results as types that are written down: in fields, aliases and signatures, to any depth, in recursions.
#![allow(missing_docs)]

use orm_core::loaded::LoadedSet;
use orm_core::prelude::*;
use orm_core::query::Load;
use orm_core::relation::Relation;
use orm_tests::{TestDatabase, on_every_backend};

#[derive(Model, Debug)]
pub struct Folder {
    #[key]
    pub id: i64,
    pub name: String,
    pub parent_id: Option<i64>,
    pub owner_id: i64,
    #[belongs_to(key = "parent_id")]
    pub parent: BelongsTo<Option<Folder>>,
    #[has_many(key = "parent_id", order_by = "id")]
    pub children: HasMany<Folder>,
    #[belongs_to(key = "owner_id")]
    pub owner: BelongsTo<Owner>,
    #[has_many(order_by = "id")]
    pub r#type: HasMany<File>,
}

#[derive(Model, Debug)]
pub struct File {
    #[key]
    pub id: i64,
    pub folder_id: i64,
    pub name: String,
}

#[derive(Model, Debug)]
pub struct Owner {
    #[key]
    pub id: i64,
    pub name: String,
    #[has_many(order_by = "id")]
    pub folders: HasMany<Folder>,
}

/// ```text
/// 1 root (ann) ── 2 left (bea) ── 4 deep (ann)
///              └─ 3 right (ann)
/// ```
async fn tree(engine: &Engine) -> Result<Session> {
    engine.create_all(schema![Owner, Folder, File]).await?;
    let mut session = engine.session();
    session.add(Owner::draft().id(1).name("ann"));
    session.add(Owner::draft().id(2).name("bea"));
    session.flush().await?;
    let folder = |id, name: &str, owner| Folder::draft().id(id).name(name).parent_id(Null).owner_id(owner);
    session.add(
        folder(1, "root", 1)
            .r#type([File::draft().id(1).folder_id(1).name("a.txt")])
            .children([folder(2, "left", 2).children([folder(4, "deep", 1)]), folder(3, "right", 1)]),
    );
    session.commit().await?;
    Ok(engine.session())
}

/// Calls itself: the loaded set of a recursion is the same on every level.
fn walk<L>(folder: &Entity<Folder, L>, depth: usize, lines: &mut Vec<String>)
where
    folder::Children: LoadedIn<L, Nested = L>,
{
    lines.push(format!("{:depth$}{}", "", folder.name));
    for child in folder.get(Folder::CHILDREN) {
        walk(&child, depth + 1, lines);
    }
}

type Tree = loaded!(Folder { children { .. } });
type Owned = loaded!(Folder { owner, children { owner, .. } });

fn owners(folder: &Owned) -> Vec<String> {
    let below = folder.get(Folder::CHILDREN).into_iter().flat_map(|child| owners(&child));
    std::iter::once(folder.get(Folder::OWNER).name.clone()).chain(below).collect()
}

type Owners = loaded!(Owner { folders { r#type, owner { folders } } });

/// In a tuple in a `Result`, as signatures have them: clippy finds none of these types too complex.
async fn first_page(
    session: &mut Session,
) -> Result<Option<(Vec<loaded!(Owner { folders { r#type, owner { folders { r#type } }, children } })>, u64)>>
{
    let owner = Folder::OWNER.selectin().with(Owner::FOLDERS.selectin().with(Folder::TYPE.selectin()));
    let folders =
        Owner::FOLDERS.selectin().with(Folder::TYPE.selectin()).with(owner).with(Folder::CHILDREN.selectin());
    session.all_and_total(select::<Owner>().order_by(Owner::ID).with(folders).page(1, 1)).await.map(Some)
}

/// More than the library reads in one go.
type Deep = loaded!(Owner {
    folders { owner { folders { owner { folders { owner { folders { owner { folders } } } } } } } }
});

fn deepest(owner: &Deep) -> Many<Folder> {
    macro_rules! below {
        ($owner:expr) => {
            $owner.get(Owner::FOLDERS).first().expect("a folder").get(Folder::OWNER)
        };
    }
    below!(below!(below!(below!(owner)))).get(Owner::FOLDERS)
}

struct Page {
    roots: Vec<Tree>,
    owners: Vec<Owners>,
    bare: Vec<loaded!(Owner)>,
}

on_every_backend! {
    async fn named_types_hold_what_queries_return(database: TestDatabase) -> Result<()> {
        let engine = database.engine().await?;
        let mut session = tree(&engine).await?;
        let log = engine.record();
        let roots = || select::<Folder>().filter(Folder::PARENT_ID.is_null());
        let owned_folders = Owner::FOLDERS
            .selectin()
            .with(Folder::TYPE.selectin())
            .with(Folder::OWNER.selectin().with(Owner::FOLDERS.selectin()));
        let page = Page {
            roots: session.all(roots().with(Folder::CHILDREN.selectin().recursive(..))).await?,
            owners: session.all(select::<Owner>().order_by(Owner::ID).with(owned_folders)).await?,
            bare: session.all(select::<Owner>()).await?,
        };
        let statements = log.count();
        drop(session);
        let mut lines = Vec::new();
        walk(&page.roots[0], 0, &mut lines);
        assert_eq!(lines, ["root", " left", "  deep", " right"]);
        let files = page.owners[0].get(Owner::FOLDERS).iter().map(|folder| folder.get(Folder::TYPE).len());
        assert_eq!(files.collect::<Vec<_>>(), [1, 0, 0]);
        let again = page.owners[0].get(Owner::FOLDERS).first().expect("a folder").get(Folder::OWNER);
        assert_eq!(again.get(Owner::FOLDERS).len(), 3);
        assert_eq!(page.bare.len(), 2);
        assert_eq!(log.count(), statements, "reading runs nothing: {log}");

        let mut session = engine.session();
        let log = engine.record();
        let owned = Folder::CHILDREN.selectin().with(Folder::OWNER.selectin()).recursive(..);
        let roots: Vec<Owned> = session.all(roots().with(owned).with(Folder::OWNER.selectin())).await?;
        let statements = log.count();
        assert_eq!(owners(&roots[0]), ["ann", "bea", "ann", "ann"]);
        assert_eq!(log.count(), statements, "reading runs nothing: {log}");
        Ok(())
    }
}

/// One bound loads any relationship of a model, and one reads it.
async fn load<M: Model, R: Relation<Parent = M>>(
    session: &mut Session,
    relation: R,
) -> Result<Vec<Entity<M>>> {
    session.all(select::<M>().with(relation.selectin().dynamic())).await
}

fn count<L, R, N>(folders: &[Entity<Folder, L>], relation: R) -> usize
where
    R: LoadedIn<L, Nested = N> + Relation<Output<N> = Many<Folder, N>>,
{
    folders.iter().map(|folder| folder.get(relation).len()).sum()
}

#[tokio::test]
async fn loads_that_are_chosen_later_leave_the_type_of_the_query() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let mut session = tree(&engine).await?;
    let log = engine.record();
    let chosen = [Folder::OWNER.joined().dynamic(), Folder::CHILDREN.selectin().recursive(..).dynamic()];
    let query =
        chosen.into_iter().fold(select::<Folder>().order_by(Folder::ID), |query, load| query.with(load));
    let folders = session.all(query).await?;
    assert_eq!(folders[0].children()?.iter().map(|child| child.id).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(folders[1].owner()?.name, "bea");
    let nested = |deep: bool| {
        let load: Load<_, _> = Owner::FOLDERS.selectin();
        if deep { load.with(Folder::TYPE.selectin().dynamic()) } else { load }
    };
    let owner = session.first(select::<Owner>().order_by(Owner::ID).with(nested(true))).await?.expect("ann");
    assert_eq!(owner.get(Owner::FOLDERS).first().expect("root").r#type()?.len(), 1);
    assert_eq!(load(&mut engine.session(), Folder::OWNER).await?[0].owner()?.name, "ann");
    let statements = log.count();
    let folders = session.all(select::<Folder>().with(Folder::CHILDREN.selectin())).await?;
    assert_eq!(count(&folders, Folder::CHILDREN), 3);
    assert_eq!(log.count(), statements + 2, "{log}");
    Ok(())
}

#[tokio::test]
async fn a_type_is_as_deep_as_its_query() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let mut session = tree(&engine).await?;
    let log = engine.record();
    let page = first_page(&mut session).await?.expect("a page");
    assert_eq!((page.0.len(), page.1), (1, 2));
    let root = page.0[0].get(Owner::FOLDERS).first().expect("the root");
    assert_eq!((root.get(Folder::TYPE).len(), root.get(Folder::CHILDREN).len()), (1, 2));
    let again = root.get(Folder::OWNER).get(Owner::FOLDERS).first().expect("the root");
    assert_eq!(again.get(Folder::TYPE).len(), 1);

    let folders = Owner::FOLDERS.selectin();
    let folders = Owner::FOLDERS.selectin().with(Folder::OWNER.selectin().with(folders));
    let folders = Owner::FOLDERS.selectin().with(Folder::OWNER.selectin().with(folders));
    let folders = Owner::FOLDERS.selectin().with(Folder::OWNER.selectin().with(folders));
    let folders = Owner::FOLDERS.selectin().with(Folder::OWNER.selectin().with(folders));
    let owners: Vec<Deep> = session.all(select::<Owner>().order_by(Owner::ID).with(folders)).await?;
    let statements = log.count();
    assert_eq!(deepest(&owners[0]).len(), 3);
    assert_eq!(log.count(), statements, "reading runs nothing: {log}");
    Ok(())
}

#[test]
fn a_recursion_has_a_shape_without_end() {
    fn is_a_loaded_set<M: Model, L: LoadedSet>(_: fn(&Entity<M, L>)) {}
    is_a_loaded_set(|_: &Tree| {});
    is_a_loaded_set(|_: &Owned| {});
}
