//! What the derive makes of a model: names, columns, keys and relationships, with the defaults filled in.
#![allow(missing_docs, dead_code)]

use orm_core::model::{ColumnDef, Lazy, RelationDef, RelationKind};
use orm_core::prelude::*;
use orm_core::value::ValueKind;

#[derive(Model, Debug)]
#[model(table = "users")]
pub struct User {
    #[key(auto)]
    pub id: i64,
    #[column(unique, index)]
    pub name: String,
    #[column(name = "mail")]
    pub email: Option<String>,
    #[column(secret)]
    pub password: Vec<u8>,
    #[column(default = "CURRENT_TIMESTAMP")]
    pub created: String,
    #[column(default)]
    pub points: i32,
    #[column(version)]
    pub version: u32,
    pub boss_id: Option<i64>,
    #[belongs_to(lazy = "raise_on_sql")]
    pub boss: BelongsTo<Option<Self>>,
    #[has_many(key = "boss_id", lazy = "selectin", order_by = "name desc, id", inverse = "boss")]
    pub team: HasMany<User>,
    #[has_many(cascade = "delete-orphan", passive_deletes)]
    pub orders: HasMany<OrderLine>,
    #[has_one(key = "owner_name", target_key = "name", cascade = "all", lazy = "raise")]
    pub profile: HasOne<Profile>,
    #[many_to_many(through = "friendships", key = "a_id", target_key = "b_id")]
    pub friends: HasMany<User>,
    #[many_to_many(through = "user_lines")]
    pub lines: HasMany<OrderLine>,
}

#[derive(Model, Debug)]
pub struct OrderLine {
    #[key]
    pub number: i32,
    #[key]
    pub shop: String,
    pub user_id: i64,
    #[belongs_to(lazy = "joined")]
    pub user: BelongsTo<User>,
    #[has_many(key = "line_number, line_shop")]
    pub parts: HasMany<Part>,
}

#[derive(Model, Debug)]
#[model(module = "parts")]
pub struct Part {
    #[key]
    pub id: i64,
    pub line_number: i32,
    pub line_shop: Option<String>,
    #[belongs_to(key = "line_number, line_shop", lazy = "subquery")]
    pub line: BelongsTo<Option<OrderLine>>,
}

#[derive(Model, Debug)]
pub struct Profile {
    #[key]
    pub id: i64,
    pub owner_name: String,
    #[belongs_to(key = "owner_name", target_key = "name")]
    pub owner: BelongsTo<User>,
}

fn column<M, T>(column: Column<M, T>) -> &'static ColumnDef
where
    M: orm_core::Model,
{
    column.def()
}

fn relation<R: orm_core::relation::Relation>(_: R) -> &'static RelationDef {
    R::def()
}

#[test]
fn tables_have_the_structs_names() {
    assert_eq!((User::def().name(), User::def().table().name), ("User", "users"));
    assert_eq!((OrderLine::def().name(), OrderLine::def().table().name), ("OrderLine", "order_line"));
    assert_eq!(Part::def().table().name, "part");
    let _: parts::Line = Part::LINE;
}

#[test]
fn keys_are_columns_in_order() {
    assert_eq!(User::def().key(), [0]);
    assert_eq!(User::def().auto_key(), Some(0));
    assert_eq!(OrderLine::def().key(), [0, 1]);
    assert_eq!(OrderLine::def().auto_key(), None);
    let _: <OrderLine as orm_core::Model>::Key = (1_i32, String::from("a"));
}

#[test]
fn columns_follow_their_attributes() {
    let fields: Vec<_> = User::def().columns().iter().map(|column| column.field()).collect();
    assert_eq!(fields, ["id", "name", "email", "password", "created", "points", "version", "boss_id"]);

    let id = column(User::ID);
    assert!(id.key() && id.auto() && id.generated() && !id.nullable() && !id.unique());
    assert_eq!(id.kind(), ValueKind::Int64);
    let name = column(User::NAME);
    assert!(name.unique() && name.index() && !name.key() && !name.generated());
    let email = column(User::EMAIL);
    assert_eq!((email.name(), email.field(), email.kind()), ("mail", "email", ValueKind::Text));
    assert!(email.nullable());
    assert!(column(User::PASSWORD).secret() && !email.secret());
    let created = column(User::CREATED);
    assert_eq!((created.default(), created.generated()), (Some("CURRENT_TIMESTAMP"), true));
    let points = column(User::POINTS);
    assert_eq!((points.default(), points.generated()), (None, true));
    assert!(column(User::VERSION).version() && !column(User::VERSION).generated());
}

#[test]
fn a_belongs_to_has_its_key_here() {
    let boss = relation(User::BOSS);
    assert_eq!(
        (boss.name(), boss.index(), boss.kind()),
        ("boss", 0, RelationKind::ManyToOne { required: false })
    );
    assert_eq!((boss.local(), boss.remote()), (["boss_id"].as_slice(), [].as_slice()));
    assert_eq!((boss.lazy(), boss.parent().name(), boss.target().name()), (Lazy::RaiseOnSql, "User", "User"));
    let user = relation(OrderLine::USER);
    assert_eq!(
        (user.kind(), user.local()),
        (RelationKind::ManyToOne { required: true }, ["user_id"].as_slice())
    );
    assert_eq!(user.lazy(), Lazy::Joined);
    let line = relation(Part::LINE);
    assert_eq!((line.local(), line.lazy()), (["line_number", "line_shop"].as_slice(), Lazy::Subquery));
    let owner = relation(Profile::OWNER);
    assert_eq!((owner.local(), owner.remote()), (["owner_name"].as_slice(), ["name"].as_slice()));
}

#[test]
fn a_has_many_has_its_key_there() {
    let team = relation(User::TEAM);
    assert_eq!(
        (team.kind(), team.local(), team.remote()),
        (RelationKind::OneToMany, [].as_slice(), ["boss_id"].as_slice())
    );
    assert_eq!((team.lazy(), team.inverse_name()), (Lazy::Selectin, Some("boss")));
    let order: Vec<_> = team.order_by().iter().map(|term| (term.field(), term.descending())).collect();
    assert_eq!(order, [("name", true), ("id", false)]);
    let orders = relation(User::ORDERS);
    assert_eq!(
        (orders.remote(), orders.lazy(), orders.inverse_name()),
        (["user_id"].as_slice(), Lazy::OnDemand, None)
    );
    assert!(orders.cascade().delete() && orders.cascade().delete_orphan() && orders.passive_deletes());
    let parts = relation(OrderLine::PARTS);
    assert_eq!((parts.local(), parts.remote()), ([].as_slice(), ["line_number", "line_shop"].as_slice()));
    assert!(!parts.cascade().delete() && !parts.passive_deletes());
}

#[test]
fn a_has_one_may_refer_to_another_column() {
    let profile = relation(User::PROFILE);
    assert_eq!(profile.kind(), RelationKind::OneToOne);
    assert_eq!((profile.local(), profile.remote()), (["name"].as_slice(), ["owner_name"].as_slice()));
    assert!(profile.cascade().delete() && !profile.cascade().delete_orphan());
    assert_eq!(profile.lazy(), Lazy::Raise);
}

#[test]
fn a_many_to_many_has_both_keys_in_between() {
    let friends = relation(User::FRIENDS);
    assert_eq!(
        (friends.kind(), friends.local().len(), friends.remote().len()),
        (RelationKind::ManyToMany, 0, 0)
    );
    let through =
        friends.through().map(|through| (through.table().name, through.key(), through.target_key()));
    assert_eq!(through, Some(("friendships", ["a_id"].as_slice(), ["b_id"].as_slice())));
    let lines = relation(User::LINES).through().map(|through| (through.key(), through.target_key()));
    assert_eq!(lines, Some((["user_id"].as_slice(), ["order_line_id"].as_slice())));
}

#[test]
fn drafts_require_columns_without_a_default() {
    fn complete(_: impl orm_core::write::CompleteDraft) {}
    // Not the generated key, defaults, the version, what may be NULL, and what a link gives.
    complete(User::draft().name("ed").password(b"secret"));
    complete(OrderLine::draft().number(1).shop("a"));
    complete(
        Part::draft()
            .id(1)
            .line(OrderLine::draft().number(1).shop("a").user(User::draft().name("a").password(b"b"))),
    );
    let draft =
        User::draft().name("ed").password(b"secret").friends([User::draft().name("al").password(b"")]);
    let shown = format!("{draft:?}");
    assert!(shown.contains("ed") && shown.contains("***") && !shown.contains("secret"), "{shown}");
}

#[test]
fn only_what_is_not_raise_is_loaded_one_by_one() {
    fn lazy(_: impl orm_core::relation::LazyLoad) {}
    lazy(User::BOSS);
    lazy(User::ORDERS);
    fn to_one(_: impl orm_core::relation::ToOne) {}
    to_one(User::BOSS);
    to_one(User::PROFILE);
    fn to_many(_: impl orm_core::relation::ToMany) {}
    to_many(User::TEAM);
    to_many(User::FRIENDS);
    fn recursive(_: impl orm_core::relation::SelfReferential) {}
    recursive(User::TEAM);
    recursive(User::FRIENDS);
}

/// Its link table has one column for a key of two.
#[derive(Model, Debug)]
pub struct Basket {
    #[key(auto)]
    pub id: i64,
    #[many_to_many(through = "basket_lines")]
    pub lines: HasMany<OrderLine>,
}

/// Is valid itself, and leads to one that is not.
#[derive(Model, Debug)]
pub struct Visit {
    #[key(auto)]
    pub id: i64,
    pub basket_id: i64,
    #[belongs_to]
    pub basket: BelongsTo<Basket>,
}

#[tokio::test]
async fn an_invalid_model_is_refused_wherever_it_is_first_used() -> Result<()> {
    let engine = Engine::connect("sqlite::memory:").await?;
    let log = engine.record();
    let refused = |what: &str, error: Error| {
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::InvalidModel, "{what}: {text}");
        assert_eq!(text, "`Basket.lines`: a key of 1 columns cannot refer to 2 [InvalidModel]", "{what}");
    };
    let any = Basket::LINES.any(OrderLine::SHOP.eq("a"));
    refused("create_all", engine.create_all(schema![Basket, OrderLine, Part]).await.unwrap_err());
    refused("all", engine.session().all(select::<Basket>()).await.unwrap_err());
    refused("all of a model that leads there", engine.session().all(select::<Visit>()).await.unwrap_err());
    refused("count", engine.session().count(select::<Basket>()).await.unwrap_err());
    refused("plan", engine.plan(&select::<Basket>().with(Basket::LINES.selectin())).map(drop).unwrap_err());
    refused("get", engine.session().get::<Basket>(1).await.map(drop).unwrap_err());
    refused("get_many", engine.session().get_many::<Basket>([1, 2]).await.map(drop).unwrap_err());
    refused(
        "insert",
        engine.session().execute(insert::<Basket>().rows([Basket::draft()])).await.map(drop).unwrap_err(),
    );
    refused(
        "update",
        engine.session().execute(update::<Visit>().set(Visit::BASKET_ID, 1)).await.map(drop).unwrap_err(),
    );
    let raw = sql("SELECT 1 AS id").entities::<Basket>();
    refused("raw", engine.session().rows(raw).await.map(drop).unwrap_err());
    let error = engine.session().all(select::<OrderLine>().filter(any)).await.unwrap_err();
    assert!(error.to_string().contains("a key of 1 columns cannot refer to 2"), "{error}");
    let mut session = engine.session();
    session.add(Visit::draft().basket(Basket::draft()));
    session.add(Basket::draft());
    refused("flush", session.flush().await.unwrap_err());
    assert_eq!(log.count(), 0, "{log}");
    Ok(())
}
