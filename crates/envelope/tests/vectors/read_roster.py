#!/usr/bin/env python3
"""Reads roster.json by docs/format.md alone, sharing no code with Veldpost.

    pip install cbor2 cryptography pynacl && python3 read_roster.py

It makes the keys of the five phones again (SplitMix64, seed 2027), goes up the chain, keeps its own account of who is a
member with which role, makes every wrap again, and finds in each refused act the fault that it is named after.
"""
import json, pathlib, sys
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from read import canonical, derive, hpke_open, hpke_seal, keypair, label, loads, raw, seeded, sha, verify

TEXT = json.loads((pathlib.Path(__file__).parent / "roster.json").read_text())
V = {k: bytes.fromhex(v) for k, v in TEXT.items() if not k.startswith("reason-")}
REFUSED = {k[7:]: v for k, v in TEXT.items() if k.startswith("reason-")}
ADMIN, COUNT = 4, 1

source = seeded(2027)
fill = lambda: b"".join(next(source) for _ in range(4))
PHONES = [(ed25519.Ed25519PrivateKey.from_private_bytes(fill()), keypair(fill())) for _ in range(5)]
FOUNDER, SECOND, WORKER, DESK, FRESH = [(raw(dsk), raw(dek)) for dsk, dek in PHONES]
OWN = {raw(dek): dek for _, dek in PHONES}

genesis = V["roster-genesis"]
body, signer, signature = loads(genesis)
region = sha(label("roster"), body)
verify(signer, "roster", region, signature)
g = loads(body)
assert g[:8] == [1, 1, 1, None, 0, None, 1794500000000, 2] and g[8] == signer
root, rrk, rsk = g[8], g[8], g[9]

members = {dsk: (dek, set(roles)) for dsk, dek, roles in g[10]}
removed, epochs, settings, secrets, ended = {}, {}, {}, {}, set()
invites, stages, snapshots = {}, {}, {}


def purpose_of(role):
    return {1: 1, 2: 2, 3: 3, 4: 1}.get(role, role - 16 if 17 <= role <= 20 else ADMIN)


coordinates = lambda dsk, purpose: dsk in members and 16 + purpose in members[dsk][1]
coordinators = lambda purpose: {dek for dek, roles in members.values() if 16 + purpose in roles}


def open_and_remake(name, aad, info, wraps):
    """Whoever has a phone's key opens the secret; then every wrap must be the one that it makes."""
    for recipient, enc, ct in wraps:
        if recipient in OWN and name not in secrets:
            secrets[name] = hpke_open(OWN[recipient], enc, ct, info, aad)
    secret = secrets[name]
    for wrap in wraps:
        assert wrap == hpke_seal(wrap[0], secret, info, aad, derive(secret, info + wrap[0])), name
    return secret


def check_epoch(purpose, epoch, epk, wraps):
    secret = open_and_remake((purpose, epoch), canonical([root, purpose, epoch, epk]), label("wrap-epoch"), wraps)
    assert raw(x25519.X25519PrivateKey.from_private_bytes(secret)) == epk


def begin(new):
    for purpose, epoch, epk, wraps in new:
        assert epoch == max((e for p, e in epochs if p == purpose), default=0) + 1
        assert {w[0] for w in wraps} == coordinators(purpose) | {rsk} and len({w[0] for w in wraps}) == len(wraps)
        epochs[purpose, epoch] = epk
        check_epoch(purpose, epoch, epk, wraps)


def bring(n, wraps):
    newest = max(settings, default=0)
    assert n in (newest, newest + 1) and {w[0] for w in wraps} <= {dek for dek, _ in members.values()} | {rsk}
    assert n == newest or rsk in {w[0] for w in wraps}
    settings.setdefault(n, set()).update(w[0] for w in wraps)
    open_and_remake(n, canonical([root, n]), label("wrap-settings"), wraps)


def add(dsk, dek, roles, invitation, join, words, held, keys):
    assert dsk not in removed and (invitation is None or invitation in invites)
    assert words or (max(roles) <= 4 and invites[invitation][0] != 1)
    for purpose, epoch, wrap in held:
        assert 16 + purpose in roles and wrap[0] == dek
        check_epoch(purpose, epoch, epochs[purpose, epoch], [wrap])
    for n, wrap in keys:
        assert wrap[0] == dek
        open_and_remake(n, canonical([root, n]), label("wrap-settings"), [wrap])
    assert max(settings) in {n for n, _ in keys} or dek in settings[max(settings)]
    for role in roles:
        if role > 16:
            assert max(e for p, e in epochs if p == role - 16) in {e for p, e, _ in held if p == role - 16} or not held
    members[dsk] = (dek, set(roles))


def remove(gone):
    for dsk, why, streams in gone:
        removed[dsk] = streams
        members.pop(dsk)


begin(g[11])
bring(*g[12])


def signed(act):
    """Frame, head, hash, signature."""
    body, signer, signature = loads(act)
    digest = sha(label("roster"), body, signer)
    verify(signer, "roster", digest, signature)
    return loads(body), body, signer, digest


def invite(fields, body, signer):
    id, form, roles, uses, ends, token, organisation, proof = fields
    secret = id * 2
    from_secret = lambda use: derive(secret, label(use) + region + id)
    assert token == sha(label("token"), from_secret("relay"))
    before = b"".join(canonical(field) for field in loads(body)[:-1])
    assert proof == derive(from_secret("join"), label("invite") + sha(before))[:16]
    assert all(coordinates(signer, purpose_of(role)) for role in roles) and id not in invites
    assert uses == 1 if form == 1 else 2 <= uses <= 1000 and max(roles) <= 4
    assert ends <= 1794500000000 + 90 * 86400000
    invites[id] = [form, roles, None]


def stage(campaign, number, checkpoint, signer):
    assert coordinates(signer, COUNT) and (checkpoint is not None) == (number == 4)
    last = stages.get(campaign, 0)
    assert (last, number) in {(0, 1), (0, 2), (1, 2), (2, 3), (2, 4), (3, 4), (4, 5)}
    assert number != 2 or len(coordinators(COUNT)) >= 2, "not ready"
    assert number != 5 or campaign in snapshots
    stages[campaign] = number


def recover(fields):
    global rrk, rsk
    device, gone, new, keys, new_rrk, new_rsk, older = fields
    # The device is a member when the new epochs are sealed; its held ones are checked afterwards.
    before = dict(epochs)
    remove(gone)
    rrk, rsk = new_rrk, new_rsk
    members[device[0]] = (device[1], set(device[2]))
    begin(new)
    bring(*keys)
    every = {name for name in before if name not in ended}
    for held, key in ((device[6], device[1]), (older, rsk)):
        assert {(p, e) for p, e, _ in held} == every and all(w[0] == key for _, _, w in held)
        for purpose, epoch, wrap in held:
            check_epoch(purpose, epoch, epochs[purpose, epoch], [wrap])
    for n, wrap in device[7]:
        open_and_remake(n, canonical([root, n]), label("wrap-settings"), [wrap])
    assert {17, 18, 19, 20} <= set(device[2])


def take(name, act):
    """Asserts what the table of section 13 asks of each kind."""
    value, body, signer, digest = signed(act)
    kind, fields = value[2], value[7:]
    assert signer == rrk if kind == 11 else signer in members, "signer"
    assert len(act) <= (65536 if kind in (3, 4, 5, 11) or kind > 12 else 300), "length"
    if kind == 2:
        invite(fields, body, signer)
    elif kind == 3:
        for added in fields[0]:
            assert all(coordinates(signer, purpose_of(role)) for role in added[2])
            add(*added)
    elif kind == 4:
        mine = {p for p in range(1, 5) if coordinates(signer, p)}
        assert {e[0] for e in fields[1]} == mine and signer not in {r[0] for r in fields[0]}
        remove(fields[0])
        begin(fields[1])
        bring(*fields[2])
    elif kind == 5:
        assert all(coordinates(signer, e[0]) for e in fields[0] + fields[2])
        for purpose, epoch, _ in fields[2]:
            assert epoch < max(e for p, e in epochs if p == purpose)
            ended.add((purpose, epoch))
        begin(fields[0])
        if fields[1] is not None:
            bring(*fields[1])
    elif kind in (6, 8, 9):
        assert coordinates(signer, ADMIN)
        assert len(fields) == {6: 2, 8: 3, 9: 2}[kind]
    elif kind == 7:
        stage(*fields, signer)
    elif kind == 10:
        campaign, version, checkpoint, n, blob = fields
        assert coordinates(signer, COUNT) and version == snapshots.get(campaign, 0) + 1
        snapshots[campaign] = version
    elif kind == 11:
        recover(fields)
    elif kind == 12:
        id, why = fields
        assert any(coordinates(signer, purpose_of(role)) for role in invites[id][1])
        invites[id][2] = why
    else:
        assert name == "act-unknown-kind" and kind == 77 and coordinates(signer, ADMIN)
    return digest


def faulty(name, act, head, height):
    """The fault that a refused act is named after, and no other in its chain."""
    value, _, signer, _ = signed(act)
    fits = value[3] == region and value[4] == height and value[5] == head
    member, kind, fields = signer in members, value[2], value[7:]
    if name == "act-wrong-height":
        return value[4] == height + 1 and value[3] == region and member
    if name == "act-other-region":
        return value[3] != region and value[4] == height and member
    if name == "act-not-a-member":
        return fits and not member and signer == WORKER[0]
    if name == "act-301-bytes":
        return fits and member and kind == 9 and len(act) == 301
    if name == "act-wrong-role":
        return fits and member and kind == 8 and not coordinates(signer, ADMIN)
    if name == "act-wraps-miss-rsk":
        missing = [{w[0] for w in e[3]} == coordinators(e[0]) for e in fields[0]]
        return fits and member and kind == 5 and missing == [True, False]
    if name == "act-stage-not-ready":
        return fits and member and kind == 7 and fields[1] == 2 and len(coordinators(COUNT)) < 2
    return False


chain = {}
for name, act in V.items():
    if name.startswith("act-") and name not in REFUSED:
        chain[signed(act)[0][4]] = (name, act)
head, found, taken = region, set(), genesis
for height in range(1, len(chain) + 1):
    for name in REFUSED:
        if signed(V[name])[0][5] == head:
            assert faulty(name, V[name], head, height), name
            found.add(name)
    name, act = chain[height]
    value = signed(act)[0]
    assert value[:2] == [1, 1] and value[3:6] == [region, height, head], name
    head = take(name, act)
    taken += act
    for whole, last in (("roster-grown-from-one", "act-device-add-coordinator"), ("roster-ready", "act-stage-2")):
        assert name != last or V[whole] == taken
assert found == set(REFUSED)
assert FOUNDER[0] in removed and WORKER[0] in removed and len(members) == 131 and {SECOND[0], DESK[0], FRESH[0]} <= set(members)
assert [s[1:] for s in removed[WORKER[0]]] == [[12, bytes([0x71] * 32)], [3, bytes([0x72] * 32)]]
assert stages == {bytes([0x11] * 16): 5} and invites[bytes([0xE1] * 16)][2] == 3 and ended == {(1, 1)}
assert {p: max(e for q, e in epochs if q == p) for p in range(1, 5)} == {1: 3, 2: 3, 3: 4, 4: 4}

# The same body by another signer is another act.
value, body, signer, digest = signed(V["act-release"])
assert sha(label("roster"), body, SECOND[0]) != digest
try:
    verify(SECOND[0], "roster", digest, loads(V["act-release"])[2])
    raise AssertionError("verifies under another key")
except InvalidSignature:
    pass
print(f"{len(V)} roster vectors read", file=sys.stderr)
