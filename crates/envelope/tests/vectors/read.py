#!/usr/bin/env python3
"""Reads format.json by docs/format.md alone, sharing no code with Veldpost.

    pip install cbor2 cryptography pynacl && python3 read.py

It makes the keys of the test device again (SplitMix64, seed 2026), then hashes, verifies and opens everything.
"""
import hashlib, hmac, json, pathlib, struct, sys, zlib
import cbor2
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as xopen

V = {k: bytes.fromhex(v) for k, v in json.loads((pathlib.Path(__file__).parent / "format.json").read_text()).items()}
label = lambda use: b"veldpost/1/" + use.encode() + b"\0"
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
canonical = lambda value: cbor2.dumps(value, canonical=True)


def extract(salt, ikm):
    return hmac.new(salt or bytes(32), ikm, hashlib.sha256).digest()


def expand(prk, info, length):
    out, block, n = b"", b"", 0
    while len(out) < length:
        n += 1
        block = hmac.new(prk, block + info + bytes([n]), hashlib.sha256).digest()
        out += block
    return out[:length]


derive = lambda secret, info: expand(extract(b"", secret), info, 32)

KEM, SUITE = b"KEM" + struct.pack(">H", 0x20), b"HPKE" + struct.pack(">HHH", 0x20, 1, 3)
lex = lambda suite, salt, name, ikm: extract(salt, b"HPKE-v1" + suite + name + ikm)
lexp = lambda suite, prk, name, info, n: expand(prk, struct.pack(">H", n) + b"HPKE-v1" + suite + name + info, n)
raw = lambda key: key.public_key().public_bytes_raw()


def keypair(ikm):
    return x25519.X25519PrivateKey.from_private_bytes(lexp(KEM, lex(KEM, b"", b"dkp_prk", ikm), b"sk", b"", 32))


def schedule(dh, enc, recipient, info):
    shared = lexp(KEM, lex(KEM, b"", b"eae_prk", dh), b"shared_secret", enc + recipient, 32)
    context = b"\0" + lex(SUITE, b"", b"psk_id_hash", b"") + lex(SUITE, b"", b"info_hash", info)
    secret = lex(SUITE, shared, b"secret", b"")
    return lexp(SUITE, secret, b"key", context, 32), lexp(SUITE, secret, b"base_nonce", context, 12)


def hpke_open(private, enc, ct, info, aad):
    dh = private.exchange(x25519.X25519PublicKey.from_public_bytes(enc))
    key, nonce = schedule(dh, enc, raw(private), info)
    return ChaCha20Poly1305(key).decrypt(nonce, ct, aad)


def hpke_seal(recipient, plain, info, aad, ikm):
    eph = keypair(ikm)
    dh = eph.exchange(x25519.X25519PublicKey.from_public_bytes(recipient))
    key, nonce = schedule(dh, raw(eph), recipient, info)
    return [recipient, raw(eph), ChaCha20Poly1305(key).encrypt(nonce, plain, aad)]


def seeded(state):
    while True:
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % 2**64
        yield struct.pack("<Q", z ^ (z >> 31))


source = seeded(2026)
fill = lambda: b"".join(next(source) for _ in range(4))
DSK = ed25519.Ed25519PrivateKey.from_private_bytes(fill())
DEK, LVK, LOCAL, CK, UNLOCK = keypair(fill()), fill(), fill(), fill(), fill()
verify = lambda key, use, digest, signature: ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, label(use) + digest)


def loads(data):
    value = cbor2.loads(data)
    assert canonical(value) == data, "not canonical"
    return value


# Genesis: hash, signature, wraps, all made again.
body, signer, signature = loads(V["genesis"])
region = sha(label("roster"), body)
assert region == V["region"]
verify(signer, "roster", region, signature)
g = loads(body)
assert g[:7] == [1, 1, 1, None, 0, None, 1794500000000] and g[7] == 2 and g[8] == signer
rrk, rsk, devices, epochs, settings = g[8:13]
assert devices == [[raw(DSK), raw(DEK), [1, 17, 18, 19, 20]]] and [e[0] for e in epochs] == [1, 2, 3, 4]
for purpose, epoch, epk, wraps in epochs:
    aad = canonical([rrk, purpose, epoch, epk])
    [own] = [w for w in wraps if w[0] == raw(DEK)]
    esk = hpke_open(DEK, own[1], own[2], label("wrap-epoch"), aad)
    assert raw(x25519.X25519PrivateKey.from_private_bytes(esk)) == epk
    assert {w[0] for w in wraps} == {raw(DEK), rsk}
    for w in wraps:
        assert w == hpke_seal(w[0], esk, label("wrap-epoch"), aad, derive(esk, label("wrap-epoch") + w[0]))
    if purpose == 1:
        count_epoch = x25519.X25519PrivateKey.from_private_bytes(esk)
number, wraps = settings
aad = canonical([rrk, number])
[own] = [w for w in wraps if w[0] == raw(DEK)]
tsk = hpke_open(DEK, own[1], own[2], label("wrap-settings"), aad)
for w in wraps:
    assert w == hpke_seal(w[0], tsk, label("wrap-settings"), aad, derive(tsk, label("wrap-settings") + w[0]))

# The kit.
CHARS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def bech32m(text):
    hrp, data = text.split("1")
    values = [CHARS.index(c) for c in data]
    check = 1
    for v in [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp] + values:
        top, check = check >> 25, ((check & 0x1FFFFFF) << 5) ^ v
        for bit, generator in enumerate([0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3]):
            check ^= generator if top >> bit & 1 else 0
    assert hrp == "vp" and check == 0x2BC830A3
    bits = "".join(f"{v:05b}" for v in values[:-6])
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits) - 7, 8))


rows = [bech32m(V[f"kit-{n}"].decode()) for n in range(1, 5)]
content = b"".join(row[4:] for row in rows)
for n, row in enumerate(rows, 1):
    assert row[0] == 0x10 | n and row[1:4] == sha(label("kit"), content)[:3]
assert raw(ed25519.Ed25519PrivateKey.from_private_bytes(content[:32])) == rrk
assert raw(x25519.X25519PrivateKey.from_private_bytes(content[32:64])) == rsk and content[64:] == region

# Entries.


def digest(entry):
    header, nonce, body, _ = entry
    return sha(label("entry"), header, sha(nonce, body))


CLASSES = [512, 768, 1024, 2048, 4096, 8192, 16384, 32768, 65536]


def open_entry(entry):
    header, nonce, body, _ = entry
    h = loads(header)
    padded = xopen(body, sha(header), nonce, CK)
    assert len(padded) == CLASSES[h[11]] and h[8] == sha(label("ck"), CK)
    length = struct.unpack(">I", padded[1:5])[0]
    data, zeros = padded[5:5 + length], padded[5 + length:]
    assert not any(zeros)
    return zlib.decompress(data, -15) if padded[0] == 1 else data


run = [loads(V[f"entry-{name}"]) for name in ("0-stream-open", "1-content-key", "2-sealed", "3-sealed", "4-sealed")]
prev = None
for seq, entry in enumerate(run):
    h = loads(entry[0])
    assert h[:4] == [1, 1, region, 1] and h[5] == 1 and h[6:8] == [seq, prev] and h[9] == region
    prev = digest(entry)
verify(raw(DSK), "entry", prev, run[-1][3])
dsk, random16, purpose, invitation, continues = loads(run[0][2])
stream = loads(run[0][0])[4]
assert dsk == raw(DSK) and stream == sha(label("stream"), dsk, bytes([purpose]), random16)[:16]
verify(dsk, "entry", digest(run[0]), run[0][3])
ck_id, purpose, epoch, wraps = loads(run[1][2])
aad = canonical([region, purpose, epoch, stream, ck_id])
for private, (recipient, enc, ct) in zip((count_epoch, DEK), wraps):
    assert recipient == raw(private) and hpke_open(private, enc, ct, label("wrap-ck"), aad) == CK
payloads = [V["payload-create"], V["payload-amend"], V["payload-withdraw"]]
assert [open_entry(e) for e in run[2:]] == payloads
create = loads(payloads[0])
assert create[:2] == [2, 1] and create[5] == 1
assert create[6][1] == {"living_situation": "rough_sleeping", "municipality_stay": "enschede", "minors_direct": [{"birth_year": "2019"}]}
carried = loads(V["entry-carried"])
assert loads(carried[0])[12] == 3 and carried[2] == V["entry-5-deflated"] and open_entry(loads(carried[2])) == b"x" * 3000

# The device.
assert loads(V["device-secrets"]) == [1, DSK.private_bytes_raw(), LOCAL, [1, tsk]]
for name, key in (("vault", derive(UNLOCK, label("unlock"))), ("vault-own-key", derive(LOCAL, label("own-key")))):
    wrap = loads(V[name])
    assert wrap[2:4] == [region, raw(DEK)]
    dek, lvk = loads(xopen(wrap[6], canonical(wrap[:5]), wrap[5], key))
    assert raw(x25519.X25519PrivateKey.from_private_bytes(dek)) == raw(DEK) and lvk == LVK
wrap = loads(V["vault-kit"])
assert wrap[:4] == [1, region, raw(DEK), rsk]
RSK = x25519.X25519PrivateKey.from_private_bytes(content[32:64])
dek, lvk = loads(hpke_open(RSK, wrap[4], wrap[5], label("wrap-vault"), canonical(wrap[:4])))
assert raw(x25519.X25519PrivateKey.from_private_bytes(dek)) == raw(DEK) and lvk == LVK
assert loads(V["vault"])[4] == [65536, 3, 1, bytes([9] * 16)]


def open_row(data, key, aad):
    assert data[0] == 1
    return xopen(data[25:], aad, data[1:25], key)


assert open_row(V["local-stub"], derive(LOCAL, label("local-stub")), label("local-stub") + b"row") == b"stub"
assert open_row(V["draft-local"], derive(LOCAL, label("local-draft")), label("local-draft") + b"draft") == b"typed"
version, recipient, enc, ct = loads(V["draft-vault"])
assert recipient == raw(DEK) and hpke_open(DEK, enc, ct, label("draft"), b"draft") == b"typed"
block = open_row(V["block"], derive(LVK, label("vault") + b"\1"), label("block") + b"\1\1" + bytes([8] * 16))
assert loads(zlib.decompress(block, -15)) == [[stream, n, p] for n, p in enumerate(payloads, 2)]
print(f"{len(V)} vectors read", file=sys.stderr)
