use orm_core::prelude::*;

mod bank {
    use orm_core::prelude::*;

    #[derive(Model)]
    pub struct Account {
        #[key]
        pub id: i64,
        balance: i64,
        pub(crate) note: String,
        #[has_many(key = "account_id")]
        entries: HasMany<Entry>,
    }

    #[derive(Model)]
    pub struct Entry {
        #[key]
        pub id: i64,
        pub account_id: i64,
    }

    pub fn open(id: i64) -> impl orm_core::write::CompleteDraft<Model = Account> {
        Account::draft().id(id).balance(0).note("new")
    }
}

use bank::{Account, Entry};

fn read(account: &Account) {
    let _ = account.entries();
}

async fn add(session: &mut Session) {
    session.add(bank::open(1));
    session.add(Account::draft().id(2).note("mine"));
}

fn main() {
    let _ = update::<Account>().set(Account::BALANCE, -100);
    let _ = Account::draft().id(1).balance(1);
    let _ = select::<Account>().with(Account::ENTRIES.selectin());
    let _ = select::<Account>().with(bank::account::Entries.selectin());
    let _ = select::<Account>().filter(Account::NOTE.eq("x"));
    let _ = select::<Entry>();
}
