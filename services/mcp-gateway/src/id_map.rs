use std::collections::HashMap;

/// A map by ids, names and tokens that this deployment has given out itself: nobody
/// chooses them so that they collide, and so they need no hash that withstands it.
pub(crate) type IdMap<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
