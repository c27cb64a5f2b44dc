use orm_core::prelude::*;
fn main() {
    let _ = select::<String>();
}
