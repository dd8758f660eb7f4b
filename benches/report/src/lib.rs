//! What the report and the benchmarks share.
//!
//! In the order of a run: the streams (`profiles`), what reads them (`peers`, `clients`), what they become (`messages`),
//! how long that takes (`measure`) and what it allocates (`alloc`), then one module per section of the report.

pub mod alloc;
pub mod clients;
pub mod measure;
pub mod messages;
pub mod peers;
pub mod profiles;
pub mod sections;
pub mod server;
pub mod table;
