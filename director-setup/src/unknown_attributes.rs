//! What a newer kernel says and this program has no name for.

use serde::{Deserialize, Serialize};

/// Attributes of a service or a real server that [`abi`](crate::abi) does not list, as the kernel
/// sent them.
///
/// They are kept so that reading an object, changing one setting and writing it back does not
/// take away a setting that only a newer kernel knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnknownAttributes(Vec<UnknownAttribute>);

/// One attribute without a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct UnknownAttribute {
    /// Its number in the kernel's enumeration, without the flags of netlink.
    pub number: u16,
    /// Its payload, at most 65531 bytes.
    pub payload: Vec<u8>,
}

impl UnknownAttributes {
    /// No attribute.
    pub const NONE: Self = Self(Vec::new());

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The attributes in the order of the kernel.
    pub fn iter(&self) -> std::slice::Iter<'_, UnknownAttribute> {
        self.0.iter()
    }
}

impl FromIterator<UnknownAttribute> for UnknownAttributes {
    fn from_iter<I: IntoIterator<Item = UnknownAttribute>>(attributes: I) -> Self {
        Self(attributes.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a UnknownAttributes {
    type Item = &'a UnknownAttribute;
    type IntoIter = std::slice::Iter<'a, UnknownAttribute>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
