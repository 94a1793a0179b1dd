#!/usr/bin/env python3
"""Reads letters.json by docs/format.md alone, sharing no code with Veldpost but with read.py beside it.

    pip install cbor2 cryptography pynacl && python3 read_letters.py

It makes the keys of the test devices again (SplitMix64, seed 2027), then hashes, verifies and opens everything, and
says of each vector that must be refused why it is.
"""
import base64, json, pathlib, re, sys, zlib
import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from nacl.exceptions import CryptoError
from read import canonical, derive, hpke_open, keypair, label, loads, raw, seeded, sha, verify, xopen

HERE = pathlib.Path(__file__).parent
TEXT = json.loads((HERE / "letters.json").read_text())
V = {name: bytes.fromhex(value) for name, value in TEXT.items() if not name.startswith("why-")}
WHY = {name[4:]: value for name, value in TEXT.items() if name.startswith("why-")}

source = seeded(2027)
fill = lambda: b"".join(next(source) for _ in range(4))
device = lambda: (ed25519.Ed25519PrivateKey.from_private_bytes(fill()), keypair(fill()))
FOUNDER, SECOND, WORKER, DESK = device(), device(), device(), device()
TSK, CK, SECRET, OTHER, REGION, HEAD = (fill() for _ in range(6))
INVITATION, AT = bytes([0x1A] * 16), 1794600000000
dsk = lambda of: raw(of[0])


class Refused(Exception):
    pass


def check(holds, why):
    if not holds:
        raise Refused(why)


def holds(key, use, digest, signature):
    try:
        verify(key, use, digest, signature)
    except InvalidSignature:
        raise Refused("does not verify: signature") from None


# Blobs.
def open_blob(data):
    assert len(data) <= 262144
    blob = loads(data)
    assert blob[:3] == [1, REGION, 2] and len(blob) == 6
    try:
        packed = xopen(blob[5], label("settings") + canonical(blob[:4]), blob[4], derive(TSK, label("settings") + bytes([blob[3]])))
    except CryptoError:
        raise Refused("does not verify: seal") from None
    return blob[3], loads(zlib.decompress(packed, -15))


campaign = [bytes([0x11] * 16), "Telling 2026", "2026-11-12", ["ethos-count", "1"], ["minors"], AT, None, [bytes([0x33] * 16)]]
assert open_blob(V["blob-settings"]) == (1, [
    "Enschede", [campaign], [[bytes([0x33] * 16), "Leger des Heils"]], [["Stationsplein", "enschede"]], [[dsk(FOUNDER), "Noor"]]])
assert open_blob(V["blob-form"]) == (2, [
    "ethos-count", "2", "type,name\ntext,remark\n", "list_name,name\n", "form_id\nethos-count\n"])
assert open_blob(V["blob-cards"]) == (3, [[["cold", "Kou", "Bel 112 bij onderkoeling.", "2026-10-01", "GGD"]]])
assert open_blob(V["blob-snapshot"]) == (4, [bytes([0x11] * 16), 1, AT, [["ethos", "category,total\n1,4\n"]]])


# Invitation.
def unbase64(part, text):
    check("=" not in text, f"{part}: padded")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    check(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text, f"{part}: spare bits are set")
    return data


def read_link(text):
    letter, *parts = text.split(".")
    assert letter == "j" and len(parts) == 4
    region, relay, invitation, secret = (unbase64(p, t) for p, t in zip(("region", "relay", "id", "secret"), parts))
    assert (len(region), len(invitation), len(secret)) == (32, 16, 32)
    assert not relay or re.fullmatch(rb"https://[a-z0-9.-]+(:[1-9][0-9]*)?|http://localhost(:[1-9][0-9]*)?", relay)
    return region, relay.decode(), invitation, secret


assert read_link(V["link"].decode()) == (REGION, "https://relay.example:8443", INVITATION, SECRET)
assert read_link(V["link-own-origin"].decode()) == (REGION, "", INVITATION, SECRET)
assert len(V["link-own-origin"]) == 113
follow = lambda secret, use: derive(secret, label(use) + REGION + INVITATION)
TOKEN, JOIN, LABEL = follow(SECRET, "relay"), follow(SECRET, "join"), follow(SECRET, "label")
assert (TOKEN, JOIN, LABEL) == (V["relay-token"], V["join-key"], V["label-key"])
mac = lambda key, use, data: derive(key, label(use) + sha(data))


def unpad(plain):
    """The record in front; all behind it is zero."""
    for end in range(1, len(plain) + 1):
        if not any(plain[end:]):
            try:
                return loads(plain[:end])
            except (cbor2.CBORDecodeError, AssertionError):
                pass
    raise AssertionError("no record")


def open_padded(data, aad, length):
    assert len(data) == 24 + length + 16
    plain = xopen(data[24:], aad, data[:24], LABEL)
    assert len(plain) == length
    return unpad(plain)


assert open_padded(V["welcome"], label("welcome") + REGION + INVITATION, 512) == [1, 2, TSK, "Enschede", "Noor", None]


def read_join(data):
    assert len(data) <= 1024
    body, proof, signature = loads(data)
    b = loads(body)
    assert b[:4] == [1, 1, REGION, INVITATION] and len(b) == 10
    holds(b[4], "join-request", sha(label("join-request"), body, proof), signature)
    check(proof == mac(JOIN, "join-proof", body), "does not verify: proof")
    return b


join = read_join(V["join"])
assert join[4:8] == [dsk(WORKER), raw(WORKER[1]), 7, HEAD] and join[9] == AT
assert open_padded(join[8], label("name") + REGION + INVITATION + dsk(WORKER), 128) == ["Sam, ploeg 3"]
bits = f"{int.from_bytes(sha(label('sas'), canonical([join[4], join[5], INVITATION, join[7]])), 'big'):0256b}"
words = (HERE / "../../src/words/nl.txt").read_text().splitlines()
assert " ".join(words[int(bits[n:n + 11], 2)] for n in range(0, 66, 11)) == V["six-words"].decode()


# Entries, whole and bare.
def sequence(data):
    """CBOR items one after the other, each with its own bytes."""
    found, start = [], 0
    while start < len(data):
        end = next(e for e in range(start + 1, len(data) + 1) if whole(data[start:e]))
        found.append(loads(data[start:end]))
        start = end
    return found


def whole(data):
    try:
        return canonical(cbor2.loads(data)) == data
    except cbor2.CBORDecodeError:
        return False


def entry_hash(entry):
    body = entry[1] if len(entry) == 3 else sha(entry[1], entry[2])
    return sha(label("entry"), entry[0], body)


def read_kept(entry):
    if len(entry) != 3:
        check(len(entry[1]) in (0, 24), "malformed: nonce")
    else:
        assert len(entry[1]) == 32


def verify_run(run, of):
    prev = None
    for seq, entry in enumerate(run):
        read_kept(entry)
        h = loads(entry[0])
        assert h[:4] == [1, 1, REGION, 1] and h[6:8] == [seq, prev] and h[9] == HEAD
        prev = entry_hash(entry)
    holds(dsk(of), "entry", prev, run[-1][-1])
    opened = loads(run[0][2])
    assert opened[0] == dsk(of) and loads(run[0][0])[4] == sha(label("stream"), opened[0], b"\1", opened[1])[:16]
    return loads(run[0][0])[4], len(run) - 1, prev


version, region, inside, entries = loads(V["file"])
assert (version, region, inside) == (1, REGION, V["join"])
verify_run(sequence(entries), DESK)
run = sequence(V["run-with-bare"])
assert [len(entry) for entry in run] == [4, 4, 4, 3, 4] and canonical(run[3]) == V["entry-bare"]
STREAM, LAST, HASH = verify_run(run, WORKER)
ck_id, purpose, epoch, [[recipient, enc, ct]] = loads(run[1][2])
assert ck_id == sha(label("ck"), CK) and recipient == raw(WORKER[1])
assert hpke_open(WORKER[1], enc, ct, label("wrap-ck"), canonical([REGION, purpose, epoch, STREAM, ck_id])) == CK
padded = xopen(run[4][2], sha(run[4][0]), run[4][1], CK)
assert padded[0] == 0 and padded[5:5 + int.from_bytes(padded[1:5], "big")] == b"third"


# Objects: both coordinators coordinate count, at the one act that is held.
def read_ranges(found):
    places = []
    for first, last in found:
        check(first <= last and (not places or places[-1] + 1 < first), "malformed: ranges")
        places += range(first, last + 1)
    return places


def read_object(data):
    body, signature, attached = loads(data)
    b = loads(body)
    assert b[:2] == [1, 1] and b[3] == REGION and len(data) - len(attached or b"") <= 4096
    kind = {1: "receipt", 2: "checkpoint", 3: "erase"}[b[2]]
    rest = b[7:]
    if kind == "receipt":
        rest[3] = read_ranges(rest[3])
    elif kind == "erase":
        rest[1] = read_ranges(rest[1])
        assert rest[1] and 0 not in rest[1]
    holds(b[4], kind, sha(label(kind), body), signature)
    check(b[5] == HEAD, "made at an act that is not held")
    check(b[4] in (dsk(FOUNDER), dsk(SECOND)), "not allowed: not a coordinator of the purpose")
    return kind, b[4], b[6] - AT, rest, attached


assert read_object(V["receipt"]) == ("receipt", dsk(FOUNDER), 1000, [STREAM, LAST, HASH, []], None)
assert read_object(V["receipt-apart"]) == ("receipt", dsk(SECOND), 1000, [STREAM, LAST, HASH, [2, 4]], None)
assert read_object(V["receipt-shrunk"]) == ("receipt", dsk(SECOND), 2000, [STREAM, LAST, HASH, [4]], None)
kind, signer, later, [purpose, number, streams, heads], attached = read_object(V["checkpoint-attached"])
assert (kind, signer, later, purpose, number, streams) == ("checkpoint", dsk(FOUNDER), 3000, 1, 3, 2)
assert heads == sha(attached) and len(loads(attached)) == streams and [STREAM, LAST, HASH] in loads(attached)
assert loads(attached) == sorted(loads(attached))
assert loads(V["checkpoint"]) == loads(V["checkpoint-attached"])[:2] + [None]
assert read_object(V["erase"]) == ("erase", dsk(FOUNDER), 4000, [STREAM, [3], 2], None)


# What must be refused.
def read_token(data):
    check(sha(label("token"), data) == sha(label("token"), TOKEN), "wrong-token")


def why(name, reader):
    try:
        reader(V[name])
    except Refused as refused:
        return str(refused)
    raise AssertionError(f"{name} was taken")


READERS = {
    "link-padded": lambda data: read_link(data.decode()),
    "link-spare-bits": lambda data: read_link(data.decode()),
    "join-other-token": read_token,
    "join-proof-of-another": read_join,
    "receipt-by-a-worker": read_object,
    "receipt-unknown-head": read_object,
    "receipt-ranges-touch": read_object,
    "bare-four-fields": lambda data: read_kept(loads(data)),
    "blob-other-kind": open_blob,
}
assert {name: why(name, reader) for name, reader in READERS.items()} == WHY
assert V["join-other-token"] == follow(OTHER, "relay")
print(f"{len(V)} letters read", file=sys.stderr)
