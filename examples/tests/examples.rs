//! Each example runs by itself, says what it should, and ends.

mod support;

use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use sse_typed_examples::{events, serve};
use support::{Ran, ended, example, run};

/// What an example writes to standard output when it runs without arguments, which is without fault.
fn output(name: &str) -> String {
    let Ran { code, stdout, stderr } = run(name, [""; 0]);
    assert_eq!(code, Some(0), "{name}:\n{stdout}\n{stderr}");
    stdout
}

fn lines(name: &str) -> Vec<String> {
    output(name).lines().map(str::to_owned).collect()
}

#[test]
fn quickstart_reads_one_enum_from_three_formats() {
    let shop = "  customer 1: Ada\n  product 7: [420, 399]\n  goodbye\n";
    assert_eq!(output("quickstart"), format!("JSON\n{shop}CBOR\n{shop}through a closure\n{shop}"));
}

#[test]
fn feed_misses_no_number_though_its_server_goes_down() {
    assert_eq!(lines("feed"), ["9", "8", "7", "6", "5", "4", "3", "2", "1", "liftoff"]);
}

#[test]
fn openai_reads_responses_and_chat() {
    let output = output("openai");
    assert!(
        output.starts_with("Server-sent events are a \"one-way\" stream:\n1 日本語 naïve 🙂.\n[75 tokens]\n"),
        "{output}"
    );
    assert!(output.contains("Let me check the weather in São Paulo…\n"), "{output}");
    assert!(output.ends_with("[done]\n"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn openai_says_what_the_api_has_to_say() {
    async fn responses(headers: HeaderMap) -> Response {
        match headers.get(AUTHORIZATION).map(HeaderValue::as_bytes) {
            Some(b"Bearer sk-1") => events(
                "event: response.output_text.delta\ndata: {\"delta\":\"Well\"}\n\n\
                 event: error\ndata: {\"error\":{\"code\":\"server_error\"}}\n\n",
            ),
            _ => (StatusCode::UNAUTHORIZED, "no such key").into_response(),
        }
    }
    let url = serve(Router::new().route("/v1/responses", post(responses))).await.expect("a port") + "/v1";
    let asked = tokio::task::spawn_blocking(move || {
        let with_key =
            |key: &str| ended(example("openai").arg(&url).env("OPENAI_API_KEY", key).spawn().expect("it runs"));
        [with_key("sk-1"), with_key("sk-2")]
    });
    let [failed, refused] = asked.await.expect("both end");
    assert_eq!((failed.code, &*failed.stdout), (Some(1), "Well"));
    assert!(failed.stderr.contains("the model failed: ") && failed.stderr.contains("server_error"), "{failed:?}");
    assert_eq!((refused.code, &*refused.stdout), (Some(1), ""));
    assert!(refused.stderr.contains("status 401 Unauthorized: no such key"), "{refused:?}");
}

#[test]
fn anthropic_reads_an_answer_and_what_broke_one_off() {
    let output = output("anthropic");
    assert!(
        output.contains(
            "get_weather {\"location\": \"San Francisco, CA\", \"unit\": \"fahrenheit\"}\n[89 tokens]\n[end]\n"
        ),
        "{output}"
    );
    assert!(output.ends_with("[\"claude-synthetic-1\"]\n[broken off: \"Overloaded\"]\n"), "{output}");
}

#[test]
fn wikimedia_shows_what_people_changed() {
    assert_eq!(
        lines("wikimedia"),
        [
            "www.wikidata.org           +27735 Q51346276 (SynthBot)",
            "en.wikipedia.org           -41252 Synthetic article (example) (203.0.113.7)",
            "fr.wikipedia.org         newusers Utilisateur:Exemple",
        ]
    );
}

#[test]
fn mcp_takes_an_answer_up_where_it_broke_off() {
    let lines = lines("mcp");
    let ids: Vec<_> = lines.iter().filter_map(|line| line.split(' ').next()?.strip_prefix("c02754f0:")).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"], "{lines:?}");
    assert_eq!(lines.iter().filter(|line| line.contains("result of")).count(), 2, "{lines:?}");
    assert!(lines.contains(&"reconnects: 1".to_owned()), "{lines:?}");
}

#[test]
fn beacon_asks_for_the_topics_it_knows_and_goes_on_after_one_it_cannot_read() {
    assert_eq!(
        lines("beacon"),
        [
            "head,finalized_checkpoint,chain_reorg",
            "slot 9: 0x9a2f",
            "slot 10: 0x5e1c, a new epoch",
            "slot 10: the last 2 slots went another way",
            "the node says: error - dropped 37 messages",
            "could not read event `head` as `Head`, at slot",
            "epoch 2 is final",
        ]
    );
}

#[test]
fn firebase_keeps_a_tree_and_reconnects_when_its_credential_expires() {
    let lines = lines("firebase");
    assert_eq!(lines[0], "put /");
    assert_eq!(lines[1..3], ["patch /presence/user001", "patch /presence/user004"]);
    assert_eq!(lines[lines.len() - 2..], ["the credential has expired: reconnecting, true", "12 posts"]);
}

#[test]
fn axum_backend_reads_what_it_serves() {
    assert_eq!(
        lines("axum_backend"),
        [
            r#"placed           Placed(Basket { number: 7, items: ["tea", "cup"] })"#,
            "payment-received PaymentReceived { cents: 1250 }",
            r#"shipped          Shipped { parcels: ["1Z-999"] }"#,
            "delivered        Delivered",
        ]
    );
}

#[test]
fn resume_goes_on_where_it_was_cut_off() {
    let lines = lines("resume");
    let letters = |range: std::ops::RangeInclusive<char>, first: usize| {
        range.enumerate().map(move |(at, letter)| format!("  {} {letter}", first + at))
    };
    let expected: Vec<_> = std::iter::once("starting after \"\"".to_owned())
        .chain(letters('a'..='e', 1))
        .chain(std::iter::once("starting after \"5\"".to_owned()))
        .chain(letters('f'..='j', 6))
        .collect();
    assert_eq!(lines, expected);
}

#[test]
fn closure_reads_what_is_sealed_and_refuses_what_was_tampered_with() {
    assert_eq!(
        lines("closure"),
        ["1250 for ada", "could not read event `deposit` as `Deposit`: the seal is broken", "830 in all", "closed"]
    );
}

#[test]
fn cbor_reads_floats_by_the_hundred() {
    let lines = lines("cbor");
    assert_eq!(lines[..3], ["north: 256 bins, 0.9999912 at most", "south: fault 0x2a", "all off"]);
}

#[test]
fn select_reads_all_streams_to_their_end() {
    let lines = lines("select");
    for (line, times) in
        [("news: Ships are late", 1), ("news: Tea is dear", 1), ("CUP 3.99", 1), ("an exchange closes", 2)]
    {
        assert_eq!(lines.iter().filter(|found| *found == line).count(), times, "{line}: {lines:?}");
    }
    assert_eq!(lines.last().map(String::as_str), Some("all is quiet, after 2 headlines"));
}

#[test]
fn each_says_so_when_there_is_no_server() {
    for name in
        ["openai", "anthropic", "wikimedia", "mcp", "beacon", "firebase", "axum_backend", "closure", "cbor", "select"]
    {
        let Ran { code, stderr, .. } = run(name, ["http://127.0.0.1:1"]);
        assert_eq!(code, Some(1), "{name}: {stderr}");
        assert!(stderr.contains("could not connect"), "{name}: {stderr}");
    }
}
