import { createRequire } from 'node:module'
import { type Libc, libcName, msgDontwait, msgNosignal } from './libc.js'

type Koffi = typeof import('koffi')

/** Loads the C library through the optional package `koffi`. @throws Without koffi or glibc. */
export function koffiLibc(): Libc {
  const koffi = createRequire(import.meta.url)('koffi') as Koffi
  const libc = koffi.load(libcName)
  const send = libc.func('long send(int, uint64_t, unsigned long, int)')
  const recvmsg = libc.func('long recvmsg(int, uint64_t, int)')
  return {
    socket: libc.func('int socket(int, int, int)'),
    bind: libc.func('int bind(int, void *, unsigned int)'),
    connect: libc.func('int connect(int, void *, unsigned int)'),
    getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
    setsockopt: libc.func('int setsockopt(int, int, int, void *, unsigned int)'),
    ioctl: libc.func('int ioctl(int, unsigned long, void *)'),
    fcntl: libc.func('int fcntl(int, int, int)'),
    shutdown: libc.func('int shutdown(int, int)'),
    close: libc.func('int close(int)'),
    recvmsg: (descriptor, message, flags) => Number(recvmsg(descriptor, message, flags)),
    sendmmsg: libc.func('int sendmmsg(int, uint64_t, unsigned int, int)'),
    send: (descriptor, address, size) => send(descriptor, address, size, msgDontwait | msgNosignal),
    errno: () => koffi.errno(),
    addressOf: (buffer) => BigInt(koffi.address(buffer)),
  }
}
