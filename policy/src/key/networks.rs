//! Client networks of a key: where it may be used from.

use std::fmt;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

/// Networks that clients may call from; none means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyNetworks(Vec<IpNet>);

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoNetwork {
    /// Not an address, nor one with a prefix.
    #[error(
        "{0:?} is no network: write an address such as \"192.0.2.7\", or one with a prefix such as \"10.0.0.0/8\" or \"2001:db8::/32\""
    )]
    NotAnAddress(String),
    /// The address is of one machine, the prefix of many.
    #[error("{text:?} has bits set behind its prefix: the network is \"{network}\"")]
    HostBits {
        /// What was written.
        text: String,
        /// What was probably meant.
        network: String,
    },
    /// More than anybody means.
    #[error("at most {NETWORKS_MAX} networks")]
    TooMany,
}

impl KeyNetworks {
    /// Reads networks, each in CIDR notation (RFC 4632, RFC 4291 §2.3) or as one address. IPv4 written as IPv6
    /// (`::ffff:10.0.0.0/104`) is IPv4.
    ///
    /// # Errors
    /// [`NoNetwork`] for the first text that is none.
    pub fn parse<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Result<Self, NoNetwork> {
        let mut networks = Vec::new();
        for text in texts {
            if networks.len() >= NETWORKS_MAX {
                return Err(NoNetwork::TooMany);
            }
            networks.push(network(text.as_ref())?);
        }
        Ok(Self(networks))
    }

    /// Whether a client at `ip` may use the key. IPv4 that arrives as IPv6, as on sockets that take both, is IPv4.
    /// Where the address is not known (a unix socket), only a key without networks may.
    #[must_use]
    pub fn allow(&self, ip: Option<IpAddr>) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let Some(ip) = ip.map(|ip| ip.to_canonical()) else {
            return false;
        };
        self.0.iter().any(|network| network.contains(&ip))
    }

    /// Its networks as they are written, one address without a prefix.
    #[must_use]
    pub fn to_texts(&self) -> Vec<String> {
        self.0.iter().map(text).collect()
    }
}

impl fmt::Display for KeyNetworks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_texts().join(", "))
    }
}

fn network(text: &str) -> Result<IpNet, NoNetwork> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(IpNet::from(address.to_canonical()));
    }
    let network = text.parse::<IpNet>();
    let network = network.map_err(|_| NoNetwork::NotAnAddress(text.to_owned()))?;
    let network = canonical(network);
    if network.trunc() != network {
        return Err(NoNetwork::HostBits {
            text: text.to_owned(),
            network: network.trunc().to_string(),
        });
    }
    Ok(network)
}

/// IPv4 in `::ffff:0:0/96` (RFC 4291 §2.5.5.2) as IPv4.
fn canonical(network: IpNet) -> IpNet {
    let prefix = network.prefix_len().checked_sub(MAPPED_BITS);
    let (IpNet::V6(_), IpAddr::V4(address), Some(prefix)) =
        (network, network.addr().to_canonical(), prefix)
    else {
        return network;
    };
    Ipv4Net::new(address, prefix).map_or(network, IpNet::V4)
}

fn text(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

/// Bits of an IPv6 address before the IPv4 one in it.
const MAPPED_BITS: u8 = 96;

/// Most networks of a key: each is looked at for every request.
const NETWORKS_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(networks: &[&str], client: &str) -> bool {
        let networks = KeyNetworks::parse(networks).unwrap();
        networks.allow(client.parse().ok())
    }

    #[test]
    fn clients_come_from_a_network_or_stay_out() {
        for (networks, client, may) in [
            (&[][..], "203.0.113.9", true),
            (&["10.0.0.0/8"], "10.255.0.1", true),
            (&["10.0.0.0/8"], "11.0.0.1", false),
            (&["10.0.0.0/8"], "::ffff:10.1.2.3", true),
            (&["10.0.0.0/8"], "::10.1.2.3", false),
            (&["::ffff:10.0.0.0/104"], "10.1.2.3", true),
            (&["::ffff:10.0.0.7"], "10.0.0.7", true),
            (&["10.0.0.7"], "10.0.0.8", false),
            (&["2001:db8::/32"], "2001:db8:ffff::1", true),
            (&["2001:db8::/32"], "2001:db9::1", false),
            (&["2001:db8::1", "0.0.0.0/0"], "198.51.100.1", true),
            (&["0.0.0.0/0"], "2001:db8::1", false),
            (&["::/0"], "2001:db8::1", true),
            (&["::/0"], "198.51.100.1", false),
        ] {
            assert_eq!(allow(networks, client), may, "{networks:?} {client}");
        }
    }

    #[test]
    fn a_client_without_an_address_stays_out_of_all_networks() {
        let everywhere = KeyNetworks::parse(["::/0", "0.0.0.0/0"]).unwrap();
        assert!(!everywhere.allow(None));
        assert!(KeyNetworks::default().allow(None));
    }

    #[test]
    fn what_is_no_network_is_told_and_what_was_meant_is_guessed() {
        for text in [
            "",
            "10.0.0",
            "10.0.0.0/33",
            "10.0.0.0/",
            "host",
            "fe80::1%eth0",
        ] {
            let fault = KeyNetworks::parse([text]);
            assert_eq!(fault, Err(NoNetwork::NotAnAddress(text.to_owned())));
        }
        let fault = KeyNetworks::parse(["10.0.0.5/8"]).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "\"10.0.0.5/8\" has bits set behind its prefix: the network is \"10.0.0.0/8\""
        );
        let many = vec!["10.0.0.1"; NETWORKS_MAX + 1];
        assert_eq!(KeyNetworks::parse(&many), Err(NoNetwork::TooMany));
    }

    #[test]
    fn networks_read_back_as_they_are_shown() {
        let texts = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "2001:db8::1"];
        let networks = KeyNetworks::parse(texts).unwrap();
        assert_eq!(networks.to_texts(), texts);
        assert_eq!(networks.to_string(), texts.join(", "));
    }
}
