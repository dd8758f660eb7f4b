use super::{Mode, Section};
pub fn run(_: Mode) -> Section { Section { title: "latency", ..Section::default() } }
