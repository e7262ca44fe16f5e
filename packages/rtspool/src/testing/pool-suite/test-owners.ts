/** User of one address. */
export const ann = { address: '192.0.2.1', user: 'ann' }
/** Another user, of the same address. */
export const bob = { address: '192.0.2.1', user: 'bob' }
/** The user of `ann`, of another address. */
export const eve = { address: '192.0.2.2', user: 'ann' }
