import type { Errno } from "./error.ts";

/** Linux error numbers with their glibc texts: `[number, strerror]` (errno(3), asm-generic/errno.h). */
export const ERRNO: Readonly<Record<Errno, readonly [number, string]>> = {
  EPERM: [1, "Operation not permitted"],
  ENOENT: [2, "No such file or directory"],
  ESRCH: [3, "No such process"],
  EINTR: [4, "Interrupted system call"],
  ENXIO: [6, "No such device or address"],
  EBADF: [9, "Bad file descriptor"],
  EAGAIN: [11, "Resource temporarily unavailable"],
  ENOMEM: [12, "Cannot allocate memory"],
  EACCES: [13, "Permission denied"],
  EBUSY: [16, "Device or resource busy"],
  EEXIST: [17, "File exists"],
  EXDEV: [18, "Invalid cross-device link"],
  ENODEV: [19, "No such device"],
  EINVAL: [22, "Invalid argument"],
  EPIPE: [32, "Broken pipe"],
  ERANGE: [34, "Numerical result out of range"],
  ENOTEMPTY: [39, "Directory not empty"],
  ELOOP: [40, "Too many levels of symbolic links"],
  EDESTADDRREQ: [89, "Destination address required"],
  EMSGSIZE: [90, "Message too long"],
  ENOPROTOOPT: [92, "Protocol not available"],
  EPROTO: [71, "Protocol error"],
  EPROTONOSUPPORT: [93, "Protocol not supported"],
  EOPNOTSUPP: [95, "Operation not supported"],
  EAFNOSUPPORT: [97, "Address family not supported by protocol"],
  EADDRINUSE: [98, "Address already in use"],
  EADDRNOTAVAIL: [99, "Cannot assign requested address"],
  ENETDOWN: [100, "Network is down"],
  ENETUNREACH: [101, "Network is unreachable"],
  ECONNABORTED: [103, "Software caused connection abort"],
  ECONNRESET: [104, "Connection reset by peer"],
  ENOBUFS: [105, "No buffer space available"],
  EISCONN: [106, "Transport endpoint is already connected"],
  ENOTCONN: [107, "Transport endpoint is not connected"],
  ETIMEDOUT: [110, "Connection timed out"],
  ECONNREFUSED: [111, "Connection refused"],
  EHOSTDOWN: [112, "Host is down"],
  EHOSTUNREACH: [113, "No route to host"],
  EREMOTEIO: [121, "Remote I/O error"],
  EINPROGRESS: [115, "Operation now in progress"],
};

const BY_NUMBER = new Map<number, Errno>(Object.entries(ERRNO).map(([name, [n]]) => [n, name as Errno]));

/** The name of a Linux error number; throws on a number the plane never gives. */
export function errnoName(number: number): Errno {
  const name = BY_NUMBER.get(number);
  if (name === undefined) throw new RangeError(`unknown errno ${number}`);
  return name;
}

/** glibc's text for an error: `strerror("ENETUNREACH")` is `Network is unreachable`. */
export function strerror(errno: Errno): string {
  return ERRNO[errno][1];
}
