//! Client networks of a key: where it may be used from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks that clients may call from; none means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyNetworks(Box<[Network]>);

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: write one such as 10.0.0.0/8, 2001:db8::/32 or a single address")]
pub struct NoNetwork(pub String);

/// Addresses whose first `bits` are those of `first`, as 128-bit numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    first: u128,
    mask: u128,
}

impl KeyNetworks {
    /// Reads networks in CIDR notation; a bare address is a network of one, and bits behind the prefix are ignored.
    ///
    /// # Errors
    /// [`NoNetwork`] for the first text that is none.
    pub fn parse<S: AsRef<str>>(texts: &[S]) -> Result<Self, NoNetwork> {
        let network = |text: &S| {
            let text = text.as_ref();
            Network::parse(text).ok_or_else(|| NoNetwork(text.to_owned()))
        };
        texts
            .iter()
            .map(network)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether a client at `ip` may use the key. Where the address is not known (a unix socket), only a key without
    /// networks may.
    #[must_use]
    pub fn allow(&self, ip: Option<IpAddr>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Some(ip) = ip else { return false };
        let ip = number(ip);
        let holds = |network: &Network| ip & network.mask == network.first;
        self.0.iter().any(holds)
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (bits_max, before) = match address {
            IpAddr::V4(_) => (32, MAPPED_BITS),
            IpAddr::V6(_) => (128, 0),
        };
        let bits = match prefix {
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits
                .parse::<u32>()
                .ok()
                .filter(|bits| *bits <= bits_max)?,
            Some(_) => return None,
            None => bits_max,
        };
        let host_bits = 128_u32.checked_sub(before.checked_add(bits)?)?;
        let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
        let first = number(address) & mask;
        Some(Self { first, mask })
    }
}

/// An address as 128 bits: IPv4 within `::ffff:0:0/96`, so that a mapped address is the same as its plain one
/// (RFC 4291, section 2.5.5.2).
fn number(ip: IpAddr) -> u128 {
    let mapped = |ip: Ipv4Addr| Ipv6Addr::to_bits(ip.to_ipv6_mapped());
    match ip {
        IpAddr::V4(ip) => mapped(ip),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// Bits before an IPv4 address that is mapped into IPv6.
const MAPPED_BITS: u32 = 96;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_let_in_by_any_of_the_networks_and_by_none_at_all() {
        for (networks, ip, holds) in [
            (&[][..], "203.0.113.9", true),
            (&["10.0.0.0/8"], "10.255.0.1", true),
            (&["10.0.0.0/8"], "11.0.0.1", false),
            (&["10.0.0.0/8"], "::ffff:10.1.2.3", true),
            (&["192.0.2.7"], "192.0.2.7", true),
            (&["192.0.2.7"], "192.0.2.8", false),
            (&["2001:db8::/32", "::1"], "2001:db8:1::5", true),
            (&["2001:db8::/32", "::1"], "::1", true),
            (&["2001:db8::/32"], "2001:db9::1", false),
            (&["0.0.0.0/0"], "198.51.100.1", true),
            (&["0.0.0.0/0"], "2001:db8::1", false),
            (&["::/0"], "198.51.100.1", true),
            (&["10.1.2.3/8"], "10.9.9.9", true),
        ] {
            let read = KeyNetworks::parse(networks).unwrap();
            assert_eq!(read.allow(ip.parse().ok()), holds, "{networks:?} {ip}");
        }
        assert!(!KeyNetworks::parse(&["::/0"]).unwrap().allow(None));
        assert!(KeyNetworks::default().allow(None));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.0/",
            "::/129",
            "10.0.0.0/+8",
            "host",
            "10.0.0.0/8/8",
        ] {
            assert_eq!(
                KeyNetworks::parse(&[text]),
                Err(NoNetwork(text.to_owned())),
                "{text}"
            );
        }
    }
}
