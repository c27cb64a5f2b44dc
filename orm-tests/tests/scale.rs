//! A hundred models in a chain and a hundred in a ring compile at the default recursion limit.
#![allow(missing_docs)]

/// One model per column of the three lists: it belongs to the one above and has many of the one below.
macro_rules! models {
    ($($previous:ident)*; $($model:ident)*; $($next:ident)*) => {$(
        #[derive(Model, Debug)]
        pub struct $model {
            #[key(auto)]
            pub id: i64,
            pub name: String,
            pub previous_id: Option<i64>,
            #[belongs_to]
            pub previous: BelongsTo<Option<$previous>>,
            #[has_many(key = "previous_id", order_by = "name, id desc")]
            pub next: HasMany<$next>,
        }
    )*};
}

mod chain {
    //! The ends lead to themselves.
    use orm_core::prelude::*;

    models! {
            C0 C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24
            C25 C26 C27 C28 C29 C30 C31 C32 C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47 C48
            C49 C50 C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63 C64 C65 C66 C67 C68 C69 C70 C71 C72
            C73 C74 C75 C76 C77 C78 C79 C80 C81 C82 C83 C84 C85 C86 C87 C88 C89 C90 C91 C92 C93 C94 C95 C96
            C97 C98;
            C0 C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25
            C26 C27 C28 C29 C30 C31 C32 C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47 C48 C49
            C50 C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63 C64 C65 C66 C67 C68 C69 C70 C71 C72 C73
            C74 C75 C76 C77 C78 C79 C80 C81 C82 C83 C84 C85 C86 C87 C88 C89 C90 C91 C92 C93 C94 C95 C96 C97
            C98 C99;
            C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20 C21 C22 C23 C24 C25 C26
            C27 C28 C29 C30 C31 C32 C33 C34 C35 C36 C37 C38 C39 C40 C41 C42 C43 C44 C45 C46 C47 C48 C49 C50
            C51 C52 C53 C54 C55 C56 C57 C58 C59 C60 C61 C62 C63 C64 C65 C66 C67 C68 C69 C70 C71 C72 C73 C74
            C75 C76 C77 C78 C79 C80 C81 C82 C83 C84 C85 C86 C87 C88 C89 C90 C91 C92 C93 C94 C95 C96 C97 C98
            C99 C99
    }
}

mod ring {
    use orm_core::prelude::*;

    models! {
            R99 R0 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13 R14 R15 R16 R17 R18 R19 R20 R21 R22 R23 R24
            R25 R26 R27 R28 R29 R30 R31 R32 R33 R34 R35 R36 R37 R38 R39 R40 R41 R42 R43 R44 R45 R46 R47 R48
            R49 R50 R51 R52 R53 R54 R55 R56 R57 R58 R59 R60 R61 R62 R63 R64 R65 R66 R67 R68 R69 R70 R71 R72
            R73 R74 R75 R76 R77 R78 R79 R80 R81 R82 R83 R84 R85 R86 R87 R88 R89 R90 R91 R92 R93 R94 R95 R96
            R97 R98;
            R0 R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13 R14 R15 R16 R17 R18 R19 R20 R21 R22 R23 R24 R25
            R26 R27 R28 R29 R30 R31 R32 R33 R34 R35 R36 R37 R38 R39 R40 R41 R42 R43 R44 R45 R46 R47 R48 R49
            R50 R51 R52 R53 R54 R55 R56 R57 R58 R59 R60 R61 R62 R63 R64 R65 R66 R67 R68 R69 R70 R71 R72 R73
            R74 R75 R76 R77 R78 R79 R80 R81 R82 R83 R84 R85 R86 R87 R88 R89 R90 R91 R92 R93 R94 R95 R96 R97
            R98 R99;
            R1 R2 R3 R4 R5 R6 R7 R8 R9 R10 R11 R12 R13 R14 R15 R16 R17 R18 R19 R20 R21 R22 R23 R24 R25 R26
            R27 R28 R29 R30 R31 R32 R33 R34 R35 R36 R37 R38 R39 R40 R41 R42 R43 R44 R45 R46 R47 R48 R49 R50
            R51 R52 R53 R54 R55 R56 R57 R58 R59 R60 R61 R62 R63 R64 R65 R66 R67 R68 R69 R70 R71 R72 R73 R74
            R75 R76 R77 R78 R79 R80 R81 R82 R83 R84 R85 R86 R87 R88 R89 R90 R91 R92 R93 R94 R95 R96 R97 R98
            R99 R0
    }
}

use orm_core::Model;
use orm_core::model::ModelDef;

/// The models that are reached by following a relationship.
fn follow(first: &'static ModelDef, relation: usize, steps: usize) -> Vec<&'static str> {
    let models = std::iter::successors(Some(first), |model| Some(model.relations().get(relation)?.target()));
    models.take(steps).map(|model| model.name()).collect()
}

#[test]
fn a_ring_leads_back() {
    let there = follow(ring::R0::def(), 1, 101);
    assert_eq!(there.first(), there.last());
    assert_eq!(there.len(), 101);
    assert_eq!(there.get(99), Some(&"R99"));
    let back = follow(ring::R0::def(), 0, 101);
    assert!(there.iter().eq(back.iter().rev()));
}

#[test]
fn a_chain_ends() {
    let there = follow(chain::C0::def(), 1, 102);
    assert_eq!(there.get(99..), Some(["C99", "C99", "C99"].as_slice()));
    assert_eq!(follow(chain::C99::def(), 0, 100).last(), Some(&"C0"));
}

#[test]
fn handles_can_be_sent() {
    fn is_send<T: Send + Sync + 'static>() {}
    is_send::<orm_core::Entity<ring::R0>>();
    is_send::<orm_core::Many<chain::C0>>();
    is_send::<ring::r0::R0Draft>();
}
