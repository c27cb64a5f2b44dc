"""What models cost to check: 60 in a ring, each with three columns, one that it belongs to and many that belong to it.

`compile_time.py [--prepare] [--rounds N] [--small]`. Each library gets a package of its own, whose dependencies are
checked before, by `--prepare` alone. Measured is `cargo check` of the package alone, as cargo does it by default: from
nothing, with and without the models, and after a change in one model. The rounds of all libraries are interleaved.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import time

arguments = argparse.ArgumentParser()
arguments.add_argument("what", nargs="?")
arguments.add_argument("--prepare", action="store_true")
arguments.add_argument("--rounds", type=int, default=3)
arguments.add_argument("--small", action="store_true")
arguments = arguments.parse_args()

MODELS = 4 if arguments.small else 60
# Each takes seconds, and three tell enough.
ROUNDS = 1 if arguments.small else min(arguments.rounds, 3)
here = pathlib.Path(__file__).resolve().parent
place = pathlib.Path(os.environ["CARGO_TARGET_DIR"]).resolve() / "compile"


def ours(at, before, after):
    return f"""
#[derive(orm_core::Model, Debug)]
#[model(table = "m{at}")]
pub struct M{at} {{
    #[key(auto)]
    pub id: i64,
    pub name: String,
    pub previous_id: i64,
    #[belongs_to]
    pub previous: BelongsTo<M{before}>,
    #[has_many(key = "previous_id")]
    pub next: HasMany<M{after}>,
}}
"""


def diesel(at, before, after):
    return f"""
diesel::table! {{ m{at}s (id) {{ id -> BigInt, name -> Text, previous_id -> BigInt, }} }}
#[derive(Queryable, Selectable, Identifiable, Associations, Insertable, AsChangeset, Debug)]
#[diesel(table_name = m{at}s, belongs_to(M{before}, foreign_key = previous_id))]
pub struct M{at} {{
    pub id: i64,
    pub name: String,
    pub previous_id: i64,
}}
"""


def sea_orm(at, before, after):
    return f"""
pub mod m{at} {{
    use sea_orm::entity::prelude::*;
    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "m{at}")]
    pub struct Model {{
        #[sea_orm(primary_key)]
        pub id: i64,
        pub name: String,
        pub previous_id: i64,
    }}
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {{
        #[sea_orm(belongs_to = "super::m{before}::Entity", from = "Column::PreviousId", to = "super::m{before}::Column::Id")]
        Previous,
        #[sea_orm(has_many = "super::m{after}::Entity")]
        Next,
    }}
    impl Related<super::m{before}::Entity> for Entity {{
        fn to() -> RelationDef {{
            Relation::Previous.def()
        }}
    }}
    impl Related<super::m{after}::Entity> for Entity {{
        fn to() -> RelationDef {{
            Relation::Next.def()
        }}
    }}
    impl ActiveModelBehavior for ActiveModel {{}}
}}
"""


def toasty(at, before, after):
    return f"""
#[derive(Debug, toasty::Model)]
pub struct M{at} {{
    #[key]
    #[auto]
    pub id: i64,
    pub name: String,
    #[index]
    pub previous_id: i64,
    #[belongs_to(key = previous_id, references = id)]
    pub previous: toasty::Deferred<M{before}>,
    #[has_many(pair = previous)]
    pub next: toasty::Deferred<Vec<M{after}>>,
}}
"""


LIBRARIES = {
    "orm-core": (
        ours,
        "use orm_core::prelude::*;\n",
        f'orm-core = {{ path = "{here.parents[2]}/orm-core" }}',
    ),
    "Diesel": (
        diesel,
        "use diesel::prelude::*;\n",
        'diesel = { version = "2.3", default-features = false, features = ["sqlite"] }',
    ),
    "SeaORM": (
        sea_orm,
        "",
        'sea-orm = { version = "2", default-features = false, features = ["macros", "runtime-tokio", "sqlx-sqlite"] }',
    ),
    # Without it, some forty models that refer to each other do not compile.
    "Toasty": (toasty, '#![recursion_limit = "512"]\n', 'toasty = { version = "0.11", features = ["sqlite"] }'),
}


def source(library, models, extra=""):
    model, head, _ = LIBRARIES[library]
    texts = [model(at, (at - 1) % models, (at + 1) % models) for at in range(models)]
    if texts and extra:
        texts[0] = texts[0].replace("name: String,", f"name: String,\n    pub {extra}: String,", 1)
        if library == "Diesel":
            texts[0] = texts[0].replace("name -> Text,", f"name -> Text, {extra} -> Text,", 1)
    return f"#![allow(unused_imports)]\n{head}" + "".join(texts)


def prepare(library):
    """A package without models, all of whose dependencies are checked."""
    package = place / library.lower()
    (package / "src").mkdir(parents=True, exist_ok=True)
    manifest = f'[workspace]\n[package]\nname = "models-of-{library.lower()}"\nversion = "0.1.0"\nedition = "2024"\n'
    (package / "Cargo.toml").write_text(f"{manifest}[dependencies]\n{LIBRARIES[library][2]}\n")
    # The versions that are compared in everything else.
    shutil.copy(here / ("toasty" if library == "Toasty" else "") / "Cargo.lock", package / "Cargo.lock")
    (package / "src/lib.rs").write_text("")
    cargo_check(package)


def cargo_check(package, *flags):
    environment = dict(os.environ, CARGO_TARGET_DIR=str(place / "target"))
    command = ["cargo", "check", "--quiet", *flags]
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, cwd=package, env=environment, check=True)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return wall * 1e3, cpu * 1e3


def check(library, text, anew):
    if anew:
        crate = f"models_of_{library.lower().replace('-', '_')}"
        for known in (place / "target/debug/incremental").glob(f"{crate}-*"):
            shutil.rmtree(known)
    package = place / library.lower()
    (package / "src/lib.rs").write_text(text)
    return cargo_check(package, "--offline")


def measure(library, turn):
    # The comment makes each text a new one.
    without = check(library, source(library, 0) + f"// {turn}\n", True)
    whole = check(library, source(library, MODELS) + f"// {turn}\n", True)
    changed = check(library, source(library, MODELS, f"field_{turn}") + f"// {turn}\n", False)
    return without, whole, changed


def report(times):
    print(f"\n### Compile time: `cargo check` of {MODELS} models, median of {ROUNDS}\n")
    print("| library | all, ms | all, CPU ms | less without models, CPU ms a model | after a change in one, ms | CPU ms |")
    print("|---|---|---|---|---|---|")
    for library, rounds in times.items():
        of = lambda what, clock: statistics.median(turn[what][clock] for turn in rounds)
        each = (of(1, 1) - of(0, 1)) / MODELS
        cells = f"{of(1, 0):.0f} | {of(1, 1):.0f} | {each:.1f} | {of(2, 0):.0f} | {of(2, 1):.0f}"
        print(f"| {library} | {cells} |")


def main():
    if arguments.prepare:
        for library in LIBRARIES:
            prepare(library)
        return
    times = {library: [] for library in LIBRARIES}
    for turn in range(ROUNDS):
        for library, rounds in times.items():
            rounds.append(measure(library, turn))
    report(times)


main()
