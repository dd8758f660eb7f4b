use super::{Mode, Section};
pub fn run(_: Mode) -> Section { Section { title: "dispatch", ..Section::default() } }
