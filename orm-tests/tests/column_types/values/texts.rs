use orm_core::Json;
use serde_json::{Map, Value, json};

use super::{Random, compares, values_come_back};

values_come_back!(
    text: String,
    |random| text(random),
    |backend, text| backend != Backend::Postgres || !text.contains('\0'),
    compares
);
values_come_back!(
    bytes: Vec<u8>,
    |random| (0..random.below(40)).map(|_| u8::try_from(random.below(256)).expect("it is a byte")).collect(),
    |_, _| true,
    compares
);
values_come_back!(
    json: Value,
    |random| document(random, 4),
    |backend, value| backend != Backend::Postgres || !has_nul(value)
);
values_come_back!(
    typed_json: Json<Vec<Option<(String, u64)>>>,
    |random| {
        let entry = |random: &mut Random| (!random.once_in(5)).then(|| (text(random), random.number()));
        Json((0..random.below(5)).map(|_| entry(random)).collect())
    },
    |backend, value| {
        backend != Backend::Postgres || !value.iter().flatten().any(|(text, _)| text.contains('\0'))
    }
);

const CHARS: [char; 20] = [
    'a',
    'A',
    ' ',
    '\0',
    '\n',
    '\t',
    '\'',
    '"',
    '\\',
    '%',
    '_',
    ';',
    '-',
    'ä',
    'ß',
    '漢',
    '🦀',
    '\u{10FFFF}',
    '\u{301}',
    'u',
];

fn text(random: &mut Random) -> String {
    let length = random.below(12);
    (0..length)
        .map(|_| match random.one_of(&CHARS) {
            // Most texts have none, so that most are kept everywhere.
            '\0' if !random.once_in(3) => '0',
            char => char,
        })
        .collect()
}

fn document(random: &mut Random, depth: u64) -> Value {
    match random.below(if depth == 0 { 8 } else { 10 }) {
        0 => Value::Null,
        1 => Value::Bool(random.once_in(2)),
        2 => json!(random.number()),
        3 => json!(random.number().cast_signed()),
        4 => json!(f64::from_bits(random.number())),
        5 => json!(random.one_of(&[0.1, 1e16, 1.5e300, 1e-7, 18e18, -1e15, 123456789012345680.0, 5e-324])),
        6 | 7 => Value::String(text(random)),
        8 => (0..random.below(4)).map(|_| document(random, depth - 1)).collect(),
        _ => {
            let entries = 0..random.below(4);
            Value::Object(entries.map(|_| (text(random), document(random, depth - 1))).collect::<Map<_, _>>())
        }
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        _ => false,
    }
}

mod large {
    use orm_core::prelude::*;
    use orm_tests::{TestDatabase, on_every_backend};

    #[derive(Model, Debug)]
    #[model(table = "pages")]
    pub struct Page {
        #[key]
        pub id: i64,
        pub text: String,
        pub bytes: Vec<u8>,
    }

    /// 64 MB with `ORM_DEEP=1`.
    fn size() -> usize {
        if std::env::var("ORM_DEEP").is_ok_and(|deep| deep == "1") { 64 << 20 } else { 1 << 20 }
    }

    on_every_backend! {
        async fn comes_back_whole_or_not_at_all(database: TestDatabase) -> Result<()> {
            let engine = database.engine().await?;
            engine.create_all(schema![Page]).await?;
            let text = "ä🦀_'".repeat(size() / 8);
            let mut session = engine.session();
            session.add(Page::draft().id(1).text(text.clone()).bytes(vec![0xFF_u8]));
            if let Err(error) = session.commit().await {
                // A server limits the size of packets.
                assert!(database.is_mysql() && text.len() > 1 << 20, "{error}");
                assert_eq!(engine.session().count(select::<Page>()).await?, 0);
                return Ok(());
            }
            let found = engine.session().get::<Page>(1).await?.expect("it was written");
            assert!(found.text == text, "{} bytes became {}", text.len(), found.text.len());
            Ok(())
        }
    }
}
