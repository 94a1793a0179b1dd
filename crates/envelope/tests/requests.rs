//! Signed calls: the published vectors, and everything for which a relay refuses one.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::Seeded;
use veldpost_envelope::request::{
    Received, RequestProblem, SignatureBase, Signed, SignedHeaders, WINDOW, Watch, content_digest,
    created_at, sign, verify,
};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::wire::{Call, Code};
use veldpost_envelope::{DeviceSigningKey, base64};

const AUTHORITY: &str = "relay.example:8443";
const NOW: i64 = 1_794_500_000_400;
const CREATED: u64 = 1_794_500_000;
const NONCE: [u8; 16] = [7; 16];
const BODY: &[u8] = b"\x81\x00";

fn key() -> DeviceSigningKey {
    DeviceSigningKey::generate(&mut Seeded(60))
}

fn signed_at(created: u64) -> SignedHeaders {
    sign(Call::Pull, AUTHORITY, BODY, created, &NONCE, &key())
}

fn received(headers: &SignedHeaders) -> Received<'_> {
    Received {
        call: Call::Pull,
        authority: AUTHORITY,
        body: BODY,
        content_digest: Some(&headers.content_digest),
        signature_input: Some(&headers.signature_input),
        signature: Some(&headers.signature),
    }
}

fn watch() -> Watch<'static> {
    Watch {
        authorities: &["other.example", AUTHORITY],
        now: NOW,
        started: 0,
    }
}

fn refusal(received: &Received<'_>) -> RequestProblem {
    verify(received, &watch()).unwrap_err()
}

/// RFC 9421 appendix B.1.4.
fn published_key() -> DeviceSigningKey {
    let seed = base64::decode_url("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU").unwrap();
    DeviceSigningKey::from_seed(&Secret::copy_from(&seed.try_into().unwrap()))
}

#[test]
fn base_and_signature_are_those_of_rfc_9421_appendix_b_2_6() {
    let components = [
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("@method", "POST"),
        ("@path", "/foo"),
        ("@authority", "example.com"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ];
    let parameters = concat!(
        r#"("date" "@method" "@path" "@authority" "content-type" "content-length")"#,
        r#";created=1618884473;keyid="test-key-ed25519""#,
    );
    let base = SignatureBase::new(&components, parameters);
    let lines = [
        r#""date": Tue, 20 Apr 2021 02:07:55 GMT"#,
        r#""@method": POST"#,
        r#""@path": /foo"#,
        r#""@authority": example.com"#,
        r#""content-type": application/json"#,
        r#""content-length": 18"#,
        concat!(
            r#""@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")"#,
            r#";created=1618884473;keyid="test-key-ed25519""#,
        ),
    ];
    assert_eq!(base.as_str(), lines.join("\n"));
    let signature = base.sign(&published_key());
    assert_eq!(
        base64::encode(&signature),
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
    );
    let public = published_key().public();
    assert_eq!(
        base64::encode_url(&public.0),
        "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs"
    );
    base.verify(&public, &signature).unwrap();
    let other = SignatureBase::new(&components[..5], parameters);
    assert!(other.verify(&public, &signature).is_err());
}

#[test]
fn digests_are_those_of_rfc_9530() {
    for (body, digest) in [
        // Appendix B.1, and the same without its line feed; B.2, an empty body; B.3, a part of the first.
        (
            "{\"hello\": \"world\"}\n",
            "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
        ),
        (
            "{\"hello\": \"world\"}",
            "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
        ),
        ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
        (
            "\"world\"}\n",
            "jjcgBDWNAtbYUXI37CVG3gRuGOAjaaDRGpIUFsdyepQ=",
        ),
    ] {
        assert_eq!(
            content_digest(body.as_bytes()),
            format!("sha-256=:{digest}:")
        );
    }
}

#[test]
fn the_headers_are_written_byte_for_byte_as_the_format_says() {
    let headers = signed_at(CREATED);
    let keyid = base64::encode_url(&key().public().0);
    assert_eq!(
        headers.signature_input,
        format!(
            r#"sig=("@method" "@authority" "@path" "@query" "content-digest");created=1794500000;nonce="BwcHBwcHBwcHBwcHBwcHBw";keyid="{keyid}";alg="ed25519";tag="veldpost/1/req""#
        )
    );
    assert!(headers.signature.starts_with("sig=:") && headers.signature.ends_with("==:"));
    let names = headers.pairs().map(|(name, _)| name);
    assert_eq!(names, ["content-digest", "signature-input", "signature"]);
    assert!(headers.pairs().iter().all(|(_, value)| value.len() < 512));
}

#[test]
fn a_call_that_was_signed_here_verifies_and_names_key_and_nonce() {
    let headers = signed_at(CREATED);
    let expected = Signed {
        key: key().public(),
        nonce: NONCE,
        created: CREATED,
    };
    assert_eq!(verify(&received(&headers), &watch()), Ok(expected));
    // A host is the same in capitals.
    let shouted = Received {
        authority: "Relay.EXAMPLE:8443",
        ..received(&headers)
    };
    assert_eq!(verify(&shouted, &watch()), Ok(expected));
}

#[test]
fn a_call_without_one_of_its_headers_is_unsigned() {
    let headers = signed_at(CREATED);
    let whole = received(&headers);
    for missing in [
        Received {
            content_digest: None,
            ..whole
        },
        Received {
            signature_input: None,
            ..whole
        },
        Received {
            signature: None,
            ..whole
        },
    ] {
        assert_eq!(refusal(&missing), RequestProblem::Unsigned);
    }
    assert_eq!(RequestProblem::Unsigned.code(), Code::Unsigned);
}

#[test]
fn a_call_for_an_authority_that_is_not_the_relays_is_refused() {
    let headers = signed_at(CREATED);
    for authority in ["relay.example", "", "relay.example:8443.evil.example"] {
        let elsewhere = Received {
            authority,
            ..received(&headers)
        };
        assert_eq!(refusal(&elsewhere), RequestProblem::Authority);
    }
    // Known, but not the one that was signed for.
    let moved = Received {
        authority: "other.example",
        ..received(&headers)
    };
    assert_eq!(refusal(&moved), RequestProblem::Signature);
    assert_eq!(RequestProblem::Authority.code(), Code::Authority);
}

#[test]
fn another_body_call_or_key_than_was_signed_is_refused() {
    let headers = signed_at(CREATED);
    let whole = received(&headers);
    let body = Received {
        body: b"\x81\x01",
        ..whole
    };
    assert_eq!(refusal(&body), RequestProblem::Signature);
    // With the right digest for the other body the signature no longer fits.
    let digest = content_digest(b"\x81\x01");
    let both = Received {
        content_digest: Some(&digest),
        ..body
    };
    assert_eq!(refusal(&both), RequestProblem::Signature);
    for call in Call::ALL {
        let other = Received { call, ..whole };
        assert_eq!(verify(&other, &watch()).is_ok(), call == Call::Pull);
    }
    let stranger = DeviceSigningKey::generate(&mut Seeded(61)).public();
    let renamed = headers.signature_input.replace(
        &base64::encode_url(&key().public().0),
        &base64::encode_url(&stranger.0),
    );
    let renamed = Received {
        signature_input: Some(&renamed),
        ..whole
    };
    assert_eq!(refusal(&renamed), RequestProblem::Signature);
    assert_eq!(RequestProblem::Signature.code(), Code::Signature);
}

#[test]
fn headers_in_any_other_form_are_refused_even_when_they_mean_the_same() {
    let headers = signed_at(CREATED);
    let input = &headers.signature_input;
    let inputs = [
        input.replace("created=1794500000", "created=01794500000"),
        input.replace("created=1794500000", "created=+1794500000"),
        input.replace("created=1794500000", "created=-1794500000"),
        input.replace("created=1794500000", "created=1794500000.0"),
        input.replace(";created", "; created"),
        input.replace("sig=", "sig1="),
        input.replace("sig=", "sig= "),
        input.replace("\"@query\" ", ""),
        input.replace("\"@method\" \"@authority\"", "\"@authority\" \"@method\""),
        input.replace("ed25519", "rsa-pss-sha512"),
        input.replace("veldpost/1/req", "veldpost/2/req"),
        input.replace("BwcHBw\"", "BwcHBx\""),
        input.replace("BwcHBw\"", "BwcHBw==\""),
        format!("{input};expires=1794500300"),
        format!("{input}, sig2=(\"@method\")"),
        format!("{input} "),
        format!("{input}{}", "x".repeat(600)),
        String::new(),
    ];
    for changed in &inputs {
        assert_ne!(changed, input);
        let changed = Received {
            signature_input: Some(changed),
            ..received(&headers)
        };
        assert_eq!(refusal(&changed), RequestProblem::Signature);
    }
    let signature = &headers.signature;
    for changed in [
        signature.replace("==:", ":"),
        signature.replace("==:", "=="),
        signature.replace("sig=", "sig1="),
        format!("{signature}, sig2=:AA==:"),
        signature.to_uppercase(),
        "sig=::".to_owned(),
    ] {
        let changed = Received {
            signature: Some(&changed),
            ..received(&headers)
        };
        assert_eq!(refusal(&changed), RequestProblem::Signature);
    }
    let digest = format!("{}, sha-512=:AA==:", headers.content_digest);
    let changed = Received {
        content_digest: Some(&digest),
        ..received(&headers)
    };
    assert_eq!(refusal(&changed), RequestProblem::Signature);
}

#[test]
fn a_clock_more_than_300_seconds_off_is_told_the_relays_time() {
    let clock = RequestProblem::Clock { now: NOW };
    for (created, expected) in [
        (CREATED - WINDOW, None),
        (CREATED + WINDOW, None),
        (CREATED - WINDOW - 1, Some(clock)),
        (CREATED + WINDOW + 1, Some(clock)),
        (0, Some(clock)),
        (u64::MAX, Some(clock)),
    ] {
        let headers = signed_at(created);
        assert_eq!(verify(&received(&headers), &watch()).err(), expected);
    }
    assert_eq!(clock.code(), Code::Clock);
    // A client 20 years behind signs anew by that time, and is let in.
    let headers = signed_at(created_at(NOW));
    assert!(verify(&received(&headers), &watch()).is_ok());
    assert_eq!(created_at(-1), 0);
}

#[test]
fn what_was_signed_before_the_relay_started_is_signed_anew() {
    let started = |started| Watch { started, ..watch() };
    let headers = signed_at(CREATED);
    // In the same second both may have happened.
    assert!(verify(&received(&headers), &started(NOW)).is_ok());
    let refused = verify(&received(&headers), &started(NOW + 600)).unwrap_err();
    assert_eq!(refused, RequestProblem::Clock { now: NOW });
}

#[test]
fn only_who_signed_well_is_asked_to_sign_anew() {
    let mut headers = signed_at(0);
    headers.signature = signed_at(CREATED).signature;
    assert_eq!(refusal(&received(&headers)), RequestProblem::Signature);
}

proptest! {
    #[test]
    fn whatever_is_signed_verifies_and_no_changed_character_does(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        call in prop::sample::select(Call::ALL.to_vec()),
        nonce: [u8; 16],
        off in -300_i64..=300,
        which in 0_usize..3,
        at: prop::sample::Index,
        to in "[ -~]",
    ) {
        let created = u64::try_from(NOW / 1000 + off).unwrap();
        let headers = sign(call, AUTHORITY, &body, created, &nonce, &key());
        let mut texts = headers.pairs().map(|(_, value)| value.to_owned());
        let show = |texts: &[String; 3]| {
            let received = Received {
                call,
                authority: AUTHORITY,
                body: &body,
                content_digest: Some(&texts[0]),
                signature_input: Some(&texts[1]),
                signature: Some(&texts[2]),
            };
            verify(&received, &watch())
        };
        let signed = show(&texts).unwrap();
        prop_assert_eq!((signed.nonce, signed.created), (nonce, created));
        let at = at.index(texts[which].len());
        if texts[which].get(at..=at) != Some(to.as_str()) {
            texts[which].replace_range(at..=at, &to);
            prop_assert!(show(&texts).is_err());
        }
    }

    #[test]
    fn headers_that_are_garbage_are_refused_quietly(
        digest in ".{0,40}", input in "(sig=)?.{0,80}(;created=[0-9]{0,30};nonce=\")?.{0,80}", signature in ".{0,90}",
    ) {
        let received = Received {
            call: Call::Join,
            authority: AUTHORITY,
            body: b"",
            content_digest: Some(&digest),
            signature_input: Some(&input),
            signature: Some(&signature),
        };
        prop_assert_eq!(verify(&received, &watch()), Err(RequestProblem::Signature));
    }
}
