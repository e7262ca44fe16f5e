import { isIP } from 'node:net'
import { z } from 'zod'
import { key } from '../key-meta.js'

export const networkText = 'an address or a network, such as 10.0.0.0/8 or fd00::1'

function isNetwork(text: string): boolean {
  const [address = '', length = '0', ...more] = text.split('/')
  const bits = isIP(address) === 6 ? 128 : 32
  const isLength = /^\d{1,3}$/.test(length) && Number(length) <= bits
  return isIP(address) !== 0 && isLength && more.length === 0
}

/** Schema of an address, or of a network with the length of its prefix. */
export const network = () =>
  key(z.string().refine(isNetwork, networkText), { description: networkText })
