"""The envelope: what goes in comes out, and nothing opens that was touched, moved or sealed for another row."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.storage.encryption import Keyring, SealBroken, Sealed, Vault

KEY = bytes(range(32))
ROW: dict[str, Any] = {"org_id": 1, "source_uid": UUID(int=7), "config_version": 3}
OTHERS: list[dict[str, Any]] = [{"org_id": 2}, {"source_uid": UUID(int=8)}, {"config_version": 4}]
VAULT = Vault(Keyring({"k1": KEY}))

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
configs = st.dictionaries(st.text(), values, max_size=5)


@given(configs, st.integers(min_value=1), st.uuids(), st.integers(min_value=1))
def test_what_is_sealed_opens_again(config: dict[str, Any], org_id: int, uid: UUID, version: int) -> None:
    row: dict[str, Any] = {"org_id": org_id, "source_uid": uid, "config_version": version}
    assert VAULT.open(VAULT.seal(config, **row), **row) == config


@given(st.data())
def test_any_flipped_bit_is_noticed(data: st.DataObject) -> None:
    sealed = VAULT.seal({"password": "s3cret"}, **ROW)
    part = data.draw(st.sampled_from(["wrapped_key", "ciphertext"]))
    changed = bytearray(getattr(sealed, part))
    bit = data.draw(st.integers(0, len(changed) * 8 - 1))
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SealBroken, match="seal_broken"):
        VAULT.open(_with(sealed, **{part: bytes(changed)}), **ROW)


@given(st.data())
def test_any_cut_is_noticed(data: st.DataObject) -> None:
    sealed = VAULT.seal({"password": "s3cret"}, **ROW)
    part = data.draw(st.sampled_from(["wrapped_key", "ciphertext"]))
    whole = getattr(sealed, part)
    with pytest.raises(SealBroken):
        VAULT.open(_with(sealed, **{part: whole[: data.draw(st.integers(0, len(whole) - 1))]}), **ROW)


@pytest.mark.parametrize("other", OTHERS)
def test_a_seal_does_not_open_for_another_organisation_source_or_version(other: dict[str, Any]) -> None:
    with pytest.raises(SealBroken):
        VAULT.open(VAULT.seal({}, **ROW), **(ROW | other))


@pytest.mark.parametrize("part", ["wrapped_key", "ciphertext"])
@pytest.mark.parametrize("other", [*OTHERS, {}])
def test_neither_layer_can_be_taken_from_another_seal(part: str, other: dict[str, Any]) -> None:
    own, foreign = VAULT.seal({"a": 1}, **ROW), VAULT.seal({"a": 2}, **(ROW | other))
    with pytest.raises(SealBroken):
        VAULT.open(_with(own, **{part: getattr(foreign, part)}), **ROW)


@pytest.mark.parametrize("other", OTHERS)
def test_the_data_key_itself_is_bound_to_its_row(other: dict[str, Any]) -> None:
    keyring = Keyring({"k1": KEY})
    kek_id, wrapped = keyring.wrap(bytes(32), b"one row")
    assert keyring.unwrap(kek_id, wrapped, b"one row") == bytes(32)
    with pytest.raises(SealBroken):
        keyring.unwrap(kek_id, wrapped, repr(other).encode())


def test_every_seal_has_a_data_key_and_nonces_of_its_own() -> None:
    seals = [VAULT.seal({"a": 1}, **ROW) for _ in range(50)]
    assert len({sealed.wrapped_key for sealed in seals}) == len({sealed.ciphertext for sealed in seals}) == 50


def test_the_first_key_writes_and_all_of_them_read() -> None:
    old = VAULT.seal({"a": 1}, **ROW)
    both = Vault(Keyring({"k2": bytes(32), "k1": KEY}))
    assert both.open(old, **ROW) == {"a": 1}
    assert both.seal({}, **ROW).kek_id == "k2"


def test_a_key_of_that_name_with_other_bytes_does_not_open() -> None:
    with pytest.raises(SealBroken, match="seal_broken"):
        Vault(Keyring({"k1": bytes(32)})).open(VAULT.seal({}, **ROW), **ROW)


def test_an_unknown_key_is_named_in_the_error() -> None:
    with pytest.raises(SealBroken) as broken:
        Vault(Keyring({"k2": KEY})).open(VAULT.seal({}, **ROW), **ROW)
    assert (broken.value.reason, broken.value.arguments) == ("key_unknown", {"id": "k1"})


def test_a_sealed_configuration_shows_no_bytes() -> None:
    sealed = VAULT.seal({"password": "s3cret"}, **ROW)
    assert repr(sealed) == "Sealed(kek_id='k1')"
    assert b"s3cret" not in sealed.ciphertext + sealed.wrapped_key


def test_an_envelope_of_a_row_that_never_was_does_not_open() -> None:
    with pytest.raises(SealBroken):
        VAULT.open(Sealed("k1", b"", b""), org_id=1, source_uid=uuid4(), config_version=1)


def _with(sealed: Sealed, **parts: bytes) -> Sealed:
    kept = {"wrapped_key": sealed.wrapped_key, "ciphertext": sealed.ciphertext}
    return Sealed(sealed.kek_id, **(kept | parts))
