//! Invitations: keys from the secret, the proof, the welcome, joins, six words.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use proptest::prelude::*;
use support::{REGION, Seeded, seal_raw, to_hex};
use veldpost_envelope::canonical::Writer;
use veldpost_envelope::invitation::{
    InviteFields, JoinInput, MAX_JOIN, WELCOME, Welcome, is_frozen, six_numbers, token,
};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::{
    ActHash, DeviceEncryptionKey, DevicePublic, DeviceSigningKey, EncryptionPublic, EnvelopeError,
    InvitationKeys, Join, RegionId, SettingsKey, label,
};

const ID: [u8; 16] = [6; 16];

fn secret(number: u64) -> Secret {
    Secret::generate(&mut Seeded(number))
}

fn keys(number: u64) -> InvitationKeys {
    InvitationKeys::derive(&secret(number), &REGION, &ID)
}

fn welcome() -> Welcome {
    Welcome {
        settings: SettingsKey::generate(3, &mut Seeded(80)),
        region: "Enschede".to_owned(),
        inviter: "Noor".to_owned(),
        organisation: Some("Leger des Heils".to_owned()),
    }
}

fn device(number: u64) -> DeviceSigningKey {
    DeviceSigningKey::generate(&mut Seeded(number))
}

fn join_as(keys: &InvitationKeys, device: &DeviceSigningKey, name: &str) -> Join {
    let input = JoinInput {
        encryption: DeviceEncryptionKey::generate(&mut Seeded(81)).public(),
        roster_height: 300,
        roster_head: ActHash([4; 32]),
        name,
        at: 1_794_600_000_000,
    };
    Join::make(keys, device, &input, &mut Seeded(82)).unwrap()
}

fn join() -> Join {
    join_as(&keys(1), &device(2), "Telefoon van Sam")
}

#[test]
fn keys_hang_on_the_secret_the_region_and_the_invitation() {
    let own = keys(1);
    let others = [
        keys(2),
        InvitationKeys::derive(&secret(1), &RegionId([8; 32]), &ID),
        InvitationKeys::derive(&secret(1), &REGION, &[7; 16]),
    ];
    for other in &others {
        assert_ne!(other.relay_token().bytes(), own.relay_token().bytes());
        assert_ne!(other.join_key().bytes(), own.join_key().bytes());
        assert_ne!(other.label_key().bytes(), own.label_key().bytes());
    }
    assert_ne!(own.relay_token().bytes(), own.join_key().bytes());
    assert_ne!(own.join_key().bytes(), own.label_key().bytes());
    assert_eq!(own.token(), token(own.relay_token().bytes()));
    assert_eq!(own.region(), REGION);
    assert_eq!(own.invitation(), ID);
}

#[test]
fn an_invite_is_believed_only_as_the_inviter_made_it() {
    let own = keys(1);
    let invite = InviteFields(b"\x01\x01\x02 and all other fields");
    let (token, proof) = (own.token(), own.proof(invite));
    own.check_invite(invite, &token, &proof).unwrap();
    let other_head = own.check_invite(InviteFields(b"\x01\x01\x02 and"), &token, &proof);
    assert_eq!(other_head, Err(EnvelopeError::Forged("invite")));
    let other_proof = own.check_invite(invite, &token, &[0; 16]);
    assert_eq!(other_proof, Err(EnvelopeError::Forged("invite")));
    let other_token = own.check_invite(invite, &keys(2).token(), &proof);
    assert_eq!(other_token, Err(EnvelopeError::Forged("token")));
}

#[test]
fn a_welcome_opens_for_its_invitation_alone_and_has_one_length() {
    let own = keys(1);
    let sealed = own.seal_welcome(&welcome(), &mut Seeded(83)).unwrap();
    assert_eq!(sealed.len(), WELCOME);
    assert_eq!(WELCOME, 552);
    let opened = own.open_welcome(&sealed).unwrap();
    let expected = welcome();
    assert_eq!(opened.settings.number(), 3);
    assert_eq!(
        opened.settings.secret().bytes(),
        expected.settings.secret().bytes()
    );
    assert_eq!(opened.region, expected.region);
    assert_eq!(opened.inviter, expected.inviter);
    assert_eq!(opened.organisation, expected.organisation);
    let forged = EnvelopeError::Forged("seal");
    let other_id = InvitationKeys::derive(&secret(1), &REGION, &[7; 16]);
    for other in [keys(2), other_id] {
        assert_eq!(other.open_welcome(&sealed).unwrap_err(), forged);
    }
    for index in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[index] ^= 1;
        assert_eq!(own.open_welcome(&changed).unwrap_err(), forged);
    }
    let wrong = EnvelopeError::Malformed("wrong length");
    for length in [0, 23, 551] {
        let cut = own.open_welcome(&sealed[..length]);
        assert_eq!(cut.unwrap_err(), wrong);
    }
    let mut more = sealed;
    more.push(0);
    assert_eq!(own.open_welcome(&more).unwrap_err(), wrong);
}

#[test]
fn the_longest_names_fit_a_welcome_and_longer_ones_do_not() {
    let own = keys(1);
    let most = Welcome {
        settings: SettingsKey::generate(u64::MAX, &mut Seeded(80)),
        region: "r".repeat(120),
        inviter: "i".repeat(120),
        organisation: Some("o".repeat(120)),
    };
    let sealed = own.seal_welcome(&most, &mut Seeded(83)).unwrap();
    assert_eq!(own.open_welcome(&sealed).unwrap().inviter, most.inviter);
    let longer = Welcome {
        region: "r".repeat(121),
        ..most
    };
    let refused = own.seal_welcome(&longer, &mut Seeded(83));
    assert_eq!(refused, Err(EnvelopeError::TooLarge("name")));
}

/// A welcome as another program would seal it.
fn raw_welcome(plain: &[u8]) -> Result<Welcome, EnvelopeError> {
    let own = keys(1);
    let aad = [label::WELCOME, &REGION.0, &ID].concat();
    let mut padded = plain.to_vec();
    padded.resize(512, 0);
    let (nonce, sealed) = seal_raw(own.label_key(), &aad, &padded, &mut Seeded(84));
    own.open_welcome(&[nonce.as_slice(), &sealed].concat())
}

#[test]
fn a_welcome_of_a_later_version_is_read_or_asks_for_an_update_and_hides_nothing() {
    let plain = |version: u64, more: usize| {
        let mut out = Writer::default();
        out.array(6 + more).uint(version).uint(1).bytes(&[1; 32]);
        out.text("region").text("inviter").null();
        (0..more).for_each(|_| {
            out.text("later");
        });
        out.finish()
    };
    assert_eq!(raw_welcome(&plain(1, 0)).unwrap().organisation, None);
    assert_eq!(raw_welcome(&plain(1, 2)).unwrap().inviter, "inviter");
    let newer = EnvelopeError::Newer("welcome");
    assert_eq!(raw_welcome(&plain(2, 0)).unwrap_err(), newer);
    let hidden = [plain(1, 0), vec![0, 0, 1]].concat();
    let padding = EnvelopeError::Malformed("padding");
    assert_eq!(raw_welcome(&hidden).unwrap_err(), padding);
    assert!(raw_welcome(&[0x86, 0x01]).is_err());
}

#[test]
fn a_join_reads_as_it_was_made_and_verifies() {
    let join = join();
    let again = Join::from_bytes(join.bytes()).unwrap();
    assert_eq!(again, join);
    again.verify(&REGION).unwrap();
    again.verify_with(&keys(1)).unwrap();
    assert_eq!(
        again.open_name(&keys(1)).unwrap().as_str(),
        "Telefoon van Sam"
    );
    assert_eq!(again.hash(), join.hash());
    let request = again.request();
    assert_eq!(request.device, device(2).public());
    assert_eq!(request.roster_height, 300);
    assert_eq!(join.bytes().len(), 442);
}

#[test]
fn every_name_makes_a_join_of_the_same_length() {
    for name in ["", "Sam", &"é".repeat(60)] {
        let join = join_as(&keys(1), &device(2), name);
        assert_eq!(join.bytes().len(), 442);
        assert_eq!(join.open_name(&keys(1)).unwrap().as_str(), name);
    }
    let input = JoinInput {
        encryption: EncryptionPublic([1; 32]),
        roster_height: 1,
        roster_head: ActHash([4; 32]),
        name: &"n".repeat(121),
        at: 0,
    };
    let refused = Join::make(&keys(1), &device(2), &input, &mut Seeded(82));
    assert_eq!(refused, Err(EnvelopeError::TooLarge("name")));
}

#[test]
fn a_changed_byte_of_a_join_is_refused_wherever_it_is() {
    let join = join();
    for index in 0..join.bytes().len() {
        let mut changed = join.bytes().to_vec();
        changed[index] ^= 1;
        let verified = Join::from_bytes(&changed).and_then(|join| join.verify_with(&keys(1)));
        assert!(verified.is_err(), "{index}");
    }
}

#[test]
fn a_join_with_the_proof_of_another_invitation_is_signed_but_not_vouched_for() {
    let other = join_as(&keys(2), &device(2), "Sam");
    other.verify(&REGION).unwrap();
    assert_eq!(
        other.verify_with(&keys(1)),
        Err(EnvelopeError::Forged("proof"))
    );
    assert_eq!(
        other.open_name(&keys(1)).unwrap_err(),
        EnvelopeError::Forged("seal")
    );
    let elsewhere = InvitationKeys::derive(&secret(1), &REGION, &[7; 16]);
    let other = EnvelopeError::Malformed("another invitation");
    assert_eq!(join().verify_with(&elsewhere), Err(other));
    let abroad = EnvelopeError::Malformed("another region");
    assert_eq!(join().verify(&RegionId([8; 32])), Err(abroad));
}

#[test]
fn a_relay_knows_a_joins_token_by_its_hash_alone() {
    let act = keys(1).token();
    assert_eq!(token(keys(1).relay_token().bytes()), act);
    assert_ne!(token(keys(2).relay_token().bytes()), act);
}

/// A join as another program would make it: any body, signed and vouched for.
fn raw_join(version: u64, suite: u64, more: usize, appended: &[u8]) -> Vec<u8> {
    let (own, signing) = (keys(1), device(2));
    let mut out = Writer::default();
    out.array(10 + more).uint(version).uint(suite);
    out.bytes(&REGION.0).bytes(&ID).bytes(&signing.public().0);
    out.bytes(&[1; 32]).uint(0).bytes(&[4; 32]);
    out.bytes(&[0; 168]).int(-5);
    (0..more).for_each(|_| {
        out.bytes(&[7; 200]);
    });
    let body = out.finish();
    let proof = label::mac(own.join_key(), label::JOIN_PROOF, &body);
    let hash = label::sha256(&[label::JOIN_REQUEST, &body, proof.bytes()]);
    let mut out = Writer::default();
    out.array(3 + appended.len())
        .bytes(&body)
        .bytes(proof.bytes());
    out.bytes(&signing.sign(label::JOIN_REQUEST, &hash));
    [out.finish(), appended.to_vec()].concat()
}

#[test]
fn a_join_of_a_later_version_travels_on_or_asks_for_an_update() {
    let bytes = raw_join(1, 1, 2, &[0xf5, 0x00]);
    let join = Join::from_bytes(&bytes).unwrap();
    join.verify_with(&keys(1)).unwrap();
    assert_eq!(join.bytes(), bytes);
    let newer = |version, suite| Join::from_bytes(&raw_join(version, suite, 0, &[]));
    assert_eq!(newer(2, 1), Err(EnvelopeError::Newer("join")));
    assert_eq!(newer(1, 2), Err(EnvelopeError::Newer("suite")));
}

#[test]
fn a_join_over_its_limit_or_cut_short_is_refused() {
    let long = raw_join(1, 1, 4, &[]);
    assert!(long.len() > MAX_JOIN);
    assert_eq!(
        Join::from_bytes(&long),
        Err(EnvelopeError::TooLarge("join"))
    );
    let join = join();
    for length in 0..join.bytes().len() {
        assert!(Join::from_bytes(&join.bytes()[..length]).is_err());
    }
}

#[test]
fn two_devices_on_one_single_invitation_freeze_it_and_one_device_twice_does_not() {
    let one = join();
    let again = join_as(&keys(1), &device(2), "Another name");
    let other = join_as(&keys(1), &device(3), "Sam");
    assert!(!is_frozen([]));
    assert!(!is_frozen([&one, &again]));
    assert!(is_frozen([&one, &again, &other]));
}

#[test]
fn six_words_say_both_keys_the_invitation_and_the_head() {
    let request = *join().request();
    let own = six_numbers(&request);
    assert!(own.iter().all(|number| *number < 2048));
    assert_eq!(own, six_numbers(&request));
    let mut other = [request; 4];
    other[0].device = DevicePublic([0; 32]);
    other[1].encryption = EncryptionPublic([0; 32]);
    other[2].invitation = [0; 16];
    other[3].roster_head = ActHash([0; 32]);
    for other in other {
        assert_ne!(own, six_numbers(&other));
    }
    // What differs between a relay's hash and these bits is nothing that a person sees.
    let mut later = request;
    later.at += 1;
    assert_eq!(own, six_numbers(&later));
}

#[cfg(feature = "words")]
#[test]
fn six_words_are_lines_of_the_list() {
    use veldpost_envelope::{invitation::six_words, words::word};
    let request = *join().request();
    let words = six_numbers(&request).map(|number| word(number).unwrap());
    assert_eq!(six_words(&request), words);
}

#[test]
fn nothing_secret_is_printed() {
    let own = keys(1);
    let printed = format!("{own:?} {:?} {:?}", welcome(), join());
    for secret in [own.relay_token(), own.join_key(), own.label_key()] {
        assert!(!printed.contains(&to_hex(&secret.bytes()[..4])));
        assert!(!printed.contains(&format!("{}, {}", secret.bytes()[0], secret.bytes()[1])));
    }
    assert!(!printed.contains("Sam"));
}

proptest! {
    #[test]
    fn random_bytes_are_refused_quietly(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let own = keys(1);
        prop_assert!(own.open_welcome(&bytes).is_err());
        prop_assert!(Join::from_bytes(&bytes).is_err());
        // Behind a seal that holds, too: whoever has the link may be hostile.
        prop_assert!(raw_welcome(&bytes[..bytes.len().min(512)]).is_err());
    }

}
