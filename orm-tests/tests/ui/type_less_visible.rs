mod shop {
    use orm_core::prelude::*;

    #[derive(Model)]
    pub struct User {
        #[key]
        id: i64,
        #[has_many]
        pub orders: HasMany<Order>,
    }

    #[derive(Model)]
    struct Order {
        #[key]
        id: i64,
        user_id: i64,
    }
}

fn main() {}
