use super::{Mode, Section};
pub fn run(_: Mode) -> Section { Section { title: "at_rest", ..Section::default() } }
