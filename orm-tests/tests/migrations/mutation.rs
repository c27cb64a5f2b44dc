//! Random schemas, and random changes of them that rows survive.

use orm_core::model::KeyAction;

use crate::blueprint::{Blueprint, Column, Computed, Key, Kind, Link, Reference, Table};
use crate::dice::Dice;
use crate::partial;

const LABELS: [&str; 6] = ["sad", "glad", "it's", "so so", "Glad", "none of these"];

/// A schema of a few tables.
pub fn blueprint(dice: &mut Dice) -> Blueprint {
    let mut made = Blueprint { labels: LABELS[..2 + dice.below(2)].to_vec(), ..Blueprint::default() };
    for _ in 0..2 + dice.below(3) {
        add_table(&mut made, dice);
    }
    for _ in 0..dice.below(6) {
        add_reference(&mut made, dice);
    }
    if dice.one_in(2) {
        add_link(&mut made, dice);
    }
    made
}

/// The next version of a schema.
pub fn mutated(before: &Blueprint, dice: &mut Dice) -> Blueprint {
    let mut after = before.clone();
    for table in &mut after.tables {
        table.renamed_from = None;
        let names = table.columns.iter().map(|column| column.name.clone());
        table.was_unique = names.filter(|name| table.is_unique(name)).collect();
        table.columns.iter_mut().for_each(|column| column.renamed_from = None);
    }
    for _ in 0..1 + dice.below(4) {
        mutate(&mut after, dice);
    }
    after
}

fn mutate(made: &mut Blueprint, dice: &mut Dice) {
    match dice.below(26) {
        0 => add_table(made, dice),
        1 => drop_table(made, dice),
        2 | 3 => add_reference(made, dice),
        4 => add_link(made, dice),
        5 => {
            if !made.links.is_empty() {
                made.links.remove(dice.below(made.links.len()));
            }
        }
        6 => rename_table(made, dice),
        7 => {
            let next = LABELS[dice.below(LABELS.len())];
            // What rows have, the first two, stays.
            if !made.labels.contains(&next) {
                made.labels.insert(dice.below(made.labels.len() + 1), next);
            } else if dice.one_in(2) {
                made.labels.reverse();
            } else {
                made.labels.retain(|label| LABELS[..2].contains(label) || *label != next);
            }
        }
        8..=11 => partial::change(made, dice),
        _ => {
            let at = dice.below(made.tables.len());
            let name = made.tables[at].name.clone();
            change_table(made, at, &name, dice);
        }
    }
}

fn change_table(made: &mut Blueprint, at: usize, name: &str, dice: &mut Dice) {
    let choice = dice.below(14);
    if choice < 4 {
        if dice.one_in(4) {
            return computed(made, at, dice);
        }
        let column = column(made, dice);
        let (checked, unique) = (column.checked, column.unique);
        // An existing row gets zero, which must neither occur twice nor be refused.
        let nullable = column.nullable || unique || checked;
        let column = Column { nullable, mixed: !nullable || column.default.is_some(), ..column };
        made.tables[at].columns.push(column);
        return;
    }
    let is_referred = made.is_referred(name);
    let enum_default = |kind: Kind| (kind == Kind::Enum).then_some("'sad'");
    let table = &mut made.tables[at];
    if choice == 4 && !is_referred {
        // A part of a key that is new has no value for rows, and one that went has none on the way back.
        table.key = match table.key {
            Key::Auto(kind) => Key::Given(kind),
            Key::Given(kind) => Key::Auto(kind),
            Key::Composite => Key::Composite,
        };
        // MariaDB lets no condition be about a key that it numbers.
        if matches!(table.key, Key::Auto(_)) {
            table.check = None;
        }
        return;
    }
    if choice == 5 && table.key != Key::Composite {
        let kind = if table.key.kind() == Kind::Int32 { Kind::Int64 } else { Kind::Int32 };
        table.key = if matches!(table.key, Key::Auto(_)) { Key::Auto(kind) } else { Key::Given(kind) };
        return;
    }
    if choice == 6 && !matches!(table.key, Key::Auto(_)) {
        table.check = if table.check.is_some() { None } else { Some("id > -5".to_owned()) };
        return;
    }
    if table.columns.is_empty() {
        return;
    }
    let place = dice.below(table.columns.len());
    let column_name = table.columns[place].name.clone();
    if let Some(from) = table.columns[place].computed.as_mut().filter(|_| ![7, 8].contains(&choice)) {
        from.stored = !from.stored;
        return;
    }
    let is_unique = table.is_unique(&column_name) || table.was_unique.contains(&column_name);
    match choice {
        7 => {
            let column = &table.columns[place];
            // Taken back, it needs a value for every row.
            if column.nullable || (!is_unique && column.refers_to.is_none() && !column.checked) {
                table.unique.retain(|list| !list.contains(&column_name));
                table.indexes.retain(|list| !list.contains(&column_name));
                table.partial.retain(|index| !index.mentions(&column_name));
                table.columns.remove(place);
                drop_computed(table, &column_name);
            }
        }
        8 if table.columns[place].renamed_from.is_none() => {
            let fresh = made.name("c");
            let table = &mut made.tables[at];
            let lists = table.unique.iter_mut().chain(&mut table.indexes).flatten();
            lists.filter(|name| **name == column_name).for_each(|name| name.clone_from(&fresh));
            table.partial.iter_mut().for_each(|index| index.rename(&column_name, &fresh));
            table
                .was_unique
                .iter_mut()
                .filter(|name| **name == column_name)
                .for_each(|name| name.clone_from(&fresh));
            let computed = table.columns.iter_mut().filter_map(|column| column.computed.as_mut());
            computed.filter(|from| from.of == column_name).for_each(|from| from.of.clone_from(&fresh));
            let column = &mut table.columns[place];
            column.renamed_from = Some(column_name);
            column.name = fresh;
        }
        8 => {}
        9 => {
            let column = &mut table.columns[place];
            if !is_unique && column.refers_to.is_none() && !column.checked {
                column.nullable = !column.nullable;
            }
        }
        10 => {
            let column = &mut table.columns[place];
            if column.refers_to.is_none() && !is_unique && !column.checked && !column.index {
                let kind = other_kind(column.kind, dice);
                column.mixed |= kind != column.kind;
                column.kind = kind;
                column.length = None;
                column.precision = None;
                column.default = if column.default.is_some() { enum_default(column.kind) } else { None };
                table.partial.retain(|index| !index.compares(&column_name));
                if !is_whole(kind) && kind != Kind::Text {
                    drop_computed(table, &column_name);
                }
            }
        }
        11 => {
            let column = &mut table.columns[place];
            match column.kind {
                Kind::Text => column.length = [None, Some(20), Some(40)][dice.below(3)],
                _ if column.refers_to.is_some() || is_unique => {}
                _ => column.default = if column.default.is_some() { None } else { default(column.kind) },
            }
        }
        12 => {
            let column = &mut table.columns[place];
            if dice.one_in(2) {
                column.index = !column.index;
            } else if column.kind.can_be_unique()
                && column.refers_to.is_none()
                && column.default.is_none()
                && column.nullable
                && !column.mixed
            {
                column.unique = !column.unique;
            }
        }
        _ => {
            let nullable = table.columns[place].nullable;
            if let Some(to) = &mut table.columns[place].refers_to {
                to.on_delete = action(dice, nullable);
                to.on_update = action(dice, nullable);
                if nullable && dice.one_in(3) {
                    let kind = made.kind(&made.tables[at].columns[place].clone());
                    let column = &mut made.tables[at].columns[place];
                    (column.kind, column.refers_to) = (kind, None);
                }
            } else if !table.columns[place].mixed
                && (table.columns[place].kind.is_number() || table.columns[place].kind == Kind::Text)
            {
                table.columns[place].checked = !table.columns[place].checked;
            } else {
                lists(table, dice);
            }
        }
    }
}

/// Columns that cannot be without another one.
fn drop_computed(table: &mut Table, of: &str) {
    let is_gone = |column: &Column| column.computed.as_ref().is_some_and(|from| from.of == of);
    let gone: Vec<String> =
        table.columns.iter().filter(|column| is_gone(column)).map(|column| column.name.clone()).collect();
    table.columns.retain(|column| !gone.contains(&column.name));
    table.partial.retain(|index| !gone.iter().any(|name| index.mentions(name)));
}

fn is_whole(kind: Kind) -> bool {
    matches!(kind, Kind::Int16 | Kind::Int32 | Kind::Int64)
}

/// Adds a column that the database computes from another one.
fn computed(made: &mut Blueprint, at: usize, dice: &mut Dice) {
    let fits = |column: &&Column| {
        let is_plain = column.refers_to.is_none() && column.computed.is_none();
        is_plain && (is_whole(column.kind) || column.kind == Kind::Text)
    };
    let Some(of) = made.tables[at].columns.iter().find(fits).cloned() else { return };
    let column = Column {
        name: made.name("c"),
        renamed_from: None,
        kind: if of.kind == Kind::Text { Kind::Text } else { Kind::Int64 },
        nullable: true,
        unique: false,
        index: false,
        default: None,
        length: None,
        precision: None,
        docs: None,
        checked: false,
        mixed: true,
        computed: Some(Computed { of: of.name, stored: dice.one_in(2) }),
        refers_to: None,
    };
    made.tables[at].columns.push(column);
}

/// Adds or removes an index over two columns.
fn lists(table: &mut Table, dice: &mut Dice) {
    if !table.indexes.is_empty() && dice.one_in(2) {
        table.indexes.remove(0);
        return;
    }
    if !table.unique.is_empty() && dice.one_in(2) {
        table.unique.remove(0);
        return;
    }
    let fits = |column: &&Column| {
        column.kind.can_be_unique() && column.refers_to.is_none() && column.computed.is_none()
    };
    let names: Vec<String> = table.columns.iter().filter(fits).map(|column| column.name.clone()).collect();
    let [first, second, ..] = names.as_slice() else { return };
    let pair = vec![second.clone(), first.clone()];
    if table.unique.contains(&pair) || table.indexes.contains(&pair) {
        return;
    }
    let nullable = pair.iter().all(|name| {
        table.column(name).is_some_and(|column| column.nullable && column.default.is_none() && !column.mixed)
    });
    if dice.one_in(2) && nullable { table.unique.push(pair) } else { table.indexes.push(pair) }
}

/// A kind into which the values of rows can be converted, or which drops them.
fn other_kind(kind: Kind, dice: &mut Dice) -> Kind {
    let numbers = [Kind::Int32, Kind::Int64, Kind::Float64, Kind::Decimal, Kind::Int16];
    match kind {
        Kind::Date | Kind::DateTime => {
            [Kind::Date, Kind::DateTime, Kind::Timestamp, Kind::Int64][dice.below(4)]
        }
        Kind::Timestamp => [Kind::DateTime, Kind::Timestamp, Kind::Uuid][dice.below(3)],
        Kind::Bool => [Kind::Int32, Kind::Bytes, Kind::Bool][dice.below(3)],
        kind if kind.is_number() => *dice.pick(&numbers),
        Kind::Enum => [Kind::Enum, Kind::Text, Kind::Int64][dice.below(3)],
        // A text may be empty by now, which is not a number.
        Kind::Text => [Kind::Text, Kind::Bytes][dice.below(2)],
        kind => [kind, Kind::Bool, Kind::Date][dice.below(3)],
    }
}

fn default(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Int16 | Kind::Int32 | Kind::Int64 => Some("7"),
        Kind::Float32 | Kind::Float64 => Some("1.5"),
        Kind::Decimal => Some("2.50"),
        Kind::Text => Some("'it''s 100%'"),
        Kind::Bool => Some("1 = 1"),
        Kind::Enum => Some("'glad'"),
        Kind::Date => Some("'2024-02-29'"),
        Kind::DateTime => Some("CURRENT_TIMESTAMP"),
        _ => None,
    }
}

fn column(made: &mut Blueprint, dice: &mut Dice) -> Column {
    let kind = *dice.pick(&Kind::ALL);
    let unique = kind.can_be_unique() && dice.one_in(5);
    let checked = !unique && (kind.is_number() || kind == Kind::Text) && dice.one_in(4);
    let default = if unique || checked || !dice.one_in(3) { None } else { default(kind) };
    Column {
        name: made.name("c"),
        renamed_from: None,
        kind,
        nullable: dice.one_in(2) || unique,
        unique,
        index: kind != Kind::Json && dice.one_in(4),
        default,
        length: (kind == Kind::Text && dice.one_in(2)).then_some(30),
        precision: None,
        docs: None,
        checked,
        mixed: false,
        computed: None,
        refers_to: None,
    }
}

fn add_table(made: &mut Blueprint, dice: &mut Dice) {
    if made.tables.len() > 6 {
        return;
    }
    let key = match dice.below(5) {
        0 => Key::Composite,
        1 => Key::Given(Kind::Int64),
        2 => Key::Auto(Kind::Int32),
        _ => Key::Auto(Kind::Int64),
    };
    let mut table = Table {
        name: made.name("t"),
        renamed_from: None,
        key,
        columns: Vec::new(),
        unique: Vec::new(),
        indexes: Vec::new(),
        partial: Vec::new(),
        was_unique: Vec::new(),
        docs: None,
        key_docs: None,
        check: (!matches!(key, Key::Auto(_)) && dice.one_in(2)).then(|| "id > -5".to_owned()),
    };
    for _ in 0..1 + dice.below(5) {
        let column = column(made, dice);
        table.columns.push(column);
    }
    if dice.one_in(2) {
        lists(&mut table, dice);
    }
    if dice.one_in(2) {
        partial::change_of(&mut table, dice);
    }
    made.tables.push(table);
    if dice.one_in(3) {
        computed(made, made.tables.len() - 1, dice);
    }
}

/// A table that no other table refers to, so that what comes back by the down migration may be empty.
fn drop_table(made: &mut Blueprint, dice: &mut Dice) {
    let at = dice.below(made.tables.len());
    let name = made.tables[at].name.clone();
    if made.tables.len() > 1 && !made.is_referred(&name) {
        made.tables.remove(at);
        made.links.retain(|link| link.from != name);
    }
}

fn rename_table(made: &mut Blueprint, dice: &mut Dice) {
    let at = dice.below(made.tables.len());
    if made.tables[at].renamed_from.is_some() {
        return;
    }
    let (old, new) = (made.tables[at].name.clone(), made.name("t"));
    made.tables[at].name.clone_from(&new);
    made.tables[at].renamed_from = Some(old.clone());
    for to in made
        .tables
        .iter_mut()
        .flat_map(|table| &mut table.columns)
        .filter_map(|column| column.refers_to.as_mut())
    {
        if to.table == old {
            to.table.clone_from(&new);
        }
    }
    for name in made.links.iter_mut().flat_map(|link| [&mut link.from, &mut link.to]) {
        if *name == old {
            name.clone_from(&new);
        }
    }
}

/// A foreign key to a table with a key of one column, which may be the table itself or one that refers back.
pub fn add_reference(made: &mut Blueprint, dice: &mut Dice) {
    let (from, to) = (dice.below(made.tables.len()), dice.below(made.tables.len()));
    if made.tables[to].key == Key::Composite {
        return;
    }
    let column = Column {
        name: made.name("r"),
        renamed_from: None,
        kind: made.tables[to].key.kind(),
        nullable: true,
        unique: dice.one_in(6),
        index: dice.one_in(3),
        default: None,
        length: None,
        precision: None,
        docs: None,
        checked: false,
        mixed: false,
        computed: None,
        refers_to: Some(Reference {
            table: made.tables[to].name.clone(),
            on_delete: action(dice, true),
            on_update: action(dice, true),
        }),
    };
    made.tables[from].columns.push(column);
}

fn add_link(made: &mut Blueprint, dice: &mut Dice) {
    let (from, to) = (dice.below(made.tables.len()), dice.below(made.tables.len()));
    if made.tables[from].key != Key::Composite && made.tables[to].key != Key::Composite {
        let (from, to) = (made.tables[from].name.clone(), made.tables[to].name.clone());
        let name = made.name("l");
        made.links.push(Link { name, from, to });
    }
}

fn action(dice: &mut Dice, nullable: bool) -> Option<KeyAction> {
    let any = [None, Some(KeyAction::Cascade), Some(KeyAction::Restrict), Some(KeyAction::SetNull)];
    any[dice.below(if nullable { 4 } else { 3 })]
}
