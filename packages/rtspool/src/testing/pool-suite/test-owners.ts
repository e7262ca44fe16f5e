/** Owner of sessions in tests: the user `ann` at one address. */
export const ann = { address: '192.0.2.1', user: 'ann' }
/** Owner of sessions in tests: another user than that of `ann`, at the same address. */
export const bob = { address: '192.0.2.1', user: 'bob' }
/** Owner of sessions in tests: the same user as that of `ann`, at another address. */
export const eve = { address: '192.0.2.2', user: 'ann' }
