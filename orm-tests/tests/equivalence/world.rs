//! A database with the zoo's tables, and a way to its rows that checks no keys.

use orm_core::model::{ColumnDef, ModelDef, Stamp, TableName};
use orm_core::prelude::*;
use orm_core::schema::Schema;
use orm_core::value::ValueKind;
use orm_tests::TestDatabase;
use sqlx::AssertSqlSafe;
use sqlx::sqlite::SqliteConnection;

use super::cell::Cell;
use super::data::data;
use super::hidden;
use super::member::{Member, with_model};
use super::oracle::Data;
use super::side_door::{SideDoor, Table};
use super::tables::{AUTHOR_TAG, LINK_TABLES, PLAIN, TABLES};
use super::zoo::*;

pub struct World {
    /// One of the engines: that which sees the rows of `data`, and no others.
    pub engine: Engine,
    pub data: Data,
    engines: Engines,
    side_door: SideDoor,
    url: String,
}

/// An engine without criteria, and one whose criteria hide rows.
struct Engines {
    plain: Engine,
    hiding: Engine,
    hides: bool,
}

impl Engines {
    async fn connect(url: &str) -> Result<Engines> {
        let plain = Engine::connect(url).await?;
        Ok(Engines { plain, hiding: hidden::hide(Engine::builder(url)).connect().await?, hides: false })
    }

    fn current(&self) -> Engine {
        if self.hides { self.hiding.clone() } else { self.plain.clone() }
    }
}

impl World {
    /// In a file of SQLite.
    pub async fn new() -> Result<World> {
        let (mut side_door, url) = SideDoor::new_file().await;
        // Without a primary key a link may occur twice.
        side_door.create_link(LINK_TABLES[AUTHOR_TAG].name, &link_columns(AUTHOR_TAG), false).await;
        let engines = Engines::connect(&url).await?;
        engines.plain.create_all(zoo()).await?;
        Ok(World { engine: engines.plain.clone(), data: Data::default(), engines, side_door, url })
    }

    /// In a database of a server. Its tables have no foreign keys, since the rows keep none.
    pub async fn on(database: &TestDatabase) -> Result<World> {
        let mut side_door = SideDoor::to(database).await;
        for kind in 0..PLAIN {
            side_door.create(with_model!(kind, def_of())).await;
        }
        for (at, table) in LINK_TABLES.iter().enumerate() {
            side_door.create_link(table.name, &link_columns(at), at != AUTHOR_TAG).await;
        }
        // Nearly every text is new, and it takes MySQL 40 ms to forget one.
        let start = if database.url().contains('?') { '&' } else { '?' };
        let url = format!("{}{start}statement-cache-capacity=10000", database.url());
        let engines = Engines::connect(&url).await?;
        Ok(World { engine: engines.plain.clone(), data: Data::default(), engines, side_door, url })
    }

    /// Forgets the statements of the connections.
    pub async fn reconnect(&mut self) -> Result<()> {
        let engines = std::mem::replace(&mut self.engines, Engines::connect(&self.url).await?);
        self.engines.hides = engines.hides;
        self.engine = self.engines.current();
        engines.plain.close().await;
        engines.hiding.close().await;
        Ok(())
    }

    /// Whether NULL sorts after every value if an order does not specify it.
    pub fn nulls_are_high(&self) -> bool {
        self.side_door.nulls_are_high()
    }

    /// The names of the tables, in the order of the oracle's.
    pub fn table_names(&self) -> Vec<String> {
        (0..TABLES.len()).map(|kind| with_model!(kind, def_of()).table().to_string()).collect()
    }

    /// Replaces all rows by those of a seed. Of every second one there are more, which the engine's criteria hide, and of
    /// every second pair of seeds rows that are marked as deleted.
    pub async fn fill(&mut self, seed: u64) {
        self.data = Data { nulls_are_high: self.nulls_are_high(), ..data(seed) };
        self.engines.hides = seed % 2 == 1;
        self.engine = self.engines.current();
        let mut rows: Vec<_> = self.data.tables[..PLAIN].to_vec();
        for kind in (0..PLAIN).filter(|kind| with_model!(*kind, marks())) {
            rows[kind].iter_mut().for_each(|row| row.push(Cell::Null));
        }
        let by = hidden::By { criteria: self.engines.hides, marks: seed % 4 < 2 };
        let hidden = hidden::rows(seed, &self.data, by);
        rows.iter_mut().zip(hidden).for_each(|(rows, hidden)| rows.extend(hidden));
        let of_model = |(kind, rows)| {
            let def = with_model!(kind, def_of());
            let columns = def.columns().iter().map(|column| (column.name(), column.kind())).collect();
            Table { name: def.table(), columns, rows }
        };
        let of_link = |(link, rows): (usize, _)| Table {
            name: TableName::new(LINK_TABLES[link].name),
            columns: link_columns(link),
            rows,
        };
        let models = rows.iter().map(Vec::as_slice).enumerate().map(of_model);
        let links = self.data.links.iter().map(Vec::as_slice).enumerate().map(of_link);
        let tables: Vec<Table<'_>> = models.chain(links).collect();
        self.side_door.replace(&tables).await;
    }
}

pub async fn run(connection: &mut SqliteConnection, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await;
    done.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

fn zoo() -> Schema {
    schema![Author, Country, Book, Chapter, Note, Shelf, Category, Tag, Profile, Loan, Seal, Shelved, Tagged]
}

fn def_of<M: Member>() -> &'static ModelDef {
    M::def()
}

/// Whether a model keeps deleted rows, in its last column.
pub fn marks<M: Member>() -> bool {
    M::def().columns().iter().any(is_mark)
}

fn is_mark(column: &ColumnDef) -> bool {
    column.stamp() == Some(Stamp::Deleted)
}

fn link_columns(link: usize) -> Vec<(&'static str, ValueKind)> {
    let kind = |name: &str| match name {
        "shelf_upper" => ValueKind::Bool,
        "tag_name" => ValueKind::Text,
        "shelf_room" | "from_id" | "to_id" => ValueKind::Int32,
        _ => ValueKind::Int64,
    };
    LINK_TABLES[link].columns.iter().map(|name| (*name, kind(name))).collect()
}

/// The oracle's tables have the names and columns of the models. It knows no rows that are marked as deleted.
#[test]
fn the_tables_are_written_twice_alike() {
    for (kind, table) in TABLES.iter().enumerate() {
        let def = with_model!(kind, def_of());
        assert_eq!(def.name(), table.model);
        assert!(
            def.columns()
                .iter()
                .filter(|column| !is_mark(column))
                .map(|column| column.field())
                .eq(table.columns.iter().copied()),
            "{}",
            def.name()
        );
        let names = def.relations().iter().map(|relation| relation.name());
        assert!(names.eq(table.relations.iter().map(|link| link.name)), "{}", def.name());
        assert_eq!(def.key().len(), table.key, "{}", def.name());
    }
}
