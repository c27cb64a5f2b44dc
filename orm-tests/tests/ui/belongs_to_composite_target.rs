use orm_core::prelude::*;

#[derive(Model)]
struct Seat {
    #[key]
    row: i64,
    #[key]
    number: i64,
}

#[derive(Model)]
struct Ticket {
    #[key]
    id: i64,
    seat_id: i64,
    #[belongs_to]
    seat: BelongsTo<Seat>,
}

fn main() {}
