mod shop;
use orm_core::prelude::*;
use orm_core::write::Input;
use shop::*;
fn whatever_was_sent(session: &mut Session, user: &Entity<User>, sent: Input<User>) -> Result<()> {
    session.patch(user, sent)
}
fn columns_of_another_model(session: &mut Session, user: &Entity<User>, sent: Input<User>) -> Result<()> {
    session.patch(user, sent.permit(Order::ID)?)
}
fn a_value_of_another_type(sent: Input<User>) -> Result<()> {
    sent.permit(User::NAME)?.set(User::NAME, 7).draft().map(drop)
}
fn main() {}
