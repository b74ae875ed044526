use tikv_jemallocator::Jemalloc;

/// Of every process that has a service in it. Calls come and go on one thread and
/// are recorded on another, which glibc's allocator pays for with locks and with
/// memory that it does not give back (ADR 19).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;
