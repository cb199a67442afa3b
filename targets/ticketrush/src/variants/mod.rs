//! The ways to sell a seat, one file each. All keep the same tables and the same cached count;
//! they differ in what keeps two requests from selling the same seat.

mod atomic;
mod optimistic;
mod partitioned;
mod racy;
mod redlock;
mod row_lock;

use crate::refusal::Refusal;
use crate::reservation::{Reservation, Sale};
use crate::shop::Shop;

/// A way to sell seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    Racy,
    Redlock,
    RowLock,
    Optimistic,
    Partitioned,
    Atomic,
}

impl Variant {
    const ALL: [Self; 6] = [
        Self::Racy,
        Self::Redlock,
        Self::RowLock,
        Self::Optimistic,
        Self::Partitioned,
        Self::Atomic,
    ];

    /// The variant of this name.
    pub fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|variant| variant.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("unknown variant `{name}`, expected one of {names}")
        })
    }

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Racy => "racy",
            Self::Redlock => "redlock",
            Self::RowLock => "row-lock",
            Self::Optimistic => "optimistic",
            Self::Partitioned => "partitioned",
            Self::Atomic => "atomic",
        }
    }

    /// Sells the seats, or says why not. `forwarded` tells that another replica passed the
    /// request on.
    pub async fn reserve(
        self,
        shop: &Shop,
        request: &Reservation,
        forwarded: bool,
    ) -> Result<Sale, Refusal> {
        match self {
            Self::Racy => racy::reserve(shop, request).await,
            Self::Redlock => redlock::reserve(shop, request).await,
            Self::RowLock => row_lock::reserve(shop, request).await,
            Self::Optimistic => optimistic::reserve(shop, request).await,
            Self::Partitioned => partitioned::reserve(shop, request, forwarded).await,
            Self::Atomic => atomic::reserve(shop, request).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_names_its_variant() {
        for variant in Variant::ALL {
            assert_eq!(Variant::named(variant.name()), Ok(variant));
            assert!(crate::args::HELP.contains(variant.name()));
        }
    }
}
