use std::pin::Pin;

/// Boxes what is made where it is to lie. `Box::pin` is given it as a value, which is then
/// copied: for the future of a request that is 3 KB each time, most of them room for later.
pub fn boxed_in_place<T>(make: impl FnOnce() -> T) -> Pin<Box<T>> {
    let place = Box::new_uninit();
    Box::into_pin(Box::write(place, make()))
}
