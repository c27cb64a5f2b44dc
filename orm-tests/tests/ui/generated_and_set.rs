use orm_core::prelude::*;

#[derive(Model)]
pub struct Line {
    #[key(auto)]
    id: i64,
    price: i64,
    #[column(generated = "price * 2")]
    total: i64,
}

fn main() {
    let _ = Line::draft().price(1).total(2);
    let _ = update::<Line>().set(Line::TOTAL, 2);
    let _ = update::<Line>().set_to(Line::TOTAL, Line::PRICE);
    let _ = OnConflict::update(Line::ID, Line::TOTAL);
}
