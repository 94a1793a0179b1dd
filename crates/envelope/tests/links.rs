//! Links: one way of writing, and every other text refused by name.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::{REGION, Seeded};
use veldpost_envelope::base64url::{Base64Problem, encode};
use veldpost_envelope::invitation::{LinkPart, LinkProblem, MAX_ORIGIN, Origin};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::{Link, RegionId};

fn link(relay: Option<&str>) -> Link {
    Link {
        region: REGION,
        relay: relay.map(|relay| Origin::parse(relay).unwrap()),
        invitation: [6; 16],
        secret: Secret::generate(&mut Seeded(1)),
    }
}

fn same(one: &Link, other: &Link) -> bool {
    one.region == other.region
        && one.relay == other.relay
        && one.invitation == other.invitation
        && one.secret.bytes() == other.secret.bytes()
}

fn problem(text: &str) -> LinkProblem {
    Link::parse(text).unwrap_err()
}

/// The four parts of a link, to put something else in the place of one.
fn parts() -> [String; 4] {
    let own = link(None);
    [
        encode(&own.region.0),
        String::new(),
        encode(&own.invitation),
        encode(own.secret.bytes()),
    ]
}

/// A link with something else as one of its parts.
fn with(index: usize, part: &str) -> String {
    let mut parts = parts();
    part.clone_into(&mut parts[index]);
    format!("#j.{}", parts.join("."))
}

#[test]
fn a_link_is_as_long_as_the_format_says() {
    assert_eq!(link(None).fragment().len(), 113);
    let app = Origin::parse("https://veldpost.example").unwrap();
    let address = link(None).address(&app);
    assert!(address.starts_with("https://veldpost.example/#j."));
}

#[test]
fn a_link_is_read_whole_or_from_its_sign_or_its_letter_on() {
    for relay in [None, Some("https://relay.example:8443")] {
        let own = link(relay);
        let app = Origin::parse("http://localhost:8080").unwrap();
        let whole = own.address(&app);
        let fragment = own.fragment();
        for text in [
            whole.as_str(),
            &format!("#{}", *fragment),
            &fragment,
            &format!(" \n{}\r\n", *whole),
            &format!("https://elsewhere.example/path?query#{}", *fragment),
        ] {
            assert!(same(&Link::parse(text).unwrap(), &own), "{text}");
        }
        assert_eq!(
            own.keys().token(),
            Link::parse(&whole).unwrap().keys().token()
        );
    }
}

#[test]
fn what_is_no_invitation_is_said_to_be_none() {
    for text in [
        "",
        "#",
        "j",
        "https://veldpost.example/",
        "https://veldpost.example/#count",
        "https://veldpost.example/#jj.a.b.c.d",
        "#.a.b.c.d",
        "#1.a.b.c.d",
        "#é.a.b.c.d",
        "vp1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgp",
    ] {
        assert_eq!(problem(text), LinkProblem::NotAnInvitation, "{text}");
    }
}

#[test]
fn another_letter_is_newer_whatever_follows() {
    for text in [
        "#k.a",
        "k.a.b",
        "#J.a.b.c.d",
        "https://veldpost.example/#a.=.=",
    ] {
        assert_eq!(problem(text), LinkProblem::Newer, "{text}");
    }
}

#[test]
fn a_link_cut_short_or_with_more_behind_it_is_refused() {
    let whole = link(None).fragment();
    assert_eq!(problem(whole.get(..47).unwrap()), LinkProblem::Parts);
    assert_eq!(problem("#j."), LinkProblem::Parts);
    assert_eq!(problem(&format!("{}.", *whole)), LinkProblem::Parts);
    assert_eq!(problem(&format!("{}.AAAA", *whole)), LinkProblem::Parts);
    let cut = LinkProblem::Part {
        part: LinkPart::Secret,
        problem: Base64Problem::Length,
    };
    assert_eq!(problem(whole.get(..112).unwrap()), cut);
}

#[test]
fn every_change_of_a_part_is_named() {
    let own = parts();
    for (index, part) in [
        (0, LinkPart::Region),
        (2, LinkPart::Invitation),
        (3, LinkPart::Secret),
    ] {
        let text = own[index].as_str();
        let short = text.get(..text.len() - 1).unwrap();
        let last = text.as_bytes()[text.len() - 1];
        // The last character's lower bits are behind the last byte: the next one says the same.
        let spare = format!("{short}{}", char::from(last + 1));
        for (changed, problem_of_it) in [
            (format!("{text}="), Base64Problem::Padded),
            (format!("{text}=="), Base64Problem::Padded),
            (spare, Base64Problem::SpareBits),
            (format!("{short}+"), Base64Problem::Character),
            (format!("{short}/"), Base64Problem::Character),
            (format!("{short} "), Base64Problem::Character),
            (format!("{short}%3D"), Base64Problem::Character),
            (format!("{text}AA"), Base64Problem::Length),
            (
                text.get(..text.len() - 5).unwrap().to_owned(),
                Base64Problem::Length,
            ),
            (String::new(), Base64Problem::Length),
        ] {
            // White space at the end of the whole is not the link's.
            if index == 3 && changed.ends_with(' ') {
                continue;
            }
            let expected = LinkProblem::Part {
                part,
                problem: problem_of_it,
            };
            assert_eq!(
                problem(&with(index, &changed)),
                expected,
                "{part} {changed}"
            );
        }
    }
    let padded = LinkProblem::Part {
        part: LinkPart::Relay,
        problem: Base64Problem::Padded,
    };
    assert_eq!(problem(&with(1, "aHR0cHM6Ly9hLmI=")), padded);
    let spare = LinkProblem::Part {
        part: LinkPart::Relay,
        problem: Base64Problem::SpareBits,
    };
    assert_eq!(problem(&with(1, "aHR0cHM6Ly9hLmJ")), spare);
    assert_eq!(padded.to_string(), "relay: padded");
}

#[test]
fn a_relay_is_an_origin_in_its_one_form() {
    let at_most = |more: usize| {
        let labels = [63, 63, 63, 54 + more].map(|length| "a".repeat(length));
        format!("https://{}", labels.join("."))
    };
    assert_eq!(at_most(1).len(), MAX_ORIGIN);
    for text in [
        "https://relay.example",
        "https://relay.example:8443",
        "https://a",
        "https://192.0.2.1:1",
        "https://xn--bcher-kva.example",
        "https://localhost",
        "https://relay.example:65535",
        "http://localhost",
        "http://localhost:8080",
        "http://localhost:443",
        &at_most(1),
    ] {
        let read = Link::parse(&with(1, &encode(text.as_bytes()))).unwrap();
        assert_eq!(read.relay.unwrap().as_str(), text);
    }
    for text in [
        "https://",
        "https://Relay.example",
        "HTTPS://relay.example",
        "https://relay.example/",
        "https://relay.example?",
        "https://user@relay.example",
        "https://relay.example:",
        "https://relay.example:0",
        "https://relay.example:443",
        "https://relay.example:080",
        "https://relay.example:65536",
        "https://relay.example:8443:1",
        "https://relay..example",
        "https://.example",
        "https://relay.example.",
        "https://-relay.example",
        "https://relay-.example",
        "https://relay_.example",
        "https://bücher.example",
        "https:// relay.example",
        "http://relay.example",
        "http://127.0.0.1",
        "http://localhost.example",
        "http://localhost:80",
        "ftp://localhost",
        "wss://relay.example",
        "relay.example",
        "//relay.example",
    ] {
        assert_eq!(Origin::parse(text), None, "{text}");
        let refused = problem(&with(1, &encode(text.as_bytes())));
        assert_eq!(refused, LinkProblem::Origin, "{text}");
    }
    assert_eq!(Origin::parse(&at_most(2)), None);
    let too_long = problem(&with(1, &encode(at_most(2).as_bytes())));
    let expected = LinkProblem::Part {
        part: LinkPart::Relay,
        problem: Base64Problem::Length,
    };
    assert_eq!(too_long, expected);
    assert_eq!(problem(&with(1, &encode(&[0xff; 9]))), LinkProblem::Origin);
}

#[test]
fn a_links_secret_is_not_printed() {
    let own = link(Some("https://relay.example"));
    let printed = format!("{own:?}");
    assert!(printed.contains("Secret(…)"));
    assert!(!printed.contains(&encode(own.secret.bytes())));
}

proptest! {
    #[test]
    fn a_link_comes_back_from_its_text(
        region: [u8; 32], invitation: [u8; 16], secret: [u8; 32],
        host in "[a-z0-9]{1,20}(\\.[a-z0-9]{1,10}){0,3}", port in proptest::option::of(444_u16..),
        own in any::<bool>(),
    ) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let relay = (!own).then(|| Origin::parse(&format!("https://{host}{port}")).unwrap());
        let secret = Secret::copy_from(&secret);
        let made = Link { region: RegionId(region), relay, invitation, secret };
        let app = Origin::parse("https://veldpost.example").unwrap();
        let text = made.address(&app);
        let read = Link::parse(&text).unwrap();
        prop_assert!(same(&read, &made));
        prop_assert_eq!(read.address(&app), text);
    }

    /// Two texts never mean the same link.
    #[test]
    fn a_changed_character_is_refused_or_another_link(
        at: prop::sample::Index, to in any::<char>(),
    ) {
        let own = link(Some("https://relay.example"));
        let text = own.fragment();
        let mut characters: Vec<char> = text.chars().collect();
        let at = at.index(characters.len());
        prop_assume!(characters[at] != to && !to.is_whitespace() && to != '#');
        characters[at] = to;
        let changed: String = characters.into_iter().collect();
        if let Ok(other) = Link::parse(&changed) {
            prop_assert!(!same(&other, &own));
            let again = other.fragment();
            prop_assert_eq!(again.as_str(), changed.as_str());
        }
    }

    #[test]
    fn any_text_is_read_or_refused_quietly(text in any::<String>(), tail in "[j#.A-Za-z0-9=_-]{0,200}") {
        drop(Link::parse(&text));
        drop(Link::parse(&tail));
        drop(Link::parse(&format!("#j.{tail}")));
        drop(Origin::parse(&text));
        drop(Origin::parse(&format!("https://{text}")));
    }
}
