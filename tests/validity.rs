//! Rounds whose numbers can't be trusted, and inputs that are odd: what is found, what is said, what is done about it.

mod odd_answers;
mod prometheus;
mod rounds;
mod stacks;
