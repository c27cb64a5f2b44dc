use orm_core::prelude::*;

#[derive(Model)]
struct Note {
    #[key(auto)]
    id: i64,
    text: String,
}

impl ModelHooks for Note {
    fn before_update(&mut self, _context: &Context) -> Result<()> {
        Ok(())
    }
}

fn main() {}
