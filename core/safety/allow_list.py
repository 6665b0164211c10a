"""Lists of hosts, addresses and networks that may be connected to: how an entry is spelt, and what is on a list."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network

from core.safety.addresses import DENIED, Address, Network
from core.safety.names import plain_name

NAME_MAX = 253
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_MAPPED = IPv6Network("::ffff:0:0/96")


class NotAnEntry(ValueError):
    """Neither the name of a host nor an address nor a network."""


class AlwaysDenied(ValueError):
    """An address or a network where no source can be, whatever a list says."""


def canonical(entry: str) -> str:
    """One spelling of an entry: an address compressed, a network without host bits, a name in small ASCII letters.

    Digits of any script count as digits. Raises NotAnEntry and AlwaysDenied.
    """
    text = entry.strip()
    network = _network("".join(str(unicodedata.decimal(letter, letter)) for letter in text))
    if network is None:
        return _name(text)
    if any(_within(network, denied) for _, networks in DENIED for denied in networks):
        raise AlwaysDenied(entry)
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list made ready: each judgement asks, and a list may hold hundreds of entries."""

    names: frozenset[str]
    networks: tuple[tuple[int, int, frozenset[int]], ...]
    """Version, how many bits from the right do not count, and the numbers that are left of the addresses."""

    def admits(self, address: Address, name: str) -> bool:
        if name and name in self.names:
            return True
        number = int(address)
        return any(number >> bits in numbers for version, bits, numbers in self.networks if version == address.version)


@lru_cache(maxsize=4096)
def listed(entries: tuple[str, ...]) -> Listed:
    """What is on a list. An entry that is no network is taken for a name."""
    names: set[str] = set()
    numbers: dict[tuple[int, int], set[int]] = {}
    for entry in entries:
        try:
            network = ip_network(entry, strict=False)
        except ValueError:
            names.add(plain_name(entry))
            continue
        bits = network.max_prefixlen - network.prefixlen
        numbers.setdefault((network.version, bits), set()).add(int(network.network_address) >> bits)
    return Listed(frozenset(names), tuple((*key, frozenset(found)) for key, found in numbers.items()))


def _network(text: str) -> Network | None:
    if "%" in text or ("/" in text and not text.rpartition("/")[2].isdigit()):
        return None
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        # An address in this form is judged as the IPv4 address that it stands for.
        return IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - _MAPPED.prefixlen))
    return network


def _within(network: Network, denied: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(denied, IPv4Network) and network.subnet_of(denied)
    return isinstance(denied, IPv6Network) and network.subnet_of(denied)


def _name(text: str) -> str:
    name = plain_name(text)
    labels = name.split(".")
    # A name that ends in a number is read as an address by whoever dials it: 127.1, 0x7f000001.
    if len(name) > NAME_MAX or not all(map(_LABEL.fullmatch, labels)) or _NUMBER.fullmatch(labels[-1]):
        raise NotAnEntry(text)
    return name
