//! Valid models, damaged token by token: the derive never panics, and what it writes always parses.

use proc_macro2::{Group, Ident, Literal, Span, TokenStream, TokenTree};

const CASES: u64 = 2_000;

const MODELS: [&str; 4] = [
    r#"
    #[model(table = "orders", module = "order_model")]
    pub struct Order {
        #[key(auto)]
        pub id: i64,
        pub user_id: i64,
        pub address_id: Option<i64>,
        #[column(name = "text", unique, index)]
        pub description: String,
        #[column(version)]
        pub version: i32,
        #[belongs_to(lazy = "joined", inverse = "orders")]
        pub user: BelongsTo<User>,
        #[belongs_to(key = "address_id", target_key = "id")]
        pub address: BelongsTo<Option<Address>>,
        #[many_to_many(through = "order_items", key = "order_id", target_key = "item_id", order_by = "name desc, id")]
        pub items: HasMany<Item>,
    }"#,
    r#"
    pub(crate) struct Seat {
        #[key]
        row: i32,
        #[key]
        r#type: String,
        #[column(default = "now()", secret)]
        bought: Option<String>,
        #[has_many(key = "seat_row, seat_type", target_key = "row, type", cascade = "all, delete-orphan", passive_deletes)]
        tickets: HasMany<Ticket>,
        #[has_one(key = "seat_row, seat_type", lazy = "raise")]
        owner: HasOne<shop::Owner>,
    }"#,
    r#"
    struct Node {
        #[key]
        id: i64,
        parent_id: Option<i64>,
        #[belongs_to]
        parent: BelongsTo<Option<Self>>,
        #[has_many(key = "parent_id", order_by = "id")]
        children: HasMany<Node>,
        data: Vec<u8>,
        ratio: f64,
    }"#,
    r#"
    pub(super) struct Keyword {
        #[key(auto)]
        pub id: u32,
        #[column(default)]
        pub name: String,
    }"#,
];

/// Words that mean something to the derive, to be put where they do not belong.
const WORDS: [&str; 24] = [
    "key",
    "auto",
    "column",
    "name",
    "default",
    "version",
    "has_many",
    "belongs_to",
    "many_to_many",
    "through",
    "lazy",
    "HasMany",
    "HasOne",
    "BelongsTo",
    "Option",
    "Self",
    "crate",
    "r#type",
    "pub",
    "draft",
    "_1",
    "enum",
    "i64",
    "Order",
];

const TEXTS: [&str; 10] = ["", "id", "a, b", "selectin", "name desc", "delete", "\0", "crate", ",", "größe"];

#[test]
fn damaged_models_give_errors_and_no_panics() {
    let mut errors = 0;
    for seed in 0..CASES {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let model = MODELS[random.below(MODELS.len())];
        let mut tokens: TokenStream = model.parse().unwrap_or_default();
        for _ in 0..=random.below(3) {
            tokens = damage(tokens, &mut random);
        }
        let input = tokens.to_string();
        let output = crate::derive(tokens);
        assert!(syn::parse2::<syn::File>(output.clone()).is_ok(), "seed {seed}\n{input}\n\n{output}");
        errors += usize::from(output.to_string().contains("compile_error"));
    }
    assert!(errors > 1_000, "only {errors} of the damaged models were refused");
}

#[test]
fn whole_models_give_no_errors() {
    for model in MODELS {
        let output = crate::derive(model.parse().unwrap_or_default());
        assert!(!output.to_string().contains("compile_error"), "{output}");
        assert!(syn::parse2::<syn::File>(output.clone()).is_ok(), "{output}");
    }
}

/// Drops, doubles, swaps or replaces a token, somewhere.
fn damage(tokens: TokenStream, random: &mut Random) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.is_empty() {
        return tokens.into_iter().collect();
    }
    let groups: Vec<usize> =
        (0..tokens.len()).filter(|at| matches!(tokens[*at], TokenTree::Group(_))).collect();
    if !groups.is_empty() && random.below(10) > 0 {
        let at = groups[random.below(groups.len())];
        if let TokenTree::Group(group) = &tokens[at] {
            tokens[at] = Group::new(group.delimiter(), damage(group.stream(), random)).into();
        }
        return tokens.into_iter().collect();
    }
    let (at, other) = (random.below(tokens.len()), random.below(tokens.len()));
    match random.below(5) {
        0 => drop(tokens.remove(at)),
        1 => tokens.insert(at, tokens[other].clone()),
        2 => tokens.swap(at, other),
        3 => tokens[at] = Literal::string(TEXTS[random.below(TEXTS.len())]).into(),
        _ => {
            let word = WORDS[random.below(WORDS.len())];
            tokens[at] = match word.strip_prefix("r#") {
                Some(word) => Ident::new_raw(word, Span::call_site()).into(),
                None => Ident::new(word, Span::call_site()).into(),
            };
        }
    }
    tokens.into_iter().collect()
}

/// A xorshift generator: the same cases on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % end
    }
}
