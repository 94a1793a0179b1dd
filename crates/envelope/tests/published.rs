//! Published vectors, run through the very functions that the app uses (RFC 9180's and XChaCha's lie
//! beside their code).

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod support;

use argon2::{Algorithm, Argon2, AssociatedData, ParamsBuilder, Version};
use support::{hex, hex32};
use veldpost_envelope::secret::Secret;
use veldpost_envelope::unlock::{KdfParams, derive};
use veldpost_envelope::{DevicePublic, DeviceSigningKey, EnvelopeError};

/// RFC 8032 section 7.1, `TEST SHA(abc)`: its 64 bytes are our label and hash of 32 each.
#[test]
fn signatures_are_those_of_rfc_8032() {
    let seed = hex32("833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42");
    let key = DeviceSigningKey::from_seed(&Secret::copy_from(&seed));
    let public = hex32("ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf");
    assert_eq!(key.public().0, public);
    let label = hex("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a");
    let hash = hex32("2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    let signature = key.sign(&label, &hash);
    assert_eq!(
        signature.to_vec(),
        hex(
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589
             09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        )
    );
    key.public().verify(&label, &hash, &signature).unwrap();
}

/// A public key and an `R` of small order with `S = 0` satisfy the lax equation for every message.
#[test]
fn a_signature_that_fits_every_message_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    assert_eq!(
        DevicePublic(identity).verify(b"any", &[0; 32], &signature),
        Err(EnvelopeError::Forged("signature"))
    );
}

/// RFC 9106 section 5.3.
#[test]
fn argon2id_is_the_one_of_rfc_9106() {
    let params = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let argon2 =
        Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let mut tag = [0; 32];
    argon2
        .hash_password_into(&[1; 32], &[2; 16], &mut tag)
        .unwrap();
    assert_eq!(
        tag,
        hex32("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659")
    );
}

/// Made with another implementation (the reference C code, by Python's argon2-cffi).
#[test]
fn our_parameters_give_what_the_reference_code_gives() {
    let words = "appel fiets kaars molen tafel";
    let salt: [u8; 16] = core::array::from_fn(|index| index as u8);
    for (params, expected) in [
        (KdfParams::FLOOR, FLOOR_TAG),
        (KdfParams::STANDARD, STANDARD_TAG),
    ] {
        assert_eq!(
            *derive(words, salt, params).unwrap().secret().bytes(),
            hex32(expected)
        );
    }
}

const FLOOR_TAG: &str = "b8754138e997b37674f78b0a3c01de4530a078decc2833fd556c4a1a71b9a2fb";

const STANDARD_TAG: &str = "d56ca86c14784d59cd7464df926164bfaa5b7cb169bc1045016724462d158bc5";
