//! Servers for one example each, which do no more than it needs. Each returns the URL to ask.

mod alphabet;
mod bank;
mod countdown;
mod laboratory;
mod shop;
mod tools;

pub use alphabet::alphabet;
pub use bank::bank;
pub use countdown::countdown;
pub use laboratory::laboratory;
pub use shop::shop;
pub use tools::tools;
