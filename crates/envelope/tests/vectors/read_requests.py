#!/usr/bin/env python3
"""Reads requests.json by docs/format.md (sections 18 and 19) alone, sharing no code with Veldpost.

    pip install cbor2 cryptography pynacl && python3 read_requests.py

It makes the keys of the founder (seed 2026) and of the worker (seed 2027) again, then hashes, verifies and reads everything.
"""
import base64, io, json, pathlib, re, struct, sys
import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from read import DSK as FOUNDER, canonical, label, loads, raw, region, seeded, sha, verify

V = {k: bytes.fromhex(v) for k, v in json.loads((pathlib.Path(__file__).parent / "requests.json").read_text()).items()}
AT = 1_794_600_000_000
source = seeded(2027)
WORKER = ed25519.Ed25519PrivateKey.from_private_bytes(b"".join(next(source) for _ in range(4)))
url = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()
std = lambda data: base64.b64encode(data).decode()


def unurl(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    assert url(data) == text, "another form"
    return data


def sequence(data):
    """Items one after the other (RFC 8742), each canonical."""
    stream, items = io.BytesIO(data), []
    while stream.tell() < len(data):
        start = stream.tell()
        value = cbor2.CBORDecoder(stream, read_size=1).decode()
        items.append(value)
        assert canonical(value) == data[start:stream.tell()], "not canonical"
    return items


# Entries: whole or bare, their hashes and runs.
def body_hash(entry):
    return entry[1] if len(entry) == 3 else sha(entry[1], entry[2])


digest = lambda entry: sha(label("entry"), entry[0], body_hash(entry))


def runs(entries):
    found = []
    for entry in entries:
        h = loads(entry[0])
        at = (h[4], h[6])
        if not found or found[-1][0] != (at[0], at[1] - 1):
            found.append([at, []])
        found[-1][0] = at
        found[-1][1].append(entry)
    return [run for _, run in found]


def check_run(run, prev=None):
    for entry in run:
        h = loads(entry[0])
        assert h[2] == region and h[7] == prev
        prev = digest(entry)
    verify(raw(WORKER), "entry", prev, run[-1][-1])
    return loads(run[0][0])[4], h[6] + 1, prev


count, signal = runs(sequence(V["push-two-streams"]))
heads = [check_run(count), check_run(signal)]
assert [loads(run[0][0])[3] for run in (count, signal)] == [1, 2]
for run in (count, signal):
    dsk, random16, purpose, *_ = loads(run[0][2])
    assert dsk == raw(WORKER) and sha(label("stream"), dsk, bytes([purpose]), random16)[:16] == loads(run[0][0])[4]

# What coordinators say.
subjects = {
    "judgement-device": (16, [1, raw(WORKER)], [1, [], "Gebeld, het klopt"]),
    "judgement-range": (16, [2, heads[0][0], 1, 2], [2, [b"\x61" * 16], "Gebeld, het klopt"]),
    "judgement-invitation": (16, [3, b"\x77" * 16], [2, [b"\x61" * 16, b"\x62" * 16], "Gebeld, het klopt"]),
    "judgement-record": (16, [4, b"\x55" * 16], [1, [], "Gebeld, het klopt"]),
    "clock": (17, [2, heads[0][0], 1, None], [-7_200_000, []]),
    "invitation-secret": (18, [3, b"\x77" * 16], [b"\x5e" * 32, "Avond 27 november"]),
    "name": (19, [1, raw(WORKER)], ["Joke, ploeg 3", [b"\x60" * 16]]),
    "counts-for": (23, [5, b"\x44" * 16], [b"\x33" * 16, []]),
    "counts-for-none": (23, [5, b"\x44" * 16], [None, [b"\x77" * 16]]),
}
for number, (name, (kind, subject, rest)) in enumerate(subjects.items()):
    record = sha(label("subject"), canonical([kind, subject]))[:16]
    assert loads(V[name]) == [kind, 1, record, bytes([0x70 + number] * 16), (AT + number) << 16, 4, [subject, *rest]], name

# A signed call.
ask = V["request-body"]
assert loads(ask) == [region, 40, 8, [[stream, after] for stream, after, _ in heads]]
lines = dict(line.split(": ", 1) for line in V["request-headers"].decode().splitlines())
assert list(lines) == ["content-digest", "signature-input", "signature"]
assert lines["content-digest"] == f"sha-256=:{std(sha(ask))}:"
params = (
    '("@method" "@authority" "@path" "@query" "content-digest")'
    f';created={AT // 1000};nonce="{url(bytes([0x5A] * 16))}";keyid="{url(raw(WORKER))}";alg="ed25519";tag="veldpost/1/req"'
)
assert lines["signature-input"] == "sig=" + params
base = f'"@method": POST\n"@authority": relay.example\n"@path": /v1/pull\n"@query": ?\n"content-digest": {lines["content-digest"]}\n"@signature-params": {params}'
assert V["request-base"].decode() == base
signature = base64.b64decode(re.fullmatch("sig=:(.*):", lines["signature"])[1], validate=True)
WORKER.public_key().verify(signature, base.encode())
try:
    WORKER.public_key().verify(signature, base.replace("pull", "heads").encode())
    sys.exit("a signature over another path holds")
except InvalidSignature:
    pass

# RFC 9421 appendix B.2.6, as published.
d = unurl("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU")
published = '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"'
text = (
    '"date": Tue, 20 Apr 2021 02:07:55 GMT\n"@method": POST\n"@path": /foo\n"@authority": example.com\n'
    f'"content-type": application/json\n"content-length": 18\n"@signature-params": {published}'
)
assert std(ed25519.Ed25519PrivateKey.from_private_bytes(d).sign(text.encode())) == (
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
)

# Answers.
incarnation = b"\x1c" * 16
state = lambda head, code=None, proof=None: [*head, code, proof]
assert loads(V["push-answer"]) == [1, incarnation, [state(head) for head in heads]]
problem = json.loads(V["push-conflict"])
assert problem["type"] == "urn:veldpost:problem:conflict" and (problem["status"], problem["code"]) == (409, "conflict")
version, same, states = loads(unurl(problem["answer"]))
proof = states[0][4]
assert (version, same) == (1, incarnation) and states == [state(heads[0], "conflict", proof), state(heads[1])]
kept = sequence(proof)
assert [len(entry) for entry in kept] == [3, 3] and check_run(kept, digest(count[0])) == (*heads[0][:1], *heads[0][1:])
problem = json.loads(V["problem-clock"])
assert (problem["status"], problem["code"], problem["now"]) == (401, "clock", AT) and "answer" not in problem

# Pages.
first, second = [loads(page) for page in sequence(V["page"])]
for page, upto in ((first, 43), (second, 47)):
    assert page[:9] == [1, incarnation, AT + 5, 1, 0, region, [], upto, 47]
    assert all(item[1] == AT for item in page[9])
assert [item[0] for item in first[9] + second[9]] == [41, 43, 44, 45, 47]
assert [item[2] for item in first[9] + second[9]] == [1, 2, 3, 4, 9]
assert sequence(first[9][0][3]) == count
body, signature, attached = loads(first[9][1][3])
head, stream, upto, hash_, apart = loads(body)
assert head == [1, 1, 1, region, raw(FOUNDER), region, AT] and (stream, upto + 1, hash_) == heads[0] and apart == [] and attached is None
verify(raw(FOUNDER), "receipt", sha(label("receipt"), body), signature)
assert loads(second[9][0][3]) == [1, b"stands for a join"]
stream, kept, offered = loads(second[9][1][3])
assert stream == heads[0][0] and kept == proof
assert check_run(sequence(offered), digest(count[0]))[:2] == heads[0][:2]
assert [digest(e) for e in sequence(offered)] != [digest(e) for e in sequence(kept)]
inbox = loads(V["page-inbox"])
assert inbox[:9] == [1, incarnation, AT + 5, 1, 0, region, [list(head) for head in heads], 47, 47] and inbox[9] == [first[9][1]]
rows = [[stream, raw(WORKER), purpose, after, hash_, AT + 1, says] for (stream, after, hash_), purpose, says in zip(heads, (1, 2), (4, None))]
assert loads(V["heads"]) == [1, incarnation, AT, sorted(rows), False]

# Refused.
try:
    cbor2.loads(V["page-cut"])
    sys.exit("a page that was cut is read")
except cbor2.CBORDecodeEOF:
    assert V["page-cut-why"] == b"malformed: cut short"
print(f"{len(V)} vectors of requests read", file=sys.stderr)
