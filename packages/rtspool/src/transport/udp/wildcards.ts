/** Addresses that stand for all addresses of a family. */
export const wildcards = Object.freeze({ 4: '0.0.0.0', 6: '::' })
