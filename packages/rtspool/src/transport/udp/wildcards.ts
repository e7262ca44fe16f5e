/** Addresses to bind that stand for all addresses of this machine, by address family. */
export const wildcards = Object.freeze({ 4: '0.0.0.0', 6: '::' })
