use orm_core::prelude::*;

#[derive(Model, Debug)]
struct Folder {
    #[key(auto)]
    id: i64,
    parent_id: Option<i64>,
    parent: Option<Box<Folder>>,
    children: Vec<Self>,
    root: Box<Folder>,
}

fn main() {}
