use orm_core::prelude::*;

#[derive(Model)]
struct Seat {
    #[key]
    row: i64,
    #[key]
    letter: String,
}

#[derive(Model)]
struct Ticket {
    #[key]
    id: i64,
    seat_letter: String,
    seat_row: i64,
    #[belongs_to(key = "seat_letter, seat_row")]
    seat: BelongsTo<Seat>,
}

fn main() {}
