//! The rules between variants: no event may have two takers.

use std::collections::HashMap;

use crate::ast::{Body, Enum, Event, Frame, Input, Name, Struct, Takes, Variant, When};
use crate::ctxt::Ctxt;

pub(crate) fn check(cx: &Ctxt, input: &Input<'_>) {
    match &input.body {
        Body::Enum(body) => {
            each_event_has_one_taker(cx, body);
            each_frame_has_one_taker(cx, body);
            skipped_names_are_not_taken(cx, body);
        }
        Body::Struct(Struct { names, .. }) => own_names_differ(cx, names),
    }
}

/// The variants without a mistake of their own, which are what they were meant to be.
fn sound<'a>(body: &'a Enum<'_>) -> impl Iterator<Item = &'a Variant<'a>> {
    body.variants.iter().filter(|variant| !variant.is_mistaken)
}

fn each_event_has_one_taker(cx: &Ctxt, body: &Enum<'_>) {
    let mut takers: HashMap<&str, Vec<&Variant<'_>>> = HashMap::new();
    for variant in sound(body) {
        let Some(event) = variant.event() else { continue };
        own_names_differ(cx, &event.names);
        for (at, name) in event.names.iter().enumerate() {
            if event.names[..at].iter().any(|before| before.text == name.text) {
                continue;
            }
            let takers = takers.entry(&name.text).or_default();
            if let Some(taker) = takers.iter().find(|taker| clash(taker, event)) {
                let place = match &event.when {
                    When::Data(text) | When::Key(text) => text.span(),
                    When::Always => name.place,
                };
                cx.mistake(place, clash_message(taker, event, &name.text));
            }
            takers.push(variant);
        }
    }
}

/// Whether some event would be for both.
fn clash(taker: &Variant<'_>, second: &Event) -> bool {
    match (taker.event().map(|event| &event.when), &second.when) {
        (Some(When::Always), When::Always) => true,
        (Some(When::Data(one)), When::Data(two)) | (Some(When::Key(one)), When::Key(two)) => one.value() == two.value(),
        _ => false,
    }
}

fn clash_message(taker: &Variant<'_>, second: &Event, name: &str) -> String {
    let taken_by = format!("is already taken by `{}`", taker.ident);
    match &second.when {
        When::Data(data) => format!("event name {name:?} with the data {:?} {taken_by}", data.value()),
        When::Key(key) => format!("event name {name:?} with the key {:?} {taken_by}", key.value()),
        When::Always => {
            let names = second.names.iter().chain(taker.event().into_iter().flat_map(|event| &event.names));
            let alias = names.map(|other| &*other.text).find(|other| *other != name).unwrap_or("..");
            format!(
                "event name {name:?} {taken_by}; one variant may have two: #[sse(event = {name:?}, alias = {alias:?})], \
                 and two variants of one name are told apart by #[sse(data = \"..\")] or #[sse(key = \"..\")]"
            )
        }
    }
}

fn own_names_differ(cx: &Ctxt, names: &[Name]) {
    for (at, name) in names.iter().enumerate() {
        if names[..at].iter().any(|before| before.text == name.text) {
            cx.mistake(name.place, format_args!("{:?} is already a name of this: remove it", name.text));
        }
    }
}

fn each_frame_has_one_taker(cx: &Ctxt, body: &Enum<'_>) {
    let mut takers: HashMap<Frame, &Variant<'_>> = HashMap::new();
    for variant in sound(body) {
        let Takes::Frame(frame, word) = &variant.takes else { continue };
        if let Some(taker) = takers.get(frame) {
            cx.mistake(word.span(), format_args!("`{word}` is already taken by `{}`: remove one", taker.ident));
        } else {
            takers.insert(*frame, variant);
        }
    }
    if let (Some(word), Some(other)) = (&body.deny_unknown, takers.get(&Frame::Other)) {
        cx.mistake(
            word.span(),
            format_args!(
                "no event is unknown where `{}` takes all others: remove `deny_unknown`, or the variant",
                other.ident
            ),
        );
    }
}

fn skipped_names_are_not_taken(cx: &Ctxt, body: &Enum<'_>) {
    own_names_differ(cx, &body.skip);
    for skipped in &body.skip {
        let taker = sound(body).find(|variant| variant.event().is_some_and(|event| event.has_name(&skipped.text)));
        if let Some(taker) = taker {
            cx.mistake(
                skipped.place,
                format_args!("event name {:?} is taken by `{}`: remove one of both", skipped.text, taker.ident),
            );
        }
    }
}
