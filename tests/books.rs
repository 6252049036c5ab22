//! The books: every request once, with the tokens that were billed, at the price that was published, under the
//! name of whoever asked; and the same sums wherever one looks.

mod attribution;
mod outcomes;
mod prices;
mod sums;
