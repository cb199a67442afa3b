//! Drop: the bytes never arrive. TCP delivers in order, so what comes after them on the same
//! connection cannot arrive either: the direction is dead and both peers wait in vain.

use super::Fate;

pub(super) fn apply() -> Fate {
    Fate::Swallowed
}
