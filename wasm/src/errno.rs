//! Linux error numbers that the plane gives (asm-generic/errno.h), and the shape of a refusal.

pub use crate::route::refusal::Refusal;

macro_rules! errnos {
    ($($name:ident = $number:expr),* $(,)?) => { $(pub const $name: u32 = $number;)* };
}
errnos! {
    EPERM = 1, ENOENT = 2, ESRCH = 3, ENXIO = 6, EBADF = 9, EAGAIN = 11, EACCES = 13, EBUSY = 16, EEXIST = 17, ENODEV = 19,
    EINVAL = 22, EPIPE = 32, ERANGE = 34, EPROTO = 71, ELOOP = 40, EMSGSIZE = 90, EDESTADDRREQ = 89, ENOPROTOOPT = 92, EOPNOTSUPP = 95,
    EAFNOSUPPORT = 97, EADDRINUSE = 98, EADDRNOTAVAIL = 99, ENETDOWN = 100, ENETUNREACH = 101, ECONNABORTED = 103,
    ECONNRESET = 104, ENOBUFS = 105, EISCONN = 106, ENOTCONN = 107, ETIMEDOUT = 110, ECONNREFUSED = 111, EHOSTDOWN = 112,
    EHOSTUNREACH = 113, EREMOTEIO = 121,
}

/// A value, or the kernel's refusal.
pub type Answer<T> = Result<T, Refusal>;

/// A refusal by number alone.
pub const fn refuse<T>(errno: u32) -> Answer<T> {
    Err(Refusal::new(errno))
}

/// A refusal with netlink's text.
pub const fn refuse_with<T>(errno: u32, extack: &'static str) -> Answer<T> {
    Err(Refusal::with(errno, extack))
}
