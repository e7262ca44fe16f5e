import { isNetwork } from 'rtspool'
import { z } from 'zod'
import { key } from '../key-meta.js'

export const networkText = 'an address or a network, such as 10.0.0.0/8 or fd00::1'

/** Creates the schema of an address, or of a network with the length of its prefix. */
export const network = () =>
  key(z.string().refine(isNetwork, networkText), { description: networkText })
